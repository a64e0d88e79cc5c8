"""Two presses of one button, and many senders, at once."""

import pytest
from django.db import connection
from django.test import Client

from portal import form_tokens, limits
from portal.models import FormUse, Message, Organisation
from projects.drafting import draft_of
from projects.models import Project
from tests.factories import StaffFactory
from tests.inbox_factories import ProposalFactory
from tests.test_moves_at_once import at_once

two_connections = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="a database in memory has one connection; runs on PostgreSQL"
)
ASK, SENT = "/contact/ask/", "/contact/sent/question/"


@pytest.fixture(autouse=True)
def in_no_hurry(monkeypatch):
    monkeypatch.setattr(form_tokens, "SOONEST", 0)


def words(text="How long is it?"):
    token = form_tokens.issue("question")
    return {"name": "Ada", "email": "ada@x.example", "text": text, "token": token}


def press(sent):
    return lambda: Client().post(ASK, sent)


@two_connections
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_message():
    sent = words()
    answers = at_once(*[press(sent)] * 4)
    assert [answer["Location"] for answer in answers] == [SENT] * 4
    assert Message.objects.count() == 1
    assert FormUse.objects.get(sender="").number == 1


@two_connections
@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_however_many_come_at_once(monkeypatch):
    monkeypatch.setattr(limits, "PER_SENDER", 3)
    codes = [answer.status_code for answer in at_once(*[press(words(f"Question {number}")) for number in range(8)])]
    assert sorted(codes) == [302] * 3 + [429] * 5
    assert Message.objects.count() == 3


@two_connections
@pytest.mark.django_db(transaction=True)
def test_two_who_make_a_draft_at_once_get_the_same():
    Organisation.objects.create(name="Sample NHS trust")
    proposal, user = ProposalFactory(), StaffFactory()
    made = at_once(*[lambda: draft_of(proposal, by=user)] * 2)
    assert sorted(is_new for _, is_new in made) == [False, True]
    assert Project.objects.count() == 1
