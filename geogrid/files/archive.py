"""Looking into zips (shapefiles, workbooks) before anything is opened: names, links, sizes and XML declarations."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from xml.parsers import expat

from geogrid.errors import InputError
from geogrid.files.raw import show, unreadable
from geogrid.words import Text

if TYPE_CHECKING:
    from pathlib import Path

MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 1 << 30
MAX_RATIO = 200
SMALL_BYTES = 64 << 20
CHUNK_BYTES = 1 << 20
MAX_PROLOG_BYTES = 1 << 20
HEAD_BYTES = 64
WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
"""How XML in UTF-16 begins."""

SHEETS = ("xl/worksheets/", "xl/sharedstrings")
MAX_SHEET_ELEMENTS = 8_000_000
MAX_OTHER_ELEMENTS = 400_000
"""Marks "<" in sheets (a cell has four), and in all other parts, whose elements take far longer to read."""

ENCRYPTED = 0x1
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
"""What zipfile raises for damaged, encrypted or exotic members."""


def checked_members(path: Path, *, name: str) -> list[zipfile.ZipInfo]:
    """Return the members of a zip that is safe to open.

    Raises
    ------
    InputError
        Not a zip, or one with path traversal, absolute names, links, duplicate names, encryption, too many members, or
        contents that unpack to more than 1 GiB (or to over 64 MiB at more than 200 times the packed size).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except DAMAGED as error:
        raise unreadable(name, "ZIP") from error
    problem = _too_big(members, path.stat().st_size) or _bad_member(members)
    if problem:
        raise InputError(Text(f"{name} 不能打开：{problem.zh}。", f"{name} is refused: {problem.en}."))
    return members


def _too_big(members: list[zipfile.ZipInfo], packed: int) -> Text | None:
    total = sum(one.file_size for one in members)
    if len(members) > MAX_MEMBERS:
        return Text(
            f"压缩包内有 {len(members)} 个文件，最多 {MAX_MEMBERS} 个", f"it holds {len(members)} members; at most {MAX_MEMBERS}"
        )
    if total > MAX_UNPACKED_BYTES or (total > SMALL_BYTES and total > MAX_RATIO * packed):
        return Text(
            f"解压后有 {total >> 20} MiB（压缩包 {packed >> 10} KiB），疑似压缩炸弹",
            f"it would unpack to {total >> 20} MiB (packed: {packed >> 10} KiB), which looks like a zip bomb",
        )
    return None


def _bad_member(members: list[zipfile.ZipInfo]) -> Text | None:
    seen: set[str] = set()
    for member in members:
        problem = _problem_of(member) or (Text("重名文件", "a duplicate name") if member.filename.casefold() in seen else None)
        if problem:
            shown = show(member.filename)
            return Text(f"成员“{shown}”：{problem.zh}", f"member {shown!r}: {problem.en}")
        seen.add(member.filename.casefold())
    return None


def _problem_of(member: zipfile.ZipInfo) -> Text | None:
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if (
        ".." in parts
        or member.filename.startswith(("/", "\\"))
        or ":" in member.filename
        or member.orig_filename != member.filename
    ):
        return Text("路径越出压缩包", "its path leaves the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Text("是链接", "it is a link")
    if member.flag_bits & ENCRYPTED:
        return Text("已加密", "it is encrypted")
    return None


def unpack(path: Path, targets: dict[str, Path], *, name: str) -> None:
    """Write chosen members to chosen places, never more than they declare.

    Raises
    ------
    InputError
        A member that is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member, target in targets.items():
                with archive.open(member) as source, target.open("xb") as sink:
                    while block := source.read(CHUNK_BYTES):
                        sink.write(block)
    except DAMAGED as error:
        raise unreadable(name, "ZIP") from error


def refuse_hostile_xml(path: Path, members: list[zipfile.ZipInfo], *, name: str) -> None:
    """Refuse XML members that declare a document type or hold more elements than can be read in reasonable time.

    Entities can grow without bound or name other files. Any member may be XML, whatever it is called.

    Raises
    ------
    InputError
        A DOCTYPE, XML that is broken before its first element, or too many elements.
    """
    sheets = others = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for member in members:
                with archive.open(member) as stream:
                    is_xml = _is_xml(member.filename, stream.read(HEAD_BYTES))
                if not is_xml:
                    continue
                with archive.open(member) as stream:
                    read_prolog(stream, name=name)
                with archive.open(member) as stream:
                    if member.filename.casefold().startswith(SHEETS):
                        sheets += _elements(stream, MAX_SHEET_ELEMENTS - sheets)
                    else:
                        others += _elements(stream, MAX_OTHER_ELEMENTS - others)
                if sheets > MAX_SHEET_ELEMENTS or others > MAX_OTHER_ELEMENTS:
                    raise _too_many_elements(name)
    except DAMAGED as error:
        if isinstance(error, InputError):
            raise
        raise unreadable(name, "XLSX") from error


def _is_xml(filename: str, head: bytes) -> bool:
    begins = head.startswith(WIDE) or head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
    return begins or filename.casefold().endswith((".xml", ".rels", ".vml"))


def _elements(stream: IO[bytes], limit: int) -> int:
    """Count what may begin or end an element, until it is more than the limit."""
    count = 0
    while count <= limit and (block := stream.read(CHUNK_BYTES)):
        count += block.count(b"<")
    return count


def _too_many_elements(name: str) -> InputError:
    return InputError(
        Text(
            f"{name} 的内容或样式过多，读取会很慢；请另存为 CSV。",
            f"{name} holds more cells or styles than can be read in reasonable time; save it as CSV.",
        )
    )


def read_prolog(stream: IO[bytes], *, name: str) -> None:
    """Parse up to the first element only; a DOCTYPE before it is refused."""
    parser = guarded_parser(name=name)
    begun: list[str] = []
    parser.StartElementHandler = lambda tag, _attributes: begun.append(tag)
    read = 0
    try:
        while not begun and read < MAX_PROLOG_BYTES:
            block = stream.read(4096)
            parser.Parse(block, not block)
            read += len(block)
    except expat.ExpatError as error:
        if not begun:
            raise unreadable(name, "XML") from error
    if not begun:
        raise unreadable(name, "XML")


def guarded_parser(*, name: str, separator: str | None = None) -> expat.XMLParserType:
    """Return an expat parser that stops with an InputError at a DOCTYPE."""
    parser = expat.ParserCreate(namespace_separator=separator)

    def refuse(*_declaration: object) -> None:
        raise InputError(
            Text(
                f"{name} 含有 DOCTYPE 或实体声明，出于安全不予读取；请重新导出。",
                f"{name} contains a DOCTYPE or entity declaration and is refused for safety; export it again.",
            )
        )

    parser.StartDoctypeDeclHandler = refuse
    return parser
