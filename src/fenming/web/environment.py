"""What settings read from outside: environment variables and the data folder."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fenming.library.private import made_once

# Measured with 16 writers: no "database is locked" in place of 2 to 4 % with Django's defaults.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728;"
        "PRAGMA journal_size_limit=27103364; PRAGMA cache_size=-16000;"
    ),
}


def data_folder(environ: Mapping[str, str]) -> Path:
    folder = Path(environ.get("FENMING_DATA") or Path.cwd() / "var").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def secret_key(environ: Mapping[str, str], folder: Path) -> str:
    """The given key, or one made once and kept where only the owner reads it."""
    if given := environ.get("FENMING_SECRET_KEY"):
        return given
    return made_once(folder / "secret-key", lambda: secrets.token_urlsafe(48)).strip()


def database(environ: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Django's settings of the database that ``FENMING_DB`` names.

    ``sqlite`` (default): a file in the data folder. ``sqlite:///path``: that file.
    ``postgres://user:password@host:port/name?sslmode=require``: that server.
    ``postgres``: the server that libpq's own variables name (PGHOST, PGUSER, …).
    ``FENMING_POOL`` is how many connections a worker process keeps (default 4).
    """
    url = urlsplit(environ.get("FENMING_DB") or "sqlite")
    kind = url.scheme or url.path
    if kind == "sqlite":
        path = Path(unquote(url.path)) if url.scheme else folder / "fenming.sqlite3"
        return _sqlite(path)
    if kind in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path.lstrip("/")) if url.scheme else environ.get("PGDATABASE", "fenming"),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
            "OPTIONS": dict(parse_qsl(url.query)) | _pool(int(environ.get("FENMING_POOL") or "4")),
        }
    raise ValueError(f"FENMING_DB names no database we know: {kind!r}. Say sqlite, postgres or postgres://…")


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": SQLITE_OPTIONS,
    }


def _pool(size: int) -> dict[str, Any]:
    return {"pool": {"min_size": min(2, size), "max_size": size, "timeout": 10}} if size else {}


def mail(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's settings of the mail server that ``FENMING_MAIL`` names; without one, e-mail is off.

    ``smtp://user:password@host:587?tls=1`` (STARTTLS), ``smtps://…`` (TLS from the start); ``&from=pay@example.com`` is
    the sender, by default the user.
    """
    given = environ.get("FENMING_MAIL") or ""
    if not given:
        return {}
    url, more = urlsplit(given), dict(parse_qsl(urlsplit(given).query))
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise ValueError("FENMING_MAIL names no mail server we know. Say smtp://user:password@host:587?tls=1")
    user = unquote(url.username or "")
    return {
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": url.scheme == "smtp" and is_on(more, "tls"),
        "DEFAULT_FROM_EMAIL": more.get("from") or (user if "@" in user else f"fenming@{url.hostname}"),
    }


def site_url(environ: Mapping[str, str]) -> str:
    """Where people find the site, for links in letters; without a stroke at the end."""
    given = (environ.get("FENMING_URL") or "").rstrip("/")
    if given and (urlsplit(given).scheme not in {"http", "https"} or not urlsplit(given).hostname):
        raise ValueError("FENMING_URL should be the site's address, such as https://pay.example.com")
    return given


def sso_hosts(environ: Mapping[str, str]) -> dict[str, str]:
    """Where single sign-on may lead, with commas: ``login.example.com`` or ``http://10.0.0.5:8080`` is a server of
    OpenID Connect that may be private, ``qyapi.weixin.qq.com=https://wecom.example.com`` a platform reached elsewhere.
    """
    found = {}
    for one in words(environ, "FENMING_SSO_HOSTS"):
        name, _, place = one.partition("=")
        place = (place or name).rstrip("/")
        origin = place if "://" in place else f"https://{place}"
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
            raise ValueError(f"FENMING_SSO_HOSTS should name hosts or origins, not {one!r}")
        found[name] = origin
    return found


WHOLE = {"zh-hans": "简体中文", "en": "English"}
PREPARED = {
    "ja": "日本語", "ko": "한국어", "fr": "Français", "de": "Deutsch", "es": "Español", "pt": "Português",
    "ru": "Русский", "ar": "العربية", "th": "ไทย", "vi": "Tiếng Việt",
}  # fmt: skip
"""Languages with a catalogue that may be incomplete; what it lacks appears in Chinese."""


def languages(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Chinese and English, and those of the prepared languages that ``FENMING_LANGUAGES`` names."""
    wanted = words(environ, "FENMING_LANGUAGES")
    if unknown := set(wanted) - set(PREPARED) - set(WHOLE):
        known = ", ".join(PREPARED)
        raise ValueError(f"FENMING_LANGUAGES names {', '.join(sorted(unknown))}; prepared are {known}")
    return [*WHOLE.items(), *((code, name) for code, name in PREPARED.items() if code in wanted)]


def is_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def words(environ: Mapping[str, str], name: str) -> list[str]:
    return [word.strip() for word in environ.get(name, "").split(",") if word.strip()]


KEPT = {"messages": 365, "deliveries": 90, "works": 30}


def keep_days(environ: Mapping[str, str]) -> dict[str, int]:
    """How many days read messages, deliveries that went out, and ended background work are kept."""
    found = dict(KEPT)
    for one in words(environ, "FENMING_KEEP"):
        name, _, days = (part.strip() for part in one.partition("="))
        if name not in KEPT or not (days.isascii() and days.isdecimal() and 1 <= int(days) <= 36_500):
            raise ValueError("FENMING_KEEP should look like messages=365,deliveries=90,works=30, in days")
        found[name] = int(days)
    return found
