"""Fellows: shown only with their consent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from fellowship.models.cohorts import Cohort
from portal import readiness
from portal.described_images import DECORATES, DECORATES_HELP, DescribedImage
from portal.image_fields import SafeImageField
from portal.markdown import MarkdownField, plain
from portal.models import Organisation, Region
from portal.paths import path_to
from portal.pdf_field import PdfField, type_and_size
from portal.publishing import (
    Lifecycle,
    PageStatus,
    Publishable,
    PublishableQuerySet,
    SearchDocument,
    public_only_with,
    status_field,
    status_is_known,
)
from portal.readiness import Gap
from portal.web_address import WebAddressField
from projects.models import Project


class Profession(models.TextChoices):
    """The professions that the fellowship is for."""

    ALLIED_HEALTH = "allied-health", "Allied health professional"
    DENTIST = "dentist", "Dentist"
    DOCTOR = "doctor", "Doctor"
    MIDWIFE = "midwife", "Midwife"
    NURSE = "nurse", "Nurse"
    PHARMACY = "pharmacy", "Pharmacy professional"
    SCIENTIST = "scientist", "Healthcare scientist"


COHORT = Gap("cohort", "choose", "a cohort", "readers find fellows on its page", is_kept=True)
# No public page is held to it: whoever takes the day out hides the profile, at once and everywhere.
CONSENT = Gap("consent_on", "record", "the day of their consent", "without it, nobody sees the profile")
PROFESSION = Gap("profession", "choose", "a profession", "it stands below the name wherever the fellow is listed")
ABOUT = Gap("about", "write", "who they are", "the page has little else to say of them")
PHOTO = DescribedImage("photo")


def host_of(address: str) -> str:
    """The site of an address, as readers call it."""
    return (urlsplit(address).hostname or "").rstrip(".").removeprefix("www.")


class FellowQuerySet(PublishableQuerySet):
    def public(self) -> Self:
        """Published, with consent, not hidden, and of a cohort that is public."""
        return self.with_consent().filter(cohort__status__in=Cohort.Status.public())

    def with_consent(self) -> Self:
        """Published, with consent and not hidden: those whom readers of a cohort's page see on it."""
        return super().public().filter(consent_on__isnull=False, is_hidden=False)

    def without_consent(self) -> Self:
        """Published, and shown to nobody until the day of their consent is recorded."""
        return super().public().filter(consent_on__isnull=True, is_hidden=False)

    def withheld(self) -> Self:
        return self.filter(is_hidden=True)

    def showing_files(self, visible: Callable[[Any], Any]) -> Self:
        """A cohort's page shows them too, also one that is a draft."""
        of_cohort = self.with_consent().filter(cohort__in=visible(Cohort.objects.all()).order_by().values("pk"))
        own = visible(self).order_by()
        return self.filter(Q(pk__in=own.values("pk")) | Q(pk__in=of_cohort.order_by().values("pk")))

    def for_listing(self) -> Self:
        return self.select_related("cohort", "host")

    def for_index(self) -> Self:
        return self.select_related("host")

    def for_moving(self) -> Self:
        return self.select_related("cohort")


