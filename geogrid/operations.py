"""The operations of a plan: small records that say what a planner did, and nothing of any household.

A record holds all that is needed to do it again: the ids of grids that it makes, and the land or line itself, on the lattice of
one micrometre in the CRS of the workspace. A new kind of operation is a class here and a row in `geogrid.redraw.MAKE`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import shapely

from geogrid.boundaries import on_lattice
from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_VERTICES = 200_000
LONGEST_WKT = 50 * MOST_VERTICES
LONGEST_TEXT = 5_000
LONGEST_LIST = 20_000
FARTHEST_M = 1e8
"""No place on earth has a longer coordinate; beyond it the lattice is finer than the numbers."""
DIGITS = 6
"""Decimals of a coordinate in metres: the lattice, written out."""
LONGEST_SHOWN = 40
SHOWN = 5
ALSO_TEXT = "\n\u3000\xa0"
"""Line ends, full-width and unbreakable spaces, as offices write them."""
SHAPES = ("Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point")
PLAIN_WKT = re.compile(r"\s*(POINT|(MULTI)?(POLYGON|LINESTRING))\s*(Z|M|ZM)?\s*[(]", re.IGNORECASE)
STAFF_FIELDS = ("leader", "member", "phone", "supervision_phone", "duties")


@dataclass(frozen=True, eq=False)
class Operation:
    """One step of a plan. Texts are as in `geogrid.boundaries.Grid`; shapes are in metres, in the CRS of the workspace."""

    kind: ClassVar[str]
    label: ClassVar[Text]

    def __post_init__(self) -> None:
        """Read every field as from a record, shapes on the lattice: what is carried out is what the record says.

        Raises
        ------
        InputError
            When a field is of the wrong type, or holds what a record cannot.
        """
        for each in fields(self):
            object.__setattr__(self, each.name, _READ[str(each.type)](getattr(self, each.name), each.name))

    def to_record(self) -> dict[str, Any]:
        """Return the operation as a record for JSON; `operation_of` takes it back."""
        return {"kind": self.kind} | {each.name: _plain(getattr(self, each.name)) for each in fields(self)}

    @property
    def called(self) -> Text:
        """Return what the operation is called."""
        return self.label

    @property
    def digest(self) -> bytes:
        """Return the record as bytes: the same for the same operation."""
        return json.dumps(self.to_record(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Make the operation of its record."""
        known = [each.name for each in fields(cls)]
        unknown = [_shown(key) for key in record if key not in ("kind", *known)]
        if unknown:
            keys = ", ".join(sorted(unknown)[:SHOWN])
            raise InputError(_UNKNOWN_KEY.fill(keys=keys, kind=cls.kind, known=", ".join(known)))
        try:
            return cls(**{name: record[name] for name in known if name in record})
        except TypeError as error:
            raise InputError(_MISSING.fill(kind=cls.kind, known=", ".join(known))) from error


@dataclass(frozen=True, eq=False)
class Hand(Operation):
    """Hand the land of ``area`` over to a grid, from whoever of the same tiling has it; to nobody when ``to`` is "".

    With ``from_id``, only that grid's land is handed over. ``unit_ids`` say which units it was.
    """

    kind: ClassVar[str] = "hand"
    label: ClassVar[Text] = Text("划归", "hand over")
    to: str
    area: Shape
    unit_ids: tuple[str, ...] = ()
    from_id: str = ""


@dataclass(frozen=True, eq=False)
class Split(Operation):
    """Split a grid along lines: one piece keeps the id, the others take ``new_ids``, from large to small.

    The piece at the point ``stays`` keeps it, or the largest where none is given.
    """

    kind: ClassVar[str] = "split"
    label: ClassVar[Text] = Text("拆分", "split")
    grid_id: str
    line: Shape
    new_ids: tuple[str, ...] = ()
    stays: Shape | None = None


@dataclass(frozen=True, eq=False)
class Merge(Operation):
    """Merge grids into one, which keeps its id and row."""

    kind: ClassVar[str] = "merge"
    label: ClassVar[Text] = Text("合并", "merge")
    into: str
    others: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class MoveBorder(Operation):
    """Make a line the border of two grids, or of the stretch between the line's ends where both lie on that border."""

    kind: ClassVar[str] = "border"
    label: ClassVar[Text] = Text("调整边界", "move a border")
    first: str
    second: str
    line: Shape


@dataclass(frozen=True, eq=False)
class Draw(Operation):
    """Draw a new grid on the land of ``area``; with ``from_id``, only on that grid's land (a split by units)."""

    kind: ClassVar[str] = "draw"
    label: ClassVar[Text] = Text("新划", "draw")
    area: Shape
    grid_id: str = ""
    name: str = ""
    parent_id: str = ""
    level: str = ""
    grid_set: str = ""
    from_id: str = ""
    unit_ids: tuple[str, ...] = ()

    @property
    def called(self) -> Text:
        """Return what the operation is called: out of one grid, it is a split."""
        return Split.label if self.from_id else self.label


@dataclass(frozen=True, eq=False)
class Rename(Operation):
    """Give a grid another name."""

    kind: ClassVar[str] = "rename"
    label: ClassVar[Text] = Text("改名", "rename")
    grid_id: str
    name: str


@dataclass(frozen=True, eq=False)
class Restaff(Operation):
    """Give a grid other people or duties; fields that are None stay as they are."""

    kind: ClassVar[str] = "restaff"
    label: ClassVar[Text] = Text("换人", "re-staff")
    grid_id: str
    leader: str | None = None
    member: str | None = None
    phone: str | None = None
    supervision_phone: str | None = None
    duties: str | None = None


