"""The audit list: who did what to the portal and its people, and when. It outlives the person and the thing.

No addresses of computers are kept: who did it is the account's name, and the logs of the server have the rest.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    """One thing that somebody did and may be asked about. Both are kept in words, so they outlive the account."""

    class Kind(models.TextChoices):
        STATUS = "status", "Status"
        SUBMISSION = "submission", "Submission"
        SHARING = "sharing", "Shared draft"
        DELETION = "deletion", "Deletion"
        PERMISSION = "permission", "People and permissions"
        SIGN_IN = "sign-in", "Sign-in"
        SIGN_OUT = "sign-out", "Sign-out"
        REFUSED = "refused", "Refused sign-in"
        SECURITY = "security", "Password and second step"
        EXPORT = "export", "Export"
        EDIT = "edit", "Edit by a deleted account"

    kind = models.CharField(max_length=20, choices=Kind, editable=False)
    at = models.DateTimeField("time", default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    by_name = models.CharField("by", max_length=200, blank=True, editable=False)
    about = models.CharField(max_length=300, blank=True, editable=False)
    detail = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = "audit event"
        verbose_name_plural = "audit events"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at"], name="auditevent_newest")]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.about or self.by_name}"
