"""Pages of the operation log."""

from django.urls import path

from fenming.modules.audit import views

urlpatterns = [
    path("audit/", views.log, name="audit-log"),
    path("audit/export/", views.export, name="audit-export"),
    path("audit/seals/", views.seals, name="audit-seals"),
    path("audit/seals/verify/", views.verify, name="audit-verify"),
]
