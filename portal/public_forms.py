"""The forms by which readers write to the team: drawn as the NHS service manual draws them, and bounded.

What is typed is text and stays text. Signs that no keyboard has are taken out, so that nothing of it can end a line of
an email, or turn the words of a list round.
"""

from __future__ import annotations

import unicodedata
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.core.validators import EmailValidator

from portal.inbox import Message
from portal.web_address import path_within

WRONG_EMAIL = "Enter an email address in the correct format, like name@example.com"


# They turn the order of what follows round, in a list or an email as in the text itself.
DIRECTION_SIGNS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def typed(text: str, *, lines: bool) -> str:
    """What a person typed: without control and direction signs, and on one line unless it may have several."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(sign for sign in text if sign in "\n\t" or not _is_unseen(sign))
    return kept.strip() if lines else " ".join(kept.split())


def _is_unseen(sign: str) -> bool:
    return sign in DIRECTION_SIGNS or unicodedata.category(sign) in {"Cc", "Cs"}


class PublicField(forms.BoundField):
    """A field with the classes, and the references to its hint and its error, that NHS.UK gives it."""

    @property
    def widget_name(self) -> str:
        """As nhsuk-frontend calls it."""
        match self.field.widget:
            case forms.CheckboxSelectMultiple():
                return "checkboxes"
            case forms.RadioSelect():
                return "radios"
            case forms.Textarea():
                return "textarea"
            case forms.Select():
                return "select"
            case _:
                return "input"

    @property
    def is_group(self) -> bool:
        return self.widget_name in {"checkboxes", "radios"}

    @property
    def first_id(self) -> str:
        """The control that a link to this field leads to."""
        return f"{self.auto_id}_0" if self.is_group else self.auto_id

    @property
    def descriptions(self) -> str:
        """The ids of what a screen reader says with it."""
        hint = f"{self.auto_id}-hint" if self.help_text else ""
        error = f"{self.auto_id}-error" if self.errors else ""
        return " ".join(part for part in (hint, error) if part)

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> dict[str, Any]:
        name = f"nhsuk-{self.widget_name}"
        if self.is_group:
            return {**attrs, "class": f"{name}__input"}
        classes = f"{name} {name}--error" if self.errors else name
        described = {"aria-describedby": self.descriptions} if self.descriptions else {}
        return {**attrs, "class": classes, **described}


class LineField(forms.CharField):
    """A few words on one line."""

    def to_python(self, value: Any) -> str:
        return typed(super().to_python(value) or "", lines=False)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}  # no maxlength: a browser would cut off what is pasted, and say nothing


class TextField(LineField):
    """A text of some lines."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return typed(forms.CharField.to_python(self, value) or "", lines=True)


class AddressField(LineField):
    """An email address."""

    widget = forms.EmailInput
    default_validators = [EmailValidator(WRONG_EMAIL)]


def words(kind: type[LineField], label: str, limit: int, *, missing: str = "", hint: str = "", **attrs: Any) -> Any:
    """A field of at most ``limit`` signs. It may stay empty unless ``missing`` says what to do then."""
    return kind(
        label=label if missing else f"{label} (optional)",
        required=bool(missing),
        max_length=limit,
        help_text=hint,
        error_messages={
            "required": missing,
            "max_length": f"{label.rstrip('?')} must be {limit:,} characters or fewer",
        },
        widget=kind.widget(attrs=attrs),
    )


def name_field() -> Any:
    return words(LineField, "Your name", 100, missing="Enter your name", autocomplete="name")


def email_field(*, hint: str = "We use it only to answer you.", missing: str = "Enter your email address") -> Any:
    attrs = {"autocomplete": "email", "spellcheck": "false"}
    return words(AddressField, "Email address", 254, missing=missing, hint=hint, **attrs)


class Problem(NamedTuple):
    """One line of the summary: what is wrong, and the control that mends it."""

    sentence: str
    target: str


class PublicForm(forms.Form):
    """A form that anybody can send to the inbox."""

    kind: ClassVar[Message.Kind]
    bound_field_class = PublicField
    use_required_attribute = False

    # The token that the page carries; the one that takes it in sets it.
    token = ""

    def __init__(self, data: Any = None, **values: Any) -> None:
        super().__init__(data, auto_id="%s", **values)

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong, in the order of the page; what concerns no field leads to the button."""
        general = [Problem(str(sentence), "send") for sentence in self.non_field_errors()]
        fields = [Problem(str(error), self[name].first_id) for name in self.fields for error in self[name].errors]  # type: ignore[attr-defined]
        return general + fields

    def values(self) -> dict[str, Any]:
        """The columns of the message."""
        return {name: self.cleaned_data[name] for name in ("name", "email", "title", "text") if name in self.fields}

    def save(self, token: str) -> Message:
        """Put it into the inbox."""
        return Message.objects.create(kind=self.kind, token=token, **self.values())

    def is_same_as(self, message: Message) -> bool:
        """Whether the message says what this form does: then it was sent twice by one press too many."""
        return all(getattr(message, name) == value for name, value in self.values().items())


class PageForm(PublicForm):
    """A form about a page of the portal, whose address it carries along."""

    about = LineField(required=False, widget=forms.HiddenInput)

    @property
    def page(self) -> str:
        return path_within(str(self["about"].value() or ""))

    def values(self) -> dict[str, Any]:
        return {**super().values(), "page": self.page}


class AskForm(PageForm):
    kind = Message.Kind.QUESTION

    name = name_field()
    email = email_field()
    text = words(TextField, "Your question", 5000, missing="Enter your question", rows=8)


class ReportForm(PageForm):
    kind = Message.Kind.PROBLEM

    text = words(
        TextField,
        "What went wrong?",
        5000,
        missing="Describe what went wrong",
        hint="Say what you were trying to do, and what happened.",
        rows=8,
    )
    email = email_field(hint="Only if you would like an answer.", missing="")
