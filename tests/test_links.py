"""The links of the portal's texts: all are found, looked at politely, and what was found is told with care."""

import datetime as dt
import socket
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from portal import link_checking, links
from portal.link_answers import Finding, Look
from portal.link_checking import Checking, OfflineError
from portal.models import CheckedLink
from tests import factories as make
from tests.dated import london
from tests.web_server import HERE, Slow, serving

pytestmark = pytest.mark.django_db

NOW = london("2026-11-21 12:00")
DAY = dt.timedelta(days=1)
State = CheckedLink.State


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def web():
    with serving() as found:
        yield found


def article(*addresses, **values):
    body = "\n\n".join(f"[Link {number}](<{address}>)" for number, address in enumerate(addresses))
    return make.ArticleFactory(body=body or "Words.", areas=[], **values)


def found(moment=NOW):
    return set(links.collect(moment))


# Which there are


def test_every_link_of_every_text_and_column_is_found():
    project = make.ProjectFactory(
        need='[One](https://a.example/one) and <a href="https://a.example/two">two</a>',
        datasets="<https://a.example/three> and [four][4]\n\n[4]: https://a.example/four",
        round=make.ApplicationRoundFactory(
            apply_url="https://a.example/apply", how_to_apply="[x](https://a.example/how)"
        ),
    )
    make.OutputFactory(placement=make.PlacementFactory(project=project), url="https://a.example/output")
    fellow = make.FellowFactory(cohort=make.CohortFactory(apply_url="https://a.example/cohort"))
    make.FellowLinkFactory(fellow=fellow, url="https://a.example/fellow")
    make.NoticeFactory(body="[n](https://a.example/notice)")
    make.StatementFactory(body="[s](https://a.example/statement)")
    make.QuestionFactory(answer="[q](https://a.example/question)", cohort=None)
    make.TestimonialFactory(role="[r](https://a.example/role)")
    words = "one two three four apply how output cohort fellow notice statement question role"
    assert found() == {f"https://a.example/{word}" for word in words.split()}


def test_an_address_is_there_once_with_every_place():
    first, second = article("https://a.example/#top"), article("https://a.example", "https://A.example:443/#end")
    make.FellowLinkFactory(fellow=make.FellowFactory(name="Ada", cohort__apply_url=""), url="https://a.example")
    ((address, places),) = links.collect(NOW).items()
    assert address == "https://a.example/"
    assert [(place.title, place.field) for place in places] == [
        ("Ada", "Fellow link: address"),
        (str(first), "Body"),
        (str(second), "Body"),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://a.example", "https://a.example/"),
        ("https://user:pass@a.example/", "https://a.example/"),
        ("https://bücher.example/ä b?c=ü", "https://xn--bcher-kva.example/%C3%A4%20b?c=%C3%BC"),
        ("//a.example/x", "http://a.example/x"),
        ("/projects/", "http://127.0.0.1:8000/projects/"),
        ("../projects/#top", "http://127.0.0.1:8000/articles/projects/"),
        ("mailto:a@b.example", ""),
        ("tel:111", ""),
        ("https://[::1]:8080/", "https://[::1]:8080/"),
        ("http://[::1", "http://[::1"),
        ("http://a.example:99999/", "http://a.example:99999/"),
    ],
)
def test_the_one_form_of_an_address(settings, written, read):
    settings.PORTAL_URL = "http://127.0.0.1:8000"
    assert links.normal(written, "/articles/one/") == read


def test_what_nobody_reads_is_not_looked_at(now):
    article("https://a.example/draft", status="draft")
    article("https://a.example/public")
    make.NoticeFactory(body="[n](https://a.example/over)", ends_at=NOW - DAY / 2)
    hidden = make.FellowFactory(status="draft", cohort__apply_url="")
    make.FellowLinkFactory(fellow=hidden, url="https://a.example/hidden")
    every = {f"https://a.example/{word}" for word in ("draft", "public", "hidden")}
    assert found() == every
    assert found(NOW + 61 * DAY) == {"https://a.example/public"}, "drafts that nobody has touched for long"


def test_the_list_follows_the_texts():
    one = article("https://a.example/1", "https://a.example/2")
    links.keep(links.collect(NOW))
    CheckedLink.objects.update(state=State.DEAD)
    one.body = "[x](https://a.example/2) and [y](https://a.example/3)"
    one.save()
    links.keep(links.collect(NOW))
    assert dict(CheckedLink.objects.values_list("address", "state")) == {
        "https://a.example/2": State.DEAD,
        "https://a.example/3": State.NEW,
    }


def test_an_address_that_is_too_long_is_said_to_be():
    long = "https://a.example/" + "x" * 2_000
    article(long)
    assert links.keep(links.collect(NOW)) == [long]
    assert not CheckedLink.objects.exists()


