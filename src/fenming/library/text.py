"""Words in Chinese and English, and the nearest of several names."""

from difflib import get_close_matches
from typing import Self

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A definition read from YAML: immutable, and a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Model):
    """One text for people, in both languages that Fenming speaks completely."""

    zh: str
    en: str

    def say(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en

    @classmethod
    def same(cls, text: str) -> Self:
        return cls(zh=text, en=text)


def did_you_mean(word: str, known: list[str]) -> Words:
    """The nearest known names as a question, or empty words."""
    near = get_close_matches(word, known, n=3, cutoff=0.5)
    if not near:
        return Words(zh="", en="")
    return Words(zh=f"是不是 {'、'.join(near)}？", en=f" Did you mean {', '.join(near)}?")


class Refusal(ValueError):  # noqa: N818 - it refuses in words, nothing failed
    """Something of the user's that cannot be used: what is wrong and what to do, in both languages."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


def refuse(zh: str, en: str) -> Refusal:
    """A refusal in both languages, to be raised."""
    return Refusal(Words(zh=zh, en=en))
