"""Password validators that ask the company's policy. Django's own stand beside them in the settings."""

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fenming.modules.accounts.models import PastPassword, User
from fenming.modules.accounts.queries.policy import policy

LONGEST = 128


class PolicyLengthValidator:
    """As long as the policy wants, and no longer than anybody types."""

    def validate(self, password: str, user: User | None = None) -> None:
        shortest = policy().length_min
        if len(password) < shortest:
            raise ValidationError(_too_short(shortest), code="password_too_short")
        if len(password) > LONGEST:
            raise ValidationError(
                _("The password is too long: at most %(count)d characters.") % {"count": LONGEST},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return _too_short(policy().length_min)


class NotUsedBeforeValidator:
    """Not the present password and none of the last ones."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or not user.pk:
            return
        past = PastPassword.objects.filter(user=user).values_list("encoded", flat=True)[: policy().refused_last]
        present = [user.password] if user.has_usable_password() else []
        if any(check_password(password, one) for one in [*present, *past]):
            raise ValidationError(
                _("This password was used before. Please choose one that is new here."), code="password_used_before"
            )

    def get_help_text(self) -> str:
        return _("Not one of your earlier passwords.")


def _too_short(shortest: int) -> str:
    return ngettext(
        "The password needs at least %(count)d character.",
        "The password needs at least %(count)d characters.",
        shortest,
    ) % {"count": shortest}
