"""How readers write to the team: a question, or a problem with a page. Everything lands in one inbox.

No cookie is set and no session is asked for. ``answer`` is the one way in, for forms of apps too.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from portal import form_tokens, inbox_mail, limits
from portal.form_tokens import TokenError
from portal.inbox import Message
from portal.limits import LimitError
from portal.public_forms import AskForm, PageForm, PublicForm, ReportForm
from portal.publishing import Publishable
from portal.queries import reads

# People do not see it, and browsers do not fill it in: who does is a program.
TRAP = "leave-empty"

# The forms carry no authority, so a request that another site makes a browser send can do nothing that the site could
# not do by itself. Django's protection would cost every reader a cookie. Where the request came from is looked at too.
public_form = csrf_exempt


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """A question to the team, about a page of the portal or about anything."""
    return answer(request, AskForm, "portal/ask.html")


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Something that is wrong with a page."""
    return answer(request, ReportForm, "portal/report.html")


@reads()
@require_safe
def sent(request: HttpRequest, kind: str) -> HttpResponse:
    """Thanks, and what happens next."""
    if kind not in Message.Kind.values:
        raise Http404
    return render(request, "portal/sent.html", {"kind": Message.Kind(kind)})


def answer(request: HttpRequest, form_class: type[PublicForm], template: str) -> HttpResponse:
    """Show a form, or take in what was sent by it. Whatever is wrong, what was typed is shown again."""
    if request.method != "POST":
        return _show(request, form_class(initial={"about": request.GET.get("about", "")}), template)
    form, thanks = form_class(request.POST), redirect("sent", form_class.kind.value)
    if request.POST.get(TRAP):
        return thanks
    form.token, is_complete = request.POST.get("token", ""), form.is_valid()
    if _comes_from_elsewhere(request):
        form.token = ""
        form.add_error(None, "This form was sent from another website. Check what it says, then send it from here.")
        return _show(request, form, template, status=403)
    try:
        number = form_tokens.number_of(form.token, form.kind)
        if is_complete:
            take_in(form, number, limits.sender_of(request))
            return thanks
    except TokenError as error:
        form.token = form.token if error.is_kept else ""
        if is_complete:
            form.add_error(None, str(error))
    except LimitError as error:
        form.add_error(None, str(error))
        return _show(request, form, template, status=429)
    return _show(request, form, template)


def take_in(form: PublicForm, number: str, sender: str) -> None:
    """Save what a form says, and write the emails that follow. The same form sent again adds nothing.

    Raises ``TokenError`` where it says something else by now, and ``LimitError`` where the forms are used too often.
    """
    try:
        with transaction.atomic():
            before = Message.objects.filter(token=number).first()
            if before is None:
                limits.take(sender)
                message = form.save(number)
    except IntegrityError:
        # The other of two presses that came at once has just saved it.
        before = Message.objects.filter(token=number).first()
        if before is None:
            raise
    if before is None:
        inbox_mail.send(message)
    elif not form.is_same_as(before):
        raise TokenError("You have sent this form before, and what you typed has changed since. Send it once more.")


def title_of(path: str) -> str:
    """What the public page at ``path`` is called, where it is the page of one thing; else empty."""
    try:
        match = resolve(path)
    except Resolver404:
        return ""
    for kind in Publishable.kinds():
        names = {field.name for field in kind._meta.concrete_fields}
        if match.kwargs and kind._meta.app_label in match.app_names and set(match.kwargs) <= names:
            item = kind._default_manager.public().filter(**match.kwargs).first()
            if item is not None and item.get_absolute_url() == path:
                return str(item)
    return ""


def _comes_from_elsewhere(request: HttpRequest) -> bool:
    """Whether the browser says that another website sent it. Old browsers say nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.get_host()


def _show(request: HttpRequest, form: PublicForm, template: str, status: int = 200) -> HttpResponse:
    form.token = form.token or form_tokens.issue(form.kind)
    page = form.page if isinstance(form, PageForm) else ""
    context = {"form": form, "trap": TRAP, "page": page, "about_title": title_of(page) if page else ""}
    response = render(request, template, context, status=status)
    # Each reader has a token of their own. A browser may keep the page for “Back”, and with it what was typed.
    patch_cache_control(response, private=True, max_age=0)
    return response
