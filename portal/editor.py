"""The editor's two addresses, in place of markdownx's own: a preview of a text, and an image to put into one.

As shipped, markdownx lets anybody upload anything. Here only staff who may write a text can, and what they upload is
made anew by ``portal.images``. Refusals are short plain texts, since a page of HTML would end up in the preview.
"""

from collections.abc import Callable
from functools import cache, wraps

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.images import safe_image
from portal.markdown import MAX_LENGTH, MarkdownField, render
from portal.widgets import ALT_TO_WRITE

MAX_EDGE = 1600
FOLDER = "markdown"

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
    """The text as its public page would show it."""
    text = request.POST.get("content", "").replace("\r\n", "\n")
    level = request.POST.get("level", "2")
    if len(text) > MAX_LENGTH:
        return _refusal(f"The text is too long: it has {len(text):,} characters of {MAX_LENGTH:,}.", status=413)
    if level not in {"2", "3", "4", "5", "6"}:
        return _refusal("Headings begin at a level from 2 to 6.", status=400)
    return HttpResponse(format_html('<div class="app-prose">{}</div>', render(text, level=int(level))))


@for_writers
def upload(request: HttpRequest) -> HttpResponse:
    """Stores an image and answers with the Markdown that shows it."""
    file = request.FILES.get("image")
    if file is None:
        return JsonResponse({"image": ["Choose an image."]}, status=400)
    try:
        image = safe_image(file, max_edge=MAX_EDGE)
    except ValidationError as error:
        return JsonResponse({"image": error.messages}, status=400)
    name = f"{FOLDER}/{image.name}"
    try:
        name = default_storage.save(name, image)
    except OSError:
        # A full disk keeps the beginning of the file.
        default_storage.delete(name)
        return JsonResponse({"image": ["The image could not be stored. Tell whoever runs the portal."]}, status=507)
    return JsonResponse({"image_code": f"![{ALT_TO_WRITE}]({default_storage.url(name)})"})


def _refusal(words: str, *, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("upload/", upload, name="markdownx_upload"),
    path("markdownify/", preview, name="markdownx_markdownify"),
]
