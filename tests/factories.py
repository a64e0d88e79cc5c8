"""One complete object of every model, written and indexed as the portal itself would do it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import factory
from django.contrib.auth.models import Permission
from django.utils import timezone
from factory.django import DjangoModelFactory

from articles.models import Article
from fellowship.models import (
    Cohort,
    Fellow,
    FellowLink,
    KeyDate,
    Programme,
    Question,
    QuestionSection,
    Testimonial,
)
from portal.models import CheckedLink, DateChange, ForwardingAddress, Notice, Organisation, Statement, User
from portal.publishing import Publishable
from projects.models import ApplicationRound, Area, Modality, Output, Placement, Project, Technique
from tests.document_factories import DocumentFactory
from tests.inbox_factories import MessageFactory, ProposalFactory
from tests.indexed import IndexedFactory

PASSWORD = "correct horse battery staple"


def in_days(number: int) -> dt.datetime:
    """A moment so many days from now, to the second, as a form can say it."""
    return timezone.now().replace(microsecond=0) + dt.timedelta(days=number)


def permissions(*names: str) -> list[Permission]:
    """Permissions by names such as ``projects.publish_project``."""
    pairs = [name.split(".") for name in names]
    return [Permission.objects.get(content_type__app_label=app, codename=codename) for app, codename in pairs]


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    password = factory.django.Password(PASSWORD)
    date_joined = factory.LazyFunction(lambda: in_days(-100))

    @factory.post_generation
    def may(self: Any, create: bool, names: Any, **kwargs: Any) -> None:
        """``may=["projects.view_project"]`` gives permissions."""
        if names:
            self.user_permissions.set(permissions(*names))


class StaffFactory(UserFactory):
    is_staff = True


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Trust {n}")
    abbreviation = factory.Sequence(lambda n: f"TR{n}")


class NoticeFactory(DjangoModelFactory):
    class Meta:
        model = Notice

    title = factory.Sequence(lambda n: f"Notice {n}")
    body = factory.Sequence(lambda n: f"The portal is moving, part {n}.")
    starts_at = factory.LazyFunction(lambda: in_days(-1))


class StatementFactory(DjangoModelFactory):
    class Meta:
        model = Statement
        django_get_or_create = ["subject"]

    subject = Statement.Subject.COOKIES
    body = "We set no cookies for readers."


class ForwardingAddressFactory(DjangoModelFactory):
    class Meta:
        model = ForwardingAddress

    path = factory.Sequence(lambda n: f"/old-{n}.html")
    target = "/projects/"


class CheckedLinkFactory(DjangoModelFactory):
    """A link of an article's text that is dead."""

    class Meta:
        model = CheckedLink

    address = factory.Sequence(lambda n: f"https://example.org/gone-{n}")
    state = CheckedLink.State.DEAD
    answer = "404 Not Found"
    checked_at = factory.LazyFunction(lambda: in_days(0))
    failing_since = factory.LazyFunction(lambda: in_days(-2))


# Projects


class TermFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    slug = factory.LazyAttribute(lambda term: term.name.lower().replace(" ", "-"))
    definition = factory.LazyAttribute(lambda term: f"What {term.name} is.")


class AreaFactory(TermFactory):
    class Meta:
        model = Area

    name = factory.Sequence(lambda n: f"Area {n}")


class TechniqueFactory(TermFactory):
    class Meta:
        model = Technique

    name = factory.Sequence(lambda n: f"Technique {n}")


class ModalityFactory(TermFactory):
    class Meta:
        model = Modality

    name = factory.Sequence(lambda n: f"Modality {n}")


class ApplicationRoundFactory(DjangoModelFactory):
    """A round that is open now."""

    class Meta:
        model = ApplicationRound

    name = factory.Sequence(lambda n: f"Round {n}")
    opens_at = factory.LazyFunction(lambda: in_days(-10))
    closes_at = factory.LazyFunction(lambda: in_days(40))
    apply_url = "https://example.org/apply"
    how_to_apply = "Send a letter."


class DateChangeFactory(DjangoModelFactory):
    """The deadline of a round that was a week earlier until now."""

    class Meta:
        model = DateChange

    class Params:
        window = factory.SubFactory(ApplicationRoundFactory)

    kind = factory.LazyAttribute(lambda change: change.window._meta.label_lower)
    object_id = factory.LazyAttribute(lambda change: change.window.pk)
    title = factory.LazyAttribute(lambda change: str(change.window))
    field = DateChange.Field.CLOSES_AT
    old = factory.LazyAttribute(lambda change: change.new - dt.timedelta(days=7))
    new = factory.LazyAttribute(lambda change: change.window.closes_at)


class PublishableFactory(IndexedFactory):
    class Meta:
        abstract = True
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Thing {n}")
    slug = factory.Sequence(lambda n: f"thing-{n}")
    summary = factory.LazyAttribute(lambda item: f"What {getattr(item, 'title', 'it')} is about.")
    published_at = factory.LazyAttribute(lambda item: None if item.status == "draft" else timezone.now())


class ProjectFactory(PublishableFactory):
    """An open project in a round that is open now."""

    class Meta:
        model = Project

    title = factory.Sequence(lambda n: f"Project {n}")
    slug = factory.Sequence(lambda n: f"project-{n}")
    status = Project.Status.OPEN
    area = factory.SubFactory(AreaFactory)
    partner = factory.SubFactory(OrganisationFactory)
    round = factory.SubFactory(ApplicationRoundFactory)
    need = "Waiting lists are long."
    desired_skills = "Python."

    @factory.post_generation
    def techniques(self: Any, create: bool, terms: Any, **kwargs: Any) -> None:
        if create:
            self.techniques.set(terms if terms is not None else [TechniqueFactory()])

    @factory.post_generation
    def modalities(self: Any, create: bool, terms: Any, **kwargs: Any) -> None:
        if create:
            self.modalities.set(terms if terms is not None else [ModalityFactory()])


