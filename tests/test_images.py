"""Images that people upload: what is made of them, and what is refused."""

import io
import re
import struct
import warnings
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageChops, ImageFilter

from portal.images import MAX_BYTES, MAX_PIXELS, safe_image

RED, BLUE = (220, 20, 20), (20, 20, 220)


def halves(size=(400, 200), mode="RGB"):
    """An image that is red on the left and blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return image.convert(mode)


def upload(image, name="photo.png", format=None, **options):
    file = io.BytesIO()
    image.save(file, format or {"jpg": "JPEG"}.get(name.rpartition(".")[2], name.rpartition(".")[2].upper()), **options)
    return SimpleUploadedFile(name, file.getvalue())


def made(file, **options):
    return Image.open(safe_image(file, **{"max_edge": 100, **options}))


def is_near(pixel, wanted, by=24):
    return all(abs(got - want) <= by for got, want in zip(pixel[:3], wanted, strict=True))


def png_header(width, height):
    """A PNG that says how large it is, and holds nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", ["photo.jpg", "photo.JPEG", "photo.png", "photo.webp"])
def test_an_image_becomes_a_small_webp_under_a_random_name(name):
    file = upload(halves((4000, 2000)), name, {"J": "JPEG", "P": "PNG", "W": "WEBP"}[name[6].upper()])
    image = safe_image(file, max_edge=800)
    assert re.fullmatch(r"[0-9a-f]{24}-800x400\.webp", str(image.name))
    assert image.name != safe_image(file, max_edge=800).name
    opened = Image.open(image)
    assert (opened.format, opened.size) == ("WEBP", (800, 400))
    assert is_near(opened.getpixel((10, 10)), RED)
    assert is_near(opened.getpixel((790, 390)), BLUE)


def test_an_image_is_never_enlarged():
    assert made(upload(halves((40, 20)))).size == (40, 20)
    assert made(upload(halves((40, 20))), square=True).size == (20, 20)
    assert made(upload(halves((5000, 2)))).size == (100, 1)


def test_a_square_is_cut_from_the_middle():
    image = Image.new("RGB", (400, 200), RED)
    image.paste(BLUE, (100, 0, 300, 200))
    square = made(upload(image), square=True)
    assert square.size == (100, 100)
    assert all(is_near(square.getpixel(place), BLUE) for place in [(2, 2), (97, 2), (2, 97), (97, 97)])


def test_a_photo_of_320_pixels_is_small():
    noise = Image.effect_noise((1200, 1200), 40).convert("RGB")
    assert safe_image(upload(noise, "photo.jpg"), max_edge=320, square=True).size < 40_000


def test_29_portraits_leave_room_for_their_page_within_300_kib():
    """Blurred shapes under the noise of a sensor, which is more than a face before a wall has."""
    shapes = Image.effect_mandelbrot((1200, 1600), (-2, -1.5, 1, 1.5), 60).convert("RGB").filter(ImageFilter.BoxBlur(6))
    noise = Image.effect_noise((1200, 1600), 22).convert("RGB")
    photo = upload(ImageChops.add(shapes, noise, offset=-128), "photo.jpg")
    assert 29 * safe_image(photo, max_edge=320, square=True).size < 250 * 1024


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_photo_taken_sideways_stands_upright_and_tells_nothing_else(format):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right
    exif[0x010F] = "The camera's maker"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 0.0)
    file = upload(
        halves(), f"photo.{'jpg' if format == 'JPEG' else format.lower()}", format, exif=exif, icc_profile=b"x" * 200
    )
    for kind in ["WEBP", "JPEG", "PNG"]:
        image = made(file, format=kind)
        assert image.format == kind
        assert image.size == (50, 100)
        assert is_near(image.getpixel((25, 5)), RED)
        assert is_near(image.getpixel((25, 95)), BLUE)
        assert not image.getexif()
        assert not {"exif", "icc_profile", "xmp", "comment"} & image.info.keys()


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (halves(mode="CMYK"), "photo.jpg"),
        (halves(mode="P"), "photo.png"),
        (halves().quantize(4), "photo.png"),
        (halves(mode="RGBA"), "photo.png"),
        (halves(mode="RGBA"), "photo.webp"),
    ],
    ids=["CMYK", "palette", "four colours", "RGBA PNG", "RGBA WebP"],
)
def test_colours_survive_every_way_of_storing_them(image, name):
    small = made(upload(image, name)).convert("RGB")
    assert is_near(small.getpixel((10, 10)), RED, 40)
    assert is_near(small.getpixel((90, 40)), BLUE, 40)


