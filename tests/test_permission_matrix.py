"""Who may do what, decided for every address: whoever adds an address, a kind of thing or a role decides it here.

The addresses that the portal adds to Django's admin have their table beside this one, in ``test_admin_refusals``.
Whoever has not signed in all the way is refused at every address of staff: ``test_sign_in_ways_round``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone

from articles.models import Article
from fellowship.models import Fellow, Programme
from portal import attention, sharing
from portal.audit import AuditEvent
from portal.models import DateChange, DraftAnswer, Message, StatusChange
from portal.publishing import Publishable
from portal.roles import Role
from projects.models import Project
from tests import factories as factory
from tests.test_admin_refusals import DOORS, PEOPLE, address, in_role, make, visit
from tests.world import ENTRANCE, FOR_MACHINES, FOR_STAFF, PAGES, SENT_TO, SIGNED_IN_ONLY, UPLOADS, World, routes

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

# In this order: a stranger, signed in and not staff, staff without permissions, Editor, Publisher, Administrator, and a
# superuser. The letters are those of ``test_admin_refusals``.
EVERYBODY: dict[str, Callable[[], Any]] = {**PEOPLE, "a superuser": lambda: factory.StaffFactory(is_superuser=True)}
WRITERS, PUBLISHERS, READERS_OF_LOGS, ADMINISTRATORS = "llryyry", "llrryry", "llryyyy", "llrrryy"
SUPERUSERS, STAFF, NOBODY, ONLY_READ = "llrrrry", "llyyyyy", "llrrrrr", "llmmmmm"


class Pages(NamedTuple):
    """Who may look at each of Django's pages of one kind of thing; ``sent`` is whose change is taken."""

    changelist: str
    add: str
    change: str
    delete: str
    sent: str
    history: str = ""  # as the list, unless said

    def expected(self, page: str) -> tuple[str, ...]:
        """To look, and to send."""
        if page == "history":
            return (self.history or self.changelist,) * 2
        looked: str = getattr(self, page)
        return looked, self.sent if page == "change" else looked


CONTENT = Pages(WRITERS, WRITERS, WRITERS, PUBLISHERS, WRITERS)
PUBLIC_LOG = Pages(READERS_OF_LOGS, NOBODY, READERS_OF_LOGS, NOBODY, NOBODY)
# What readers send is dealt with by those who write, made by nobody, and erased by those who publish.
RECEIVED = CONTENT._replace(add=NOBODY)
KINDS: dict[str, Pages] = {
    "articles.Article": CONTENT,
    "auth.Group": Pages(ADMINISTRATORS, SUPERUSERS, ADMINISTRATORS, SUPERUSERS, SUPERUSERS),  # but for the roles
    "fellowship.Cohort": CONTENT,
    "fellowship.Document": CONTENT,
    "fellowship.Fellow": CONTENT,
    "fellowship.FellowLink": CONTENT,
    "fellowship.KeyDate": CONTENT,
    "fellowship.Programme": CONTENT._replace(add=NOBODY),  # there is one, and no second
    "fellowship.Question": CONTENT,
    "fellowship.QuestionSection": CONTENT,
    "fellowship.Testimonial": CONTENT,
    "portal.AuditEvent": Pages(ADMINISTRATORS, NOBODY, ADMINISTRATORS, NOBODY, NOBODY),
    "portal.CheckedLink": CONTENT._replace(add=NOBODY, delete=NOBODY),
    "portal.DateChange": PUBLIC_LOG,
    # Whoever may not see the draft is led to the front page, as if there were no answer of that number.
    "portal.DraftAnswer": Pages(WRITERS, NOBODY, WRITERS, NOBODY, NOBODY, history=STAFF),
    "portal.ForwardingAddress": CONTENT,
    "portal.Message": RECEIVED,
    "portal.Notice": CONTENT,
    "portal.Organisation": CONTENT,
    "portal.Statement": CONTENT,
    "portal.StatusChange": PUBLIC_LOG,
    "portal.User": Pages(ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS),
    "projects.ApplicationRound": CONTENT,
    "projects.Area": CONTENT,
    "projects.Modality": CONTENT,
    "projects.Output": CONTENT,
    "projects.Placement": CONTENT,
    "projects.Project": CONTENT,
    "projects.Proposal": RECEIVED,
    "projects.Technique": CONTENT,
}
PLACES = ["changelist", "add", "change", "delete", "history"]
# Their endings, after the address of the kind. The second leads on to the page of changing, for staff.
ENDINGS = ["", "<path:object_id>/", "add/", *(f"<path:object_id>/{page}/" for page in PLACES[2:])]


