"""Production settings are run, not read: they refuse what is missing or wrong, and start with what is right."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(settings.BASE_DIR)
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
GOOD = {"SECRET_KEY": KEY, "ALLOWED_HOSTS": "portal.example"}


def run(*command, var, **variables):
    """Run Python as production would, with these variables and no others of the portal."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    environment |= {"PORTAL_VAR": str(var), "PYTHONWARNINGS": "error", **variables}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def manage(*arguments, var, **variables):
    return run("manage.py", *arguments, var=var, **variables)


def start(var, **variables):
    """Read the settings and say what came of them."""
    code = (
        "import json, portal.settings as found;"
        "print(json.dumps({name: value for name, value in vars(found).items() if name.isupper()}, default=str))"
    )
    return run("-c", code, var=var, **variables)


def read(var, **variables):
    done = start(var, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# What it refuses


def test_production_is_the_default_and_says_all_that_it_needs_at_once(tmp_path):
    done = manage("check", var=tmp_path)
    assert done.returncode != 0
    assert "The portal cannot start." in done.stderr
    assert "Set SECRET_KEY: a long random text" in done.stderr
    assert "Set ALLOWED_HOSTS: the host names" in done.stderr


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PORTAL_ENV": "prod"}, "PORTAL_ENV is “prod”; it must be production or development."),
        ({"SECRET_KEY": ""}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "   "}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "Set SECRET_KEY to at least 50 random characters"),
        ({"SECRET_KEY": "a" * 80}, "Set SECRET_KEY to at least 50 random characters"),
        ({"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "Set ALLOWED_HOSTS to real host names"),
        ({"ALLOWED_HOSTS": "portal.example,*"}, "Set ALLOWED_HOSTS to real host names"),
        ({"SECRET_KEY": "development-only" * 4}, "Set SECRET_KEY to at least 50 random characters"),
        ({"SECRET_KEY": "django-insecure-" + KEY}, "Set SECRET_KEY to at least 50 random characters"),
        ({"SECRET_KEY": "0123456789" * 6}, "Set SECRET_KEY to at least 50 random characters"),
        ({"ALLOWED_HOSTS": ","}, "ALLOWED_HOSTS is “,”; it names nothing."),
        *(
            ({"ALLOWED_HOSTS": f"portal.example,{host}"}, f"ALLOWED_HOSTS names “{host}”; it must be a host alone")
            for host in ["https://b.example", "b.example:443", "b.example/", "*.b.example", ".", "b example"]
        ),
        ({"PORT": "eighty"}, "PORT is “eighty”; it must be a whole number."),
        ({"PORT": "-1"}, "PORT is “-1”"),
        (
            {"PORTAL_URL": "portal.example"},
            "PORTAL_URL is “portal.example”; it must begin with http:// or https://, and a host.",
        ),
        ({"PORTAL_URL": "https://"}, "PORTAL_URL is “https:”"),
        ({"PORTAL_URL": "javascript:alert(1)"}, "it must begin with http:// or https://, and a host."),
        ({"PORTAL_URL": "https://portal.example:x"}, "it must begin with http:// or https://, and a host."),
        ({"PORTAL_URL": "http://portal.example"}, "it must begin with https://, since readers come over HTTPS"),
        ({"PORTAL_URL": "https://evil.example"}, "add its host to ALLOWED_HOSTS"),
        ({"PORTAL_URL": "https://a@portal.example"}, "it must end with the host, or its port"),
        ({"PORTAL_URL": "https://portal.example/portal"}, "it must end with the host, or its port"),
        ({"PORTAL_NAME": "Data\r\nBcc: all"}, "PORTAL_NAME holds a line break"),
        ({"PORTAL_EMAIL": "data science"}, "PORTAL_EMAIL is “data science”; it must be an email address."),
        *(
            ({name: value}, f"{name} is “{value}”; it must be a path on the portal's own host")
            for name in ["PORTAL_LOGO", "PORTAL_STYLESHEET"]
            for value in ["https://evil.example/a", "//evil.example/a", "data:text/css,a", "a.css", "/\\evil.example/a"]
        ),
        ({"EMAIL_HOST": "mail.example", "EMAIL_USE_TLS": "false"}, "Set EMAIL_USE_TLS to true"),
        ({"EMAIL_HOST": "mail.example", "EMAIL_PORT": "465"}, "EMAIL_PORT is “465”"),
        ({"EMAIL_HOST_USER": "portal"}, "Set both EMAIL_HOST_USER and EMAIL_HOST_PASSWORD, or neither."),
        ({"EMAIL_HOST_PASSWORD": "secret@"}, "Set both EMAIL_HOST_USER and EMAIL_HOST_PASSWORD, or neither."),
        ({"ANSWER_DAYS": "0"}, "ANSWER_DAYS is “0”; it must be at least 1."),
        ({"INBOX_DAYS": "0"}, "INBOX_DAYS is “0”; it must be at least 1."),
        ({"PORT": "70000"}, "PORT is “70000”; it must be from 1 to 65535."),
        ({"SECURE_SSL": "yes"}, "SECURE_SSL is “yes”; it must be true or false."),
        ({"TRUST_PROXY": "1"}, "TRUST_PROXY is “1”; it must be true or false."),
        ({"REQUIRE_MFA": "no"}, "REQUIRE_MFA is “no”; it must be true or false."),
        ({"EMAIL_PORT": "smtp"}, "EMAIL_PORT is “smtp”; it must be a whole number."),
        ({"OIDC_CLIENT_ID": "portal"}, "Set OIDC_SERVER_URL too: signing in through an organisation needs all three."),
        ({"OIDC_SERVER_URL": "https://login.example"}, "Set OIDC_CLIENT_SECRET too"),
        ({"OIDC_SERVER_URL": "http://login.example"}, "it must begin with https://."),
        ({"OIDC_SERVER_URL": "https://"}, "it must begin with https://."),
        *(
            ({"REDIS_URL": url}, "REDIS_URL must be the address of a Redis server")
            for url in ["nonsense", "http://:secret@host/0", "redis://", "redis://:secret@host:port/0"]
        ),
        ({"MEDIA_S3_ENDPOINT": "https://files.example"}, "Set MEDIA_S3_BUCKET too: without it, MEDIA_S3_ENDPOINT"),
        ({"MEDIA_S3_BUCKET": "files", "MEDIA_S3_ACCESS_KEY": "a"}, "Set both MEDIA_S3_ACCESS_KEY and MEDIA_S3_SECRET"),
        ({"MEDIA_S3_SECRET_KEY": "secret@"}, "Set MEDIA_S3_BUCKET too"),
        *(
            ({"MEDIA_S3_BUCKET": "files", "MEDIA_S3_ENDPOINT": url}, "MEDIA_S3_ENDPOINT must begin with https://")
            for url in ["http://files.example", "files.example", "https://", "https://a:secret@files.example"]
        ),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL is “LOUD”; it must be DEBUG or INFO or WARNING or ERROR."),
        *(
            ({"DATABASE_URL": url}, "DATABASE_URL must be the address of an SQLite or PostgreSQL database")
            for url in ["nonsense", "delphi://u:secret@h/x", "mysql://u:secret@h/x", "postgres://u:secret@h:port/x"]
        ),
    ],
    ids=lambda value: "-".join(map("=".join, value.items()))[:40].strip() if isinstance(value, dict) else None,
)
def test_a_wrong_value_is_refused_by_name(tmp_path, variables, words):
    # Read here, and not by a process of its own: the table is long.
    environment = {"PORTAL_VAR": str(tmp_path), **GOOD, **variables}
    with patch.dict(os.environ, environment, clear=True), pytest.raises(ImproperlyConfigured) as refusal:
        runpy.run_path(str(ROOT / "portal" / "settings.py"))
    said = str(refusal.value)
    assert words in said
    assert "secret@" not in said, "no password in a log"
    assert KEY not in said


