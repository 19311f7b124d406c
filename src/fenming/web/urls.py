from django.urls import include, path
from django.views.i18n import set_language

from fenming.controls.routes import EVERYONE, allow
from fenming.web import views

urlpatterns = [
    path("", allow(EVERYONE)(views.home), name="home"),
    path("language/", allow(EVERYONE)(set_language), name="set-language"),
    path("theme/", allow(EVERYONE)(views.set_theme), name="set-theme"),
    path("manifest.webmanifest", allow(EVERYONE)(views.manifest), name="manifest"),
    path("worker.js", allow(EVERYONE)(views.worker), name="worker"),
    path("", include("fenming.modules.accounts.urls")),
    path("", include("fenming.modules.audit.urls")),
    path("", include("fenming.modules.desk.urls")),
    path("", include("fenming.modules.system.urls")),
    path("", include("fenming.modules.messages.urls")),
    path("", include("fenming.modules.people.urls")),
    path("", include("fenming.modules.start.urls")),
]

handler500 = "fenming.web.views.server_error"