def on_site(model: Any) -> str:
    item = make(model, status="draft")
    return f"/admin/r/{ContentType.objects.get_for_model(model).pk}/{item.pk}/"


# Django's pages of no kind: to look, to send nothing, and where.
APART: dict[str, tuple[str, str, Callable[[], str]]] = {
    "admin/": (STAFF, STAFF, lambda: "/admin/"),
    "admin/jsi18n/": (STAFF, ONLY_READ, lambda: "/admin/jsi18n/"),
    "admin/password_change/": (STAFF, STAFF, lambda: "/admin/password_change/"),
    "admin/password_change/done/": (STAFF, ONLY_READ, lambda: "/admin/password_change/done/"),
    "admin/autocomplete/": (
        WRITERS,
        ONLY_READ,
        lambda: "/admin/autocomplete/?app_label=projects&model_name=project&field_name=partner&term=a",
    ),
    "admin/r/<path:content_type_id>/<path:object_id>/": (WRITERS, WRITERS, lambda: on_site(Article)),
    "admin/^(?P<app_label>portal|auth|projects|fellowship|articles)/$": (
        "llnyyny",
        "llnyyny",
        lambda: "/admin/projects/",
    ),
    "admin/(?P<url>.*)$": ("llnnnnn", "llnnnnn", lambda: "/admin/nothing/"),
    "admin/portal/user/<id>/password/": (
        ADMINISTRATORS,
        ADMINISTRATORS,
        lambda: f"/admin/portal/user/{factory.StaffFactory().pk}/password/",
    ),
}
LOGGED = {"title": "Words", "kind": "projects.project", "object_id": 1}
# Of what the factories do not make.
MADE: dict[Any, Callable[[], Any]] = {
    Group: lambda: Group.objects.create(name="Readers"),
    StatusChange: lambda: StatusChange.objects.create(**LOGGED, old="draft", new="open"),
    DateChange: lambda: factory.DateChangeFactory(window=factory.ApplicationRoundFactory()),
    AuditEvent: lambda: AuditEvent.objects.create(kind=AuditEvent.Kind.EXPORT),
    DraftAnswer: lambda: sharing.answer(
        sharing.share(make(Project, status="draft"), by=factory.StaffFactory(), reader="Dr Patel", days=7),
        verdict="right",
    ),
}


def own_routes(model: Any) -> set[str]:
    before = f"{FOR_STAFF}{model._meta.app_label}/{model._meta.model_name}/"
    return {f"{before}{ending}" for ending in ENDINGS}


def test_every_kind_has_its_row():
    assert set(KINDS) == {model._meta.label for model in admin.site._registry}


def test_every_role_has_its_column():
    assert set(Role.values) < set(EVERYBODY)
    rows = [row for pages in KINDS.values() for row in pages if row]
    rows += [row for look, send, _ in APART.values() for row in (look, send)]
    assert {len(row) for row in rows} == {len(EVERYBODY)}


def test_every_address_is_decided():
    doors = {route for route in DOORS if not re.search(r"\?(\w+)?$", route)}
    of_staff = {*APART, *doors, *ENTRANCE}.union(*map(own_routes, admin.site._registry))
    assert {*of_staff, *PAGES, *FOR_MACHINES, *UPLOADS, *SENT_TO} == set(routes())


def found(path: str, people: dict[str, Any]) -> tuple[str, str]:
    """What each of them is answered who looks, and who sends nothing; and that to look writes nothing."""
    looked = {name: visit(user, path) for name, user in people.items()}
    assert {name: tables for name, (_, tables) in looked.items() if tables} == {}
    sent = {name: visit(user, path, {}) for name, user in people.items()}
    assert {name: tables for name, (letter, tables) in sent.items() if tables and letter != "y"} == {}
    return "".join(letter for letter, _ in looked.values()), "".join(letter for letter, _ in sent.values())


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_who_gets_in_at_each_kind_of_thing(model):
    item = MADE[model]() if model in MADE else make(model)
    people = {name: person() for name, person in EVERYBODY.items()}
    paths = {page: address(model, page, *([item.pk] if page in PLACES[2:] else [])) for page in PLACES}
    assert {page: found(path, people) for page, path in paths.items()} == {
        page: KINDS[model._meta.label].expected(page) for page in PLACES
    }


