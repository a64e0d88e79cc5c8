"""The list of projects as an ordinary view of Django makes it: to measure the finder against, and shown to nobody.

It has the same rows with the same terms, the same counts beside the same boxes, and a frame. It keeps nothing.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db.models import Count, Q
from django.http import QueryDict
from django.template import Context, Engine, Template

from projects.models import Area, Modality, Project, Technique

PER_PAGE = 50
FACETS = {"area": Area, "modality": Modality, "technique": Technique}
LOOKUPS = {"status": "status", "area": "area__slug", "modality": "modalities__slug", "technique": "techniques__slug"}
MENU = [("Projects", "/projects/"), ("Fellowship", "/fellowship/"), ("Guidance", "/articles/"), ("Search", "/search/")]

PAGE = """<!DOCTYPE html>
<html lang="en" class="nhsuk-template"><head><meta charset="utf-8"><title>{{ total }} projects</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body class="nhsuk-template__body">
<header class="nhsuk-header"><nav aria-label="Menu"><ul>
{% for label, address in menu %}<li class="nhsuk-header__navigation-item"><a href="{{ address }}">{{ label }}</a></li>
{% endfor %}</ul></nav></header><main id="maincontent"><h1>Projects</h1><form method="get">
<label for="q">Keyword</label><input id="q" name="q" value="">
{% for name, options in facets %}<fieldset class="nhsuk-fieldset"><legend>{{ name }}</legend>
{% for value, label, count, is_chosen in options %}<div class="nhsuk-checkboxes__item"><input type="checkbox"
id="{{ name }}-{{ value }}" name="{{ name }}" value="{{ value }}"{% if is_chosen %} checked{% endif %}>
<label for="{{ name }}-{{ value }}">{{ label }} ({{ count }})</label></div>
{% endfor %}</fieldset>{% endfor %}<button>Filter</button></form><h2>{{ total }} projects</h2><ul>
{% for project in projects %}<li><h3><a href="{{ project.get_absolute_url }}">{{ project.title }}</a></h3>
<strong class="nhsuk-tag nhsuk-tag--{{ project.current_status.colour }}">{{ project.current_status.label }}</strong>
<p>{{ project.summary }}</p><dl><dt>Area</dt><dd>{{ project.area.name }}</dd>
<dt>Techniques</dt><dd>{% for term in project.techniques.all %}{{ term.name }} {% endfor %}</dd>
<dt>Types of data</dt><dd>{% for term in project.modalities.all %}{{ term.name }} {% endfor %}</dd>
<dt>Round</dt><dd>{{ project.round.name }}</dd></dl>
<time datetime="{{ project.published_at|date:'c' }}">{{ project.published_at|date:"j F Y" }}</time></li>
{% endfor %}</ul></main><footer><p>Questions: <a href="mailto:{{ email }}">{{ email }}</a></p></footer></body></html>
"""


@cache
def _template() -> Template:
    """Read once, as Django does with templates of files."""
    return Engine.get_default().from_string(PAGE)


def _chosen(query: QueryDict, without: str = "") -> Q:
    """What the query asks for, but for one of its facets."""
    chosen = Q()
    for name, lookup in LOOKUPS.items():
        if name != without and (values := query.getlist(name)):
            chosen &= Q(**{f"{lookup}__in": values})
    return chosen


def _facets(query: QueryDict) -> list[tuple[str, list[tuple[str, str, int, bool]]]]:
    """Each facet with its boxes, and how many projects each of them would give."""
    facets = []
    for name, lookup in LOOKUPS.items():
        known = list(FACETS[name].objects.values_list("slug", "name")) if name in FACETS else Project.Status.choices
        matching = Project.objects.public().filter(_chosen(query, without=name)).order_by()
        counts = dict(matching.values_list(lookup).annotate(Count("pk", distinct=True)))
        chosen = set(query.getlist(name))
        facets.append((name, [(value, label, counts.get(value, 0), value in chosen) for value, label in known]))
    return facets


def plain_list(address: str) -> str:
    """The page of an address of the finder. It knows the filters, and no keywords."""
    query = QueryDict(address.partition("?")[2])
    matching = Project.objects.public().filter(_chosen(query)).distinct()
    shown = matching.select_related("area", "round").prefetch_related("techniques", "modalities")
    context: dict[str, Any] = {
        "menu": MENU,
        "facets": _facets(query),
        "total": matching.count(),
        "projects": shown[:PER_PAGE],
        "email": "data-science@portal.example",
    }
    return _template().render(Context(context))
