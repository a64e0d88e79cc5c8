"""Two words for one thing become one: what that changes, and doing it.

Pages of every kind move to the term that stays, each with a revision that says so. It takes over the names, the
addresses and, where it has none, the definition of those that go. The importer is told too: a later import finds the
term that stays under every key, and takes the move neither for an editor's change of a page nor for a reason to make
the old term anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.db import models, transaction
from django.utils.text import get_text_list

from portal import revisions, search
from portal.models import ImportedItem, User
from portal.publishing import Publishable
from projects.models.proposals import Proposal
from projects.models.terms import Term, counted


@dataclass(frozen=True)
class Merge:
    """What merging ``drop`` into ``keep`` changes."""

    keep: Term
    drop: list[Term]
    pages: list[tuple[Any, list[Publishable]]]
    aliases: list[str]
    former_slugs: list[str]
    definition: str

    @property
    def number_of_pages(self) -> str:
        """3 projects and 1 article; empty if no page changes."""
        counts = [counted(len(pages), relation.related_model) for relation, pages in self.pages if pages]
        return str(get_text_list(counts, "and"))

    @property
    def dropped_names(self) -> str:
        """“NLP” and “Text mining”."""
        return str(get_text_list([f"“{term}”" for term in self.drop], "and"))


def planned(keep: Term, drop: Collection[Term]) -> Merge:
    """What merging would change. It changes nothing but ``keep`` as it is in memory."""
    dropped = [term for term in drop if term.pk != keep.pk]
    definitions = [term.definition for term in dropped if term.definition]
    taken_over = definitions[0] if definitions and not keep.definition else ""
    keep.definition = keep.definition or taken_over
    return Merge(
        keep,
        dropped,
        [(relation, list(pages)) for relation, pages in keep.pages_with(term.pk for term in dropped)],
        keep.also_known_as(name for term in dropped for name in term.names),
        keep.also_found_at(slug for term in dropped for slug in [term.slug, *term.former_slugs]),
        taken_over,
    )


@transaction.atomic
def merge_terms(*, keep: Term, drop: Collection[Term], by: User) -> Merge:
    """Merge ``drop`` into ``keep``, and log who did it. Raises ``DoesNotExist`` if one of them is gone by now."""
    kind = type(keep)
    # The pages first, as an editor does who saves one of them: in another order, each could wait for the other.
    for _, pages in kind.pages_with(term.pk for term in drop):
        list(pages.select_for_update().values_list("pk"))
    # All of the vocabulary, so that nobody takes one of the names or addresses meanwhile.
    present = {term.pk: term for term in kind._default_manager.select_for_update().order_by("pk")}
    if missing := {keep.pk, *(term.pk for term in drop)} - present.keys():
        raise kind.DoesNotExist(f"{counted(len(missing), kind)} of these cannot be found.")
    merge = planned(present[keep.pk], [present[term.pk] for term in drop])
    why = f"{merge.dropped_names} became “{merge.keep}”."
    for relation, moving in merge.pages:
        for page in moving:
            revisions.record_before(page)
            _move(page, relation.field, merge)
            revisions.record(page, by=by, comment=why)
        LogEntry.objects.log_actions(by.pk, moving, CHANGE, why)
    _tell_importer(merge)
    Proposal.take_over(keep=merge.keep, drop=merge.drop)
    LogEntry.objects.log_actions(by.pk, merge.drop, DELETION, f"Merged into “{merge.keep}”.")
    kind._default_manager.filter(pk__in=[term.pk for term in merge.drop]).delete()
    merge.keep.save()
    changed = merge.number_of_pages or "No page"
    LogEntry.objects.log_actions(by.pk, [merge.keep], CHANGE, f"{why} {changed} changed.")
    # Also those that had it before: the search knows them by its new aliases from now on.
    for _, having in kind.pages_with([merge.keep.pk]):
        for page in having.for_index():  # type: ignore[attr-defined]
            search.index(page)
    return merge


def _move(page: Publishable, field: models.Field[Any, Any], merge: Merge) -> None:
    """Give a page the term that stays. When it was last updated is about its text, and stays as it is."""
    if field.many_to_many:
        terms = getattr(page, field.name)
        terms.add(merge.keep)
        terms.remove(*merge.drop)
    else:
        setattr(page, field.name, merge.keep)
        page.save(update_fields=[field.name])


# What the importer remembers


def _tell_importer(merge: Merge) -> None:
    """Lead the keys of the terms that go to the one that stays, and move what was written into pages along."""
    keys = {term.pk for term in merge.drop}
    # A key without values stands for its item, and nothing of its source is written there any more.
    imported = ImportedItem.objects.filter(model=merge.keep._meta.label_lower, object_id__in=keys)
    imported.update(object_id=merge.keep.pk, parts={}, values={})
    for relation, _ in merge.pages:
        name = relation.field.name
        for record in ImportedItem.objects.filter(model=relation.related_model._meta.label_lower):
            kept = [record.values, *(part["values"] for part in record.parts.values())]
            stale = [values for values in kept if _names(values.get(name), keys)]
            for values in stale:
                values[name] = _renewed(values[name], keys, merge.keep.pk)
            if stale:
                record.save(update_fields=["parts", "values"])


def _names(value: Any, keys: set[int]) -> bool:
    return bool(keys.intersection(value if isinstance(value, list) else [value]))


def _renewed(value: Any, keys: set[int], keep: int) -> Any:
    """The reference, or the list of references, to what is there from now on."""
    if isinstance(value, list):
        return sorted({keep if key in keys else key for key in value})
    return keep if value in keys else value
