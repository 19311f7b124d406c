"""Drafts of schemes: begin, save, submit, give back, approve, publish, withdraw. Each step is one entry in the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from fenming.controls.models import Operation
from fenming.controls.operations import Actor, record
from fenming.library.schemes import Scheme
from fenming.library.text import Refusal, Words, refuse
from fenming.modules.accounts.queries.accounts import users_at
from fenming.modules.accounts.queries.powers import powers_of
from fenming.modules.accounts.queries.roles import keepers
from fenming.modules.messages import operations as messages
from fenming.modules.schemes.models import Draft, SchemeVersion
from fenming.modules.schemes.operations import publish
from fenming.modules.schemes.queries import drafts as queries
from fenming.modules.schemes.queries.differences import differences, of_definition
from fenming.modules.schemes.queries.places import post_names

TOPIC = "schemes.approve"
MOST_CHARACTERS = 400_000
TOLD = 40
State = Draft.State


class Stale(Refusal):
    """Somebody else saved the draft since the page was opened; these entries of the log say what they changed."""

    def __init__(self, draft: Draft, entries: list[Operation]) -> None:
        super().__init__(
            Words(
                zh="别人刚刚修改了这份草稿。您填写的内容仍在下面，请对照后再保存。",
                en="Somebody else has changed this draft meanwhile. "
                "What you typed is still below: compare, and save again.",
            )
        )
        self.draft = draft
        self.entries = entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A draft as a page sends it. ``form`` is the page's key; ``once`` where a button of it was pressed."""

    definition: Mapping[str, Any]
    version: int
    form: str
    valid_from: date | None = None
    note: str = ""
    once: bool = False


def subject(draft: Draft) -> str:
    """Under which name the log knows a draft."""
    return f"scheme draft {draft.pk}"


def begin(
    actor: Actor,
    department: int,
    definition: Mapping[str, Any],
    *,
    identifier: str = "",
    base: SchemeVersion | None = None,
    form: str = "",
) -> Draft:
    """A new draft of the scheme of ``identifier``, or of a new one; a form sent twice begins one."""
    _check_size(definition)
    with transaction.atomic():
        again = Draft.objects.filter(done_by=form, author=actor.user).first() if form else None
        if again is not None:
            return again
        name = identifier or queries.free_identifier(str(definition.get("id") or "scheme"))
        draft = Draft.objects.create(
            identifier=name,
            department_id=department,
            definition={**definition, "id": name},
            base=base,
            valid_from=queries.first_day(department, changes=base is not None),
            author_id=actor.user or 0,
            done_by=form,
        )
        record(actor, "schemes.draft", subject(draft), after={"identifier": name, "version": draft.version})
    return draft


def save(actor: Actor, pk: int, sent: Saved) -> Draft:
    """Keep a draft as it was typed. The second of two editors is refused and told what the first one changed."""
    _check_size(sent.definition)
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(pk=pk)
        if sent.once and sent.form and draft.done_by == sent.form:
            return draft
        if not draft.is_open:
            raise refuse(
                "这份草稿已提交，内容不能再改；请先退回。",
                "This draft has been submitted and cannot be changed. Have it returned first.",
            )
        if draft.version != sent.version and draft.saved_by != sent.form:
            raise Stale(draft, changes_since(draft, sent.version))
        before = draft.definition
        changed = (draft.valid_from, draft.note) != (sent.valid_from, sent.note) or before != sent.definition
        draft.done_by = sent.form if sent.once else draft.done_by
        if changed:
            draft.definition = {**sent.definition, "id": draft.identifier}
            draft.valid_from, draft.note = sent.valid_from, sent.note
            draft.version += 1
            draft.saved_by = sent.form
            known, posts = queries.known_indicators(), post_names()
            told = differences(of_definition(before, known, posts), of_definition(draft.definition, known, posts))
            changed_things = [one.sentence for one in told[:TOLD]]
            record(actor, "schemes.save", subject(draft), after={"version": draft.version, "changed": changed_things})
        draft.save()
    return draft


