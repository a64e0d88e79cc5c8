"""How staff change a status: an action or a button leads to one page, which says first what readers will notice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst

from portal import readiness, revisions
from portal.models import User
from portal.publishing import Lifecycle, Publishable, TransitionError

# An address holds the keys of so many, and one request moves them in a few seconds.
MOST_AT_ONCE = 200


class Refused(NamedTuple):
    """An item that stays as it is, and why."""

    item: Publishable
    why: str


class Rows(NamedTuple):
    """Rows to fill in on the page, with what it says above them."""

    heading: str
    text: str
    formset: forms.BaseFormSet


class MoveForm(forms.Form):
    """What staff say when they move pages: why, for readers who see it, and a note for each other.

    A kind that asks more inherits it.
    """

    seen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Public reason", max_length=300, widget=AdminTextareaWidget(attrs={"rows": 3}), help_text=""
    )
    note = forms.CharField(
        label="Private note (optional)",
        max_length=2000,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="For staff only. It is kept in the log for ever, with your name and the time.",
    )
    field_order = ["seen", "reason", "note"]

    def __init__(self, data: Any = None, *, new: Lifecycle, items: Sequence[Publishable], user: User) -> None:
        super().__init__(data)
        self.new, self.user = new, user
        self.refused = [Refused(item, why) for item in items if (why := self.why_not(item))]
        stay = {item.pk for item, _ in self.refused}
        self.movable = [item for item in items if item.pk not in stay]
        self.fields["seen"].initial = ",".join(f"{item.pk}:{item.status}" for item in self.movable)
        if new.asks_reason:
            where = "the page" if len(self.movable) == 1 else f"all {len(self.movable)} pages"
            self.fields["reason"].help_text = f"Readers see it on {where}, after “Why:”. One plain sentence."
        else:
            del self.fields["reason"]

    def why_not(self, item: Publishable) -> str:
        """Why an item cannot be moved, whatever is filled in here; empty where it can."""
        return item.why_not(self.new)

    @property
    def told(self) -> list[tuple[Publishable, str]]:
        """What moves, each with what readers will miss of it; that of a page which they know is no news."""
        first = self.new.is_public
        return [
            (item, readiness.missed(item.advised_gaps(self.new)) if first and not item.current_status.is_public else "")
            for item in self.movable
        ]

    @property
    def rows(self) -> list[Rows]:
        """The rows to fill in, if any."""
        return []

    def touched(self, item: Publishable) -> set[Any]:
        """The keys of all items of this kind that its move writes to."""
        return {item.pk}

    def prepare(self, item: Any) -> None:
        """Write what the move needs besides, just before it. ``item`` is locked, and all is undone if it is refused."""

    def carry_out(self) -> tuple[list[Publishable], list[str]]:
        """Move each in a transaction of its own. What has moved, and in words what was refused."""
        done, refusals = [], [str(TransitionError.of(item, self.new, why)) for item, why in self.refused]
        seen = dict(pair.partition(":")[::2] for pair in self.data.get("seen", "").split(","))
        for item in self.movable:
            try:
                self._move(item, seen.get(str(item.pk), ""))
            except TransitionError as error:
                refusals.append(str(error))
            else:
                done.append(item)
        return done, refusals

    @transaction.atomic
    def _move(self, chosen: Publishable, seen: str) -> None:
        kind = type(chosen)
        # In one order everywhere, so that two moves of the same pages wait for each other and never for ever.
        locked = kind._default_manager.select_for_update().filter(pk__in=self.touched(chosen)).order_by("pk")
        found = {one.pk: one for one in locked}
        item = found.pop(chosen.pk, None)
        if item is None:
            raise TransitionError(f"“{chosen}” was deleted in the meantime.")
        for one in [item, *found.values()]:
            revisions.record_before(one)
        said = self.cleaned_data
        self.prepare(item)
        item.move_to(self.new, by=self.user, reason=said.get("reason", ""), note=said["note"], seen=seen)
        revisions.record(*found.values(), by=self.user, comment=f"With the move of “{item}”")


class MovingAdmin(admin.ModelAdmin):
    """An admin of something with a status: the list and each page offer its moves, to those who may publish."""

    move_form: ClassVar[type[MoveForm]] = MoveForm

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Whether this person may move items of this kind, of which the page shows the drafts too."""
        may_publish = request.user.has_perm(f"{self.opts.app_label}.publish_{self.opts.model_name}")
        return may_publish and self.has_view_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if self.has_publish_permission(request):
            for status in _forwards_first(self.model.Status):
                name = f"move_to_{status.value}"
                actions[name] = (partial(_ask, status), name, f"{status.verb}…")
        return actions

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_move"
        view = self.admin_site.admin_view(self.move_view)
        return [path("move/<str:status>/", view, name=name), *super().get_urls()]

    def move_address(self, request: HttpRequest, status: Lifecycle, keys: Sequence[int], **more: str) -> str:
        """Where staff confirm that these move to ``status``."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_move", args=[status.value])
        return self.with_choice(request, address, keys, **more)

    def with_choice(self, request: HttpRequest, address: str, keys: Sequence[int], **more: str) -> str:
        """An address that says what was chosen, and how the list was filtered."""
        chosen = urlencode({"ids": ".".join(map(str, keys)), **more})
        return "?".join([address, "&".join(part for part in [chosen, self.get_preserved_filters(request)] if part)])

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        item = context.get("original")
        context["moves"] = []
        if item is not None and not context["is_popup"] and self.has_publish_permission(request):
            context["moves"] = [
                (status.verb, self.move_address(request, status, [item.pk], back="page"))
                for status in _forwards_first(item.current_status.next)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def move_view(self, request: HttpRequest, status: str) -> HttpResponse:
        """The one page on which staff confirm a move, after they have read what readers will notice."""
        if not self.has_publish_permission(request):
            raise PermissionDenied
        if status not in self.model.Status.values:
            raise Http404
        new, now, keys = self.model.Status(status), timezone.now(), chosen_keys(request.GET.get("ids", ""))
        chosen: Any = self.get_queryset(request).filter(pk__in=keys)
        items = list(chosen.for_moving())
        back = self.way_back(request, items)
        if not items:
            messages.warning(request, f"Choose at least one {self.opts.verbose_name} that still exists.")
            return redirect(back)
        sent = request.POST if request.method == "POST" else None
        form = self.move_form(sent, new=new, items=items, user=cast(User, request.user))
        if sent is not None and (not form.movable or form.is_valid()):
            self._report(request, new, *form.carry_out())
            return redirect(back)
        title = new.act_on(self.model.counted(len(form.movable))) if form.movable else f"Nothing to move: {new.label}"
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "noun": capfirst(self.opts.verbose_name),
            "chosen": self.model.counted(len(items)),
            "gone": len(keys) - len(items),
            "new": new,
            "form": form,
            "effects": self.model.effects_of_move(form.movable, new, now) if form.movable else [],
            "change_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_change",
            "back": back,
        }
        return TemplateResponse(request, "admin/move.html", context)

    def way_back(self, request: HttpRequest, items: Sequence[Publishable]) -> str:
        """Where the person came from: the page of an item, or the list as it was filtered."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_"
        is_page = request.GET.get("back") == "page" and len(items) == 1
        address = reverse(f"{name}change", args=[items[0].pk]) if is_page else reverse(f"{name}changelist")
        filters: dict[str, Any] = {"opts": self.opts, "preserved_filters": self.get_preserved_filters(request)}
        return str(add_preserved_filters(filters, address))

    def _report(self, request: HttpRequest, new: Lifecycle, done: list[Publishable], refusals: list[str]) -> None:
        if done:
            what = f"“{done[0]}”" if len(done) == 1 else self.model.counted(len(done))
            messages.success(request, f"{what} moved to {new.label}. {new.meaning}")
        for refusal in refusals:
            messages.warning(request, refusal)


def _ask(new: Lifecycle, model_admin: MovingAdmin, request: HttpRequest, items: models.QuerySet) -> HttpResponse | None:
    return lead_on(model_admin, request, items, partial(model_admin.move_address, request, new))


def lead_on(
    model_admin: MovingAdmin, request: HttpRequest, items: models.QuerySet, address: Callable[[list[int]], str]
) -> HttpResponse | None:
    """Lead from the list to the page that asks for confirmation."""
    keys = list(items.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(keys) > MOST_AT_ONCE:
        messages.warning(request, f"Choose at most {model_admin.model.counted(MOST_AT_ONCE)} at a time.")
        return None
    return redirect(address(keys))


def _forwards_first(statuses: Iterable[Lifecycle]) -> list[Lifecycle]:
    """In the order in which staff need them: the way back to what nobody sees stands last."""
    return sorted(statuses, key=lambda status: not status.is_public)


def chosen_keys(text: str) -> list[int]:
    """The keys in an address, each once, and no more than a person can have chosen."""
    return list(dict.fromkeys(int(key) for key in re.findall(r"(?<!\d)\d{1,18}(?!\d)", text)))[:MOST_AT_ONCE]
