"""Letters: one e-mail to one person with one message or all that were held back, in the person's language."""

import smtplib
from collections.abc import Sequence
from contextlib import suppress
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from fenming.library.text import Words
from fenming.modules.messages.models import Message
from fenming.modules.messages.sending.robots import Outcome

Attached = tuple[str, bytes, str]
"""Name, content and content type of a file that goes with a letter."""

_REFUSES_ALL = (
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
)
"""At the greeting, the password or the sender: no letter is to blame."""


def is_on() -> bool:
    """Whether the site knows a mail server."""
    return bool(settings.MAIL)


def connection() -> BaseEmailBackend:
    """For as many letters as go in one batch."""
    found: BaseEmailBackend = get_connection(fail_silently=False)
    return found


def letter(
    number: int, messages: Sequence[Message], *, to: str, language: str, files: Sequence[Attached] = ()
) -> EmailMultiAlternatives:
    """Plain text and simple HTML. The Message-ID is the letter's own, so that mail systems can drop a repeat."""
    with translation.override(language):
        subject = _subject(messages)
        context = {
            "subject": subject,
            "messages": [_shown(one, language) for one in messages],
            "site": settings.SITE_URL,
        }
        made = EmailMultiAlternatives(
            subject,
            render_to_string("messages/mail.txt", context),
            to=[to],
            headers={"Message-ID": _message_id(number, messages[0]), "Auto-Submitted": "auto-generated"},
        )
        made.attach_alternative(render_to_string("messages/mail.html", context), "text/html")
    for name, body, kind in files:
        made.attach(one_line(name), body, kind)
    return made


def _message_id(number: int, first: Message) -> str:
    """The same for every try of a letter, and of no other letter of this site or of another one."""
    name = salted_hmac("fenming.letter", f"{number} {first.created_at.isoformat()}").hexdigest()
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{name}@{domain}>"


def absolute(url: str) -> str:
    """An internal path as a link from outside; nothing where the site does not know its own address."""
    return f"{settings.SITE_URL}{url}" if settings.SITE_URL and url else ""


def try_send(out: BaseEmailBackend, made: EmailMultiAlternatives) -> Outcome:
    """Hand a letter to the mail server and read its verdict."""
    try:
        out.open()  # stays open for the next letter
        out.send_messages([made])
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _text in refused.recipients.values()]
        return Outcome(error=_reason(refused), hopeless=all(code >= 500 for code in codes))
    except smtplib.SMTPResponseException as refused:
        whole = isinstance(refused, _REFUSES_ALL)
        return Outcome(error=_reason(refused), hopeless=refused.smtp_code >= 500 and not whole, silent=whole)
    except (smtplib.SMTPException, OSError) as problem:
        return Outcome(error=_reason(problem), silent=True)
    except ValueError as problem:  # a header or an address that no e-mail may have
        return Outcome(error=_reason(problem), hopeless=True)
    return Outcome()


def hang_up(out: BaseEmailBackend) -> None:
    """However the server takes the farewell."""
    with suppress(smtplib.SMTPException, OSError):
        out.close()


def _reason(problem: Exception) -> str:
    text = "".join(one for one in f"{type(problem).__name__}: {problem}" if one.isprintable())
    return text[:280]


def _subject(messages: Sequence[Message]) -> str:
    if len(messages) == 1:
        return one_line(_said(messages[0].title))
    first, others = one_line(_said(messages[0].title)), len(messages) - 1
    return ngettext("%(first)s and one more", "%(first)s and %(others)s more", others) % {
        "first": first,
        "others": others,
    }


def one_line(text: str) -> str:
    """No line break gets into a header."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _said(words: Words) -> str:
    return words.say(translation.get_language() or settings.LANGUAGE_CODE)


def _shown(message: Message, language: str) -> dict[str, Any]:
    return {
        "title": message.title.say(language),
        "body": message.body.say(language),
        "due": message.due,
        "todo": message.is_todo,
        "link": absolute(message.url),
    }
