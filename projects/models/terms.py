"""The three controlled vocabularies. A term is a concept as SKOS has it: one preferred name, any number of aliases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, F, IntegerField, OuterRef, ProtectedError, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.http import urlencode
from django.utils.text import get_text_list

from portal.models import refuse_wrong_aliases
from portal.paths import path_to
from portal.publishing import Publishable


def spelling(name: str) -> str:
    """The form in which two spellings count as the same: ``Multi-modal``, ``MultiModal`` and ``multi modal`` do."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def counted(number: int, kind: type[models.Model]) -> str:
    """1 project; 3 projects; 2 types of data."""
    return f"{number} {kind._meta.verbose_name if number == 1 else kind._meta.verbose_name_plural}"


class TermQuerySet(models.QuerySet[Any]):
    def with_use(self) -> Self:
        """Each with how many pages have it, ``in_all``, and how many of those readers see, ``in_public``.

        Of each kind of page it also tells ``all_projects`` and ``public_projects``, by the name of the relation.
        """
        counts: dict[str, Any] = {}
        for relation in self.model.used_by():
            pages = relation.related_model._default_manager
            counts[f"all_{relation.name}"] = _number_of(pages.all(), relation.field.name)
            counts[f"public_{relation.name}"] = _number_of(pages.public(), relation.field.name)
        names = [relation.name for relation in self.model.used_by()]
        return self.annotate(**counts).annotate(
            in_all=sum((F(f"all_{name}") for name in names), start=Value(0)),
            in_public=sum((F(f"public_{name}") for name in names), start=Value(0)),
        )

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete these terms. Raises ``ProtectedError`` while a page has one of them, and then deletes none."""
        with transaction.atomic():
            self.model.refuse_if_used(list(self.values_list("pk", flat=True)))
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


def _number_of(pages: models.QuerySet[Any], field: str) -> Coalesce:
    """How many of these pages have the outer term."""
    mine = pages.filter(**{field: OuterRef("pk")}).order_by().values(field).annotate(number=Count("pk"))
    return Coalesce(Subquery(mine.values("number")[:1], output_field=IntegerField()), 0)


class Term(models.Model):
    """One word of a controlled vocabulary, by which readers find projects."""

    facet: ClassVar[str]

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(
        "address",
        max_length=80,
        unique=True,
        help_text="Stands in the address of a filtered list. A changed address forwards.",
    )
    definition = models.CharField(
        max_length=300, blank=True, help_text="One plain sentence that a student understands."
    )
    aliases = models.JSONField(
        default=list,
        blank=True,
        help_text="Other spellings, as a list. Search and the importer know the term by each of them.",
    )
    # Where its filtered list used to be found. No other term of the vocabulary can have one of these as its own.
    former_slugs = models.JSONField("former addresses", default=list, blank=True, editable=False)

    objects: ClassVar[Any] = TermQuerySet.as_manager()

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
                field = "name" if spelling(self.name) in map(spelling, shared) else "aliases"
                raise ValidationError({field: f"“{shared[0]}” already stands for “{other}”."})
            if self.slug in other.former_slugs:
                raise ValidationError({"slug": f"“{self.slug}” was the address of “{other}”, and still leads there."})

    @property
    def names(self) -> list[str]:
        """Every spelling it is known by."""
        return [self.name, *self.aliases]

    def get_absolute_url(self) -> str:
        """The list of projects with this term."""
        return f"{path_to('projects:index')}?{urlencode({self.facet: self.slug})}"

    @property
    def former_addresses(self) -> list[str]:
        """Where that list used to be found."""
        return [f"{path_to('projects:index')}?{urlencode({self.facet: slug})}" for slug in self.former_slugs]

    # What it was called, and where it was found

    def also_known_as(self, names: Iterable[str]) -> list[str]:
        """Make these its aliases, in their order. Returns those that it was not known by."""
        known = {name.casefold() for name in self.names}
        new: list[str] = []
        for name in names:
            if name.casefold() not in known:
                known.add(name.casefold())
                new.append(name)
        self.aliases = [alias for alias in self.aliases if alias != self.name] + new
        return new

    def also_found_at(self, slugs: Iterable[str]) -> list[str]:
        """Let these forward to its address, and its own to nowhere. Returns those that did not."""
        new = [slug for slug in dict.fromkeys(slugs) if slug not in {self.slug, *self.former_slugs}]
        self.former_slugs = [slug for slug in self.former_slugs if slug != self.slug] + new
        return new

    def renamed_from(self, before: Term) -> tuple[list[str], list[str]]:
        """Stay known by the name, and found at the address, that it had ``before``. Returns what is new of each."""
        return self.also_known_as([before.name]), self.also_found_at([before.slug])

    # What has it

    @classmethod
    def used_by(cls) -> list[Any]:
        """The relations by which pages have terms of this vocabulary, whichever app they are of."""
        return [relation for relation in cls._meta.related_objects if issubclass(relation.related_model, Publishable)]

    @classmethod
    def pages_with(cls, pks: Iterable[int]) -> list[tuple[Any, models.QuerySet[Any]]]:
        """For each such relation, the pages that have one of these terms."""
        keys = list(pks)
        found = []
        for relation in cls.used_by():
            pages = relation.related_model._default_manager
            having = pages.filter(**{f"{relation.field.name}__in": keys}).order_by().values("pk")
            found.append((relation, pages.filter(pk__in=having).order_by("pk")))
        return found

    @classmethod
    def refuse_if_used(cls, pks: list[int]) -> None:
        """Raise ``ProtectedError`` while a page has one of these terms."""
        # Locked, so that no page can take one of them before they are gone.
        list(cls._base_manager.select_for_update().filter(pk__in=pks).order_by("pk"))
        used = {relation: list(pages) for relation, pages in cls.pages_with(pks)}
        pages = {page for found in used.values() for page in found}
        if pages:
            counts = [counted(len(found), relation.related_model) for relation, found in used.items() if found]
            raise ProtectedError(f"{get_text_list(counts, 'and')} would lose a term: merge it with another.", pages)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete it. Raises ``ProtectedError`` while a page has it."""
        with transaction.atomic():
            self.refuse_if_used([self.pk])
            return super().delete(*args, **kwargs)


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
