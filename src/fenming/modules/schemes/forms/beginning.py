"""How a draft begins, and what may be brought in from a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import yaml
from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fenming.controls.scope import Scope
from fenming.library.files import DefinitionError, parsed
from fenming.library.schemes import schemes
from fenming.modules.indicators.queries.wording import speaking
from fenming.modules.schemes.forms.editing import EMPTY
from fenming.modules.schemes.models import SchemeVersion
from fenming.modules.schemes.queries.drafts import visible_versions
from fenming.modules.schemes.queries.places import departments_for, post_names, posts_of
from fenming.modules.schemes.queries.telling import joined, words

MOST_BYTES = 400_000
MOST_PARTS, DEEPEST = 20_000, 12
OTHERS = "others"
SOURCES = (
    ("shipped", gettext_lazy("A scheme that comes with Fenming")),
    ("version", gettext_lazy("One of the company's own schemes")),
    ("file", gettext_lazy("A file (YAML)")),
    ("empty", gettext_lazy("Nothing")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a draft begins with."""

    department: int
    definition: Mapping[str, Any]
    identifier: str = ""
    base: SchemeVersion | None = None


class BeginForm(forms.Form):
    """The department, what the draft begins from, and for whom it is where the department has schemes already.

    A draft that changes one of these goes on under its id and for its posts; any other is for posts that are named.
    """

    form = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    department = forms.TypedChoiceField(coerce=int, label=pgettext_lazy("people", "Department"))
    source = forms.ChoiceField(
        choices=SOURCES, label=gettext_lazy("Begin from"), widget=forms.RadioSelect, initial="shipped"
    )
    shipped = forms.ChoiceField(required=False, label=gettext_lazy("Shipped scheme"))
    version = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label=gettext_lazy("Own scheme"))
    file = forms.FileField(required=False, label=gettext_lazy("File"))
    place = forms.ChoiceField(
        required=False, label=gettext_lazy("This department has schemes already. What is the draft for?"),
        widget=forms.RadioSelect,
    )  # fmt: skip
    posts = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Posts that it is for"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, scope: Scope, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["form"].initial = uuid4().hex
        self.versions = {one.pk: one for one in visible_versions(scope).filter(valid_to=None)}
        self._departments(scope)
        self.here = {pk: one for pk, one in self.versions.items() if one.department_id == self.chosen}
        self._choices("shipped", [("", _("Choose…")), *self._shipped()])
        self._choices("version", [("", _("Choose…")), *((pk, _titled(one)) for pk, one in self.versions.items())])
        if self.here:
            self._places()
        else:
            del self.fields["place"], self.fields["posts"]

    def _choices(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)

    def _given(self, name: str) -> str:
        return str(self.data.get(name, "") if self.is_bound else self.initial.get(name, ""))

    def _departments(self, scope: Scope) -> None:
        """The departments to choose from: nothing is chosen but what was asked for, or what there is no other of."""
        found = departments_for(scope)
        self._choices("department", [("", _("Choose…")), *((pk, name) for pk, name, _code in found)])
        given = self._given("department") or (str(found[0][0]) if len(found) == 1 else "")
        asked = schemes().get(self._given("shipped"))
        if not given and asked is not None:
            given = next((str(pk) for pk, _name, code in found if code == asked.department), "")
        self.initial["department"] = given
        known = {str(pk): (pk, code) for pk, _name, code in found}
        self.chosen, self.code = known.get(given, (0, ""))
        self.fields["department"].widget.attrs |= {
            "hx-get": reverse("scheme-new"), "hx-include": "[name=source]", "hx-target": "#begin-rest",
            "hx-select": "#begin-rest", "hx-swap": "outerHTML",
        }  # fmt: skip

    def _shipped(self) -> list[tuple[str, str]]:
        """The shipped schemes, those for such a department first and the first of them chosen."""
        ordered = sorted(schemes().items(), key=lambda one: one[1].department != self.code)
        if ordered[0][1].department == self.code:
            self.initial.setdefault("shipped", ordered[0][0])
        return [(name, one.name.say(speaking())) for name, one in ordered]

    def _places(self) -> None:
        names = post_names()
        changes = [(str(pk), _governs(one, names)) for pk, one in self.here.items()]
        self._choices("place", [*changes, (OTHERS, _("A scheme of its own, for these posts only"))])
        if self._given("version") in map(str, self.here):
            self.initial.setdefault("place", self._given("version"))
        held = {code: one for one in self.here.values() for code in one.definition.get("posts") or ()}
        rest = next((one for one in self.here.values() if not one.definition.get("posts")), None)
        self._choices(
            "posts",
            ((code, _held(name, held.get(code, rest))) for code, name in posts_of(self.chosen)),
        )

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given is None or self.data.get("source") != "file":
            return None
        if given.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than a scheme can be."))
        return given.read()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        source = given.get("source")
        if source == "shipped" and not given.get("shipped"):
            self.add_error("shipped", _("Choose the scheme to begin from."))
        if source == "version" and not given.get("version"):
            self.add_error("version", _("Choose the scheme to begin from."))
        if source == "file" and "file" not in self.errors:
            given["definition"] = self._file(given.get("file"))
        if self.here:
            self._clean_place(given)
        return given

    def _clean_place(self, given: dict[str, Any]) -> None:
        if not given.get("place") and given.get("source") == "version" and given.get("version") in self.here:
            given["place"] = str(given["version"])
        if not given.get("place"):
            self.add_error("place", _("Say whether it changes one of these schemes, or for which posts it is."))
        elif given["place"] == OTHERS and not given.get("posts"):
            self.add_error("posts", _("Choose at least one post."))

    def _file(self, content: bytes | None) -> Mapping[str, Any]:
        if not content:
            self.add_error("file", _("Choose the file."))
            return {}
        try:
            found = parsed(content.decode("utf-8-sig"), origin=_("The file"))
        except UnicodeDecodeError:
            self.add_error("file", _("The file is not UTF-8 text. Save it as UTF-8 and try again."))
            return {}
        except (DefinitionError, yaml.YAMLError, RecursionError) as error:
            self.add_error("file", _("This is no YAML that can be read: %(error)s") % {"error": str(error)[:300]})
            return {}
        if not isinstance(found, dict) or not isinstance(found.get("items"), list):
            self.add_error(
                "file", _("This is no scheme: a scheme has items, a list. Export one to see how it is written.")
            )
            return {}
        try:
            return {**EMPTY, **plainly(found)}
        except ValueError:
            self.add_error("file", _("The file is larger than a scheme can be."))
            return {}

    def begun(self) -> Begun:
        """What was chosen."""
        given = self.cleaned_data
        content, base = self._begins()
        place = given.get("place", "")
        if place and place != OTHERS:
            changed = self.here[int(place)]
            posts = changed.definition.get("posts", [])
            return Begun(
                department=self.chosen, definition={**content, "posts": posts},
                identifier=changed.identifier, base=changed,
            )  # fmt: skip
        posts = given.get("posts") or (content.get("posts", []) if given["source"] == "file" else [])
        return Begun(department=self.chosen, definition={**content, "posts": posts}, base=base)

    def _begins(self) -> tuple[Mapping[str, Any], SchemeVersion | None]:
        """The definition to begin from, and the version that it is."""
        given = self.cleaned_data
        match given["source"]:
            case "version":
                version = self.versions[given["version"]]
                return version.definition, version
            case "file":
                return given["definition"], None
            case "empty":
                return EMPTY, None
            case _:
                return schemes()[given["shipped"]].model_dump(mode="json"), None


