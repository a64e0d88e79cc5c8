"""The editor's two addresses, in place of markdownx's own: a preview with advice, and an image to put into a text.

As shipped, markdownx lets anybody upload anything. Here only staff who may write a text can, and what they upload is
made anew by ``portal.images``. Refusals are short plain texts, since a page of HTML would end up in the preview.
"""

import re
from collections.abc import Callable
from functools import cache, wraps

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.advice import advice
from portal.images import safe_image
from portal.markdown import MAX_LENGTH, MarkdownField, render
from portal.prose import DECORATIVE
from portal.widgets import ALT_TO_WRITE, MAX_ALT

MAX_EDGE = 1600
FOLDER = "markdown"
SHOWN = 20  # pieces of advice at a time; who mends them sees the next

# What Markdown would read as more than the words of an image.
_MARKS = re.compile(r"[\\`*_\[\]<>]|&(?=#|\w+;)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")

View = Callable[[HttpRequest], HttpResponse]


@cache
def written_models() -> tuple[type[Model], ...]:
    """Every kind of thing that has a text in Markdown."""
    return tuple(
        model
        for model in apps.get_models()
        if any(isinstance(field, MarkdownField) for field in model._meta.get_fields())
    )


def may_write(request: HttpRequest) -> bool:
    """Whether whoever asks may use the admin, and may there add or change anything that has a text."""
    return admin.site.has_permission(request) and any(
        request.user.has_perm(f"{model._meta.app_label}.{act}_{model._meta.model_name}")
        for model in written_models()
        for act in ["add", "change"]
    )


def for_writers(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not may_write(request):
            return _refusal("Sign in as somebody who may change texts.", status=403)
        return view(request)

    return never_cache(require_POST(guarded))


@for_writers
def preview(request: HttpRequest) -> HttpResponse:
    """The text as its public page would show it, then a list of what is worth mending, if anything is."""
    text = request.POST.get("content", "").replace("\r\n", "\n")
    level = request.POST.get("level", "2")
    if len(text) > MAX_LENGTH:
        return _refusal(f"The text is too long: it has {len(text):,} characters of {MAX_LENGTH:,}.", status=413)
    if level not in {"2", "3", "4", "5", "6"}:
        return _refusal("Headings begin at a level from 2 to 6.", status=400)
    page = format_html('<div class="app-prose">{}</div>', render(text, level=int(level)))
    found = advice(text, int(level))
    context = {"advice": found[:SHOWN], "count": len(found), "left": len(found) - SHOWN}
    return HttpResponse(page + render_to_string("portal/advice.html", context) if found else page)


@for_writers
def upload(request: HttpRequest) -> HttpResponse:
    """Stores an image and answers with the Markdown that shows it, with the words that describe it if they are sent."""
    words = " ".join(_CONTROL.sub(" ", request.POST.get("words", "")).split())
    if request.POST.get("is_decorative"):
        words = DECORATIVE
    if len(words) > MAX_ALT:
        return _refused_image(f"Describe the image in {MAX_ALT} characters. These are {len(words):,}.")
    file = request.FILES.get("image")
    if file is None:
        return _refused_image("Choose an image.")
    try:
        image = safe_image(file, max_edge=MAX_EDGE)
    except ValidationError as error:
        return _refused_image(*error.messages)
    name = f"{FOLDER}/{image.name}"
    try:
        name = default_storage.save(name, image)
    except OSError:
        return _refused_image("The image could not be stored. Tell whoever runs the portal.", status=507)
    described = _MARKS.sub(r"\\\g<0>", words or ALT_TO_WRITE)
    return JsonResponse({"image_code": f"![{described}]({default_storage.url(name)})"})


def _refused_image(*words: str, status: int = 400) -> JsonResponse:
    return JsonResponse({"image": list(words)}, status=status)


def _refusal(words: str, *, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("upload/", upload, name="markdownx_upload"),
    path("markdownify/", preview, name="markdownx_markdownify"),
]
