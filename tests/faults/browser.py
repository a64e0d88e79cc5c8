"""A browser without a screen: it keeps a connection and its cookies, reads forms and sends them as they stand."""

from __future__ import annotations

import http.client
import threading
import uuid
from contextlib import suppress
from http.cookies import SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.pages import Page

PATIENCE = 60  # seconds until an answer
# The server is gone, before it answered or while it did.
GONE = (OSError, http.client.HTTPException)
# Whoever holds it keeps every browser from connecting, such as while it counts connections.
CONNECTING = threading.Lock()
Fields = dict[str, list[str]]
Files = dict[str, tuple[str, str, bytes]]  # by field: name, type and content


class Answer(NamedTuple):
    status: int
    headers: Any
    text: str

    @property
    def page(self) -> Page:
        return Page(self.text)


class Browser:
    """``base`` is the address of the server, such as ``http://127.0.0.1:8000``. Raises one of ``GONE``."""

    def __init__(self, base: str, patience: float = PATIENCE) -> None:
        self.connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=patience)
        self.cookies: dict[str, str] = {}
        self.port = 0  # of this end of the connection that it used last

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Answer:
        headers = {"Accept": "text/html", "Connection": "keep-alive"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = kind
        try:
            if self.connection.sock is None:
                self.port = 0
                with CONNECTING:
                    self.connection.connect()
                self.port = int(self.connection.sock.getsockname()[1])
            with suppress(BrokenPipeError):  # who refuses a body answers before it has come
                self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
            text = response.read()
        except BaseException:
            self.connection.close()
            raise
        for header in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return Answer(response.status, response.headers, text.decode(errors="replace"))

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, fields: Fields, files: Files | None = None) -> Answer:
        if files is None:
            return self.ask("POST", path, urlencode(fields, doseq=True).encode(), "application/x-www-form-urlencoded")
        body, kind = _multipart(fields, files)
        return self.ask("POST", path, body, kind)

    def form(self, path: str) -> Fields:
        """What the form at an address holds, to change and to send. Raises ``RefusedError`` where there is none."""
        answer = self.get(path)
        if answer.status != 200:
            raise RefusedError(answer)
        return answer.page.fields

    def sign_in(self, name: str) -> None:
        from tests.factories import PASSWORD

        fields = self.form("/admin/login/")
        answer = self.post("/admin/login/", {**fields, "login": [name], "password": [PASSWORD]})
        if answer.status != 302:
            raise RefusedError(answer)


class RefusedError(Exception):
    """The server answered, and did not do what was asked."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}: {' '.join(answer.page.text('h1'))}")
        self.answer = answer


def _multipart(fields: Fields, files: Files) -> tuple[bytes, str]:
    """A form with files (RFC 7578)."""
    boundary = uuid.uuid4().hex
    parts: list[bytes] = []
    for name, values in fields.items():
        for value in values:
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
            parts.append(head.encode() + value.encode() + b"\r\n")
    for name, (file, kind, content) in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
