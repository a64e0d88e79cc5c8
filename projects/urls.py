"""The addresses of projects."""

from django.urls import path

from projects import views
from projects.calendar import deadline, subscription
from projects.exports import about
from projects.feed import feed
from projects.legend import legend
from projects.proposing import propose

app_name = "projects"

urlpatterns = [
    path("", views.index, name="index"),
    path("data/", about, name="data"),
    path("feed/", feed, name="feed"),
    path("propose/", propose, name="propose"),
    path("terms/", legend, name="terms"),
    path("calendar.ics", subscription, name="calendar"),
    path("rounds/<int:pk>/deadline.ics", deadline, name="deadline"),
    path("<slug:slug>/", views.detail, name="detail"),
]
