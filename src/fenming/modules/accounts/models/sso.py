"""Single sign-on: the providers a company trusts, whom they know, and the sign-ins that are under way."""

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fenming.controls.fields import EncryptedText


class Provider(models.Model):
    """Somebody who vouches for people: an OpenID Connect server, or the company's WeCom, DingTalk or Feishu."""

    class Kind(models.TextChoices):
        OIDC = "oidc", _("OpenID Connect")
        WECOM = "wecom", _("WeCom")
        DINGTALK = "dingtalk", _("DingTalk")
        FEISHU = "feishu", _("Feishu")

    class Match(models.TextChoices):
        NUMBER = "number", _("Employee number")
        EMAIL = "email", _("E-mail")
        SUBJECT = "subject", _("User id of the platform, imported or linked by the person")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name_zh = models.CharField(_("Chinese name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)
    client = models.CharField(_("client id"), max_length=200)
    secret = EncryptedText(_("secret"), max_length=500)
    agent = models.CharField(_("agent id"), max_length=20, blank=True)
    """WeCom's number of the app."""
    issuer = models.CharField(_("issuer"), max_length=300, blank=True)
    """Of OpenID Connect, as the provider's own metadata name it."""
    number_claim = models.CharField(_("claim with the employee number"), max_length=60, default="preferred_username")
    match = models.CharField(_("find the account by"), max_length=10, choices=Match.choices, default=Match.NUMBER)
    is_strong = models.BooleanField(_("counts as second factor"), default=False)
    enabled = models.BooleanField(_("switched on"), default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        chinese = (get_language() or "zh").startswith("zh")
        return self.name_zh if chinese or not self.name_en else self.name_en


class Identity(models.Model):
    """An account as a provider knows it."""

    provider = models.ForeignKey(Provider, models.PROTECT, related_name="identities")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="identities")
    subject = models.CharField(_("user id of the platform"), max_length=255)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("provider", "subject"), name="identity_subject"),
            models.UniqueConstraint(fields=("provider", "user"), name="identity_user"),
        )

    def __str__(self) -> str:
        return f"{self.provider_id} {self.subject}"


class Departure(models.Model):
    """Somebody has been sent to a provider and is expected back, once and soon, in the same session."""

    digest = models.CharField(max_length=64, unique=True)
    """Of the state, which only the person's browser has."""
    session = models.CharField(max_length=64)
    """The digest of a secret kept in the session."""
    provider = models.ForeignKey(Provider, models.CASCADE, related_name="departures")
    user = models.ForeignKey("accounts.User", models.CASCADE, null=True, blank=True, related_name="+")
    """Who, being signed in, wants to link; nobody where somebody signs in."""
    after = models.CharField(max_length=2000, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("at",), name="departure_at"),)

    def __str__(self) -> str:
        return f"{self.provider_id} {self.at:%Y-%m-%d %H:%M}"
