"""Status moves in the admin: one page that says first what readers will notice, for those who may publish only."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal import moving
from portal.models import StatusChange
from portal.publishing import Publishable
from projects.models import Project
from tests.factories import FACTORIES, FellowFactory, ProgrammeFactory, ProjectFactory, StaffFactory
from tests.pages import Page

pytestmark = pytest.mark.django_db
KINDS = Publishable.kinds()
PROJECTS = "/admin/projects/project/"
ALL_MOVES = [(kind, status) for kind in KINDS for status in kind.Status]


def label(value):
    return value._meta.model_name if isinstance(value, type) else str(value)


def address(kind, page, *args):
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_{page}", args=args)


def named(kind, act):
    return f"{kind._meta.app_label}.{act}_{kind._meta.model_name}"


def staff(kind, *acts):
    return StaffFactory(may=[named(kind, act) for act in acts])


def ready(kind, **values):
    """An item that may go anywhere."""
    return FACTORIES[kind](**({"no_outputs_reason": "It was a trial."} if kind is Project else {}), **values)


def choose(client, status, *items, **more):
    """Choose an action in the list, and come to the page that asks for confirmation."""
    data = {"action": f"move_to_{status}", "_selected_action": [item.pk for item in items], **more}
    return client.post(address(type(items[0]), "changelist"), data, follow=True)


def asking(kind, status, *items):
    return f"{address(kind, 'move', status)}?ids={'.'.join(str(item.pk) for item in items)}"


def move(client, status, *items, **said):
    """Choose items, read the page, and confirm."""
    path = asking(type(items[0]), status, *items)
    fields = Page(client.get(path).text).fields
    reason = {"reason": "The data is late."} if "reason" in fields else {}
    return client.post(path, {**fields, **reason, **said}, follow=True)


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


# The action and the page


@pytest.mark.parametrize(("kind", "status"), ALL_MOVES, ids=label)
def test_an_action_leads_to_the_page_and_the_page_moves(client, kind, status):
    other = next(one for one in kind.Status if one != status)
    item, user = ready(kind, status=other), staff(kind, "view", "change", "publish")
    client.force_login(user)
    offered = Page(client.get(address(kind, "changelist")).text).text("option")
    assert {f"{one.verb}…" for one in kind.Status} <= set(offered)
    asked = choose(client, status, item)
    assert asked.redirect_chain == [(asking(kind, status, item), 302)]
    assert not StatusChange.objects.exists(), "nothing moves before it is confirmed"
    assert Page(asked.text).text("h1")[-1] == status.act_on(kind.counted(1))
    response = move(client, status, item, note="Between us.")
    item.refresh_from_db()
    assert item.status == status
    assert f"“{item}” moved to {status.label}. {status.meaning}" in response.text
    change = StatusChange.objects.get()
    assert (change.old, change.new, change.by, change.private_note) == (other, status, user, "Between us.")
    assert change.public_reason == ("The data is late." if status.asks_reason else "")


def test_the_page_of_an_item_offers_its_next_steps(client, admin_client):
    project = ProjectFactory(status="open")
    path = address(Project, "change", project.pk)
    page = Page(admin_client.get(path + "?_changelist_filters=status__exact%3Dopen").text)
    offered = [text for text, link in zip(page.text("a"), page.links, strict=True) if "/move/" in link]
    assert offered == ["Start…", "Pause…", "Complete…", "Archive…", "Back to draft…"]
    (pause,) = [link for link in page.links if "/move/paused/" in link]
    back = [link for link in Page(admin_client.get(pause).text).links if link.startswith(path)]
    assert back
    assert "_changelist_filters=status__exact%3Dopen" in back[0]
    client.force_login(staff(Project, "view", "change"))
    assert "/move/" not in client.get(path).text
    assert "/move/" not in admin_client.get(address(Project, "add")).text


def test_cancel_leads_back_to_the_list_as_it_was_filtered(admin_client):
    project = ProjectFactory()
    data = {"action": "move_to_paused", "_selected_action": [project.pk]}
    response = admin_client.post(address(Project, "changelist") + "?status__exact=open", data, follow=True)
    assert address(Project, "changelist") + "?status__exact=open" in Page(response.text).links


@pytest.mark.parametrize("text", ["", "?ids=", "?ids=x", "?ids=0", "?ids=" + "9" * 400, "?ids=-1", "?ids=999999"])
def test_an_address_that_names_nothing_leads_back_to_the_list(admin_client, text):
    response = admin_client.get(address(Project, "move", "paused") + text, follow=True)
    assert response.redirect_chain == [(address(Project, "changelist"), 302)]
    assert "Choose at least one project that still exists." in response.text


def test_a_status_that_is_none_is_not_found(admin_client):
    for status in ("nowhere", "published", "%00"):
        assert admin_client.get(f"{PROJECTS}move/{status}/?ids={ProjectFactory().pk}").status_code == 404


def test_all_that_the_list_holds_can_be_chosen_up_to_a_number(admin_client, monkeypatch):
    first, *_ = ProjectFactory.create_batch(55)
    asked = choose(admin_client, "active", first, select_across="1")
    assert "You chose 55 projects." in words(asked)
    path = asked.redirect_chain[-1][0]
    admin_client.post(path, Page(asked.text).fields)
    assert Project.objects.filter(status="active").count() == 55
    monkeypatch.setattr(moving, "MOST_AT_ONCE", 54)
    refused = choose(admin_client, "open", first, select_across="1")
    assert "Choose at most 54 projects at a time." in refused.text
    assert "/move/" not in refused.redirect_chain[-1][0]


def test_an_item_that_was_deleted_since_is_said_to_be(admin_client):
    kept, gone = ProjectFactory.create_batch(2)
    path = asking(Project, "active", kept, gone)
    fields = Page(admin_client.get(path).text).fields
    gone.delete()
    assert "1 more does not exist any longer." in words(admin_client.get(path))
    admin_client.post(path, fields)
    assert Project.objects.get().status == "active"


@pytest.mark.parametrize("status", ["paused", "completed", "open"])
def test_fifty_cost_what_two_do(admin_client, status):
    def queries(*projects):
        path = asking(Project, status, *projects)
        admin_client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(path).status_code == 200
        return len(captured)

    projects = [ProjectFactory(status="active") for _ in range(50)]
    assert queries(*projects[:2]) == queries(*projects)


# Who may


@pytest.mark.parametrize("kind", KINDS, ids=label)
@pytest.mark.parametrize(
    "acts", [["view"], ["view", "change"], ["view", "change", "add", "delete"], ["publish"]], ids="-".join
)
def test_without_the_permission_nothing_is_offered_and_nothing_moves(client, admin_client, kind, acts):
    item = ready(kind, status="draft")
    sent = {status: Page(admin_client.get(asking(kind, status, item)).text).fields for status in kind.Status}
    client.force_login(staff(kind, *acts))
    if "view" in acts:
        assert "move_to_" not in client.get(address(kind, "changelist")).text
    for status, fields in sent.items():
        choose(client, status.value, item)
        assert client.get(asking(kind, status, item)).status_code == 403
        assert client.post(asking(kind, status, item), {**fields, "reason": "Sneaked."}).status_code == 403
    item.refresh_from_db()
    assert item.status == "draft"
    assert not StatusChange.objects.exists()


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_the_permission_to_publish_one_kind_publishes_no_other(client, kind):
    item = ready(kind, status="draft")
    other = next(one for one in KINDS if one is not kind)
    client.force_login(StaffFactory(may=[named(kind, "view"), named(other, "publish")]))
    for status in kind.Status:
        assert client.post(asking(kind, status, item), {"seen": f"{item.pk}:draft"}).status_code == 403
    item.refresh_from_db()
    assert item.status == "draft"


def test_nobody_but_staff_comes_to_the_page(client):
    path = asking(Project, "paused", ProjectFactory())
    for response in (client.get(path), client.post(path, {})):
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("kind", KINDS, ids=label)
def test_no_form_sets_a_status(admin_client, kind):
    """Not with a field that somebody adds to what the page sends, either."""
    item = FACTORIES[kind](status="draft")
    path = address(kind, "change", item.pk)
    fields = Page(admin_client.get(path).text).fields
    assert not {"status", "published_at", "source_key", "source_text"} & set(fields)
    sneaked = {"status": "published", "published_at_0": "2020-01-01", "published_at_1": "10:00", "source_key": "x"}
    assert admin_client.post(path, {**fields, **sneaked}).status_code == 302
    item.refresh_from_db()
    assert (item.status, item.published_at, item.source_key) == ("draft", None, "")


# What is refused


def test_the_page_and_the_answer_say_what_is_refused_and_why(admin_client):
    can, already = ProjectFactory(status="open", title="Bridges"), ProjectFactory(status="paused", title="Tunnels")
    asked = words(admin_client.get(asking(Project, "paused", can, already)))
    assert "You chose 2 projects. 1 can move to Paused. 1 cannot, and stays as it is." in asked
    assert "Tunnels : it is Paused already." in asked
    response = move(admin_client, "paused", can, already)
    assert "“Bridges” moved to Paused." in response.text
    assert "“Tunnels” cannot go from Paused to Paused: it is Paused already." in response.text
    can.refresh_from_db()
    assert can.status == "paused"


def test_what_the_item_itself_refuses_is_said_too(admin_client):
    without_area = ProjectFactory(status="draft", area=None, title="Placeless")
    page = admin_client.get(asking(Project, "open", without_area))
    assert "Placeless : choose an area first." in words(page)
    assert not Page(page.text).all("input", type="submit", value="Open 1 project")
    response = admin_client.post(asking(Project, "open", without_area), {}, follow=True)
    assert "“Placeless” cannot go from Draft to Open: choose an area first." in response.text
    without_consent = FellowFactory(status="draft", consent_on=None, name="A. Fellow")
    assert "record the day of their consent first" in choose(admin_client, "published", without_consent).text
    assert not StatusChange.objects.exists()


@pytest.mark.parametrize("status", ["paused", "archived"])
def test_a_reason_is_asked_where_readers_see_one(admin_client, status):
    project = ProjectFactory()
    response = move(admin_client, status, project, reason=" ")
    assert "Nothing has moved yet." in response.text
    assert Page(response.text).title.startswith("Error: ")
    assert not StatusChange.objects.exists()


def test_what_was_not_confirmed_does_not_move(admin_client):
    """Sent without the page, or of a page that showed something else."""
    project, path = ProjectFactory(), asking(Project, "active", ProjectFactory())
    path = asking(Project, "active", project)
    for seen in (None, "", "x", f"{project.pk}", f"{project.pk}:draft", ":open", f"{project.pk + 1}:open"):
        response = admin_client.post(path, {} if seen is None else {"seen": seen}, follow=True)
        assert "Nothing has moved yet." in response.text or "which is not what you confirmed" in response.text
    project.refresh_from_db()
    assert project.status == "open"
    assert not StatusChange.objects.exists()


def test_a_second_click_is_told_that_it_is_done(admin_client):
    project = ProjectFactory(title="Bridges")
    path = asking(Project, "paused", project)
    sent = {**Page(admin_client.get(path).text).fields, "reason": "No data."}
    admin_client.post(path, sent)
    response = admin_client.post(path, sent, follow=True)
    assert "“Bridges” cannot go from Paused to Paused: it is Paused already (" in response.text
    assert ", by admin)." in response.text
    assert StatusChange.objects.count() == 1


def test_a_move_by_somebody_else_meanwhile_is_not_undone(admin_client):
    project, other = ProjectFactory(title="Bridges"), ProjectFactory()
    path = asking(Project, "active", project, other)
    sent = Page(admin_client.get(path).text).fields
    project.move_to("archived", by=StaffFactory(first_name="Ada", last_name="Lovelace"), reason="No data.")
    response = admin_client.post(path, sent, follow=True)
    assert "it is Archived now (" in response.text
    assert ", by Ada Lovelace), which is not what you confirmed." in response.text
    assert {one.status for one in Project.objects.all()} == {"archived", "active"}
    assert StatusChange.objects.count() == 2


def test_titles_and_reasons_are_text(admin_client):
    script = "<script>alert(1)</script>"
    project, refused = ProjectFactory(title=script), ProjectFactory(title=script, status="paused")
    project.move_to("active", by=StaffFactory(first_name=script), reason=script, note=script)
    path = asking(Project, "paused", project, refused)
    assert script not in admin_client.get(path).text
    assert script not in move(admin_client, "paused", project, refused, reason=script, note=script).text
    assert script not in admin_client.get(address(Project, "change", project.pk)).text


# The log


def test_the_page_of_an_item_tells_its_whole_history(client):
    project = ProjectFactory(status="open")
    client.force_login(staff(Project, "view", "change", "publish"))
    path = address(Project, "change", project.pk)
    assert "None in this portal." in client.get(path).text
    ada = StaffFactory(first_name="Ada", last_name="Lovelace")
    project.move_to("paused", by=ada, reason="The data is late.", note="Ask again in May.")
    text = client.get(path).text
    for told in (
        "Open → Paused, by Ada Lovelace",
        "Public reason: The data is late.",
        "Private note: Ask again in May.",
    ):
        assert told in text
    client.force_login(staff(Project, "add"))
    assert "New pages are drafts." in client.get(address(Project, "add")).text


def test_a_published_programme_is_seen_at_once(client, admin_client):
    programme = ProgrammeFactory(status="draft", body="Fellows learn here.")
    assert "Fellows learn here." not in client.get("/fellowship/").text
    move(admin_client, "published", programme)
    client.logout()
    assert "Fellows learn here." in client.get("/fellowship/").text