def test_the_cost_does_not_grow_with_the_texts(django_assert_max_num_queries):
    for number in range(20):
        article(f"https://a.example/{number}")
        make.FellowLinkFactory()
        make.OutputFactory()
    with django_assert_max_num_queries(30):
        links.keep(links.collect(NOW))


# What is told of them


def told(*looks, days=1.0):
    """The state of a link after looks at it, so many days apart."""
    link = make.CheckedLinkFactory(state=State.NEW, checked_at=None, failing_since=None)
    for number, finding in enumerate(looks):
        link_checking.keep(link, Look(finding, "Words"), NOW + number * days * DAY)
    return CheckedLink.objects.get(pk=link.pk)


FINE, CLOSED, FAILING, GONE, NOT_OURS = Finding


@pytest.mark.parametrize(
    ("looks", "state"),
    [
        ([FINE], State.FINE),
        ([GONE], State.UNSURE),
        ([GONE, GONE], State.DEAD),
        ([GONE, FINE, GONE], State.UNSURE),
        ([GONE, FAILING], State.UNSURE),
        ([GONE, GONE, FAILING], State.DEAD),
        ([FAILING], State.UNSURE),
        ([FAILING, FAILING], State.UNSURE),
        ([FAILING, FAILING, FAILING], State.DEAD),
        ([FAILING, FAILING, FINE, FAILING], State.UNSURE),
        ([CLOSED] * 9, State.UNSURE),
        ([NOT_OURS], State.DEAD),
        ([NOT_OURS, FINE], State.FINE),
    ],
)
def test_nothing_is_dead_at_first_sight_but_what_is_certain(looks, state):
    link = told(*looks)
    assert link.state == state
    assert (link.failing_since is None) is (state == State.FINE)


def test_three_failures_on_one_day_are_one():
    assert told(*[FAILING] * 9, days=0.01).state == State.UNSURE
    assert told(FAILING, FAILING, FAILING, days=0.4).state == State.UNSURE, "the third is on the next day"
    assert told(*[FAILING] * 5, days=0.5).state == State.DEAD


def test_since_when_it_fails_is_kept():
    assert told(FINE, FAILING, GONE, GONE).failing_since == NOW + DAY


# A run


def run(web, clock=None, **more):
    clock = clock or Slow()
    checking = Checking(outside=web.outside(), now=clock.now, sleep=clock.sleep, **more)
    return checking, [(link.address, seen.finding) for link, seen in checking.run()]


def test_a_run_looks_at_each_once_and_waits_between_two_of_one_host(web):
    paths = [web.address(f"/{number}", host) for number in (1, 2) for host in ("one.example", "two.example")]
    article(*[web.address("/1"), web.address("/2"), web.address("/3")], web.address("/1", "two.example"))
    web.answers = {f"/{number}": (200, {}) for number in (1, 2, 3)}
    clock = Slow()
    run(web, clock)
    assert [host for _, host, _ in web.asked] == ["one.example", "two.example", "one.example", "one.example"]
    assert clock.slept == [1.0, 1.0], "the other host is asked meanwhile"
    assert paths


def test_a_run_ends_and_the_next_goes_on_where_it_ended(web, now):
    addresses = [web.address(f"/{number}", f"{number}.example") for number in range(5)]
    article(*addresses)
    web.answers = {f"/{number}": (200, {}) for number in range(5)}
    seen = []
    for minute in range(3):
        now.move_to(NOW + dt.timedelta(minutes=minute))
        checking, found = run(web, most=2)
        assert checking.left == 3
        seen += [address for address, _ in found]
    assert seen == [*addresses, addresses[0]]


def test_a_run_has_a_limit_of_time(web):
    article(*[web.address(f"/{number}") for number in range(5)])
    checking, found = run(web, Slow(step=2.0), seconds=20)
    assert 0 < len(found) < 5
    assert checking.left == 5 - len(found)


def test_who_asks_to_be_left_alone_is(web, now):
    article(web.address("/1"), web.address("/2"), web.address("/1", "two.example"))
    web.answers = {"/1": (429, {"Retry-After": "7200"}), "/2": (200, {})}
    web.answers["/1"] = lambda handler: (
        handler.send_response(429 if handler.headers["Host"].startswith("one") else 200),
        handler.send_header("Retry-After", "7200"),
        handler.end_headers(),
    )
    run(web)
    assert [host for _, host, _ in web.asked] == ["one.example", "two.example"]
    web.asked.clear()
    now.move_to(NOW + dt.timedelta(minutes=90))
    run(web)
    assert {host for _, host, _ in web.asked} == {"two.example"}
    now.move_to(NOW + dt.timedelta(minutes=121))
    run(web)
    assert "one.example" in {host for _, host, _ in web.asked}


def test_what_is_said_to_be_fine_is_not_asked(web):
    article(web.address("/1"))
    links.keep(links.collect(NOW))
    CheckedLink.objects.update(ignored_because="It needs a log-in.")
    assert run(web)[1] == []


# The portal's own pages


