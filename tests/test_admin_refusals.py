"""Who gets in at each address that the portal adds to Django's admin: looked at, and sent to directly.

The tables say it. Whoever is refused has changed nothing; whoever is let in with the same words has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from fellowship.models import Cohort, Fellow
from portal import revisions, sharing, submissions
from portal.copying import CopyingAdmin
from portal.moving import MovingAdmin
from portal.revision_pages import RevisionPages
from portal.roles import Role
from portal.sharing_admin import SharingAdmin
from portal.spreadsheet_admin import SpreadsheetAdmin
from portal.submitting import SubmittingAdmin
from projects.models import ApplicationRound, Project
from projects.proposal_admin import ProposalAdmin
from projects.term_admin import TermAdmin
from tests.document_factories import upload
from tests.factories import FACTORIES, OTHER_FACTORIES, StaffFactory, UserFactory, in_days
from tests.pages import Page
from tests.world import ENTRANCE, FOR_STAFF, SIGNED_IN_ONLY, routes

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PEOPLE: dict[str, Callable[[], Any]] = {
    "a stranger": lambda: None,
    "signed in, and not staff": UserFactory,
    "staff without permissions": StaffFactory,
    **{role.value: lambda role=role: in_role(role) for role in Role},
}
# What each answers to each of them, in the order of PEOPLE:
# l: sent to the log-in, r: refused with 403, m: not by this method, n: not found, i: asked for more, y: let in.
FOR_PUBLISHERS = "llrryr"
FOR_WRITERS = "llryyr"
ONLY_SENT = "llmmmm"


class Door(NamedTuple):
    """An address of one kind of thing: who may look, who may send, and what is sent besides what the page holds."""

    get: str
    post: str
    path: Callable[[], str]
    words: dict[str, Any] = {}
    writes: bool = True


def in_role(role: Role) -> Any:
    user = StaffFactory()
    user.groups.set([Group.objects.get(name=role)])
    return user


def make(model: type, **values: Any) -> Any:
    return {**FACTORIES, **OTHER_FACTORIES}[model](**values)


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def moving(model: Any) -> str:
    """A page about to go from its first status to its second."""
    item = make(model, status="draft", **({"no_outputs_reason": "It was a trial."} if model is Project else {}))
    return f"{address(model, 'move', next(one for one in model.Status if one != 'draft'))}?ids={item.pk}"


def submitting(model: Any) -> str:
    return f"{address(model, 'submit')}?ids={make(model, status='draft').pk}"


def withdrawing(model: Any) -> str:
    item = make(model, status="draft")
    submissions.submit(item, by=StaffFactory())
    return address(model, "withdraw", item.pk)


def sharing_one(model: Any) -> str:
    return address(model, "share", make(model, status="draft").pk)


def shared(model: Any) -> tuple[Any, Any]:
    """A draft, and a link that shows it."""
    item = make(model, status="draft")
    return item, sharing.share(item, by=StaffFactory(), reader="Dr Patel", days=7)


def revoking(model: Any) -> str:
    item, link = shared(model)
    return address(model, "revoke", item.pk, link.pk)


def dealing(model: Any) -> str:
    item, link = shared(model)
    return address(model, "deal", item.pk, sharing.answer(link, verdict="right").pk)


def copying(model: Any) -> str:
    return address(model, "copy", make(model).pk)


def hiding(*, hidden: bool) -> str:
    """A fellow about to be hidden, or shown again."""
    return f"{address(Fellow, 'hide' if hidden else 'show')}?ids={make(Fellow, is_hidden=not hidden).pk}"


def eligibility() -> str:
    """The page of who can apply for a cohort."""
    return address(Cohort, "eligibility", make(Cohort).pk)


def rolling() -> str:
    """A project about to go to the next application round."""
    make(ApplicationRound, opens_at=in_days(30), closes_at=in_days(60))
    return f"/admin/projects/project/roll-forward/?ids={make(Project).pk}"


def downloading(model: Any) -> str:
    make(model)
    return address(model, "download")


def uploading(model: Any) -> str:
    return address(model, "upload")


def drafting(model: Any) -> str:
    return address(model, "draft", make(model).pk)


def merging(model: Any) -> str:
    keep, drop = make(model), make(model)
    return f"{address(model, 'merge')}?term={keep.pk}&term={drop.pk}&keep={keep.pk}"


def kept(model: Any) -> tuple[Any, int]:
    """Something, and the number of its revision."""
    item = make(model)
    revisions.record(item, by=StaffFactory())
    return item, revisions.saves(revisions.versions_of(model, item.pk))[0].id


def old_text(model: Any) -> str:
    item, revision = kept(model)
    return f"{address(model, 'change', item.pk)}?revision={revision}"


def comparing(model: Any) -> str:
    item, revision = kept(model)
    return f"{address(model, 'compare', item.pk)}?old={revision}&new={revision}"


def history(model: Any) -> str:
    return address(model, "history", kept(model)[0].pk)


def deleted(model: Any) -> str:
    item, by = make(model), StaffFactory()
    with revisions.deleting([item], by=by):
        item.delete()
    return address(model, "recover")


def recovering(model: Any) -> str:
    deleted(model)
    return f"{address(model, 'add')}?recover={revisions.Version.objects.get_deleted(model).get().pk}"


def at(kind: type, suffix: str, get: str, post: str, path: Callable[[Any], str], **more: Any) -> dict[str, Door]:
    """The same address of each thing whose admin is of one kind."""
    return {
        f"{FOR_STAFF}{model._meta.app_label}/{model._meta.model_name}/{suffix}": Door(
            get, post, lambda model=model: path(model), **more
        )
        for model, registered in admin.site._registry.items()
        if isinstance(registered, kind)
    }


OBJECT = "<path:object_id>"
# One's own second step: for staff who have signed in. None of these people has one yet.
OWN = {
    "admin/security/": ("llyyyy", "llmmmm"),
    "admin/security/app/remove/": ("llnnnn", "llnnnn"),
    "admin/security/codes/": ("llnnnn", "llmmmm"),
    "admin/security/codes/download/": ("llnnnn", "llnnnn"),
    "admin/security/passkeys/": ("llyyyy", "llmmmm"),
}
DOORS: dict[str, Door] = {
    **at(MovingAdmin, "move/<str:status>/", FOR_PUBLISHERS, FOR_PUBLISHERS, moving, words={"reason": "No data."}),
    **at(SpreadsheetAdmin, "download/", FOR_WRITERS, ONLY_SENT, downloading, writes=False),
    **at(SpreadsheetAdmin, "upload/", FOR_WRITERS, FOR_WRITERS, uploading, writes=False),
    **at(SubmittingAdmin, "submit/", FOR_WRITERS, FOR_WRITERS, submitting),
    **at(SubmittingAdmin, "withdraw/<int:pk>/", ONLY_SENT, FOR_WRITERS, withdrawing),
    **at(SharingAdmin, "<int:pk>/share/", FOR_WRITERS, FOR_WRITERS, sharing_one, words={"reader": "Dr Patel"}),
    **at(SharingAdmin, "<int:pk>/share/<int:link>/revoke/", ONLY_SENT, FOR_WRITERS, revoking),
    **at(SharingAdmin, "<int:pk>/share/answers/<int:answer>/dealt-with/", ONLY_SENT, FOR_WRITERS, dealing),
    **at(CopyingAdmin, "<int:pk>/copy/", FOR_WRITERS, FOR_WRITERS, copying),
    "admin/fellowship/fellow/hide/": Door(FOR_PUBLISHERS, FOR_PUBLISHERS, lambda: hiding(hidden=True)),
    "admin/fellowship/fellow/show/": Door(FOR_PUBLISHERS, FOR_PUBLISHERS, lambda: hiding(hidden=False)),
    "admin/fellowship/cohort/<int:pk>/eligibility/": Door(FOR_WRITERS, FOR_WRITERS, eligibility, {"wales.nurse": "y"}),
    "admin/projects/project/roll-forward/": Door(FOR_PUBLISHERS, FOR_PUBLISHERS, rolling),
    **at(ProposalAdmin, "draft/<int:pk>/", ONLY_SENT, FOR_WRITERS, drafting),
    **at(TermAdmin, "merge/", FOR_PUBLISHERS, FOR_PUBLISHERS, merging),
    **at(RevisionPages, "recover/", FOR_PUBLISHERS, FOR_PUBLISHERS, deleted, writes=False),
    # To send the form is to add something, as a writer may; only the old text is not given to them.
    **at(RevisionPages, "add/?recover", FOR_PUBLISHERS, FOR_WRITERS, recovering),
    **at(RevisionPages, f"{OBJECT}/history/?", FOR_WRITERS, FOR_WRITERS, history, writes=False),
    **at(RevisionPages, f"{OBJECT}/history/compare/", FOR_WRITERS, FOR_WRITERS, comparing, writes=False),
    **at(RevisionPages, f"{OBJECT}/change/?revision", FOR_WRITERS, FOR_WRITERS, old_text),
    "admin/as-at/": Door("llyyyy", "llyyyy", lambda: "/admin/as-at/", writes=False),
    "admin/portal/auditevent/export/": Door("llmmmm", "llrrry", lambda: "/admin/portal/auditevent/export/"),
    "admin/digest/": Door(ONLY_SENT, "llyyyy", lambda: "/admin/digest/", {"wanted": "no"}),
    "admin/markdownx/markdownify/": Door(
        "mmmmmm", "rrryyr", lambda: "/admin/markdownx/markdownify/", {"content": "Words"}, writes=False
    ),
    "admin/markdownx/upload/": Door("mmmmmm", "rrriir", lambda: "/admin/markdownx/upload/", writes=False),
    **{
        route: Door(*OWN.get(route, ("llyyyy", "llyyyy")), lambda path=path: path, writes=False)
        for route, (path,) in SIGNED_IN_ONLY.items()
    },
}


def djangos_own() -> set[str]:
    """The routes of an admin of the same things to which nobody has added any."""
    plain = AdminSite()
    for model, registered in admin.site._registry.items():
        plain.register(model, UserAdmin if isinstance(registered, UserAdmin) else None)
    return set(routes(plain.urls[0], FOR_STAFF))


def test_every_address_that_the_portal_adds_is_in_the_table():
    added = {route for route in routes() if route.startswith(FOR_STAFF)} - djangos_own() - set(ENTRANCE)
    assert {route for route in DOORS if "?" not in route} == added
    assert {route.partition("?")[0] for route in DOORS if "?" in route} <= djangos_own()


def answer(response: Any) -> str:
    if response.status_code == 302 and response["Location"].startswith("/admin/login/"):
        return "l"
    return {400: "i", 403: "r", 404: "n", 405: "m"}.get(response.status_code, "y")


def written(captured: CaptureQueriesContext) -> set[str]:
    """The tables to which anything was written, but for those of who has signed in and how often it was tried."""
    found = re.compile(r'(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM) "?(\w+)')
    return {match[1] for query in captured if (match := found.match(query["sql"]))} - {"django_session", "portal_cache"}


def client_of(user: Any) -> Client:
    """A browser in which somebody is signed in. They sign in once: what is done in it is undone by ``visit``."""
    client = Client()
    if user is None:
        return client
    if not hasattr(user, "cookies_of_tests"):
        client.force_login(user)
        user.cookies_of_tests = client.cookies
    client.cookies.load({name: morsel.value for name, morsel in user.cookies_of_tests.items()})
    return client


def visit(user: Any, path: str, words: dict[str, Any] | None = None) -> tuple[str, set[str]]:
    """What somebody is answered, and what was written meanwhile, all of which is undone."""
    client = client_of(user)
    for file in (words or {}).values():
        if isinstance(file, SimpleUploadedFile):
            file.seek(0)  # whoever tried before has read it
    with transaction.atomic():
        with CaptureQueriesContext(connection) as captured:
            response = client.get(path) if words is None else client.post(path, words)
            assert response.status_code in {200, 302, 400, 403, 404, 405}
        transaction.set_rollback(True)
    return answer(response), written(captured)


def sent(door: Door, path: str) -> dict[str, Any]:
    """What a browser would send of the page as it is shown to somebody who may do everything.

    Where it asks for a file, one is chosen: an old text never brings its files back.
    """
    if "y" not in door.get:
        return door.words
    client = Client()
    client.force_login(StaffFactory(is_superuser=True))
    page = client.get(path)
    if page.streaming:
        return door.words
    shown = Page(page.text)
    files = {field["name"]: upload() for field in shown.all("input", type="file", required="")}
    return {**shown.fields, **files, **door.words}


@pytest.mark.parametrize("route", DOORS)
def test_who_gets_in(route):
    door = DOORS[route]
    path = door.path()
    words = sent(door, path)
    people = {name: person() for name, person in PEOPLE.items()}
    looked = {name: visit(user, path) for name, user in people.items()}
    did = {name: visit(user, path, words) for name, user in people.items()}
    assert {name: found for name, (found, _) in looked.items()} == dict(zip(PEOPLE, door.get, strict=True))
    assert {name: found for name, (found, _) in did.items()} == dict(zip(PEOPLE, door.post, strict=True))
    assert {name: tables for name, (_, tables) in looked.items() if tables} == {}, "to look changes nothing"
    assert {name for name, (_, tables) in did.items() if tables} == {
        name for name, (found, _) in did.items() if found == "y" and door.writes
    }


@pytest.mark.parametrize("route", [route for route in DOORS if route not in SIGNED_IN_ONLY])
def test_a_password_alone_opens_none_of_them_where_a_second_step_is_asked_for(route, settings):
    """Not to somebody who may do everything, either."""
    door = DOORS[route]
    path = door.path()
    words = sent(door, path)
    settings.REQUIRE_MFA = True
    user = StaffFactory(is_superuser=True)
    assert visit(user, path) == (door.get[0], set()), "as to a stranger"
    assert visit(user, path, words) == (door.post[0], set())


@pytest.mark.parametrize("name", PEOPLE)
def test_an_image_is_stored_only_for_those_who_may_write(name, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = BytesIO()
    Image.new("RGB", (10, 10), "navy").save(file, "PNG")
    image = SimpleUploadedFile("chart.png", file.getvalue(), "image/png")
    found, _ = visit(PEOPLE[name](), "/admin/markdownx/upload/", {"image": image})
    stored = [path for path in Path(tmp_path).rglob("*") if path.is_file()]
    assert (found, len(stored)) == (("y", 1) if name in {Role.EDITOR, Role.PUBLISHER} else ("r", 0))
