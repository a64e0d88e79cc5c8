"""How staff begin with what there is: a copy of a page as a draft, which says where it comes from.

Each kind says in a form what a copy carries, what it leaves behind, and what must differ. Its model has the foreign key
``copied_from`` to itself, whose other end is ``copies``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from portal import dates, revisions, search
from portal.admin_base import PublishableAdmin
from portal.models import User
from portal.publishing import Publishable

COPIED = "Copied from"
Kind = TypeVar("Kind", bound=Publishable)


def copy_of(item: Kind, carried: Iterable[str]) -> Kind:
    """A draft, not saved, with the values of ``item`` in the fields ``carried``; in all others it is like a new one.

    Terms wait until it is saved: ``CopyForm.make`` gives them to it.
    """
    copy: Any = type(item)()
    copy.copied_from = item
    for field in item._meta.concrete_fields:
        if field.name in carried:
            setattr(copy, field.attname, getattr(item, field.attname))
    return cast(Kind, copy)


class CopyForm(forms.ModelForm):
    """What must differ between a page and its copy. A kind inherits it, and says what else comes along."""

    # The fields that a copy carries, and those by which two copies of one page are told apart.
    carried: ClassVar[tuple[str, ...]] = ()
    told_apart_by: ClassVar[tuple[str, ...]] = ()

    # What a copy has of the original and what it has not, as sentences. Every kind says both.
    comes_along: Any
    stays_behind: Any

    def __init__(self, data: Any = None, *, original: Any, user: User) -> None:
        self.original, self.user = original, user
        self.earlier: Any = None
        copy = copy_of(original, self.carried)
        super().__init__(data, instance=copy, initial=self.suggested(copy))

    def suggested(self, copy: Any) -> dict[str, Any]:
        """What the form begins with, for a copy that has all that it carries."""
        return {}

    def validate_unique(self) -> None:
        """The second click of two, or the second tab, finds the copy that the first made, and no mistake."""
        said = {name: getattr(self.instance, name) for name in self.told_apart_by}
        self.earlier = self.original.copies.filter(**said).first()
        if self.earlier is None:
            super().validate_unique()

    def carry_rows(self, copy: Any) -> Sequence[models.Model]:
        """Give a copy, which is saved, the rows that it carries. Returns what else has changed with it."""
        return []

    def make(self) -> Any:
        """Write the copy that was asked for. Call it in a transaction, with the original locked."""
        copy = self.save()
        for field in copy._meta.many_to_many:
            if field.name in self.carried:
                getattr(copy, field.name).set(getattr(self.original, field.name).all())
        changed = self.carry_rows(copy)
        search.index(copy)
        words = f"{COPIED} “{self.original}”"
        revisions.record(copy, *changed, by=self.user, comment=words)
        LogEntry.objects.log_actions(self.user.pk, [copy], ADDITION, words)
        return copy


class CopyingAdmin(PublishableAdmin):
    """An admin of pages that staff copy: each offers it, and tells where it was copied from and to."""

    copy_form: ClassVar[type[CopyForm]]
    readonly_fields = [*PublishableAdmin.readonly_fields, "copies_in_words"]
    about_fieldset: Any = (
        PublishableAdmin.about_fieldset[0],
        {"fields": [*PublishableAdmin.about_fieldset[1]["fields"], "copies_in_words"]},
    )

    def has_copy_permission(self, request: HttpRequest) -> bool:
        """Whoever may add such a page and read what there is."""
        return self.has_add_permission(request) and self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_copy"
        return [path("<int:pk>/copy/", self.admin_site.admin_view(self.copy_view), name=name), *super().get_urls()]

    # The page of an item

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        item = context.get("original")
        offered = item is not None and not context["is_popup"] and self.has_copy_permission(request)
        context["copy_url"] = self._filtered(request, "copy", item.pk) if item is not None and offered else ""
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Copies")
    def copies_in_words(self, item: Any) -> SafeString | str:
        if item.pk is None:
            return "A new page is no copy."
        lines = [self._origin(item)] if item.copied_from else []
        if copies := item.copies.order_by("pk"):
            links = format_html_join(", ", '<a href="{}">“{}”</a>', [(self._change(one), one) for one in copies])
            lines.append(format_html("Copied to: {}", links))
        return format_html_join("\n", "{}", [(line,) for line in lines]) or "It is no copy, and was never copied."

    def _origin(self, copy: Any) -> SafeString:
        """Copied from “…” on 3 March 2027 by A. Name: the day and the person are those of its first revision."""
        began = revisions.versions_of(self.model, copy.pk).filter(revision__comment__startswith=COPIED).last()
        when = ""
        if began:
            day = dates.day(dates.local_day(began.revision.date_created))
            when = f" on {day} by {revisions.author_of(began.revision)}"
        return format_html('{} <a href="{}">“{}”</a>{}', COPIED, self._change(copy.copied_from), copy.copied_from, when)

    def _change(self, item: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[item.pk])

    def _filtered(self, request: HttpRequest, page: str, *args: Any) -> str:
        """An address that still knows how the list was filtered."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)
        filters = self.get_preserved_filters(request)
        return f"{address}?{filters}" if filters else address

    # Copying

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page that says what a copy has and has not, asks what must differ, and makes the draft."""
        if not self.has_copy_permission(request):
            raise PermissionDenied
        original = get_object_or_404(self.get_queryset(request), pk=pk)
        form = self.copy_form(original=original, user=cast(User, request.user))
        if request.method == "POST":
            form, copy = self._made(request, original)
            if copy is not None:
                self._tell_copied(request, form, copy)
                return redirect(self._filtered(request, "change", copy.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Copy “{original}” as a draft",
            "original": original,
            "noun": capfirst(self.opts.verbose_name),
            "copies": [(one, self._change(one)) for one in cast(Any, original).copies.order_by("pk")],
            "form": form,
            "comes_along": form.comes_along,
            "stays_behind": form.stays_behind,
            "back": self._filtered(request, "change", original.pk),
            "list_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }
        return TemplateResponse(request, "admin/copy.html", context)

    def _made(self, request: HttpRequest, original: Any) -> tuple[CopyForm, Any]:
        """The form as it was sent, and the copy, if there is nothing to correct first."""
        user = cast(User, request.user)
        try:
            with transaction.atomic():
                # Held, so that the second of two clicks waits, and then finds what the first made.
                held = get_object_or_404(self.model._default_manager.select_for_update(), pk=original.pk)
                form = self.copy_form(request.POST, original=held, user=user)
                return form, (form.earlier or form.make()) if form.is_valid() else None
        except IntegrityError:
            # In the same moment somebody took the address or the number. Asked again, the form says which.
            form = self.copy_form(request.POST, original=original, user=user)
            if form.is_valid():
                form.add_error(None, "Somebody else saved at the same moment. Press the button once more.")
            return form, None

    def _tell_copied(self, request: HttpRequest, form: CopyForm, copy: Any) -> None:
        if form.earlier:
            messages.info(request, f"“{copy}” was made already, and no second copy. This is it.")
        else:
            words = f"“{copy}” is a draft, copied from “{form.original}”. Only staff can see it. Read it through: its "
            messages.success(request, f"{words}texts say what those of the original say.")
