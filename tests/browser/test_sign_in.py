"""The first sign-in of a member of staff, with an authenticator app and with a passkey, as production asks for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Portal, Tab, running

pytestmark = pytest.mark.browser

STEP = 30  # seconds for which an app shows a code
ENTRANCE = ["/admin/login/", "/admin/forgotten-password/", "/admin/sign-up/", "/admin/login/refused/"]
WIDTHS = [768, 1280]


@pytest.fixture(scope="module")
def strict(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal as production has it, at a name: a passkey belongs to a name, never to a number."""
    with running(filled, tmp_path_factory.mktemp("strict"), "localhost") as found:
        yield found


def code_of(secret: str) -> str:
    """What an app shows now; near the end of a step, what it shows next."""
    if time.time() % STEP > STEP - 5:
        time.sleep(5.5)
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP))


def log_in(page: Page, portal: Portal, name: str = "") -> None:
    page.goto(f"{portal.url}/admin/")
    page.get_by_label("Username").fill(name or portal.name)
    page.get_by_label("Password").fill(portal.password)
    page.get_by_role("button", name="Log in").click()


def confirm(page: Page, portal: Portal) -> None:
    page.get_by_label("Password").fill(portal.password)
    page.get_by_role("button", name="Confirm").click()


def faults(page: Page) -> list[str]:
    """What axe finds at both widths, in light and in dark."""
    found = []
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found += [f"{scheme}: {one}" for one in violations(page)]
    page.emulate_media(color_scheme="light")
    return found


def test_the_pages_of_the_entrance_are_accessible(strict: Portal, tab: Tab) -> None:
    found = []
    for address in ENTRANCE:
        tab.page.goto(strict.url + address)
        expect(tab.page.get_by_role("heading", level=1)).to_have_count(1)
        assert tab.complaints == []
        found += faults(tab.page)
        tab.complaints.clear()  # axe measures with styles of its own, which the policy refuses
    assert found == []


def test_the_first_log_in_sets_up_an_app_and_the_next_asks_for_it(strict: Portal, tab: Tab) -> None:
    page, found = tab.page, []
    log_in(page, strict)
    page.wait_for_url("**/admin/security/")
    expect(page.get_by_text("One step is left")).to_be_visible()
    found += faults(page)
    page.goto(f"{strict.url}/admin/projects/project/")
    page.wait_for_url("**/admin/security/")  # nothing opens before it is done
    page.get_by_role("link", name="Set up an app").click()
    found += faults(page)
    confirm(page, strict)
    secret = str(page.locator("#totp_secret").text_content())
    expect(page.get_by_alt_text("Code to scan")).to_be_visible()
    found += faults(page)
    page.get_by_label("code").fill(code_of(secret))
    page.get_by_role("button", name="Set up").click()
    page.wait_for_url("**/admin/security/codes/")
    codes = page.locator(".sign-in-codes code").all_text_contents()
    assert len(codes) == 10
    found += faults(page)
    page.get_by_role("link", name="go on").click()
    expect(page.get_by_role("heading", name="What would you like to change?")).to_be_visible()
    for address in ["/admin/security/", "/admin/security/app/remove/", "/admin/security/codes/new/", "/admin/logout/"]:
        page.goto(strict.url + address)
        found += faults(page)
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You have logged out.")).to_be_visible()
    log_in(page, strict)
    page.wait_for_url("**/admin/login/second-step/")
    found += faults(page)
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="What would you like to change?")).to_be_visible()
    page.goto(f"{strict.url}/admin/portal/auditevent/")
    expect(page.get_by_text("a recovery code was used")).to_be_visible()
    found += faults(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    assert "authenticator app" in download.value.path().read_text()
    assert found == []


def test_a_passkey_logs_in_without_a_password(strict: Portal, tab: Tab) -> None:
    page, found = tab.page, []
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    another = "second-editor"
    strict.manage("createsuperuser", "--no-input", "--username", another, "--email", "second@portal.example")
    log_in(page, strict, another)
    page.get_by_role("link", name="Add a passkey").click()
    confirm(page, strict)
    found += faults(page)
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/admin/security/codes/")
    page.goto(f"{strict.url}/admin/security/passkeys/")
    expect(page.get_by_role("rowheader", name="Work laptop")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="What would you like to change?")).to_be_visible()
    # The password works too, and then asks for the passkey.
    page.get_by_role("button", name="Log out").click()
    log_in(page, strict, another)
    page.wait_for_url("**/admin/login/second-step/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="What would you like to change?")).to_be_visible()
    # To take it away asks for it once more; a password is not even offered.
    page.goto(f"{strict.url}/admin/security/passkeys/")
    page.get_by_role("link", name="Remove Work laptop").click()
    expect(page.get_by_label("Password")).to_have_count(0)
    found += faults(page)
    page.get_by_role("button", name="Use a passkey").click()
    found += faults(page)
    page.get_by_role("button", name="Remove the passkey").click()
    page.wait_for_url("**/admin/security/**")
    page.goto(f"{strict.url}/admin/")
    page.wait_for_url("**/admin/security/")
    assert found == []