def test_several_faults_are_said_together(tmp_path):
    done = start(tmp_path, ALLOWED_HOSTS="*", PORT="x", SECURE_SSL="maybe")
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "PORT", "SECURE_SSL"):
        assert name in done.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("a file, no folder")
    done = start(taken / "var", **GOOD)
    assert done.returncode != 0
    assert f"PORTAL_VAR is “{taken / 'var'}”; that folder cannot be made: Not a directory." in done.stderr


# What it reads


def test_production_as_it_should_be(tmp_path):
    found = read(tmp_path, **GOOD)
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["portal.example"]
    assert found["PORTAL_URL"] == "https://portal.example"
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://portal.example"]
    assert found["SECURE_SSL_REDIRECT"] is found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert (found["SESSION_COOKIE_NAME"], found["CSRF_COOKIE_NAME"]) == ("__Host-session", "__Host-csrf")
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert found["REQUIRE_MFA"] is True
    assert found["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is False
    assert "allauth.socialaccount" not in found["INSTALLED_APPS"]
    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "portal.sqlite3")
    assert found["MEDIA_ROOT"] == str(tmp_path / "media")
    assert "Manifest" in found["STORAGES"]["staticfiles"]["BACKEND"]


def test_values_are_read_as_they_are_meant(tmp_path):
    found = read(
        tmp_path,
        **{**GOOD, "ALLOWED_HOSTS": " portal.example , b.example,"},
        PORTAL_URL="https://portal.example/",
        PORTAL_NAME="  Wessex data  ",
        SECURE_SSL="False",
        TRUST_PROXY="TRUE",
        PORT="8123",
        DATABASE_URL="postgres://user:p%40ss@db.example:5433/portal",
    )
    assert found["ALLOWED_HOSTS"] == ["portal.example", "b.example"]
    assert found["PORTAL_URL"] == "https://portal.example"
    assert found["PORTAL_NAME"] == "Wessex data"
    assert found["SECURE_SSL_REDIRECT"] is False
    assert found["SECURE_HSTS_SECONDS"] == 0
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert found["PORT"] == 8123
    database = found["DATABASES"]["default"]
    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.postgresql", "portal")
    assert (database["HOST"], database["PORT"], database["PASSWORD"]) == ("db.example", 5433, "p@ss")


