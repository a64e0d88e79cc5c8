"""What the rules of axe find on a page: WCAG 2.2 to level AA, and what axe calls best practice."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES: dict[str, object] = {"runOnly": {"type": "tag", "values": TAGS}}
BUT_SIZE = RULES | {"rules": {"target-size": {"enabled": False}}}  # Django's own lists have small boxes to tick
# Colours differ by the scheme and the layout by the width: each of both is looked at once, and not each pair of them.
LOOKS = [("light", 768), ("dark", 1280)]
every_look = pytest.mark.parametrize(("scheme", "width"), LOOKS)
# Of what axe finds, the faults alone: to hand over what is right with every element takes as long as to find it. A
# colour that changes slowly, as the admin's links do, is brought to its end first.
RUN = """async ([part, rules]) => {
  for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
  const { violations } = await axe.run(part ?? document, rules);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, target }) => `${location.href} at ${innerWidth} px, ${id}: ${target} ${html.slice(0, 160)}`));
}"""


def violations(page: Page, part: str | None = None, rules: dict[str, object] = RULES) -> list[str]:
    """Each element of the page that breaks a rule: its address, the width, the rule and the element.

    ``part`` is a CSS selector; what stands outside of it is not looked at.
    """
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(RUN, [part, rules]))


def fits(page: Page) -> bool:
    """Whether the page is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
