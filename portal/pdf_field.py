"""A column for PDF files: what is not one is refused, and nothing of the uploaded name is kept."""

from __future__ import annotations

import secrets
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models

from portal.dates import NBSP
from portal.receiving import MAX_BYTES
from portal.stored_files import StoredFileField

# ISO 32000: a PDF begins with its version and ends with a marker. Readers also take what has something else before or
# after it; a file that is a web page, an archive or a program as well uses just that.
_BEGINNINGS = (b"%PDF-1.", b"%PDF-2.")
_END = b"%%EOF"
_TAIL = 2048
_PADDING = b"\r\n\t \0"


def check_pdf(upload: File) -> None:
    """Raise ``ValidationError``, in words for editors, unless the file is a PDF and nothing else."""
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(
            f"The document is larger than {MAX_BYTES // 1024 // 1024} MB. Make it smaller and try again.", "too_large"
        )
    upload.seek(0)
    if not upload.read(len(_BEGINNINGS[0])).startswith(_BEGINNINGS):
        raise ValidationError("This is not a PDF. Save or export the document as PDF, and upload that.", "not_a_pdf")
    if (ending := PurePath(upload.name or "").suffix.lower()) != ".pdf":
        raise ValidationError(
            f"The file is a PDF, but its name ends in “{ending or 'nothing'}”. Save it as what it is.", "wrong_ending"
        )
    upload.seek(max(0, (upload.size or 0) - _TAIL))
    tail = upload.read(_TAIL).rstrip(_PADDING)
    upload.seek(0)
    if b"startxref" not in tail or _END not in tail:
        raise ValidationError("This PDF is not whole. Save it again and try once more.", "damaged")
    if not tail.endswith(_END):
        raise ValidationError("Something follows the end of this PDF. Save it again as PDF only.", "not_only_a_pdf")


def type_and_size(size: int) -> str:
    """What readers are told of a PDF of so many bytes: PDF, 240 KB; PDF, 1.2 MB."""
    if size < 1_000_000:
        return f"PDF, {max(1, round(size / 1000))}{NBSP}KB"
    return f"PDF, {size / 1_000_000:.1f}{NBSP}MB"


class PdfField(StoredFileField):
    """Takes a PDF and stores it under a random name; ``size_field`` names the column that keeps its size in bytes."""

    def __init__(self, *args: Any, size_field: str = "", **kwargs: Any) -> None:
        self.size_field = size_field
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "size_field": self.size_field}

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        file = super().clean(value, model_instance)
        if file and not file._committed:
            check_pdf(file.file)
        return file

    def formfield(self, **kwargs: Any) -> Any:
        field = super().formfield(**{**kwargs, "max_length": None})  # none of its name is kept
        if field is not None:
            field.widget.attrs.setdefault("accept", "application/pdf,.pdf")
        return field

    def generate_filename(self, instance: Any, filename: Any) -> str:
        return super().generate_filename(instance, f"{secrets.token_hex(12)}.pdf")

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        file = getattr(model_instance, self.attname)
        if file and not file._committed and self.size_field:
            setattr(model_instance, self.size_field, file.size)
        return super().pre_save(model_instance, add)
