"""Texts for people are found by the tool that gathers them."""

import ast
from pathlib import Path

import fenming

SOURCES = Path(fenming.__file__).parent


def test_functions_that_translate_keep_the_names_that_are_looked_for() -> None:
    """Of a function by another name the texts are not gathered, and nobody can translate them."""
    renamed = [
        f"{path.relative_to(SOURCES)}: {name.name} as {name.asname}"
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if "gettext" in name.name and name.asname not in (None, "_")
    ]
    assert renamed == []