class PlacementFactory(DjangoModelFactory):
    class Meta:
        model = Placement

    project = factory.SubFactory(ProjectFactory)
    reference = factory.Sequence(lambda n: f"P{n}")
    wave = "Wave 1"
    starts_on = dt.date(2024, 6, 3)
    ends_on = dt.date(2024, 11, 29)


class OutputFactory(DjangoModelFactory):
    class Meta:
        model = Output

    placement = factory.SubFactory(PlacementFactory)
    kind = Output.Kind.CODE
    state = Output.State.PUBLISHED
    title = factory.Sequence(lambda n: f"Output {n}")
    url = "https://example.org/code"


# Fellowship


class ProgrammeFactory(PublishableFactory):
    class Meta:
        model = Programme

    class Params:
        slug = None

    title = "Fellowship in clinical AI"
    status = Programme.Status.PUBLISHED
    body = "Fellows learn by doing."


class TestimonialFactory(DjangoModelFactory):
    class Meta:
        model = Testimonial

    programme = factory.SubFactory(ProgrammeFactory)
    quote = "It changed how I work."
    name = factory.Sequence(lambda n: f"Speaker {n}")
    year = 2024
    role = "Nurse, [Example](https://example.org/)"


class CohortFactory(PublishableFactory):
    """A cohort that is running now; applications for it closed before it began."""

    class Meta:
        model = Cohort

    class Params:
        title = None
        slug = None

    number = factory.Sequence(lambda n: n + 1)
    summary = factory.LazyAttribute(lambda cohort: f"The intake of year {cohort.number}.")
    status = Cohort.Status.PUBLISHED
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=100))
    ends_on = factory.LazyAttribute(lambda cohort: cohort.starts_on + dt.timedelta(days=364))
    opens_at = factory.LazyAttribute(lambda cohort: in_days(-400))
    closes_at = factory.LazyAttribute(lambda cohort: in_days(-350))
    apply_url = "https://example.org/fellowship/apply"
    how_to_apply = "1. **Talk to your manager.** Early."


class UpcomingCohortFactory(CohortFactory):
    """A cohort that people can apply for now."""

    starts_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=200))
    opens_at = factory.LazyFunction(lambda: in_days(-5))
    closes_at = factory.LazyFunction(lambda: in_days(30))


class KeyDateFactory(DjangoModelFactory):
    class Meta:
        model = KeyDate

    cohort = factory.SubFactory(CohortFactory)
    label = factory.Sequence(lambda n: f"Step {n}")
    date = factory.LazyFunction(timezone.localdate)


class FellowFactory(PublishableFactory):
    """A fellow of a public cohort who agreed to be shown."""

    class Meta:
        model = Fellow

    class Params:
        title = None

    name = factory.Sequence(lambda n: f"Fellow number {n}")
    slug = factory.Sequence(lambda n: f"fellow-{n}")
    summary = factory.LazyAttribute(lambda fellow: f"What {fellow.name} does.")
    status = Fellow.Status.PUBLISHED
    cohort = factory.SubFactory(CohortFactory)
    host = factory.SubFactory(OrganisationFactory)
    role = "Critical care nurse"
    profession = "nurse"
    region = "london"
    about = "Works nights."
    project_text = "Counts beds."
    consent_on = dt.date(2024, 1, 1)


class FellowLinkFactory(DjangoModelFactory):
    class Meta:
        model = FellowLink

    fellow = factory.SubFactory(FellowFactory)
    url = factory.Sequence(lambda n: f"https://example.org/{n}")


class QuestionSectionFactory(DjangoModelFactory):
    class Meta:
        model = QuestionSection

    title = factory.Sequence(lambda n: f"Section {n}")


class QuestionFactory(IndexedFactory):
    class Meta:
        model = Question
        skip_postgeneration_save = True

    section = factory.SubFactory(QuestionSectionFactory)
    question = factory.Sequence(lambda n: f"How about {n}?")
    slug = factory.Sequence(lambda n: f"how-about-{n}")
    answer = "Like this."


# Articles


class ArticleFactory(PublishableFactory):
    class Meta:
        model = Article

    title = factory.Sequence(lambda n: f"Guide {n}")
    slug = factory.Sequence(lambda n: f"guide-{n}")
    status = Article.Status.PUBLISHED
    body = "## First\n\nDo this.\n\n## Second\n\nThen that.\n\n## Third\n\nThen rest."
    audience = "student"
    authors = "A. N. Author"

    @factory.post_generation
    def areas(self: Any, create: bool, terms: Any, **kwargs: Any) -> None:
        if create:
            self.areas.set(terms if terms is not None else [AreaFactory()])


# By kind of page, and of everything else that staff can change.
FACTORIES: dict[type[Publishable], type[PublishableFactory]] = {
    made._meta.model: made for made in (ProjectFactory, ProgrammeFactory, CohortFactory, FellowFactory, ArticleFactory)
}
OTHER_FACTORIES: dict[type, type[DjangoModelFactory]] = {
    made._meta.model: made
    for made in (
        UserFactory,
        OrganisationFactory,
        NoticeFactory,
        MessageFactory,
        StatementFactory,
        ForwardingAddressFactory,
        CheckedLinkFactory,
        AreaFactory,
        TechniqueFactory,
        ModalityFactory,
        ApplicationRoundFactory,
        PlacementFactory,
        OutputFactory,
        ProposalFactory,
        TestimonialFactory,
        KeyDateFactory,
        DocumentFactory,
        FellowLinkFactory,
        QuestionSectionFactory,
        QuestionFactory,
    )
}
