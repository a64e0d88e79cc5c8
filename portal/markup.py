"""The HTML that a text may hold: what editors may write themselves, and the cleaner that has the last word.

Markdown lets HTML through. ``tidy`` takes the tags that editors wrote apart and writes anew those that a text may
hold; ``clean`` then reads the whole as a browser would and drops all that is not listed here. The cleaner alone keeps
readers safe. ``tidy`` keeps words that only look like tags, such as "Dear <name>", and keeps the cleaner fast.
"""

import html
import re
from urllib.parse import quote

import nh3

SCHEMES = {"http", "https", "mailto", "tel"}

# What editors may write as HTML, with the attributes that each may carry. Markdown has its own way to write most.
EDITORS_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "details": {"open"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
EDITORS_TAGS = EDITORS_ATTRIBUTES.keys() | set(
    "b blockquote br caption cite code dd del dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark p pre"
    " q samp strong sub summary sup table tbody tfoot thead tr ul".split()
)
# Tags of HTML that a text may not hold: the tag goes, the words inside stay.
DROPPED_TAGS = set(
    "acronym address area article aside audio base basefont bdi bdo bgsound big blink body button canvas center col"
    " colgroup command data datalist dialog dir div embed fieldset font footer form frame frameset head header hgroup"
    " html image input isindex keygen label legend link listing main map marquee menu menuitem meta meter nav nobr"
    " optgroup option output param picture plaintext portal progress rb rp rt rtc ruby s search section slot small"
    " source spacer span strike textarea time title track tt u var video wbr".split()
)
# Tags whose content is no text either: all of it goes.
DROPPED_WHOLE = set("applet iframe math noembed noframes noscript object script select style svg template xmp".split())

_TAG = re.compile(
    rf"""
      (?P<aside> <!--.*?(?:-->|\Z) | <\?.*?(?:\?>|\Z) | <!\[CDATA\[.*?(?:\]\]>|\Z) | <![a-z].*?(?:>|\Z) )
    | <(?P<whole>{"|".join(sorted(DROPPED_WHOLE))})\b.*?(?:</(?P=whole)\s*>|\Z)
    | <(?P<close>/?)(?P<name>[a-z][a-z0-9-]*+)
      (?P<attributes>(?:\s++[a-z_:@*#][^\s"'<>/=]*+(?:\s*+=\s*+(?:[^\s"'=<>`]++|'[^']*+'|"[^"]*+"))?+)*+)\s*+/?+>
    | <
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'=<>`]++)))?+""")


def tidy(source: str) -> str:
    """HTML as an editor wrote it, with only the tags and attributes that a text may hold, each written anew.

    Comments go. What looks like a tag but is none in HTML, such as ``<your name>``, becomes text.
    """
    return _TAG.sub(_tidy_tag, source)


def _tidy_tag(match: re.Match[str]) -> str:
    if match["aside"] or match["whole"]:
        return ""
    name = (match["name"] or "").lower()
    if name in DROPPED_TAGS or name in DROPPED_WHOLE:
        return ""
    if name not in EDITORS_TAGS:
        return html.escape(match[0], quote=False)
    if match["close"]:
        return f"</{name}>"
    return f"<{name}{_tidy_attributes(name, match['attributes'])}>"


def _tidy_attributes(name: str, source: str) -> str:
    allowed = EDITORS_ATTRIBUTES.get(name, set())
    kept: dict[str, str] = {}
    for key, *values in _ATTRIBUTE.findall(source):
        if key.lower() in allowed:
            # Character references stay as they are: the cleaner reads them before it judges an address.
            value = "".join(values).replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
            kept.setdefault(key.lower(), value)
    return "".join(f' {key}="{value}"' for key, value in kept.items())


# What may reach a page: the editors' HTML, and what the portal adds to it.
_ATTRIBUTES = {
    **EDITORS_ATTRIBUTES,
    **{tag: EDITORS_ATTRIBUTES.get(tag, set()) | {"id"} for tag in ["a", "h2", "h3", "h4", "h5", "h6", "li"]},
    "a": {"href", "title", "id", "aria-label"},
    "div": {"tabindex", "role", "aria-label"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "pre": {"tabindex"},
    "th": {"colspan", "rowspan", "scope"},
}
_ALIGNMENTS = {"app-align-left", "app-align-centre", "app-align-right"}
_CLASSES = {
    "a": {"app-note", "app-note-back"},
    "blockquote": {"app-template"},
    "details": {"nhsuk-details"},
    "div": {"app-letter", "app-letter__foot", "app-table", "footnotes", "nhsuk-details__text"},
    "span": {"app-blank", "app-blank-name", "nhsuk-details__summary-text"},
    "summary": {"nhsuk-details__summary"},
    "table": {"nhsuk-table"},
    "td": _ALIGNMENTS,
    "th": _ALIGNMENTS,
}
_VALUES = {
    "aria-label": re.compile(r"Table|Text to fill in|Back to the text(?: \(\d+\))?"),
    "colspan": re.compile(r"[1-9]\d?"),
    "rowspan": re.compile(r"[1-9]\d?"),
    "height": re.compile(r"[1-9]\d{0,3}"),
    "width": re.compile(r"[1-9]\d{0,3}"),
    "id": re.compile(r"(?:section|note)-[a-z0-9-]+"),
    "loading": re.compile(r"lazy"),
    "role": re.compile(r"group"),
    "scope": re.compile(r"col|row"),
    "start": re.compile(r"\d{1,9}"),
    "tabindex": re.compile(r"0"),
}
# A browser writes these anew itself; a program that reads the page may take one for the end of the address.
_NOT_IN_ADDRESS = re.compile(r"[ \"<>`]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def safe_address(address: str) -> str | None:
    """The address as a browser reads it, or None if a link may not lead there.

    A link may lead to the web, a mailbox, a phone, or a place on this host. ``//host`` is refused in all its
    spellings, since it leads elsewhere while it looks like a path.
    """
    address = address.strip("".join(map(chr, range(0x21))))
    # A browser leaves out a tab or a line end inside an address, so "/<tab>/host" is "//host" to it.
    if not address or re.search(r"[\x00-\x1f\x7f]", address):
        return None
    if scheme := _SCHEME.match(address):
        return address if scheme[1].lower() in SCHEMES else None
    return None if re.match(r"[/\\]{2}|\\", address) else address


def _judge(tag: str, attribute: str, value: str) -> str | None:
    if attribute in {"href", "src"}:
        address = safe_address(value)
        return address and _NOT_IN_ADDRESS.sub(lambda sign: quote(sign[0]), address)
    pattern = _VALUES.get(attribute)
    return value if pattern is None or pattern.fullmatch(value) else None


# Built once, at import, so that a wrong list stops the start and not a reader.
_CLEANER = nh3.Cleaner(
    tags=EDITORS_TAGS | {"div", "span"},
    clean_content_tags=DROPPED_WHOLE,
    attributes=_ATTRIBUTES,
    attribute_filter=_judge,
    allowed_classes=_CLASSES,
    url_schemes=SCHEMES,
    link_rel=None,
)


def clean(source: str) -> str:
    """Balanced HTML that holds nothing but what is listed above."""
    return _CLEANER.clean(source)
