"""What every reader of a file shares: the raw table, rows that cannot be read, names fit to show, layers, declared CRS."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from geogrid.errors import CrsError, InputError
from geogrid.results import REJECTED_COLUMNS
from geogrid.words import Text

if TYPE_CHECKING:
    import pandas as pd

Fits = Callable[[Sequence[str]], int]
"""Tells from the column names how well a layer or sheet fits the wanted table; 0 when it cannot be it."""

GEOMETRY = "geometry"
MAX_SHOWN = 120
MAX_ROW_CELL = 1_000
MAX_COLUMNS = 2_000
MAX_ROWS = 5_000_000
MAX_CELLS = 30_000_000
GRID_FILES = re.compile(r"PARAMETERFILE|nadgrids|PROJ4_GRIDS|geoidgrids", re.IGNORECASE)
OGC_CRS = re.compile(r"^(?:urn:ogc:def:crs:)?(OGC|EPSG|CRS)(?::[\d.]*)?:{1,2}([A-Za-z0-9]+)$", re.IGNORECASE)


@dataclass(frozen=True)
class RawTable:
    """A file's rows before anything is judged.

    ``frame`` is indexed by source line (tables: physical line, header included; vector files: feature number from 1), holds text
    and plain numbers, and a column ``geometry`` of shapely objects or None when the file has one. ``rejected`` holds rows that
    could not even be taken apart.
    """

    frame: pd.DataFrame
    format: str
    crs: CRS | None = None
    encoding: str | None = None
    rejected: tuple[Mapping[str, object], ...] = ()
    notes: tuple[Text, ...] = ()

    @property
    def has_geometry(self) -> bool:
        """Return whether the file itself carries geometries."""
        return GEOMETRY in self.frame.columns


def show(value: object) -> str:
    r"""Return a value as short text that is safe to show: no control, direction or half characters.

    Examples
    --------
    >>> show("a\u202eb\x00")
    'ab'
    """
    text = value if isinstance(value, str) else str(value)
    kept = "".join(c for c in text[: MAX_SHOWN * 2] if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return kept if len(kept) <= MAX_SHOWN else kept[:MAX_SHOWN] + "…"


def shown_name(path: str | PurePath) -> str:
    r"""Return the last part of a path, for messages: the folders around it are nobody's business.

    Examples
    --------
    >>> shown_name("/home/li/grids\r\n.csv")
    'grids.csv'
    """
    return show(PurePath(path).name) or "?"


def row_text(cells: Mapping[str, object] | Sequence[object]) -> str:
    """Return a source row as JSON text (half characters escaped, very long cells cut)."""
    named = cells.items() if isinstance(cells, Mapping) else enumerate(cells)
    short = {key: one[:MAX_ROW_CELL] + "…" if isinstance(one, str) and len(one) > MAX_ROW_CELL else one for key, one in named}
    text = json.dumps(short if isinstance(cells, Mapping) else list(short.values()), ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def rejection(
    line: int, value: object, problem: tuple[str, Text, Text], cells: Mapping[str, object] | Sequence[object]
) -> dict[str, object]:
    """Return one rejected row; ``problem`` is its code, what was expected and the remedy. The file's name is filled in by io."""
    code, expected, remedy = problem
    values = ("", line, "", show(value), code, expected.zh, expected.en, remedy.zh, remedy.en, row_text(cells))
    return dict(zip(REJECTED_COLUMNS, values, strict=True))


def column_names(names: Iterable[object], *, rows: int = 0) -> list[str]:
    """Return distinct, printable column names; a name met again gets a number.

    Raises
    ------
    InputError
        More than 2,000 columns, or more cells in all these rows than a table can hold: a small file can claim any number.

    Examples
    --------
    >>> column_names(["名称", "名称", None, "geometry"])
    ['名称', '名称 (2)', 'column 3', 'geometry (2)']
    """
    listed = list(names)
    count = len(listed)
    if count > MAX_COLUMNS or rows > MAX_ROWS or rows * count > MAX_CELLS:
        zh = f"表有 {rows} 行 {count} 列，最多 {MAX_ROWS} 行、{MAX_COLUMNS} 列、{MAX_CELLS} 格；请删去多余的列，或拆成几个文件。"
        most = f"at most {MAX_ROWS}, {MAX_COLUMNS} and {MAX_CELLS} cells; drop columns, or split it."
        en = f"a table has {rows} rows of {count} columns; {most}"
        raise InputError(Text(zh, en))
    taken = {GEOMETRY}
    result = []
    for position, name in enumerate(listed, start=1):
        base = show("" if name is None else name).strip() or f"column {position}"
        free, number = base, 1
        while free in taken:
            number += 1
            free = f"{base} ({number})"
        taken.add(free)
        result.append(free)
    return result