def changes_since(draft: Draft, version: int) -> list[Operation]:
    """The entries that brought a draft beyond a version, the newest first."""
    return list(Operation.objects.filter(object=subject(draft), after__version__gt=version).order_by("-id")[:20])


def submit(actor: Actor, draft: Draft) -> int:
    """Ask for approval; returns how many people were asked. Only a whole scheme can be submitted."""
    scheme = _whole(draft)
    with transaction.atomic():
        _move(draft, {State.DRAFTING, State.RETURNED}, State.SUBMITTED)
        record(actor, "schemes.submit", subject(draft), after={"state": State.SUBMITTED})
        asked = approvers(draft.department_id, without=actor.user)
        messages.notify(
            asked,
            topic=TOPIC,
            kind="todo",
            title=Words(zh=f"方案“{scheme.name.zh}”待审批", en=f"The scheme “{scheme.name.en}” waits for approval"),
            body=Words(zh=draft.note, en=draft.note),
            url=reverse("scheme-draft", args=[draft.pk]),
            subject_key=str(draft.pk),
            actor=actor,
        )
    return len(asked)


def approvers(department: int, *, without: int | None = None) -> set[int]:
    """The accounts that may approve schemes of a department."""
    found = users_at(keepers("schemes.approve") - {without or 0})
    return {user.pk for user in found if queries.covers(powers_of(user).scope("schemes.approve"), department)}


def give_back(actor: Actor, draft: Draft, *, answer: str) -> None:
    """Return a submitted or approved draft to its author, with the reason."""
    if not answer.strip():
        raise refuse("请写明退回的原因。", "Say why it is returned.")
    with transaction.atomic():
        _move(draft, {State.SUBMITTED, State.APPROVED}, State.RETURNED, answer=answer.strip()[:500], approver=None)
        record(actor, "schemes.return", subject(draft), after={"state": State.RETURNED, "answer": draft.answer})
        messages.complete(TOPIC, str(draft.pk), actor=actor)
        _tell_author(actor, draft, Words(zh="方案草稿被退回", en="A draft of a scheme was returned"))


def approve(actor: Actor, draft: Draft, *, reason: str = "", seen: int | None = None) -> None:
    """Approve a submitted draft as it was ``seen``. What one wrote oneself needs a reason, and the log calls it so."""
    if seen is not None and seen != draft.version:
        raise _changed()
    own = actor.user in queries.authors_of(draft)
    if own and not reason.strip():
        raise refuse(
            "这是您编制或修改过的方案：请写明为什么由本人审批，操作日志会如实记录。",
            "You have written in this draft: say why you approve it yourself. The log will say so.",
        )
    _whole(draft)
    with transaction.atomic():
        answer = reason.strip()[:500]
        _move(
            draft, {State.SUBMITTED}, State.APPROVED, answer=answer, approver_id=actor.user, approved_at=timezone.now()
        )
        record(actor, "schemes.approve", subject(draft), after={"state": State.APPROVED, "own": own, "reason": answer})
        messages.complete(TOPIC, str(draft.pk), actor=actor)
        if not own:
            _tell_author(actor, draft, Words(zh="方案草稿已批准", en="A draft of a scheme was approved"))


