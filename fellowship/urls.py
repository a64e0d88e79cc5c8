"""The fellowship's addresses."""

from django.urls import path

from fellowship import views

app_name = "fellowship"

urlpatterns = [
    path("", views.programme, name="index"),
    path("cohorts/<int:number>/", views.cohort, name="cohort"),
    path("fellows/<slug:slug>/", views.fellow, name="fellow"),
]
