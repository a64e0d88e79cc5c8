"""Documents of the old sites as the importer meets them, with the slips that such pages have. Everybody is made up."""

COHORT_PAGE = """---
layout: people
permalink: /fellowship_cohort3.html
title: Fellowship in testing Cohort 3 (2024-25)
description:
---
Cohort 3 of the [fellowship](/fellowship.html) runs from August 2024 to August 2025.<br>

{% include fellowship_cohort3.html %}

<h3 style>Key Dates</h3>
This list will change.
* 08 Nov 2023: Applications open: [Application form](https://example.org/form)
* Wednesday 22nd November 2023: Webinar and *questions*
*  22 Jan 2024: Remote interviews this week
* Feb 2024: Interview outcomes
* Early March 2024 - Offers
* soon: Something else
* 31 Feb 2024: No such day

<h3 style>How to apply</h3>

1. Read the [role description](/assets/docs/Role Description.pdf)
2. Send the form.<br>It is short.

### Recruitment regions

Every region.

<h5>List of fellows</h5>

| Fellow | Clinical specialty | Selected outputs
|--------|:------------------:| ---
| [Ada Example](https://example.org/ada) | Cardiology | <https://example.org/paper> <br /> https://example.org/talk
| Grace Example | Anaesthetics |

<h3 style>Frequently Asked Questions</h3>
If your question is not here, write to us.
<details>

<summary>Eligibility</summary>

<strong>Can I do it twice? </strong>

<p>No. Ask for the <i>Other Form </i>. \nIt is <a href="/a form.pdf">here</a>.
</p>
<strong>Do I need to <i>code</i>?</strong>
<p>No.</p>
</details>
<details>
<summary>Pay</summary>

<strong>Who pays me?</strong>

<p>Your employer:</p>
<ul>
<li>first this</li>
<li>then that</li>
</ul>
</details>"""

PEOPLE = """# A comment
en: &DEFAULT_EN

  team:
    text:
    section: team
    people:
      - name: "Ada Example"
        role: "Specialty Trainee Doctor in Cardiology"
        region: "South West"
        profession: "Pharmacy"
        team-member-page: /team_member/adaexample.html
        image: assets/img/fellow/ada.jpg
        social:
          - url: https://example.org/ada
            icon: fab fa-linkedin-in
          - url: https://example.org/ada talk
            icon: fas fa-book

      # ----
      - Name: “Grace Example”
        Role: Nurse: in training
        image: assets/img/fellow/grace.jpg

      - name: "Ada Example"
        role: "Somebody else"
      - name: Mary Example
\tRole: Midwife
        region: "South East- Wessex"
        profession: Wizard
        social:
        hobby: Chess
      - name: Mary Example
\tRole: Midwife
        region: "South East- Wessex"
        profession: Wizard
        social:
        hobby: Chess
en-US:
  <<: *DEFAULT_EN
"""

FELLOW_PAGE = """---
layout: fellow
team-member-name: Ada Example
team-member-photo: /assets/img/fellow/ada.jpg
job-role: Fellow in testing, Cohort 3
social:
           - url: https://example.org/ada
             icon: fas fa-book
           - url: not a link
---

### Fellowship Bio
Ada counts.

### Fellowship Project
##### _[Counting **beats**](/assets/docs/posters/C3 Poster Ada.pdf)_
##### Example hospital

She counts [beats](https://example.org/all the beats).<br>And more.

### Fellowship Testimonial
> “It *counts*.”

### Prizes
One.

### Links
[A paper](https://example.org/a paper)<br>
<https://example.org/talk>"""

COMPLETED = """# ----
- title: P33 - Reading incident reports
  codelink: "https://example.org/code"
  reportlink: https://example.org/the report.pdf"
  case study link: tbu
  stage: Wave 3 - June to December 2022
  badge1: NLP
  badge2: Text Data
  badge3: Python - Transformers
  description: What a model makes of incident reports.
  author: Sample Intern
  supervisor: Sample One | Sample Two

- title: P34 - Counting: a broken row
  codelink: https://example.org/broken

- Title: “P21 – Making records”
\tCodelink: holding.html
  reportlink: https://old.example.org/holding.html
  stage: Wave 2 - October to March 2022
  badge1: Synthetic Data
  badge2:
  author: Sample Intern
  Supervisor: Sample One
# ----
- title: P11 - Asking
  codelink: Available on request
  stage: Later
  badge1: Python
  colour: red
- title: P33 - Reading incident reports
  codelink: https://example.org/other
-
- title:"""