def test_what_several_machines_share(tmp_path):
    there = {"REDIS_URL": "rediss://:secret@cache.example/0", "MEDIA_S3_BUCKET": "files"}
    found = read(tmp_path, **GOOD, **there, MEDIA_S3_ENDPOINT="https://files.example", MEDIA_S3_REGION="eu-west-2")
    assert found["CACHES"]["default"]["LOCATION"] == there["REDIS_URL"]
    assert found["CACHES"]["database"]["BACKEND"].endswith("DatabaseCache")
    storage = found["STORAGES"]["default"]
    assert storage["BACKEND"] == "portal.bucket.PrivateBucket"
    assert storage["OPTIONS"]["bucket_name"] == "files"
    assert storage["OPTIONS"]["access_key"] is None, "the role of the machine"
    alone = read(tmp_path, **GOOD)
    assert list(alone["CACHES"]) == ["default"]
    assert alone["STORAGES"]["default"]["BACKEND"] == "portal.media_storage.WholeFiles"


@pytest.mark.parametrize(
    ("missing", "variables"),
    [("redis", {"REDIS_URL": "redis://cache.example/0"}), ("storages", {"MEDIA_S3_BUCKET": "files"})],
)
def test_a_setting_whose_package_is_missing_is_refused(tmp_path, missing, variables):
    hidden = patch("portal.setting_rules.find_spec", lambda name: None if name == missing else object())
    environment = {"PORTAL_VAR": str(tmp_path), **GOOD, **variables}
    with hidden, patch.dict(os.environ, environment, clear=True), pytest.raises(ImproperlyConfigured) as refusal:
        runpy.run_path(str(ROOT / "portal" / "settings.py"))
    assert "install requirements/optional.txt" in str(refusal.value)


def test_what_is_optional_is_not_imported_unless_it_is_set(tmp_path):
    (tmp_path / "static").mkdir()
    code = "import portal.wsgi, sys; print({'redis', 'storages', 'boto3', 'botocore'} & set(sys.modules))"
    done = run("-c", code, var=tmp_path, **GOOD)
    assert done.stdout.strip() == "set()", done.stderr


def test_development_needs_nothing(tmp_path):
    found = read(tmp_path, PORTAL_ENV="development", PORT="8007")
    assert found["DEBUG"] is True
    assert found["PORTAL_URL"] == "http://127.0.0.1:8007"
    assert "*" not in found["ALLOWED_HOSTS"]
    assert found["SECURE_SSL_REDIRECT"] is False
    assert found["REQUIRE_MFA"] is False


# What it does


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """A production portal with its database and its static files."""
    folder = tmp_path_factory.mktemp("production")
    for command in (["migrate", "--no-input", "--verbosity", "0"], ["collectstatic", "--no-input", "--verbosity", "0"]):
        done = manage(*command, var=folder, **GOOD)
        assert done.returncode == 0, done.stderr
    return folder


