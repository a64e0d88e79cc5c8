"""Settings that can be read and would still be wrong: each a sentence that says what to set."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http.request import validate_host

HOST = re.compile(r"\.?[a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:]+\]", re.IGNORECASE)
THIS_MACHINE = {"localhost", "127.0.0.1", "::1", "[::1]"}


def problems(found: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong in these settings, by their names. Passwords and keys are never repeated."""
    yield from _addresses(found)
    yield from _mail(found)
    yield from _organisation(found)
    yield from _redis(found["REDIS_URL"])
    yield from _bucket(found)
    yield from _folder(found["PORTAL_VAR"])
    yield from _reports(found)
    if not found["DEVELOPMENT"]:
        yield from _production(found)


def _production(found: Mapping[str, Any]) -> Iterator[str]:
    if (key := found["SECRET_KEY"]) and is_weak(key):
        yield "Set SECRET_KEY to at least 50 random characters; this one is too weak."
    if "*" in found["ALLOWED_HOSTS"]:
        yield "Set ALLOWED_HOSTS to real host names; * lets anybody choose the portal's address."
    url = _parts(found["PORTAL_URL"])
    if url is None or not url.hostname:
        return
    if found["SECURE_SSL"] and url.scheme != "https":
        yield (
            f"PORTAL_URL is “{found['PORTAL_URL']}”; it must begin with https://, since readers come over HTTPS "
            "(SECURE_SSL)."
        )
    if found["ALLOWED_HOSTS"] and not validate_host(url.hostname, found["ALLOWED_HOSTS"]):
        yield f"PORTAL_URL is “{found['PORTAL_URL']}”; add its host to ALLOWED_HOSTS, or no link to it would work."
    if found["EMAIL_HOST"] and not found["EMAIL_USE_TLS"] and found["EMAIL_HOST"] not in THIS_MACHINE:
        yield "Set EMAIL_USE_TLS to true: links that choose a password must not be sent unencrypted to another machine."


def is_weak(key: str) -> bool:
    """Whether a key is short, of few characters, a text repeated, or one that a tool gives for development."""
    is_repeated = (key + key).find(key, 1) < len(key)
    return len(key) < 50 or len(set(key)) < 10 or is_repeated or key.startswith("django-insecure-")


def _addresses(found: Mapping[str, Any]) -> Iterator[str]:
    value = found["PORTAL_URL"]
    url = _parts(value)
    if url is None or url.scheme not in {"http", "https"} or not url.hostname:
        yield f"PORTAL_URL is “{value}”; it must begin with http:// or https://, and a host."
    elif url.path or url.query or url.fragment or "@" in url.netloc:
        yield f"PORTAL_URL is “{value}”; it must end with the host, or its port: the portal answers at / alone."
    for host in found["ALLOWED_HOSTS"]:
        if host != "*" and not HOST.fullmatch(host):
            words = "it must be a host alone, such as portal.example, without https:// and without a port"
            yield f"ALLOWED_HOSTS names “{host}”; {words}."
    try:
        validate_email(found["PORTAL_EMAIL"])
    except ValidationError:
        yield f"PORTAL_EMAIL is “{found['PORTAL_EMAIL']}”; it must be an email address."


def _mail(found: Mapping[str, Any]) -> Iterator[str]:
    if bool(found["EMAIL_HOST_USER"]) != bool(found["EMAIL_HOST_PASSWORD"]):
        yield "Set both EMAIL_HOST_USER and EMAIL_HOST_PASSWORD, or neither."
    if found["EMAIL_HOST"] and found["EMAIL_PORT"] == 465:
        yield "EMAIL_PORT is “465”; it must be one that begins in the clear and turns to TLS (STARTTLS), such as 587."


