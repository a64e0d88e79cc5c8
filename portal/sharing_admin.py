"""How staff show a draft to somebody without an account: one page with its links and the answers to it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from portal import sharing
from portal.models import DraftAnswer, SharedDraft, User
from portal.moving import MovingAdmin
from portal.publishing import Publishable
from portal.sharing import SharingError

DAYS = [7, 14, 30, 90]
SHOWN_ON_FORM = 5


class SharedFilter(admin.SimpleListFilter):
    """The drafts that wait for whoever wrote them, since a reader has answered, and those that are being read."""

    title = "shared drafts"
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Answered, to deal with"), ("shared", "Shared now")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        asked = {"yes": sharing.has_answers, "shared": sharing.is_shared}.get(str(self.value()))
        return queryset.filter(asked(cast(Any, queryset.model))) if asked else queryset


class ShareForm(forms.Form):
    """For whom a link is made, what they are asked, and how long it works."""

    reader = forms.CharField(
        label="For whom?",
        max_length=100,
        widget=AdminTextInputWidget,
        help_text="Such as “Dr Patel, supervisor”. They see it at the top of the draft.",
    )
    question = forms.CharField(
        label="What should they look at? (optional)",
        max_length=1000,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="They see it at the top of the draft too.",
    )
    days = forms.TypedChoiceField(
        label="How long does the link work?",
        coerce=int,
        choices=[(days, f"{days} days") for days in DAYS],
        initial=14,
        help_text="You can end it at any time before.",
    )


class SharingAdmin(MovingAdmin):
    """An admin of something with a status: who may change a draft shows it to others, and reads what they answer."""

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [SharedFilter, *super().get_list_filter(request)]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        share, revoke, deal = (
            self.admin_site.admin_view(view)
            for view in (self.share_view, require_POST(self.revoke_view), require_POST(self.deal_view))
        )
        return [
            path("<int:pk>/share/", share, name=f"{name}_share"),
            path("<int:pk>/share/<int:link>/revoke/", revoke, name=f"{name}_revoke"),
            path("<int:pk>/share/answers/<int:answer>/dealt-with/", deal, name=f"{name}_deal"),
            *super().get_urls(),
        ]

    def sharing_address(self, page: str, *keys: int) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=keys)

    # The page of an item

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        item = None if context["is_popup"] else context.get("original")
        links = _links(item) if item is not None else []
        answers = [(link, one) for link in links for one in link.answers.all() if one.dealt_with_at is None]
        waiting = sorted(answers, key=lambda pair: pair[1].at, reverse=True)
        may_share = item is not None and self.has_change_permission(request, item)
        context |= {
            "share_url": self.sharing_address("share", item.pk) if item is not None and may_share else "",
            "may_share": may_share and not cast(Publishable, item).is_public,
            "shared_answers": waiting[:SHOWN_ON_FORM],
            "more_shared_answers": max(len(waiting) - SHOWN_ON_FORM, 0),
            "shared_now": [link for link in links if link.is_in_force and link not in {one for one, _ in waiting}],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    # Its links and answers

    def share_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page on which staff make links to a draft, end them, and read what was answered."""
        item = self._changeable(request, pk)
        form = ShareForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                link = sharing.share(item, by=cast(User, request.user), **form.cleaned_data)
            except SharingError as error:
                messages.warning(request, str(error))
            else:
                messages.success(request, f"The link for {link.reader} is ready. Copy it below and send it to them.")
            return redirect(request.path)
        links = _links(item)
        answers = [(link, one) for link in links for one in link.answers.all()]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Share “{item}”",
            "item": item,
            "form": form,
            "links": [(link, f"{settings.PORTAL_URL}{sharing.address(item, link)}") for link in links],
            "answers": sorted(answers, key=lambda pair: pair[1].at, reverse=True),
            "change_url": self.sharing_address("change", item.pk),
            "back": self.sharing_address("changelist"),
            "revoke_page": f"admin:{self.opts.app_label}_{self.opts.model_name}_revoke",
            "deal_page": f"admin:{self.opts.app_label}_{self.opts.model_name}_deal",
        }
        return TemplateResponse(request, "admin/share.html", context)

    def revoke_view(self, request: HttpRequest, pk: int, link: int) -> HttpResponse:
        """End a link at a press of its button."""
        item = self._changeable(request, pk)
        found = get_object_or_404(SharedDraft.objects.of(item), pk=link)
        if sharing.revoke(found, by=cast(User, request.user)):
            messages.success(request, f"The link for {found.reader} is revoked. It shows nothing any longer.")
        else:
            messages.warning(request, f"The link for {found.reader} did not work any longer.")
        return redirect(self.sharing_address("share", item.pk))

    def deal_view(self, request: HttpRequest, pk: int, answer: int) -> HttpResponse:
        """Say that an answer is dealt with at a press of its button."""
        item = self._changeable(request, pk)
        links = SharedDraft.objects.of(item)
        found = get_object_or_404(DraftAnswer.objects.select_related("shared_draft"), pk=answer, shared_draft__in=links)
        if sharing.deal_with(found, by=cast(User, request.user)):
            messages.success(request, f"The answer of {found.who} is dealt with.")
        else:
            messages.warning(request, f"The answer of {found.who} was dealt with already.")
        return redirect(self.sharing_address("share", item.pk))

    def _changeable(self, request: HttpRequest, pk: int) -> Any:
        """The item, for whoever may change it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        item = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, item):
            raise PermissionDenied
        return item


def _links(item: models.Model) -> list[SharedDraft]:
    """The links to an item with their answers, newest first, in two queries."""
    return list(SharedDraft.objects.of(item).prefetch_related("answers"))
