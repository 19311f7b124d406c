"""What an uploaded file is, judged by its content, and whether it is safe to open. Nothing in it is ever run."""

import re
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from fenming.library.text import refuse

LARGEST_FILE = 30 << 20
LARGEST_UNPACKED = 300 << 20
MOST_ROWS = 200_000
MOST_COLUMNS = 256
MOST_CELLS = 8_000_000
MOST_MERGES = 20_000
NAMED_FORMULAS = 5
_BLOCK = 1 << 20
_OVERLAP = 512

_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK"
_OTHERS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"MZ",
    b"\x7fELF",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
)
_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Z]+)(\d+)["']""")
_FORMULA = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Z]+\d+)["'][^>]*>\s*<(?:\w+:)?f\b""")
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*?\bref\s*=\s*["']([A-Z]+)(\d+):([A-Z]+)(\d+)["']""")
_BARE_CELLS = re.compile(rb"<(?:\w+:)?c[ />]")
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, counted from 1."""


@dataclass(slots=True)
class Inspected:
    """A file that may be opened: merged areas by sheet, and what was found that will not be followed."""

    kind: str
    merges: dict[str, list[Area]] = field(default_factory=dict)
    formulas: list[str] = field(default_factory=list)
    formula_count: int = 0
    macros: bool = False
    links: bool = False


def inspect(path: Path) -> Inspected:
    """What the file is; one that is too large, of another type or made to do harm is refused in words."""
    if path.stat().st_size > LARGEST_FILE:
        raise refuse(
            f"文件超过 {LARGEST_FILE >> 20} MB。请分成几个文件导入。",
            f"The file is larger than {LARGEST_FILE >> 20} MB. Import it in several files.",
        )
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start.strip():
        raise refuse("文件是空的。", "The file is empty.")
    if start.startswith(_ZIP):
        return _workbook(path)
    if start.startswith(_OLE):
        return _old_workbook(path)
    if start.startswith(_OTHERS) or (b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise _other_type()
    return Inspected("csv")


def _other_type() -> ValueError:
    return refuse(
        "这不是 Excel 或 CSV 文件（按内容判断，与文件名无关）。请上传 .xlsx、.xls 或 .csv。",
        "This is no Excel or CSV file (by its content, whatever its name). Upload .xlsx, .xls or .csv.",
    )


def _old_workbook(path: Path) -> Inspected:
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise refuse(
            "文件有密码保护。请在 Excel 中去掉密码后再上传。",
            "The file is protected by a password. Take the password off in Excel and upload it again.",
        )
    if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        raise _other_type()
    return Inspected("xls", macros="_VBA_PROJECT".encode("utf-16-le") in data)


def _workbook(path: Path) -> Inspected:
    try:
        with zipfile.ZipFile(path) as archive:
            return _inside(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ElementTree.ParseError,
    ) as error:
        raise refuse(
            "文件已损坏，打不开。请在 Excel 中重新另存为 .xlsx。",
            "The file is damaged and cannot be opened. Save it again as .xlsx in Excel.",
        ) from error


def _inside(archive: zipfile.ZipFile) -> Inspected:
    names = archive.namelist()
    if (
        len(set(names)) != len(names)
        or len(names) > 5000
        or sum(one.file_size for one in archive.infolist()) > LARGEST_UNPACKED
    ):
        raise _too_much()
    if "xl/workbook.xml" not in names:
        if "xl/workbook.bin" in names or "content.xml" in names:
            raise refuse("请在 Excel 中另存为 .xlsx 再上传。", "Save the file as .xlsx in Excel and upload that.")
        raise _other_type()
    found = Inspected("xlsx")
    found.macros = any(name.endswith("vbaProject.bin") for name in names)
    found.links = any(name.startswith("xl/externalLinks/") for name in names)
    titles, left = _titles(archive), LARGEST_UNPACKED
    for one in archive.infolist():
        if one.filename.startswith("xl/worksheets/") and one.filename.endswith(".xml"):
            with closing(_blocks(archive, one, left)) as blocks:
                left = _scan(blocks, left, titles.get(one.filename, ""), found)
        else:
            for block in _blocks(archive, one, left):
                left -= len(block)
    return found


def _too_much() -> ValueError:
    return refuse(
        "文件解压后过大，或表格超出范围，已拒绝打开。请删去多余的工作表、空行和空列后再上传。",
        "Unpacked the file is too large, or its sheet reaches too far, so it was not opened. "
        "Delete sheets, rows and columns that are not needed and upload it again.",
    )


def _blocks(archive: zipfile.ZipFile, one: zipfile.ZipInfo, left: int) -> Generator[bytes, None, None]:
    """The unpacked content, counted as it comes: the size that an archive states may be a lie."""
    one.file_size = left + 2 * _BLOCK  # else the reader would stop at the stated size, and other readers would not
    seen = 0
    with archive.open(one) as stream:
        while block := stream.read(_BLOCK):
            seen += len(block)
            if seen > left:
                raise _too_much()
            yield block


def _titles(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """File of a worksheet → its name."""
    try:
        book, rels = (_xml(archive, name) for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    except KeyError:
        return {}
    targets = {one.get("Id"): (one.get("Target") or "").lstrip("/") for one in rels}
    found = {}
    for one in book.iter():
        if one.tag.endswith("}sheet"):
            target = targets.get(one.get(_REL), "")
            found[target if target.startswith("xl/") else f"xl/{target}"] = one.get("name") or ""
    return found


def _xml(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    info = archive.getinfo(name)
    if info.file_size > _BLOCK:
        raise _too_much()
    with archive.open(info) as stream:
        data = stream.read(_BLOCK)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _too_much()
    return ElementTree.fromstring(data)  # noqa: S314 - no document types, so no entities


def _scan(blocks: Iterator[bytes], left: int, title: str, found: Inspected) -> int:
    """Look over a worksheet's XML for its extent, formulas and merged areas."""
    tail, cells, width, height = b"", 0, 0, 0
    for at, block in enumerate(blocks):
        if at == 0 and not block.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<")):
            raise _too_much()  # no UTF-8
        left -= len(block)
        text = tail + block
        cut = text.rfind(b"</") if len(block) == _BLOCK else len(text)
        text, tail = (text[:cut], text[cut:]) if cut > 0 else (text, b"")
        cells += len(_BARE_CELLS.findall(text))
        places = _CELL.findall(text)
        width = max(width, max((_column(one) for one in {name for name, _ in places}), default=0))
        height = max(height, max((int(one) for _, one in places), default=0))
        if width > MOST_COLUMNS or height > MOST_ROWS or cells > MOST_CELLS or width * height > MOST_CELLS:
            raise too_long() if height > MOST_ROWS else _too_much()
        if b"<f" in text or b":f" in text:
            formulas = _FORMULA.findall(text)
            found.formula_count += len(formulas)
            found.formulas += [f"{title} {one.decode()}".strip() for one in formulas[:NAMED_FORMULAS]]
            del found.formulas[NAMED_FORMULAS:]
        for one, two, three, four in _MERGE.findall(text):
            area = (int(two), _column(one), int(four), _column(three))
            found.merges.setdefault(title, []).append(area)
            if len(found.merges[title]) > MOST_MERGES:
                raise _too_much()
    return left


def too_long() -> ValueError:
    return refuse(
        f"表格超过 {MOST_ROWS:,} 行。请分成几个文件导入，或删去下方的空行。",
        f"The sheet has more than {MOST_ROWS:,} rows. Import it in several files, or delete the empty rows below.",
    )


def _column(letters: bytes) -> int:
    number = 0
    for one in letters[:4]:
        number = number * 26 + one - 64
    return number
