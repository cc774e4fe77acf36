"""What the page of a proposal draws, as plain rows: features in classes, signs and spokes, over shared geometry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geogrid.crs import to_wgs84
from geogrid.words import Text
from maps.packing import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from geogrid.regions import Shapes

TOLERANCE_M = 1.0
"""How far simplifying may move a border in the picture, about; figures come from the borders as they are."""
HUES = ("#cfe3f5", "#fbe3b8", "#d5ecc9", "#f7d3c6", "#e0d6f0", "#c8ebe5", "#eadfc8", "#f3d7e6")
"""Of features drawn each in its own colour: light, so that names and hatching stand out."""
NONE = -1
NEAREST = 6
"""Zones whose centres lie this near one another are given different colours."""


@dataclass(frozen=True)
class Class:
    """A class of the legend."""

    label: Text
    colour: str
    is_hatched: bool = False

    def row(self) -> dict[str, Any]:
        """Return it for the page."""
        return {"label": self.label, "colour": self.colour, "hatched": self.is_hatched}


@dataclass(frozen=True)
class Sets:
    """Polygons by key, each list of them once: several pictures of the same grids share one."""

    arrays: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def key_of(self, frame: gpd.GeoDataFrame) -> str:
        """Return the key of a frame's geometries, simplified together and in degrees."""
        array = drawn(frame)
        known = hashlib.sha256(b"\0".join(each or b"" for each in shapely.to_wkb(array))).hexdigest()
        if known not in self.keys:
            self.keys[known] = f"s{len(self.keys)}"
            self.arrays[self.keys[known]] = array
        return self.keys[known]


def drawn(frame: gpd.GeoDataFrame) -> Shapes:
    """Return geometries in degrees; polygons that tile are simplified together, so that neighbours keep one border."""
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    kinds = shapely.get_type_id(shapes)
    tiles = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)) & ~shapely.is_empty(shapes)
    if tiles.any() and frame.crs is not None and frame.crs.is_projected:
        shapes = shapes.copy()
        shapes[tiles] = shapely.coverage_simplify(shapes[tiles], TOLERANCE_M)
    return np.asarray(to_wgs84(gpd.GeoDataFrame(geometry=shapes, crs=frame.crs)).geometry.to_numpy())


def spots(frame: gpd.GeoDataFrame) -> list[list[int] | None]:
    """Return a place inside each geometry as whole units [x, y]; None where there is none."""
    known = ~(frame.geometry.is_empty | frame.geometry.isna()).to_numpy()
    inside = to_wgs84(gpd.GeoDataFrame(geometry=frame.geometry[known].representative_point(), crs=frame.crs)).geometry
    found: list[list[int] | None] = [None] * len(frame)
    for i, point in zip(np.flatnonzero(known).tolist(), inside, strict=True):
        found[i] = [round(point.x * UNITS), round(point.y * UNITS)]
    return found


def box(shape: Any, crs: Any) -> list[float] | None:
    """Return west, south, east and north of a geometry in degrees; None where there is none."""
    if shape is None or shape.is_empty:
        return None
    bounds = to_wgs84(gpd.GeoDataFrame(geometry=[shape], crs=crs)).total_bounds
    return [round(float(value), 6) for value in bounds]


@dataclass(frozen=True)
class Features:
    """What a side shows: one entry a grid or village.

    Attributes
    ----------
    frame : GeoDataFrame
        Their geometries.
    ids, names : sequence of str
    classes, hues : sequence of int
        Of the legend's classes, and of `HUES`; NONE for none.
    said : sequence of sequence of Text
        What a tooltip says, line by line.
    labels : sequence of str
        What stands on the map where colours say how many; "" where names do.
    """

    frame: gpd.GeoDataFrame
    ids: Sequence[str]
    names: Sequence[str]
    classes: Sequence[int]
    hues: Sequence[int]
    said: Sequence[Sequence[Text]]
    labels: Sequence[str] = ()

    def row(self, sets: Sets) -> dict[str, Any]:
        """Return them for the page."""
        return {
            "set": sets.key_of(self.frame),
            "spots": spots(self.frame),
            "ids": list(self.ids),
            "names": list(self.names),
            "class": list(self.classes),
            "hue": list(self.hues),
            "said": [list(lines) for lines in self.said],
            "labels": list(self.labels) or list(self.names),
        }


