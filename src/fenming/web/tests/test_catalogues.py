from pathlib import Path

import pytest

from fenming.web import catalogues
from fenming.web.environment import PREPARED, languages


@pytest.mark.parametrize("language", ["zh_Hans"])
def test_every_message_is_translated(language: str) -> None:
    """A gap would show Chinese readers English; fill it after ``python -m fenming.web.catalogues``."""
    assert catalogues.missing(catalogues.LOCALE / language / "LC_MESSAGES/django.po") == []


@pytest.mark.parametrize("path", catalogues.catalogue_files(), ids=lambda path: path.parts[-3])
def test_translations_fill_in_what_the_message_does(path: Path) -> None:
    assert catalogues.wrong_placeholders(path) == []


def test_ten_more_languages_are_prepared() -> None:
    assert set(PREPARED) <= {path.parts[-3] for path in catalogues.catalogue_files()}


def test_completeness_counts_what_is_translated(tmp_path: Path) -> None:
    path = tmp_path / "ja/LC_MESSAGES/django.po"
    path.parent.mkdir(parents=True)
    assert catalogues.update(path) == catalogues.completeness(path).of
    path.write_text(path.read_text().replace('msgid "Roles"\nmsgstr ""', 'msgid "Roles"\nmsgstr "役割"'))
    assert catalogues.completeness(path).translated == 1


def test_a_prepared_language_is_offered_when_it_is_asked_for() -> None:
    assert [code for code, _ in languages({})] == ["zh-hans", "en"]
    assert [code for code, _ in languages({"FENMING_LANGUAGES": "ja, ar"})] == ["zh-hans", "en", "ja", "ar"]
    with pytest.raises(ValueError, match="prepared are ja"):
        languages({"FENMING_LANGUAGES": "xx"})
