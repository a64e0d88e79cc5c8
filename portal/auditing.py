"""What goes into the audit list, and where it comes from.

What the portal itself does writes by ``record()``. Deletions, permissions and sign-in happen inside Django and allauth,
in the admin as on the command line, so there their signals write.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from allauth.core import context
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from portal.audit import AuditEvent
from portal.models import StatusChange, User, person_in_words

Kind = AuditEvent.Kind

FLAGS = {"is_active": "active", "is_staff": "staff", "is_superuser": "superuser"}


def record(kind: Kind, *, by: User | None, about: str = "", detail: str = "", is_gone: bool = False) -> AuditEvent:
    """Write that ``by`` did something of this ``kind``; ``about`` what or whom, in words that last.

    ``is_gone`` says that their account has just been deleted: then they stay in words only.
    """
    return AuditEvent.objects.create(
        kind=kind,
        by=None if is_gone else by,
        by_name=person_in_words(by)[:200],
        about=about[:300],
        detail=detail,
    )


def at_work() -> User | None:
    """Whoever sent the request that is being answered; None on the command line."""
    user = getattr(context.request, "user", None)
    return user if user is not None and user.is_authenticated else None


# Status and deletions


@receiver(post_save, sender=StatusChange)
def on_status_change(instance: StatusChange, created: bool, **kwargs: Any) -> None:
    """The one door of statuses writes one row for each move; the audit list repeats it in words."""
    if created:
        labels = dict(apps.get_model(instance.kind).Status.choices)
        old, new = (labels.get(status, status or "New") for status in (instance.old, instance.new))
        record(Kind.STATUS, by=instance.by, about=instance.title, detail=f"{old} → {new}")


@receiver(post_delete)
def on_deletion(sender: type[Model], instance: Model, origin: Any, **kwargs: Any) -> None:
    """One row for each thing that somebody deleted. What falls with it, such as the rows of its form, goes unsaid."""
    chosen = origin is instance if isinstance(origin, Model) else getattr(origin, "model", None) is sender
    if chosen and sender in kept_by_staff():
        by = at_work()
        words = f"{sender._meta.verbose_name}: {_in_words(instance)}"
        record(Kind.DELETION, by=by, about=words, is_gone=by == instance)


@cache
def kept_by_staff() -> frozenset[type[Model]]:
    """Every model that the admin shows; what the portal notes for itself nobody misses."""
    return frozenset(admin.site._registry) - {AuditEvent}


# People and what they may do


@receiver(pre_delete, sender=User)
def on_leaving(instance: User, **kwargs: Any) -> None:
    """Django deletes what its own log says of a person along with the account; here it is kept in words."""
    name = person_in_words(instance)
    entries = LogEntry.objects.filter(user_id=instance.pk).select_related("content_type").iterator(chunk_size=1000)
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                kind=Kind.EDIT,
                at=entry.action_time,
                by_name=name[:200],
                about=f"{entry.content_type.name if entry.content_type else ''}: {entry.object_repr}"[:300],
                detail=f"{entry.get_action_flag_display()}. {entry.get_change_message()}".strip(),
            )
            for entry in entries
        ],
        batch_size=1000,
    )


@receiver(pre_save, sender=User)
def before_saving(instance: User, update_fields: Any, raw: bool = False, **kwargs: Any) -> None:
    """Remember what the account was, where one of its flags is about to be written."""
    instance._was = {}  # type: ignore[attr-defined]
    if instance.pk and not raw and (update_fields is None or set(update_fields) & set(FLAGS)):
        instance._was = User.objects.filter(pk=instance.pk).values(*FLAGS).first() or {}  # type: ignore[attr-defined]


@receiver(post_save, sender=User)
def after_saving(instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if raw:
        return
    was = getattr(instance, "_was", {})
    changes = [
        f"{'now' if getattr(instance, flag) else 'no longer'} {word}"
        for flag, word in FLAGS.items()
        if (created and getattr(instance, flag)) or (was and was[flag] != getattr(instance, flag))
    ]
    if created:
        changes.insert(0, "account made")
    if changes:
        record(Kind.PERMISSION, by=at_work(), about=person_in_words(instance), detail=", ".join(changes))
    # Set while a password has been given and is not stored yet; a better hash of the same one is not news.
    if not created and getattr(instance, "_password", None) is not None:
        record(Kind.SECURITY, by=at_work(), about=person_in_words(instance), detail="password changed")


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def on_permissions(
    instance: Model, action: str, reverse: bool, model: type[Model], pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Who came into a group or left it, and what a person or a group may do from now on."""
    if action == "pre_clear":
        gone = [str(item) for item in _related(instance, model)]
        words = f"all taken away: {', '.join(gone)}" if gone else ""
    elif action in {"post_add", "post_remove"} and pk_set:
        names = ", ".join(sorted(str(item) for item in model._default_manager.filter(pk__in=pk_set)))
        words = f"{'given' if action == 'post_add' else 'taken away'}: {names}"
    else:
        words = ""
    if words:
        record(Kind.PERMISSION, by=at_work(), about=_in_words(instance), detail=words)


def _related(instance: Model, model: type[Model]) -> Any:
    manager = next(
        getattr(instance, name)
        for name in ("groups", "user_permissions", "permissions", "user_set", "group_set")
        if hasattr(instance, name) and getattr(instance, name).model is model
    )
    return manager.all()


def _in_words(item: Model) -> str:
    return person_in_words(item) if isinstance(item, User) else str(item)


# Sign-in


@receiver(user_logged_in)
def on_sign_in(user: Any, **kwargs: Any) -> None:
    record(Kind.SIGN_IN, by=user, about=person_in_words(user))


@receiver(user_logged_out)
def on_sign_out(user: Any, **kwargs: Any) -> None:
    if user is not None:
        record(Kind.SIGN_OUT, by=user, about=person_in_words(user))


@receiver(mfa_signals.authentication_failed)
def on_refused_code(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """The password was right, the second step was not."""
    record(Kind.REFUSED, by=None, about=person_in_words(user), detail="wrong code at the second step")


@receiver(mfa_signals.authenticator_added)
def on_added(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    record(Kind.SECURITY, by=user, about=person_in_words(user), detail=f"added: {_step(authenticator)}")


@receiver(mfa_signals.authenticator_removed)
def on_removed(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    record(Kind.SECURITY, by=user, about=person_in_words(user), detail=f"removed: {_step(authenticator)}")


@receiver(mfa_signals.authenticator_reset)
def on_new_codes(user: User, **kwargs: Any) -> None:
    record(Kind.SECURITY, by=user, about=person_in_words(user), detail="new recovery codes")


@receiver(mfa_signals.authenticator_used)
def on_used(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """A recovery code says that a device may be lost; an app or a passkey is used every day."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        record(Kind.SECURITY, by=user, about=person_in_words(user), detail="a recovery code was used")


def _step(authenticator: Authenticator) -> str:
    words = {
        Authenticator.Type.TOTP: "authenticator app",
        Authenticator.Type.WEBAUTHN: "passkey",
        Authenticator.Type.RECOVERY_CODES: "recovery codes",
    }
    return words[Authenticator.Type(authenticator.type)]
