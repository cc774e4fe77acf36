"""OpenStreetMap extracts (``.osm``, ``.osm.pbf``): streets, and boundary lines to tell a datum by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from pyproj import CRS

from geogrid.errors import InputError
from geogrid.files.raw import GEOMETRY, RawTable, empty_file, shown_name, unreadable
from geogrid.files.sniffing import checked_path, sniff
from geogrid.words import Text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

OSM_FORMATS = {"osm": "osm", "osm.pbf": "pbf"}
STREET_TAGS = ("highway", "oneway", "access", "foot", "bicycle", "motor_vehicle", "service", "bridge", "tunnel", "layer", "name")
NOT_BUILT = frozenset({"construction", "proposed", "planned", "abandoned", "razed", "disused", "demolished", "no"})
WHOLE = re.compile(r"[+-]?\d{1,2}")
OSM_ERRORS = (RuntimeError, ValueError, osmium.InvalidLocationError)
"""What libosmium raises for files that are damaged, or XML with entities."""

Line = list[tuple[float, float]]


def read_osm_roads(path: Path, *, name: str, kind: str) -> RawTable:
    """Return the streets of an extract as raw rows: one row for each way (or piece of one, where the extract cuts it).

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
    for way in _ways(path, name=name, kind=kind, key="highway"):
        tags = {tag: way.tags.get(tag) for tag in STREET_TAGS}
        if tags["highway"] in NOT_BUILT:
            unbuilt += 1
            continue
        pieces, missing = _pieces(way.nodes)
        cut += missing
        for number, piece in enumerate(pieces):
            rows.append({"road_id": f"w{way.id}" if number == 0 else f"w{way.id}-{number}", **_clean(tags)})
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
    return RawTable(_frame(rows, lines), kind, crs=CRS.from_epsg(4326), encoding="utf-8", notes=_notes(unbuilt, cut))


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


def _ways(path: Path, *, name: str, kind: str, key: str | None = None, ids: set[int] | None = None) -> Iterator[Any]:
    """Yield ways with node positions: those with a key, or those with an id."""
    ways = osmium.osm.WAY
    wanted = osmium.filter.KeyFilter(key) if key else osmium.filter.IdFilter(ids or [])
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


def _clean(tags: dict[str, str | None]) -> dict[str, str | None]:
    """Drop a layer that is not a whole number: mappers' slips must not cost the street."""
    layer = tags["layer"]
    return tags if layer is None or WHOLE.fullmatch(layer) else {**tags, "layer": None}


def _frame(
    rows: Sequence[dict[str, Any]], lines: Sequence[Line], *, columns: Sequence[str] = ("road_id", *STREET_TAGS)
) -> pd.DataFrame:
    index = pd.RangeIndex(1, len(rows) + 1, name="source_line")
    cells = {column: pd.Series([row[column] for row in rows], index=index, dtype=object) for column in columns}
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    flat = np.array([vertex for line in lines for vertex in line], dtype=float).reshape(-1, 2)
    shapes = shapely.linestrings(flat, indices=owner) if len(lines) else np.empty(0, dtype=object)
    return pd.DataFrame({**cells, GEOMETRY: pd.Series(shapes, index=index, dtype=object)}, index=index)


def _notes(unbuilt: int, cut: int) -> tuple[Text, ...]:
    found = (
        (unbuilt, Text("略去 {n} 条未建成或已废弃的道路", "{n} streets that are not built or no longer there are left out")),
        (cut, Text("{n} 条道路在数据边缘被截断", "{n} streets are cut at the edge of the extract")),
    )
    return tuple(text.fill(n=count) for count, text in found if count)