@pytest.mark.parametrize("route", APART)
def test_who_gets_in_at_what_is_of_no_kind(route):
    look, send, path = APART[route]
    people = {name: person() for name, person in EVERYBODY.items()}
    assert found(path(), people) == (look, send)


@pytest.mark.parametrize("route", [route for route in DOORS if route not in SIGNED_IN_ONLY])
def test_a_superuser_is_let_in_wherever_anybody_is(route):
    door = DOORS[route]
    superuser = EVERYBODY["a superuser"]()
    path = door.path()
    assert {visit(superuser, path)[0]} == set(door.get) - {"l", "r"}
    assert visit(superuser, path, {})[0] in {*door.post} - {"l", "r"}


# The public site


@pytest.mark.parametrize("name", EVERYBODY)
def test_everybody_may_read_every_public_page_and_changes_nothing_by_it(name):
    world, user = World(), EVERYBODY[name]()
    for route, paths in {**PAGES, **FOR_MACHINES}.items():
        assert visit(user, paths(world)[0]) == ("y", set()), route


FORMS = {"projects/propose/", "contact/ask/", "contact/report/"}
READ_ONLY = {"healthz", "readyz", ".well-known/security.txt"}


def test_nothing_is_sent_to_a_public_page_but_to_the_forms_for_readers():
    """Those have tokens of their own, and are shown again without one."""
    world, client = World(), Client(enforce_csrf_checks=True)
    expected = {**dict.fromkeys(FORMS, 200)}
    for route, paths in {**PAGES, **FOR_MACHINES}.items():
        path = paths(world)[0]
        assert client.head(path).status_code == 200, route
        assert client.post(path).status_code == expected.get(route, 403), route
        if route in READ_ONLY:
            assert Client().post(path).status_code == 405


def test_a_file_and_an_answer_to_a_draft_are_for_those_who_were_shown_it():
    people = {name: person() for name, person in EVERYBODY.items()}
    assert found("/media/markdown/none.webp", people) == ("n" * 7, "m" * 7)
    assert found("/shared/answer/", people) == ("y" * 7, "n" * 7), "who looks is led to the home page"


# Things, and who may see them


def draft(kind: Any) -> Any:
    return make(kind, status="draft")


def of_a_hidden_fellow() -> str:
    return make(Fellow, is_hidden=True).get_absolute_url()


SEEN: dict[str, tuple[str, Callable[[], str]]] = {
    **{
        f"a draft {kind._meta.model_name}": ("nnnyyny", lambda kind=kind: draft(kind).get_absolute_url())
        for kind in Publishable.kinds()
        if kind is not Programme
    },
    "a hidden fellow": ("nnnyyny", of_a_hidden_fellow),
    "the media of nobody": ("nnnnnnn", lambda: "/media/fellows/none.webp"),
    "what is published": ("yyyyyyy", lambda: make(Project).get_absolute_url()),
}


@pytest.mark.parametrize("thing", SEEN)
def test_who_sees_what(thing):
    letters, path = SEEN[thing]
    where = path()
    people = {name: person() for name, person in EVERYBODY.items()}
    assert "".join(visit(user, where)[0] for user in people.values()) == letters


def test_a_link_to_one_draft_shows_no_other():
    link = sharing.share(one := draft(Project), by=factory.StaffFactory(), reader="Dr Patel", days=7)
    token = f"?{sharing.PARAMETER}={sharing.token_of(link)}"
    assert visit(None, f"{one.get_absolute_url()}{token}")[0] == "y"
    for other in (draft(Project), draft(Article), make(Fellow, is_hidden=True)):
        assert visit(None, f"{other.get_absolute_url()}{token}")[0] == "n"


@pytest.mark.parametrize("role", [*Role, None])
def test_the_front_page_and_the_weekly_email_tell_nobody_of_what_they_may_not_see(role):
    make(Message, kind=Message.Kind.QUESTION)
    user = in_role(role) if role else factory.StaffFactory()
    found = attention.findings(user, timezone.now())
    assert {visit(user, one.matter.address)[0] for one in found} <= {"y"}
    assert bool(found) is (role in {Role.EDITOR, Role.PUBLISHER})
