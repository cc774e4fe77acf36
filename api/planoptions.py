"""What stands after the options of ``plan apply``, taken apart into the operations that are wished for."""

from __future__ import annotations

import json
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import shapely

from api.drawn import LINE, POLYGON, drawn_in
from api.options import listed
from geogrid.completing import hand_units, split_units
from geogrid.crs import project
from geogrid.errors import InputError
from geogrid.officeplans import Wish, evenly_in
from geogrid.operations import Draw, Hand, Merge, MoveBorder, Operation, Rename, Reparent, Restaff, Retire, Split, operation_of
from geogrid.operationwords import STAFF_NAMES
from geogrid.plans import FORMAT, Plan
from geogrid.regions import mended
from geogrid.rows.headers import match_headers
from geogrid.schema import table_spec
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from pyproj import CRS

    from geogrid.boundaries import Boundaries
    from geogrid.store import Workspace

LARGEST_FILE = 200_000_000


class Drawing(NamedTuple):
    """Where wishes are drawn: the workspace, the base version of the plan, and the datum of files."""

    workspace: Workspace
    version: int
    datum: str = "wgs84"

    @property
    def units(self) -> gpd.GeoDataFrame:
        """Return the units at the base version."""
        return self.workspace.read("units", version=self.version)


def wishes_of(drawing: Drawing, operations: Path | None, given: Mapping[str, Sequence[str]]) -> list[Wish]:
    """Return what is wished for: the file of operations first, then options in the order of `OPTIONS`.

    Parameters
    ----------
    drawing : Drawing
    operations : Path or None
        A plan file, or a JSON list of records of operations.
    given : mapping
        What stands after each option, by its name without dashes.

    Raises
    ------
    InputError
        When something cannot be understood, or a file cannot be used.
    """
    wishes = [] if operations is None else _of_file(operations, drawing.workspace.crs)
    for name, read in OPTIONS.items():
        for text in given.get(name, ()):
            wishes.append(Wish(f"--{name} {text}", read(drawing, text)))
    return wishes


def _of_file(path: Path, crs: CRS) -> list[Wish]:
    """Read operations: those of a plan file, or a list of records."""
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST_FILE else b""
        record = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(_NOT_OPERATIONS.fill(file=path.name)) from error
    if isinstance(record, dict) and record.get("format") == FORMAT:
        made: Sequence[Operation] = Plan.from_json(content, crs=crs).operations
    elif isinstance(record, list):
        made = [_recorded(number, each) for number, each in enumerate(record, 1)]
    else:
        raise InputError(_NOT_OPERATIONS.fill(file=path.name))
    return [Wish(f"{path.name} [{number}]", partial(_the_same, each)) for number, each in enumerate(made, 1)]


def _recorded(number: int, record: object) -> Operation:
    try:
        return operation_of(record)
    except InputError as error:
        said = error.message
        raise InputError(Text(f"第 {number} 项操作：{said.zh}", f"operation {number}: {said.en}")) from error


def _the_same(operation: Operation, _: Boundaries) -> Operation:
    return operation


def pair(option: str, text: str, *, needs: str = "both") -> tuple[str, str]:
    """Return what stands before and after the first ``=``.

    Parameters
    ----------
    option : str
        For the message.
    text : str
    needs : str
        ``both`` sides, or only the ``first`` or the ``last``.

    Raises
    ------
    InputError
        When a side that is needed is empty.

    Examples
    --------
    >>> pair("hand", "G1=a=b.geojson"), pair("retire", "G1", needs="first")
    (('G1', 'a=b.geojson'), ('G1', ''))
    """
    first, sign, last = (part.strip() for part in text.partition("="))
    missing = {"both": not (first and last), "first": not first or (sign and not last), "last": not (sign and last)}
    if missing[needs]:
        raise InputError(_NOT_A_PAIR.fill(option=option, text=text))
    return first, last


def shape_in(drawing: Drawing, file: str, dimension: int) -> Any:
    """Return all polygons, or all lines, of a file as one shape in the CRS of the workspace.

    Raises
    ------
    InputError
        As `api.drawn.drawn_in`.
    """
    shapes = _rows(drawing, file, dimension).geometry.to_numpy()
    return shapely.union_all(mended(shapes)[0] if dimension == POLYGON and len(shapes) > 1 else shapes)


@lru_cache(maxsize=4)
def _rows(drawing: Drawing, file: str, dimension: int) -> gpd.GeoDataFrame:
    """Read a file once, however many of its rows are wished for."""
    return project(drawn_in(file, drawing.datum, dimension), drawing.workspace.crs)


