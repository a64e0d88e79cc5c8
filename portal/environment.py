"""Settings that come from the environment, each read once, strictly, and documented where it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Variable:
    """One environment variable, as the README's table shows it."""

    name: str
    meaning: str
    default: str


@dataclass
class Environment:
    """Reads variables, refuses values that it does not understand, and remembers what each means.

    Nothing is raised until ``refuse_if_wrong()``, so that one start names everything there is to set.
    """

    source: Mapping[str, str]
    variables: list[Variable] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def text(self, name: str, meaning: str, default: str = "", *, shown: str = "", required: bool = False) -> str:
        """The value of ``name``, stripped. ``shown`` is the default in words, where the value is computed."""
        self.variables.append(Variable(name, meaning, shown or default or "none"))
        value = self.source.get(name, "").strip()
        if not value.isprintable():
            self.problems.append(f"{name} holds a line break or a sign that cannot be seen; take it away.")
            return default
        if required and not value:
            self.problems.append(f"Set {name}: {meaning[0].lower()}{meaning[1:]}.")
        return value or default

    def choice(self, name: str, meaning: str, options: list[str], default: str) -> str:
        value = self.text(name, meaning, default)
        if value not in options:
            self.problems.append(f"{name} is “{value}”; it must be {' or '.join(options)}.")
            return default
        return value

    def boolean(self, name: str, meaning: str, default: bool, *, shown: str = "") -> bool:
        """``true`` or ``false`` and nothing else: a typing error must not switch something off."""
        value = self.text(name, meaning, "true" if default else "false", shown=shown).lower()
        if value not in {"true", "false"}:
            self.problems.append(f"{name} is “{value}”; it must be true or false.")
            return default
        return value == "true"

    def integer(self, name: str, meaning: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        value = self.text(name, meaning, str(default))
        if not value.isascii() or not value.isdigit() or len(value) > 18:
            self.problems.append(f"{name} is “{value}”; it must be a whole number.")
            return default
        if int(value) < least or (most is not None and int(value) > most):
            bounds = f"at least {least}" if most is None else f"from {least} to {most}"
            self.problems.append(f"{name} is “{value}”; it must be {bounds}.")
            return default
        return int(value)

    def own_path(self, name: str, meaning: str) -> str:
        """The path of a file on the portal's own host: the policy headers let a browser load no other."""
        value = self.text(name, meaning)
        parts = urlsplit(value)
        if value and (parts.scheme or parts.netloc or not re.fullmatch(r"/[^/\\\s][^\\\s]*", value)):
            words = "it must be a path on the portal's own host, such as /media/name"
            self.problems.append(f"{name} is “{value}”; {words}.")
            return ""
        return value

    def names(
        self, name: str, meaning: str, default: str = "", *, shown: str = "", required: bool = False
    ) -> list[str]:
        """A list separated by commas."""
        value = self.text(name, meaning, default, shown=shown, required=required)
        names = [part.strip() for part in value.split(",") if part.strip()]
        if value and not names:
            self.problems.append(f"{name} is “{value}”; it names nothing.")
        return names

    def refuse_if_wrong(self) -> None:
        """Stop the start with one sentence for each thing to set."""
        if self.problems:
            raise ImproperlyConfigured("The portal cannot start.\n  " + "\n  ".join(self.problems))
