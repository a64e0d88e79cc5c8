"""The tests that run side by side have nothing in common."""

import os

from django.conf import settings

from portal import generation


def test_each_process_of_the_tests_has_a_folder_of_its_own():
    assert str(settings.PORTAL_VAR) == os.environ["PORTAL_VAR"]
    assert generation._known.path.startswith(os.environ["PORTAL_VAR"])
