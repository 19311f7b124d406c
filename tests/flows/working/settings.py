"""The site's settings, and the jobs beside it."""

from fenming.web.settings import *  # noqa: F403 - all of them are its own too
from fenming.web.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "working"]
