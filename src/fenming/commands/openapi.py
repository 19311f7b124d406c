"""``fenming openapi``: the document of the open API, written without a server or a database."""

import json
import tempfile
from pathlib import Path

from rich.console import Console

from fenming.commands.site import visit


def write(out: Path, language: str, console: Console) -> None:
    """Write the OpenAPI document, with its words in a language."""
    with tempfile.TemporaryDirectory() as folder:
        visit(Path(folder))
        from fenming.api.site import document

        text = json.dumps(document("zh-hans" if language == "zh" else "en"), ensure_ascii=False, indent=2)
    out.write_text(f"{text}\n", encoding="utf-8")
    console.print(f"[green]✓[/] {out}", soft_wrap=True)
