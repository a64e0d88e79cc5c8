"""Settings of the portal: production by default, everything from the environment read here at the top."""

import os
from pathlib import Path
from typing import Any

import dj_database_url

from portal import databases, logs, setting_rules
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
DATABASE_POOLED = env.boolean(
    "DATABASE_POOLED",
    "Whether a pooler such as PgBouncer stands before PostgreSQL and lends each transaction another connection. The "
    "timeouts are then to be set at the server",
    False,
)
STATEMENT_SECONDS = env.integer(
    "STATEMENT_SECONDS",
    "The number of seconds after which PostgreSQL breaks off a statement, so that one slow page holds up no others; 0 "
    "for never, as for commands of `manage.py`",
    15,
)
PORT = env.integer("PORT", "The port that `make run` and `make serve` listen on", 8000, least=1, most=65535)
PORTAL_URL = env.text(
    "PORTAL_URL",
    "The public base address, used in absolute links",
    f"http://127.0.0.1:{PORT}" if DEVELOPMENT else f"https://{(ALLOWED_HOSTS or ['localhost'])[0]}",
    shown="`https://` and the first of `ALLOWED_HOSTS`; `http://127.0.0.1:$PORT` in development",
).rstrip("/")
PORTAL_NAME = env.text("PORTAL_NAME", "The name of the portal, in the header and in titles", "Data science portal")
PORTAL_ORGANISATION = env.text("PORTAL_ORGANISATION", "The organisation that runs the portal", "The data science team")
PORTAL_EMAIL = env.text("PORTAL_EMAIL", "The mailbox that readers are asked to write to", "data-science@portal.example")
PORTAL_LOGO = env.own_path(
    "PORTAL_LOGO",
    "The address of a logo on this host, shown in place of the neutral mark. Only for those who may use it",
)
PORTAL_STYLESHEET = env.own_path(
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
    "Whether a proxy in front sets `X-Forwarded-Proto` and adds the address of the visitor to `X-Forwarded-For`. Only "
    "where the proxy overwrites the first",
    False,
)
ANSWER_DAYS = env.integer(
    "ANSWER_DAYS",
    "In how many working days those who write to the portal by its forms are promised an answer",
    10,
    least=1,
)
INBOX_DAYS = env.integer(
    "INBOX_DAYS",
    "The number of days after which `manage.py purge_inbox` erases what people wrote by the forms, and who they are",
    180,
    least=1,
)
REQUIRE_MFA = env.boolean(
    "REQUIRE_MFA",
    "Whether staff need a second step to sign in: an authenticator app or a passkey",
    not DEVELOPMENT,
    shown="true; false in development",
)
EMAIL_HOST = env.text(
    "EMAIL_HOST",
    "The mail server by which staff get a new password and their weekly email, and those who use the forms an "
    "acknowledgement. Without it, an administrator gives new passwords, and nobody is told that a message came",
)
EMAIL_PORT = env.integer("EMAIL_PORT", "The port of `EMAIL_HOST`", 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "The name by which the portal signs in to `EMAIL_HOST`")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "The password by which it does. Keep it secret")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", "Whether it speaks to `EMAIL_HOST` encrypted (STARTTLS)", True)
OIDC_SERVER_URL = env.text(
    "OIDC_SERVER_URL",
    "The address of an OpenID Connect provider through which staff may sign in as well, such as "
    "`https://login.example/tenant/v2.0`. It opens accounts that there are, and makes none",
)
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID", "The name of the portal at the provider", shown="none")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET", "Its secret. Keep it secret")
OIDC_NAME = env.text("OIDC_NAME", "What staff know the provider by", "your organisation")
OIDC_TRUST_EMAIL = env.boolean(
    "OIDC_TRUST_EMAIL",
    "Whether an email address counts that the provider does not say it has verified. Only where the organisation alone "
    "sets the addresses of its people",
    False,
)
PAGE_CACHE = env.boolean(
    "PAGE_CACHE",
    "Whether public pages are kept whole until their content changes, and answered without asking the database",
    not DEVELOPMENT,
    shown="true; false in development",
)
PAGE_CACHE_MB = env.integer("PAGE_CACHE_MB", "The memory for them in each process, in megabytes", 16)
SECURITY_CONTACT = env.text(
    "SECURITY_CONTACT",
    "Whom to tell of a weakness in the portal: an email address, or the address of a page. `/.well-known/security.txt` "
    "says it",
    shown="`PORTAL_EMAIL`",
)
SECURITY_POLICY = env.text("SECURITY_POLICY", "The address of a page that says how such reports are dealt with")
REDIS_URL = env.text(
    "REDIS_URL",
    "A Redis server for the cache, such as `rediss://:password@host/0`, with a database of its own. Without it, or "
    "while it does not answer, the cache is in the database",
)
MEDIA_S3_BUCKET = env.text(
    "MEDIA_S3_BUCKET",
    "The bucket for uploaded files in a store that speaks S3, closed to everybody else. Without it, they are in a "
    "folder of `PORTAL_VAR`",
)
MEDIA_S3_ENDPOINT = env.text(
    "MEDIA_S3_ENDPOINT", "The address of that store, such as `https://files.example`", shown="that of Amazon S3"
)
MEDIA_S3_REGION = env.text("MEDIA_S3_REGION", "Its region, where it has any")
MEDIA_S3_ACCESS_KEY = env.text(
    "MEDIA_S3_ACCESS_KEY", "The name by which the portal signs in to it", shown="the role of the machine"
)
MEDIA_S3_SECRET_KEY = env.text("MEDIA_S3_SECRET_KEY", "The secret by which it does. Keep it secret")
LOG_LEVEL = env.choice("LOG_LEVEL", "How much is logged", ["DEBUG", "INFO", "WARNING", "ERROR"], "INFO")
LOG_REQUESTS = env.choice(
    "LOG_REQUESTS", "Which requests are logged: those that `failed` or were slow, or `all`", ["failed", "all"], "failed"
)
LOG_SLOW_MS = env.integer("LOG_SLOW_MS", "From how many milliseconds on a request is slow", 1_000)
SENTRY_DSN = env.text(
    "SENTRY_DSN",
    "The address (DSN) of a Sentry project, to which errors are then reported, without anything of whoever met them",
)

