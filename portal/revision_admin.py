"""The admin of what keeps its history: every save is a revision, and no edit is lost to another."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, cast

from django.conf import settings
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse

from portal import conflicts, dates, revisions
from portal.conflicts import Conflict
from portal.models import User
from portal.restoring import Restored
from portal.revision_pages import RevisionPages

COMMENT = "revision_comment"
FORM_ID = "form_id"
SAVED_COOKIE = "saved_forms"  # read by unsaved.js, which then forgets what it kept of those forms
SAVED_KEPT = 20
SAVED_DAYS = 30


class RevisionAdmin(RevisionPages):
    """An admin that keeps who saved what, meets the second editor with both texts, and brings an old text back."""

    change_form_template = "admin/publishable_change_form.html"
    change_list_template = "admin/publishable_change_list.html"
    # Fields that an old text never brings back, besides addresses, dates and files.
    kept_on_restore: tuple[str, ...] = ()

    # Saving

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        revisions.record(obj, by=cast(User, request.user), comment=_comment(request))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        left = getattr(request, "left_whole", None)
        items = [obj, left] if left is not None and left != revisions.whole_of(obj) else [obj]
        revisions.record(*items, by=cast(User, request.user), comment=_comment(request))
        return super().log_change(request, obj, message)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with revisions.deleting([obj], by=cast(User, request.user)):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        with revisions.deleting([*queryset], by=cast(User, request.user)):
            super().delete_queryset(request, queryset)

    # The form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "POST":
            cast(Any, request).restored = self._restored(request, object_id)
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            if object_id is not None:
                item = self._locked(request, unquote(object_id))
                if item is None and self._went(request, unquote(object_id)):
                    return self._add_instead(request, extra_context)
                if item is not None:
                    self._meet(request, item)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _locked(self, request: HttpRequest, object_id: str) -> Any:
        """The item, held until it is saved, so that of two who save at once the second sees what the first did."""
        item = self.get_object(request, object_id)
        if item is None or not self.has_change_permission(request, item):
            return item
        whole = revisions.whole_of(item)
        type(whole)._base_manager.select_for_update().filter(pk=whole.pk).first()
        return self.get_object(request, object_id)

    def _meet(self, request: HttpRequest, item: Any) -> None:
        if not self.has_change_permission(request, item):
            return
        fields = flatten_fieldsets(self.get_fieldsets(request, item))
        form_class = self.get_form(request, item, change=True, fields=fields)
        found = conflicts.find(item, form_class, self._formsets(request, item), request.POST, request.FILES)
        if found is None:
            revisions.record_before(item)
            cast(Any, request).left_whole = revisions.whole_of(item)
            return
        cast(Any, request).conflict = found
        cast(Any, request).POST = found.data

    def _formsets(self, request: HttpRequest, item: Any) -> list[Any]:
        pairs = self.get_formsets_with_inlines(request, item)
        return [formset for formset, inline in pairs if inline.has_change_permission(request, item)]

    def _went(self, request: HttpRequest, object_id: str) -> bool:
        return self.has_add_permission(request) and revisions.versions_of(self.model, object_id).exists()

    def _add_instead(self, request: HttpRequest, extra_context: dict[str, Any] | None) -> HttpResponse:
        """Somebody deleted the item while this editor was writing: the text comes back as that of a new one."""
        cast(Any, request).POST = conflicts.as_new(request.POST, self._formsets(request, None))
        cast(Any, request).refusal = (
            f"Somebody deleted this {self.opts.verbose_name} while you were writing. Nothing is saved yet. "
            "Save to add it again, with your text, as a new one."
        )
        return super().changeform_view(request, None, self._address("add"), extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        found: Conflict | None = getattr(request, "conflict", None)
        refusal = getattr(request, "refusal", "") or (_refusal(found) if found else "")
        return _refusing(form_class, refusal) if refusal else form_class

    # An old text in the form

    def _restored(self, request: HttpRequest, object_id: str | None) -> Restored | None:
        """The revision that the address asks to fill the form with."""
        if object_id is None and "recover" in request.GET:
            return self._recovered(request, request.GET["recover"])
        if object_id is None or "revision" not in request.GET:
            return None
        item = self.get_object(request, unquote(object_id))
        if item is None:
            return None
        if not self.has_change_permission(request, item):
            raise PermissionDenied
        return Restored(self._save_or_404(item, request.GET["revision"]), item, self.kept_on_restore)

    def _recovered(self, request: HttpRequest, version: str) -> Restored:
        if not self.has_recover_permission(request):
            raise PermissionDenied
        is_number = version.isascii() and version.isdigit() and len(version) < 10
        found = revisions.saves(self.deleted().filter(pk=int(version)) if is_number else [])
        if not found:
            raise Http404("There is no such deleted item.")
        return Restored(found[0], None)

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[Any]:
        restored: Restored | None = getattr(request, "restored", None)
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            if restored and inline.has_add_permission(request, obj):
                formset.extra = len(restored.lost_rows(formset)) or formset.extra
            yield formset, inline

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        restored: Restored | None = getattr(request, "restored", None)
        if restored:
            kwargs["initial"] = restored.lost_rows(inline.get_formset(request, obj))
        return kwargs

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        restored: Restored | None = getattr(request, "restored", None)
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        if restored:
            restored.fill(context["adminform"].form)
            for formset in formsets:
                restored.fill_rows(formset)
            context |= {"restored": restored, "restored_notes": restored.notes(formsets)}
            # Sent to the form's own address: saving and going on must not fill it with the old text again.
            query = request.GET.copy()
            for name in ("revision", "recover"):
                query.pop(name, None)
            form_url = form_url or f"{request.path}?{query.urlencode()}".rstrip("?")
        item = context["original"]
        context |= {
            "conflict": getattr(request, "conflict", None),
            "revision_token": revisions.latest(item) if item else None,
            "revision_comment": _comment(request) or (_restoring_in_words(restored) if restored else ""),
            "form_id": request.POST.get(FORM_ID, "")[:50] or secrets.token_urlsafe(12),
            "draft_key": f"{self.opts.label_lower}:{item.pk if item else 'add'}:{request.user.pk}",
            "is_unsaved": bool(restored) or request.method == "POST",
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Telling the browser that it is saved

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return _mark_saved(request, super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return _mark_saved(request, super().response_change(request, obj))


def _comment(request: HttpRequest) -> str:
    return " ".join(request.POST.get(COMMENT, "").split())[: revisions.COMMENT_LENGTH]


def _restoring_in_words(restored: Restored) -> str:
    words = "Recovered" if restored.item is None else "Restored"
    return f"{words} from {dates.moment(restored.save.at)}"


def _refusal(found: Conflict) -> str:
    return f"{found.author} saved this while you were writing. Nothing of yours is lost, and nothing is saved yet."


def _refusing(form_class: type[ModelForm], why: str) -> type[ModelForm]:
    """The same form, which is shown with what was sent and is not saved."""

    def clean(self: Any) -> Any:
        cleaned = form_class.clean(self)
        self.add_error(None, ValidationError(why))
        return cleaned

    return type(form_class.__name__, (form_class,), {"clean": clean})


def _mark_saved(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    form_id = request.POST.get(FORM_ID, "")
    if form_id and form_id.replace("-", "").replace("_", "").isalnum() and form_id.isascii() and len(form_id) <= 50:
        earlier = request.COOKIES.get(SAVED_COOKIE, "").split(".")
        response.set_cookie(
            SAVED_COOKIE,
            ".".join([form_id, *[one for one in earlier if one != form_id]][:SAVED_KEPT]),
            max_age=SAVED_DAYS * 24 * 3600,
            path="/admin/",
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response
