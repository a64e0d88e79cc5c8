"""The admin of links: those that are dead or may be, where each stands, and a word for those that are fine."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal import attention, dates
from portal.attention_admin import AttentionAdmin
from portal.checked_links import CheckedLink
from portal.links import Place, is_askable, places_of
from portal.models import User, person_in_words

attention.register(
    attention.Concern(
        slug="dead",
        model=CheckedLink,
        one="link that is dead",
        many="links that are dead",
        why="Readers who follow them find nothing.",
        urgency=attention.Urgency.SOON,
        rows=lambda now: CheckedLink.objects.dead(),
    )
)


PLACES_SHOWN = 5


class ShownFilter(admin.SimpleListFilter):
    """Which links are listed: at first, those that somebody should look at."""

    title = "what was found"
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dead", "Dead"), ("unsure", "Unsure"), ("ignored", "Said to be fine"), ("all", "All links")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Dead or unsure"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "dead":
                return queryset & CheckedLink.objects.dead()
            case "unsure":
                return (queryset & CheckedLink.objects.doubtful()).filter(state=CheckedLink.State.UNSURE)
            case "ignored":
                return queryset & CheckedLink.objects.ignored()
            case "all":
                return queryset
            case _:
                return queryset & CheckedLink.objects.doubtful()


class ReasonForm(ActionForm):
    """The choice of an action, with the reason that one of them asks for."""

    reason = forms.CharField(label="Why it is fine:", required=False, max_length=300)


class CheckedLinkAdmin(AttentionAdmin):
    """What `check_links` found. The next run looks again, and what its text no longer holds leaves the list."""

    list_display = ["address", "found", "where", "since"]
    list_filter = [ShownFilter]
    list_per_page = 50
    search_fields = ["address", "places"]
    ordering = ["failing_since", "address"]
    action_form = ReasonForm
    actions = ["ignore", "heed"]
    readonly_fields = ["followed", "found", "since", "checked_at", "every_place", "ignored_by_name", "ignored_at"]
    fieldsets = [
        (None, {"fields": ["followed", "found", "since", "checked_at", "every_place"]}),
        ("If it is fine after all", {"fields": ["ignored_because", "ignored_by_name", "ignored_at"]}),
    ]

    class Media:
        css = {"all": ["portal/links.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Address")
    def followed(self, link: CheckedLink) -> SafeString | str:
        """The address, to follow it oneself."""
        if not is_askable(link.address):
            return link.address
        return format_html('<a href="{0}" rel="noreferrer">{0}</a>', link.address)

    @admin.display(description="Found", ordering="state")
    def found(self, link: CheckedLink) -> SafeString:
        state = CheckedLink.State(link.state)
        words = f"{link.ignored_by_name} says that it is fine: {link.ignored_because}" if link.ignored_because else ""
        tag = format_html('<span class="status status--{}">{}</span> {}', state.colour, state.label, link.answer)
        return format_html('{}<div class="help">{}</div>', tag, words) if words else tag

    @admin.display(description="Since", ordering="failing_since")
    def since(self, link: CheckedLink) -> str:
        return dates.day(dates.local_day(link.failing_since)) if link.failing_since else "–"

    @admin.display(description="Where it stands")
    def where(self, link: CheckedLink) -> SafeString:
        places = places_of(link.places)
        rest = len(places) - PLACES_SHOWN
        more = format_html("<div>and {} more</div>", rest) if rest > 0 else ""
        return format_html("{}{}", _linked(places[:PLACES_SHOWN]), more)

    @admin.display(description="Where it stands")
    def every_place(self, link: CheckedLink) -> SafeString:
        return _linked(places_of(link.places))

    @admin.action(description="Say that they are fine", permissions=["change"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[CheckedLink]) -> None:
        reason = " ".join(request.POST.get("reason", "").split())[:300]
        if not reason:
            self.message_user(
                request, "Write why they are fine, beside the action. Nothing was changed.", messages.ERROR
            )
            return
        for link in queryset:
            self._say_fine(request, link, reason)
        self._tell(request, len(queryset), "said to be fine; nobody is told of {them} any longer")

    @admin.action(description="Check them again", permissions=["change"])
    def heed(self, request: HttpRequest, queryset: QuerySet[CheckedLink]) -> None:
        for link in queryset:
            self._say_fine(request, link, "")
        self._tell(request, len(queryset), "looked at again by the next run")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        _sign(obj, obj.ignored_because, request)
        super().save_model(request, obj, form, change)

    def _say_fine(self, request: HttpRequest, link: CheckedLink, reason: str) -> None:
        _sign(link, reason, request)
        link.save(update_fields=["ignored_because", "ignored_by", "ignored_by_name", "ignored_at"])
        self.log_change(request, link, [{"changed": {"fields": ["Why it is fine"]}}])

    def _tell(self, request: HttpRequest, number: int, words: str) -> None:
        what, is_, them = ("1 link", "is", "it") if number == 1 else (f"{number} links", "are", "them")
        self.message_user(request, f"{what} {is_} {words.format(them=them)}.", messages.SUCCESS)


def _sign(link: CheckedLink, reason: str, request: HttpRequest) -> None:
    """Note who says that a link is fine, and since when; without a reason, nobody does."""
    user = request.user if isinstance(request.user, User) and reason else None
    link.ignored_because = reason
    link.ignored_by = user
    link.ignored_by_name = person_in_words(user)
    link.ignored_at = timezone.now() if reason else None


def _linked(places: list[Place]) -> SafeString:
    rows = [(_change_address(place.kind, place.id), place.title, place.field) for place in places]
    return format_html_join("", '<div><a href="{}">{}</a>: {}</div>', rows)


def _change_address(kind: str, key: int) -> str:
    """Where the thing on whose page a link stands is changed; the front page for what has no page."""
    try:
        return reverse(f"admin:{kind.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:
        return reverse("admin:index")
