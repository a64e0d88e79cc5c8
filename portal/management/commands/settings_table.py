"""The table of settings in the README, made from the settings themselves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"


def table() -> str:
    """Each variable, its meaning and its default, as a Markdown table."""
    rows = [
        f"| `{variable.name}` | {variable.meaning} | {_default(variable.default)} |"
        for variable in settings.ENVIRONMENT.variables
    ]
    return "\n".join(["| variable | meaning | default |", "| --- | --- | --- |", *rows])


def _default(value: str) -> str:
    """A default as it stands, or in code if it is a plain value."""
    return value if " " in value or "`" in value or value in {"none", "required"} else f"`{value}`"


class Command(BaseCommand):
    help = "Print the table of settings, or write it into the README between its marks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="Write it into README.md.")

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        if not write:
            self.stdout.write(table())
            return
        path = settings.BASE_DIR / "README.md"
        text = path.read_text(encoding="utf-8")
        if BEGIN not in text or END not in text:
            raise CommandError(f"README.md lacks the marks {BEGIN} and {END}.")
        before, rest = text.split(BEGIN, 1)
        after = rest.split(END, 1)[1]
        path.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")
