"""CQL2 on a table, column by column: which rows meet a filter. Comparison with what is not known is never met."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from api.errors import InvalidParameterError
from api.ogc.crs import Crs, read
from api.ogc.patterns import pattern_of
from api.ogc.shapesaid import shape_of
from api.valuewords import shortened
from geogrid.crs import WGS84
from geogrid.errors import CrsError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from api.ogc.table import Table

    Flags = npt.NDArray[np.bool_]

GEOMETRY = "geometry"
NO_PROPERTY = Text("没有属性“{name}”：可用的见 queryables", "there is no property {name!r}: see queryables")
NOT_KNOWN = Text("filter 中的“{op}”用不了", "{op!r} cannot be used in a filter here")
NO_MATCH = Text("filter 比较了不同种类的值", "the filter compares values of different kinds")


@dataclass(frozen=True, eq=False)
class Values:
    """One side of a comparison: a value for every row, and where it is known."""

    cells: Any
    known: Any = True


@dataclass(frozen=True, eq=False)
class Truth:
    """What a condition comes to: rows in which it holds, and rows in which that is known (three-valued, as in SQL)."""

    holds: Any
    known: Any


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A filter on a table.

    Attributes
    ----------
    table : Table
    crs : Crs
        Of the shapes in the filter.
    """

    table: Table
    crs: Crs
    _columns: dict[str, Values] = field(default_factory=dict)

    def rows(self, tree: dict[str, Any]) -> Flags:
        """Return which rows meet a filter.

        Raises
        ------
        InvalidParameterError
            When it names what is not there, or compares what cannot be compared.
        """
        found = self.truth(tree)
        return np.broadcast_to(np.asarray(found.holds & found.known, dtype=bool), (len(self.table),))

    def truth(self, node: Any) -> Truth:
        """Return what a condition comes to."""
        if isinstance(node, bool):
            return Truth(np.bool_(node), np.True_)
        if not isinstance(node, dict):
            raise InvalidParameterError(NO_MATCH)
        if "property" in node:
            return self._boolean(node)
        op = str(node.get("op", "")).lower()
        make = CONDITIONS.get(op)
        if make is None:
            raise InvalidParameterError(NOT_KNOWN.fill(op=shortened(op)))
        try:
            return make(self, node["args"], op)
        except (TypeError, IndexError, KeyError, AttributeError) as error:
            raise InvalidParameterError(NO_MATCH) from error

    def _boolean(self, node: Any) -> Truth:
        values = self.values(node)
        return Truth(_compared("=", values, Values(np.True_)), values.known)

    def values(self, node: Any) -> Values:
        """Return the values of a term."""
        if not isinstance(node, dict):
            return _literal(node)
        if "property" in node:
            return self.column(str(node["property"]))
        for key, make in LITERALS.items():
            if key in node:
                return make(node[key])
        op, args = str(node.get("op", "")).lower(), node.get("args", [])
        if op in CALCULATED and len(args) == 2:  # noqa: PLR2004 -- all of them take two
            return _calculated(op, self.values(args[0]), self.values(args[1]))
        if op in LETTERS and len(args) == 1:
            of = self.values(args[0])
            return Values(np.frompyfunc(LETTERS[op], 1, 1)(of.cells), of.known)
        raise InvalidParameterError(NOT_KNOWN.fill(op=shortened(op or "?")))

    def column(self, name: str) -> Values:
        """Return a property.

        Raises
        ------
        InvalidParameterError
            When there is none of this name.
        """
        if name not in self._columns:
            if name not in self.table.names:
                raise InvalidParameterError(NO_PROPERTY.fill(name=shortened(name)))
            self._columns[name] = _of_column(self.table.frame[name])
        return self._columns[name]

    def shapes(self, node: Any) -> Values:
        """Return the geometry of every row, or a shape that the filter states, in longitude and latitude."""
        if isinstance(node, dict) and "property" in node:
            if node["property"] not in (GEOMETRY, "geom"):
                raise InvalidParameterError(NO_PROPERTY.fill(name=shortened(node["property"])))
            return Values(self.table.lonlat, ~shapely.is_missing(self.table.lonlat))
        shape = np.array([shape_of(node)], dtype=object)
        try:
            return Values(read(shape, self.crs, WGS84)[0])
        except (CrsError, GEOSException) as error:
            raise InvalidParameterError(NO_MATCH) from error


