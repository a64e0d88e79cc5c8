"""Long passwords of any kind, and none that somebody who knows this place would guess."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from portal.models import User
from tests.factories import StaffFactory
from tests.pages import Page

ADA = User(username="alovelace", first_name="Ada", last_name="Lovelace", email="ada.lovelace@wessex.example")


@pytest.fixture(autouse=True)
def words(settings):
    settings.PORTAL_NAME, settings.PORTAL_ORGANISATION = "Wessex data science", "NHS Wessex"
    settings.PORTAL_EMAIL, settings.PORTAL_URL = "portal@wessex.example", "https://portal.wessex.example"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "correcthorsebattery",
        "кот съел мою шляпу",
        "x7#Qm2!vTz9&",
        "938475610293",
        "wessex tractor umbrella",
        "ada likes umbrellas",
        "aaaa bbbb cccc dddd eeee",
        "  spaces are letters  ",
    ],
)
def test_length_is_enough(password):
    validate_password(password, ADA)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short 1A!", "at least 12 characters"),
        ("aaaaaaaaaaaaa", "different letters"),
        ("121212121212", "different letters"),
        ("password1234", "too"),
        ("qwertyuiop123", "too common"),
        ("alovelace2026", "too similar"),
        ("Wessex2026!!", "too easy to guess"),
        ("Datascience2026!", "too easy to guess"),
        ("NHSWessex-2026", "too easy to guess"),
        ("P0rtalWe55ex!!", "too easy to guess"),
        ("Ada_Lovelace_1815", "too easy to guess"),
        ("Autumn2026!!!", "too easy to guess"),
        ("portalportalportal", "too easy to guess"),
    ],
)
def test_what_anybody_would_try_is_refused(password, words):
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, ADA)
    assert words in " ".join(refusal.value.messages)


@pytest.mark.django_db
def test_a_password_that_somebody_is_given_is_held_to_it_too(admin_client):
    user = StaffFactory()
    words = {"usable_password": "true", "password1": "Wessex2026!!", "password2": "Wessex2026!!"}
    assert "too easy to guess" in admin_client.post(f"/admin/portal/user/{user.pk}/password/", words).text
    page = admin_client.post("/admin/password_change/", {"old_password": "x", **words}).text
    assert "Three words" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/admin/login/", {"login": "username", "password": "current-password"}),
        (
            "/admin/password_change/",
            {
                "username": "username",
                "old_password": "current-password",
                "new_password1": "new-password",
                "new_password2": "new-password",
            },
        ),
        ("/admin/forgotten-password/", {"email": "email"}),
    ],
)
def test_a_password_manager_knows_each_field(client, admin_client, settings, path, expected):
    settings.EMAIL_HOST = "mail.example"
    page = Page((admin_client if "change" in path else client).get(path).text)
    found = {field["name"]: field for field in page.all("input") if field.get("name") in expected}
    assert {name: field.get("autocomplete") for name, field in found.items()} == expected
    assert not [field for field in found.values() if {"onpaste", "maxlength"} & set(field) - {"maxlength"}]
    assert all(field["type"] == "password" for name, field in found.items() if "password" in name)
