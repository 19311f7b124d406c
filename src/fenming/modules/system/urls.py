"""System administration."""

from django.urls import path

from fenming.modules.system import views

urlpatterns = [
    path("system/works/", views.works, name="works"),
    path("system/works/<int:pk>/", views.work, name="work"),
    path("system/works/<int:pk>/retry/", views.retry, name="work-retry"),
    path("system/works/<int:pk>/cancel/", views.cancel, name="work-cancel"),
    path("system/company/", views.settings, name="company"),
]