def _of_column(column: pd.Series) -> Values:
    known = column.notna().to_numpy()
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return Values(column.to_numpy(dtype=float, na_value=np.nan), known)
    cells = column.astype(object).to_numpy()
    if len(cells) and isinstance(next((each for each in cells if each is not None), None), list | tuple | np.ndarray):
        known = np.array([isinstance(each, list | tuple | np.ndarray) for each in cells])
    blank = np.empty(len(cells), dtype=object)
    blank[:] = cells
    blank[~known] = ""
    return Values(blank, known)


def _literal(value: Any) -> Values:
    if value is None:
        return Values("", np.False_)
    if isinstance(value, list):
        return Values(frozenset(map(_plain, value)))
    return Values(np.bool_(value) if isinstance(value, bool) else float(value) if isinstance(value, int | float) else str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise InvalidParameterError(NO_MATCH)
    return value


def _moment(value: Any) -> Values:
    """Return a day or moment as text that sorts by time, as the tables keep it."""
    text = str(value)
    try:
        dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidParameterError(NO_MATCH) from error
    return Values(text)


LITERALS: Mapping[str, Callable[[Any], Values]] = {"date": _moment, "timestamp": _moment}
LETTERS: Mapping[str, Callable[[Any], str]] = {
    "casei": lambda cell: str(cell).casefold(),
    "accenti": lambda cell: "".join(sign for sign in unicodedata.normalize("NFD", str(cell)) if not unicodedata.combining(sign)),
}
CALCULATED: Mapping[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.mod,
    "^": np.power,
    "div": np.floor_divide,
}


def _calculated(op: str, left: Values, right: Values) -> Values:
    _require_numbers(left, right)
    with np.errstate(all="ignore"):
        cells = CALCULATED[op](left.cells, right.cells)
    return Values(cells, left.known & right.known & np.isfinite(cells))


def _require_numbers(*sides: Values) -> None:
    if any(np.asarray(side.cells).dtype.kind != "f" for side in sides):
        raise InvalidParameterError(NO_MATCH)


COMPARED: Mapping[str, Any] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}


def _compared(op: str, left: Values, right: Values) -> Any:
    """Compare numbers with numbers and text with text; anything else is told apart only by being equal or not."""
    one, other = np.asarray(left.cells), np.asarray(right.cells)
    if (one.dtype.kind == "f") != (other.dtype.kind == "f"):
        raise InvalidParameterError(NO_MATCH)
    if one.dtype.kind == "f":
        return COMPARED[op](one, other)
    return np.asarray(COMPARED[op](one.astype(object), other.astype(object)), dtype=bool)


def _comparison(at: Evaluation, args: Any, op: str) -> Truth:
    left, right = at.values(args[0]), at.values(args[1])
    return Truth(_compared(op, left, right), left.known & right.known)


def _parts(at: Evaluation, args: Any) -> list[Truth]:
    if not isinstance(args, list) or not args:
        raise InvalidParameterError(NO_MATCH)
    return [at.truth(each) for each in args]


def _and(at: Evaluation, args: Any, _op: str) -> Truth:
    parts = _parts(at, args)
    false = np.logical_or.reduce(np.broadcast_arrays(*(each.known & ~each.holds for each in parts)))
    known = np.logical_and.reduce(np.broadcast_arrays(*(each.known for each in parts)))
    return Truth(~false, known | false)


def _or(at: Evaluation, args: Any, _op: str) -> Truth:
    parts = _parts(at, args)
    true = np.logical_or.reduce(np.broadcast_arrays(*(each.known & each.holds for each in parts)))
    known = np.logical_and.reduce(np.broadcast_arrays(*(each.known for each in parts)))
    return Truth(true, known | true)


def _not(at: Evaluation, args: Any, _op: str) -> Truth:
    one = at.truth(args[0])
    return Truth(~np.asarray(one.holds, dtype=bool), one.known)


def _is_null(at: Evaluation, args: Any, _op: str) -> Truth:
    node = args[0]
    is_shape = isinstance(node, dict) and node.get("property") in (GEOMETRY, "geom")
    values = at.shapes(node) if is_shape else at.values(node)
    return Truth(~np.asarray(values.known, dtype=bool), np.True_)


def _like(at: Evaluation, args: Any, _op: str) -> Truth:
    text, pattern = at.values(args[0]), at.values(args[1])
    if np.asarray(text.cells).dtype.kind == "f" or np.ndim(pattern.cells):
        raise InvalidParameterError(NO_MATCH)
    wanted = pattern_of(str(pattern.cells))
    matches = np.frompyfunc(lambda cell: isinstance(cell, str) and wanted.fullmatch(cell) is not None, 1, 1)(text.cells)
    return Truth(np.asarray(matches, dtype=bool), text.known & pattern.known)


