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


def test_without_a_mail_server_e_mail_is_off() -> None:
    assert environment.mail({}) == environment.mail({"FENMING_MAIL": ""}) == {}


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, "", "", False, False, "fenming@mail.example.com")),
        (
            "smtp://pay%40example.com:p%3Aw@mail.example.com:587?tls=1",
            ("mail.example.com", 587, "pay@example.com", "p:w", True, False, "pay@example.com"),
        ),
        (
            "smtps://u:p@[::1]?from=Pay+%3Cpay@example.com%3E&tls=1",
            ("::1", 465, "u", "p", False, True, "Pay <pay@example.com>"),
        ),
    ],
)
def test_a_mail_server_is_named_by_one_address(address: str, wanted: tuple[object, ...]) -> None:
    found = environment.mail({"FENMING_MAIL": address})
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    assert (*(found[f"EMAIL_{name}"] for name in names), found["DEFAULT_FROM_EMAIL"]) == wanted


@pytest.mark.parametrize("address", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp:///x"])
def test_what_names_no_mail_server_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="FENMING_MAIL"):
        environment.mail({"FENMING_MAIL": address})


def test_the_sites_own_address_has_no_stroke_at_the_end() -> None:
    assert environment.site_url({"FENMING_URL": "https://pay.example.com/hr/"}) == "https://pay.example.com/hr"
    assert environment.site_url({}) == ""
    for wrong in ("pay.example.com", "javascript:alert(1)", "https://"):
        with pytest.raises(ValueError, match="FENMING_URL"):
            environment.site_url({"FENMING_URL": wrong})


def test_the_days_that_things_are_kept() -> None:
    assert environment.keep_days({}) == {"messages": 365, "deliveries": 90, "works": 30}
    given = {"FENMING_KEEP": "messages=730, works = 7"}
    assert environment.keep_days(given) == {"messages": 730, "deliveries": 90, "works": 7}
    for wrong in ("messages", "log=1", "works=0", "works=-1", "works=a"):
        with pytest.raises(ValueError, match="FENMING_KEEP should"):
            environment.keep_days({"FENMING_KEEP": wrong})
