"""Staff look at the public site as it will be at a moment, if nothing is changed until then.

The choice is kept in the session of the one who made it. Readers without a session are never asked about one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import from_current_timezone
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from portal import clock, dates
from portal.middleware import STAFF_PREFIX, is_from_elsewhere
from portal.paths import path_to

KEPT_AS = "as_at"
YEARS = 10
TURNS_SHOWN = 30

GetResponse = Callable[[HttpRequest], HttpResponseBase]


# The choice, and what follows from it


def chosen_by(request: HttpRequest) -> dt.datetime | None:
    """The moment that this person looks at the site as at; None for whoever sees it as it is.

    Who sends no session cookie costs no query. A moment that has come is over: the site is as it is.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    kept = request.session.get(KEPT_AS)
    if not kept or not admin.site.has_permission(request):
        return None
    moment = dt.datetime.fromisoformat(kept)
    return moment if moment > timezone.now() else None


def depends_on_time(request: HttpRequest) -> bool:
    """Whether it asks for something of the public site; the admin, health and files are always of now."""
    apart = (STAFF_PREFIX, settings.MEDIA_URL, settings.STATIC_URL, path_to("health"), path_to("ready"))
    return request.method in {"GET", "HEAD"} and not request.path_info.startswith(apart)


class SiteAsAt:
    """Answers each request for a public page as at the moment that its sender chose, and says so."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        moment = chosen_by(request) if depends_on_time(request) else None
        if moment is None:
            return self.get_response(request)
        with clock.stopped_at(moment):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = _sent_as_at(moment, iter(response))
        for validator in ("ETag", "Last-Modified"):
            response.headers.pop(validator, None)
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex"
        return response


def _sent_as_at(moment: dt.datetime, parts: Iterator[bytes]) -> Iterator[bytes]:
    """What is sent piece by piece is made after the view has ended, so each piece is made as at the moment too."""
    while True:
        with clock.stopped_at(moment):
            part = next(parts, None)
        if part is None:
            return
        yield part


# Choosing


class AsAtForm(forms.Form):
    """A moment to come, in London."""

    date = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        initial=dt.time(12),
        help_text="London time, such as 12:00 for midday.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "date" in cleaned and "time" in cleaned:
            cleaned["moment"] = moment_to_come(dt.datetime.combine(cleaned["date"], cleaned["time"]))
        return cleaned


def moment_to_come(local: dt.datetime) -> dt.datetime:
    """London's ``local`` time as a moment. Raises ``ValidationError`` where one cannot look at the site as at it."""
    now = timezone.now()
    if local.year > timezone.localtime(now).year + YEARS:
        raise ValidationError(f"Choose a moment within the next {YEARS} years.")
    moment: dt.datetime = from_current_timezone(local)
    if moment <= now:
        raise ValidationError(
            f"{dates.moment(moment)[0].upper()}{dates.moment(moment)[1:]} has passed. Pages can be shown as they will "
            "be, but not as they were: what has changed since then cannot be undone for a look."
        )
    return moment


class Turn(NamedTuple):
    """A moment at which public pages change by themselves, in words, and the address that shows the site as at it."""

    at: dt.datetime
    words: str
    address: str


def turns(user: Any, now: dt.datetime, back: str) -> list[Turn]:
    """The next moments at which anything that this person may see changes by itself.

    Whatever changes says so by a method ``moments()``; it costs one query for each kind of thing.
    """
    found = []
    for model in apps.get_models():
        opts = model._meta
        acts = [f"{opts.app_label}.{act}_{opts.model_name}" for act in ("view", "change")]
        if not hasattr(model, "moments") or not any(map(user.has_perm, acts)):
            continue
        texts = [field.name for field in opts.concrete_fields if isinstance(field, models.TextField)]
        for item in model._default_manager.defer(*texts):
            note = "" if getattr(item, "is_public", True) else " (not public)"
            found += [
                Turn(moment.at, f"{moment.words}{note}", _address_of(moment.at, back))
                for moment in item.moments()
                if moment.at > now
            ]
    return sorted(found)[:TURNS_SHOWN]


def _address_of(moment: dt.datetime, back: str) -> str:
    """Where the site is shown as at the first full minute in which the moment has come."""
    full = moment.replace(second=0, microsecond=0)
    local = timezone.localtime(full if full == moment else full + dt.timedelta(minutes=1))
    query = {"date": local.date().isoformat(), "time": f"{local:%H:%M}", **({"next": back} if back else {})}
    return f"{reverse('as_at')}?{urlencode(query)}"


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Choose a moment: with one, on to the site as at it. To send the page ends it."""
    words = request.POST if request.method == "POST" else request.GET
    back = _own(words.get("next", ""), request)
    if request.method == "POST":
        request.session.pop(KEPT_AS, None)
        return redirect(back or "home")
    form = AsAtForm(request.GET) if {"date", "time"} & request.GET.keys() else AsAtForm()
    # Who comes from elsewhere is asked first: nobody else chooses the moment at which somebody sees the site.
    if form.is_bound and form.is_valid() and not is_from_elsewhere(request):
        request.session[KEPT_AS] = form.cleaned_data["moment"].isoformat()
        return HttpResponseRedirect(back or reverse("home"))
    site: AdminSite = admin.site
    context = {
        **site.each_context(request),
        "title": "See the site as at a moment",
        "form": form,
        "next": back,
        "chosen": chosen_by(request),
        "turns": turns(request.user, timezone.now(), back),
    }
    return TemplateResponse(request, "admin/as_at.html", context)


def _own(address: str, request: HttpRequest) -> str:
    """An address to go back to, if it is one of this site's."""
    is_own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_own and address.startswith("/") else ""


urlpatterns = [path("as-at/", admin.site.admin_view(page), name="as_at")]
