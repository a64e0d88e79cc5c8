"""The pages of a history in the admin: its list, two revisions side by side, and what was deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from reversion.models import Version

from portal.comparison import Change, Words, changes, labels
from portal.revisions import BEFORE, DELETED, Save, link_to_whole, save_of, saves, versions_of

PAGE = 25


class RevisionPages(admin.ModelAdmin):
    """The history of what is edited here, for those who may see it; what was deleted, for those who may delete."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view: Callable[[Any], Any] = self.admin_site.admin_view
        return [
            path("recover/", view(self.recover_view), name=f"{name}_recover"),
            path("<path:object_id>/history/compare/", view(self.compare_view), name=f"{name}_compare"),
            *super().get_urls(),
        ]

    def _address(self, page: str, *args: Any) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def _page(self, request: HttpRequest, template: str, item: Any, **context: Any) -> TemplateResponse:
        request.current_app = self.admin_site.name
        found = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "module_name": capfirst(self.opts.verbose_name_plural),
            "object": item,
            "subtitle": None,
            "preserved_filters": self.get_preserved_filters(request),
            **context,
        }
        return TemplateResponse(request, f"admin/{template}", found)

    # History

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        item = self.get_object(request, unquote(object_id))
        if item is None:
            return cast(Any, self)._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, item):
            raise PermissionDenied
        versions = versions_of(self.model, item.pk)
        page = Paginator(versions, PAGE).get_page(request.GET.get("p"))
        start = page.start_index() - 1 if page.paginator.count else 0
        found = saves(versions[start : start + PAGE + 1])
        entries = self._entries(found)[: len(page)]
        if link_to_whole(self.model):
            # A part is kept with each save of the whole; those that left it as it was say nothing about it.
            entries = [entry for entry in entries if entry["changed"] or entry["is_first"]]
        return self._page(
            request,
            "revision_history.html",
            item,
            title=f"History: {item}",
            entries=entries,
            page=page,
            newest=found[0].id if found else 0,
            may_change=self.has_change_permission(request, item),
            change_url=self._address("change", object_id),
            compare_url=self._address("compare", object_id),
            **(extra_context or {}),
        )

    @staticmethod
    def _entries(found: list[Save]) -> list[dict[str, Any]]:
        """Each revision with what changed since the one before it."""
        words = Words(save.snapshot for save in found)
        return [
            {
                "save": save,
                "previous": before,
                "is_first": before is None,
                "is_baseline": save.comment == BEFORE,
                "changed": labels(changes(before.snapshot, save.snapshot, words)) if before else "",
            }
            for save, before in zip(found, [*found[1:], None], strict=False)  # of none, there is none before
        ]

    # Two of them

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = self.get_object(request, unquote(object_id))
        if item is None:
            return cast(Any, self)._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, item):
            raise PermissionDenied
        old, new = sorted(
            (self._save_or_404(item, request.GET.get(name, "")) for name in ("old", "new")), key=lambda save: save.id
        )
        found: list[Change] = changes(old.snapshot, new.snapshot, Words([old.snapshot, new.snapshot]))
        return self._page(
            request,
            "compare.html",
            item,
            title=f"What changed: {item}",
            old=old,
            new=new,
            newest=versions_of(self.model, item.pk).values_list("revision_id", flat=True)[0],
            changes=found,
            may_change=self.has_change_permission(request, item),
            change_url=self._address("change", object_id),
            history_url=self._address("history", object_id),
        )

    def _save_or_404(self, item: models.Model, revision: str) -> Save:
        save = save_of(self.model, item.pk, revision)
        if save is None:
            raise Http404("There is no such revision.")
        return save

    # What was deleted

    def has_recover_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete such things and add them may bring them back."""
        return self.has_delete_permission(request) and self.has_add_permission(request)

    def deleted(self) -> models.QuerySet[Version]:
        """The last revision of each item that does not exist any more, the latest first."""
        found: models.QuerySet[Version] = Version.objects.get_deleted(self.model)
        return found.select_related("revision__user", "revision__author").order_by("-revision_id", "-pk")

    def recover_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_recover_permission(request):
            raise PermissionDenied
        page = Paginator(self.deleted(), PAGE).get_page(request.GET.get("p"))
        return self._page(
            request,
            "recover.html",
            None,
            title=f"Recover deleted {self.opts.verbose_name_plural}",
            entries=_deleted_in_words(page.object_list),
            page=page,
            add_url=self._address("add"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may = self.has_recover_permission(request)
        extra = {"recover_url": self._address("recover") if may else "", **(extra_context or {})}
        return super().changelist_view(request, extra)


def _deleted_in_words(versions: Iterable[Version]) -> list[dict[str, Any]]:
    found = list(versions)
    return [
        {"name": one.object_repr, "version": one.pk, "save": save, "is_deletion": save.comment == DELETED}
        for one, save in zip(found, saves(found), strict=True)
    ]