@pytest.mark.parametrize("transparency", [None, 30_000])
def test_greys_of_16_bits_keep_their_shades(transparency):
    image = Image.new("I;16", (100, 10), 128 * 257)
    options = {} if transparency is None else {"transparency": transparency}
    assert is_near(made(upload(image, "scan.png", **options)).getpixel((50, 5)), (128, 128, 128), 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_other_modes_are_read(mode):
    assert made(upload(halves(mode=mode))).size == (100, 50)


def test_transparency_is_kept_where_the_format_has_it():
    clear = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert made(upload(clear)).getpixel((5, 5))[3] == 0
    assert is_near(made(upload(clear), format="JPEG").getpixel((5, 5)), (255, 255, 255))
    palette = Image.new("P", (50, 50), 0)
    palette.putpalette([0, 0, 0, 255, 255, 255])
    assert made(upload(palette, transparency=0)).getpixel((5, 5))[3] == 0


def test_only_the_first_frame_is_kept():
    for name in ["photo.webp", "photo.png"]:
        frames = [Image.new("RGB", (60, 60), colour) for colour in [RED, BLUE, BLUE]]
        image = made(upload(frames[0], name, save_all=True, append_images=frames[1:]))
        assert getattr(image, "n_frames", 1) == 1
        assert is_near(image.convert("RGB").getpixel((5, 5)), RED)


def test_a_photo_with_a_second_picture_in_it_is_a_jpeg():
    assert made(upload(halves(), "photo.jpg", "MPO", save_all=True, append_images=[halves()])).size == (100, 50)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.png", b""),
        ("photo.png", b"words"),
        ("evil.html", b"<script>alert(1)</script>"),
        ("photo.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("photo.gif", upload(halves(), "photo.gif").read()),
        ("photo.png", upload(halves(), "photo.tiff").read()),
        ("photo.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
    ],
    ids=["empty", "words", "HTML", "SVG", "GIF", "TIFF", "EPS"],
)
def test_what_is_no_image_is_refused(name, content):
    with pytest.raises(ValidationError, match="not a JPEG, PNG or WebP image"):
        safe_image(SimpleUploadedFile(name, content, "image/png"), max_edge=100)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.html", "photo.svg", "photo", "photo.png.exe"])
def test_a_name_that_says_something_else_is_refused(name):
    with pytest.raises(ValidationError, match="is a PNG image, but its name ends in"):
        safe_image(upload(halves(), name, "PNG"), max_edge=100)


@pytest.mark.parametrize("size", [(5001, 5000), (16_000, 16_000), (60_000, 60_000), (MAX_PIXELS + 1, 1)])
def test_an_image_of_too_many_pixels_is_refused_before_it_is_read(size, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("its pixels were read"))
    upload = SimpleUploadedFile("photo.png", png_header(*size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in production, where Pillow only warns
        with pytest.raises(ValidationError, match="more than 25 million pixels"):
            safe_image(upload, max_edge=100)
    with pytest.raises(ValidationError, match="more than 25 million pixels"):
        safe_image(upload, max_edge=100)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(ValidationError, match="larger than 10 MB"):
        safe_image(SimpleUploadedFile("photo.png", b"\0" * (MAX_BYTES + 1)), max_edge=100)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp"])
def test_a_damaged_image_is_refused_in_words(name):
    whole = upload(halves((300, 300)), name).read()
    for content in [whole[: len(whole) // 2], whole[:60], whole[:40] + b"\xff" * 400]:
        with pytest.raises(ValidationError) as refusal:
            safe_image(SimpleUploadedFile(name, content), max_edge=100)
        assert refusal.value.messages[0].endswith(("try once more.", "WebP image.", "try again."))


def test_a_damaged_header_is_refused_in_words():
    with pytest.raises(ValidationError, match="damaged"):
        safe_image(SimpleUploadedFile("photo.png", png_header(100, 100)), max_edge=100)
