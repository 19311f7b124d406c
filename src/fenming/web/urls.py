from django.urls import include, path
from django.views.i18n import set_language

from fenming.api import site as api
from fenming.controls.routes import EVERYONE, SIGNED_IN, allow
from fenming.web import api_docs, views

urlpatterns = [
    path("", allow(EVERYONE)(views.home), name="home"),
    path("language/", allow(EVERYONE)(set_language), name="set-language"),
    path("theme/", allow(EVERYONE)(views.set_theme), name="set-theme"),
    path("manifest.webmanifest", allow(EVERYONE)(views.manifest), name="manifest"),
    path("worker.js", allow(EVERYONE)(views.worker), name="worker"),
    path("api/", allow(SIGNED_IN)(api_docs.reference), name="api-docs"),
    path("api/v1/", include(api.urls)),
    path("", include("fenming.modules.accounts.urls")),
    path("", include("fenming.modules.audit.urls")),
    path("", include("fenming.modules.bonus.urls")),
    path("", include("fenming.modules.cycles.urls")),
    path("", include("fenming.modules.desk.urls")),
    path("", include("fenming.modules.indicators.urls")),
    path("", include("fenming.modules.system.urls")),
    path("", include("fenming.modules.messages.urls")),
    path("", include("fenming.modules.people.urls")),
    path("", include("fenming.modules.schemes.urls")),
    path("", include("fenming.modules.start.urls")),
]

handler500 = "fenming.web.views.server_error"
