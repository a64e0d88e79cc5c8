"""Who can apply for a cohort: the funder's answer for each region and profession."""

from __future__ import annotations

from django.db import models

from fellowship.models.cohorts import Cohort
from fellowship.models.fellows import Profession
from portal.models import Region

REASON = 500  # characters at most


class EligibilityCell(models.Model):
    """Whether those of one profession who work in one region can apply. One that is not there is not decided yet."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="eligibility")
    region = models.CharField(max_length=40, choices=Region)
    profession = models.CharField(max_length=20, choices=Profession)
    can_apply = models.BooleanField()
    reason = models.TextField(max_length=REASON, blank=True)

    class Meta:
        verbose_name = "answer to who can apply"
        verbose_name_plural = "answers to who can apply"
        ordering = ["region", "profession"]
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "region", "profession"],
                name="eligibilitycell_once_per_cohort",
                violation_error_message="This cohort has an answer for that region and profession already.",
            )
        ]

    def __str__(self) -> str:
        answer = "yes" if self.can_apply else "no"
        return f"{self.get_region_display()}, {self.get_profession_display().lower()}: {answer}"
