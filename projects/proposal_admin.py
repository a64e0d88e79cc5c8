"""Proposals in the admin: as the inbox shows every message, with what only projects know, and the way to a draft."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from portal.inbox_admin import InboxAdmin
from portal.models import User
from projects.drafting import DraftingError, draft_of
from projects.models import Project, Proposal


@admin.register(Proposal)
class ProposalAdmin(InboxAdmin):
    list_display = ["about", "state_tag", "sender", "person", "area", "draft_link", "age"]
    list_filter = ["state", "person", ("area", admin.RelatedOnlyFieldListFilter), "acknowledgement"]
    list_select_related = ["area", "project"]
    search_fields = [*InboxAdmin.search_fields, "organisation", "datasets", "ideas"]
    list_title = "Proposals in the inbox"
    sent_fields = ["person", "organisation", "title", "problem", "datasets", "ideas", "area_chosen", "types_of_data"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.draft_view))
        return [path("draft/<int:pk>/", view, name="projects_proposal_draft"), *super().get_urls()]

    def may_draft(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and request.user.has_perm("projects.add_project")

    def draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a draft of a proposal at a press of its button, and lead to it. A second press leads to the same one."""
        if not self.may_draft(request):
            raise PermissionDenied
        proposal = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            project, is_new = draft_of(proposal, by=cast(User, request.user))
        except DraftingError as error:
            messages.warning(request, str(error))
            return redirect(reverse("admin:projects_proposal_change", args=[pk]))
        if is_new:
            self.log_change(request, proposal, "Made a draft.")
            messages.success(request, "This draft holds everything that was proposed. Nothing is public yet.")
        else:
            messages.info(request, "This is the draft that was made of the proposal before.")
        return redirect(reverse("admin:projects_project_change", args=[project.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        proposal: Proposal | None = context.get("original")
        if proposal is not None and proposal.project is not None:
            context |= {"draft_address": _address(proposal.project), "draft_title": proposal.project.title}
        elif proposal is not None and not proposal.erased_on and self.may_draft(request):
            context["draft_url"] = reverse("admin:projects_proposal_draft", args=[proposal.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Project", ordering="project__title")
    def draft_link(self, proposal: Proposal) -> str | SafeString:
        project = proposal.project
        return format_html('<a href="{}">{}</a>', _address(project), project.title) if project else "None yet"

    @admin.display(description="The problem that it would help with")
    def problem(self, proposal: Proposal) -> str:
        return proposal.text

    @admin.display(description="Area")
    def area_chosen(self, proposal: Proposal) -> str:
        return proposal.area.name if proposal.area else "Not sure"

    @admin.display(description="Types of data")
    def types_of_data(self, proposal: Proposal) -> str:
        return ", ".join(kind.name for kind in proposal.modalities.all()) or "None chosen"


def _address(project: Project) -> str:
    return reverse("admin:projects_project_change", args=[project.pk])
