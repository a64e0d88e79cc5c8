"""The list of what readers of shared drafts have answered: to read, and to say what is dealt with."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from portal import dates, sharing
from portal.models import DraftAnswer, User
from portal.publishing import Publishable
from portal.roles import Care


def kinds_for(user: Any, act: str) -> list[str]:
    """The kinds of pages of which somebody may view or change the drafts, and so what is said of them."""
    options = [kind._meta for kind in Publishable.kinds()]
    return [one.label_lower for one in options if user.has_perm(f"{one.app_label}.{act}_{one.model_name}")]


class DealtWithFilter(admin.SimpleListFilter):
    """What still waits for somebody."""

    title = "dealt with"
    parameter_name = "dealt_with"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "To deal with"), ("yes", "Dealt with")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "no":
                return queryset.to_deal_with()
            case "yes":
                return queryset.exclude(pk__in=DraftAnswer.objects.to_deal_with().values("pk"))
        return queryset


class DraftKindFilter(admin.SimpleListFilter):
    """Answers to drafts of one kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        words = {kind._meta.label_lower: str(capfirst(kind._meta.verbose_name)) for kind in Publishable.kinds()}
        return [(kind, words[kind]) for kind in kinds_for(request.user, "view")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(shared_draft__kind=self.value()) if self.value() else queryset


class DraftAnswerAdmin(admin.ModelAdmin):
    """Answers to drafts that the person may see. Readers write them; staff only say that they are dealt with."""

    care = Care.ANSWERS
    list_display = ["when", "verdict_tag", "words_in_short", "who", "about", "dealt_with"]
    list_filter = [DealtWithFilter, "verdict", DraftKindFilter]
    list_select_related = ["shared_draft"]
    list_per_page = 50
    ordering = ["-at", "-pk"]
    search_fields = ["words", "name", "shared_draft__title", "shared_draft__reader"]
    fields = ["about", "when", "verdict_tag", "words", "who", "asked", "dealt_with"]
    actions = ["mark_as_dealt_with"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        found = super().get_queryset(request)
        return found.filter(shared_draft__kind__in=kinds_for(request.user, "view"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_deal_permission(self, request: HttpRequest) -> bool:
        """Whether this person may change drafts of any kind; of which, each answer is asked."""
        return bool(kinds_for(request.user, "change"))

    @admin.action(description="Mark as dealt with", permissions=["deal"])
    def mark_as_dealt_with(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        chosen = list(queryset.select_related("shared_draft"))
        may = set(kinds_for(request.user, "change"))
        mine = [answer for answer in chosen if answer.shared_draft.kind in may]
        count = sharing.deal_with(*mine, by=cast(User, request.user))
        if count:
            messages.success(request, f"{_answers(count)} dealt with.")
        if already := len(mine) - count:
            messages.info(request, f"{_answers(already)} dealt with since before.")
        if refused := len(chosen) - len(mine):
            messages.warning(request, f"{_answers(refused)} left as before: you may not change those drafts.")

    @admin.display(description="Time", ordering="at")
    def when(self, answer: DraftAnswer) -> str:
        return dates.moment(answer.at)

    @admin.display(description="Answer", ordering="verdict")
    def verdict_tag(self, answer: DraftAnswer) -> SafeString:
        verdict = DraftAnswer.Verdict(answer.verdict)
        return format_html('<span class="status status--{}">{}</span>', verdict.colour, verdict.label)

    @admin.display(description="What should change", ordering="words")
    def words_in_short(self, answer: DraftAnswer) -> str:
        return answer.words if len(answer.words) <= 200 else f"{answer.words[:200]}…"

    @admin.display(description="Who")
    def who(self, answer: DraftAnswer) -> str:
        return answer.who

    @admin.display(description="Draft", ordering="shared_draft__title")
    def about(self, answer: DraftAnswer) -> SafeString:
        link = answer.shared_draft
        address = reverse(f"admin:{link.kind.replace('.', '_')}_change", args=[link.object_id])
        return format_html('<a href="{}">{}</a>', address, link.title)

    @admin.display(description="What they were asked")
    def asked(self, answer: DraftAnswer) -> str:
        return answer.shared_draft.question or "Nothing in particular"

    @admin.display(description="Dealt with", ordering="dealt_with_at", empty_value="Not yet")
    def dealt_with(self, answer: DraftAnswer) -> str | None:
        if answer.dealt_with_at is None:
            return None
        by = f" by {answer.dealt_with_by_name}" if answer.dealt_with_by_name else ""
        return f"{dates.day(dates.local_day(answer.dealt_with_at))}{by}"


def _answers(number: int) -> str:
    return "1 answer is" if number == 1 else f"{number} answers are"
