"""The log is sealed by the worker, and a finding of the night stays in sight."""

from datetime import timedelta

import pytest

from fenming.controls import verification
from fenming.controls.jobs import jobs
from fenming.controls.models import Seal
from fenming.library.text import Refusal
from fenming.modules.audit.jobs import check, seal

pytestmark = pytest.mark.django_db


def test_the_worker_finds_both_jobs_with_their_schedule() -> None:
    assert jobs()["audit.seal"].every == timedelta(minutes=1)
    assert jobs()["audit.check"].scheduled


def test_sealing_covers_what_was_logged_and_then_finds_nothing_to_do(some_log: None) -> None:
    assert seal.now() == {"entries": 60}
    assert seal.now() == {"entries": 0}
    assert Seal.objects.count() == 1


def test_a_log_that_does_not_hold_fails_the_job(some_log: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seal.now()
    assert check.now() == {"seals": 1, "entries": 60}
    monkeypatch.setattr(verification.secrets, "check_seal", lambda data, digest: False)
    with pytest.raises(Refusal, match="Seal 1 was rewritten"):
        check.now()
