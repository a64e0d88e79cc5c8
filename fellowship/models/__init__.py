"""The fellowship in clinical AI: its programme, cohorts, fellows and questions."""

from fellowship.models.cohorts import Cohort, CohortQuerySet, Phase
from fellowship.models.documents import Document
from fellowship.models.eligibility import EligibilityCell
from fellowship.models.fellows import Fellow, FellowLink, FellowQuerySet, Profession
from fellowship.models.key_dates import KeyDate
from fellowship.models.programme import Programme, Testimonial
from fellowship.models.questions import Question, QuestionSection

__all__ = [
    "Cohort",
    "CohortQuerySet",
    "Document",
    "EligibilityCell",
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
