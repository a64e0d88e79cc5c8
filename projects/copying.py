"""What a copy of a project has: the same question asked once more, or another much like it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils import timezone
from django.utils.text import get_text_list

from portal import addresses
from portal.copying import CopyForm
from portal.models import User
from projects.models import Project, Status
from projects.models.projects import SECTIONS
from projects.rolling_forward import RoundField, next_round

SECTION_NAMES = tuple(name for name, _ in SECTIONS)


class ProjectCopyForm(CopyForm):
    """What must differ in a copy of a project: its title and address, its round, and whether it is the next one."""

    carried = ("summary", "area", "techniques", "modalities", "partner", *SECTION_NAMES)
    told_apart_by = ("title", "slug")

    round = RoundField(
        required=False,
        label="Application round (optional)",
        help_text="Without one, its dates are “to be announced”.",
        empty_label="None: dates to be announced",
    )
    takes_its_place = forms.BooleanField(required=False)

    class Meta:
        model = Project
        fields = ["title", "slug", "round"]
        widgets = {"title": AdminTextareaWidget(attrs={"rows": 2}), "slug": AdminTextInputWidget}

    def __init__(self, data: Any = None, *, original: Project, user: User) -> None:
        super().__init__(data, original=original, user=user)
        self.fields["slug"].required = True
        self.fields["slug"].help_text = "The last part of its page’s address. No other project can have the same."
        succession = Status(original.status).succession
        self.fields["takes_its_place"].label = f"The copy {succession}s “{original}”"
        self.fields["takes_its_place"].help_text = (
            "Each page then points to the other, as soon as both are public, and search engines are sent to the newer. "
            "Leave it unticked for a project of its own."
        )

    def suggested(self, copy: Project) -> dict[str, Any]:
        copy.title = self.original.title
        return {"title": copy.title, "slug": addresses.suggested(copy), "round": next_round(timezone.now())}

    @property
    def comes_along(self) -> list[str]:
        project = self.original
        terms = {
            "the area": project.area_id,
            "the techniques": project.techniques.exists(),
            "the types of data": project.modalities.exists(),
            "whom it is done with": project.partner_id,
        }
        written = [project._meta.get_field(section.name).verbose_name for section in project.sections]
        found = ["The summary."] if project.summary else []
        found += [f"How readers find it: {get_text_list(named, 'and')}."] if (named := _having(terms)) else []
        found += [f"The brief: {get_text_list(written, 'and')}."] if written else []
        return [*found, "What names a year, a person or a date in these texts is not changed."]

    @property
    def stays_behind(self) -> list[str]:
        return [
            "Placements and outputs, or why there are none.",
            "Which older project this one replaces or continues.",
            "The status, its log, the dates and the history of saves.",
            "What the importer remembers: no import writes to the copy.",
        ]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("takes_its_place"):
            self.instance.supersedes = self.original
        return said


def _having(parts: dict[str, Any]) -> list[str]:
    """The names of those that there are."""
    return [name for name, there in parts.items() if there]
