"""What the benchmark of the site measures is what it says: its arithmetic on recorded input, and one small run."""

import asyncio
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from articles.models import Article
from fellowship.made_up import FELLOWS
from fellowship.models import Fellow
from portal import generation
from portal.benchmark import content, load, processes, report, servers, site
from portal.benchmark.cost import Cost, percentile
from portal.publishing import Publishable
from projects.models import Project
from projects.plain_list import plain_list

PROJECTS = 38

# Reading what others print

RECORDED = """Running 2s test @ http://127.0.0.1:18460/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   382.62us    1.22ms  33.33ms   96.55%
    Req/Sec    35.64k     5.59k   42.90k    70.00%
  Latency Distribution
     50%  198.00us
     75%  287.00us
     90%  498.00us
     99%    3.72ms
  70911 requests in 2.00s, 651.20MB read
{errors}Requests/sec:  35451.06
Transfer/sec:    325.56MB
"""


def test_what_wrk_prints_is_read_in_milliseconds():
    found = load.read(RECORDED.format(errors=""))
    assert found == load.Load(requests=70_911, per_second=35_451.06, p50=0.198, p99=3.72, failed=0)


def test_what_failed_is_counted():
    errors = "  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\n"
    assert load.read(RECORDED.format(errors=errors)).failed == 54_321


def test_anything_else_is_an_error_that_shows_it():
    with pytest.raises(load.LoadError, match="unable to connect"):
        load.read("unable to connect to 127.0.0.1:1 Connection refused")


def stat(pid, parent, name, *ticks):
    return f"{pid} ({name}) S {parent} 1 1 0 -1 4194560 100 0 0 0 {' '.join(map(str, ticks))} 20 0 9 0 100 1000 200"


def test_a_process_is_read_whatever_its_name():
    found = processes.parsed(stat(7, 3, "a) R 99 (b", 10, 5, 2, 1))
    assert found == processes.Stat(parent=3, ticks=18)


@pytest.fixture
def proc(tmp_path):
    """A server with two processes, one of which has begun another, beside somebody else's."""
    for pid, parent, ticks, kilobytes in [
        (10, 1, 100, 2048),
        (11, 10, 50, 1024),
        (12, 10, 30, 1024),
        (13, 12, 20, 512),
    ]:
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(stat(pid, parent, "python", ticks, 0, 0, 0))
        (tmp_path / str(pid) / "smaps_rollup").write_text(f"Rss: 9999 kB\nPss: {kilobytes} kB\nPss_Anon: 1 kB\n")
    (tmp_path / "99").mkdir()
    (tmp_path / "99" / "stat").write_text(stat(99, 1, "other", 1_000, 0, 0, 0))
    (tmp_path / "98").mkdir()  # it ends as it is looked at
    (tmp_path / "uptime").write_text("1 1")
    return tmp_path


def test_all_processes_of_a_server_count(proc):
    assert set(processes.tree(10, proc)) == {10, 11, 12, 13}
    assert processes.seconds(10, proc) == 200 / processes.TICKS
    assert processes.megabytes(10, proc) == 4.5
    assert processes.megabytes(10, proc, only_below=True) == 2.5


def test_a_server_that_has_ended_has_used_nothing(proc):
    assert processes.seconds(5, proc) == processes.megabytes(5, proc) == 0


def test_of_this_process_too():
    sum(range(1_000_000))
    assert processes.seconds(os.getpid()) > 0
    assert processes.megabytes(os.getpid()) > 10


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [([5.0], 99, 5), ([float(n) for n in range(101)], 99, 99), ([1.0, 3.0], 50, 2)],
)
def test_percentiles_lie_between_the_values(values, percent, found):
    assert percentile(values, percent) == found


# Load of our own


@contextmanager
def answering(status=200, *, says_length=True):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked.append((self.path, self.headers["Accept-Encoding"]))
            self.send_response(status)
            if says_length:
                self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_our_own_load_asks_as_it_is_told_and_counts_every_answer():
    with answering() as (base, asked):
        found = load.by_own(f"{base}/projects/?status=open", site.GZIP, 0.1, 3)
    assert set(asked) == {("/projects/?status=open", "gzip")}
    assert found.requests == len(asked) >= 3
    assert 0 < found.p50 <= found.p99
    assert found.failed == 0


