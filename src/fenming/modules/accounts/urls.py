"""Accounts, roles and grants."""

from django.urls import path

from fenming.modules.accounts.views import accounts, entry, keys, links, own, roles

urlpatterns = [
    path("sign-in/", entry.sign_in, name="sign-in"),
    path("sign-in/code/", entry.second_factor, name="second-factor"),
    path("sign-in/forgot/", links.forgot, name="forgot-password"),
    path("sign-out/", entry.sign_out, name="sign-out"),
    path("link/<str:token>/", links.link, name="link"),
    path("link/<str:token>/again/", links.ask_again, name="ask-again"),
    path("me/security/", own.my_security, name="my-security"),
    path("me/security/sessions/", own.end_own, name="end-own-sessions"),
    path("me/security/password/", own.my_password, name="my-password"),
    path("me/security/factor/", own.my_factor, name="my-factor"),
    path("me/security/factor/change/", own.change_factor, name="change-factor"),
    path("me/settings/", own.my_settings, name="my-settings"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/invite/", accounts.invite, name="invite"),
    path("accounts/invite/people/", accounts.people_to_invite, name="people-to-invite"),
    path("accounts/policy/", accounts.sign_in_policy, name="sign-in-policy"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("accounts/<int:pk>/do/", accounts.account_do, name="account-do"),
    path("roles/", roles.roles, name="roles"),
    path("roles/new/", roles.new_role, name="new-role"),
    path("roles/<slug:code>/", roles.role, name="role"),
    path("roles/<slug:code>/drop/", roles.drop_role, name="drop-role"),
    path("accounts/<int:pk>/grants/", roles.grants, name="account-grants"),
    path("accounts/<int:pk>/grants/<int:grant>/end/", roles.end_grant, name="end-grant"),
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.new_key, name="new-key"),
    path("keys/<int:pk>/rotate/", keys.rotate_key, name="rotate-key"),
    path("keys/<int:pk>/revoke/", keys.revoke_key, name="revoke-key"),
]
