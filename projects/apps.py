"""Internship projects: their terms, rounds, briefs and results."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = "Internships"
