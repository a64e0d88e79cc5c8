"""The admin of what every part of the portal stands on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from portal import statements
from portal.admin_base import MarkdownAdmin, ReindexingAdmin
from portal.models import DateChange, ForwardingAddress, Notice, Organisation, Statement, StatusChange, User

admin.site.register(User, UserAdmin)


@admin.register(Organisation)
class OrganisationAdmin(ReindexingAdmin):
    list_display = ["name", "abbreviation", "region"]
    list_filter = ["region"]
    search_fields = ["name", "abbreviation"]


@admin.register(Notice)
class NoticeAdmin(MarkdownAdmin):
    list_display = ["title", "starts_at", "ends_at"]
    search_fields = ["title", "body"]


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

    date_hierarchy = "at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(StatusChange)
class StatusChangeAdmin(LogAdmin):
    """The log of status moves."""

    list_display = ["at", "title", "kind", "old", "new", "by_name", "public_reason"]
    list_filter = ["kind", "new", "at"]
    search_fields = ["title", "by_name", "public_reason"]
    fields = ["at", "title", "kind", "old", "new", "by_name", "public_reason", "private_note"]


@admin.register(DateChange)
class DateChangeAdmin(LogAdmin):
    """The log of moved dates."""

    list_display = ["at", "title", "field", "old", "new", "by_name"]
    list_filter = ["kind", "field", "at"]
    search_fields = ["title", "by_name"]
    fields = ["at", "title", "kind", "field", "old", "new", "by_name"]
