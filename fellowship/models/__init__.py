"""The fellowship in clinical AI: its programme, cohorts, fellows and questions."""

from fellowship.models.cohorts import Cohort, CohortQuerySet, KeyDate, Phase
from fellowship.models.fellows import Fellow, FellowLink, FellowQuerySet, Profession
from fellowship.models.programme import Programme, Testimonial
from fellowship.models.questions import Question, QuestionSection

__all__ = [
    "Cohort",
    "CohortQuerySet",
    "Fellow",
    "FellowLink",
    "FellowQuerySet",
    "KeyDate",
    "Phase",
    "Profession",
    "Programme",
    "Question",
    "QuestionSection",
    "Testimonial",
]