def pick_layer(layers: Mapping[str, Sequence[str]], layer: str | None, fits: Fits | None, *, name: str) -> str:
    """Return which layer (or sheet) to read.

    Parameters
    ----------
    layers : mapping of layer name to its column names
    layer : the name asked for, or None
    fits : tells how well columns fit the wanted table
    name : the file's name, for messages

    Raises
    ------
    InputError
        No layer at all, an unknown name, or several layers of which not one fits best; the message lists them.
    """
    if not layers:
        raise InputError(Text(f"{name} 里没有可读的图层或工作表。", f"{name} holds no layer or sheet that can be read."))
    listed = ", ".join(show(one) for one in list(layers)[:20])
    if layer is not None:
        if layer in layers:
            return layer
        raise InputError(
            Text(
                f"{name} 里没有图层“{show(layer)}”；现有：{listed}。",
                f"{name} has no layer {show(layer)!r}; it has: {listed}.",
            )
        )
    scores = {one: int(fits(columns)) if fits else 0 for one, columns in layers.items()}
    best = [one for one, score in scores.items() if score == max(scores.values())]
    if len(layers) == 1 or (len(best) == 1 and scores[best[0]] > 0):
        return best[0]
    raise InputError(
        Text(
            f"{name} 有多个图层或工作表（{listed}），无法判断该读哪一个；请用 layer 指明。",
            f"{name} has several layers or sheets ({listed}) and it is not clear which to read; name one with layer.",
        )
    )


def header_place(rows: Sequence[Sequence[object]], fits: Fits | None) -> int:
    """Return which of the first rows of a table is its header: the one that fits best, else the first with more than one cell.

    Examples
    --------
    >>> header_place([["某镇住户表", "单位：人"], ["户编号", "人口"]], lambda names: "人口" in names)
    1
    """
    filled = [[str(cell) for cell in row if cell is not None and str(cell).strip()] for row in rows]
    wide = [place for place, cells in enumerate(filled) if len(cells) > 1]
    best = max(wide, key=lambda place: fits(filled[place]), default=0) if fits else 0
    return best if fits and best in wide and fits(filled[best]) else next(iter(wide), 0)


def passed_over(line: int) -> Text:
    """Return the note that a header stands below other lines."""
    note = Text(
        "表头在第 {line} 行，它上面的标题行没有读取", "the header is on line {line}; the title lines above it are passed over"
    )
    return note.fill(line=line)


def declared_crs(text: str, *, name: str) -> CRS:
    """Return the CRS that a file declares as WKT, PROJJSON or an authority code.

    A definition may name shift-grid files on disk; such parts are refused, and a bound CRS is taken without its shift.

    Raises
    ------
    CrsError
        A definition that is not understood.

    Examples
    --------
    >>> declared_crs("urn:ogc:def:crs:EPSG::4549", name="a.geojson").to_epsg()
    4549
    """
    code = OGC_CRS.match(text.strip())
    candidate = f"{code[1].upper().replace('CRS', 'OGC')}:{code[2].upper()}" if code else text.strip()
    known = candidate.startswith(("EPSG:", "OGC:", "{")) or "CS[" in candidate
    try:
        if not known or GRID_FILES.search(candidate):
            raise ProjError(candidate)  # noqa: TRY301
        crs = located(CRS.from_user_input(candidate))
    except (ProjError, ValueError, RecursionError) as error:
        raise CrsError(
            Text(
                f"{name} 写明的坐标系“{show(text)}”无法识别；请换成 EPSG 代码（如 EPSG:4490），或用 crs 指明。",
                f"{name} declares a CRS that is not understood: {show(text)!r}; use an EPSG code (EPSG:4490), or give crs.",
            )
        ) from error
    if crs.is_bound and crs.source_crs is not None:
        return crs.source_crs
    # CRS84 is WGS 84 with the axes in the order in which everybody writes them anyway.
    return CRS.from_epsg(4326) if crs == CRS.from_user_input("OGC:CRS84") else crs


def located(crs: CRS) -> CRS:
    """Return a CRS if positions in it have a longitude and latitude on Earth.

    Heights, engineering drawings, other planets and projections that nobody knows have none.

    Raises
    ------
    ProjError
        They have none.
    """
    if not (crs.is_geographic or crs.is_projected):
        raise ProjError(crs.name)
    Transformer.from_crs(crs, 4326)
    return crs


def empty_file(name: str) -> InputError:
    """Return the error for a file without a single row."""
    return InputError(
        Text(f"{name} 是空的：没有任何数据行；请检查导出。", f"{name} is empty: it has no data row; check the export."),
    )


def unreadable(name: str, kind: str) -> InputError:
    """Return the error for a damaged file, or one that is not what its name says; drivers' own words are never passed on."""
    return InputError(
        Text(
            f"{name} 不是完好的 {kind} 文件：内容与扩展名不符或已损坏；请重新导出。",
            f"{name} is not a sound {kind} file: its content does not match its name, or it is damaged; export it again.",
        )
    )
