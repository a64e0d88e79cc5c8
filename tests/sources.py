"""Small documents of the family that the importer reads, and what an import did with them."""

from __future__ import annotations

from django.apps import apps

from portal.importing import Outcome

BRIEF = """---
title: {title}
description: {summary}
permalink: /{slug}/
{more}---

# {title}

**Keywords:** NLP, NER, Text

**Need:** {need}

**Current Knowledge/Examples & Possible Techniques/Approaches:** n/a

**Related Previous Internship Projects:** n/a

**Enables Future Work:** More work.

**Outcome/Learning Objectives:** Skills.

**Datasets:** Open data.

**Desired skill set:** Python.

---
Return to list of [all available projects](https://example.org/).
"""
NOTICE = """---
type: notice
title: {title}
starts_at: 2026-01-01
ends_at: {ends_at}
---

{body}
"""


def brief(slug="reading-letters", title="Reading letters", summary="What letters say.", need="Much.", more=""):
    return BRIEF.format(slug=slug, title=title, summary=summary, need=need, more=more)


def notice(title="Moving", body="We move on Monday.", ends_at=""):
    return NOTICE.format(title=title, body=body, ends_at=ends_at)


def outcomes(report):
    """How many of each outcome, where there are any."""
    return {outcome.value: count for outcome in Outcome if (count := report.count(outcome))}


def said(report):
    return [f"{source}: {message}" for source, message in report.notes]


def rejected(report):
    """What was said of each item that was refused."""
    return [line.partition("Rejected: ")[2] for line in said(report) if "Rejected" in line]


def load(folder, text, name="brief.md"):
    """Put one document into a folder and import all that is in it."""
    folder.write(name, text)
    return folder.load()


def everything():
    """Every row of the portal, without the clock."""
    models = [model for app in ("portal", "projects", "fellowship", "articles") for model in of_app(app)]
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in {"updated_at", "published_at"}}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in models
    }


def of_app(label):
    return apps.get_app_config(label).get_models(include_auto_created=True)


BADGE = "![{name}](https://img.example.org/badge/{label}-{colour})"


def badges(area="NLP", technique="NER", data="Text"):
    return " &nbsp; ".join(
        BADGE.format(name=name, label=label, colour="blue")
        for name, label in {"area": area, "technique": technique, "datamodality": data}.items()
    )


def row(title="Reading letters", address="https://example.org/list/reading-letters/", **labels):
    """A row of a list as it should be."""
    return f"|{badges(**labels)} |[{title}]({address})|"


def project_list(*rows, heading="## Open Projects Accepting Applications", front="", intro=""):
    return "\n".join(
        [
            "---",
            "title: Projects",
            "permalink: projects.html",
            *([front] if front else []),
            "---",
            heading,
            *([intro] if intro else []),
            "",
            "|:---:|---|",
            *rows,
            "",
        ]
    )