def _hand(drawing: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    to, file = pair("hand", text, needs="last")
    return partial(_the_same, Hand(to, shape_in(drawing, file, POLYGON)))


def _hand_units(drawing: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    to, units = pair("hand-units", text)
    return lambda _: hand_units(drawing.units, listed(units), to)


def _split(drawing: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    grid, file = pair("split", text)
    return partial(_the_same, Split(grid, shape_in(drawing, file, LINE)))


def _split_units(drawing: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    grid, units = pair("split-units", text)
    return lambda _: split_units(drawing.units, listed(units), grid)


def _split_into(drawing: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    grid, shares = pair("split-into", text)
    if not re.fullmatch("[0-9]{1,3}", shares) or int(shares) < 2:  # noqa: PLR2004 - a share and the rest
        raise InputError(_NO_SHARES.fill(text=text))
    return lambda now: evenly_in(drawing.workspace, now, grid, int(shares), version=drawing.version)


def _merge(_: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    into, others = pair("merge", text)
    return partial(_the_same, Merge(into, tuple(listed(others))))


def _border(drawing: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    grids, file = pair("border", text)
    both = listed(grids)
    if len(both) != 2:  # noqa: PLR2004 - a border has two sides
        raise InputError(_NOT_A_PAIR.fill(option="border", text=text))
    return partial(_the_same, MoveBorder(both[0], both[1], shape_in(drawing, file, LINE)))


def _draw(drawing: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    file, _, row = text.rpartition("#")
    rows = _rows(drawing, file, POLYGON)
    used = match_headers([str(name) for name in rows.columns], table_spec("grids")).used
    said = {key: rows[used[key][0]].iloc[int(row)] for key in ("grid_id", "name", "parent_id") if key in used}
    known = {key: "" if pd.isna(value) else str(value).strip() for key, value in said.items()}
    named = [known.get(key, "") for key in ("grid_id", "name", "parent_id")]
    return partial(_the_same, Draw(rows.geometry.iloc[int(row)], named[0], named[1], named[2]))


def drawn_rows(drawing: Drawing, file: str) -> list[str]:
    """Return the polygons of a file, each as what ``--draw`` takes apart: the file and the row.

    Raises
    ------
    InputError
        When the file holds none, or something else besides.
    """
    return [f"{file}#{row}" for row in range(len(_rows(drawing, file, POLYGON)))]


def _rename(_: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    return partial(_the_same, Rename(*pair("rename", text)))


def _restaff(_: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    grid, said = pair("restaff", text)
    return partial(_the_same, Restaff(grid, **staff_fields(said)))


def staff_fields(text: str) -> dict[str, str]:
    """Return the fields that ``--restaff`` names, by any of their names.

    Raises
    ------
    InputError
        When a field is unknown or named twice.

    Examples
    --------
    >>> staff_fields("网格长：张三；phone:0701-1")
    {'leader': '张三', 'phone': '0701-1'}
    """
    known = {name: key for key, text in STAFF_NAMES.items() for name in (key, text.zh)}
    parts = [[side.strip() for side in re.split("[:：]", part, maxsplit=1)] for part in re.split("[;；]", text) if part.strip()]
    names = [known.get(part[0], "") for part in parts]
    if not parts or not all(names) or len(set(names)) < len(names) or any(len(part) < 2 for part in parts):  # noqa: PLR2004
        raise InputError(_NO_FIELDS.fill(text=text, known=", ".join(known)))
    return dict(zip(names, (part[1] for part in parts), strict=True))


def _reparent(_: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    return partial(_the_same, Reparent(*pair("reparent", text)))


def _retire(_: Drawing, text: str) -> Callable[[Boundaries], Operation]:
    return partial(_the_same, Retire(*pair("retire", text, needs="first")))


OPTIONS: Mapping[str, Callable[[Drawing, str], Callable[[Boundaries], Operation]]] = {
    "hand": _hand,
    "hand-units": _hand_units,
    "split": _split,
    "split-units": _split_units,
    "split-into": _split_into,
    "merge": _merge,
    "border": _border,
    "draw": _draw,
    "rename": _rename,
    "restaff": _restaff,
    "reparent": _reparent,
    "retire": _retire,
}
"""Every operation by its option, in the order in which they are done."""

_NOT_OPERATIONS = Text(
    "{file} 不是操作文件：应为方案文件（geogrid plan export 写出的 .json），或操作记录的 JSON 列表。",
    "{file} holds no operations: expected a plan file (.json of `geogrid plan export`), or a JSON list of records.",
)
_NOT_A_PAIR = Text(
    "--{option} {text} 看不懂：写法见 geogrid plan apply --help，如 --hand G2=划入.geojson、--merge G1=G2,G3。",
    "--{option} {text} is not understood: see `geogrid plan apply --help`, as --hand G2=land.geojson or --merge G1=G2,G3.",
)
_NO_SHARES = Text(
    "--split-into {text} 看不懂：= 后应为 2 以上的整数，如 G1=3。",
    "--split-into {text} is not understood: expected a whole number from 2 up after =, as G1=3.",
)
_NO_FIELDS = Text(
    "--restaff {text} 看不懂：请写 字段:内容，以分号隔开，每个字段一次；字段可用 {known}。",
    "--restaff {text} is not understood: write field:text, separated by semicolons, each field once; fields are {known}.",
)