def _organisation(found: Mapping[str, Any]) -> Iterator[str]:
    names = ["OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"]
    if not any(found[name] for name in names):
        return
    for name in names:
        if not found[name]:
            yield f"Set {name} too: signing in through an organisation needs all three."
    url = _parts(found["OIDC_SERVER_URL"])
    is_safe = url is not None and url.scheme == "https" and url.hostname
    if found["OIDC_SERVER_URL"] and not (is_safe or found["DEVELOPMENT"]):
        yield f"OIDC_SERVER_URL is “{found['OIDC_SERVER_URL']}”; it must begin with https://."
    if not (find_spec("jwt") and find_spec("requests")):
        yield "OIDC_SERVER_URL needs the Python packages of django-allauth[socialaccount]."


def _reports(found: Mapping[str, Any]) -> Iterator[str]:
    """Of weaknesses by people, and of errors by the portal itself."""
    if contact := found["SECURITY_CONTACT"]:
        try:
            validate_email(contact)
        except ValidationError:
            if not _is_page(contact):
                words = "it must be an email address, or that of a page that begins with https://"
                yield f"SECURITY_CONTACT is “{contact}”; {words}."
    if (policy := found["SECURITY_POLICY"]) and not _is_page(policy):
        yield f"SECURITY_POLICY is “{policy}”; it must be the address of a page, and begin with https://."
    if dsn := found["SENTRY_DSN"]:
        url = _parts(dsn)
        # It lets anybody report, so it is not repeated.
        if url is None or url.scheme not in {"http", "https"} or not (url.username and url.hostname and url.path[1:]):
            yield "SENTRY_DSN must be an address such as https://key@sentry.example/1; this one is not."
        elif not find_spec("sentry_sdk"):
            yield "SENTRY_DSN needs the Python package sentry-sdk, the extra “sentry” of the portal."


def _is_page(address: str) -> bool:
    url = _parts(address)
    return url is not None and url.scheme == "https" and bool(url.hostname) and " " not in address


def _redis(url: str) -> Iterator[str]:
    """The address may hold a password, so it is not repeated."""
    parts = _parts(url)
    if url and (parts is None or parts.scheme not in {"redis", "rediss", "unix"} or not (parts.hostname or parts.path)):
        yield "REDIS_URL must be the address of a Redis server, such as rediss://:password@host/0; this one is not."
    if url and not find_spec("redis"):
        yield "REDIS_URL needs the Python package redis: install requirements/optional.txt."


def _bucket(found: Mapping[str, Any]) -> Iterator[str]:
    others = ["MEDIA_S3_ENDPOINT", "MEDIA_S3_REGION", "MEDIA_S3_ACCESS_KEY", "MEDIA_S3_SECRET_KEY"]
    if not found["MEDIA_S3_BUCKET"]:
        if given := [name for name in others if found[name]]:
            yield f"Set MEDIA_S3_BUCKET too: without it, {given[0]} means nothing."
        return
    if bool(found["MEDIA_S3_ACCESS_KEY"]) != bool(found["MEDIA_S3_SECRET_KEY"]):
        yield "Set both MEDIA_S3_ACCESS_KEY and MEDIA_S3_SECRET_KEY, or neither."
    if endpoint := found["MEDIA_S3_ENDPOINT"]:
        url = _parts(endpoint)
        is_safe = url is not None and (url.scheme == "https" or (url.scheme == "http" and url.hostname in THIS_MACHINE))
        if url is None or not is_safe or not url.hostname or "@" in url.netloc:
            yield "MEDIA_S3_ENDPOINT must begin with https://, and name a host and no password."
    if not (find_spec("storages") and find_spec("boto3")):
        yield "MEDIA_S3_BUCKET needs the Python packages of django-storages[s3]: install requirements/optional.txt."


def _folder(folder: Path) -> Iterator[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield f"PORTAL_VAR is “{folder}”; that folder cannot be made: {error.strerror}."
    else:
        if not os.access(folder, os.W_OK | os.X_OK):
            yield f"PORTAL_VAR is “{folder}”; whoever runs the portal may not write there."


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (reading it says whether it is a number)
    except ValueError:
        return None
    return parts
