"""What staff are asked when projects change their status: what takes their place, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget, AdminURLFieldWidget
from django.core.exceptions import ValidationError
from django.db.models import F
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.models import User
from portal.moving import MoveForm, Rows
from portal.publishing import Lifecycle, Publishable, TransitionError
from projects.models import Output, Placement, Project, Status

OutputFormSet = forms.inlineformset_factory(
    Placement,
    Output,
    fields=["kind", "state", "title", "url", "expected_on", "reason"],
    extra=2,
    can_delete=False,
    widgets={
        "title": AdminTextInputWidget,
        "url": AdminURLFieldWidget,
        "expected_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        "reason": AdminTextInputWidget,
    },
)


class SuccessorField(forms.ModelChoiceField):
    """A project, with its status to tell what readers will find there."""

    def label_from_instance(self, project: Any) -> str:
        return f"{project.title} ({project.current_status.label})"


class ProjectMoveForm(MoveForm):
    """The form of a move with what only projects have. All but the reason is written by those who may change them."""

    successor = SuccessorField(
        Project.objects.none(),
        label="Project that takes its place (optional)",
        required=False,
        help_text="Each page then points to the other, as soon as both are public.",
    )
    no_outputs_reason = forms.CharField(
        label="Why there are no outputs", max_length=300, required=False, widget=AdminTextareaWidget(attrs={"rows": 2})
    )
    field_order = ["seen", "reason", "successor", "no_outputs_reason", "note"]

    def __init__(self, data: Any = None, *, new: Lifecycle, items: Sequence[Publishable], user: User) -> None:
        self._may_change = user.has_perm("projects.change_project")
        super().__init__(data, new=new, items=items, user=user)
        self._projects = [item for item in self.movable if isinstance(item, Project)]
        self._only = self._projects[0] if len(self._projects) == 1 else None
        self._lacking = [one for one in self._projects if not one.says_what_came_of_it]
        self._outputs = self._formset(data)
        if self._only and Status(new).asks_successor and self._may_change:
            others = Project.objects.exclude(pk=self._only.pk).a_to_z()
            self.fields["successor"].queryset = others.only("title", "status", "supersedes")  # type: ignore[attr-defined]
        else:
            del self.fields["successor"]
        if Status(new).asks_outputs and self._may_change and (self._only or self._lacking):
            self._ask_why_none()
        else:
            del self.fields["no_outputs_reason"]

    def why_not(self, item: Publishable) -> str:
        why = super().why_not(item)
        return "" if why == Project.NOTHING_RECORDED and self._may_change else why

    # Outputs

    def _formset(self, data: Any) -> Any:
        """The rows for the outputs of one project, for those who may add them."""
        may_add = self._may_change and self.user.has_perms(["projects.add_placement", "projects.add_output"])
        if self._only is None or not Status(self.new).asks_outputs or not may_add:
            return None
        return OutputFormSet(data, instance=_placement_of(self._only), queryset=Output.objects.none(), prefix="outputs")

    def _ask_why_none(self) -> None:
        field = self.fields["no_outputs_reason"]
        if self._only:
            field.initial = self._only.no_outputs_reason
            field.required = bool(self._lacking) and self._outputs is None
            field.help_text = "Readers see it in place of outputs. Leave it empty if there are some."
            return
        field.required = True
        number = len(self._lacking)
        field.label = f"Why {Project.counted(number)} {'has' if number == 1 else 'have'} no outputs"
        field.help_text = self._one_by_one()

    def _one_by_one(self) -> SafeString:
        """The ways out for those who want to add outputs: each by itself, and the others without them."""
        address = reverse("admin:projects_project_move", args=[self.new.value])
        links = format_html_join(
            ", ", '<a href="{}?ids={}">{}</a>', ((address, project.pk, project.title) for project in self._lacking)
        )
        lacking = {project.pk for project in self._lacking}
        rest = ".".join(str(project.pk) for project in self._projects if project.pk not in lacking)
        others = format_html(' Or <a href="{}?ids={}">complete only the others</a>.', address, rest) if rest else ""
        words = "Readers see the sentence on the page of each. To add outputs instead, complete it by itself: {}.{}"
        return format_html(words, links, others)

    @property
    def rows(self) -> list[Rows]:
        if self._outputs is None or self._only is None:
            return []
        recorded = [str(output) for placement in self._only.placements.all() for output in placement.outputs.all()]
        text = f"Recorded so far: {', '.join(recorded)}. " if recorded else ""
        placement = self._outputs.instance
        text += f"New ones are added to {placement if placement.pk else 'a new placement'}."
        return [Rows("Outputs", text, self._outputs)]

    # What was sent

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if (newer := said.get("successor")) and self._only:
            try:
                _put_in_place(newer, self._only)
            except ValidationError as error:
                self.add_error("successor", error)
        if self._outputs is not None:
            self._clean_outputs(said.get("no_outputs_reason", ""))
        return said

    def _clean_outputs(self, reason: str) -> None:
        added = [form for form in self._outputs if form.has_changed()]
        if not self._outputs.is_valid():
            self.add_error(None, "Look at the outputs: something in them is not right yet.")
        if added and reason:
            self.add_error("no_outputs_reason", "You add outputs, so leave this empty.")
        recorded = self._only is not None and any(place.outputs.all() for place in self._only.placements.all())
        if not added and not reason and not recorded:
            self.add_error("no_outputs_reason", "Add at least one output, or say why there are none.")

    # What is written

    def touched(self, item: Publishable) -> set[Any]:
        newer = self.cleaned_data.get("successor")
        return {item.pk, newer.pk} if newer else {item.pk}

    def prepare(self, item: Project) -> None:
        if newer := self.cleaned_data.get("successor"):
            self._succeed(item, newer.pk)
        if "no_outputs_reason" in self.fields and (self._only or not item.says_what_came_of_it):
            item.no_outputs_reason = self.cleaned_data["no_outputs_reason"]
            item.save(update_fields=["no_outputs_reason", "updated_at"])
        if self._outputs is not None and any(form.has_changed() for form in self._outputs):
            placement = _placement_of(item)
            placement.save()
            for output in self._outputs.save(commit=False):
                output.placement = placement
                output.save()

    def _succeed(self, item: Project, key: int) -> None:
        newer = Project.objects.filter(pk=key).first()
        if newer is None:
            raise TransitionError(f"“{item}” stays as it is: the project that takes its place was deleted.")
        try:
            _put_in_place(newer, item)
        except ValidationError as error:
            raise TransitionError(f"“{item}” stays as it is: {' '.join(error.messages)}") from error
        newer.save(update_fields=["supersedes", "updated_at"])


def _placement_of(project: Project) -> Placement:
    """The newest placement of a project, to which outputs are added; a new one where there is none."""
    newest = project.placements.order_by(F("starts_on").desc(nulls_last=True), "-pk").first()
    return newest or Placement(project=project)


def _put_in_place(newer: Project, older: Project) -> None:
    """Let one project take the place of another, not yet saved. Raises ``ValidationError`` where it cannot."""
    if newer.supersedes_id not in {None, older.pk}:
        raise ValidationError(f"“{newer}” takes the place of “{newer.supersedes}” already.")
    newer.supersedes = older
    try:
        newer.clean()
    except ValidationError as error:
        raise ValidationError(error.messages) from error
