"""The addresses of guidance."""

from django.urls import path

from articles import views
from articles.feed import feed

app_name = "articles"

urlpatterns = [
    path("", views.index, name="index"),
    path("feed/", feed, name="feed"),
    path("<slug:slug>/", views.detail, name="detail"),
]
