"""The providers are set up, tried, switched, and told whom they know."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from fenming.controls.operations import Actor, record
from fenming.library.text import Words, refuse
from fenming.modules.accounts.models import Identity, Provider
from fenming.modules.accounts.operations.sso import LINKED, linked_words
from fenming.modules.accounts.operations.telling import tell
from fenming.modules.accounts.queries import sso as queries
from fenming.modules.accounts.sso import PROTOCOLS
from fenming.modules.accounts.sso.protocol import Failed

KEPT = (
    "code", "kind", "name_zh", "name_en", "client", "agent", "issuer", "number_claim", "match", "is_strong", "enabled",
)  # fmt: skip


def save_provider(provider: Provider, *, actor: Actor, new_secret: bool) -> None:
    """A provider as the form has it."""
    with transaction.atomic():
        before = Provider.objects.select_for_update().filter(pk=provider.pk).first() if provider.pk else None
        if before and _elsewhere(before, provider) and before.identities.exists():
            raise refuse(
                "已有人员关联到它，不能改指另一个企业或服务器。请停用它并另建一个。",
                "People are linked with it, so it cannot become another company or server. Switch it off, add another.",
            )
        provider.save()
        record(
            actor, "accounts.set_provider", provider.code,
            before=_shown(before) if before else None,
            after=_shown(provider) | ({"secret": "changed"} if new_secret else {}),
        )  # fmt: skip


def _elsewhere(before: Provider, after: Provider) -> bool:
    return (before.kind, before.client, before.issuer) != (after.kind, after.client, after.issuer)


def _shown(provider: Provider) -> dict[str, object]:
    return {name: getattr(provider, name) for name in KEPT}


def switch(provider: Provider, *, on: bool, actor: Actor) -> None:
    """Offer a provider on the sign-in page, or no more."""
    with transaction.atomic():
        if Provider.objects.filter(pk=provider.pk, enabled=not on).update(enabled=on):
            record(actor, "accounts.switch_provider", provider.code, before={"enabled": not on}, after={"enabled": on})


def try_out(provider: Provider, *, actor: Actor) -> tuple[bool, Words]:
    """Ask the platform whether it accepts the credentials; what it says."""
    try:
        right, words = True, PROTOCOLS[provider.kind].prove(provider)
    except Failed as failed:
        right, words = False, failed.answer
    record(actor, "accounts.try_provider", provider.code, after={"right": right, "answer": words.en})
    return right, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the list: an employee number and the platform's user id."""

    line: int
    number: str
    subject: str


def import_subjects(provider: Provider, rows: Sequence[Row], *, actor: Actor) -> tuple[int, list[Words]]:
    """Link accounts with user ids, all or, if a line is wrong, none: how many are new, and what is wrong."""
    with transaction.atomic():
        Provider.objects.select_for_update().get(pk=provider.pk)
        users = queries.users_by_number([one.number for one in rows])
        known = dict(provider.identities.values_list("subject", "user_id"))
        linked = {user: subject for subject, user in known.items()}
        problems: list[Words] = []
        new: list[Identity] = []
        for row in rows:
            user = users.get(row.number)
            if user is None:
                problems.append(_wrong(row, "没有这个工号的账号", "there is no account of this number"))
            elif known.get(row.subject) == user.pk:
                continue
            elif row.subject in known or user.pk in linked:
                problems.append(_wrong(row, "工号或用户 ID 已有其他关联", "number or user id is linked otherwise"))
            else:
                known[row.subject], linked[user.pk] = user.pk, row.subject
                new.append(Identity(provider=provider, user=user, subject=row.subject))
        if problems or not new:
            return 0, problems
        Identity.objects.bulk_create(new, batch_size=1000)
        record(actor, "accounts.import_identities", provider.code, after={"people": len(new)})
        tell(
            [one.user_id for one in new],
            "identity_linked",
            url=("my-security",),
            title=LINKED,
            body=linked_words(provider),
        )
    return len(new), []


def _wrong(row: Row, zh: str, en: str) -> Words:
    return Words(
        zh=f"第 {row.line} 行（{row.number}，{row.subject}）：{zh}。",
        en=f"Line {row.line} ({row.number}, {row.subject}): {en}.",
    )
