"""A portal with a row of every model and a file of every kind, and all that it holds, to be compared."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from PIL import Image

from portal import archive_rows, backup
from tests import factories as make
from tests.world import World

MOMENT = dt.datetime(2026, 3, 29, 1, 30, 15, 123457, tzinfo=dt.UTC)  # to the microsecond, in the first summer hour


def photo(colour: str = "teal") -> SimpleUploadedFile:
    raw = io.BytesIO()
    Image.new("RGB", (400, 400), colour).save(raw, "JPEG")
    return SimpleUploadedFile("me.jpg", raw.getvalue(), "image/jpeg")


def fill() -> None:
    """A world, and one row of whatever it has none of."""
    make.CohortFactory.reset_sequence(1000, force=True)  # beyond the numbers of a world
    World(1, programme=False)
    for factory in make.OTHER_FACTORIES.values():
        factory()
    make.FellowFactory(photo=photo(), photo_alt="A portrait")
    make.ArticleFactory(cover=photo("navy"), cover_alt="A sea", body="Tabs\tand “quotes”, \\N, ‮, 🫀 and\r\nlines.")
    default_storage.save("markdown/figure.webp", ContentFile(b"in a text"))
    default_storage.save("operators-own.txt", ContentFile(b"logo"))
    for model in archive_rows.kept():
        if not model._base_manager.exists():
            row_of(model)


def row_of(model: type[models.Model]) -> Any:
    """A row with something in each column, made of the columns alone."""
    values = {column.attname: value_of(column) for column in archive_rows.columns(model) if not is_given(column)}
    return model._base_manager.bulk_create([model(**values)])[0]


def is_given(column: models.Field) -> bool:
    return isinstance(column, models.AutoField)


def value_of(column: Any) -> Any:
    if isinstance(column, models.ForeignKey):
        related = column.related_model
        return (related._base_manager.order_by("-pk").first() or row_of(related)).pk
    if column.choices:
        return column.flatchoices[-1][0]
    match column.get_internal_type():
        case "DateTimeField":
            return MOMENT
        case "DateField":
            return MOMENT.date()
        case "JSONField":
            return {"numbers": [1, 2.5, None, True], "words": "é\\u0000 “x”"}
        case "BooleanField":
            return True
        case kind if "Integer" in kind:
            return 7
        case _:
            return "some words"[: column.max_length or None]


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every model, and the number that the next one follows."""
    return {
        model._meta.label_lower: [
            *model._base_manager.order_by("pk").values_list(
                *(column.attname for column in archive_rows.columns(model))
            ),
            ("next after", archive_rows.last_id(model)),
        ]
        for model in archive_rows.kept()
    }


def files() -> dict[str, bytes]:
    media = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(media)): path.read_bytes() for path in backup.media_files(media)}


def everything() -> tuple[dict[str, list[tuple[Any, ...]]], dict[str, bytes]]:
    return rows(), files()


def destroy() -> None:
    with transaction.atomic():
        for model in archive_rows.kept():
            archive_rows.delete_all(model)
    shutil.rmtree(settings.MEDIA_ROOT)


def yes(plan: Any) -> bool:
    """The answer of an operator who is asked before a restore."""
    return True


def left_over(*folders: Path) -> list[str]:
    """What was begun in these folders and not brought to its end."""
    return [path.name for folder in folders for path in folder.iterdir() if path.name.startswith(".")]
