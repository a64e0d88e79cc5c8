"""Images that say nothing to those who cannot see them, in texts and beside them (WCAG 2.2, 1.1.1)."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet

from portal.advice import images_undescribed
from portal.described_images import DescribedImage
from portal.image_fields import SafeImageField
from portal.markdown import MarkdownField
from portal.widgets import ALT_TO_WRITE

# How an image without words begins, as editors, the editor's own button and HTML write it. The database looks for
# these; whether there is such an image, and not only the signs, the parser says.
SIGNS = ("![]", "![ ", f"![{ALT_TO_WRITE}", "<img")
# The parser reads the newest so many; whoever has mended those is shown the next.
READ = 200


def has_images(model: type[Model]) -> bool:
    """Whether anything of this kind can show an image."""
    return any(isinstance(field, MarkdownField | SafeImageField) for field in model._meta.concrete_fields)


def undescribed(model: type[Model]) -> QuerySet[Any]:
    """What shows an image that has no alternative text, and is not said only to decorate."""
    rows: QuerySet[Any] = model._default_manager.all()
    return rows.filter(_beside_texts(model) | Q(pk__in=_in_texts(rows)))


def _beside_texts(model: type[Model]) -> Q:
    """Those with an image of their own: its words stand in the field beside it."""
    images = [field.name for field in model._meta.concrete_fields if isinstance(field, SafeImageField)]
    return reduce(or_, (DescribedImage(name).undescribed() for name in images), Q(pk__in=[]))


def _in_texts(rows: QuerySet[Any]) -> list[Any]:
    """The keys of those with such an image in a text."""
    texts = [field.name for field in rows.model._meta.concrete_fields if isinstance(field, MarkdownField)]
    if not texts:
        return []
    signs = reduce(or_, (Q(**{f"{name}__icontains": sign}) for name in texts for sign in SIGNS))
    found = rows.filter(signs).order_by("-pk").values_list("pk", *texts)[:READ]
    return [pk for pk, *some in found if any(map(images_undescribed, filter(_has_signs, some)))]


def _has_signs(text: str) -> bool:
    return any(sign.casefold() in text.casefold() for sign in SIGNS)
