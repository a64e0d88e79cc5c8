"""Internship projects: terms, application rounds, projects, placements and outputs."""

from projects.models.placements import Output, Placement
from projects.models.projects import Project, ProjectQuerySet
from projects.models.proposals import Proposal
from projects.models.rounds import ApplicationRound
from projects.models.statuses import ListRank, Status
from projects.models.terms import Area, Modality, Technique, Term

__all__ = [
    "ApplicationRound",
    "Area",
    "ListRank",
    "Modality",
    "Output",
    "Placement",
    "Project",
    "ProjectQuerySet",
    "Proposal",
    "Status",
    "Technique",
    "Term",
]
