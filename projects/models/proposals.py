"""A project that somebody outside of the team proposes, as the form asks for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.db import models

from portal.inbox import Message, MessageQuerySet
from projects.models.projects import Project
from projects.models.terms import Area, Modality, Term


class Proposal(Message):
    """A proposal in the inbox. Its title and the problem that it would help with are those of the message."""

    class Person(models.TextChoices):
        STUDENT = "student", "A student"
        HOST = "host", "From an organisation that could host or supervise"
        OTHER = "other", "Somebody else"

    personal = ("organisation", "datasets", "ideas")

    person = models.CharField("who writes", max_length=20, choices=Person, editable=False)
    organisation = models.CharField(max_length=200, blank=True, editable=False)
    datasets = models.TextField("data", blank=True, editable=False)
    ideas = models.TextField("techniques or ideas", blank=True, editable=False)
    area = models.ForeignKey(
        Area, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposals", editable=False
    )
    modalities = models.ManyToManyField(
        Modality, related_name="proposals", blank=True, verbose_name="types of data", editable=False
    )
    project = models.OneToOneField(
        Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposal", editable=False
    )

    objects: ClassVar[Any] = MessageQuerySet.as_manager()

    class Meta:
        default_permissions = ["view", "change", "delete"]

    @classmethod
    def take_over(cls, *, keep: Term, drop: Collection[Term]) -> None:
        """Give every proposal that has one of ``drop`` the term that stays in its place."""
        keys = [term.pk for term in drop]
        if isinstance(keep, Area):
            cls.objects.filter(area__in=keys).update(area=keep)
        elif isinstance(keep, Modality):
            for proposal in cls.objects.filter(modalities__in=keys).distinct():
                proposal.modalities.add(keep)
