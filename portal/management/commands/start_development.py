"""Make a new database worth looking at: sample content and a staff account. For development only."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.importing import Outcome, import_paths
from portal.models import User
from portal.publishing import Publishable

STAFF_NAME = "editor"


class Command(BaseCommand):
    help = "Fill an empty database with sample content and make a staff account. For development only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Sample content and its staff account are for development: set PORTAL_ENV=development.")
        if not any(kind._default_manager.exists() for kind in Publishable.kinds()):
            report = import_paths([str(settings.BASE_DIR / "sample")])
            if report.count(Outcome.REJECTED):
                for source, message in report.notes:
                    self.stderr.write(f"{source}: {message}")
                raise CommandError("Some of the sample content was rejected.")
            self.stdout.write(f"Imported {report.count(Outcome.CREATED)} items of sample content.")
        if not User.objects.exists():
            password = secrets.token_urlsafe(12)
            User.objects.create_superuser(STAFF_NAME, password=password)
            self.stdout.write(
                f"\nStaff sign in at {settings.PORTAL_URL}/admin/\n"
                f"  name      {STAFF_NAME}\n  password  {password}\nIt is shown this once.\n"
            )
        self.stdout.write(f"The portal is at {settings.PORTAL_URL}/")
