"""The admin of projects, in the order in which an editor thinks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from portal import revisions
from portal.admin_base import MarkdownAdmin, WindowAdmin
from portal.copying import CopyingAdmin
from portal.revision_admin import RevisionAdmin
from portal.spreadsheet_admin import SpreadsheetAdmin
from projects.copying import ProjectCopyForm
from projects.models import ApplicationRound, Area, Modality, Output, Placement, Project, Technique
from projects.moving import ProjectMoveForm
from projects.proposal_admin import ProposalAdmin as ProposalAdmin
from projects.rolling_admin import RollingAdmin
from projects.term_admin import TermAdmin

for model in (Area, Technique, Modality):
    admin.site.register(model, TermAdmin)

revisions.register(Output)
revisions.register(Placement, "outputs")
revisions.register(Project, "placements")


@admin.register(ApplicationRound)
class ApplicationRoundAdmin(SpreadsheetAdmin, WindowAdmin, MarkdownAdmin):
    list_display = ["name", "opens_at", "closes_at", "now", "used"]
    search_fields = ["name"]
    date_hierarchy = "closes_at"
    ordering = ["-opens_at", "name"]
    fieldsets = [
        (None, {"fields": ["name"]}),
        (
            "Dates",
            {
                "fields": [("opens_at", "closes_at")],
                "description": "When a date moves that was announced, the home page and the open projects of the round "
                "tell readers so for 14 days, and calendars that follow it change.",
            },
        ),
        ("Applying", {"fields": ["apply_url", "how_to_apply", "is_paid"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(usage=Count("projects"))

    @admin.display(description="Readers see")
    def now(self, item: ApplicationRound) -> str:
        return item.sentence()

    @admin.display(description="Projects", ordering="usage")
    def used(self, item: Any) -> int:
        return int(item.usage)


class AcceptingFilter(admin.SimpleListFilter):
    title = "accepting applications"
    parameter_name = "accepting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes, now"), ("no", "Open, but not now")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        accepting = Project.objects.accepting(timezone.now()).values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=accepting)
        if self.value() == "no":
            return queryset.filter(status=Project.Status.OPEN).exclude(pk__in=accepting)
        return queryset


class PlacementInline(admin.TabularInline):
    model = Placement
    extra = 0
    fields = ["reference", "wave", "starts_on", "ends_on", "intern", "intern_consent_on", "supervisors"]
    show_change_link = True
    verbose_name_plural = "placements (save, then “Change” adds the outputs of one)"


@admin.register(Project)
class ProjectAdmin(RollingAdmin, CopyingAdmin):
    list_display = ["title", "status_tag", "area", "round", "accepts"]
    list_filter = ["status", AcceptingFilter, "area", "modalities", "round", "techniques"]
    list_select_related = ["area", "partner", "round"]
    search_fields = ["title", "summary", "slug", "partner__name"]
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["area", "techniques", "modalities", "partner", "round", "supersedes"]
    inlines = [PlacementInline]
    kept_on_restore = ("round",)  # its dates decide whether the project accepts applications
    move_form = ProjectMoveForm
    copy_form = ProjectCopyForm
    fieldsets = [
        (None, {"fields": ["status_tag", "title", "summary"]}),
        ("How readers find it", {"fields": ["area", "techniques", "modalities", "partner"]}),
        ("Applying", {"fields": ["round"]}),
        (
            "The brief",
            {
                "fields": [
                    "need",
                    "current_knowledge",
                    "related_work",
                    "future_work",
                    "learning_outcomes",
                    "datasets",
                    "desired_skills",
                ],
                "description": "Each becomes a section of the page, in this order. Empty sections are left out.",
            },
        ),
        ("When it ends", {"fields": ["supersedes", "no_outputs_reason"]}),
        ("Address", {"fields": ["slug"]}),
        CopyingAdmin.about_fieldset,
    ]

    @admin.display(description="Accepting", boolean=True)
    def accepts(self, project: Project) -> bool:
        return project.is_accepting()


class OutputInline(admin.TabularInline):
    model = Output
    extra = 1


@admin.register(Placement)
class PlacementAdmin(RevisionAdmin):
    list_display = ["project", "reference", "wave", "starts_on", "ends_on", "outputs_count"]
    list_filter = ["outputs__state", "outputs__kind"]
    list_select_related = ["project"]
    search_fields = ["reference", "wave", "project__title"]
    ordering = ["project__title", "wave"]
    autocomplete_fields = ["project"]
    inlines = [OutputInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(how_many=Count("outputs", distinct=True))

    @admin.display(description="Outputs", ordering="how_many")
    def outputs_count(self, placement: Any) -> int:
        return int(placement.how_many)


@admin.register(Output)
class OutputAdmin(RevisionAdmin):
    """Every output of every project, to see at one look what readers are still promised."""

    list_display = ["__str__", "kind", "state", "expected_on", "project"]
    list_filter = ["state", "kind"]
    list_select_related = ["placement__project"]
    search_fields = ["title", "url", "placement__reference", "placement__project__title"]
    ordering = ["placement__project__title", "pk"]
    date_hierarchy = "expected_on"
    autocomplete_fields = ["placement"]

    @admin.display(description="Project", ordering="placement__project__title")
    def project(self, output: Output) -> str:
        return output.placement.project.title
