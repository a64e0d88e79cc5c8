"""The inbox in the admin: read what came, answer it, say what became of it. Nobody edits what was sent."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from portal import dates
from portal.inbox import NEW_FIRST, Delivery, Message
from portal.models import User, person_in_words

COLOURS = {Message.State.NEW: "yellow", Message.State.ANSWERED: "green", Message.State.CLOSED: "grey"}
IN_LIST = 80  # signs


class StateForm(forms.ModelForm):
    """What became of a message. Of two people who say it at once, the second is told of the first."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Message
        fields = ["state", "note"]
        widgets = {"note": AdminTextareaWidget(attrs={"rows": 4})}

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.initial["seen"] = self._as_it_is()

    def _as_it_is(self) -> str:
        return salted_hmac("portal.inbox_admin", f"{self.instance.state} {self.instance.note}").hexdigest()[:16]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("seen") != self._as_it_is():
            now = self.instance
            by = f" by {now.by_name}" if now.by_name else ""
            note = f" with the note “{now.note}”" if now.note else ""
            self.add_error(
                None,
                f"While you were writing, this was saved{by} as {now.get_state_display()}{note}. Yours is below and is "
                "not saved yet. Save again to replace theirs.",
            )
            self.data = dict(self.data.items()) | {self.add_prefix("seen"): self._as_it_is()}
        return found


class InboxAdmin(admin.ModelAdmin):
    """Messages of any kind. What an app knows of its own kind stands in that app's admin, which this one leads to."""

    form = StateForm
    change_form_template = "admin/message_change_form.html"
    change_list_template = "admin/message_change_list.html"
    list_display = ["about", "kind", "state_tag", "page", "sender", "age"]
    list_filter = ["state", "kind", "acknowledgement"]
    list_per_page = 50
    ordering = NEW_FIRST
    search_fields = ["name", "email", "title", "text", "page", "note"]
    actions = ["mark_answered", "close"]
    list_title = "Inbox"
    sent_fields: list[str] = ["page_link", "text"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        unseen = ["seen"] if self.has_change_permission(request, obj) else []
        return [
            (None, {"fields": ["kind", "sender", "came", *self.sent_fields]}),
            ("What became of it", {"fields": ["state", "state_in_words", "note", *unseen]}),
            ("Emails", {"fields": ["acknowledgement", "announcement"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = [name for _, options in self.get_fieldsets(request, obj) for name in options["fields"]]
        return [name for name in shown if name not in {"state", "note", "seen"}]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # they come by the forms

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.list_title, **(extra_context or {})})

    @admin.display(description="About")
    def about(self, message: Message) -> str:
        words = message.title or message.text
        return Truncator(" ".join(words.split())).chars(IN_LIST) if words else f"{message} (erased)"

    @admin.display(description="State", ordering="state")
    def state_tag(self, message: Message) -> SafeString:
        colour = COLOURS[Message.State(message.state)]
        return format_html('<span class="status status--{}">{}</span>', colour, message.get_state_display())

    @admin.display(description="From", ordering="name")
    def sender(self, message: Message) -> str:
        email = f" ({message.email})" if message.name and message.email else message.email
        return f"{message.name}{email}" or ("Erased" if message.erased_on else "Somebody who left no address")

    @admin.display(description="Age", ordering="-at")
    def age(self, message: Message) -> str:
        days = (timezone.localdate() - dates.local_day(message.at)).days
        return {0: "Today", 1: "1 day"}.get(days, f"{days} days")

    @admin.action(description="Mark as answered", permissions=["change"])
    def mark_answered(self, request: HttpRequest, chosen: models.QuerySet[Any]) -> None:
        self._move(request, chosen, Message.State.ANSWERED)

    @admin.action(description="Close", permissions=["change"])
    def close(self, request: HttpRequest, chosen: models.QuerySet[Any]) -> None:
        self._move(request, chosen, Message.State.CLOSED)

    def _move(self, request: HttpRequest, chosen: models.QuerySet[Any], state: Message.State) -> None:
        moving = list(chosen.exclude(state=state))
        for message in moving:
            self._set_state(message, state, request)
            self.log_change(request, message, f"Marked as {state.label.lower()}.")
        what = "1 message is" if len(moving) == 1 else f"{len(moving)} messages are"
        messages.success(request, f"{what} {state.label.lower()} now.")

    # The page of one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        message = self.get_object(request, unquote(object_id))
        whole = message.whole() if message is not None else None
        if whole is not None and type(whole) is not self.model and type(whole) in self.admin_site._registry:
            opts = whole._meta
            return redirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[whole.pk]))
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        message: Message | None = context.get("original")
        if message is not None:
            subject = quote(f"Your {message.get_kind_display().lower()}")
            failed = Delivery.FAILED in {message.acknowledgement, message.announcement}
            address = f"mailto:{quote(message.email, safe='@')}?subject={subject}" if message.email else ""
            context |= {"answer_address": address, "mail_failed": failed}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Came")
    def came(self, message: Message) -> str:
        return dates.moment(message.at)

    @admin.display(description="About the page")
    def page_link(self, message: Message) -> str | SafeString:
        return format_html('<a href="{}">{}</a>', message.page, message.page) if message.page else "None in particular"

    @admin.display(description="Since")
    def state_in_words(self, message: Message) -> str:
        if message.state_at is None:
            return "It came. Nobody has said yet what became of it."
        return f"{dates.moment(message.state_at)}{f', by {message.by_name}' if message.by_name else ''}"

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        if "state" in form.changed_data:
            self._set_state(obj, Message.State(obj.state), request)
        if "note" in form.changed_data:
            obj.save(update_fields=["note"])

    def _set_state(self, message: Message, state: Message.State, request: HttpRequest) -> None:
        by = cast(User, request.user)
        message.move_to(state, by=by, by_name=person_in_words(by))
        message.save(update_fields=["state", "state_at", "by", "by_name"])


@admin.register(Message)
class MessageAdmin(InboxAdmin):
    """The one inbox."""
