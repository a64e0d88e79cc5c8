"""What a copy of a cohort has: next year's intake, begun with what the last one says."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from itertools import count
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.db import models
from django.db.models import Max
from django.utils import timezone

from fellowship.models import Cohort, KeyDate, Question
from portal import dates, revisions, search
from portal.copying import CopyForm
from portal.effects import agree
from portal.models import User
from portal.roles import MOVE_DATES

A_YEAR = 12
QUESTION_ADDRESS = 120  # characters at most


def later(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last of its month: 29 February becomes 28 February."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def a_year_later(last_day: dt.date) -> dt.date:
    """The day before the next begins, a year later: a year that ends in February ends with that month."""
    if last_day.month == 2 and last_day.day == calendar.monthrange(last_day.year, 2)[1]:
        return dt.date(last_day.year + 1, 3, 1) - dt.timedelta(days=1)
    return later(last_day, A_YEAR)


class DayInput(forms.DateInput):
    """A date as the browser asks for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """A date and a time as the browser asks for them."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class CohortCopyForm(CopyForm):
    """What must differ in a copy of a cohort: its number and dates. Who may move dates may give the window too."""

    carried = ("summary", "time_commitment", "how_to_apply", "is_paid")
    told_apart_by = ("number", "starts_on", "ends_on")

    class Meta:
        model = Cohort
        fields = ["number", "starts_on", "ends_on", "opens_at", "closes_at"]
        widgets = {
            "number": AdminIntegerFieldWidget(attrs={"min": 1}),
            "starts_on": DayInput(),
            "ends_on": DayInput(),
            "opens_at": MomentInput(),
            "closes_at": MomentInput(),
        }

    def __init__(self, data: Any = None, *, original: Cohort, user: User) -> None:
        super().__init__(data, original=original, user=user)
        self.key_dates = [*original.key_dates.all()] if user.has_perm("fellowship.add_keydate") else []
        self.questions = [*original.questions.all()] if user.has_perm("fellowship.add_question") else []
        for name, verb in (("starts_on", "starts"), ("ends_on", "ends")):
            day = getattr(original, name)
            self.fields[name].help_text = f"{original} {verb} on {dates.day(day)}." if day else ""
        for name in ("opens_at", "closes_at"):
            if user.has_perm(MOVE_DATES):
                self.fields[name].label = f"{self.fields[name].label} (optional)"
                self.fields[name].help_text = _hint(original, getattr(original, name))
            else:
                del self.fields[name]

    def suggested(self, copy: Cohort) -> dict[str, Any]:
        first, last = self.original.starts_on, self.original.ends_on
        return {
            "number": Cohort.objects.aggregate(last=Max("number"))["last"] + 1,
            "starts_on": first and later(first, A_YEAR),
            "ends_on": last and a_year_later(last),
        }

    @property
    def comes_along(self) -> list[str]:
        texts = {
            "the summary": self.original.summary,
            "the time commitment": self.original.time_commitment,
            "how to apply": self.original.how_to_apply,
        }
        written = [name for name, text in texts.items() if text]
        found = [f"Texts: {', '.join(written)}. What names a year or a date in them is not changed."] if written else []
        found.append(f"That it is {'paid' if self.original.is_paid else 'not paid'}.")
        if number := len(self.key_dates):
            found.append(
                f"{number} key {agree(number, 'date, which moves', 'dates, which move')} as many months as the start, "
                "and no more precise than the month: a day is not known until somebody sets it."
            )
        if number := len(self.questions):
            found.append(
                f"{number} {agree(number, 'question', 'questions')} about this cohort, "
                f"{agree(number, 'at an address of its own', 'each at an address of its own')}. Readers see "
                f"{agree(number, 'it', 'them')} when the copy is public."
            )
        return found

    @property
    def stays_behind(self) -> list[str]:
        window = "" if "opens_at" in self.fields else " A publisher gives them."
        return [
            f"The dates between which one can apply: “dates to be announced”, as long as there are none.{window}",
            "The address of the application form.",
            "The webinar and the documents: they are about their year.",
            "Who can apply: the funder says it anew. Its page offers last year’s answers to begin with.",
            "Fellows.",
            "The status, its log and the history of saves.",
        ]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        for first, last, words in (
            ("starts_on", "ends_on", "A cohort must end after it starts."),
            ("opens_at", "closes_at", "Applications must close after they open."),
        ):
            begins, ends = said.get(first), said.get(last)
            if begins and ends and ends <= begins:
                self.add_error(last, words)
        return said

    def carry_rows(self, copy: Any) -> Sequence[models.Model]:
        old, new = self.original.starts_on, copy.starts_on
        months = (new.year - old.year) * 12 + new.month - old.month if old and new else A_YEAR
        for one in self.key_dates:
            is_vague = one.precision == KeyDate.Precision.APPROXIMATE
            precision = KeyDate.Precision.APPROXIMATE if is_vague else KeyDate.Precision.MONTH
            KeyDate.objects.create(cohort=copy, label=one.label, date=later(one.date, months), precision=precision)
        return self._ask_again(copy)

    def _ask_again(self, copy: Cohort) -> Sequence[models.Model]:
        """Copy the questions about the cohort. Each belongs to a section, which is what has changed with it."""
        sections = {one.section_id: one.section for one in self.questions}
        for section in sections.values():
            revisions.record_before(section)
        for one in self.questions:
            copied = Question.objects.create(
                section=one.section,
                cohort=copy,
                question=one.question,
                slug=_free_address(one.slug.removesuffix(f"-cohort-{self.original.number}"), copy),
                answer=one.answer,
                order=one.order,
            )
            search.index(copied)
        return [*sections.values()]


def _free_address(address: str, cohort: Cohort) -> str:
    """The address of a question, as one about this cohort."""
    ending = f"-cohort-{cohort.number}"
    endings = (ending if number == 1 else f"{ending}-{number}" for number in count(1))
    candidates = (f"{address[: QUESTION_ADDRESS - len(ending)]}{ending}" for ending in endings)
    return next(one for one in candidates if not Question.objects.filter(slug=one).exists())


def _hint(original: Cohort, moment: dt.datetime | None) -> str:
    """When it was last time, and which day that would be a year later."""
    if moment is None:
        return f"London time. {original} has none."
    local = timezone.localtime(moment)
    day = later(local.date(), A_YEAR)
    return (
        f"London time. {original}: {dates.moment(moment)}, a {local:%A}. "
        f"A year later that is {dates.clock(moment)} on {dates.day(day)}, a {day:%A}."
    )
