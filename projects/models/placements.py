"""What came of a project: its placements and their outputs."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from portal import dates
from portal.web_address import WebAddressField
from projects.models.projects import Project


class Placement(models.Model):
    """One run of a project by an intern. A project may have several."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="placements")
    reference = models.CharField(max_length=20, blank=True, help_text="Such as P33.")
    wave = models.CharField(max_length=80, blank=True, help_text="The intake that it belonged to, such as Wave 3.")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    intern = models.CharField(max_length=200, blank=True, help_text="Only with the intern's consent. Readers see it.")
    intern_consent_on = models.DateField("intern's consent given on", null=True, blank=True)
    supervisors = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["project", "wave", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                condition=~Q(reference=""),
                name="placement_reference_is_unique",
                violation_error_message="Another placement has this reference.",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="placement_ends_after_it_starts",
                violation_error_message="A placement must end after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(intern="") | Q(intern_consent_on__isnull=False),
                name="placement_names_an_intern_only_with_consent",
                violation_error_message="Give the day on which the intern agreed to be named, or leave the name out.",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in [self.reference, self.wave] if part) or "Placement"

    @property
    def months(self) -> str:
        """June 2022 to December 2022; empty while the dates are open."""
        return dates.months(self.starts_on, self.ends_on) if self.starts_on and self.ends_on else ""


class Output(models.Model):
    """What a placement left behind, or the reason why it did not."""

    class Kind(models.TextChoices):
        CODE = "code", "Code"
        REPORT = "report", "Report"
        CASE_STUDY = "case_study", "Case study"
        PUBLICATION = "publication", "Publication"
        SLIDES = "slides", "Slides"

    class State(models.TextChoices):
        PUBLISHED = "published", "Published"
        AWAITING = "awaiting", "Awaiting sign-off"
        NOT_APPLICABLE = "not_applicable", "Not applicable"

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="outputs")
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=20, choices=State, default=State.AWAITING)
    title = models.CharField(max_length=200, blank=True)
    url = WebAddressField("address", blank=True)
    expected_on = models.DateField(null=True, blank=True, help_text="When readers may expect it.")
    reason = models.CharField(max_length=300, blank=True, help_text="Why there is none. Readers see it.")

    class Meta:
        ordering = ["placement", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | ~Q(url=""),
                name="output_published_has_address",
                violation_error_message="A published output needs its address.",
            ),
            models.CheckConstraint(
                condition=~Q(state="not_applicable") | ~Q(reason=""),
                name="output_not_applicable_has_reason",
                violation_error_message="Say why there is no such output.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["code", "report", "case_study", "publication", "slides"]),
                name="output_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["published", "awaiting", "not_applicable"]), name="output_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()

    @property
    def expected_month(self) -> str:
        return dates.month(self.expected_on) if self.expected_on else ""

    def clean(self) -> None:
        if self.state == self.State.PUBLISHED and self.expected_on:
            raise ValidationError({"expected_on": "It is published; leave the expected date out."})
