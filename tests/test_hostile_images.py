"""Uploaded images that mean harm: refused by name or made safe, within bounds of memory and of the processor's time."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from fellowship.models import Fellow
from portal.images import safe_image, safe_images
from tests import factories as make
from tests.hostile_images import (
    BLUE,
    BOMBS,
    LARGEST,
    NO_IMAGES,
    POLYGLOTS,
    RED,
    TOO_LARGE,
    halves,
    profile,
    turned,
    written,
)
from tests.pages import Page

ROOT = Path(__file__).resolve().parents[1]
# Over what the program itself takes, in bytes; and seconds of the processor, of which a kernel allows no more.
MEMORY, SECONDS = 400 << 20, 30
# What a copy must not hold of what was uploaded.
TRACES = [b"script", b"php", b"PK\x03\x04", b"%PDF", b"Exif", b"maker", b"ICC", b"ccp", b"XMP", b"http"]

ONE_UPLOAD = """
import json, resource, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
import PIL.JpegImagePlugin, PIL.PngImagePlugin, PIL.WebPImagePlugin
from portal.images import safe_images

def taken():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

sent = SimpleUploadedFile({name!r}, sys.stdin.buffer.read())
resource.setrlimit(resource.RLIMIT_AS, (taken() + {memory},) * 2)
resource.setrlimit(resource.RLIMIT_CPU, ({seconds},) * 2)
try:
    found = [file.size for file in safe_images(sent, edges=(320, 160), square=True)]
except ValidationError as refusal:
    found = refusal.messages