try:
    DATABASE = dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)
except ValueError:
    DATABASE = {}
if DATABASE.get("ENGINE") not in {databases.SQLITE, databases.POSTGRESQL}:
    # The address may hold a password, so it is not repeated.
    env.problems.append("DATABASE_URL must be the address of an SQLite or PostgreSQL database; this one is not.")
env.problems += setting_rules.problems(globals())
env.refuse_if_wrong()

# Django -------------------------------------------------------------------------------------------

DEBUG = DEVELOPMENT

INSTALLED_APPS = [
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *(["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"] if OIDC_SERVER_URL else []),
    "portal.apps.PortalConfig",
    "projects.apps.ProjectsConfig",
    "fellowship.apps.FellowshipConfig",
    "articles.apps.ArticlesConfig",
    "markdownx",
    "reversion",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "portal.logs.Requests",
    "portal.middleware.PolicyHeaders",
    "portal.middleware.KnownMethods",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "portal.middleware.OwnForms",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.receiving.BoundedRequests",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.as_at.SiteAsAt",
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

DATABASES = {
    "default": databases.configured(DATABASE, statement_seconds=STATEMENT_SECONDS, is_pooled=DATABASE_POOLED),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "portal.User"
# What the NCSC asks for: length and a list of what is refused; no rules of composition, and no date of expiry.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "portal.passwords.NotOfThisPlace"},
]
PASSWORD_RESET_TIMEOUT = 3600  # seconds
AUTHENTICATION_BACKENDS = ["portal.sign_in.StaffBackend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
DEFAULT_FROM_EMAIL = PORTAL_EMAIL
EMAIL_TIMEOUT = 10  # seconds: a person or a command waits for the mail server

# Where every process of every machine sees the same: which codes were used. It is small and rare.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
if REDIS_URL:
    CACHES["database"] = CACHES["default"]  # stands in for it
    CACHES["default"] = {
        "BACKEND": "portal.redis_cache.RedisOrDatabase",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "portal",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},  # seconds
    }

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
    "default": {
        "BACKEND": "portal.bucket.PrivateBucket",
        "OPTIONS": {
            "bucket_name": MEDIA_S3_BUCKET,
            "endpoint_url": MEDIA_S3_ENDPOINT or None,
            "region_name": MEDIA_S3_REGION or None,
            "access_key": MEDIA_S3_ACCESS_KEY or None,
            "secret_key": MEDIA_S3_SECRET_KEY or None,
        },
    }
    if MEDIA_S3_BUCKET
    else {"BACKEND": "portal.media_storage.WholeFiles"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o644
FILE_UPLOAD_HANDLERS = [
    "portal.receiving.CutOffUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "portal.receiving.TemporaryUpload",
]

# As many as fit into an address: a query with thousands of unknown values is ignored like one with a single one.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 25_000

MARKDOWNX_MARKDOWNIFY_FUNCTION = "portal.markdown.render"

SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_SSL else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
WHITENOISE_ALLOW_ALL_ORIGINS = False  # static files are for the portal's own pages

# Cookies, all of them of staff. With the prefix, a browser takes them from this very host and over HTTPS only, so that
# no other host of the same domain can plant one. Lax, since who comes from the organisation's sign-in brings theirs.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = ("__Host-session", "__Host-csrf") if SECURE_SSL else ("sessionid", "csrftoken")
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the form that they send
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # seconds from signing in, whatever is done in them (portal/sign_in_sessions.py)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Sign-in of staff (portal/sign_in.py says the rest).
ACCOUNT_ADAPTER = "portal.sign_in.StaffAdapter"
ACCOUNT_FORMS = {
    "login": "portal.sign_in_forms.SignInForm",
    "reset_password": "portal.sign_in_forms.ForgottenForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SESSION_COOKIE_AGE = SESSION_COOKIE_AGE
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE_SSL else "http"
ACCOUNT_RATE_LIMITS = False  # portal/attempts.py counts
MFA_ADAPTER = "portal.sign_in.SecondStepAdapter"
MFA_FORMS = {
    "authenticate": "portal.sign_in_forms.CodeForm",
    "reauthenticate": "portal.sign_in_forms.ConfirmCodeForm",
    "login_webauthn": "portal.passkey_forms.LogInForm",
    "authenticate_webauthn": "portal.passkey_forms.SecondStepForm",
    "reauthenticate_webauthn": "portal.passkey_forms.ConfirmForm",
    "add_webauthn": "portal.passkey_forms.AddForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = False
MFA_TOTP_ISSUER = PORTAL_NAME
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an administrator made the account, so nobody lies in wait for its owner
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE_SSL
SOCIALACCOUNT_ADAPTER = "portal.organisation.OrganisationAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form could not be sent on to another host: the policy headers forbid it
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = "organisation"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "staff",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
    }
}
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]

LOGGING = logs.configured(LOG_LEVEL, as_json=not DEVELOPMENT)