class Fellow(Publishable):
    """A clinician who takes or took part. Without the day of their consent, nothing of them is public."""

    Status = PageStatus
    kind_label = "Fellow"
    kind_plural = "Fellows"
    listed_at = ("fellowship:index",)

    title = property(lambda self: self.name)
    status = status_field(PageStatus)
    name = models.CharField(max_length=150)
    cohort = models.ForeignKey(
        Cohort,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="fellows",
        help_text="A draft may do without; a published profile may not.",
    )
    role = models.CharField(max_length=200, blank=True, help_text="Such as critical care nurse.")
    profession = models.CharField(max_length=20, choices=Profession, blank=True)
    region = models.CharField(max_length=40, choices=Region, blank=True)
    host = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="fellows", verbose_name="works at"
    )
    supervisor = models.CharField(max_length=150, blank=True)
    project = models.ForeignKey(
        Project,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="fellows",
        help_text="Where the work is a project of this portal, its page is linked.",
    )
    project_title = models.CharField(max_length=250, blank=True)
    about = MarkdownField(level=3, blank=True)
    project_text = MarkdownField("fellowship project", level=3, blank=True)
    poster = PdfField("poster: PDF", upload_to="posters", size_field="poster_size", blank=True)
    poster_size = models.PositiveIntegerField(default=0, editable=False, help_text="In bytes.")
    poster_url = WebAddressField(
        "poster: address",
        max_length=500,
        blank=True,
        help_text="Where the poster can be read, if it is not stored here.",
    )
    quote = models.TextField("in their words", max_length=1000, blank=True, help_text="Without quotation marks.")
    photo = SafeImageField(
        upload_to="fellows",
        edges=(320, 160),
        square=True,
        blank=True,
        help_text="JPEG, PNG or WebP. It is cut to a square and made small.",
    )
    photo_alt = models.CharField(
        "photo: alternative text",
        max_length=200,
        blank=True,
        help_text="What the photo shows, for those who cannot see it.",
    )
    photo_is_decorative = models.BooleanField(DECORATES, default=False, help_text=DECORATES_HELP)
    consent_on = models.DateField(
        "consent given on",
        null=True,
        blank=True,
        help_text="The day on which the fellow agreed to be shown. Without it, the profile cannot be published; "
        "take it out, and the profile is hidden everywhere at once.",
    )

    # It has a door of its own, fellowship.hiding: no form, table or import of texts shows again whom somebody hid.
    is_hidden = models.BooleanField("hidden", default=False, editable=False)

    objects: ClassVar[Any] = FellowQuerySet.as_manager()

    class Meta(Publishable.Meta):
        # By the key: a row is locked as it is ordered, and PostgreSQL locks none that is joined to what may be missing.
        ordering = ["-cohort_id", "name"]
        constraints = [
            *Publishable.Meta.constraints,
            status_is_known(PageStatus),
            public_only_with(Q(cohort__isnull=False), name="fellow_public_has_cohort", says=COHORT.sentence),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_to("fellowship:fellow", self.slug)

    @property
    def is_public(self) -> bool:
        is_agreed = super().is_public and self.consent_on is not None and not self.is_hidden
        return is_agreed and self.cohort is not None and self.cohort.is_public

    @property
    def hidden_because(self) -> str:
        """Why readers do not see a profile that is published; empty where they do, or where it is a draft."""
        if not self.current_status.is_public:
            return ""
        if self.is_hidden:
            return "Somebody hid the profile, so it is hidden everywhere until it is shown again."
        if self.consent_on is None:
            return "The day of their consent is not recorded, so the profile is hidden everywhere."
        if self.cohort is None or self.cohort.is_public:
            return ""
        return f"{self.cohort} is a draft, and so its fellows are hidden."

    def required_gaps(self, new: Lifecycle) -> list[Gap]:
        return readiness.lacking((COHORT, self.cohort_id is None), (CONSENT, self.consent_on is None))

    def advised_gaps(self, new: Lifecycle) -> list[Gap]:
        return [
            *super().advised_gaps(new),
            *readiness.lacking(
                (PROFESSION, not self.profession),
                (ABOUT, not self.about),
                (PHOTO.gap, PHOTO.is_undescribed(self)),
            ),
        ]

    def clean(self) -> None:
        super().clean()
        PHOTO.check(self)
        if self.poster and self.poster_url:
            raise ValidationError({"poster_url": "There is a PDF of the poster already. Take one of them out."})

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0].upper() for word in [words[0], words[-1]][: len(words)]) if words else ""

    @property
    def line(self) -> str:
        """What they are, in a few words."""
        return self.get_profession_display() or self.role

    @property
    def poster_in_words(self) -> str:
        """What readers are told of the poster: type and size of a file, or the site where it is."""
        return type_and_size(self.poster_size) if self.poster else f"on {host_of(self.poster_url)}"

    @property
    def search_facts(self) -> list[tuple[str, str]]:
        facts = [("Cohort", str(self.cohort.number) if self.cohort else ""), ("Region", self.get_region_display())]
        return [fact for fact in facts if fact[1]]

    def search_document(self) -> SearchDocument:
        host = " ".join(self.host.names) if self.host else ""
        return SearchDocument(
            title=self.name,
            terms=" ".join([self.role, self.get_profession_display(), self.get_region_display(), host]),
            summary=self.summary,
            body=" ".join([self.project_title, plain(self.about), plain(self.project_text), self.quote]),
        )


class FellowLink(models.Model):
    """Somewhere else on the web where a fellow's work is shown."""

    SITES = {
        "orcid.org": "ORCID record",
        "linkedin.com": "LinkedIn profile",
        "github.com": "GitHub profile",
        "scholar.google.com": "Google Scholar profile",
        "researchgate.net": "ResearchGate profile",
        "pubmed.ncbi.nlm.nih.gov": "PubMed publications",
        "bsky.app": "Bluesky profile",
        "x.com": "X profile",
        "twitter.com": "X profile",
    }
    # One site under many names, such as scholar.google.de, .co.uk and .com.au.
    _SCHOLAR_OF_A_COUNTRY = re.compile(r"^scholar\.google\.(?:com?\.)?[a-z]{2}$")

    fellow = models.ForeignKey(Fellow, on_delete=models.CASCADE, related_name="links")
    url = WebAddressField("address")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fellow", "url"],
                name="fellowlink_once_per_fellow",
                violation_error_message="This fellow has that link already.",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What the link leads to, derived from its host: a site that is known, or a part of it such as a country's."""
        host = self._SCHOLAR_OF_A_COUNTRY.sub("scholar.google.com", host_of(self.url))
        known = (label for site, label in self.SITES.items() if f".{host}".endswith(f".{site}"))
        return next(known, f"page on {host}")