print(json.dumps(found))
"""


def made_alone(name: str, content: bytes) -> list[Any]:
    """What becomes of an upload in a process that has only so much memory and time."""
    program = ONE_UPLOAD.format(root=str(ROOT), name=name, memory=MEMORY, seconds=SECONDS)
    # One arena of memory: what several threads would reserve is not used.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, env=environment)
    assert done.returncode == 0, (done.returncode, done.stderr.decode()[-2000:])
    found: list[Any] = json.loads(done.stdout)
    return found


def sent(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def opened(file: Any) -> Image.Image:
    return Image.open(io.BytesIO(file.read()))


def is_near(pixel: Any, wanted: tuple[int, int, int], by: int = 40) -> bool:
    return all(abs(got - want) <= by for got, want in zip(pixel[:3], wanted, strict=True))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are those of Linux")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_does_not_go_off(name):
    ending, content = BOMBS[name]
    bomb = content()
    assert len(bomb) < 3_000_000, "it is small to send"
    [words] = made_alone(ending, bomb)
    assert words.startswith(
        ("The image has more than 25 million pixels.", "The image is damaged", "This is not a JPEG")
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are those of Linux")
@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_refused_for_that_and_before_its_pixels_have_room(name):
    """In each way of saying the size: none of them is first met as a lack of memory."""
    ending, content = TOO_LARGE[name]
    [words] = made_alone(ending, content())
    assert words.startswith("The image has more than 25 million pixels.")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are those of Linux")
@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_image_that_is_taken_stays_within_bounds(name):
    ending, content = LARGEST[name]
    sizes = made_alone(ending, content())
    assert len(sizes) == 2
    assert all(isinstance(size, int) and size < 40_000 for size in sizes), sizes


@pytest.mark.parametrize("name", POLYGLOTS)
def test_of_an_image_that_is_something_else_too_only_the_pixels_are_kept(name):
    ending, content = POLYGLOTS[name]
    copies = safe_images(sent(ending, content()), edges=(100, 50))
    for copy in copies:
        raw = copy.read()
        assert raw[:4] == b"RIFF"
        assert raw[8:12] == b"WEBP"
        assert int.from_bytes(raw[4:8], "little") + 8 == len(raw), "nothing follows it"
        assert not [trace for trace in TRACES if trace.lower() in raw.lower()]
        image = Image.open(io.BytesIO(raw))
        assert not image.getexif()
        assert is_near(image.convert("RGB").getpixel((5, 5)), RED)
        assert is_near(image.convert("RGB").getpixel((image.width - 5, 5)), BLUE)


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_something_else_is_refused_by_name(name):
    with pytest.raises(ValidationError, match=r"not a JPEG, PNG or WebP image|damaged|its name ends in"):
        safe_image(sent(*NO_IMAGES[name]), max_edge=100)


@pytest.mark.parametrize("claimed", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("real", ["JPEG", "PNG", "WEBP"])
def test_an_image_under_the_ending_of_another_is_refused_by_the_name_of_what_it_is(real, claimed):
    file = sent(f"photo.{claimed.lower()}", written(halves(), real))
    if real == claimed:
        assert opened(safe_image(file, max_edge=50)).format == "WEBP"
        return
    with pytest.raises(ValidationError, match=f"(?i)is a {real} image, but its name ends in"):
        safe_image(file, max_edge=50)


@pytest.mark.parametrize(
    ("format", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {"lossless": True})]
)
def test_cut_off_at_any_byte_it_is_refused_or_whole(format, options):
    whole = written(halves((40, 20)), format, **options)
    name = f"photo.{format.lower()}"
    expected = opened(safe_image(sent(name, whole), max_edge=40)).convert("RGB").tobytes()
    taken = 0
    for length in range(len(whole)):
        copy = None
        with suppress(ValidationError):  # any other error would be the portal's
            copy = safe_image(sent(name, whole[:length]), max_edge=40)
        if copy is not None:
            taken += 1
            assert opened(copy).convert("RGB").tobytes() == expected, length
    assert taken < 25, "all but the last bytes are needed"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_of_holding_a_camera_gives_the_same_picture(format, orientation):
    """As the camera stores it for each of the eight values (EXIF 2.32, tag 274)."""
    undo = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    upright = Image.new("RGB", (80, 40), RED)
    upright.paste(BLUE, (0, 0, 20, 40))
    upright.paste((20, 220, 20), (0, 20, 80, 40))
    stored = upright
    for step in undo:
        stored = stored.transpose(step)
    file = sent(f"photo.{format.lower()}", written(stored, format, exif=turned(orientation), quality=95))
    image = opened(safe_image(file, max_edge=80)).convert("RGB")
    assert image.size == (80, 40)
    for place, colour in {(8, 8): BLUE, (60, 8): RED, (8, 32): (20, 220, 20), (60, 32): (20, 220, 20)}.items():
        assert is_near(image.getpixel(place), colour), (place, image.getpixel(place))


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture_stays(format):
    frames = [Image.new("RGB", (60, 60), colour) for colour in [RED, BLUE] * 20]
    file = sent(f"a.{format.lower()}", written(frames[0], format, save_all=True, append_images=frames[1:]))
    image = opened(safe_image(file, max_edge=60))
    assert getattr(image, "n_frames", 1) == 1
    assert is_near(image.convert("RGB").getpixel((30, 30)), RED)


def test_a_profile_of_colours_goes_and_the_colours_stay():
    raw = safe_image(sent("a.jpg", written(halves(), "JPEG", icc_profile=profile())), max_edge=100).read()
    image = Image.open(io.BytesIO(raw))
    assert "icc_profile" not in image.info
    assert is_near(image.getpixel((5, 5)), RED)


# By every way in


def by_form(model: str, field: str) -> Any:
    def send(client: Client, file: SimpleUploadedFile) -> tuple[str, bool]:
        page = f"/admin/{model}/add/"
        words = {**Page(client.get(page).text).fields, f"{field}_alt": "A picture"}
        words |= {"title": "One", "name": "One"}
        answer = client.post(page, {**words, field: file}, follow=True)
        return " ".join(Page(answer.text).text("li")), not answer.redirect_chain

    return send


def by_editor(client: Client, file: SimpleUploadedFile) -> tuple[str, bool]:
    answer = client.post("/admin/markdownx/upload/", {"image": file, "words": "A picture"})
    return " ".join(answer.json().get("image", [])), answer.status_code == 400


WAYS_IN = {
    "the photo of a fellow": by_form("fellowship/fellow", "photo"),
    "the cover of an article": by_form("articles/article", "cover"),
    "an image in a text": by_editor,
}
SENT = {
    "SVG": (*NO_IMAGES["SVG"], "This is not a JPEG, PNG or WebP image."),
    "page": ("a.html", NO_IMAGES["page as JPEG"][1], "This is not a JPEG, PNG or WebP image."),
    "GIF": (*NO_IMAGES["animated GIF"], "This is not a JPEG, PNG or WebP image."),
    "bomb": ("a.png", BOMBS["a PNG of 3.6 gigapixels"][1](), "The image has more than 25 million pixels."),
    "cut off": ("a.png", written(halves(), "PNG")[:120], "The image is damaged"),
    "mislabelled": ("a.png", written(halves(), "JPEG"), "The file is a JPEG image, but its name ends in “.png”."),
    "polyglot": ("a.jpg", POLYGLOTS["JPEG with a page behind it"][1](), ""),
    "16 bits": ("a.png", written(Image.new("I;16", (50, 50), 30_000), "PNG"), ""),
    "a long name": (f"{'photo-of-me-' * 20}.jpg", written(halves(), "JPEG", exif=turned(6)), ""),
}


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("name", SENT)
def test_every_way_in_asks_the_same(way, name, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = Client()
    client.force_login(make.StaffFactory(is_superuser=True))
    ending, content, words = SENT[name]
    told, is_refused = WAYS_IN[way](client, SimpleUploadedFile(ending, content, "image/png"))
    assert words in told
    assert is_refused is bool(words), told
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert bool(stored) is not is_refused
    for path in stored:
        assert path.suffix == ".webp"
        assert b"script" not in path.read_bytes()
        assert ending.partition(".")[0] not in path.stem or len(ending) < 10, "nothing of the sent name is kept"


@pytest.mark.django_db
def test_what_was_typed_beside_a_refused_image_is_kept():
    client = Client()
    client.force_login(make.StaffFactory(is_superuser=True))
    page = "/admin/fellowship/fellow/add/"
    words = {**Page(client.get(page).text).fields, "name": "Ada Person", "about": "Works nights.", "photo_alt": "Ada"}
    answer = client.post(page, {**words, "photo": SimpleUploadedFile("a.svg", b"<svg/>")})
    kept = Page(answer.text).fields
    assert (kept["name"], kept["about"], kept["photo_alt"]) == (["Ada Person"], ["Works nights."], ["Ada"])
    assert not Fellow.objects.exists()
