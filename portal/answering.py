"""Where readers of a shared draft say what they think of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from portal import sharing
from portal.models import DraftAnswer, SharedDraft

WORDS_AT_MOST = 2000
THANKS = "thanks"  # the part of the page that says that the answer has come


class AnswerForm(forms.Form):
    """What a reader thinks of a draft, with the token that says which one they may read."""

    verdict = forms.ChoiceField(
        choices=DraftAnswer.Verdict.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Select what you think of the draft"),
    )
    words = forms.CharField(required=False)
    name = forms.CharField(
        required=False, max_length=100, error_messages={"max_length": "Your name must be 100 characters or less"}
    )

    def __init__(self, link: SharedDraft, data: Any = None) -> None:
        super().__init__(data)
        self.link = link

    @property
    def token(self) -> str:
        return sharing.token_of(self.link)

    @property
    def is_full(self) -> bool:
        return sharing.is_full(self.link)

    def clean_words(self) -> str:
        # Browsers send each line break as two characters, and readers count one.
        words: str = self.cleaned_data["words"].replace("\r\n", "\n")
        if len(words) > WORDS_AT_MOST:
            raise ValidationError(f"What should change must be {WORDS_AT_MOST:,} characters or less")
        if not words and self.cleaned_data.get("verdict") == DraftAnswer.Verdict.CHANGE:
            raise ValidationError("Enter what should change")
        return words


@csrf_exempt  # readers have no cookie that another site could use: the token that is sent says what they may do
def answer(request: HttpRequest) -> HttpResponse:
    """Take an answer and lead back to the draft, or say what is wrong with it."""
    if request.method != "POST":
        return redirect("home")
    link = sharing.find(request.POST.get(sharing.PARAMETER, ""))
    item = sharing.draft_of(link) if link else None
    if link is None or item is None:
        raise sharing.NotShown("This link does not show anything, or no longer does.")
    form = AnswerForm(link, request.POST)
    if form.is_valid():
        try:
            sharing.answer(link, **form.cleaned_data)
        except sharing.SharingError as error:
            form.add_error(None, str(error))
        else:
            back = sharing.address(item, link, **{sharing.ANSWERED: "yes"})
            return HttpResponse(status=303, headers={"Location": f"{back}#{THANKS}"})
    context = {"item": item, "preview": True, "form": form, "draft_address": sharing.address(item, link)}
    return as_shared(render(request, "portal/answer.html", context))


def as_shared(response: HttpResponse) -> HttpResponse:
    """What only a link shows is kept by nobody: no browser, no cache on the way, no search engine."""
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
