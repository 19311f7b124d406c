"""Arithmetic over the parts of a formula, checked with words for whoever wrote it; `rules.readings` computes it."""

import ast
from collections.abc import Iterable

from fenming.library.text import Refusal, did_you_mean, refuse
from fenming.rules.readings import LONGEST_FORMULA, check_formula

_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "（": "(", "）": ")"})


def arithmetic(text: str, names: Iterable[str]) -> None:
    """Refuse anything but + − × ÷, parentheses, plain numbers and the names of parts, saying where it stands."""
    known = list(names)
    if len(text) > LONGEST_FORMULA:
        raise refuse(
            f"算式有 {len(text)} 个字符，最多 {LONGEST_FORMULA} 个，请拆成几项。",
            f"The arithmetic has {len(text)} characters; at most {LONGEST_FORMULA} can be checked by eye.",
        )
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Name) and node.id not in known:
            near = did_you_mean(node.id, known)
            raise refuse(
                f"没有名为“{node.id}”的项（第 {node.col_offset + 1} 个字符起）。{near.zh}可用：{'、'.join(known)}。",
                f"There is no part “{node.id}” (from character {node.col_offset + 1}).{near.en} "
                f"Known: {', '.join(known)}.",
            )
    try:
        check_formula(text, known)
    except (ValueError, RecursionError, MemoryError) as error:
        raise _unknown(text) from error


def _parsed(text: str) -> ast.AST:
    try:
        return ast.parse(text.translate(_SIGNS).strip(), mode="eval").body
    except SyntaxError as error:
        at = f"第 {error.offset} 个字符附近" if error.offset else ""
        near = f" near character {error.offset}" if error.offset else ""
        raise refuse(
            f"算式“{text[:60]}”无法理解{at and f'（{at}）'}。请写成 (a - b) ÷ c 这样。",
            f"The arithmetic “{text[:60]}” cannot be read{near}. Write it like (a - b) ÷ c.",
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise _unknown(text) from error


def _unknown(text: str) -> Refusal:
    return refuse(
        f"算式“{text[:60]}”中只能用 + − × ÷、括号、项的名称和普通数字（如 60、0.001）。",
        f"The arithmetic “{text[:60]}” may hold + − × ÷, parentheses, names of parts and plain numbers such as 60.",
    )
