"""The admin site: the portal's name and colours on Django's own admin."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

if TYPE_CHECKING:
    from portal.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# Each word of a search is a condition of its own, and SQLite takes no more than 1,000 of them.
MAX_SEARCH = 1000


class PortalAdminSite(AdminSite):
    """Django's admin for staff who have signed in as far as the portal requires."""

    site_header = f"{settings.PORTAL_NAME}: staff"
    site_title = settings.PORTAL_NAME
    index_title = "What would you like to change?"

    def has_permission(self, request: HttpRequest) -> bool:
        """Asked before every view of the admin, for its editor's two addresses, and for drafts on public pages."""
        # Imported late: the site is made while the models that sign-in needs are still to come.
        from portal.sign_in import may_enter

        return super().has_permission(request) and may_enter(request)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Django's guard of every view of the admin, which also holds searches to ``MAX_SEARCH`` characters."""

        @wraps(view)
        def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if len(request.GET.get(SEARCH_VAR, "")) > MAX_SEARCH:
                messages.error(request, f"Search for fewer words: {MAX_SEARCH:,} characters at most.")
                others = request.GET.copy()
                del others[SEARCH_VAR]
                return redirect(f"{request.path}?{others.urlencode()}" if others else request.path)
            if len(request.GET.get("term", "")) > MAX_SEARCH:
                raise BadRequest("A search for a choice has too many characters.")
            return view(request, *args, **kwargs)

        return cast("View", super().admin_view(bounded, cacheable))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The front page: what needs this person's attention, then all that they can look after."""
        from portal import attention, digest

        found = attention.findings(cast("User", request.user), timezone.now())
        mine = {"findings": attention.by_urgency(found), "can_get_digest": digest.can_be_sent()}
        return super().index(request, {**mine, **(extra_context or {})})

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's page, with a form that counts how often the old password was wrong, and names the account."""
        from django.contrib.auth.views import PasswordChangeView

        from portal.sign_in_forms import NewPasswordForm

        request.current_app = self.name
        return PasswordChangeView.as_view(
            form_class=NewPasswordForm,
            template_name="account/new_password.html",
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)

    def get_urls(self) -> list[Any]:
        choose = self.admin_view(require_POST(self.choose_digest))
        on_site = path("r/<path:content_type_id>/<path:object_id>/", self.admin_view(self.on_site), name="view_on_site")
        return [path("digest/", choose, name="digest"), on_site, *super().get_urls()]

    def on_site(self, request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponseBase:
        """On to the public address of something, which may say what a draft is about: for those who may see it."""
        from django.contrib.contenttypes.models import ContentType
        from django.contrib.contenttypes.views import shortcut

        kinds = {str(ContentType.objects.get_for_model(model).pk): found for model, found in self._registry.items()}
        registered = kinds.get(content_type_id)
        if registered is None or not registered.has_view_permission(request):
            raise PermissionDenied
        found: HttpResponseBase = shortcut(request, content_type_id, object_id)
        return found

    def choose_digest(self, request: HttpRequest) -> HttpResponse:
        """Whether this person gets the weekly email is theirs to say."""
        user = cast("User", request.user)
        user.gets_digest = request.POST.get("wanted") == "yes"
        user.save(update_fields=["gets_digest"])
        messages.success(request, f"You will get {'the' if user.gets_digest else 'no'} weekly email.")
        return redirect("admin:index")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps in the order in which they are installed: what is edited most stands first."""
        order = [config.label for config in apps.get_app_configs()]
        found = super().get_app_list(request, app_label)
        return sorted(found, key=lambda app: (app["app_label"] == "portal", order.index(app["app_label"])))

    empty_value_display = "–"
