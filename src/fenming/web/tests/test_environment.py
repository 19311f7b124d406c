import stat
from pathlib import Path

import pytest

from fenming.web import environment


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = environment.secret_key({}, tmp_path)
    assert len(key) >= 50
    assert environment.secret_key({}, tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_a_given_key_is_not_kept(tmp_path: Path) -> None:
    assert environment.secret_key({"FENMING_SECRET_KEY": "given"}, tmp_path) == "given"
    assert list(tmp_path.iterdir()) == []


def test_the_database_is_a_file_in_the_data_folder_by_default(tmp_path: Path) -> None:
    found = environment.database({}, tmp_path)
    assert found["NAME"] == tmp_path / "fenming.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_sqlite_file_can_be_named(tmp_path: Path) -> None:
    assert str(environment.database({"FENMING_DB": "sqlite:///srv/a%20b.db"}, tmp_path)["NAME"]) == "/srv/a b.db"


def test_a_postgres_address_is_taken_apart(tmp_path: Path) -> None:
    address = "postgres://feng:p%40ss@db.local:6432/pay?sslmode=require"
    found = environment.database({"FENMING_DB": address, "FENMING_POOL": "6"}, tmp_path)
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "feng", "p@ss", "db.local", "6432", "pay",
    ]  # fmt: skip
    assert found["OPTIONS"] == {"sslmode": "require", "pool": {"min_size": 2, "max_size": 6, "timeout": 10}}


def test_plain_postgres_leaves_the_address_to_libpq(tmp_path: Path) -> None:
    found = environment.database({"FENMING_DB": "postgres", "FENMING_POOL": "0"}, tmp_path)
    assert (found["HOST"], found["USER"], found["NAME"], found["OPTIONS"]) == ("", "", "fenming", {})


def test_an_unknown_database_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mysql"):
        environment.database({"FENMING_DB": "mysql://x"}, tmp_path)
