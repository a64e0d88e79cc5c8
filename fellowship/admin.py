"""The admin of the fellowship, in the order in which an editor thinks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fellowship.copying import CohortCopyForm
from fellowship.eligibility_admin import EligibilityAdmin
from fellowship.hiding_admin import HidingAdmin, ShownFilter
from fellowship.models import (
    Cohort,
    Document,
    EligibilityCell,
    Fellow,
    FellowLink,
    KeyDate,
    Programme,
    Question,
    QuestionSection,
    Testimonial,
)
from portal import revisions, search
from portal.admin_base import MarkdownAdmin, PublishableAdmin, WindowAdmin
from portal.copying import CopyingAdmin
from portal.revision_admin import RevisionAdmin
from portal.spreadsheet_admin import SpreadsheetAdmin

for row in (Testimonial, KeyDate, FellowLink, Question, EligibilityCell, Document):
    revisions.register(row)
revisions.register(Programme, "testimonials", "documents")
revisions.register(Cohort, "key_dates", "documents", "eligibility")
revisions.register(Fellow, "links")
revisions.register(QuestionSection, "questions")


class TestimonialInline(admin.StackedInline):
    model = Testimonial
    extra = 0
    fields = ["quote", ("name", "year"), "role", "order"]


class DocumentInline(admin.StackedInline):
    model = Document
    extra = 0
    fields = [("title", "order"), "file"]


@admin.register(Programme)
class ProgrammeAdmin(PublishableAdmin):
    """The one programme: to change, never to add a second."""

    list_display = ["title", "status_tag", "reviewed_on", "updated_at"]
    search_fields = ["title", "summary", "body"]
    inlines = [TestimonialInline, DocumentInline]
    fieldsets = [
        (None, {"fields": ["status_tag", "title", "summary", "body"]}),
        (
            "Key facts",
            {
                "fields": ["length", "time_commitment", "audience", "places", "email"],
                "description": "They stand beside the text. Cohorts, dates and numbers add themselves.",
            },
        ),
        ("Review", {"fields": ["reviewed_on"]}),
        PublishableAdmin.about_fieldset,
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Programme.objects.exists()


class KeyDateInline(admin.TabularInline):
    model = KeyDate
    extra = 0
    fields = ["date", "precision", "label"]


@admin.register(Cohort)
class CohortAdmin(EligibilityAdmin, WindowAdmin, CopyingAdmin):
    list_display = ["__str__", "status_tag", "phase_now", "readers_see", "fellows_count"]
    list_filter = ["status"]
    ordering = ["-number"]
    search_fields = ["number", "summary"]
    date_hierarchy = "starts_on"
    inlines = [KeyDateInline, DocumentInline]
    kept_on_restore = ("number",)  # its address
    copy_form = CohortCopyForm
    fieldsets = [
        (None, {"fields": ["status_tag", "number", "summary", ("starts_on", "ends_on"), "time_commitment"]}),
        (
            "Applications",
            {
                "fields": [("opens_at", "closes_at"), "apply_url", "is_paid", "how_to_apply"],
                "description": "The banner, the button and the phase follow from these dates by the minute.",
            },
        ),
        (
            "Webinar",
            {
                "fields": [("webinar_at", "webinar_minutes"), "webinar_url", "webinar_recording_url"],
                "description": "It joins the key dates and the calendar. Its page says whether one can still join.",
            },
        ),
        CopyingAdmin.about_fieldset,
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(how_many=Count("fellows"))

    @admin.display(description="Phase", ordering="starts_on")
    def phase_now(self, cohort: Cohort) -> SafeString:
        phase = cohort.phase
        return format_html('<span class="status status--{}">{}</span>', phase.colour, phase.label)

    @admin.display(description="Readers see")
    def readers_see(self, cohort: Cohort) -> str:
        return cohort.headline

    @admin.display(description="Fellows", ordering="how_many")
    def fellows_count(self, cohort: Any) -> SafeString:
        address = f"{reverse('admin:fellowship_fellow_changelist')}?cohort__id__exact={cohort.pk}"
        return format_html('<a href="{}">{}</a>', address, cohort.how_many)


class FellowLinkInline(admin.TabularInline):
    model = FellowLink
    extra = 0
    fields = ["url"]


@admin.register(Fellow)
class FellowAdmin(HidingAdmin):
    list_display = ["thumbnail", "name", "status_tag", "is_shown", "cohort", "profession", "region", "consent_on"]
    list_display_links = ["name"]
    list_filter = [
        "status",
        ShownFilter,
        ("consent_on", admin.EmptyFieldListFilter),
        "cohort",
        "profession",
        "region",
    ]
    list_select_related = ["cohort"]
    columns_left_out = ("consent_on",)  # somebody's consent is noted on their page, never by filling down a column
    ordering = ["-cohort__number", "name"]
    search_fields = ["name", "role", "summary", "project_title", "host__name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["cohort", "host", "project"]
    inlines = [FellowLinkInline]
    fieldsets = [
        (None, {"fields": ["status_tag", "name", "cohort", "summary"]}),
        ("Consent", {"fields": ["consent_on"]}),
        ("Key facts", {"fields": ["role", "profession", "region", "host", "supervisor"]}),
        ("Portrait", {"fields": ["photo", "photo_alt", "photo_is_decorative"]}),
        ("Who they are", {"fields": ["about", "quote"]}),
        ("Fellowship project", {"fields": ["project_title", "project_text", "project", "poster", "poster_url"]}),
        ("Address", {"fields": ["slug"]}),
        PublishableAdmin.about_fieldset,
    ]


class QuestionInline(admin.StackedInline):
    model = Question
    extra = 0
    fields = ["question", "slug", "answer", ("cohort", "order")]
    prepopulated_fields = {"slug": ["question"]}
    autocomplete_fields = ["cohort"]


@admin.register(QuestionSection)
class QuestionSectionAdmin(RevisionAdmin, MarkdownAdmin):
    list_display = ["title", "order", "questions_count"]
    list_editable = ["order"]
    search_fields = ["title"]
    fields = ["title", "order"]
    inlines = [QuestionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(how_many=Count("questions"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The search knows questions by their section too, so all of it are indexed anew."""
        before = {question.pk for question in form.instance.questions.all()}
        super().save_related(request, form, formsets, change)
        now = {question.pk: question for question in form.instance.questions.for_index()}
        for question in now.values():
            search.index(question)
        search.forget(Question._meta.label_lower, before - {*now})

    @admin.display(description="Questions", ordering="how_many")
    def questions_count(self, section: Any) -> int:
        return int(section.how_many)


