"""Letters with links: to people who cannot sign in to read a message."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from fenming.modules.accounts.models import Link, User
from fenming.modules.accounts.operations.invitations import Made


def can_send() -> bool:
    """Whether the site knows a mail server."""
    return bool(settings.MAIL)


def address_of(user: User) -> str:
    """Where letters to a person go."""
    return user.email or (user.employee.email if user.employee else "")


def base_of(request: HttpRequest) -> str:
    """The address that links begin with: the site's own, or, where nobody has named it, the one it was asked under."""
    return settings.SITE_URL or request.build_absolute_uri("/")


def url_of(made: Made, base: str) -> str:
    """The whole link; ``base`` is the site's address."""
    return f"{base.rstrip('/')}{reverse('link', args=[made.token])}"


def send(links: Collection[Made], base: str) -> int:
    """A letter with its link to each that has an address, over one connection; how many were sent."""
    letters = [_letter(one, base) for one in links if address_of(one.user)]
    return int(get_connection().send_messages(letters) or 0) if letters else 0


def _letter(made: Made, base: str) -> EmailMessage:
    until: datetime = made.link.expires_at
    with translation.override(made.user.language or settings.LANGUAGE_CODE):
        invited = made.link.purpose == Link.Purpose.INVITE
        subject = _("Your account at Fenming") if invited else _("A new password for Fenming")
        context = {"user": made.user, "url": url_of(made, base), "until": until, "invited": invited}
        return EmailMessage(subject, render_to_string("accounts/letter.txt", context), to=[address_of(made.user)])
