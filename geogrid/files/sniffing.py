"""What kind of file this is: its name and its first bytes must agree."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from geogrid.errors import InputError
from geogrid.files.encoding import BOMS
from geogrid.files.raw import empty_file, show, shown_name, unreadable
from geogrid.words import Text

HEAD_BYTES = 4096
ZIP_MAGIC = b"PK\x03\x04"
SQLITE_MAGIC = b"SQLite format 3\x00"
PARQUET_MAGIC = b"PAR1"
SHP_MAGIC = b"\x00\x00\x27\x0a"
FGB_MAGIC = b"fgb\x03fgb"
BINARY_MAGICS = (ZIP_MAGIC, SQLITE_MAGIC, PARQUET_MAGIC, SHP_MAGIC, FGB_MAGIC, b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")

EXTENSIONS = {
    ".geojson": "geojson", ".json": "geojson", ".gpkg": "gpkg", ".shp": "shp", ".zip": "shp.zip", ".kml": "kml", ".fgb": "fgb",
    ".parquet": "parquet", ".geoparquet": "parquet", ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx",
    ".osm": "osm", ".pbf": "osm.pbf",
}  # fmt: skip
ACCEPTED = ".geojson .gpkg .shp .zip .kml .fgb .parquet .csv .xlsx .osm .osm.pbf"
REMEDIES = {
    ".xls": Text("请在表格软件中另存为 .xlsx 或 .csv", "save it as .xlsx or .csv in a spreadsheet program"),
    ".et": Text("请在 WPS 中另存为 .xlsx 或 .csv", "save it as .xlsx or .csv in WPS"),
    ".kmz": Text("请解压出其中的 .kml", "unzip the .kml in it"),
    ".rar": Text("请解压后改用 .zip", "unpack it and use .zip"),
    ".dbf": Text("请提供同名的 .shp", "give the .shp of the same name"),
}


def checked_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of an ordinary local file that exists.

    Drivers give a meaning of their own to names like ``/vsicurl/…``, ``zip+https://…`` or ``WFS:…``: such names are refused, and
    what is handed on is always a plain path.

    Raises
    ------
    InputError
        Not a plain path, no such file, a folder or a device.

    Examples
    --------
    >>> checked_path("/vsicurl/http://example.org/a.geojson")
    Traceback (most recent call last):
    ...
    geogrid.errors.InputError: 'a.geojson' is not the path of a local file; URLs and virtual paths are not read.
    """
    text = os.fsdecode(path)
    name = shown_name(text)
    if "://" in text or "\x00" in text or text.replace("\\", "/").startswith(("/vsi", "//")):
        raise InputError(
            Text(
                f"“{name}”不是本机文件的路径；不读取网址和虚拟路径。",
                f"{name!r} is not the path of a local file; URLs and virtual paths are not read.",
            )
        )
    local = Path(text)
    try:
        mode = local.stat().st_mode
    except (OSError, ValueError) as error:
        raise InputError(
            Text(f"找不到或打不开文件“{name}”；请检查路径。", f"{name!r} cannot be found or opened; check the path.")
        ) from error
    if not stat.S_ISREG(mode):
        raise InputError(
            Text(f"“{name}”不是普通文件；请给出一个数据文件。", f"{name!r} is not an ordinary file; give a data file.")
        )
    return local


def sniff(path: str | os.PathLike[str]) -> str:
    """Return a file's format; its name and its first bytes must agree.

    Returns
    -------
    str
        geojson, gpkg, shp, shp.zip, kml, fgb, parquet, csv, xlsx, osm or osm.pbf

    Raises
    ------
    InputError
        An unknown extension, an empty file, or content that is something else (a VRT named ``.geojson``, say).
    """
    local = checked_path(path)
    name = shown_name(local)
    kind = _kind(local, name)
    with local.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise empty_file(name)
    if not _agrees(kind, head):
        raise unreadable(name, local.suffix.casefold())
    return kind


def _kind(path: Path, name: str) -> str:
    suffix = path.suffix.casefold()
    if suffix in EXTENSIONS:
        return EXTENSIONS[suffix]
    remedy = REMEDIES.get(suffix, Text("请换成上述格式之一", "convert it to one of these"))
    raise InputError(
        Text(
            f"{name}：不支持扩展名“{show(suffix)}”；可用：{ACCEPTED}。{remedy.zh}。",
            f"{name}: the extension {show(suffix)!r} is not read; accepted: {ACCEPTED}; {remedy.en}.",
        )
    )


def _agrees(kind: str, head: bytes) -> bool:
    """Return whether the first bytes are those of the format."""
    magics = {
        "gpkg": SQLITE_MAGIC,
        "shp": SHP_MAGIC,
        "shp.zip": ZIP_MAGIC,
        "xlsx": ZIP_MAGIC,
        "fgb": FGB_MAGIC,
        "parquet": PARQUET_MAGIC,
    }
    if kind in magics:
        return head.startswith(magics[kind])
    if kind == "osm.pbf":
        return head[:1] == b"\x00" and b"OSMHeader" in head[:64]
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = _text(head)
    if kind == "geojson":
        return text.startswith(("{", "["))
    if kind in {"kml", "osm"}:
        return text.startswith("<") and (wide or f"<{kind}" in text or ":kml" in text)
    return not (head.startswith(BINARY_MAGICS) or text.startswith(("<", "{")) or (b"\x00\x00\x00" in head and not wide))


def _text(head: bytes) -> str:
    encoding = next((encoding for bom, encoding in BOMS if head.startswith(bom)), "utf-8")
    return head[: len(head) // 2 * 2].decode(encoding, "replace").lstrip()
