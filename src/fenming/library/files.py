"""Reading definition files: YAML to models, with errors that name the file and the field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from fenming.library.text import Refusal, Words


class Named(Protocol):
    @property
    def id(self) -> str: ...


M = TypeVar("M", bound=BaseModel)


class DefinitionError(ValueError):
    """A definition file that cannot be used, with the file, the field and the remedy."""


class _Loader(yaml.CSafeLoader):
    """Numbers stay text, so that 0.1 reaches Decimal as it was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:float"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str, model: type[M], *, origin: str) -> M:
    """One definition from YAML text. ``origin`` names the file in errors."""
    data = parsed(text, origin=origin)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise DefinitionError(f"{origin}: {_sentences(error)}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a definition: on which line (none: the whole text), in which field, in both languages."""

    line: int | None
    field: str
    words: Words


LONGEST_TEXT = 100_000


def read(text: str, model: type[M]) -> M | list[Problem]:
    """A definition from text of somebody else's, or what is wrong with it, by line and field.

    Aliases are refused: a few lines of them can stand for gigabytes.
    """
    if len(text) > LONGEST_TEXT:
        return [_problem(None, "", f"文件超过 {LONGEST_TEXT} 字符。", f"The file is over {LONGEST_TEXT} characters.")]
    try:
        for event in yaml.parse(text, _Loader):
            if isinstance(event, yaml.AliasEvent):
                mark = event.start_mark
                return [
                    _problem(
                        mark.line + 1 if mark else None,
                        "",
                        "不能使用 YAML 别名（*）。",
                        "YAML aliases (*) cannot be used.",
                    )
                ]
        node = yaml.compose(text, _Loader)
        data = yaml.load(text, _Loader)  # noqa: S506 - a safe loader with fewer resolvers
        return model.model_validate(data)
    except ValidationError as error:
        return [_told(one, node) for one in error.errors(include_url=False)]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        said = str(getattr(error, "problem", None) or error)[:200]
        return [_problem(mark.line + 1 if mark else None, "", f"不是有效的 YAML：{said}", f"Not valid YAML: {said}")]


def _problem(line: int | None, field: str, zh: str, en: str) -> Problem:
    return Problem(line=line, field=field, words=Words(zh=zh, en=en))


_SAID = {
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这一项，请检查拼写。",
    "string_type": "应为文字。",
    "int_parsing": "应为整数。",
    "int_type": "应为整数。",
    "decimal_parsing": "应为数字。",
    "decimal_type": "应为数字。",
    "date_from_datetime_parsing": "应为日期，例如 2026-11-01。",
    "string_pattern_mismatch": "只能用小写字母、数字和下划线，以字母开头。",
    "model_type": "应为“名称: 内容”的形式。",
    "union_tag_invalid": "没有这种类型。",
    "union_tag_not_found": "缺少类型（kind）。",
}


def _told(error: Any, node: yaml.Node | None) -> Problem:
    path = [str(part) for part in error["loc"]]
    said = str(error["msg"]).removeprefix("Value error, ")
    raised = error.get("ctx", {}).get("error")
    zh = raised.words.zh if isinstance(raised, Refusal) else _SAID.get(error["type"], said)
    line, field = _line(node, path, missing=error["type"] == "missing")
    return _problem(line, field, zh, said)


def _line(node: yaml.Node | None, path: Sequence[str], *, missing: bool) -> tuple[int | None, str]:
    """Where a field stands, or where it should stand; what pydantic puts into a path beside fields is passed over."""
    named: list[str] = []
    line = node.start_mark.line + 1 if node else None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is None:
                named += [part] if missing and part == path[-1] else []
                continue
            key, node = found
            line = key.start_mark.line + 1
            named.append(part)
        elif isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
            named.append(part)
    return line, ".".join(named or path)


def as_yaml(data: Mapping[str, Any]) -> str:
    """A definition's data as the text of its file."""
    return str(yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False, width=110))


def parsed(text: str, *, origin: str) -> Any:
    """What YAML text holds, numbers as they were written."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader with fewer resolvers
    except yaml.YAMLError as error:
        raise DefinitionError(f"{origin}: not valid YAML: {error}") from error


def _sentences(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in one['loc']) or 'the definition'}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_url=False)
    )


def load_file(path: Path, model: type[M]) -> M:
    """One definition from a file of the user's."""
    return parse(path.read_text(encoding="utf-8-sig"), model, origin=path.name)


def load_folder(folder: str, model: type[M]) -> dict[str, M]:
    """Every shipped definition of one kind by id, in the order of the ids; a file's name is its id."""
    found: dict[str, M] = {}
    for entry in sorted(_walk(files("fenming.library") / "definitions" / folder), key=lambda entry: entry.name):
        one = parse(entry.read_text(encoding="utf-8"), model, origin=f"{folder}/{entry.name}")
        name = str(getattr(one, "id"))  # noqa: B009 - every definition has an id, a plain model has none
        if f"{name}.yaml" != entry.name or name in found:
            raise DefinitionError(f"{folder}/{entry.name}: id “{name}” should be its file's name, and only once.")
        found[name] = one
    return found


def _walk(folder: Traversable) -> list[Traversable]:
    return [
        leaf
        for entry in folder.iterdir()
        for leaf in (_walk(entry) if entry.is_dir() else [entry])
        if leaf.name.endswith(".yaml")
    ]
