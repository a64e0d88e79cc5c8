"""How Mozilla's HTTP observatory scores a site, as far as its answers decide it.

After its public tables (mdn-http-observatory, src/grader/charts.js, and http-observatory, docs/scoring.md): from 100
points, penalties go off; what is added counts only for who has 90 without it. 100 and more are an A+. What depends on
the connection alone (a certificate, the list of preloaded hosts) is left out, so an A+ here is one without help.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.cookies import SimpleCookie

UNSAFE = ("'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "http:", "https:")
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
HALF_A_YEAR = 15_768_000
EXTRA_FROM = 90


def directives(policy: str) -> dict[str, list[str]]:
    found = [part.split() for part in policy.split(";") if part.strip()]
    assert len({name for name, *_ in found}) == len(found), (
        "a directive that stands twice counts once, and it is the first"
    )
    return {name: sources for name, *sources in found}


def of_policy(headers: Mapping[str, str]) -> int:
    if "Content-Security-Policy" not in headers:
        return -25
    policy = directives(headers["Content-Security-Policy"])
    default = policy.get("default-src", ["*"])
    active = [*policy.get("script-src", default), *policy.get("object-src", default)]
    if set(active) & {*UNSAFE, "data:"}:
        return -10 if "'unsafe-eval'" in active and "'unsafe-inline'" not in active else -20
    if any(source.startswith(("http:", "ftp:")) for sources in policy.values() for source in sources):
        return -20
    if set(policy.get("style-src", default)) & {*UNSAFE, "data:"}:
        return 0
    is_shut = default == ["'none'"] and set(policy.get("form-action", ["*"])) <= {"'self'", "'none'"}
    return 10 if is_shut else 5


def of_cookies(cookies: SimpleCookie, *, by_hsts: bool) -> int:
    if not cookies:
        return 0
    points = 5
    for name, cookie in cookies.items():
        is_session, is_csrf = "sess" in name.lower(), "csrf" in name.lower()
        if not cookie["secure"]:
            points = min(points, (-10 if is_session else -5) if by_hsts else (-40 if is_session else -20))
        if is_session and not cookie["httponly"]:
            points = min(points, -30)
        if cookie["samesite"] not in {"Lax", "Strict"}:
            points = min(points, -20 if cookie["samesite"] or is_csrf else 0)
    return points


def of_hsts(headers: Mapping[str, str]) -> int:
    found = re.search(r"max-age=(\d+)", headers.get("Strict-Transport-Security", ""))
    return -20 if not found else 0 if int(found[1]) >= HALF_A_YEAR else -10


def of_referrer(headers: Mapping[str, str]) -> int:
    value = headers.get("Referrer-Policy", "")
    return 0 if not value else 5 if {one.strip() for one in value.split(",")} <= PRIVATE else -5


def of_framing(headers: Mapping[str, str]) -> int:
    policy = directives(headers.get("Content-Security-Policy", ""))
    if set(policy.get("frame-ancestors", ["*"])) <= {"'self'", "'none'"}:
        return 5
    return 0 if headers.get("X-Frame-Options", "").upper() in {"DENY", "SAMEORIGIN"} else -20


def of_resources(headers: Mapping[str, str]) -> int:
    value = headers.get("Cross-Origin-Resource-Policy", "")
    return 10 if value in {"same-origin", "same-site"} else 0 if value in {"", "cross-origin"} else -5


def of_sharing(headers: Mapping[str, str]) -> int:
    is_open = headers.get("Access-Control-Allow-Origin") not in {None, "*"}
    return -50 if is_open and headers.get("Access-Control-Allow-Credentials") == "true" else 0


def of_sniffing(headers: Mapping[str, str]) -> int:
    return 0 if headers.get("X-Content-Type-Options", "").lower() == "nosniff" else -5


def score(headers: Mapping[str, str], cookies: SimpleCookie) -> int:
    """The points of one answer over HTTPS. Scripts of our own host cost nothing, and there are no others."""
    hsts = of_hsts(headers)
    found = [
        of_policy(headers),
        of_cookies(cookies, by_hsts=hsts == 0),
        hsts,
        of_referrer(headers),
        of_framing(headers),
        of_resources(headers),
        of_sharing(headers),
        of_sniffing(headers),
    ]
    without_extra = 100 + sum(points for points in found if points < 0)
    return 100 + sum(found) if without_extra >= EXTRA_FROM else without_extra


def grade(points: int) -> str:
    if points >= 100:
        return "A+"
    return "A" if points >= 90 else "B" if points >= 65 else "C" if points >= 45 else "D" if points >= 25 else "F"
