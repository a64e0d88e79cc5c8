"""Documents of the fellowship as the importer meets them, and what it reports of them."""

from __future__ import annotations

from pathlib import Path

from portal.importing import Report, import_paths

PROGRAMME = """---
layout: people
title: Felowship in testing
permalink: /fellowship.html
description:
length: 1 year
---
Fellows test things.
{% include buttons.html %}

Some {{ site.name }} text.

<h3 style>How it <em>works</em></h3>

They meet.

> "It’s the best, “really”." <br/>Professor Ada Example (2022), Director of [Testing](https://example.org/), Example

> “It works.”
> And more.<br>Grace Example

> A quotation of nobody

```
> {% kept %} in code
```
"""

COHORT = """---
type: cohort
number: 4
starts_on: 2027-09-01
ends_on: 2028-08-31
opens_at: 2027-01-11 09:00
closes_at: 2027-02-26 12:00
apply_url: https://example.org/apply
is_paid: false
time_commitment: 2 days a week
summary: The fourth.
key_dates:
  - {label: Open, date: 2027-01-11, precision: day}
  - {label: Interviews, date: 2027-04-01, precision: month}
---

1. **Ask.** Somebody.
2. **Write.** Something.
"""

FELLOW = """---
type: fellow
name: Ada Example
cohort: 4
role: Senior sister
profession: nurse
region: london
host: "Example trust"
summary: A nurse.
consent_on: 2026-01-02
project_title: Counting
quote: "“It counts.”"
links:
  - https://example.org/ada
  - https://orcid.org/1
---

## About

She counts.

## Fellowship project

It has parts:

- one
"""

QUESTIONS = """---
type: questions
section: Applying
order: 1
---

## May I?

Yes.

- always

## Must I?

No.
"""


def write(folder: Path, **documents: str) -> Path:
    for name, text in documents.items():
        (folder / f"{name.replace('_', '-')}.md").write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, **documents: str) -> Report:
    return import_paths([str(write(folder, **documents))])


def notes(report: Report) -> list[str]:
    """Line and message of each note."""
    return [f"{source.line}: {message}" for source, message in report.notes]
