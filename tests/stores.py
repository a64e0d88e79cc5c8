"""Stores of uploaded files that are no folder: one in memory, and one that is spoken to in S3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from tests.web_server import answering

HERE = "127.0.0.1"
BUCKET = "portal-files"
WHEN = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


class Elsewhere(Storage):
    """What every storage can do, and nothing more: no file of it has a path."""

    kept: dict[str, bytes] = {}

    def _open(self, name: str, mode: str = "rb") -> ContentFile:
        if name not in self.kept:
            raise FileNotFoundError(name)
        return ContentFile(self.kept[name], name)

    def _save(self, name: str, content: Any) -> str:
        self.kept[name] = content.read()
        return name

    def exists(self, name: str) -> bool:
        return name in self.kept

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        below = [name.removeprefix(f"{path}/" if path else "") for name in self.kept if name.startswith(path)]
        return sorted({name.split("/")[0] for name in below if "/" in name}), [
            name for name in below if "/" not in name
        ]

    def size(self, name: str) -> int:
        return len(self.kept[name])

    def url(self, name: str | None) -> str:
        return f"/media/{name}"

    def get_modified_time(self, name: str) -> dt.datetime:
        if name not in self.kept:
            raise FileNotFoundError(name)
        return WHEN


@dataclass
class S3:
    """As much of the protocol as the portal uses, and what was asked of it."""

    port: int
    kept: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # method, path, headers
    says: int = 200  # or an error, to everything

    @property
    def storage(self) -> dict[str, Any]:
        options = {"bucket_name": BUCKET, "endpoint_url": f"http://{HERE}:{self.port}", "region_name": "eu-west-2"}
        options |= {"access_key": "portal", "secret_key": "the secret of the store"}
        return {"BACKEND": "portal.bucket.PrivateBucket", "OPTIONS": options}


@contextmanager
def s3() -> Iterator[S3]:
    store: S3

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            store.asked.append((self.command, self.path, dict(self.headers)))
            parts = urlsplit(self.path)
            bucket, _, key = unquote(parts.path[1:]).partition("/")
            assert bucket == BUCKET
            if store.says != 200:
                return self.say(store.says, b"<Error><Code>SlowDown</Code><Message>later</Message></Error>")
            if self.command == "PUT":
                store.kept[key] = content
                return self.say(200)
            if self.command == "DELETE":
                store.kept.pop(key, None)
                return self.say(204)
            if not key:
                return self.say(200, self.listing(parse_qs(parts.query).get("prefix", [""])[0]))
            if key not in store.kept:
                return self.say(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
            return self.say(200, store.kept[key])

        do_GET = do_HEAD = do_PUT = do_DELETE = answer

        def listing(self, prefix: str) -> bytes:
            names = [name.removeprefix(prefix) for name in store.kept if name.startswith(prefix)]
            folders = {name.split("/")[0] for name in names if "/" in name}
            files = [name for name in names if "/" not in name]
            text = "".join(f"<Contents><Key>{escape(prefix + name)}</Key></Contents>" for name in files)
            text += "".join(f"<CommonPrefixes><Prefix>{prefix}{name}/</Prefix></CommonPrefixes>" for name in folders)
            return f"<ListBucketResult><IsTruncated>false</IsTruncated>{text}</ListBucketResult>".encode()

        def say(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", format_datetime(WHEN, usegmt=True))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    with answering(Handler) as port:
        store = S3(port)
        yield store
