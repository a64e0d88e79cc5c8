"""What the admin of every kind of page has in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal import date_changes, dates, forwarding, search
from portal.attention_admin import AttentionAdmin
from portal.models import DateChange, StatusChange, User
from portal.publishing import Publishable
from portal.readiness_admin import ReadinessAdmin
from portal.revision_admin import RevisionAdmin
from portal.roles import MOVE_DATES
from portal.sharing_admin import SharingAdmin
from portal.spreadsheet_admin import SpreadsheetAdmin
from portal.submitting import SubmittingAdmin

Form = ModelForm


class MarkdownAdmin(AttentionAdmin):
    """An admin of something that has texts in Markdown: each field brings its editor with it."""


class WindowAdmin(admin.ModelAdmin):
    """An admin of something with an application window: a date that moves goes into the log.

    Only who may move dates is asked for them; everybody else who writes here reads them.
    """

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = list(super().get_readonly_fields(request, obj))
        return fields if request.user.has_perm(MOVE_DATES) else [*fields, *(name.value for name in DateChange.Field)]

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        # Locked, so that of two editors who move a date at once each is logged with the date that they replaced.
        stored = type(obj)._default_manager.select_for_update().get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        if stored is not None:
            date_changes.record(obj, before=date_changes.dates_of(stored), by=cast(User, request.user))


class PublishableAdmin(RevisionAdmin, SpreadsheetAdmin, SubmittingAdmin, SharingAdmin, ReadinessAdmin, MarkdownAdmin):
    """An admin in which status moves on a page of its own only, a changed address forwards, and the search keeps up."""

    change_form_template = "admin/publishable_change_form.html"
    save_on_top = True
    list_per_page = 50
    ordering = ["-updated_at"]
    readonly_fields = ["status_tag", "published_at", "updated_at", "imported_from", "history_of_status"]
    about_fieldset: Any = (
        "About this page",
        {"fields": ["history_of_status", "published_at", "updated_at", "imported_from"]},
    )

    # Statuses

    @admin.display(description="Status", ordering="status")
    def status_tag(self, item: Publishable) -> SafeString:
        status = item.current_status
        tag = format_html(
            '<span class="status status--{}" title="{}">{}</span>', status.colour, status.meaning, status.label
        )
        waits = '{} <span class="status status--yellow" title="It waits for a publisher.">Submitted</span>'
        return format_html(waits, tag) if getattr(item, "is_submitted", False) else tag

    @admin.display(description="Status moves")
    def history_of_status(self, item: Publishable) -> str:
        if item.pk is None:
            return "New pages are drafts. Save, then choose the next status at the top of the page."
        return "\n\n".join(self._told(change) for change in item.status_changes()) or "None in this portal."

    def _told(self, change: StatusChange) -> str:
        """One step of the log: when, from, to and who, then the words for readers and those for staff."""
        person = f", by {change.by_name}" if change.by_name else ""
        lines = [f"{dates.moment(change.at)}: {self._label(change.old)} → {self._label(change.new)}{person}"]
        lines += [f"Public reason: {change.public_reason}"] if change.public_reason else []
        lines += [f"Private note: {change.private_note}"] if change.private_note else []
        return "\n".join(lines)

    def _label(self, status: str) -> str:
        known = dict(self.model.Status.choices)
        return known.get(status, status) or "Imported"

    @admin.display(description="Imported from")
    def imported_from(self, item: Publishable) -> str:
        return item.source_key or "Written in this portal"

    # Writing

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        before = type(obj)._default_manager.get(pk=obj.pk).get_absolute_url() if change else ""
        super().save_model(request, obj, form, change)
        after = obj.get_absolute_url()
        if change and before != after:
            forwarding.renamed(old=before, new=after)
            messages.info(request, f"Readers of {before} are now sent to {after}.")

    def save_related(self, request: HttpRequest, form: Form, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        search.index(form.instance)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        key = obj.pk
        super().delete_model(request, obj)
        search.forget(self.opts.label_lower, [key])

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        search.forget(self.opts.label_lower, keys)


class ReindexingAdmin(admin.ModelAdmin):
    """An admin of something by whose names the search knows pages: they are indexed anew when it changes or goes."""

    def _pages(self, items: Iterable[Any]) -> list[Publishable]:
        """The pages that any of ``items`` stands behind."""
        return [
            page
            for relation in self.opts.related_objects
            if issubclass(relation.related_model, Publishable)
            for page in relation.related_model._default_manager.filter(
                **{f"{relation.field.name}__in": items}
            ).distinct()
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for page in self._pages([obj]):
            search.index(page)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        pages = self._pages([obj])
        super().delete_model(request, obj)
        for page in pages:
            search.index(page)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        pages = self._pages(list(queryset))
        super().delete_queryset(request, queryset)
        for page in pages:
            search.index(page)
