import pytest
from django.test import Client

from fenming.modules.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def somebody(db: None) -> None:
    """Without an account every address leads to the first start."""
    User.objects.create_user("somebody", "correct horse")


def page(client: Client) -> str:
    return client.get("/sign-in/").content.decode()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_kept(theme: str, client: Client) -> None:
    assert "data-theme" not in page(client)
    answer = client.post("/theme/", {"theme": theme, "next": "/sign-in/?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?a=1")
    assert f'data-theme="{theme}"' in page(client)
    client.post("/theme/", {"theme": "system"})
    assert "data-theme" not in page(client)


@pytest.mark.parametrize(
    "after",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example", "\x00/", "", "a" * 9000],
)
def test_choosing_a_theme_leads_nowhere_else(after: str, client: Client) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": after})
    assert answer.status_code == 302
    assert answer["Location"] in {"/", "a" * 9000}


@pytest.mark.parametrize("theme", ["", "blue", "dark; path=/x", "\x00", "<script>"])
def test_what_is_no_theme_sets_none(theme: str, client: Client) -> None:
    client.post("/theme/", {"theme": theme})
    assert "data-theme" not in page(client)
    client.cookies["theme"] = "nonsense"
    assert "data-theme" not in page(client)


def test_a_theme_is_not_chosen_by_a_link(client: Client) -> None:
    assert client.get("/theme/?theme=dark").status_code == 405
