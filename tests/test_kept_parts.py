"""Parts of pages that are made once: of nothing but their words, and as if they were made anew."""

import datetime as dt
from collections import Counter

import pytest
import time_machine
from django.template import Context, Template
from django.utils.safestring import mark_safe

from fellowship.cards import Person, card
from fellowship.models import Fellow
from fellowship.overview import people_of
from portal import clock, sharing
from portal.rows import Row, rows
from projects.catalogue import catalogue
from projects.facets import Facet, vocabularies
from projects.listed import read_rows
from projects.models import Project
from tests import factories as make
from tests.dated import london
from tests.shared import share
from tests.world import World

DAY = dt.timedelta(days=1)
BREADCRUMB = Template('{% kept_part "components/breadcrumb.html" label=label address="/" %}')


def test_a_part_is_of_the_values_that_it_is_given():
    for label in ("Projects", "Guidance", "Projects"):
        assert f'href="/">{label}</a>' in BREADCRUMB.render(Context({"label": label}))


@pytest.mark.parametrize("first", [0, 1])
def test_text_is_never_taken_for_the_html_that_is_written_like_it(first):
    words = f"<b>{first}</b>"
    shown = [(words, f"&lt;b&gt;{first}&lt;/b&gt;"), (mark_safe(words), words)]  # noqa: S308
    for label, html in shown[:: -1 if first else 1]:
        assert f'href="/">{html}</a>' in BREADCRUMB.render(Context({"label": label}))


def test_a_part_is_of_the_settings_the_moment_and_the_day_of_a_copy(settings):
    header = Template('{% kept_part "components/header.html" section="/" %}')
    footer = Template('{% kept_part "components/footer.html" path="/some/" %}')
    for name in ("One portal", "Another"):
        settings.PORTAL_NAME = name
        assert name in header.render(Context())
    assert "This is a copy" not in footer.render(Context())
    with clock.copied_as_on(london("2026-11-21 12:00").date()):
        assert "as it stood on 21" in footer.render(Context())
    with clock.copied_as_on(london("2026-11-22 12:00").date()):
        assert "as it stood on 22" in footer.render(Context())
    assert "This is a copy" not in footer.render(Context())


@pytest.mark.django_db(transaction=True)
def test_a_row_is_that_of_the_whole_item():
    """Of every public project, and of none that is not public: what is read of columns is what an item says itself."""
    world = World(2)
    make.ProjectFactory(status="open", techniques=[], modalities=world.modalities)
    make.ProjectFactory(status="open", round=None, partner=None, techniques=[], modalities=[])
    make.ProjectFactory(status="open", round=make.ApplicationRoundFactory(opens_at=None, closes_at=None))
    make.ProjectFactory(status="draft")
    catalogue(), vocabularies()
    pairs = [(Project, pk) for pk in Project.objects.values_list("pk", flat=True)]
    whole = {item.pk: Row.of(item) for item in Project.objects.public().for_listing()}
    assert len(whole) > 6
    assert len(whole) < len(pairs)
    assert read_rows([pk for _, pk in pairs]) == whole
    assert len(rows(pairs)) == len(whole)


@pytest.mark.django_db(transaction=True)
def test_a_row_is_as_it_is_now(client):
    """In a process that has shown it before: its kind, its words, and where applications stand."""
    project = make.ProjectFactory(title="Letters", status="open", round=make.ApplicationRoundFactory())
    named = rows([(Project, project.pk)], names_kind=True)
    assert rows([(Project, project.pk)]) != named
    assert Project.kind_label in named[0]
    catalogue(), vocabularies()
    for title in ("Words", "Letters"):
        Project.objects.filter(pk=project.pk).update(title=title)
        assert f">{title}</a>" in rows([(Project, project.pk)])[0]


@pytest.mark.django_db(transaction=True)
def test_a_row_says_where_applications_stand_at_every_moment():
    closes_at = london("2026-11-21 12:00")
    closing = make.ApplicationRoundFactory(opens_at=closes_at - 9 * DAY, closes_at=closes_at)
    project = make.ProjectFactory(status="open", round=closing)
    for moment, words in ((-10 * DAY, "Open at"), (-DAY, "Open until"), (DAY, "Closed at")):
        with time_machine.travel(closes_at + moment, tick=False):
            catalogue(), vocabularies()
            assert words in rows([(Project, project.pk)])[0]


@pytest.mark.django_db
def test_a_card_is_of_the_words_of_its_fellow():
    cohort = make.CohortFactory()
    make.FellowFactory(cohort=cohort, consent_on=None)  # whom nobody sees
    fellow = make.FellowFactory(cohort=cohort, region="wales", profession="nurse")
    for values in ({"name": "Ada <b>"}, {"region": "scotland"}, {"profession": "", "role": "Poet"}, {"name": "Ada"}):
        Fellow.objects.filter(pk=fellow.pk).update(**values)
        fellow.refresh_from_db()
        [person] = people_of(cohort)
        shown = card(person)
        assert fellow.get_absolute_url() in shown
        assert f"<p>{fellow.line}</p>" in shown
        assert f">{fellow.get_region_display()}</p>" in shown
        assert (">Ada &lt;b&gt;</a>" if "<" in fellow.name else ">Ada</a>") in shown
    assert person == Person(*(str(getattr(fellow, name)) for name in Person._fields))


def test_a_box_is_of_its_words_its_count_and_whether_it_is_ticked():
    for count, ticked in ((1, []), (2, []), (2, ["text"]), (1, ["text"]), (1, [])):
        boxes = Facet("modality", "Type of data", {"text": "Text"}, Counter(text=count), ticked).boxes
        assert f"({count}<span" in boxes
        assert (" checked>" in boxes) is bool(ticked)
    assert "<span" not in Facet("modality", "Type of data", {"text": "Text"}, None, []).boxes


@pytest.mark.django_db
def test_a_link_is_on_the_photos_of_its_own_draft_alone():
    person = Person("ada", "Ada", "", "", "", "fellows/ada.webp", "A portrait")
    first, second = share(), share()
    for link in (None, first, second, None):
        tokens = [sharing.token_of(one) for one in (first, second) if sharing.token_of(one) in card(person, link)]
        assert tokens == ([sharing.token_of(link)] if link else [])
