"""Markdown to HTML: the only code of the portal that makes HTML from text.

markdown-it-py reads the text by the CommonMark rules, with tables and footnotes; ``portal.markup`` keeps what is safe;
``portal.prose`` fits it to the page. Each text is rendered once per process.
"""

import importlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast
from urllib.parse import unquote

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, hr
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markdownx.models import MarkdownxField
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

from portal.markup import clean, tidy
from portal.prose import Heading, Prose
from portal.widgets import MarkdownFormField, MarkdownWidget

__all__ = ["MAX_LENGTH", "Heading", "MarkdownField", "has_letter", "outline", "parts", "plain", "render"]

MAX_LENGTH = 100_000

# A list in a list takes two levels. What is nested deeper becomes plain paragraphs.
MAX_NESTING = 40
# One paragraph with more brackets than this is no prose; looking for links in it would take seconds.
MAX_BRACKETS = 500

_BLANK = re.compile("___+")
_NOTE = re.compile(r"\[\^[^\s\[\]]{1,100}+\]")


class Page(NamedTuple):
    """A text, rendered."""

    html: SafeString
    headings: tuple[Heading, ...]
    plain: str
    has_letter: bool


def render(text: str, *, level: int = 2, name: str = "") -> SafeString:
    """The text as HTML that is safe to show.

    The first heading becomes one of ``level``, and no level is left out below it. Where a page shows several texts,
    ``name`` keeps their ids apart. Raises ValueError if the text is longer than MAX_LENGTH.
    """
    return _page(text, level, name).html


def outline(text: str, *, level: int = 2, name: str = "") -> tuple[Heading, ...]:
    """The headings of the text, for a list of contents: same levels and ids as ``render`` gives them."""
    return _page(text, level, name).headings


def plain(text: str) -> str:
    """The words of the text without markup, one line for each paragraph, for search and descriptions."""
    return _page(text, 2, "").plain


def has_letter(text: str) -> bool:
    """Whether the text has a letter with blanks to fill in, for which its page may load a script."""
    return _page(text, 2, "").has_letter


def parts(text: str) -> list[Token]:
    """What the text is made of, as ``render`` reads it: each token inside a block says where in it, in ``meta["at"]``.

    Raises ValueError if the text is longer than MAX_LENGTH.
    """
    _refuse_too_long(text)
    return _PARSER.parse(text, {"docId": ""})


