"""The golden cases: YAML that HR can read, its numbers taken as decimals and never as floats."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent.parent / "cases"


def load(name: str) -> list[dict[str, Any]]:
    return list(_decimals(yaml.safe_load((CASES / f"rules-{name}.yaml").read_text(encoding="utf-8"))))


def _decimals(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {_decimals(key): _decimals(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_decimals(value) for value in node]
    return Decimal(str(node)) if isinstance(node, int | float) and not isinstance(node, bool) else node


def title(case: dict[str, Any]) -> str:
    return str(case.get("title") or case.get("text"))
