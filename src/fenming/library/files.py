"""Reading definition files: YAML to models, with errors that name the file and the field."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Protocol, TypeVar

import yaml
from pydantic import BaseModel, ValidationError


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
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 - a safe loader with fewer resolvers
    except yaml.YAMLError as error:
        raise DefinitionError(f"{origin}: not valid YAML: {error}") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise DefinitionError(f"{origin}: {_sentences(error)}") from error


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
