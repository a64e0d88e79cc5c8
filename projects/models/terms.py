"""The three controlled vocabularies. A term is a concept as SKOS has it: one preferred name, any number of aliases."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.http import urlencode

from portal.models import refuse_wrong_aliases


def spelling(name: str) -> str:
    """The form in which two spellings count as the same: ``Multi-modal``, ``MultiModal`` and ``multi modal`` do."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


class Term(models.Model):
    """One word of a controlled vocabulary, by which readers find projects."""

    facet: ClassVar[str]

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(
        "address", max_length=80, unique=True, help_text="Stands in the address of a filtered list."
    )
    definition = models.CharField(
        max_length=300, blank=True, help_text="One plain sentence that a student understands."
    )
    aliases = models.JSONField(
        default=list,
        blank=True,
        help_text="Other spellings, as a list. Search and the importer know the term by each of them.",
    )

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        refuse_wrong_aliases(self.aliases)
        mine = {spelling(name) for name in self.names}
        for other in type(self)._default_manager.exclude(pk=self.pk):
            shared = [name for name in other.names if spelling(name) in mine]
            if shared:
                raise ValidationError({"aliases": f"“{shared[0]}” already stands for “{other}”."})

    @property
    def names(self) -> list[str]:
        """Every spelling it is known by."""
        return [self.name, *self.aliases]

    def get_absolute_url(self) -> str:
        """The list of projects with this term."""
        return f"{reverse('projects:index')}?{urlencode({self.facet: self.slug})}"


class Area(Term):
    """What a project is about."""

    facet = "area"


class Technique(Term):
    """How a project goes about it."""

    facet = "technique"


class Modality(Term):
    """The type of data that a project works on."""

    facet = "modality"

    class Meta(Term.Meta):
        verbose_name = "type of data"
        verbose_name_plural = "types of data"
