from pathlib import Path

import pytest

from fenming.web import catalogues


@pytest.mark.parametrize("path", catalogues.catalogue_files(), ids=lambda path: path.parts[-3])
def test_every_message_is_translated(path: Path) -> None:
    """A gap would show Chinese readers English; fill it after ``python -m fenming.web.catalogues``."""
    assert catalogues.missing(path) == []
