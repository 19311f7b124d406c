"""Messages, the ways out of the house, what each person wishes, and what became of every delivery."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fenming.controls.fields import EncryptedText
from fenming.library.text import Words


class Message(models.Model):
    """One thing for one person to do or to know, in both languages."""

    class Kind(models.TextChoices):
        TODO = "todo", _("To-do")
        NOTICE = "notice", _("Notice")

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    topic = models.CharField(_("topic"), max_length=60)
    subject_key = models.CharField(_("subject"), max_length=120, blank=True)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200)
    body_zh = models.TextField(_("Chinese text"), blank=True)
    body_en = models.TextField(_("English text"), blank=True)
    url = models.CharField(_("linked page"), max_length=300, blank=True)
    due = models.DateField(_("due day"), null=True, blank=True)
    urgent = models.BooleanField(_("urgent"), default=False)
    created_at = models.DateTimeField(_("made at"), default=timezone.now)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("recipient", "-id"), name="message_newest"),
            models.Index(
                fields=("recipient",), condition=Q(kind="todo", done_at__isnull=True), name="message_open_todos"
            ),
            models.Index(
                fields=("topic", "subject_key"),
                condition=Q(kind="todo", done_at__isnull=True),
                name="message_open_subjects",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("recipient", "topic", "subject_key"),
                condition=Q(kind="todo", done_at__isnull=True) & ~Q(subject_key=""),
                name="one_open_todo_of_a_subject",
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"

    @property
    def title(self) -> Words:
        return Words(zh=self.title_zh, en=self.title_en)

    @property
    def body(self) -> Words:
        return Words(zh=self.body_zh, en=self.body_en)

    @property
    def is_todo(self) -> bool:
        return self.kind == self.Kind.TODO

    @property
    def is_overdue(self) -> bool:
        return self.due is not None and self.done_at is None and self.due < timezone.localdate()


class Channel(models.Model):
    """A way out of the house: e-mail to each person, or a robot that posts into a group."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WECOM = "wecom_robot", _("WeCom group robot")
        DINGTALK = "dingtalk_robot", _("DingTalk group robot")
        FEISHU = "feishu_robot", _("Feishu group robot")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=80, blank=True)
    address = EncryptedText(_("robot address"), max_length=500, blank=True)
    secret = EncryptedText(_("signing secret"), max_length=200, blank=True)
    topics = models.JSONField(_("topics"), default=list, blank=True)
    enabled = models.BooleanField(_("switched on"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("kind",), condition=Q(kind="email"), name="one_email_channel"),)

    def __str__(self) -> str:
        return self.name or str(self.get_kind_display())

    @property
    def is_robot(self) -> bool:
        return self.kind != self.Kind.EMAIL

    def carries(self, topic: str) -> bool:
        """``people.*`` names all topics of a module. E-mail without topics carries all, a robot none."""
        if not self.topics:
            return not self.is_robot
        return any(topic == one or (one.endswith("*") and topic.startswith(one[:-1])) for one in self.topics)


class Preference(models.Model):
    """What one person wishes. Without a row the defaults stand."""

    class Digest(models.TextChoices):
        NONE = "none", _("Each message by itself")
        DAILY = "daily", _("Once a day")
        WEEKLY = "weekly", _("Every Monday")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    email_todos = models.BooleanField(_("To-dos by e-mail"), default=True)
    email_notices = models.BooleanField(_("Notices by e-mail"), default=True)
    quiet_from = models.TimeField(_("Quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("Quiet until"), null=True, blank=True)
    digest = models.CharField(_("How often"), max_length=10, choices=Digest.choices, default=Digest.NONE)
    digest_hour = models.PositiveSmallIntegerField(_("At what hour"), default=9)
    language = models.CharField(_("Language"), max_length=10, blank=True)

    def __str__(self) -> str:
        return f"{self.pk}"

    def wants(self, kind: str) -> bool:
        return self.email_todos if kind == Message.Kind.TODO else self.email_notices


class Delivery(models.Model):
    """A message on its way through a channel. The deliveries of one ``letter`` travel together.

    ``not_before`` is also the lease: whoever takes a delivery to send it moves that moment on, so that a delivery whose
    worker was killed comes up again by itself.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        HELD = "held", _("Held back")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Retrying")
        DEAD = "dead", _("Given up")

    OPEN = (State.WAITING, State.HELD, State.FAILED)

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="deliveries")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    not_before = models.DateTimeField(_("not before"))
    letter = models.BigIntegerField(null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    tried_at = models.DateTimeField(_("tried at"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("channel", "not_before"),
                condition=Q(state__in=("waiting", "held", "failed")),
                name="delivery_due",
            ),
            models.Index(fields=("channel", "tried_at"), name="delivery_pace"),
            models.Index(fields=("letter",), name="delivery_letter"),
            models.Index(fields=("state", "-id"), name="delivery_state"),
        )
        constraints = (models.UniqueConstraint(fields=("message", "channel"), name="one_delivery_a_channel"),)

    def __str__(self) -> str:
        return f"{self.message_id} → {self.channel_id} {self.state}"
