"""The admin of guidance, in the order in which an editor thinks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from articles.models import Article
from portal import revisions
from portal.admin_base import PublishableAdmin

revisions.register(Article)


class ReviewFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("ahead", "Ahead"), ("none", "No day set")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        match self.value():
            case "overdue":
                return queryset.filter(review_due_on__lt=today)
            case "ahead":
                return queryset.filter(review_due_on__gte=today)
            case "none":
                return queryset.filter(review_due_on=None)
            case _:
                return queryset


@admin.register(Article)
class ArticleAdmin(PublishableAdmin):
    list_display = ["title", "status_tag", "audience", "reviewed_on", "review_due_on", "is_up_to_date", "updated_at"]
    list_filter = ["status", ReviewFilter, "audience", "areas"]
    search_fields = ["title", "summary", "slug", "authors", "body"]
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["areas"]
    readonly_fields = [*PublishableAdmin.readonly_fields, "tags_of_source"]
    fieldsets = [
        (None, {"fields": ["status_tag", "title", "summary", "body"]}),
        (
            "Who it is for",
            {
                "fields": ["audience", "areas"],
                "description": "The page links to the open projects of each area, and to other guidance about it.",
            },
        ),
        (
            "Who looks after it",
            {
                "fields": ["authors", ("reviewed_on", "review_due_on")],
                "description": "When the day of the next review has passed, the page tells readers so.",
            },
        ),
        ("Cover", {"fields": ["cover", "cover_alt", "cover_is_decorative"]}),
        ("Address", {"fields": ["slug"]}),
        (
            PublishableAdmin.about_fieldset[0],
            {"fields": [*PublishableAdmin.about_fieldset[1]["fields"], "tags_of_source"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset = super().get_queryset(request)
        is_list = (
            request.resolver_match is not None and request.resolver_match.url_name == "articles_article_changelist"
        )
        return queryset.defer("body", "source_text") if is_list else queryset

    @admin.display(description="Review up to date", boolean=True)
    def is_up_to_date(self, article: Article) -> bool | None:
        return None if article.review_due_on is None else not article.is_review_overdue

    @admin.display(description="Tags of the source")
    def tags_of_source(self, article: Article) -> str:
        return ", ".join(article.tags) or "None"