@dataclass(frozen=True, eq=False)
class Reparent(Operation):
    """Put a grid under another area or larger grid; a larger grid takes the land with it."""

    kind: ClassVar[str] = "reparent"
    label: ClassVar[Text] = Text("改隶", "re-parent")
    grid_id: str
    parent_id: str


@dataclass(frozen=True, eq=False)
class Retire(Operation):
    """End a grid; its land goes to another one, or to nobody yet when ``to`` is ""."""

    kind: ClassVar[str] = "retire"
    label: ClassVar[Text] = Text("撤销", "retire")
    grid_id: str
    to: str = ""


OPERATIONS: dict[str, type[Operation]] = {
    each.kind: each for each in (Hand, Split, Merge, MoveBorder, Draw, Rename, Restaff, Reparent, Retire)
}
"""Every kind of operation by its name."""

Shape = Any
"""A geometry in an operation: a polygon for land, a line for a border."""


def operation_of(record: object) -> Operation:
    """Make an operation of a record, such as one of a JSON file.

    Parameters
    ----------
    record : mapping
        ``kind`` and the fields of that operation; shapes as WKT.

    Raises
    ------
    InputError
        An unknown kind or key, a field that is missing or of the wrong type, a shape that cannot be read.

    Examples
    --------
    >>> operation_of({"kind": "merge", "into": "G1", "others": ["G2"]})
    Merge(into='G1', others=('G2',))
    >>> operation_of(Rename("G1", "东片").to_record()).name
    '东片'
    """
    kind = record.get("kind") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(kind, str) or kind not in OPERATIONS:
        raise InputError(_UNKNOWN_KIND.fill(kind=_shown(kind), known=", ".join(OPERATIONS)))
    return OPERATIONS[kind].of(record)


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkt(value, rounding_precision=DIGITS)
    return list(value) if isinstance(value, tuple) else value


def plain_text(value: Any, name: str) -> str:
    """Return a text without white space around it.

    Raises
    ------
    InputError
        When it is none, is too long, or holds characters that cannot be shown or turn the direction of writing.
    """
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not _is_plain(value):
        raise InputError(_NO_TEXT.fill(name=name, value=_shown(value)))
    return value.strip()


def _is_plain(text: str) -> bool:
    """Return whether a text can be shown: no control characters, and none that turns the direction of writing."""
    return "".join(letter for letter in text if letter not in ALSO_TEXT).isprintable()


def _a_text_or_none(value: Any, name: str) -> str | None:
    return None if value is None else plain_text(value, name)


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
        raise InputError(_NO_LIST.fill(name=name, value=_shown(value)))
    return tuple(plain_text(each, name) for each in value)


def _a_shape(value: Any, name: str) -> Any:
    """Read a shape from WKT, or take a geometry as it is; on the lattice."""
    try:
        shape = shapely.force_2d(_from_wkt(value) if isinstance(value, str) else value)
        done = on_lattice([shape])[0] if _is_usable(shape) else None
    except (shapely.GEOSException, TypeError, ValueError) as error:
        raise InputError(_NO_SHAPE.fill(name=name, value=_shown(value))) from error
    if done is None or not (done.length or done.geom_type == "Point"):
        raise InputError(_NO_SHAPE.fill(name=name, value=_shown(value)))
    return done


def _from_wkt(text: str) -> Any:
    """Read WKT of a kind that an operation can hold; None for any other.

    Collections hold collections without end, and a reader that follows them down ends the program.
    """
    if len(text) > LONGEST_WKT or not PLAIN_WKT.match(text):
        return None
    with np.errstate(all="ignore"):
        return shapely.from_wkt(text)


def _is_usable(shape: Any) -> bool:
    """Return whether a geometry is a point, line or polygon that the lattice can hold."""
    # A list comes back from shapely as an array.
    if (
        not isinstance(shape, shapely.Geometry)
        or shape.geom_type not in SHAPES
        or not 0 < shapely.get_num_coordinates(shape) <= MOST_VERTICES
    ):
        return False
    # A comparison with what is no number is false.
    return bool((np.abs(shapely.get_coordinates(shape)) <= FARTHEST_M).all())


def _a_shape_or_none(value: Any, name: str) -> Any:
    return None if value is None else _a_shape(value, name)


def _shown(value: Any) -> str:
    """Return the beginning of a value for a message: text without control characters, of anything else the type."""
    if isinstance(value, str):
        return "".join(letter if letter.isprintable() else "?" for letter in value[:LONGEST_SHOWN])
    return type(value).__name__


_READ = {
    "str": plain_text,
    "str | None": _a_text_or_none,
    "tuple[str, ...]": _texts,
    "Shape": _a_shape,
    "Shape | None": _a_shape_or_none,
}
"""How a field is read, by its annotation."""

_UNKNOWN_KIND = Text("没有操作“{kind}”；可用：{known}。", "there is no operation {kind!r}; known: {known}.")
_UNKNOWN_KEY = Text("操作 {kind} 没有字段 {keys}；可用：{known}。", "operation {kind} has no field {keys}; known: {known}.")
_MISSING = Text("操作 {kind} 缺少字段；需要：{known}。", "operation {kind} lacks a field; needed: {known}.")
_NO_TEXT = Text(
    "字段 {name} 的值“{value}”不能用：应为可显示的短文字。", "field {name} cannot be {value!r}: expected a short, printable text."
)
_NO_LIST = Text("字段 {name} 的值“{value}”不能用：应为编号的列表。", "field {name} cannot be {value!r}: expected a list of ids.")
_NO_SHAPE = Text(
    "字段 {name} 不是可用的图形（“{value}…”）：应为 WKT，坐标系与工作区相同，单位米。",
    "field {name} is no usable shape ({value!r} …): expected WKT in metres, in the CRS of the workspace.",
)