REQUEST = """
import django, json, sys, warnings
from portal.wsgi import application
from django.test import Client
host = "portal.example"
found = {}
for path, secure in json.loads(sys.argv[1]):
    response = Client(raise_request_exception=False).get(path, secure=secure, headers={"host": host})
    body = b"".join(response.streaming_content) if response.streaming else response.content
    found[path] = [response.status_code, dict(response.headers), body.decode(errors="replace")[:20000]]
print(json.dumps(found))
"""


def ask(var, *paths, secure=True, **variables):
    done = run("-c", REQUEST, json.dumps([[path, secure] for path in paths]), var=var, **{**GOOD, **variables})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_the_deployment_check_has_nothing_to_say(var):
    done = manage("check", "--deploy", "--fail-level", "WARNING", var=var, **GOOD)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_operator_is_told_of_statements_that_are_not_filled_in(var):
    done = manage("check", "--database", "default", var=var, **GOOD)
    assert done.returncode == 0
    assert "portal.W001" in done.stderr


def test_pages_use_hashed_addresses_that_are_served_for_good(var):
    pages = ask(var, "/", "/projects/", "/no-such-page/")
    assert [pages[path][0] for path in pages] == [200, 200, 404]
    for _, headers, text in pages.values():
        (css,) = re.findall(r'href="(/static/portal\.[0-9a-f]{12}\.css)"', text)
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers
    served = ask(var, css, "/static/portal/error.css", "/static/portal/icon.svg")
    assert served[css][0] == 200
    assert "immutable" in served[css][1]["Cache-Control"]
    assert (
        "max-age=31536000" in served[css][1]["Cache-Control"] or "max-age=315360000" in served[css][1]["Cache-Control"]
    )
    assert served["/static/portal/error.css"][0] == 200
    for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", served[css][2]):
        assert address.startswith(("/static/", "images/", "data:")), address


def test_readers_are_sent_to_https_and_health_is_not(var):
    found = ask(var, "/projects/?status=open", "/healthz", secure=False)
    assert found["/projects/?status=open"][0] == 301
    assert found["/projects/?status=open"][1]["Location"] == "https://portal.example/projects/?status=open"
    assert found["/healthz"][0] == 200
    assert json.loads(found["/healthz"][2])["status"] == "ok"


def test_a_proxy_that_is_trusted_ends_https(var):
    code = REQUEST.replace('headers={"host": host}', 'headers={"host": host, "x-forwarded-proto": "https"}')
    paths = json.dumps([["/projects/", False]])
    for trust, status in {"true": 200, "false": 301}.items():
        done = run("-c", code, paths, var=var, **GOOD, TRUST_PROXY=trust)
        assert json.loads(done.stdout.strip().splitlines()[-1])["/projects/"][0] == status


def test_a_portal_without_its_tables_is_not_healthy(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "staticfiles.json").write_text('{"paths": {}, "version": "1.1", "hash": ""}')
    status, _, text = ask(tmp_path, "/healthz")["/healthz"]
    assert status == 503
    assert json.loads(text)["migrations"] == "missing"


def test_a_password_alone_opens_nothing_in_production(var):
    code = """
import django, json
django.setup()
from django.test import Client
from portal.models import User
User.objects.filter(username="root").delete()
User.objects.create_superuser("root", "root@portal.example", "a password of length")
client = Client(headers={"host": "portal.example"})
client.post("/admin/login/", {"login": "root", "password": "a password of length"}, secure=True)
pages = [client.get(path, secure=True, follow=True) for path in ("/admin/", "/admin/portal/user/", "/admin/login/")]
ends = [page.redirect_chain[-1][0].removeprefix("https://portal.example") for page in pages]
print(json.dumps([[page.status_code, end] for page, end in zip(pages, ends)]))
"""
    done = run("-c", code, var=var, **GOOD, DJANGO_SETTINGS_MODULE="portal.settings")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.strip().splitlines()[-1]) == [[200, "/admin/security/"]] * 3


def test_sample_content_is_refused(var):
    done = manage("start_development", var=var, **GOOD)
    assert done.returncode == 1
    assert "for development" in done.stderr


def test_the_importer_ends_with_one_on_the_command_line(var, tmp_path):
    bad = tmp_path / "bad.md"
    bad.write_bytes(b"\x00")
    done = manage("import_content", str(bad), "--dry-run", var=var, **GOOD)
    assert done.returncode == 1
    assert f"{bad}:1: Rejected: This is not a text file" in done.stdout
    assert "Traceback" not in done.stderr
