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
    found = {path.parts[-3]: catalogues.completeness(path) for path in catalogues.catalogue_files()}
    assert set(PREPARED) <= set(found)
    assert all(found[one].of == found["zh_Hans"].of for one in PREPARED)


def test_a_prepared_language_is_offered_when_it_is_asked_for() -> None:
    assert [code for code, _ in languages({})] == ["zh-hans", "en"]
    assert [code for code, _ in languages({"FENMING_LANGUAGES": "ja, ar"})] == ["zh-hans", "en", "ja", "ar"]
    with pytest.raises(ValueError, match="prepared are ja"):
        languages({"FENMING_LANGUAGES": "xx"})
