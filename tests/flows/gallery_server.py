"""The page of all components on this machine: ``python tests/flows/gallery_server.py 8000``, then /_gallery/."""

import os
import sys
import tempfile

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenming.web.settings")
os.environ.setdefault("FENMING_DATA", tempfile.mkdtemp())
os.environ.setdefault("FENMING_DEBUG", "1")

import django
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application


def main() -> None:
    settings.ROOT_URLCONF = "fenming.web.tests.gallery"
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if not one.startswith("fenming.modules.start")]
    django.setup()
    run("127.0.0.1", int(sys.argv[1]), StaticFilesHandler(get_wsgi_application()), threading=True)


if __name__ == "__main__":
    main()
