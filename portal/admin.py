"""The admin of what every part of the portal stands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from portal import auditing, spreadsheets, statements
from portal.admin_base import MarkdownAdmin, ReindexingAdmin
from portal.alias_field import AliasForm
from portal.answer_admin import DraftAnswerAdmin
from portal.audit import AuditEvent
from portal.checked_links import CheckedLink
from portal.inbox_admin import MessageAdmin as MessageAdmin
from portal.link_admin import CheckedLinkAdmin
from portal.models import (
    DateChange,
    DraftAnswer,
    ForwardingAddress,
    Notice,
    Organisation,
    Statement,
    StatusChange,
    User,
)
from portal.publishing import Publishable
from portal.roles import Care, Role
from portal.spreadsheet_admin import SpreadsheetAdmin

# What sign-in keeps for itself, secrets of authenticators among it, is nobody's to see or to change here.
for kept in [model for model in admin.site._registry if model._meta.app_config.name.startswith("allauth.")]:
    admin.site.unregister(kept)
admin.site.unregister(Group)


@admin.register(User)
class StaffAdmin(UserAdmin):
    """The people who may sign in. An administrator gives roles; only a superuser looks after superusers."""

    care = Care.PEOPLE
    list_display = ["username", "first_name", "last_name", "email", "is_active", "is_staff", "roles", "last_login"]
    list_filter = ["groups", "is_active", "is_staff", "is_superuser"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email", "gets_digest"]}),
        (
            "What they may do",
            {
                "fields": ["is_active", "is_staff", "groups", "is_superuser", "user_permissions"],
                "description": "Without “Staff status” nobody comes in. A role is a group: "
                + " ".join(f"{role.value}: {role.label}" for role in Role),
            },
        ),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = ["last_login", "date_joined"]
        return fields if _is_superuser(request) else [*fields, "is_superuser", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_look_after(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        itself = obj is not None and obj.pk == request.user.pk
        return super().has_delete_permission(request, obj) and _may_look_after(request, obj) and not itself


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _may_look_after(request: HttpRequest, user: User | None) -> bool:
    """Who could change the password of a superuser would be one."""
    return user is None or not user.is_superuser or _is_superuser(request)


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """The groups. What the portal's own roles may do stands in its code, so nobody changes or deletes those here."""

    care = Care.PEOPLE
    list_display = ["name", "may"]

    @admin.display(description="What for")
    def may(self, group: Group) -> str:
        return Role(group.name).label if group.name in Role.values else "Made here"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Who could write a group of any permissions would have them all.
        return super().has_change_permission(request, obj) and _is_superuser(request) and not _is_role(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_superuser(request) and not _is_role(obj)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in Role.values


@admin.register(Organisation)
class OrganisationAdmin(SpreadsheetAdmin, ReindexingAdmin):
    form = AliasForm
    list_display = ["name", "abbreviation", "region"]
    list_filter = ["region"]
    search_fields = ["name", "abbreviation"]


@admin.register(Notice)
class NoticeAdmin(MarkdownAdmin):
    list_display = ["title", "state", "section", "starts_at", "ends_at"]
    list_filter = ["section"]
    ordering = ["-starts_at", "-pk"]
    search_fields = ["title", "body"]
    fields = ["title", "body", "section", ("starts_at", "ends_at"), "state"]
    readonly_fields = ["state"]

    @admin.display(description="Readers see it")
    def state(self, notice: Notice) -> str:
        return notice.state_in_words


@admin.register(Statement)
class StatementAdmin(MarkdownAdmin):
    list_display = ["subject", "reviewed_on"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new statement begins with the text that the portal comes with, of the first subject not yet written."""
        written = set(Statement.objects.values_list("subject", flat=True))
        missing = [subject for subject in Statement.Subject if subject not in written]
        wanted = request.GET.get("subject", "")
        subject = Statement.Subject(wanted) if wanted in Statement.Subject.values else next(iter(missing), None)
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        return initial | ({"subject": subject.value, "body": statements.shipped(subject).body} if subject else {})


@admin.register(ForwardingAddress)
class ForwardingAddressAdmin(admin.ModelAdmin):
    list_display = ["path", "target"]
    search_fields = ["path", "target"]


class LogAdmin(admin.ModelAdmin):
    """A log: to read, never to write."""

    care = Care.LOG
    date_hierarchy = "at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _kinds() -> dict[str, str]:
    """What the logs call each kind of thing, and how staff call it."""
    return {model._meta.label_lower: str(capfirst(model._meta.verbose_name)) for model in admin.site._registry}


def _statuses() -> dict[str, str]:
    return {status.value: status.label for kind in Publishable.kinds() for status in kind.Status}


class InWords(admin.AllValuesFieldListFilter):
    """A filter of a log, in the words that staff know from everywhere else."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        words = _kinds() | _statuses()
        for choice in super().choices(changelist):
            yield {**choice, "display": words.get(str(choice["display"]), choice["display"])}


class ChangeLogAdmin(LogAdmin):
    """A log of what was changed on something that may be gone by now, with its kind in words."""

    @admin.display(description="Kind", ordering="kind")
    def kind_in_words(self, change: Any) -> str:
        return _kinds().get(change.kind, change.kind)


@admin.register(StatusChange)
class StatusChangeAdmin(ChangeLogAdmin):
    """The log of status moves."""

    list_display = ["at", "title", "kind_in_words", "from_status", "to_status", "by_name", "public_reason"]
    list_filter = [("kind", InWords), ("new", InWords), "at"]
    search_fields = ["title", "by_name", "public_reason"]
    fields = ["at", "title", "kind_in_words", "from_status", "to_status", "by_name", "public_reason", "private_note"]

    @admin.display(description="From", ordering="old")
    def from_status(self, change: StatusChange) -> str:
        return _statuses().get(change.old, change.old)

    @admin.display(description="To", ordering="new")
    def to_status(self, change: StatusChange) -> str:
        return _statuses().get(change.new, change.new)


@admin.register(DateChange)
class DateChangeAdmin(ChangeLogAdmin):
    """The log of moved dates."""

    list_display = ["at", "title", "kind_in_words", "field", "old", "new", "by_name"]
    list_filter = [("kind", InWords), "field", "at"]
    search_fields = ["title", "by_name"]
    fields = ["at", "title", "kind_in_words", "field", "old", "new", "by_name"]


admin.site.register(DraftAnswer, DraftAnswerAdmin)
admin.site.register(CheckedLink, CheckedLinkAdmin)


@admin.register(AuditEvent)
class AuditEventAdmin(LogAdmin):
    """The audit list, and the same as a file."""

    care = Care.AUDIT
    date_hierarchy = None  # type: ignore[assignment]  # the filter does it, with links that a thumb can hit
    list_display = ["at", "kind", "by_name", "about", "detail"]
    list_filter = ["kind", "at"]
    list_per_page = 50
    search_fields = ["by_name", "about", "detail"]
    fields = ["at", "kind", "by_name", "about", "detail"]

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(require_POST(self.export))
        return [path("export/", export, name="portal_auditevent_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows with the filters in force, as a file for a spreadsheet. That it was made is noted too."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("admin:portal_auditevent_changelist")
        # Read before the export itself is noted: the file is what the list showed.
        events = list(map(_audit_row, found.iterator(chunk_size=1000)))
        words = f"{len(events):,} event{'' if len(events) == 1 else 's'}"
        auditing.record(AuditEvent.Kind.EXPORT, by=auditing.at_work(), about="audit events", detail=words)
        name = f"audit-{timezone.localdate().isoformat()}.csv"
        return StreamingHttpResponse(
            spreadsheets.table(["Time", "Kind", "By", "About", "Detail"], events),
            content_type="text/csv; charset=utf-8; header=present",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _audit_row(event: AuditEvent) -> list[str]:
    at = timezone.localtime(event.at).isoformat(timespec="seconds")
    return [at, event.get_kind_display(), event.by_name, event.about, event.detail]