@dataclass(frozen=True)
class Signs:
    """Points that are drawn with the same symbol; with numbers where they are ranked."""

    label: Text
    shape: str
    colour: str
    frame: gpd.GeoDataFrame
    names: Sequence[str]
    said: Sequence[Sequence[Text]]
    is_hollow: bool = False
    numbers: Sequence[int] = ()
    is_small: bool = False

    def row(self) -> dict[str, Any]:
        """Return them for the page."""
        return {
            "label": self.label,
            "symbol": {"shape": self.shape, "colour": self.colour},
            "hollow": self.is_hollow,
            "small": self.is_small,
            "spots": spots(self.frame),
            "names": list(self.names),
            "said": [list(lines) for lines in self.said],
            "numbers": list(self.numbers),
        }


def texts(column: pd.Series) -> list[str]:
    """Return a column as strings, "" for what is missing."""
    return ["" if missing else str(cell) for cell, missing in zip(column, column.isna(), strict=True)]


def names(frame: pd.DataFrame, key: str) -> list[str]:
    """Return names; an id stands in for one that is missing."""
    ids = texts(frame[key])
    return [name or known for name, known in zip(texts(frame["name"]), ids, strict=True)] if "name" in frame else ids


def numbers(frame: pd.DataFrame, column: str) -> list[float | None]:
    """Return a column's numbers, None for what is missing; all None where there is no such column."""
    if column not in frame:
        return [None] * len(frame)
    return [None if missing else float(cell) for cell, missing in zip(frame[column], frame[column].isna(), strict=True)]


def hues(frame: gpd.GeoDataFrame) -> list[int]:
    """Give each polygon the colour that its neighbours, and then all others, use least.

    Examples
    --------
    >>> row = gpd.GeoDataFrame(geometry=[shapely.box(i, 0, i + 1, 1) for i in range(3)], crs=4548)
    >>> hues(row)
    [0, 1, 2]
    """
    shapes = frame.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    return spread(len(frame), zip(left.tolist(), right.tolist(), strict=True))


def near_hues(points: gpd.GeoDataFrame) -> list[int]:
    """Give each point a colour other than the points nearest to it, where that can be."""
    shapes = points.geometry.to_numpy()
    xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    pairs: list[tuple[int, int]] = []
    for i in range(len(xy)):
        order = np.argsort(((xy - xy[i]) ** 2).sum(axis=1), kind="stable")[1 : NEAREST + 1]
        pairs += [(i, j) for j in order.tolist()] + [(j, i) for j in order.tolist()]
    return spread(len(xy), pairs)


def spread(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Give things numbers from 0 so that neighbours differ where that can be, and each number is used about as often."""
    beside: list[set[int]] = [set() for _ in range(count)]
    for i, j in pairs:
        if i != j:
            beside[i].add(j)
    hue: list[int] = []
    used = [0] * len(HUES)
    for i in range(count):
        near = [hue[j] for j in beside[i] if j < i]
        hue.append(min(range(len(HUES)), key=lambda number: (near.count(number), used[number], number)))
        used[hue[-1]] += 1
    return hue


def amount(value: float | None, unit: Text) -> Text:
    """Write a number with its unit.

    Examples
    --------
    >>> amount(1200.0, Text("户", "households"))
    Text(zh='1,200 户', en='1,200 households')
    """
    if value is None:
        return Text("—", "—")
    return Text(f"{written(value)} {unit.zh}", f"{written(value)} {unit.en}")


def written(value: float) -> str:
    """Write a number: whole where it is, else with one decimal."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def share(value: float, whole: float) -> str:
    """Write a part of a whole as per cent; all and nothing are said only of what is exactly that."""
    if whole <= 0:
        return "—"
    if 0 < value < whole:
        return f"{min(max(100 * value / whole, 0.1), 99.9):.1f}%"
    return f"{100 * value / whole:.0f}%"


def distance(metres: float | None) -> Text:
    """Write a length."""
    if metres is None:
        return Text("—", "—")
    if metres < UNITS / 1000:
        return Text(f"{metres:.0f} 米", f"{metres:.0f} m")
    return Text(f"{metres / 1000:.2f} 公里", f"{metres / 1000:.2f} km")


def row(name: str, lines: Sequence[Text], **more: Any) -> dict[str, Any]:
    """Return a row of a list: its name, what is said below, and where it is."""
    return {"name": name, "said": list(lines), "id": None, "box": None, "number": None, "bad": False, **more}


def listing(title: Text, rows: Sequence[Mapping[str, Any]], note: Text | None = None) -> dict[str, Any]:
    """Return a list of the panel."""
    return {"title": title, "note": note, "rows": list(rows)}
