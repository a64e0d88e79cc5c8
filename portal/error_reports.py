"""Errors sent to Sentry, where an operator has it: what went wrong and where in the code, and nothing of anybody.

An event is made anew from the few parts that are named here, so that what a later version of its library adds is left
out until somebody has looked at it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from portal.logs import PROGRAM_ERRORS, current_request, masked

Event = dict[str, Any]

# Of the program and the machine, and never of a request or a person.
KEPT = ("event_id", "timestamp", "level", "platform", "environment", "release", "logger", "sdk", "modules", "type")
KEPT_OF_FRAME = ("filename", "abs_path", "module", "function", "lineno", "in_app")
KEPT_CONTEXTS = ("runtime", "trace")


def begin(dsn: str) -> None:
    """From here on, errors are reported to the project of this address."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        environment=settings.PORTAL_ENV,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,  # they hold statements, and what was logged before
        auto_session_tracking=False,
        server_name="",
        before_send=without_persons,
        before_send_transaction=nothing,
    )


def without_persons(event: Any, hint: dict[str, Any]) -> Any:
    """What is sent of an event: no query, form, cookie, person, address of a visitor, or value of any kind."""
    found = {name: event[name] for name in KEPT if name in event}
    found["contexts"] = {name: event["contexts"][name] for name in KEPT_CONTEXTS if name in event.get("contexts", {})}
    found["tags"] = {"request": current_request()}
    if values := event.get("exception", {}).get("values"):
        found["exception"] = {"values": [_error(value) for value in values]}
    if entry := event.get("logentry"):
        found["logentry"] = {"message": masked(str(entry.get("message", "")))}  # without what would stand in it
    return found


def nothing(event: Any, hint: dict[str, Any]) -> None:
    """How fast pages are is not reported."""


def _error(value: Event) -> Event:
    """One error of a chain: its words only where they are about the program."""
    frames = (value.get("stacktrace") or {}).get("frames") or []
    is_plain = value.get("type") in PROGRAM_ERRORS
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": masked(str(value.get("value", ""))) if is_plain else "",
        "mechanism": {"type": "django", "handled": False},
        "stacktrace": {
            "frames": [{name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames],
        },
    }
