"""The fellowship in clinical AI."""

from django.apps import AppConfig


class FellowshipConfig(AppConfig):
    name = "fellowship"
    verbose_name = "Fellowship"
