"""In which language the command speaks, where to, and the option that most commands share."""

import locale
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def language() -> str:
    """zh or en: FENMING_LANGUAGE, else the locale's."""
    chosen = os.environ.get("FENMING_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES")
    chosen = chosen or os.environ.get("LANG") or (locale.getlocale()[0] or "")
    return "zh" if chosen.lower().startswith(("zh", "chinese")) else "en"


LANGUAGE = language()


def t(zh: str, en: str) -> str:
    """A text in the language of this call."""
    return zh if LANGUAGE == "zh" else en


console = Console(stderr=True)
DATA = Annotated[Path, typer.Option(envvar="FENMING_DATA", help=t("数据文件夹。", "The data folder."))]
