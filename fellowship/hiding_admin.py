"""How staff hide a fellow at once, and show them again: list and form lead to one page that says what follows."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fellowship import hiding
from fellowship.models import Fellow
from portal import effects
from portal.admin_base import PublishableAdmin
from portal.models import User
from portal.moving import chosen_keys, lead_on


class ShownFilter(admin.SimpleListFilter):
    """Whether readers see the profile, whatever the reason."""

    title = "whether readers see it"
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Readers see it"), ("no", "Readers do not see it"), ("hidden", "Hidden by staff")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        public = Fellow.objects.public().order_by().values("pk")
        match self.value():
            case "yes":
                return queryset.filter(pk__in=public)
            case "no":
                return queryset.exclude(pk__in=public)
            case "hidden":
                return queryset.filter(is_hidden=True)
        return queryset


class SwitchForm(forms.Form):
    """Why, for colleagues."""

    note = forms.CharField(
        label="Private note (optional)",
        max_length=200,
        required=False,
        widget=admin.widgets.AdminTextInputWidget,
        help_text="For staff only. It is kept in the history, with your name and the time.",
    )


class HidingAdmin(PublishableAdmin):
    """The admin of fellows, as far as it says who of them readers see, and lets publishers decide it at once."""

    change_form_template = "admin/fellow_change_form.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                f"{act}/",
                self.admin_site.admin_view(self.switch_view),
                {"hidden": hidden},
                name=self._switch_name(hidden),
            )
            for act, hidden in {"hide": True, "show": False}.items()
        ] + super().get_urls()

    def _switch_name(self, hidden: bool) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{'hide' if hidden else 'show'}"

    def switch_address(self, request: HttpRequest, hidden: bool, keys: list[int], **more: str) -> str:
        return self.with_choice(request, reverse(f"admin:{self._switch_name(hidden)}"), keys, **more)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if self.has_publish_permission(request):
            actions["hide"] = (partial(_ask, True), "hide", "Hide at once…")
            actions["show"] = (partial(_ask, False), "show", "Show again…")
        return actions

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        fellow: Fellow | None = None if context["is_popup"] else context.get("original")
        context["shown_fellow"] = fellow
        if fellow is not None and self.has_publish_permission(request):
            context["switch_url"] = self.switch_address(request, not fellow.is_hidden, [fellow.pk], back="page")
        return super().render_change_form(request, context, *args, **kwargs)

    def switch_view(self, request: HttpRequest, hidden: bool) -> HttpResponse:
        """The one page on which a publisher confirms it."""
        if not self.has_publish_permission(request):
            raise PermissionDenied
        keys = chosen_keys(request.GET.get("ids", ""))
        chosen = list(Fellow.objects.filter(pk__in=keys).for_moving())
        back = self.way_back(request, chosen)
        if not chosen:
            messages.warning(request, "Choose at least one fellow that still exists.")
            return redirect(back)
        fellows = [fellow for fellow in chosen if fellow.is_hidden is not hidden]
        form = SwitchForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and (not fellows or form.is_valid()):
            self._switch_all(request, hidden, fellows, form)
            return redirect(back)
        after = [hiding.as_if(fellow, hidden=hidden) for fellow in fellows]
        # To readers, who is hidden is as if they were not published; that they are hidden needs no sentence here.
        unpublished = next(status for status in Fellow.Status if not status.is_public)
        told = [fellow.as_if(unpublished) for fellow in fellows] if hidden else after
        counted = Fellow.counted(len(fellows))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Hide {counted} at once" if hidden else f"Show {counted} again",
            "hidden": hidden,
            "form": form,
            "pairs": list(zip(fellows, after, strict=True)),
            "already": Fellow.counted(len(chosen) - len(fellows)) if len(chosen) > len(fellows) else "",
            "effects": effects.of_visibility(fellows, told),
            "back": back,
        }
        return TemplateResponse(request, "admin/hide.html", context)

    def _switch_all(self, request: HttpRequest, hidden: bool, fellows: list[Fellow], form: SwitchForm) -> None:
        by, note = cast(User, request.user), form.cleaned_data["note"] if fellows else ""
        done = [fellow for fellow in fellows if hiding.switch(fellow, hidden=hidden, by=by, note=note)]
        if not done:
            messages.info(request, f"Nothing was left to do: that was {'hidden' if hidden else 'shown'} already.")
            return
        what = f"“{done[0]}”" if len(done) == 1 else Fellow.counted(len(done))
        words = "hidden. Readers find nothing of it any more." if hidden else "no longer hidden."
        messages.success(request, f"{what} {effects.agree(len(done), 'is', 'are')} {words}")
        for fellow in done if not hidden else []:
            if not fellow.is_public and (why := hiding.as_if(fellow, hidden=False).hidden_because):
                messages.warning(request, f"Readers do not see “{fellow}” yet all the same. {why}")

    @admin.display(description="Readers see it", boolean=True)
    def is_shown(self, fellow: Fellow) -> bool:
        return fellow.is_public

    @admin.display(description="Photo")
    def thumbnail(self, fellow: Fellow) -> SafeString | str:
        if not fellow.photo:
            return ""
        # The name stands beside it, so it is passed over by those who do not see it.
        html = '<img class="thumbnail" src="{}" width="40" height="40" alt="" loading="lazy">'
        photo: Any = fellow.photo
        return format_html(html, photo.small_url)


def _ask(hidden: bool, model_admin: HidingAdmin, request: HttpRequest, items: models.QuerySet) -> HttpResponse | None:
    return lead_on(model_admin, request, items, partial(model_admin.switch_address, request, hidden))
