"""How a name is found: by its characters, its pinyin, the initials of it, or the number."""

import re
from functools import cache
from itertools import islice
from typing import Final

from pypinyin import Style, pinyin

LONGEST: Final = 300
_SURNAMES: Final = {
    "单": "shan", "解": "xie", "仇": "qiu", "查": "zha", "曾": "zeng", "区": "ou", "盖": "ge", "朴": "piao",
    "缪": "miao", "翟": "zhai", "任": "ren", "华": "hua", "乐": "yue", "召": "shao", "冼": "xian", "洗": "xian",
    "员": "yun", "覃": "qin", "谌": "chen", "尉": "wei", "燕": "yan", "繁": "po", "种": "chong", "黑": "he",
    "秘": "bi", "折": "she", "宓": "mi", "隗": "wei", "逄": "pang", "便": "pian", "那": "na", "能": "nai", "牟": "mu",
    "祭": "zhai", "郇": "xun", "角": "jue", "句": "gou", "纪": "ji", "相": "xiang", "应": "ying", "佴": "nai",
    "乜": "nie", "行": "xing", "都": "du", "车": "che", "石": "shi", "沈": "shen", "盛": "sheng", "宁": "ning",
    "葛": "ge", "柏": "bai", "卜": "bu", "褚": "chu", "洪": "hong", "晁": "chao", "重": "chong", "曲": "qu",
    "少": "shao", "藏": "zang", "殷": "yin", "於": "yu", "俞": "yu", "长": "chang", "尉迟": "yu chi",
    "长孙": "zhang sun", "万俟": "mo qi", "澹台": "tan tai", "令狐": "ling hu", "鲜于": "xian yu", "单于": "chan yu",
    "宰父": "zai fu", "皇甫": "huang fu", "呼延": "hu yan", "夏侯": "xia hou", "欧阳": "ou yang",
}  # fmt: skip
"""Surnames as they are read as such; where a character is mostly read otherwise, a name is found by both."""
_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD: Final = re.compile(r"[^\W_]+")


def search_text(name: str, number: str, *more: str) -> str:
    """What a search looks into: ``林晓雯 KF0001`` is found by 晓雯, linxiaowen, xiaowen, lxw and kf0001.

    Of a name in letters, the initials too: ``Mary Ann Lee`` by mal. At most 300 characters.
    """
    words = [name, number, *more]
    for syllables in _readings(name):
        words += ["".join(syllables), "".join(one[0] for one in syllables), " ".join(syllables)]
    return _within(dict.fromkeys(word.strip().lower() for word in words if word.strip()))


def slug(name: str) -> str:
    """A code made of a name: ``客服部`` is ``kefubu``."""
    syllables = next(iter(_readings(name)), ())
    plain = re.sub(r"[^a-z0-9]+", "-", "".join(syllables)).strip("-")
    return plain[:50] or "new"


def _within(words: dict[str, None]) -> str:
    """The words as far as they fit, whole ones; the first is cut if need be."""
    found = ""
    for word in words:
        longer = f"{found} {word}".strip()
        if len(longer) <= LONGEST:
            found = longer
    return found or next(iter(words), "")[:LONGEST]


def _readings(name: str) -> list[list[str]]:
    """The syllables of a name: as surnames are read, and as the characters mostly are; words in letters stand whole."""
    usual = list(islice(_syllables(name), 40))
    surname = next((one for one in (name[:2], name[:1]) if one in _SURNAMES), "")
    if not surname:
        return [usual] if len(usual) > 1 or _CHINESE.search(name) else []
    as_surname = [*_SURNAMES[surname].split(), *usual[len(surname) :]]
    return [as_surname] if as_surname == usual else [as_surname, usual]


def _syllables(name: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(name):
        letters = ""
        for one in word:
            if _CHINESE.match(one):
                found += [letters, _syllable(one)]
                letters = ""
            else:
                letters += one.lower()
        found.append(letters)
    return [one for one in found if one]


@cache
def _syllable(character: str) -> str:
    """How a character is mostly read; empty where nobody knows. There are some twenty thousand at most in use."""
    found = pinyin(character, style=Style.NORMAL, errors="ignore", heteronym=False)
    return found[0][0] if found and found[0] else ""
