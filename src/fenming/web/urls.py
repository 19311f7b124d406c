from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.i18n import set_language

from fenming.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("language/", set_language, name="set-language"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("worker.js", views.worker, name="worker"),
    path("", include("fenming.modules.desk.urls")),
]
