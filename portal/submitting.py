"""How staff who may not publish ask for it: a button or an action leads to one page, with a note to the publisher."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from portal import dates, submissions
from portal.models import Submission, User
from portal.moving import MovingAdmin, chosen_keys, lead_on
from portal.publishing import Publishable
from portal.submissions import SubmissionError


class SubmittedFilter(admin.SimpleListFilter):
    """For publishers: the drafts that wait for them."""

    title = "submission"
    parameter_name = "submitted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Submitted")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(is_submitted=True) if self.value() == "yes" else queryset


class SubmitForm(forms.Form):
    """What whoever wrote a draft says to whoever publishes it."""

    note = forms.CharField(
        label="What should the publisher look at? (optional)",
        max_length=2000,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="For staff only. It stands at the top of the draft, and is kept in the audit list for ever.",
    )


class SubmittingAdmin(MovingAdmin):
    """An admin of something with a status: who may write it and not publish it submits its drafts to who may."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).annotate(is_submitted=submissions.is_submitted(self.model))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [SubmittedFilter, *super().get_list_filter(request)]

    def asks_publishers(self, request: HttpRequest) -> bool:
        """Whether this person is offered to submit: who may publish has no need to ask."""
        return self.has_change_permission(request) and not self.has_publish_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if self.asks_publishers(request):
            actions["submit"] = (_ask, "submit", "Submit for publishing…")
        return actions

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        submit = self.admin_site.admin_view(self.submit_view)
        withdraw = self.admin_site.admin_view(require_POST(self.withdraw_view))
        return [
            path("submit/", submit, name=f"{name}_submit"),
            path("withdraw/<int:pk>/", withdraw, name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def submit_address(self, request: HttpRequest, keys: list[int], **more: str) -> str:
        """Where staff say what the publisher should look at."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_submit")
        return self.with_choice(request, address, keys, **more)

    # The list and the page of an item

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        number = Submission.objects.filter(kind=self.opts.label_lower).count()
        words = f"{self.model.counted(number)} {'is' if number == 1 else 'are'}" if number else ""
        return super().changelist_view(request, {"submitted": words, **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        item = None if context["is_popup"] else context.get("original")
        submission = Submission.of(item).first() if item is not None else None
        context |= {"submission": submission, "submit_url": "", "may_withdraw": False}
        if item is not None and submission:
            may = self.has_change_permission(request, item)
            context |= {"submission_day": _day(submission), "may_withdraw": may}
            if may:
                name = f"admin:{self.opts.app_label}_{self.opts.model_name}_withdraw"
                context["withdraw_url"] = self.with_choice(
                    request, reverse(name, args=[item.pk]), [item.pk], back="page"
                )
        if item is not None and self.asks_publishers(request) and not submissions.why_not(item):
            context["submit_url"] = self.submit_address(request, [item.pk], back="page")
        return super().render_change_form(request, context, *args, **kwargs)

    # Submitting and withdrawing

    def submit_view(self, request: HttpRequest) -> HttpResponse:
        """The page on which staff submit drafts, with what is still missing and a note to the publisher."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        keys = chosen_keys(request.GET.get("ids", ""))
        chosen: Any = self.get_queryset(request).filter(pk__in=keys)
        items: list[Publishable] = list(chosen.for_moving())
        back = self.way_back(request, items)
        refused = [(item, why) for item in items if (why := submissions.why_not(item))]
        drafts = [item for item in items if not submissions.why_not(item)]
        if not drafts:
            messages.warning(request, f"Choose at least one {self.opts.verbose_name} that is a draft.")
            return redirect(back)
        form = SubmitForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._submit(request, drafts, form.cleaned_data["note"])
            return redirect(back)
        earlier = Submission.objects.filter(kind=self.opts.label_lower, object_id__in=[item.pk for item in drafts])
        by_item = {submission.object_id: submission for submission in earlier}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Submit {self.model.counted(len(drafts))} for publishing",
            "noun": capfirst(self.opts.verbose_name),
            "drafts": [(item, _already(by_item.get(item.pk)), submissions.before_publishing(item)) for item in drafts],
            "refused": refused,
            "form": form,
            "change_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_change",
            "back": back,
        }
        return TemplateResponse(request, "admin/submit.html", context)

    def _submit(self, request: HttpRequest, drafts: list[Publishable], note: str) -> None:
        done: list[Publishable] = []
        for item in drafts:
            try:
                submissions.submit(item, by=cast(User, request.user), note=note)
            except SubmissionError as error:
                messages.warning(request, str(error))
            else:
                done.append(item)
        if done:
            what = f"“{done[0]}” is" if len(done) == 1 else f"{self.model.counted(len(done))} are"
            messages.success(request, f"{what} submitted for publishing. Publishers see it in their list.")

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a submission back, at a press of the button on the page of the draft."""
        item = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, item):
            raise PermissionDenied
        if submissions.withdraw(item, by=cast(User, request.user)):
            messages.success(request, f"“{item}” is no longer submitted for publishing.")
        else:
            messages.warning(request, f"“{item}” was not submitted any longer.")
        return redirect(self.way_back(request, [item]))


def _ask(model_admin: SubmittingAdmin, request: HttpRequest, items: models.QuerySet) -> HttpResponse | None:
    return lead_on(model_admin, request, items, partial(model_admin.submit_address, request))


def _day(submission: Submission) -> str:
    return dates.day(dates.local_day(submission.at))


def _already(submission: Submission | None) -> str:
    return f"Submitted by {submission.by_name} on {_day(submission)}. This replaces it." if submission else ""
