#!/usr/bin/env python
"""The portal's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if "runserver" not in sys.argv[1:2]:
        # Nobody waits before a browser for a command: what it asks of PostgreSQL may take its time.
        os.environ.setdefault("STATEMENT_SECONDS", "0")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