def _governs(one: SchemeVersion, posts: Mapping[str, str]) -> str:
    """A scheme in force as something that the draft may change."""
    named = [posts.get(code, code) for code in one.definition.get("posts") or ()]
    said = {"name": words(one.definition.get("name")) or one.identifier, "day": one.valid_from}
    if not named:
        return _("Changes “%(name)s”: all other posts, from %(day)s") % said
    return _("Changes “%(name)s”: %(posts)s, from %(day)s") % {**said, "posts": joined(named)}


def _held(post: str, by: SchemeVersion | None) -> str:
    """A post, with the scheme that holds for it now, if one does."""
    if by is None:
        return post
    return _("%(post)s (now: %(name)s)") % {"post": post, "name": words(by.definition.get("name")) or by.identifier}


def _titled(version: SchemeVersion) -> str:
    return f"{version.department.name} · {words(version.definition.get('name')) or version.identifier}"


def plainly(value: Any, most: int = MOST_PARTS) -> Any:
    """What YAML gave as JSON keeps it: days and numbers as text. ValueError for more parts than a scheme can have."""
    left = iter(range(most))

    def plain(one: Any, depth: int) -> Any:
        if next(left, None) is None or depth > DEEPEST:
            raise ValueError("more parts than a scheme can have")
        if isinstance(one, dict):
            return {str(key)[:200]: plain(part, depth + 1) for key, part in one.items()}
        if isinstance(one, list):
            return [plain(part, depth + 1) for part in one]
        return one if isinstance(one, bool | None) else str(one).replace("\0", "")

    return plain(value, 0)
