"""An image of a page and what stands for it to those who cannot see it: words, or the word that it only decorates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from portal.readiness import Gap

DECORATES = "it only decorates"
DECORATES_HELP = "Tick it for an image that tells readers nothing. Screen readers then pass it over."


@dataclass(frozen=True)
class DescribedImage:
    """An image and the two fields of which one speaks for it. ``name`` is that of the image's own field."""

    name: str

    @property
    def text(self) -> str:
        return f"{self.name}_alt"

    @property
    def is_decorative(self) -> str:
        return f"{self.name}_is_decorative"

    @property
    def gap(self) -> Gap:
        return Gap(
            self.text,
            "write",
            f"the alternative text of the {self.name}",
            "those who cannot see it are told nothing of it. Or say that it only decorates",
        )

    def is_undescribed(self, item: Any) -> bool:
        return bool(getattr(item, self.name) and not getattr(item, self.text) and not getattr(item, self.is_decorative))

    def undescribed(self) -> Q:
        """The rows of which ``is_undescribed`` is true."""
        return ~Q(**{self.name: ""}) & Q(**{self.text: "", self.is_decorative: False})

    def check(self, item: Any) -> None:
        """Raise ``ValidationError`` where the fields do not go together.

        An image from before the question was asked may stay without an answer; a new one may not.
        """
        image, text, decorates = (getattr(item, name) for name in (self.name, self.text, self.is_decorative))
        if not image and text:
            raise ValidationError({self.text: f"There is no {self.name} for this text to describe."})
        if not image and decorates:
            raise ValidationError({self.is_decorative: f"There is no {self.name} to decorate the page."})
        if text and decorates:
            raise ValidationError(
                {self.is_decorative: f"The {self.name} has an alternative text. Take it out, or untick this."}
            )
        if self.is_undescribed(item) and not image._committed:
            raise ValidationError(
                {self.text: f"Say what the {self.name} shows, for those who cannot see it, or that it only decorates."}
            )
