"""Settings of the portal: production by default, everything from the environment read here at the top."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url

from portal.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

ENVIRONMENT = env = Environment(os.environ)

PORTAL_ENV = env.choice(
    "PORTAL_ENV",
    "`production` or `development`. `make run` sets `development`",
    ["production", "development"],
    "production",
)
DEVELOPMENT = PORTAL_ENV == "development"

SECRET_KEY = env.text(
    "SECRET_KEY",
    "A long random text that signs sessions and links. Keep it secret",
    "development-only" * 4 if DEVELOPMENT else "",
    shown="required in production",
    required=not DEVELOPMENT,
)
ALLOWED_HOSTS = env.names(
    "ALLOWED_HOSTS",
    "The host names that the portal answers to, separated by commas",
    "127.0.0.1,localhost,[::1]" if DEVELOPMENT else "",
    shown="required in production; this machine in development",
    required=not DEVELOPMENT,
)
PORTAL_VAR = Path(
    env.text(
        "PORTAL_VAR",
        "The folder of everything that the portal writes: database, media, logs",
        str(BASE_DIR / "var"),
        shown="`var/` in the project",
    )
)
DATABASE_URL = env.text(
    "DATABASE_URL",
    "The database, such as `postgres://user:password@host/name`",
    f"sqlite:///{PORTAL_VAR / 'portal.sqlite3'}",
    shown="an SQLite file in `PORTAL_VAR`",
)
PORT = env.integer("PORT", "The port that `make run` and `make serve` listen on", 8000)
PORTAL_URL = env.text(
    "PORTAL_URL",
    "The public base address, used in absolute links",
    f"http://127.0.0.1:{PORT}" if DEVELOPMENT else f"https://{(ALLOWED_HOSTS or ['localhost'])[0]}",
    shown="`https://` and the first of `ALLOWED_HOSTS`; `http://127.0.0.1:$PORT` in development",
).rstrip("/")
PORTAL_NAME = env.text("PORTAL_NAME", "The name of the portal, in the header and in titles", "Data science portal")
PORTAL_ORGANISATION = env.text("PORTAL_ORGANISATION", "The organisation that runs the portal", "The data science team")
PORTAL_EMAIL = env.text("PORTAL_EMAIL", "The mailbox that readers are asked to write to", "data-science@portal.example")
PORTAL_LOGO = env.text(
    "PORTAL_LOGO",
    "The address of a logo on this host, shown in place of the neutral mark. Only for those who may use it",
)
PORTAL_STYLESHEET = env.text(
    "PORTAL_STYLESHEET", "The address of one more stylesheet on this host, loaded after the portal's own"
)
SECURE_SSL = env.boolean(
    "SECURE_SSL",
    "Whether readers come over HTTPS: redirects, secure cookies and HSTS",
    not DEVELOPMENT,
    shown="true; false in development",
)
TRUST_PROXY = env.boolean(
    "TRUST_PROXY",
    "Whether a proxy in front sets `X-Forwarded-Proto`. Only where the proxy overwrites it",
    False,
)
LOG_LEVEL = env.choice("LOG_LEVEL", "How much is logged", ["DEBUG", "INFO", "WARNING", "ERROR"], "INFO")

if not DEVELOPMENT and SECRET_KEY and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5):
    env.problems.append("Set SECRET_KEY to at least 50 random characters; this one is too weak.")
if not DEVELOPMENT and "*" in ALLOWED_HOSTS:
    env.problems.append("Set ALLOWED_HOSTS to real host names; * lets anybody choose the portal's address.")
if urlsplit(PORTAL_URL).scheme not in {"http", "https"} or not urlsplit(PORTAL_URL).hostname:
    env.problems.append(f"PORTAL_URL is “{PORTAL_URL}”; it must begin with http:// or https://, and a host.")

SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
try:
    DATABASE = dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)
except ValueError:
    DATABASE = {}
if DATABASE.get("ENGINE") not in {SQLITE, POSTGRESQL}:
    # The address may hold a password, so it is not repeated.
    env.problems.append("DATABASE_URL must be the address of an SQLite or PostgreSQL database; this one is not.")
elif DATABASE["ENGINE"] == SQLITE:
    try:
        PORTAL_VAR.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        env.problems.append(f"PORTAL_VAR is “{PORTAL_VAR}”; that folder cannot be made: {error.strerror}.")
env.refuse_if_wrong()

# Django -------------------------------------------------------------------------------------------

DEBUG = DEVELOPMENT

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "projects.apps.ProjectsConfig",
    "fellowship.apps.FellowshipConfig",
    "articles.apps.ArticlesConfig",
    "markdownx",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "portal.middleware.PolicyHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.ForwardOldAddresses",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.operator",
            ],
            "builtins": ["portal.templatetags.portal"],
        },
    },
]

DATABASES = {"default": DATABASE}
if DATABASE["ENGINE"] == SQLITE:
    # With SQLite's defaults, writers that meet are refused at once; so they wait their turn instead.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "portal.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ["UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator"]
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 12}  # type: ignore[assignment]
LOGIN_URL = "admin:login"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = PORTAL_VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "build"]
MEDIA_URL = "/media/"
MEDIA_ROOT = PORTAL_VAR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o644

# As many as fit into an address: a query with thousands of unknown values is ignored like one with a single one.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 25_000

MARKDOWNX_MARKDOWNIFY_FUNCTION = "portal.markdown.render"

SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_SSL else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
