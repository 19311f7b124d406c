"""``fenming keys``: the keys that sensitive fields are encrypted with."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from fenming.commands.progress import bar
from fenming.commands.site import _prepare


def show(data: Path, language: str, out: Console) -> None:
    """Every key with its algorithm and how many values it holds, never the key itself."""
    _prepare(data)
    from fenming.controls.rotation import UNKNOWN, held
    from fenming.controls.secrets import keyring

    ring, counts, zh = keyring(), held(), language == "zh"
    table = Table()
    for head in ("密钥", "算法", "数据条数", "") if zh else ("Key", "Algorithm", "Values", ""):
        table.add_column(head)
    for name, algorithm in ring.algorithms.items():
        note = ("写入新值" if zh else "writes new values") if name == ring.primary else ""
        table.add_row(name, algorithm, str(counts[name]), note)
    out.print(table)
    if counts[UNKNOWN]:
        out.print(
            f"另有 {counts[UNKNOWN]} 条数据的密钥不在其中：请从备份恢复密钥文件中缺少的行。"
            if zh
            else f"{counts[UNKNOWN]} more values need a key that is not here: "
            "bring the missing lines of the key file back from a backup."
        )


def add(data: Path, algorithm: str, language: str, out: Console) -> None:
    """A new primary key; older values keep theirs until they are rotated."""
    _prepare(data)
    from fenming.controls.operations import SYSTEM, record
    from fenming.controls.secrets import add_key, key_file

    name = add_key(algorithm)
    record(SYSTEM, "keys.add", name, after={"algorithm": algorithm})
    out.print(
        f"已在 {key_file()} 末尾加入密钥 {name}，新值用它加密。请先备份密钥文件，再运行 fenming keys rotate。"
        if language == "zh"
        else f"Key {name} now stands at the end of {key_file()} and encrypts new values. "
        "Back the key file up, then run fenming keys rotate.",
        soft_wrap=True,
    )


def rotate(data: Path, language: str, console: Console) -> bool:
    """Encrypt every value again under the primary key; whether all could be read."""
    _prepare(data)
    from fenming.controls import rotation
    from fenming.controls.secrets import keyring

    zh = language == "zh"
    with bar(console, "重新加密" if zh else "Encrypting again") as tell:
        done = rotation.rotate(told=tell)
    ring = keyring()
    console.print(
        f"已用密钥 {ring.primary} 重新加密 {done.changed} 条数据。"
        if zh
        else f"{done.changed} values encrypted again with key {ring.primary}."
    )
    for one in sorted(done.unreadable):
        console.print(f"无法解密，未改动：{one}" if zh else f"Could not be read, left as it is: {one}", markup=False)
    for name in ring.algorithms:
        if name != ring.primary:
            console.print(_remains(name, done.held[name], zh=zh), soft_wrap=True)
    return not done.unreadable


def _remains(name: str, count: int, *, zh: bool) -> str:
    if count:
        return (
            f"密钥 {name} 还有 {count} 条数据，请再次运行。"
            if zh
            else f"Key {name} still holds {count} values: run again."
        )
    return (
        f"密钥 {name} 在数据库中已不再使用；旧备份仍需要它，请随备份保存后再从密钥文件中删除该行。"
        if zh
        else f"Key {name} is no longer used by the database; older backups need it, "
        "so keep it with them before you delete its line from the key file."
    )
