"""Projects like one that cannot be applied for: those that accept applications and share most terms with it."""

from __future__ import annotations

import datetime as dt

from projects.models import Project

HOW_MANY = 3
AREA_WEIGHT = 2


def similar_projects(project: Project, now: dt.datetime) -> list[Project]:
    """Up to three projects that accept applications, most shared terms first; an area counts twice, ties go A to Z."""
    techniques = {term.pk for term in project.techniques.all()}
    modalities = {term.pk for term in project.modalities.all()}

    def shared(other: Project) -> int:
        area = AREA_WEIGHT if other.area_id is not None and other.area_id == project.area_id else 0
        return (
            area
            + len(techniques & {term.pk for term in other.techniques.all()})
            + len(modalities & {term.pk for term in other.modalities.all()})
        )

    others = Project.objects.public().accepting(now).exclude(pk=project.pk).for_listing().order_by("title")
    ranked = sorted(others, key=shared, reverse=True)
    return [other for other in ranked if shared(other)][:HOW_MANY]
