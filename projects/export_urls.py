"""The addresses of the list as files, beside the list and not below it."""

from django.urls import path

from projects import exports

app_name = "exports"

urlpatterns = [
    path("projects.json", exports.as_json, name="json"),
    path("projects.csv", exports.as_csv, name="csv"),
]
