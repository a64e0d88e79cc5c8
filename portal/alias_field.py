"""The names that something goes by besides its own, as a form asks for them: one on each line."""

from __future__ import annotations

from typing import Any

from django import forms


class AliasField(forms.Field):
    """Other names, one on each line. Empty lines and a name that stands there already do not count."""

    widget = forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        """The names, in their order. A value that is a list already stays as it is."""
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        names: dict[str, str] = {}
        for line in lines:
            name = " ".join(line.split())
            names.setdefault(name.casefold(), name)
        names.pop("", None)
        return list(names.values())

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if wrong := [name for name in value if not name.isprintable()]:
            raise forms.ValidationError(f"“{ascii(wrong[0])[1:-1]}” holds a sign that cannot be printed.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial or []) != self.to_python(data)


class AliasForm(forms.ModelForm):
    """The form of something with ``aliases``."""

    aliases = AliasField(
        required=False,
        help_text="Other names and spellings, one on each line. Search and the importer know it by each of them.",
    )
