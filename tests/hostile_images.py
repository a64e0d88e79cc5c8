"""Files that mean harm, or that are only unusual, and call themselves images."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image, ImageCms

RED, BLUE = (220, 20, 20), (20, 20, 220)
SCRIPT = b"<html><script>alert(1)</script></html>"
PHP = b"<?php system($_GET['c']); ?>"


def halves(size: tuple[int, int] = (120, 60), mode: str = "RGB") -> Image.Image:
    """Red on the left and blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image.convert(mode)


def written(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG that says how large it is, whatever it holds."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    """An extended WebP (RFC 9649) of that size, with nothing in it."""
    size = b"".join((edge - 1).to_bytes(3, "little") for edge in (width, height))
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + size
    return b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas


def lossless_webp(width: int, height: int) -> bytes:
    """A small lossless WebP whose header says another size (RFC 9649, 3.4)."""
    whole = written(halves((20, 10)), "WEBP", lossless=True)
    size = int.from_bytes(whole[21:25], "little") >> 28 << 28 | (height - 1) << 14 | (width - 1)
    return whole[:21] + struct.pack("<I", size) + whole[25:]


def lossy_webp(width: int, height: int) -> bytes:
    """A small WebP with loss whose header says another size (RFC 6386, 9.1)."""
    whole = written(halves((20, 10)), "WEBP")
    return whole[:26] + struct.pack("<HH", width, height) + whole[30:]


def jpeg_header(width: int, height: int) -> bytes:
    """A small JPEG whose header says another size."""
    whole = written(halves(), "JPEG")
    place = whole.index(b"\xff\xc0") + 5
    return whole[:place] + struct.pack(">HH", height, width) + whole[place + 4 :]


def endless_scans(number: int) -> bytes:
    """A progressive JPEG of 24 megapixels, with its last pass so many times over."""
    whole = written(Image.new("L", (4900, 4900), 128), "JPEG", progressive=True)
    return whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * number + whole[-2:]


def inflated(megabytes: int) -> bytes:
    """Few bytes that become many."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("evil.js", "alert(1)")
    return file.getvalue()


def placed() -> Any:
    """Metadata that say where a photo was taken, by what, and hold a script."""
    exif = Image.Exif()
    exif[0x010F] = "The camera's maker"
    exif[0x010E] = SCRIPT.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 0.0), 3: "W", 4: (0.0, 7.0, 0.0)})
    return exif


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


# What decodes to far more than was sent, or keeps the reader busy. Each is refused.
BOMBS: dict[str, tuple[str, Any]] = {
    "a PNG of 3.6 gigapixels": ("a.png", lambda: png(60_000, 60_000, chunk(b"IDAT", inflated(1)))),
    "a PNG of the largest size": ("a.png", lambda: png(2**31 - 1, 2**31 - 1)),
    "a JPEG of 4.3 gigapixels": ("a.jpg", lambda: jpeg_header(65_500, 65_500)),
    "a WebP of 268 megapixels": ("a.webp", lambda: webp_header(16_383, 16_383)),
    "a WebP of 380 kB and 2.2 GB": ("a.webp", lambda: webp_header(24_000, 23_000) + b"\0" * 380_000),
    "a profile of 640 MB": ("a.png", lambda: png(10, 10, chunk(b"iCCP", b"x\0\0" + inflated(640)))),
    "a text of 640 MB": ("a.png", lambda: png(10, 10, chunk(b"zTXt", b"x\0\0" + inflated(640)))),
    "a thousand texts": ("a.png", lambda: png(10, 10, chunk(b"zTXt", b"x\0\0" + inflated(1)[:-8]) * 1000)),
    "twenty thousand passes": ("a.jpg", lambda: endless_scans(20_000)),
}
# Whole and of one colour, so small to send; each says its size in another way.
TOO_LARGE: dict[str, tuple[str, Any]] = {
    "a WebP without loss": ("a.webp", lambda: lossless_webp(13_000, 13_000)),
    "a WebP with loss": ("a.webp", lambda: lossy_webp(13_000, 13_000)),
    "an extended WebP": ("a.webp", lambda: webp_header(13_000, 13_000)),
    "a JPEG": ("a.jpg", lambda: jpeg_header(6_000, 5_000)),
    "a PNG": ("a.png", lambda: png(5_001, 5_000, chunk(b"IDAT", inflated(1)))),
}
# As large as an image may be, in every way of storing it that takes the most memory.
LARGEST: dict[str, tuple[str, Any]] = {
    "JPEG": ("a.jpg", lambda: written(Image.new("RGB", (5000, 5000), RED), "JPEG", exif=turned(6))),
    "CMYK": ("a.jpg", lambda: written(Image.new("CMYK", (5000, 5000)), "JPEG", exif=turned(6))),
    "RGBA": ("a.png", lambda: written(Image.new("RGBA", (5000, 5000), (9, 9, 9, 99)), "PNG", exif=turned(6))),
    "16 bits": ("a.png", lambda: written(Image.new("I;16", (5000, 5000), 30_000), "PNG")),
    "palette": ("a.png", lambda: written(halves((5000, 5000)).quantize(4), "PNG", transparency=0)),
    "WebP": ("a.webp", lambda: written(Image.new("RGBA", (5000, 5000), (9, 9, 9, 99)), "WEBP", lossless=True)),
    "pixels of 640 MB": ("a.png", lambda: png(10, 10, chunk(b"IDAT", inflated(640)))),
}