def _refuse_too_long(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise ValueError(f"A text may have {MAX_LENGTH:,} characters; this one has {len(text):,}.")


@lru_cache(maxsize=1024)
def _page(text: str, level: int, name: str) -> Page:
    _refuse_too_long(text)
    if not 2 <= level <= 6:
        raise ValueError(f"Headings begin at a level from 2 to 6, not {level}: a page has one h1, its own.")
    name = slugify(name).replace("_", "-")
    prose = Prose(level=level, name=name, is_own_image=_is_own_image)
    prose.read(clean(_PARSER.render(text, {"docId": name})))
    # Cleaned again, so that not even a mistake in our own additions could let anything through.
    return Page(mark_safe(clean(prose.html)), tuple(prose.headings), prose.plain, prose.has_letter)  # noqa: S308


def _is_own_image(address: str) -> bool:
    return address.startswith(settings.MEDIA_URL) and ".." not in unquote(address)


class _BlockParser(ParserBlock):
    """Reads blocks; keeps what is nested too deeply as plain text, where its parent would drop it."""

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:
        if state.level < state.md.options.maxNesting:
            return super().tokenize(state, startLine, endLine)
        state.push("paragraph_open", "p", 1)
        token = state.push("inline", "", 0)
        token.content = state.getLines(startLine, endLine, state.blkIndent, False).strip()
        token.children = [Token("text", "", 0, content=token.content)]
        token.meta["read"] = True
        state.push("paragraph_close", "p", -1)
        state.line = endLine
        return None


class _Inside(StateInline):
    """Reads the inside of a block, and remembers of each token where in the block it stands."""

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = super().push(ttype, tag, nesting)
        token.meta["at"] = self.pos
        return token

    def pushPending(self) -> Token:
        token = super().pushPending()
        token.meta["at"] = self.pos
        return token


class _InlineParser(ParserInline):
    """Reads the inside of blocks, as its parent does, with the places of tokens."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _Inside(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _hr(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """A line of underscores is a blank to fill in, as in a letter, and not a rule."""
    line = state.src[state.bMarks[startLine] + state.tShift[startLine] : state.eMarks[startLine]]
    return not _BLANK.fullmatch(line.strip()) and hr(state, startLine, endLine, silent)


def _blank(state: StateInline, silent: bool) -> bool:
    """Three or more underscores with no letter or digit directly beside them: a blank to fill in."""
    match = _BLANK.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    before, after = state.src[: state.pos][-1:], state.src[match.end() :][:1]
    if before == "_" or before.isalnum() or after.isalnum():
        return False
    if not silent:
        state.push("blank_open", "span", 1).attrSet("class", "app-blank")
        state.push("text", "", 0).content = match[0]
        state.push("blank_close", "span", -1)
    state.pos = match.end()
    return True


def _note_ref(state: StateInline, silent: bool) -> bool:
    """A reference to a footnote, looked for only where one can be: the plugin reads on to the end each time."""
    return _NOTE.match(state.src, state.pos) is not None and footnote_ref(state, silent)


def _keep_unused_notes(state: StateCore) -> None:
    """Footnotes that nothing refers to are shown with the others, so that no words are lost."""
    notes = state.env.get("footnotes", {})
    for label, number in notes.get("refs", {}).items():
        if number < 0:
            notes["refs"][label] = len(notes["list"])
            notes["list"][len(notes["list"])] = {"label": label[1:], "count": 0}


def _inline(state: StateCore) -> None:
    """Reads the inside of each block, unless it holds so many brackets that it cannot be prose."""
    for token in state.tokens:
        if token.type != "inline" or token.meta.get("read"):
            continue
        token.children = []
        if token.content.count("[") > MAX_BRACKETS:
            token.children.append(Token("text", "", 0, content=token.content))
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def _fit(state: StateCore) -> None:
    """Tidies HTML that editors wrote, and says the alignment of table cells with a class: policy allows no style."""
    for token in state.tokens:
        if token.type in {"td_open", "th_open"} and (style := token.attrs.pop("style", "")):
            alignment = str(style).removeprefix("text-align:").replace("center", "centre")
            token.attrSet("class", f"app-align-{alignment}")
        for each in [token, *(token.children or [])]:
            if each.type in {"html_block", "html_inline"}:
                each.content = tidy(each.content)


class _Renderer(RendererHTML):
    """Writes footnotes so that their links say where they go."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.code_block(tokens, idx, options, env)

    def footnote_ref(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        note, number = _note_id(tokens[idx], env), tokens[idx].meta["id"] + 1
        return f'<sup><a class="app-note" href="#{note}" id="{note}-ref{_nth(tokens[idx])}">[{number}]</a></sup>'

    def footnote_block_open(self, *args: Any) -> str:
        return '<div class="footnotes"><ol>\n'

    def footnote_block_close(self, *args: Any) -> str:
        return "</ol></div>\n"

    def footnote_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<li id="{_note_id(tokens[idx], env)}">'

    def footnote_close(self, *args: Any) -> str:
        return "</li>\n"

    def footnote_anchor(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        if not env["footnotes"]["list"][token.meta["id"]].get("count"):
            return ""
        label = "Back to the text" + (f" ({token.meta['subId'] + 1})" if token.meta["subId"] else "")
        address = f"#{_note_id(token, env)}-ref{_nth(token)}"
        return (
            f' <a class="app-note-back" href="{address}" aria-label="{label}">\N{LEFTWARDS ARROW WITH HOOK}\ufe0e</a>'
        )


def _note_id(token: Token, env: EnvType) -> str:
    return "-".join(filter(None, ["note", env["docId"], str(token.meta["id"] + 1)]))


def _nth(token: Token) -> str:
    return f"-{token.meta['subId'] + 1}" if token.meta["subId"] else ""


class _Parser(MarkdownIt):
    """CommonMark with tables, footnotes and blanks; no strike-through, and no links from bare addresses."""

    def __init__(self) -> None:
        options = {"maxNesting": MAX_NESTING, "xhtmlOut": False}
        super().__init__("commonmark", options, renderer_cls=_Renderer)
        self.block = _BlockParser()
        self.inline = _InlineParser()
        self.configure("commonmark", options)
        self.enable("table")
        rules = cast(_Renderer, self.renderer).rules
        ours = dict(rules)
        self.use(footnote_plugin, inline=False)
        rules.update(ours)  # the plugin brings its own way of writing notes
        self.block.ruler.at("hr", _hr, {"alt": ["paragraph", "reference", "blockquote", "list"]})
        self.inline.ruler.before("emphasis", "blank", _blank)
        self.inline.ruler.at("footnote_ref", _note_ref)
        self.core.ruler.at("inline", _inline)
        self.core.ruler.before("footnote_tail", "keep_unused_notes", _keep_unused_notes)
        self.core.ruler.push("fit", _fit)

    def validateLink(self, url: str) -> bool:
        """The cleaner judges addresses: a link that may lead nowhere keeps its words and loses its markup."""
        return True


# A table row with too few cells is filled up: by default, 2 kB of text may so become 65,000 cells.
importlib.import_module("markdown_it.rules_block.table").MAX_AUTOCOMPLETED_CELLS = 2_000  # type: ignore[attr-defined]

_PARSER = _Parser()


class MarkdownField(MarkdownxField):
    """Text in Markdown, edited with a preview beside it. ``level`` is that of its first heading on the public page."""

    default_validators = [
        *models.TextField.default_validators,
        MaxLengthValidator(MAX_LENGTH, f"Keep this to {MAX_LENGTH:,} characters. It has %(show_value)d."),
    ]

    def __init__(self, *args: Any, level: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.level = level

    def deconstruct(self) -> Any:
        # To the database it is a text, so no migration depends on this class or on the editor.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        # Django and its admin offer boxes of their own for a text; this one has the editor wherever it appears.
        return super().formfield(
            **{**kwargs, "form_class": MarkdownFormField, "widget": MarkdownWidget, "level": self.level}
        )
