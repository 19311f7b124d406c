"""The site as a WSGI application, made ready before its first visitor comes."""

import gc
import os
import threading
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import get_resolver
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

COLLECTED_AFTER = 50_000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenming.web.settings")


def _ready() -> None:
    """Compile every template once, so that no visitor is the first to see a page."""
    for path in Path(settings.PACKAGE).rglob("templates/**/*.html"):
        get_template(path.as_posix().rpartition("/templates/")[2])


# Behind a proxy the visitor's address is what a trusted proxy says, so that a lock does not meet the whole company.
application = wrap_wsgi_with_proxy_headers(get_wsgi_application(), trusted_hosts=settings.PROXIES)
get_resolver().url_patterns  # noqa: B018 - reads every module's views now
# What is loaded by now stays: the collector need not walk it at every turn, a sixth of a page's time.
gc.collect()
gc.freeze()
gc.set_threshold(COLLECTED_AFTER, 20, 100)
threading.Thread(target=_ready, name="fenming-templates", daemon=True).start()
