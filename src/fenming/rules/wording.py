"""Words for messages: suggestions for misspelt names, and names in both languages."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

LANGUAGES = ("zh", "en")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence to end an error message with: the nearest known name, or the list of them.

    Never raises. `known` may be empty.
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(names)}." if names else "None is defined."


def check_name(name: Mapping[str, str], *, of: str) -> None:
    """Raise ValueError unless `name` has words in Chinese (zh) and in English (en); `of` says what is named."""
    lacking = [language for language in LANGUAGES if not name.get(language, "").strip()]
    if lacking:
        raise ValueError(f"{of}: the name lacks {' and '.join(lacking)}; give it as {{zh: …, en: …}}.")
