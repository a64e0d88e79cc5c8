"""The Markdown editor in a form: a text box with a toolbar, a preview beside it, advice, and images."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import BaseRenderer, TemplatesSetting
from django.forms.utils import flatatt
from django.urls import reverse
from django.utils.safestring import SafeString
from markdownx.fields import MarkdownxFormField
from markdownx.widgets import MarkdownxWidget

# What an image that was uploaded without words says until the editor says it better. A text that holds it is refused.
ALT_TO_WRITE = "Describe this image"
# Characters of the words that describe an image: what is longer belongs into the text.
MAX_ALT = 500


class MarkdownWidget(MarkdownxWidget):
    """A text box for Markdown. Its script is the portal's own: that of markdownx keeps the Tab key to itself."""

    template_name = "portal/editor.html"
    level = 2

    class Media:
        extend = False
        css = {"all": ["portal/editor.css"]}
        # Each in a file of its own, named by its noun; the last one starts them.
        js = [
            "portal/editor-writing.js",
            "portal/editor-dialogs.js",
            "portal/editor-toolbar.js",
            "portal/editor.js",
        ]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = forms.Textarea.get_context(
            self, name, value, {"class": "app-editor__text", "rows": 10, **(attrs or {})}
        )
        context["editor"] = {
            "preview_url": reverse("markdownx_markdownify"),
            "upload_url": reverse("markdownx_upload"),
            "level": self.level,
            "max_alt": MAX_ALT,
            "attributes": flatatt(context["widget"]["attrs"]),
        }
        return context

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        # The template is one of the project's, which Django's own renderer of widgets does not look at.
        return forms.Textarea.render(self, name, value, attrs, TemplatesSetting())


class MarkdownFormField(MarkdownxFormField):
    """Markdown from a form: lines end as they do in the stored text, and every image says what it shows."""

    widget = MarkdownWidget

    def __init__(self, *args: Any, level: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **{"strip": False, **kwargs})
        self.widget.level = level

    def to_python(self, value: Any) -> str:
        # A browser sends \r\n. Kept, each saving would look like a change of every line.
        text = re.sub(r"\r\n?", "\n", super().to_python(value))
        return text if text.strip() else ""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if f"![{ALT_TO_WRITE}](" in value:
            raise ValidationError(
                f"Say what the image shows, in place of “{ALT_TO_WRITE}”, for those who cannot see it. "
                "If it only decorates, write “decorative”."
            )
