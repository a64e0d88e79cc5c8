"""Which term a spelling stands for: first what the portal has, then what it comes with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.text import slugify

from portal.importing import Facts, Source
from portal.models import ImportedItem
from projects.models import Area, Modality, Technique, Term
from projects.models.terms import spelling

TERMS: dict[str, type[Term]] = {"area": Area, "technique": Technique, "modality": Modality}


@cache
def shipped() -> dict[type[Term], dict[str, dict[str, Any]]]:
    """The terms that the portal comes with, by vocabulary and by the spelling of the lists' badges."""
    text = (Path(__file__).parent / "vocabulary.yaml").read_text(encoding="utf-8")
    return {TERMS[name]: entries for name, entries in yaml.safe_load(text).items()}


class Vocabulary:
    """Places spellings, for the length of one import."""

    def __init__(self) -> None:
        self.known: dict[type[Term], dict[str, str]] = {}
        # Keys that only stand for a term since theirs was merged into it; nothing is written under them.
        self.merged: dict[type[Term], set[str]] = {}
        for model in TERMS.values():
            places = {
                spelling(name): key
                for key, entry in shipped()[model].items()
                for name in [key, entry["name"], *entry["aliases"]]
            }
            records = ImportedItem.objects.filter(model=model._meta.label_lower).order_by("pk")
            self.merged[model] = {record.key for record in records if not record.values}
            # Of several keys that lead to a term, any will do.
            keys = {record.object_id: record.key for record in records}
            for term in model._default_manager.all():
                for name in term.names:
                    places[spelling(name)] = keys.get(term.pk, term.name)
            self.known[model] = places

    def place(self, model: type[Term], name: str, source: Source) -> Facts | None:
        """The term of a vocabulary that ``name`` stands for, as facts to import; None if it is not known."""
        key = self.known[model].get(spelling(name))
        return self._facts(model, key, source) if key is not None else None

    def place_anywhere(self, name: str, source: Source) -> list[Facts]:
        """The term of each vocabulary that ``name`` stands for."""
        return [facts for model in TERMS.values() if (facts := self.place(model, name, source))]

    def coin(self, model: type[Term], name: str, source: Source) -> Facts:
        """A new term in its source spelling."""
        self.known[model][spelling(name)] = name
        return self._facts(model, name, source)

    def _facts(self, model: type[Term], key: str, source: Source) -> Facts:
        entry = shipped()[model].get(key, {"name": key, "aliases": [], "definition": ""})
        aliases = [*([key] if key != entry["name"] else []), *entry["aliases"]]
        values = {
            "name": entry["name"],
            "slug": slugify(entry["name"]),
            "aliases": aliases,
            "definition": entry["definition"],
        }
        return Facts(model, key, "term", {} if key in self.merged[model] else values, source, text=f"term {key}")
