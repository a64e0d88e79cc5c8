"""The cache in Redis, with a real server that goes away and comes back: the portal notices, and goes on."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from portal import redis_cache
from portal.redis_cache import ASKED, RedisOrDatabase
from tests.nginx_server import HERE, free_port, program, wait_for

pytestmark = pytest.mark.django_db


class Server:
    """A Redis server that keeps nothing on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [program("redis-server"), "--port", str(self.port), "--bind", HERE, "--save", "", "--dir"]
        log = self.folder / "redis.log"
        with log.open("wb") as out:
            self.process = subprocess.Popen([*command, str(self.folder)], stdout=out, stderr=out)
        wait_for(self.port, self.process, log)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(60)
            self.process = None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a server is left alone, told by the test."""
    now = [1_000.0]
    monkeypatch.setattr(redis_cache.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def server(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> Iterator[Server]:
    found = Server(tmp_path)
    found.start()
    monkeypatch.setattr(redis_cache, "server", redis_cache._Server())
    settings.CACHES = {
        "database": settings.CACHES["default"],
        "default": {
            "BACKEND": "portal.redis_cache.RedisOrDatabase",
            "LOCATION": f"redis://{HERE}:{found.port}/0",
            "KEY_PREFIX": "portal",
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        },
    }
    yield found
    caches.close_all()
    found.stop()


def everything() -> dict[str, Any]:
    """The answers of all that a cache can do."""
    cache.clear()
    return {
        "set": cache.set("a", {"n": 1}, 60),
        "get": cache.get("a"),
        "none": cache.get("b", "nothing"),
        "add": (cache.add("b", 1, 60), cache.add("b", 2, 60), cache.get("b")),
        "incr": (cache.incr("b"), cache.decr("b", 2)),
        "touch": (cache.touch("a", 60), cache.touch("z", 60)),
        "has": (cache.has_key("a"), "z" in cache),
        "many": (cache.set_many({"c": 3, "d": 4}), cache.get_many(["c", "d", "z"])),
        "made": cache.get_or_set("e", lambda: 5, 60),
        "delete": (cache.delete("a"), cache.delete("a")),
        "gone": (cache.delete_many(["c", "d"]), cache.get_many(["c", "d"])),
        "clear": (cache.clear(), cache.get("b"))[1],
    }


def test_all_that_a_cache_can_do_is_the_same_in_redis_and_without_it(server, django_assert_num_queries):
    with django_assert_num_queries(0):
        there = everything()
    server.stop()
    assert everything() == there


def test_whatever_asks_redis_has_somebody_to_stand_in():
    own = {name for name in vars(RedisCache) if not name.startswith("_") and callable(getattr(RedisCache, name))}
    assert own - {"get_backend_timeout"} == set(ASKED)


def test_a_code_is_used_once_while_redis_is_away(server):
    server.stop()
    assert cache.add("used-code", "y", 30)
    assert not cache.add("used-code", "y", 30)


def test_the_portal_stays_ready_when_redis_goes_between_keeping_and_reading(client, server, monkeypatch):
    keep = RedisCache.set

    def keep_and_go(self, *args, **kwargs):
        keep(self, *args, **kwargs)
        server.stop()

    monkeypatch.setattr(RedisCache, "set", keep_and_go)
    assert client.get("/readyz").json()["cache"] == "ok"
    assert server.process is None


def test_it_is_told_once_when_redis_goes_and_once_when_it_is_back(server, clock, caplog):
    caplog.set_level(logging.INFO, "portal.redis_cache")
    cache.set("a", 1)
    server.stop()
    for _ in range(5):
        assert cache.get("a") is None
        clock[0] += 10
    server.start()
    clock[0] += 10
    cache.set("a", 2)
    assert cache.get("a") == 2
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert str(server.port) not in caplog.text, "the address may hold a password"


def test_nobody_waits_for_a_server_that_was_away_just_now(server, clock, monkeypatch):
    server.stop()
    cache.get("a")
    asked = []
    get = RedisCache.get
    monkeypatch.setattr(RedisCache, "get", lambda self, key, *args, **more: (asked.append(key), get(self, key))[1])
    for _ in range(20):
        cache.get("a")
    assert asked == []
    clock[0] += redis_cache.LEFT_ALONE
    for _ in range(20):
        cache.get("a")
    assert asked == ["a"], "one looks whether it is back"


def test_of_many_threads_one_looks(clock):
    known = redis_cache._Server()
    known.failed(RedisError())
    clock[0] += redis_cache.LEFT_ALONE
    looked: list[bool] = []
    threads = [threading.Thread(target=lambda: looked.append(known.may_be_asked())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(looked) == [False] * 7 + [True]


def test_what_the_caller_did_wrong_is_no_fault_of_the_server(server):
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")
    assert redis_cache.server.may_be_asked()
    assert isinstance(caches["default"], RedisOrDatabase)


def test_the_portal_is_healthy_without_redis(server, client):
    server.stop()
    assert client.get("/healthz").status_code == 200
    assert client.get("/projects/").status_code == 200
    assert client.get("/admin/login/").status_code == 200
