"""Faults on purpose, against real processes on scratch data. ``python -m tests.faults`` runs one after the other."""
