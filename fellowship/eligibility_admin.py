"""How staff say who can apply for a cohort: one page with a table of regions and professions, and notes below it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from fellowship.eligibility import PLURALS
from fellowship.grids import PAIRS, Grid, Pair, Said, Verdict, write
from fellowship.models import Cohort, EligibilityCell, Profession
from fellowship.models.eligibility import REASON
from portal import dates, revisions, search
from portal.conflicts import BEGUN_WITH, MOST_SAVES, Clash, Conflict
from portal.effects import agree
from portal.models import Region, User

EMPTY_NOTES = 3  # to write in, besides those that there are
MOST_NOTES = len(PAIRS) + EMPTY_NOTES
NOT_DECIDED = "-"
LETTERS = {Verdict.YES: "y", Verdict.NO: "n"}


class Problem(NamedTuple):
    """What is wrong, and the id of the field to correct."""

    words: str
    field: str


class Shown(NamedTuple):
    """A choice as the page shows it: its name, what it is about, and the option that is chosen."""

    name: str
    label: str
    value: str


class GridForm:
    """The table and the notes: an answer is “yes”, “no” or neither, and may have the number of a note.

    A choice for a whole row or column fills those of its cells that were not changed by hand.
    """

    def __init__(self, grid: Grid) -> None:
        self.notes = grid.reasons
        self.given = len(self.notes)  # so many came with the page; the others an editor has written
        self.values = {pair: self._value(grid.at(pair)) for pair in PAIRS}
        self.errors: list[Problem] = []

    def _value(self, said: Said) -> str:
        letter = LETTERS.get(said.verdict, NOT_DECIDED)
        return f"{letter}{self.notes.index(said.reason) + 1}" if said.reason else letter

    @classmethod
    def sent(cls, data: QueryDict) -> GridForm:
        """What an editor has sent, its rows and columns filled in."""
        form = cls(Grid({}))
        numbers = range(1, MOST_NOTES + 1)
        form.notes = [data.get(f"note-{number}", "") for number in numbers if f"note-{number}" in data]
        given = data.get("given", "")
        form.given = int(given) if _is_number(given) else 0
        shown = data.get("shown", "").split()
        known = {value for value, _ in form.options}
        for place, pair in enumerate(PAIRS):
            value = data.get(_name(pair), NOT_DECIDED)
            is_by_hand = len(shown) != len(PAIRS) or value != shown[place]
            whole = data.get(f"row.{pair.region.value}") or data.get(f"column.{pair.profession.value}")
            form.values[pair] = value if is_by_hand or not whole else whole
            if form.values[pair] not in known:
                form.errors.append(Problem(f"{_label(pair)}: choose one of the answers.", _name(pair)))
                form.values[pair] = NOT_DECIDED
        return form

    # As the page shows it

    @property
    def places(self) -> list[tuple[int, str]]:
        """The notes with their numbers, and empty ones to write in."""
        last = max((number for number, note in enumerate(self.notes, start=1) if note.strip()), default=0)
        number = min(max(len(self.notes), last + EMPTY_NOTES), MOST_NOTES)
        notes = [*self.notes, *[""] * (number - len(self.notes))]
        return list(enumerate(notes, start=1))

    @property
    def options(self) -> list[tuple[str, str]]:
        """What can be answered."""
        found = [(NOT_DECIDED, "Not decided"), (LETTERS[Verdict.YES], "Yes"), (LETTERS[Verdict.NO], "No")]
        for number, _ in self.places:
            found += [(f"{letter}{number}", f"{verdict.label}, note {number}") for verdict, letter in LETTERS.items()]
        return found

    @property
    def rows(self) -> list[tuple[Region, list[Shown]]]:
        return [(region, [self._shown(Pair(region, profession)) for profession in Profession]) for region in Region]

    def _shown(self, pair: Pair) -> Shown:
        return Shown(_name(pair), _label(pair), self.values[pair])

    @property
    def shown(self) -> str:
        """Every answer as the page shows it, to tell later which were changed by hand."""
        return " ".join(self.values[pair] for pair in PAIRS)

    # As it is kept

    def clean(self) -> Grid:
        """The answers; ``errors`` holds what is wrong with them. A given note that no answer has any more goes."""
        cleaner = forms.CharField(required=False, max_length=REASON)
        texts = []
        for number, note in enumerate(self.notes, start=1):
            try:
                texts.append(re.sub(r"\r\n?", "\n", cleaner.clean(note)))
            except ValidationError as error:
                texts.append(note)
                self.errors.append(Problem(f"Note {number}: {' '.join(error.messages)}", f"note-{number}"))
        used: dict[int, Pair] = {}
        said: dict[Pair, Said] = {}
        for pair, value in self.values.items():
            number = int(value[1:] or 0)
            reason = texts[number - 1] if 0 < number <= len(texts) else ""
            if number:
                used.setdefault(number, pair)
            said[pair] = Said(_verdict(value), reason)
        for number, pair in sorted(used.items()):
            if number > len(texts) or not texts[number - 1]:
                self.errors.append(Problem(f"Note {number} is empty, and {_label(pair)} has it.", f"note-{number}"))
        for number, text in enumerate(texts, start=1):
            if text and number not in used and number > self.given:
                self.errors.append(
                    Problem(f"No answer has note {number}. Choose it for one, or empty it.", f"note-{number}")
                )
        return Grid(said)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5


def _verdict(value: str) -> Verdict:
    return next((verdict for verdict, letter in LETTERS.items() if value.startswith(letter)), Verdict.UNDECIDED)


def _name(pair: Pair) -> str:
    return f"{pair.region.value}.{pair.profession.value}"


def _label(pair: Pair) -> str:
    return f"{pair.region.label}, {PLURALS[pair.profession]}"


# Two editors at once


def begun_with(cohort: Cohort, revision: str) -> Grid | None:
    """The answers as they stood when the page was opened; None where nobody knows."""
    if revision == "0":  # it had no history then; that begins with how it stood
        first = revisions.saves(revisions.versions_of(Cohort, cohort.pk).order_by("revision_id")[:1])
        save = first[0] if first else None
    else:
        save = revisions.save_of(Cohort, cohort.pk, revision)
    return grid_of(save) if save else None


def grid_of(save: revisions.Save) -> Grid:
    """The answers that a revision holds."""
    rows = [row.values for row in save.snapshot.rows(EligibilityCell).values()]
    return Grid.from_rows((row["region"], row["profession"], row["can_apply"], row["reason"]) for row in rows)


def meet(cohort: Cohort, mine: Grid, theirs: Grid, data: QueryDict) -> tuple[Conflict, Grid]:
    """What others saved since the page was opened, and the answers of both. What both changed stays as it was sent."""
    begun = data.get(BEGUN_WITH, "")
    base = begun_with(cohort, begun)
    since = revisions.versions_of(Cohort, cohort.pk).exclude(revision__comment=revisions.BEFORE)
    since = since.filter(revision_id__gt=int(begun)) if base and begun else since
    found = Conflict(saves=revisions.saves(since[:MOST_SAVES]), data=data)
    both: dict[Pair, Said] = {}
    for pair in PAIRS:
        both[pair] = mine.at(pair)
        if mine.at(pair) == theirs.at(pair):
            continue
        if base is not None and mine.at(pair) == base.at(pair):
            both[pair] = theirs.at(pair)
            found.taken.append(_label(pair))
        elif base is None or theirs.at(pair) != base.at(pair):
            found.clashes.append(Clash(_label(pair), _lines(theirs.at(pair)), _lines(mine.at(pair))))
    return found, Grid(both)


def _lines(said: Said) -> list[str]:
    return [said.verdict.label, *said.reason.splitlines()]


# The page


class EligibilityAdmin(admin.ModelAdmin):
    """An admin of cohorts: each has a page that says who can apply, for whoever may change it."""

    change_form_template = "admin/cohort_change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.eligibility_view)
        return [path("<int:pk>/eligibility/", view, name="fellowship_cohort_eligibility"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        item = None if context["is_popup"] else context.get("original")
        context["eligibility_url"] = ""
        if item is not None and self.has_change_permission(request, item):
            restored = request.GET.get("revision", "")
            address = _page(item)
            context |= {
                "places": {"eligibility": "eligibility"},
                "eligibility_url": f"{address}?revision={restored}" if restored.isdigit() else address,
                "undecided": len(PAIRS) - len(Grid.of(item).said),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def eligibility_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The table of who can apply, to fill in and to save at once."""
        cohort = get_object_or_404(Cohort, pk=pk)
        if not self.has_change_permission(request, cohort):
            raise PermissionDenied
        if request.method != "POST":
            begun, told = _to_begin_with(cohort, request.GET)
            return self._grid_page(request, cohort, GridForm(begun), told=told)
        form = GridForm.sent(request.POST)
        if "fill" in request.POST:
            return self._grid_page(request, cohort, form, token=request.POST.get(BEGUN_WITH), told=FILLED)
        with transaction.atomic():
            cohort = get_object_or_404(Cohort.objects.select_for_update(), pk=pk)
            stored = Grid.of(cohort)
            grid = form.clean()
            if form.errors:
                return self._grid_page(request, cohort, form, token=request.POST.get(BEGUN_WITH))
            if request.POST.get(BEGUN_WITH) != str(revisions.latest(cohort)):
                conflict, both = meet(cohort, grid, stored, request.POST)
                if conflict.matters:
                    return self._grid_page(request, cohort, GridForm(both), conflict=conflict)
            self._write_answers(request, cohort, grid)
        change = reverse("admin:fellowship_cohort_change", args=[pk])
        return redirect(_page(cohort) if "_continue" in request.POST else change)

    def _write_answers(self, request: HttpRequest, cohort: Cohort, grid: Grid) -> None:
        """Write the answers, with everything that a save leaves behind. ``cohort`` is locked."""
        revisions.record_before(cohort)
        changed = write(cohort, grid)
        if not changed:
            messages.info(request, f"Who can apply for {cohort}: nothing had changed.")
            return
        cohort.save(update_fields=["updated_at"])
        search.index(cohort)
        by = cast(User, request.user)
        words = f"Who can apply: {changed} {agree(changed, 'answer', 'answers')} changed"
        revisions.record(cohort, by=by, comment=words)
        LogEntry.objects.log_actions(by.pk, [cohort], CHANGE, words)
        messages.success(request, f"{cohort}. {words}.")
        if silent := sum(said.verdict is Verdict.NO and not said.reason for said in grid.said.values()):
            many = agree(silent, "1 answer “no” has no note", f"{silent} answers “no” have no note")
            messages.warning(request, f"{many}: readers are not told why.")

    def _grid_page(
        self,
        request: HttpRequest,
        cohort: Cohort,
        form: GridForm,
        *,
        told: str = "",
        token: str | None = None,
        conflict: Conflict | None = None,
    ) -> HttpResponse:
        earlier = None if Grid.of(cohort) else _earlier(cohort)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Who can apply for cohort {cohort.number}",
            "cohort": cohort,
            "form": form,
            "professions": [(one, PLURALS[one]) for one in Profession],
            "told": told,
            "token": revisions.latest(cohort) if token is None else token,
            "conflict": conflict,
            "earlier": earlier,
            "earlier_url": f"{_page(cohort)}?from={earlier.number}" if earlier else "",
            "reason_length": REASON,
            "back": reverse("admin:fellowship_cohort_change", args=[cohort.pk]),
            "list_url": reverse("admin:fellowship_cohort_changelist"),
        }
        return TemplateResponse(request, "admin/eligibility.html", context)


