"""OpenStreetMap extracts (``.osm``, ``.osm.pbf``): streets, and boundary lines to tell a datum by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from pyproj import CRS, Geod

from geogrid.errors import InputError
from geogrid.files.raw import GEOMETRY, RawTable, empty_file, shown_name, unreadable
from geogrid.files.sniffing import checked_path, sniff
from geogrid.words import Text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

OSM_FORMATS = {"osm": "osm", "osm.pbf": "pbf"}
STREET_TAGS = (
    *("highway", "oneway", "oneway:bicycle", "junction", "access", "vehicle", "foot", "bicycle", "motor_vehicle", "motorcar"),
    *("service", "bridge", "tunnel", "layer", "name"),
)
STREET_COLUMNS = (*(tag.replace(":", "_") for tag in STREET_TAGS), "speed_kmh")
CYCLEWAYS = ("cycleway", "cycleway:both", "cycleway:left", "cycleway:right")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
ISO_DURATION = re.compile(r"PT(?:(\d{1,2})H)?(?:(\d{1,3})M)?(?:(\d{1,4})S)?")
"""How long a ferry takes: 1:30, 01:30:00 or PT1H30M (OpenStreetMap's wiki, "Key:duration")."""

FERRY_RANGE_KMH = (0.5, 100.0)
"""A duration that gives another speed is a slip and left out."""

EARTH = Geod(ellps="WGS84")
NOT_BUILT = frozenset({"construction", "proposed", "planned", "abandoned", "razed", "disused", "demolished", "no"})
WHOLE = re.compile(r"[+-]?\d{1,2}")
OSM_ERRORS = (RuntimeError, ValueError, osmium.InvalidLocationError)
"""What libosmium raises for files that are damaged, or XML with entities."""

Line = list[tuple[float, float]]


def read_osm_roads(path: Path, *, name: str, kind: str) -> RawTable:
    """Return the streets of an extract as raw rows: one row for each way (or piece of one, where the extract cuts it).

    Ferries count as streets of the class "ferry"; one that states how long it takes gets that speed.

    Parameters
    ----------
    path : a checked path
    name : the file's name, for messages
    kind : "osm" or "osm.pbf"

    Raises
    ------
    InputError
        A damaged file, or one without streets.
    """
    rows: list[dict[str, Any]] = []
    lines: list[Line] = []
    unbuilt = cut = 0
    for way in _ways(path, name=name, kind=kind, keys=("highway", "route")):
        street = _street(way.tags)
        if street["highway"] is None:
            continue
        if street["highway"] in NOT_BUILT:
            unbuilt += 1
            continue
        pieces, missing = _pieces(way.nodes)
        cut += missing
        street["speed_kmh"] = None if missing else _ferry_speed(way.tags, pieces)
        for number, piece in enumerate(pieces):
            rows.append({"road_id": f"w{way.id}" if number == 0 else f"w{way.id}-{number}", **street})
            lines.append(piece)
    if not rows and cut:
        raise InputError(
            Text(
                f"{name} 的 {cut} 条道路都没有可用的节点坐标；节点应写在道路之前，编号为正数。",
                f"none of the {cut} streets of {name} has nodes with positions; nodes come first, with positive ids.",
            )
        )
    if not rows:
        raise empty_file(name)
    return RawTable(_frame(rows, lines), kind, crs=CRS.from_epsg(4326), encoding="utf-8", notes=_notes(rows, unbuilt, cut))


def read_osm_boundaries(path: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Return the administrative boundary lines of an extract, in WGS 84: the yardstick for telling a datum.

    Parameters
    ----------
    path : ``.osm`` or ``.osm.pbf``

    Returns
    -------
    GeoDataFrame
        Columns osm_id, admin_level, name, geometry (lines); empty when the extract has none.

    Raises
    ------
    InputError
        Not an OpenStreetMap file, or a damaged one.
    """
    checked = checked_path(path)
    name = shown_name(checked)
    kind = sniff(checked)
    if kind not in OSM_FORMATS:
        raise unreadable(name, "OpenStreetMap")
    members = _boundary_members(checked, name=name, kind=kind)
    rows: list[dict[str, Any]] = []
    lines: list[Line] = []
    for way in _ways(checked, name=name, kind=kind, ids=members):
        pieces, _ = _pieces(way.nodes)
        rows += [{"osm_id": f"w{way.id}", "admin_level": way.tags.get("admin_level"), "name": way.tags.get("name")}] * len(pieces)
        lines += pieces
    frame = _frame(rows, lines, columns=("osm_id", "admin_level", "name"))
    return gpd.GeoDataFrame(frame.reset_index(drop=True), geometry=GEOMETRY, crs=4326)


def _file(path: Path, kind: str) -> osmium.io.File:
    """Name the format: libosmium would otherwise guess it from the name."""
    return osmium.io.File(str(path.absolute()), OSM_FORMATS[kind])


def _ways(path: Path, *, name: str, kind: str, keys: tuple[str, ...] = (), ids: set[int] | None = None) -> Iterator[Any]:
    """Yield ways with node positions: those with one of the keys, or those with an id."""
    ways = osmium.osm.WAY
    wanted = osmium.filter.KeyFilter(*keys) if keys else osmium.filter.IdFilter(ids or [])
    try:
        processor = osmium.FileProcessor(_file(path, kind), osmium.osm.NODE | ways).with_locations()
        yield from processor.with_filter(osmium.filter.EntityFilter(ways)).with_filter(wanted)
    except OSM_ERRORS as error:
        raise unreadable(name, "OpenStreetMap") from error


def _boundary_members(path: Path, *, name: str, kind: str) -> set[int]:
    """Return the ids of ways that are administrative boundaries, or outer members of such a relation."""
    found: set[int] = set()
    try:
        processor = osmium.FileProcessor(_file(path, kind), osmium.osm.WAY | osmium.osm.RELATION)
        items: Iterable[Any] = processor.with_filter(osmium.filter.TagFilter(("boundary", "administrative")))
        for item in items:
            if item.is_way():
                found.add(item.id)
            else:
                found.update(
                    member.ref for member in item.members if member.type == "w" and member.role in {"", "outer", "inner"}
                )
    except OSM_ERRORS as error:
        raise unreadable(name, "OpenStreetMap") from error
    return found


def _pieces(nodes: Iterable[Any]) -> tuple[list[Line], bool]:
    """Return the runs of known positions, two vertices at least; a node that the extract leaves out ends a run."""
    runs: list[Line] = [[]]
    missing = False
    for node in nodes:
        if node.location.valid():
            runs[-1].append((node.location.lon, node.location.lat))
        else:
            missing = True
            runs.append([])
    return [run for run in runs if len(run) > 1], missing


def _street(tags: Any) -> dict[str, Any]:
    """Return a way's tags by column; a layer that is not a whole number is dropped: mappers' slips must not cost the street."""
    street: dict[str, Any] = {column: tags.get(tag) for column, tag in zip(STREET_COLUMNS, STREET_TAGS, strict=False)}
    if street["layer"] is not None and not WHOLE.fullmatch(street["layer"]):
        street["layer"] = None
    if tags.get("route") == "ferry":
        street["highway"] = "ferry"
    if street["oneway_bicycle"] is None and any(tags.get(key, "").startswith("opposite") for key in CYCLEWAYS):
        street["oneway_bicycle"] = "no"
    return street


def _ferry_speed(tags: Any, pieces: Sequence[Line]) -> float | None:
    """Return the speed of a ferry that says how long it takes, in km/h."""
    stated = tags.get("duration", "") if tags.get("route") == "ferry" else ""
    found = CLOCK.fullmatch(stated) or ISO_DURATION.fullmatch(stated)
    hours = sum(float(part or 0) / per for part, per in zip(found.groups(), (1, 60, 3600), strict=True)) if found else 0.0
    if not hours:
        return None
    length_m = sum(EARTH.line_length([lon for lon, _ in piece], [lat for _, lat in piece]) for piece in pieces)
    speed, (slowest, fastest) = length_m / 1000 / hours, FERRY_RANGE_KMH
    return round(speed, 2) if slowest <= speed <= fastest else None


def _frame(
    rows: Sequence[dict[str, Any]], lines: Sequence[Line], *, columns: Sequence[str] = ("road_id", *STREET_COLUMNS)
) -> pd.DataFrame:
    index = pd.RangeIndex(1, len(rows) + 1, name="source_line")
    cells = {column: pd.Series([row[column] for row in rows], index=index, dtype=object) for column in columns}
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    flat = np.array([vertex for line in lines for vertex in line], dtype=float).reshape(-1, 2)
    shapes = shapely.linestrings(flat, indices=owner) if len(lines) else np.empty(0, dtype=object)
    return pd.DataFrame({**cells, GEOMETRY: pd.Series(shapes, index=index, dtype=object)}, index=index)


def _notes(rows: Sequence[dict[str, Any]], unbuilt: int, cut: int) -> tuple[Text, ...]:
    ferries = sum(row["highway"] == "ferry" for row in rows)
    found = (
        (ferries, Text("{n} 条渡线按街道计入", "{n} ferries count as streets")),
        (unbuilt, Text("略去 {n} 条未建成或已废弃的道路", "{n} streets that are not built or no longer there are left out")),
        (cut, Text("{n} 条道路在数据边缘被截断", "{n} streets are cut at the edge of the extract")),
    )
    return tuple(text.fill(n=count) for count, text in found if count)
