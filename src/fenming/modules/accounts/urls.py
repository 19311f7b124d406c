"""Accounts, roles and grants."""

from django.urls import path

from fenming.modules.accounts.views import roles

urlpatterns = [
    path("roles/", roles.roles, name="roles"),
    path("roles/new/", roles.new_role, name="new-role"),
    path("roles/<slug:code>/", roles.role, name="role"),
    path("roles/<slug:code>/drop/", roles.drop_role, name="drop-role"),
    path("accounts/<int:pk>/grants/", roles.grants, name="account-grants"),
    path("accounts/<int:pk>/grants/<int:grant>/end/", roles.end_grant, name="end-grant"),
]
