"""What a brief tells machines: an offer for as long as one can apply, and else a research project."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal import dates
from portal.feeds import lasting_id
from portal.markdown import render
from portal.paths import path_to
from portal.structured_data import Thing, breadcrumbs, moment, organisation, script, stated
from portal.web_address import absolute
from projects.models import ApplicationRound, Project


def of(project: Project, now: dt.datetime) -> SafeString:
    """The data block of a brief. A job site must never find an offer here that a student cannot take up."""
    address = project.get_absolute_url()
    way = breadcrumbs(("Projects", path_to("projects:index")), (project.title, address))
    offered = project.round if project.is_accepting(now) else None
    if offered is None:
        return script(_research_project(project), way)
    return script(_job(project, offered) if offered.is_paid else _programme(project, offered), way)


def _research_project(project: Project) -> Thing:
    terms = [*([project.area] if project.area else []), *project.techniques.all(), *project.modalities.all()]
    return {
        "@type": "ResearchProject",
        **_described(project),
        "keywords": [term.name for term in terms],
        "parentOrganization": organisation(),
    }


def _job(project: Project, offered: ApplicationRound) -> Thing:
    """A paid internship, with all that Google for Jobs requires."""
    return stated(
        {
            "@type": "JobPosting",
            "title": project.title,
            "description": _brief(project),
            "url": absolute(project.get_absolute_url()),
            "identifier": {
                "@type": "PropertyValue",
                "name": settings.PORTAL_ORGANISATION,
                "value": lasting_id(project),
            },
            "datePosted": _offered_on(project, offered).isoformat(),
            "validThrough": moment(offered.closes_at) if offered.closes_at else "",
            "employmentType": "INTERN",
            "directApply": False,
            "hiringOrganization": organisation(),
            "jobLocation": {"@type": "Place", "address": {"@type": "PostalAddress", "addressCountry": "GB"}},
        }
    )


def _programme(project: Project, offered: ApplicationRound) -> Thing:
    """An internship without pay."""
    return stated(
        {
            "@type": "EducationalOccupationalProgram",
            **_described(project),
            "provider": organisation(),
            "applicationStartDate": dates.local_day(offered.opens_at).isoformat() if offered.opens_at else "",
            "applicationDeadline": moment(offered.closes_at) if offered.closes_at else "",
        }
    )


def _described(project: Project) -> Thing:
    return {
        "name": project.title,
        "description": project.summary or project.title,
        "url": absolute(project.get_absolute_url()),
        "identifier": lasting_id(project),
    }


def _offered_on(project: Project, offered: ApplicationRound) -> dt.date:
    """The day from which one could apply: an old brief in a new round is a new offer."""
    return dates.local_day(max(at for at in (project.published_at, offered.opens_at) if at))


def _brief(project: Project) -> SafeString:
    """The whole brief as HTML, which is how job sites take a description."""
    lede = format_html("<p>{}</p>", project.summary or project.title)
    sections = ((part.heading, render(part.text, level=3, name=part.name)) for part in project.sections)
    return lede + format_html_join("", "<h2>{}</h2>{}", sections)
