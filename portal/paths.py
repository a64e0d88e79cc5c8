"""The paths of pages by their names. The addresses of a process do not change, so each is looked up once."""

from __future__ import annotations

from functools import lru_cache

from django.urls import get_script_prefix, reverse

# Of so many pages; a path is some hundred bytes.
MOST = 8_192


def path_to(name: str, *args: str | int, current_app: str | None = None) -> str:
    """What ``reverse`` gives, for a few microseconds where it was asked before."""
    return _path(get_script_prefix(), current_app, name, args)


@lru_cache(maxsize=MOST)
def _path(prefix: str, current_app: str | None, name: str, args: tuple[str | int, ...]) -> str:
    return reverse(name, args=args, current_app=current_app)
