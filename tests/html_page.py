"""A strict reader of rendered Markdown, for the tests of it."""

import re
from html.parser import HTMLParser

from portal.markdown import outline, render

# Written here anew, and not taken from the code, so that a wrong list in the code does not approve of itself.
TAGS = set(
    "a abbr b blockquote br caption cite code dd del details div dl dt em figcaption figure h2 h3 h4 h5 h6 hr i img"
    " ins kbd li mark ol p pre q samp span strong sub summary sup table tbody td tfoot th thead tr ul".split()
)
ATTRIBUTES = set(
    "alt aria-label class colspan height href id loading open role rowspan scope src start tabindex title width".split()
)
CLASSES = re.compile(
    r"(app-(align-(left|centre|right)|blank(-name)?|letter(__foot)?|note(-back)?|table|template)|footnotes"
    r"|nhsuk-[a-z_-]+)?"
)
ADDRESS = re.compile(r"(https?:|mailto:|tel:)|(?![a-z0-9+.-]*:|[/\\]{2}|/\\|\\)", re.IGNORECASE)


class Page(HTMLParser):
    """Reads HTML as strictly as it can and refuses what may not be in it."""

    def __init__(self, html):
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.levels: list[int] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.depth = 0
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, tag
        self.tags.append(tag)
        for name, value in attrs:
            assert name in ATTRIBUTES, (tag, name)
            if name in {"href", "src"}:
                assert ADDRESS.match(value), value
                assert not re.search(r"[\x00-\x20]", value), value
            if name == "src":
                assert value.startswith("/media/"), value
            if name == "href":
                self.links.append(value)
            if name == "id":
                assert re.fullmatch(r"(section|note)-[a-z0-9-]+", value), value
                self.ids.append(value)
            if name == "class":
                assert CLASSES.fullmatch(value), value
        if tag not in {"br", "hr", "img"}:
            self._open.append(tag)
            self.depth = max(self.depth, len(self._open))
        if re.fullmatch("h[2-6]", tag):
            self.levels.append(int(tag[1]))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    handle_decl = unknown_decl = handle_pi = handle_comment


def assert_fit(text, html=None):
    """The text's HTML is safe and in order, and its outline tells the truth."""
    page = Page(render(text) if html is None else html)
    assert len(page.ids) == len(set(page.ids))
    for above, below in zip([1, *page.levels], page.levels, strict=False):
        assert below <= above + 1, page.levels
    headings = outline(text)
    assert [heading.level for heading in headings] == page.levels
    assert [heading.id for heading in headings] == [found for found in page.ids if found.startswith("section-")]
    assert all(heading.title for heading in headings)
    return page