def test_our_own_load_counts_errors_and_refuses_what_it_cannot_read():
    with answering(status=500) as (base, _):
        found = load.by_own(base, {}, 0.05, 1)
    assert found.failed == found.requests > 0
    with answering(says_length=False) as (base, _), pytest.raises(load.LoadError, match="how long"):
        load.by_own(base, {}, 0.05, 1)


def test_readers_who_ask_at_once_ask_after_the_edit():
    done = []
    with answering() as (base, asked):
        times = asyncio.run(load.all_at_once(base, {}, 5, lambda: done.append(len(asked))))
    assert done == [0]
    assert len(times) == len(asked) == 5


def test_a_server_that_does_not_start_says_why(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    with pytest.raises(servers.ServerError, match="no such thing"), servers.running(command, 1, tmp_path / "log"):
        pass


# Content


@pytest.fixture
def made_up(db):
    content.fill(PROJECTS)


def test_every_kind_of_page_is_made_up_and_every_page_answers(made_up, client):
    assert Project.objects.count() == PROJECTS
    assert Fellow.objects.public().count() == FELLOWS
    for kind in Publishable.kinds():
        for item in kind._default_manager.all():
            item.full_clean()
    pages = content.pages()
    assert set(pages) == {"home", "finder", "filtered finder", "brief", "search", "cohort", "article"}
    texts = {name: client.get(address).text for name, address in pages.items()}
    assert texts["cohort"].count("/fellowship/fellows/") >= FELLOWS
    assert 0 < texts["filtered finder"].count('class="app-result"') < texts["finder"].count('class="app-result"')
    assert texts["search"].count("<h3") > 0 or texts["search"].count("<h2") > 2
    assert Article.objects.get(slug="made-up-0").title in texts["article"]


def test_filters_that_nobody_asked_for_come_once_each_and_find_something(made_up):
    addresses = list(site.unasked(content.pages()))
    assert len(addresses) == len(set(addresses)) > 100
    for address in addresses[:20]:
        assert re.search(r"<h2>[1-9]\d* projects</h2>", plain_list(address)), address


def test_the_plain_list_has_the_rows_and_the_counts_of_the_finder(made_up, client):
    for address in [content.pages()["finder"], *list(site.unasked(content.pages()))[:10]]:
        finder, plain = client.get(address).text, plain_list(address)
        slugs = r'href="/projects/(made-up-\d+)/"'
        assert sorted(re.findall(slugs, finder)) == sorted(re.findall(slugs, plain)), address
        counts = r'name="(area|technique|modality)"[^>]*value="([\w-]+)"[^<]*<label[^>]*>[^<(]*\((\d+)\)'
        ours = {(name, value): count for name, value, count in re.findall(counts, " ".join(finder.split()))}
        theirs = {(name, value): count for name, value, count in re.findall(counts, " ".join(plain.split()))}
        assert theirs
        assert {box: theirs[box] for box in ours} == ours


@pytest.mark.django_db(transaction=True)
def test_an_edit_is_one_that_moves_the_content():
    content.fill(PROJECTS)
    before = generation.of_host()
    content.edit()
    assert generation.of_host() != before


@pytest.mark.django_db(transaction=True)
def test_rebuilds_are_counted_by_what_reaches_django():
    content.fill(PROJECTS)
    assert site.rebuilds("/projects/", 5) == 1


# The verdict


def row(look, **more):
    numbers = {"cpu": 1, "per_second": 1, "p50": 1, "p99": 1, "size": 1, "queries": 0, "repeated": 0}
    return site.Row(page="home", look=look, **{**numbers, **more})


def found(**more):
    values = {
        "rows": [row("cold", queries=8), row("new"), row("cached", ratio=3.3), row("304", ratio=3.0)],
        "list_size": {"gzip": 10_500, "brotli": 10_000},
        "in_process": {"home": Cost([3.9]), "finder": Cost([9.0])},
        "after_others": {"home": Cost([3.9]), "finder": Cost([9.0])},
        "unasked": Cost([3.0]),
        "plain": Cost([9.0]),
        "nginx_cpu": {"home": 0.0125},
        "rebuilt": 1,
        "burst": [1.0],
        "quiet": [1.0],
        "edited": [1.2],
        "memory": {"at start": 70, "warm": 140, "after": 146.9},
        "answering": 119.9,
    }
    return site.Found(**{**values, **more})


def verdicts(**more):
    return [met for _, met in report.aims(found(**more), 2, site.Effort())]


def test_what_is_just_good_enough_is_met():
    assert set(verdicts()) == {True}


@pytest.mark.parametrize(
    "worse",
    [
        {"rows": [row("cold"), row("new"), row("cached", ratio=3.4), row("304", ratio=3.0)]},
        {"rows": [row("cold"), row("new"), row("cached", ratio=3.0), row("304", ratio=3.4)]},
        {"rows": [row("cold", queries=9), row("cached", ratio=3), row("304", ratio=3)]},
        {"rows": [row("cold", repeated=1), row("cached", ratio=3), row("304", ratio=3)]},
        {"rows": [row("cold"), row("cached", ratio=3, queries=1), row("304", ratio=3)]},
        {"unasked": Cost([3.1])},
        {"in_process": {"home": Cost([4.0])}},
        {"after_others": {"home": Cost([4.0])}},
        {"list_size": {"gzip": 10_500, "brotli": 10_001}},
        {"answering": 120},
        {"memory": {"at start": 70, "warm": 100, "after": 105}},
        {"edited": [1.3]},
        {"rebuilt": 2},
        {"rebuilt": 0},
    ],
)
def test_what_is_just_not_good_enough_is_one_aim_not_met(worse):
    assert verdicts(**worse).count(False) == 1


def test_without_nginx_there_is_no_ratio_and_no_verdict():
    rows = [row("cold"), row("new"), row("cached"), row("304")]
    assert verdicts(rows=rows, nginx_cpu={}).count(None) == 2
    assert "nginx is not installed, so there is no ratio to it." in report.table(found(rows=rows, nginx_cpu={}))


def test_the_table_is_aligned():
    rows = [row("cold", cpu=12.345), row("cached", cpu=0.01234, ratio=2.5, per_second=123_456, size=1_234_567)]
    lines = list(report.table(found(rows=rows)))[:3]
    assert len({len(line) for line in lines}) == 1
    assert "12.35" in lines[1]
    assert "0.0123" in lines[2]


# The command


@pytest.mark.parametrize("arguments", [["--projects=37"], ["--rounds=0"], ["--seconds=0.5"]])
def test_too_little_to_measure_is_refused(arguments):
    with pytest.raises(CommandError, match="at least"):
        call_command("benchmark_site", *arguments)


def test_a_database_with_tables_is_left_alone(db):
    with pytest.raises(CommandError, match="holds tables"):
        call_command("benchmark_site", "--in-scratch-database")
    assert connection.introspection.table_names()


def test_the_command_measures_every_page_and_leaves_nothing_behind(tmp_path):
    """As it is run by hand; the portal's database here is one that it could not open."""
    environment = {
        **os.environ,
        "PORTAL_ENV": "development",
        "PORTAL_VAR": str(tmp_path / "var"),
        "TMPDIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/no-such-folder/portal.sqlite3",
    }
    command = [sys.executable, "manage.py", "benchmark_site", "--quick"]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    looks = re.findall(
        r"^(home|finder|filtered finder|brief|cohort|article|search) +(cold|cached|304) ", done.stdout, re.M
    )
    assert len(looks) == len(set(looks)) == 21
    assert re.search(r"^filtered finder +new ", done.stdout, re.M)
    verdicts = re.findall(r"^(met|NOT MET|not measured) ", done.stdout, re.M)
    assert len(verdicts) == 13
    assert "requests failed" not in done.stdout
    assert not list(tmp_path.glob("portal-benchmark-*"))
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"{tmp_path}/portal-benchmark" not in running
