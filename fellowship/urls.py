"""The fellowship's addresses."""

from django.urls import path

from fellowship import calendar, views

app_name = "fellowship"

urlpatterns = [
    path("", views.programme, name="index"),
    path("cohorts/<int:number>/", views.cohort, name="cohort"),
    path("calendar.ics", calendar.subscription, name="calendar"),
    path("cohorts/<int:number>/dates.ics", calendar.one_cohort, name="cohort-dates"),
    path("fellows/<slug:slug>/", views.fellow, name="fellow"),
]