@pytest.mark.parametrize(
    ("path", "state", "answer"),
    [
        ("/articles/", State.FINE, "200 OK"),
        ("/articles/?page=2#end", State.FINE, "200 OK"),
        ("/projects.csv", State.FINE, "200 OK"),
        ("/articles/no-such-page/", State.DEAD, "This portal has no such public page"),
        ("/articles/a-draft/", State.DEAD, "This portal has no such public page"),
        ("/old.html", State.FINE, "200 OK"),
        ("/articles", State.FINE, "200 OK"),
        ("/admin/projects/project/", State.DEAD, "Only staff can open it"),
        ("/media/no-such-image.webp", State.DEAD, "This portal has no such public page"),
    ],
)
def test_an_own_page_is_asked_for_within(path, state, answer, web, caplog):
    article(slug="a-draft", status="draft")
    make.ForwardingAddressFactory(path="/old.html", target="/projects/")
    article(path)
    run(web)
    link = CheckedLink.objects.get()
    assert (link.state, link.answer) == (state, answer)
    assert web.asked == []
    assert caplog.text == ""


def test_another_page_that_leads_here_is_followed(web, settings):
    web.answers = {"/": (302, {"Location": f"{settings.PORTAL_URL}/no-such-page/"})}
    article(web.address("/"))
    run(web)
    assert CheckedLink.objects.get().state == State.DEAD


# Without a network


def offline(host, port):
    raise socket.gaierror(socket.EAI_NONAME, "no")


def test_without_a_network_nothing_is_said_of_any_host():
    article("https://a.example/", "https://b.example/", "/no-such-page/", "http://10.0.0.1/")
    checking = Checking(outside=link_checking.Outside(look_up=offline), now=Slow().now, sleep=Slow().sleep)
    with pytest.raises(OfflineError):
        list(checking.run())
    states = dict(CheckedLink.objects.filter(address__contains=".example").values_list("address", "checked_at"))
    assert states == {"https://a.example/": None, "https://b.example/": None}
    assert CheckedLink.objects.get(address__contains="no-such-page").state == State.DEAD, "which needs no network"


def test_a_dead_name_is_told_once_any_host_was_reached(web):
    article("http://gone.example/", web.address("/"))
    web.answers = {"/": (200, {})}

    def look_up(host, port):
        return [HERE] if host == "one.example" else offline(host, port)

    clock = Slow()
    outside = web.outside(look_up=look_up)
    list(Checking(outside=outside, now=clock.now, sleep=clock.sleep).run())
    assert CheckedLink.objects.get(address="http://gone.example/").answer == "There is no host of this name"


# The command


@pytest.fixture
def command(web, monkeypatch):
    clock = Slow()

    def make_checking(**options):
        return Checking(**{"outside": web.outside(), "now": clock.now, "sleep": clock.sleep, **options})

    monkeypatch.setattr("portal.management.commands.check_links.Checking", make_checking)

    def call(**options):
        out = StringIO()
        try:
            call_command("check_links", stdout=out, **options)
        except CommandError as error:
            return out.getvalue(), error
        return out.getvalue(), None

    return call


def test_the_command_says_what_it_does_and_what_it_found(command, web):
    web.answers = {"/1": (200, {})}
    article(web.address("/1"), web.address("/2"), "/no-such-page/")
    out, error = command()
    assert error is None
    assert f"fine: {web.address('/1')} (200 OK)" in out
    assert "Looked at 3 links: 1 fine, 1 unsure, 1 dead." in out
    assert out.endswith("1 link of the portal is dead; the admin says where.\n")
    out, _ = command(most=1)
    assert "2 links left for the next run." in out


def test_the_command_without_links(command):
    out, error = command()
    assert error is None
    assert "Looked at 0 links." in out


def test_the_command_ends_with_a_status_of_its_own_without_a_network(command, monkeypatch):
    article("https://a.example/")
    monkeypatch.setattr(
        "portal.management.commands.check_links.Checking",
        lambda **options: Checking(outside=link_checking.Outside(look_up=offline), **options),
    )
    _, error = command()
    assert error.returncode == 3
    assert "Nothing is said of their links." in str(error)


def test_what_was_found_before_ctrl_c_is_kept(command, web, monkeypatch):
    article(web.address("/1"), web.address("/2", "two.example"))
    web.answers = {"/1": (200, {})}
    look = link_checking.look

    def pressed(address, *args):
        if "two" in address:
            raise KeyboardInterrupt
        return look(address, *args)

    monkeypatch.setattr(link_checking, "look", pressed)
    out, error = command()
    assert error.returncode == 130
    assert "Looked at 1 link: 1 fine." in out
    assert CheckedLink.objects.filter(state=State.FINE).count() == 1


@pytest.mark.parametrize("options", [{"most": 0}, {"minutes": 0}])
def test_the_command_refuses_what_makes_no_sense(command, options):
    assert "more than 0" in str(command(**options)[1])
