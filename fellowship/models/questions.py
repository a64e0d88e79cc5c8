"""Questions that readers ask, by section."""

from __future__ import annotations

from django.db import models

from fellowship.models.cohorts import Cohort
from portal.markdown import MarkdownField


class QuestionSection(models.Model):
    """A heading under which questions stand, such as “Time and pay”."""

    title = models.CharField(max_length=100, unique=True)
    order = models.PositiveSmallIntegerField(default=0, help_text="Lower numbers stand first.")

    class Meta:
        ordering = ["order", "title"]

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """One question and its answer, for every cohort or for one."""

    section = models.ForeignKey(QuestionSection, on_delete=models.PROTECT, related_name="questions")
    cohort = models.ForeignKey(
        Cohort,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="questions",
        help_text="Leave it empty for a question about every cohort: it stands on the fellowship's page.",
    )
    question = models.CharField(max_length=200)
    slug = models.SlugField("address", max_length=120, unique=True, help_text="Readers can link to the question by it.")
    answer = MarkdownField(level=4)
    order = models.PositiveSmallIntegerField(default=0, help_text="Lower numbers stand first.")

    class Meta:
        ordering = ["section", "order", "pk"]

    def __str__(self) -> str:
        return self.question
