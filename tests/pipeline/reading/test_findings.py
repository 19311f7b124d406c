"""The list of what was left out."""

import pytest

from fenming.pipeline.reading import findings as room
from fenming.pipeline.reading.findings import SENTENCES, Findings


def test_many_findings_rest_on_disk_and_come_back_in_order(monkeypatch):
    monkeypatch.setattr(room, "IN_MEMORY", 10)
    found = Findings()
    for row in range(35):
        found.add("no_time", file="甲.csv", row=row)
    assert len(found) == 35
    assert [one.row for one in found] == list(range(35))
    assert [one.row for one in found[8:12]] == [8, 9, 10, 11]
    assert found[-1].row == 34
    with pytest.raises(IndexError):
        found[35]


@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_is_complete_in_both_languages(code):
    one = SENTENCES[code]
    assert all([one.zh, one.en, one.remedy_zh, one.remedy_en])
