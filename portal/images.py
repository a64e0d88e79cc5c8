"""Images that people upload, made safe and small: nothing of the uploaded file itself is ever stored."""

import io
import secrets
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 25_000_000
# A progressive JPEG comes in about ten passes over all its pixels, and a few bytes are enough for one more.
MAX_SCANS = 200
_START_OF_SCAN = b"\xff\xda"
_WEBP_HEADER = 30  # bytes

# A portrait is shown small, and on sharp screens at half its size: nobody sees there what makes it twice as large. With
# 29 of them, the page of a cohort stays within 300 KiB.
PORTRAIT, PORTRAIT_QUALITY = 320, 60

# Endings that a file of each format may have. A phone's "multi-picture" file is a JPEG with a second picture in it.
_ENDINGS = {
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "MPO": {".jpg", ".jpeg", ".mpo"},
    "PNG": {".png", ".apng"},
    "WEBP": {".webp"},
}
_SAVED_AS: dict[str, tuple[str, dict[str, Any]]] = {
    "WEBP": (".webp", {"quality": 82, "method": 6}),
    "JPEG": (".jpg", {"quality": 85, "optimize": True, "progressive": True}),
    "PNG": (".png", {"optimize": True}),
}


def safe_image(upload: File, *, max_edge: int, square: bool = False, format: str = "WEBP") -> ContentFile:
    """A new image file made from an uploaded JPEG, PNG or WebP: only its pixels, the right way up.

    Neither side is longer than ``max_edge`` pixels, and an image is never enlarged; ``square`` cuts it to its middle.
    The name is random and ends in the size, such as ``…-800x600.webp``, so that pages know the size from the address.
    Raises ValidationError, in words for the editor, if the file is no such image, too large or damaged.
    """
    return safe_images(upload, edges=[max_edge], square=square, format=format)[0]


def safe_images(upload: File, *, edges: Sequence[int], square: bool = False, format: str = "WEBP") -> list[ContentFile]:
    """The same image once for each of ``edges``, the largest first: what was uploaded is read only once."""
    image, made = _opened(upload), []
    for edge in edges:
        image = _within(image, edge, square)
        made.append(_written(image, format))
    return made


def _within(image: Image.Image, max_edge: int, square: bool) -> Image.Image:
    if square:
        edge = min(max_edge, *image.size)
        return ImageOps.fit(image, (edge, edge), Image.Resampling.LANCZOS)
    image.thumbnail((max_edge, max_edge), Image.Resampling.LANCZOS)
    return image


def _written(image: Image.Image, format: str) -> ContentFile:
    if format == "JPEG":
        image = _on_white(image)
    ending, options = _SAVED_AS[format]
    if format == "WEBP" and max(image.size) <= PORTRAIT:
        options = {**options, "quality": PORTRAIT_QUALITY}
    # A new image holds no metadata: where a photo was taken, by whom, with what.
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    written = io.BytesIO()
    bare.save(written, format, **options)
    return ContentFile(written.getvalue(), f"{secrets.token_hex(12)}-{image.width}x{image.height}{ending}")


def _opened(upload: File) -> Image.Image:
    """The first frame of an upload, the right way up, as RGB or RGBA."""
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(
            f"The image is larger than {MAX_BYTES // 1024 // 1024} MB. Make it smaller and try again.", "too_large"
        )
    upload.seek(0)
    _refuse_large_webp(upload.read(_WEBP_HEADER))
    upload.seek(0)
    try:
        image = Image.open(upload, formats=["JPEG", "PNG", "WEBP"])
    except UnidentifiedImageError as error:
        raise ValidationError("This is not a JPEG, PNG or WebP image.", "not_an_image") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        raise _damaged() from error
    # The header says how large the image is. Reading the pixels of a hostile one would take gigabytes.
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    ending = PurePath(upload.name or "").suffix.lower()
    if ending not in _ENDINGS[image.format or ""]:
        found = "JPEG" if image.format == "MPO" else {"WEBP": "WebP"}.get(image.format or "", image.format)
        raise ValidationError(
            f"The file is a {found} image, but its name ends in “{ending or 'nothing'}”. Save it as what it is.",
            "wrong_ending",
        )
    try:
        _refuse_endless_scans(upload, image.format)
        image.seek(0)
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return _as_rgb(image)
    # A damaged file makes Pillow raise nearly anything; none of it is the portal's fault.
    except Exception as error:
        raise _damaged() from error


def _refuse_large_webp(header: bytes) -> None:
    """Look at the size of a WebP before Pillow, which takes up to 1.4 GB for its pixels when it only opens one.

    Its own bound is at 179 megapixels. The size is in one of three places (RFC 9649), by the kind of the first chunk.
    """
    if len(header) < _WEBP_HEADER or header[:4] != b"RIFF" or header[8:12] != b"WEBP":
        return
    match header[12:16]:
        case b"VP8X":
            width, height = (1 + int.from_bytes(header[at : at + 3], "little") for at in (24, 27))
        case b"VP8L":
            bits = int.from_bytes(header[21:25], "little")
            width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = (int.from_bytes(header[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        case _:
            return
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()


def _refuse_endless_scans(upload: File, format: str | None) -> None:
    """Raise an error for a JPEG of so many passes that reading it would take minutes.

    Apart from chance in its metadata, only a pass begins with these two bytes.
    """
    if format in {"JPEG", "MPO"}:
        place = upload.tell()
        upload.seek(0)
        scans = upload.read().count(_START_OF_SCAN)
        upload.seek(place)
        if scans > MAX_SCANS:
            raise ValueError(f"{scans} scans")


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        # 16 bits a pixel. Pillow cuts the values off at 255, which leaves a white sheet.
        image = image.convert("I").point(lambda value: value / 257).convert("L")
        image.info.pop("transparency", None)  # a value of 16 bits, of no meaning now
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    sheet = Image.new("RGB", image.size, "white")
    sheet.paste(image, mask=image.getchannel("A"))
    return sheet


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        f"The image has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller and try again.", "too_large"
    )


def _damaged() -> ValidationError:
    return ValidationError("The image is damaged and cannot be read. Save it again and try once more.", "damaged")