@admin.register(Question)
class QuestionAdmin(RevisionAdmin, SpreadsheetAdmin, MarkdownAdmin):
    list_display = ["question", "section", "cohort", "order"]
    list_filter = ["section", "cohort"]
    list_select_related = ["section", "cohort"]
    search_fields = ["question", "answer"]
    prepopulated_fields = {"slug": ["question"]}
    autocomplete_fields = ["section", "cohort"]
    fieldsets = [
        (None, {"fields": ["question", "answer"]}),
        ("Where it stands", {"fields": ["section", "order", "cohort"]}),
        ("Address", {"fields": ["slug"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Question, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        search.index(obj)

    def delete_model(self, request: HttpRequest, obj: Question) -> None:
        key = obj.pk
        super().delete_model(request, obj)
        search.forget(self.opts.label_lower, [key])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        keys = [*queryset.values_list("pk", flat=True)]
        super().delete_queryset(request, queryset)
        search.forget(self.opts.label_lower, keys)


class PartAdmin(RevisionAdmin):
    """Rows of a page that editors change on that page. They can be found here, but the menu does not show them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(KeyDate)
class KeyDateAdmin(PartAdmin):
    list_display = ["in_words", "label", "cohort", "is_coming"]
    list_filter = ["cohort", "precision"]
    list_select_related = ["cohort"]
    search_fields = ["label"]
    date_hierarchy = "date"
    autocomplete_fields = ["cohort"]

    @admin.display(description="Still to come", boolean=True)
    def is_coming(self, date: KeyDate) -> bool:
        return not date.is_past


@admin.register(Testimonial)
class TestimonialAdmin(PartAdmin, MarkdownAdmin):
    list_display = ["name", "year", "quote", "order"]
    list_filter = ["year"]
    search_fields = ["name", "quote", "role"]


@admin.register(Document)
class DocumentAdmin(PartAdmin):
    list_display = ["title", "page", "type_and_size", "order"]
    list_filter = ["cohort"]
    list_select_related = ["programme", "cohort"]
    search_fields = ["title"]
    autocomplete_fields = ["programme", "cohort"]

    @admin.display(description="Stands on")
    def page(self, document: Document) -> str:
        return str(document.cohort or document.programme)

    @admin.display(description="File", ordering="size")
    def type_and_size(self, document: Document) -> str:
        return document.type_and_size


@admin.register(FellowLink)
class FellowLinkAdmin(PartAdmin):
    list_display = ["url", "label", "fellow"]
    list_select_related = ["fellow"]
    search_fields = ["url", "fellow__name"]
    autocomplete_fields = ["fellow"]
