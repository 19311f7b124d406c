"""Settings, all read from the environment; the defaults suit one machine.

FENMING_DATA        folder of everything kept: database, facts, key (default ./var)
FENMING_DB          sqlite, sqlite:///path, postgres or postgres://… (see environment.py)
FENMING_POOL        PostgreSQL connections a worker process keeps (default 4, 0 for none)
FENMING_SECRET_KEY  default: made once and kept in the data folder
FENMING_KEY_FILE    keys of sensitive fields (default: made once and kept in the data folder)
FENMING_KEYS        those keys themselves, in place of a file
FENMING_HOSTS       names the site answers to, with commas (default this machine only)
FENMING_PROXIES     addresses or networks of proxies whose X-Forwarded-For is believed (default this machine)
FENMING_HTTPS       1 where a proxy ends TLS in front and sets X-Forwarded-Proto
FENMING_LEASE       seconds until the work of a worker that fell silent is given to another (default 60)
FENMING_KEEP        days that things are kept which nobody needs any more: messages=365,deliveries=90,works=30
FENMING_TIME_ZONE   default Asia/Shanghai
FENMING_URL         where people find the site, for links in letters: https://pay.example.com
FENMING_MAIL        mail server: smtp://user:password@host:587?tls=1 (default: no e-mail; see environment.py)
FENMING_ROBOT_HOSTS further hosts that group robots may live on, with commas (default the platforms' own)
FENMING_SSO_HOSTS   where single sign-on may lead beside public https and the platforms' own hosts (see environment.py)
FENMING_LANGUAGES   languages to offer beside Chinese and English, of those prepared: ja,ko,fr,de,es,pt,ru,ar,th,vi
FENMING_API_RATE    requests a minute that each API key may make, counted by each process (default 600)
FENMING_DEBUG       1 for Django's debug pages
"""

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from fenming.web import environment

PACKAGE = Path(__file__).parent.parent
DATA = environment.data_folder(os.environ)

DEBUG = environment.is_on(os.environ, "FENMING_DEBUG")
SECRET_KEY = environment.secret_key(os.environ, DATA)
KEYS = os.environ.get("FENMING_KEYS", "")
KEY_FILE = os.environ.get("FENMING_KEY_FILE", "")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *environment.words(os.environ, "FENMING_HOSTS")]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "fenming.controls",
    "fenming.modules.messages",
    "fenming.modules.people",
    "fenming.modules.accounts",
    "fenming.modules.hub",
    "fenming.modules.attribution",
    "fenming.modules.indicators",
    "fenming.modules.schemes",
    "fenming.modules.bonus",
    "fenming.modules.cycles",
    "fenming.modules.audit",
    "fenming.modules.desk",
    "fenming.modules.system",
    "fenming.modules.start",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fenming.modules.accounts.middleware.SessionMiddleware",
    "fenming.web.personal.PersonalMiddleware",
    "fenming.modules.start.middleware.FirstStartMiddleware",
    "fenming.controls.routes.RuleMiddleware",
]

ROOT_URLCONF = "fenming.web.urls"
WSGI_APPLICATION = "fenming.web.wsgi.application"

_loaders: list[Any] = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web/templates"],
        "OPTIONS": {
            "loaders": _loaders if DEBUG else [("django.template.loaders.cached.Loader", _loaders)],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "fenming.web.templatetags.shapes",
                "fenming.web.templatetags.pieces",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fenming.web.context.navigation",
            ],
        },
    }
]

DATABASES = {"default": environment.database(os.environ, DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["fenming.modules.accounts.backends.SessionBackend"]
POWERS = "fenming.modules.accounts.queries.powers.powers_of"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "fenming.modules.accounts.validators.PolicyLengthValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email", "known_as")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "fenming.modules.accounts.validators.NotUsedBeforeValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = environment.languages(os.environ)
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("FENMING_TIME_ZONE") or "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of a missing folder
STATICFILES_DIRS = [PACKAGE / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Nothing inline, nothing from another host.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 31 * 86_400  # longer than the policy allows: it decides, not the cookie
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # pages carry the token in a header of their own
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True

JOB_LEASE_S = float(os.environ.get("FENMING_LEASE") or "60")

KEEP_DAYS = environment.keep_days(os.environ)

API_RATE = int(os.environ.get("FENMING_API_RATE") or "600")

HTTPS = environment.is_on(os.environ, "FENMING_HTTPS")
PROXIES = environment.words(os.environ, "FENMING_PROXIES") or ["127.0.0.1", "::1"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0

SITE_URL = environment.site_url(os.environ)
SSO_HOSTS = environment.sso_hosts(os.environ)
ROBOT_HOSTS = environment.words(os.environ, "FENMING_ROBOT_HOSTS")
MAIL = environment.mail(os.environ)
EMAIL_TIMEOUT = 10
vars().update(MAIL)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
