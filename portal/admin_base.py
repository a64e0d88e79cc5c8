"""What the admin of every kind of page has in common."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal import date_changes, dates, forwarding, search
from portal.models import User
from portal.publishing import Lifecycle, Publishable, TransitionError

Form = ModelForm


class MarkdownAdmin(admin.ModelAdmin):
    """An admin of something that has texts in Markdown: each field brings its editor with it."""


class WindowAdmin(admin.ModelAdmin):
    """An admin of something with an application window: a date that moves goes into the log."""

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        # Locked, so that of two editors who move a date at once each is logged with the date that they replaced.
        stored = type(obj)._default_manager.select_for_update().get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        if stored is not None:
            date_changes.record(obj, before=date_changes.dates_of(stored), by=cast(User, request.user))


def _move(status: Lifecycle, model_admin: PublishableAdmin, request: HttpRequest, items: models.QuerySet[Any]) -> None:
    """Move each chosen page, and say plainly which could not be moved."""
    done = 0
    for item in items:
        try:
            item.move_to(status, by=request.user)
        except TransitionError as error:
            messages.warning(request, str(error))
        else:
            done += 1
    if done:
        noun = model_admin.opts.verbose_name if done == 1 else model_admin.opts.verbose_name_plural
        messages.success(request, f"{done} {noun} moved to {status.label}. {status.meaning}")


class PublishableAdmin(MarkdownAdmin):
    """An admin in which status moves by actions only, a changed address forwards, and the search keeps up."""

    save_on_top = True
    list_per_page = 50
    ordering = ["-updated_at"]
    readonly_fields = ["status_tag", "published_at", "updated_at", "imported_from", "history_of_status"]
    about_fieldset: Any = (
        "About this page",
        {"fields": ["history_of_status", "published_at", "updated_at", "imported_from"]},
    )

    # Statuses

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.publish_{self.opts.model_name}")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if self.has_publish_permission(request):
            for status in self.model.Status:
                name = f"move_to_{status.value}"
                actions[name] = (partial(_move, status), name, f"Move to {status.label}")
        return actions

    @admin.display(description="Status", ordering="status")
    def status_tag(self, item: Publishable) -> SafeString:
        status = item.current_status
        return format_html(
            '<span class="status status--{}" title="{}">{}</span>', status.colour, status.meaning, status.label
        )

    @admin.display(description="Status moves")
    def history_of_status(self, item: Publishable) -> str:
        if item.pk is None:
            return "New pages are drafts. Save, then choose “Move to …” in the list."
        lines = [
            f"{dates.day(dates.local_day(change.at))}: {self._label(change.old)} → {self._label(change.new)}"
            + (f", by {change.by_name}" if change.by_name else "")
            for change in item.status_changes()[:10]
        ]
        return "\n".join(lines) or "None in this portal. Choose “Move to …” in the list to change the status."

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
