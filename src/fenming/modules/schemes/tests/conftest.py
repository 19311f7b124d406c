"""A draft of the small company's customer service, and a page's form as a browser would send it."""

from html.parser import HTMLParser

import pytest
from django.test import Client

from fenming.modules.accounts.models import User
from fenming.modules.conftest import SmallCompany
from fenming.modules.schemes.models import Draft, SchemeVersion


class _Form(HTMLParser):
    """The fields of one form: inputs, selects, and what stands outside it with its id."""

    def __init__(self, identifier: str) -> None:
        super().__init__()
        self.identifier, self.inside = identifier, False
        self.fields: dict[str, list[str]] = {}
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == self.identifier
        if not self.inside and given.get("form") != self.identifier:
            return
        name = given.get("name", "")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in given or self.select not in self.fields):
            self.fields[self.select] = [given.get("value", "")]
        elif tag == "input" and name:
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            self.fields.setdefault(name, []).append(given.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""


def form_of(page: bytes, identifier: str = "scheme-form") -> dict[str, list[str]]:
    """What a browser would send of a form."""
    parser = _Form(identifier)
    parser.feed(page.decode())
    return parser.fields


@pytest.fixture
def draft(small_company: SmallCompany) -> Draft:
    """A draft of the version in force of customer service, by HR."""
    version = SchemeVersion.objects.get(identifier="customer_service")
    return Draft.objects.create(
        identifier="customer_service",
        department=version.department,
        definition=version.definition,
        base=version,
        author=User.objects.get(username="hr"),
    )


def edit(client: Client, draft: Draft, button: str = "save", **changed: str | list[str]) -> dict[str, list[str]]:
    """Open a draft, type what is given by field (double underscores stand for dashes), and press a button."""
    sent = form_of(client.get(f"/schemes/drafts/{draft.pk}/").content)
    for name, value in changed.items():
        sent[name.replace("__", "-")] = value if isinstance(value, list) else [value]
    answer = client.post(f"/schemes/drafts/{draft.pk}/", {**sent, "do": button})
    assert answer.status_code in {200, 302}
    draft.refresh_from_db()
    return sent