def publish_draft(actor: Actor, draft: Draft, *, valid_from: date) -> SchemeVersion:
    """Put an approved draft into force from a day on, which may lie ahead but never in a closed period."""
    scheme = _whole(draft)
    closed = queries.closed_until(draft.department_id)
    if closed is not None and valid_from < closed:
        raise refuse(
            f"{valid_from} 落在已归档的周期内，其结果不再改写；最早可从 {closed} 起生效。",
            f"{valid_from} lies in a closed period, whose results stand. The earliest day is {closed}.",
        )
    taken = queries.holding_posts(draft, scheme, valid_from)
    if taken:
        names = "、".join(taken)
        raise refuse(
            f"这些岗位已有其他方案：{names}。一个岗位只用一个方案，请改其中之一。",
            f"Another scheme holds for: {', '.join(taken)}. A post has one scheme; change one of the two.",
        )
    with transaction.atomic():
        _move(draft, {State.APPROVED}, State.PUBLISHED)
        embedded = draft.definition.get("indicators") or {}
        kept = {name: one for name, one in scheme.indicators.items() if name in embedded}
        whole = scheme.model_copy(update={"valid_from": valid_from, "indicators": kept})
        version = publish(whole, draft.department_id, valid_from=valid_from, reason=draft.note[:200], actor=actor)
        Draft.objects.filter(pk=draft.pk).update(published=version, valid_from=valid_from)
        record(actor, "schemes.publish_draft", subject(draft), after={"state": State.PUBLISHED, "from": valid_from})
    return version


def withdraw_draft(actor: Actor, draft: Draft) -> None:
    """Give a draft up; it stays readable."""
    with transaction.atomic():
        _move(draft, {State.DRAFTING, State.RETURNED, State.SUBMITTED, State.APPROVED}, State.WITHDRAWN)
        record(actor, "schemes.withdraw_draft", subject(draft), after={"state": State.WITHDRAWN})
        messages.complete(TOPIC, str(draft.pk), actor=actor)


def _whole(draft: Draft) -> Scheme:
    """The draft as a scheme that can be used, or a refusal that says what is missing."""
    found = queries.checked(draft.definition, draft.department_id)
    if found.scheme is None:
        first, count = found.problems[0], len(found.problems)
        things = "1 thing is" if count == 1 else f"{count} things are"
        raise refuse(
            f"方案还有 {count} 处需要修改，例如：{first.where} {first.text}",
            f"{things} still to be mended, such as: {first.where} {first.text}",
        )
    return found.scheme


def _move(draft: Draft, states: set[Draft.State], to: Draft.State, **values: Any) -> None:
    """Change the state if it is still one of these; two clicks change it once."""
    version = draft.version
    if not Draft.objects.filter(pk=draft.pk, state__in=states, version=version).update(state=to, **values):
        draft.refresh_from_db()
        if draft.state in states:
            raise _changed()
        state = Words(zh=_STATES[State(draft.state)].zh, en=_STATES[State(draft.state)].en)
        raise refuse(
            f"草稿现在的状态是“{state.zh}”，不能这样做。", f"The draft is {state.en} now; this cannot be done."
        )
    draft.refresh_from_db()


def _changed() -> Refusal:
    return refuse(
        "草稿在您打开页面后有改动，请重新查看后再决定。",
        "The draft was changed since you opened it. Look at it again before you decide.",
    )


_STATES = {
    State.DRAFTING: Words(zh="编制中", en="being drafted"),
    State.SUBMITTED: Words(zh="待审批", en="waiting for approval"),
    State.RETURNED: Words(zh="已退回", en="returned"),
    State.APPROVED: Words(zh="已批准", en="approved"),
    State.PUBLISHED: Words(zh="已发布", en="published"),
    State.WITHDRAWN: Words(zh="已撤回", en="withdrawn"),
}


def _tell_author(actor: Actor, draft: Draft, title: Words) -> None:
    messages.notify(
        [draft.author_id],
        topic="schemes.answer",
        kind="notice",
        title=title,
        body=Words(zh=draft.answer, en=draft.answer),
        url=reverse("scheme-draft", args=[draft.pk]),
        actor=actor,
    )


def _check_size(definition: Mapping[str, Any]) -> None:
    if len(str(definition)) > MOST_CHARACTERS:
        raise refuse(
            "方案内容过大，无法保存；请缩短文字或分成几个方案。", "The scheme is too large to keep. Shorten its texts."
        )


def no_day() -> Refusal:
    """A draft cannot be published without a day."""
    return refuse("请选择生效日期。", "Choose the day from which it holds.")