FILLED = "The rows and columns are filled in below. Nothing is saved yet."


def _page(cohort: Cohort) -> str:
    return reverse("admin:fellowship_cohort_eligibility", args=[cohort.pk])


def _earlier(cohort: Cohort) -> Cohort | None:
    """The cohort with whose answers one may begin: that from which this was copied, or else the one before it."""
    with_answers = Cohort.objects.filter(eligibility__isnull=False).distinct()
    original = with_answers.filter(pk=cohort.copied_from_id).first()
    return original or with_answers.filter(number__lt=cohort.number).order_by("-number").first()


def _to_begin_with(cohort: Cohort, query: QueryDict) -> tuple[Grid, str]:
    """The answers that the page is opened with, and what to say of them where they are not those that are stored."""
    check = "Nothing is saved yet: check each answer and note, then save."
    if number := query.get("from"):
        other = Cohort.objects.filter(number=int(number)).first() if _is_number(number) else None
        if other is None:
            raise Http404("There is no such cohort.")
        return Grid.of(other), f"These are the answers for {other}. {check}"
    if revision := query.get("revision"):
        save = revisions.save_of(Cohort, cohort.pk, revision)
        if save is None:
            raise Http404("There is no such revision.")
        return grid_of(save), f"These are the answers as they stood at {dates.moment(save.at)}. {check}"
    return Grid.of(cohort), ""
