"""What readers have written to the team, as the forms save it."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from portal.models import Message
from projects.models import Proposal


class MessageFactory(DjangoModelFactory):
    """A question about a page."""

    class Meta:
        model = Message

    kind = Message.Kind.QUESTION
    token = factory.Sequence(lambda n: f"token-{n}")
    page = "/projects/"
    name = factory.Sequence(lambda n: f"Reader {n}")
    email = factory.Sequence(lambda n: f"reader{n}@university.example")
    text = "How long is an internship?"


class ProposalFactory(MessageFactory):
    class Meta:
        model = Proposal

    kind = Message.Kind.PROPOSAL
    page = ""
    person = Proposal.Person.HOST
    organisation = "Sample NHS trust"
    title = factory.Sequence(lambda n: f"Which letters can a model code? Part {n}")
    text = "Clinics wait for letters."
    area = factory.SubFactory("tests.factories.AreaFactory")
