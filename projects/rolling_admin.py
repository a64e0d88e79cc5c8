"""How publishers roll projects forward: an action of the list leads to one page, which says first what changes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from portal.effects import agree
from portal.models import User
from portal.moving import MovingAdmin, chosen_keys, lead_on
from portal.publishing import Lifecycle, Publishable
from projects.models import Project, Status
from projects.rolling_forward import Becomes, Plan, RollForm, RoundField, next_round, rounds_ahead


class ChoiceForm(forms.Form):
    """To which round, and what becomes of the statuses. What that changes is shown before anything is."""

    round = RoundField(label="To which round", empty_label="Choose a round")
    becomes = forms.ChoiceField(
        label="What becomes of their status",
        choices=Becomes,
        widget=forms.RadioSelect,
        help_text="An open project of a round to come says when applications open, and accepts them from then on by "
        "itself. A paused one stays paused until somebody opens it.",
    )


class RollingAdmin(MovingAdmin):
    """The admin of projects, in which publishers roll many forward at once."""

    def has_roll_permission(self, request: HttpRequest) -> bool:
        """Whoever may move projects and write their round."""
        return self.has_publish_permission(request) and self.has_change_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if self.has_roll_permission(request):
            actions["roll_forward"] = (_ask, "roll_forward", "Roll forward…")
        return actions

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.roll_view)
        return [path("roll-forward/", view, name="projects_project_roll"), *super().get_urls()]

    def roll_address(self, request: HttpRequest, keys: Sequence[int], **more: str) -> str:
        """Where staff choose to which round these go, and confirm it."""
        return self.with_choice(request, reverse("admin:projects_project_roll"), keys, **more)

    def roll_view(self, request: HttpRequest) -> HttpResponse:
        """The page on which staff choose a round, read what that changes, and confirm it."""
        if not self.has_roll_permission(request):
            raise PermissionDenied
        now, keys = timezone.now(), chosen_keys(request.GET.get("ids", ""))
        found: Any = self.get_queryset(request).filter(pk__in=keys)
        projects: list[Project] = list(found.for_moving())
        back = self.way_back(request, projects)
        if not projects:
            messages.warning(request, "Choose at least one project that still exists.")
            return redirect(back)
        choice, plan = _planned(request, projects, now)
        form = None
        if plan and plan.pairs:
            form = RollForm(
                request.POST if request.method == "POST" else None, plan=plan, user=cast(User, request.user)
            )
            if form.is_valid():
                self._tell(request, plan, *form.carry_out())
                return redirect(back)
        number = len(plan.pairs) if plan else len(projects)
        title = f"Roll {Project.counted(number)} forward" if number else "Nothing to roll forward"
        chosen = {"round": str(plan.round.pk), "becomes": plan.becomes.value} if plan else {}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "act": f"{title} to {plan.round}" if plan else "",
            "chosen": Project.counted(len(projects)),
            "gone": len(keys) - len(projects),
            "ids": ".".join(map(str, keys)),
            "filters": request.GET.get("_changelist_filters", ""),
            "choice": choice,
            "has_rounds": rounds_ahead(now).exists(),
            "plan": plan,
            "effects": plan.effects(now) if plan else [],
            "form": form,
            "action": self.roll_address(request, keys, **chosen),
            "back": back,
        }
        return TemplateResponse(request, "admin/roll_forward.html", context)

    def _tell(self, request: HttpRequest, plan: Plan, done: list[Project], refusals: list[str]) -> None:
        if done:
            what = f"“{done[0]}”" if len(done) == 1 else Project.counted(len(done))
            statuses = {old.pk: old.status for old, _ in plan.pairs}
            moved = Counter(one.current_status.label for one in done if one.status != statuses[one.pk])
            and_moved = "".join(f" {number} moved to {label}." for label, number in moved.items())
            messages.success(request, f"{what} rolled forward to {plan.round}.{and_moved}")
        for refusal in refusals:
            messages.warning(request, refusal)

    def _report(self, request: HttpRequest, new: Lifecycle, done: list[Publishable], refusals: list[str]) -> None:
        super()._report(request, new, done, refusals)
        if new == Status.PAUSED and done and self.has_roll_permission(request):
            address = self.roll_address(request, [one.pk for one in done])
            what = agree(len(done), "it", f"these {len(done)}")
            messages.info(request, format_html('<a href="{}">Roll {} forward to another round…</a>', address, what))


def _planned(request: HttpRequest, projects: list[Project], now: dt.datetime) -> tuple[ChoiceForm, Plan | None]:
    """What the address chooses, or else the next round with each as it is; and what that comes to."""
    first = next_round(now)
    chosen = {"round": first.pk if first else "", "becomes": Becomes.LEAVE.value}
    chosen |= {name: request.GET[name] for name in chosen if name in request.GET}
    if not chosen["round"] and "round" not in request.GET:
        return ChoiceForm(initial=chosen), None
    form = ChoiceForm(chosen)
    if not form.is_valid():
        return form, None
    return form, Plan.of(projects, form.cleaned_data["round"], Becomes(form.cleaned_data["becomes"]))


def _ask(model_admin: RollingAdmin, request: HttpRequest, items: models.QuerySet) -> HttpResponse | None:
    return lead_on(model_admin, request, items, partial(model_admin.roll_address, request))
