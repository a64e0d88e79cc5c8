"""The form by which anybody proposes a project. It asks for what a brief begins with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from portal.contact import answer, public_form
from portal.inbox import Message
from portal.public_forms import LineField, PublicForm, TextField, email_field, name_field, words
from projects.models import Area, Modality, Proposal

NOT_SURE = "not-sure"


class ProposalForm(PublicForm):
    """A proposal as readers fill it in."""

    kind = Message.Kind.PROPOSAL

    person = forms.ChoiceField(
        label="I am",
        choices=Proposal.Person.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who you are", "invalid_choice": "Choose who you are from the list"},
    )
    name = name_field()
    email = email_field()
    organisation = words(LineField, "Organisation", 200, hint="Where you work or study.", autocomplete="organization")
    title = words(
        LineField,
        "Title of the project",
        200,
        missing="Enter a title for the project",
        hint="A few words that say what it is about.",
    )
    text = words(
        TextField,
        "What problem would it help with?",
        5000,
        missing="Describe the problem that the project would help with",
        hint="Say who has the problem, and what they do about it today.",
        rows=6,
    )
    datasets = words(TextField, "Data", 2000, hint="Which data there are, and who could give access to them.", rows=3)
    ideas = words(TextField, "Techniques or ideas", 2000, hint="How somebody could go about it.", rows=3)
    area = forms.ChoiceField(
        label="Area",
        help_text="What it is about. If none of them fits, choose “I am not sure”.",
        error_messages={
            "required": "Choose an area, or “I am not sure”",
            "invalid_choice": "Choose an area of the list",
        },
    )
    modalities = forms.MultipleChoiceField(
        label="Types of data (optional)",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose types of data of the list"},
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.areas = {area.slug: area for area in Area.objects.all()}
        self.types = {kind.slug: kind for kind in Modality.objects.all()}
        areas, types = self.fields["area"], self.fields["modalities"]
        names = [(slug, area.name) for slug, area in self.areas.items()]
        areas.choices = [("", "Choose an area"), *names, (NOT_SURE, "I am not sure")]  # type: ignore[attr-defined]
        types.choices = [(slug, kind.name) for slug, kind in self.types.items()]  # type: ignore[attr-defined]
        if not self.types:
            del self.fields["modalities"]

    def values(self) -> dict[str, Any]:
        more = {name: self.cleaned_data[name] for name in ("person", "organisation", "datasets", "ideas")}
        return {**super().values(), **more, "area": self.areas.get(self.cleaned_data["area"])}

    def save(self, token: str) -> Message:
        proposal = Proposal.objects.create(kind=self.kind, token=token, **self.values())
        proposal.modalities.set([self.types[slug] for slug in self.cleaned_data.get("modalities", [])])
        return proposal

    def is_same_as(self, message: Message) -> bool:
        whole = message.whole()
        types = set(self.cleaned_data.get("modalities", []))
        return (
            isinstance(whole, Proposal)
            and super().is_same_as(whole)
            and types == set(whole.modalities.values_list("slug", flat=True))
        )


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Where students and organisations propose a project."""
    return answer(request, ProposalForm, "projects/propose.html")