def turned(orientation: int) -> Any:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


# What is an image, and something else besides. Each is taken, and only its pixels are kept.
POLYGLOTS: dict[str, tuple[str, Any]] = {
    "JPEG with a page behind it": ("a.jpg", lambda: written(halves(), "JPEG") + SCRIPT),
    "JPEG with an archive behind it": ("a.jpg", lambda: written(halves(), "JPEG") + archive()),
    "JPEG with a page in its comment": ("a.jpg", lambda: written(halves(), "JPEG", comment=SCRIPT)),
    "JPEG with a place and a page in its metadata": ("a.jpg", lambda: written(halves(), "JPEG", exif=placed())),
    "JPEG with a profile": ("a.jpg", lambda: written(halves(), "JPEG", icc_profile=profile() + PHP)),
    "JPEG with a PDF behind it": ("a.jpg", lambda: written(halves(), "JPEG") + b"%PDF-1.7\n%%EOF"),
    "PNG with a program in its text": (
        "a.png",
        lambda: (
            written(halves(), "PNG").replace(b"IDAT", b"IDAT", 1)[:33]
            + chunk(b"tEXt", b"c\0" + PHP)
            + written(halves(), "PNG")[33:]
        ),
    ),
    "PNG with an archive behind it": ("a.png", lambda: written(halves(), "PNG") + archive()),
    "WebP with a page behind it": ("a.webp", lambda: written(halves(), "WEBP") + SCRIPT),
    "WebP with a place in its metadata": ("a.webp", lambda: written(halves(), "WEBP", exif=placed(), xmp=SCRIPT)),
}
# What is something else, whatever it calls itself. Each is refused.
NO_IMAGES: dict[str, tuple[str, bytes]] = {
    "SVG": ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "SVG as PNG": ("a.png", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
    "page as JPEG": ("a.jpg", SCRIPT),
    "GIF that is a script": ("a.gif", b"GIF89a/*" + bytes(20) + b"*/=alert(1);"),
    "GIF as PNG": ("a.png", written(halves(), "GIF")),
    "animated GIF": ("a.gif", written(halves(), "GIF", save_all=True, append_images=[halves()])),
    "JPEG behind the header of a PDF": ("a.jpg", b"%PDF-1.7\n" + written(halves(), "JPEG")),
    "JPEG behind a page": ("a.jpg", SCRIPT + written(halves(), "JPEG")),
    "PDF": ("a.pdf", written(halves(), "PDF")),
    "BMP": ("a.bmp", written(halves(), "BMP")),
    "TIFF": ("a.tif", written(halves(), "TIFF")),
    "icon": ("a.ico", written(halves(), "ICO")),
    "archive": ("a.png", archive()),
    "nothing but a beginning": ("a.png", b"\x89PNG\r\n\x1a\n"),
    "zeros": ("a.webp", bytes(5000)),
}
