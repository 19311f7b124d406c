"""How a name is found: by its characters, its pinyin, the initials of it, or the number."""

from functools import lru_cache

from pypinyin import Style, pinyin


def search_text(name: str, number: str, *more: str) -> str:
    """What a search looks into: ``林晓雯 KF0001`` is found by 晓雯, linxiaowen, xiaowen, lxw and kf0001."""
    words = [name, number, *more]
    syllables = _syllables(name)
    if syllables:
        words += ["".join(syllables), " ".join(syllables), "".join(one[0] for one in syllables)]
    return " ".join(dict.fromkeys(word.strip().lower() for word in words if word.strip()))


@lru_cache(maxsize=8192)
def _syllables(name: str) -> tuple[str, ...]:
    """Pinyin of the Chinese characters of a name, the surname read as surnames are."""
    found = pinyin(name, style=Style.NORMAL, errors="ignore", heteronym=False)
    return tuple(one[0] for one in found if one and one[0])
