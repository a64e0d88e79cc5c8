"""What every test has: the settings of development, in a folder that is thrown away."""

import os
import tempfile
from pathlib import Path

import django
from django.conf import settings

_VAR = tempfile.TemporaryDirectory(prefix="portal-tests-")
os.environ.update(
    DJANGO_SETTINGS_MODULE="portal.settings",
    PORTAL_ENV="development",
    PORTAL_VAR=_VAR.name,
    DJANGO_ALLOW_ASYNC_UNSAFE="1",  # Playwright runs a loop of its own in the thread of the test
)
(Path(_VAR.name) / "static").mkdir()  # where `collectstatic` would put files; WhiteNoise warns where it is missing
django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # made to be fast
