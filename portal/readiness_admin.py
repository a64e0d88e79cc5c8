"""How the form of a page says what is still missing from it, with a way to each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib import admin
from django.forms import ModelForm, MultiWidget
from django.http import HttpRequest
from django.utils.text import capfirst

from portal.publishing import Publishable
from portal.readiness import Gap, Mend, Readiness

# The editor shows all of them beside the text.
MENDS_SHOWN = 10


class Step(NamedTuple):
    """Something to do on the form: the words that lead there, the rest of the sentence, and the id of its place.

    Who may not change the field has no place to be led to.
    """

    words: str
    rest: str
    place: str


@dataclass(frozen=True)
class Panel:
    """What stands at the top of the form."""

    is_public: bool
    required: list[Step]
    advised: list[Step]
    mends: list[Step]
    further_mends: int
    hidden_because: str

    @property
    def is_ready(self) -> bool:
        return not self.is_public and not self.required


class ReadinessAdmin(admin.ModelAdmin):
    """An admin of something that is published: its form says what is missing before that, and from what is public."""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        item = None if context["is_popup"] else context.get("original")
        context["readiness"] = _panel(item, _Places(context)) if item is not None else None
        return super().render_change_form(request, context, *args, **kwargs)


class _Places:
    """Where on the page each field stands, by its name. An admin gives the id of what is on a page of its own."""

    def __init__(self, context: dict[str, Any]) -> None:
        self._elsewhere: dict[str, str] = context.get("places", {})
        self._form: ModelForm = context["adminform"].form
        self._inlines = {inline.formset.prefix for inline in context["inline_admin_formsets"]}

    def of(self, name: str) -> str:
        if name in self._form.fields:
            bound = self._form[name]
            # A day and a time stand in two boxes, and neither has the name alone.
            return f"{bound.auto_id}_0" if isinstance(bound.field.widget, MultiWidget) else str(bound.auto_id)
        return f"{name}-group" if name in self._inlines else self._elsewhere.get(name, "")


def _panel(item: Publishable, places: _Places) -> Panel | None:
    """What to say of an item; nothing of a public page that lacks nothing."""
    found = Readiness.of(item)
    is_public = item.current_status.is_public
    if is_public and found.is_whole:
        return None

    def step(gap: Gap) -> Step:
        return Step(gap.heading, f": {gap.why}{f', {gap.otherwise}' if gap.otherwise else ''}.", places.of(gap.field))

    def mend(one: Mend) -> Step:
        words = f"{capfirst(one.label)}, line {one.advice.line}"
        return Step(words, f": {one.advice.problem} {one.advice.remedy}", places.of(one.field))

    return Panel(
        is_public,
        [step(gap) for gap in found.required],
        [step(gap) for gap in found.advised],
        [mend(one) for one in found.mends[:MENDS_SHOWN]],
        max(0, len(found.mends) - MENDS_SHOWN),
        found.hidden_because,
    )
