"""How the admin shows what needs attention: a filter on the list of everything that has concerns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.core import checks
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst

from portal.attention import PARAMETER, Concern, concerns_of, matters


class AttentionFilter(admin.SimpleListFilter):
    """The rows that the front page counts, by the same query."""

    title = "what needs attention"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        concerns = concerns_of(model_admin.model)
        return [(concern.slug, capfirst(concern.many)) for concern in concerns if concern.is_for(request.user)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        for concern in concerns_of(queryset.model):
            if concern.slug == self.value() and concern.is_for(request.user):
                return queryset.filter(pk__in=concern.rows(timezone.now()).order_by().values("pk"))
        # A link from an old digest, perhaps: all rows would pass for those that need attention.
        return queryset.none()


class AttentionAdmin(admin.ModelAdmin):
    """An admin whose list can be narrowed to what needs attention, where anything of its kind can."""

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = super().get_list_filter(request)
        return [AttentionFilter, *filters] if any(concerns_of(self.model)) else filters


@checks.register(checks.Tags.admin)
def every_concern_has_a_list(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """The link of a concern leads to a list, and its filter narrows that list to the concern."""
    return [
        checks.Error(
            f"“{matter.many}” ({matter.model._meta.label}) leads to a list that cannot show them.",
            hint="Register the model in the admin with an AttentionAdmin.",
            id="portal.E001",
        )
        for matter in matters()
        if isinstance(matter, Concern) and not _shows(admin.site._registry.get(matter.model), matter)
    ]


def _shows(registered: Any, concern: Concern) -> bool:
    return registered is not None if concern.own_filter else isinstance(registered, AttentionAdmin)