def _in(at: Evaluation, args: Any, _op: str) -> Truth:
    of, listed = at.values(args[0]), [at.values(each) for each in args[1]]
    equal = [_compared("=", of, each) for each in listed] or [np.zeros(len(at.table), dtype=bool)]
    return Truth(np.logical_or.reduce(np.broadcast_arrays(*equal)), of.known)


def _between(at: Evaluation, args: Any, _op: str) -> Truth:
    of, low, high = (at.values(each) for each in args)
    return Truth(_compared(">=", of, low) & _compared("<=", of, high), of.known & low.known & high.known)


def _spatial(at: Evaluation, args: Any, op: str) -> Truth:
    left, right = at.shapes(args[0]), at.shapes(args[1])
    if np.ndim(right.cells) == 0:
        shapely.prepare(right.cells)
    try:
        return Truth(SPATIAL[op](left.cells, right.cells), left.known & right.known)
    except GEOSException as error:
        raise InvalidParameterError(NO_MATCH) from error


SPATIAL: Mapping[str, Any] = {
    f"s_{name}": getattr(shapely, name)
    for name in ("intersects", "disjoint", "contains", "within", "touches", "crosses", "overlaps", "equals")
}


def _temporal(at: Evaluation, args: Any, op: str) -> Truth:
    (first, last), (begins, ends) = _span(at, args[0]), _span(at, args[1])
    known = first.known & last.known & begins.known & ends.known
    return Truth(TEMPORAL[op](first, last, begins, ends), known)


def _span(at: Evaluation, node: Any) -> tuple[Values, Values]:
    """Return begin and end of an instant or interval, as text that sorts."""
    if isinstance(node, dict) and "interval" in node:
        ends = [_limit(at, each, empty) for each, empty in zip(node["interval"], ("", "~"), strict=True)]
        return ends[0], ends[1]
    one = at.values(node)
    if np.asarray(one.cells).dtype.kind == "f":
        raise InvalidParameterError(NO_MATCH)
    return one, one


def _limit(at: Evaluation, node: Any, empty: str) -> Values:
    if node == "..":
        return Values(empty)
    return at.values(node) if isinstance(node, dict) else _moment(node)


def _before(left: Values, right: Values) -> Any:
    return _compared("<", left, right)


TEMPORAL: Mapping[str, Any] = {
    "t_after": lambda a, _b, _c, d: _before(d, a),
    "t_before": lambda _a, b, c, _d: _before(b, c),
    "t_disjoint": lambda a, b, c, d: _before(b, c) | _before(d, a),
    "t_intersects": lambda a, b, c, d: ~(_before(b, c) | _before(d, a)),
    "t_equals": lambda a, b, c, d: _compared("=", a, c) & _compared("=", b, d),
    "t_during": lambda a, b, c, d: _before(c, a) & _before(b, d),
    "t_contains": lambda a, b, c, d: _before(a, c) & _before(d, b),
}


def _arrays(at: Evaluation, args: Any, op: str) -> Truth:
    left, right = (at.values(each) for each in args)
    told = np.frompyfunc(lambda one, other: ARRAYS[op](_set(one), _set(other)), 2, 1)(_boxed(left), _boxed(right))
    return Truth(np.asarray(told, dtype=bool), left.known & right.known)


def _boxed(values: Values) -> Any:
    if not isinstance(values.cells, frozenset):
        return values.cells
    box = np.empty((), dtype=object)
    box[()] = values.cells
    return box


def _set(cell: Any) -> frozenset[Any]:
    return frozenset(cell) if isinstance(cell, list | tuple | frozenset | np.ndarray) else frozenset()


ARRAYS: Mapping[str, Callable[[frozenset[Any], frozenset[Any]], bool]] = {
    "a_contains": frozenset.issuperset,
    "a_containedby": frozenset.issubset,
    "a_equals": frozenset.__eq__,
    "a_overlaps": lambda one, other: not one.isdisjoint(other),
}

CONDITIONS: Mapping[str, Callable[[Evaluation, Any, str], Truth]] = {
    **dict.fromkeys(COMPARED, _comparison),
    "and": _and,
    "or": _or,
    "not": _not,
    "isnull": _is_null,
    "like": _like,
    "in": _in,
    "between": _between,
    **dict.fromkeys(SPATIAL, _spatial),
    **dict.fromkeys(TEMPORAL, _temporal),
    **dict.fromkeys(ARRAYS, _arrays),
}
"""Every condition that a filter may state."""
