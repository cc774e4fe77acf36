"""What is told of a drawing board as JSON: exact figures of grids, what an operation does, shapes; counts, and no household."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from api.httpwords import over_http
from api.planning_http import feature_rows, geojson_of
from geogrid.crs import to_wgs84
from geogrid.differences import changed_texts
from geogrid.plain import both, plain, records
from maps.packing import pack_polygons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.board import Board, Broken, Ground

UNITS = 10_000_000
"""Coordinate units per degree in packed shapes: a centimetre, so that borders are drawn where they are."""


def board_json(board: Board, *, locked: Iterable[str] = ()) -> dict[str, Any]:
    """Return everything about a board but its shapes: what it is held against, a column per figure of grids, and the state."""
    ground = board.ground
    return {
        "version": ground.version,
        "areas": list(ground.part.area_ids),
        "tier": ground.tier._asdict(),
        "crs": ground.base.crs.to_string(),
        "bounds": _bounds(board),
        "limits": ground.limits._asdict(),
        "services": [{"id": key, **both(name)} for key, name in _services(ground)],
        "grids": {name: plain(column) for name, column in board.cells.items()},
        "state": state_json(board, locked=locked),
    }


def _services(ground: Ground) -> list[tuple[str, Any]]:
    covered = ground.seated.people.covered or {}
    return [(key, name) for key, name in ground.asked.services.items() if key in covered]


def _bounds(board: Board) -> list[float] | None:
    shapes = gpd.GeoSeries(list(board.boundaries.shapes), crs=board.boundaries.crs)
    return None if shapes.empty else [float(each) for each in shapes.to_crs(4326).total_bounds]


def state_json(board: Board, *, locked: Iterable[str] = ()) -> dict[str, Any]:
    """Return what a board amounts to: totals, grids out of range, and what is broken, with its place."""
    return {
        "totals": plain(board.totals),
        "out_of_range": board.out_of_range,
        "broken": [_broken(board, each) for each in board.broken(locked)],
        "changed": list(board.changed),
        "operations": board.operations,
    }


def _broken(board: Board, broken: Broken) -> dict[str, Any]:
    place = geojson_of(shapely.box(*broken.shape.bounds), board.boundaries.crs)
    return {"kind": broken.kind, "grid_ids": list(broken.grid_ids), "name": broken.names, "place": place}


def effect_json(before: Board, after: Board, *, locked: Sequence[str] = ()) -> dict[str, Any]:
    """Return what turns one board into another.

    grids (figures of those that differ, before and after), flows, totals, staff, cut_units and notes are those of a change sheet;
    shapes are the grids that differ as they are after (without a geometry where they are gone), state is that of the board after.
    """
    sheet = after.sheet(before, locked=locked)
    changed = after.changed_since(before)
    return {
        "summary": both(sheet.summary),
        "notes": [both(over_http(note)) for note in (*after.notes, *sheet.notes)],
        "totals": plain(sheet.totals),
        "grids": records(sheet.grids),
        "texts": _texts(before, after, changed),
        "flows": records(sheet.flows),
        "staff": records(sheet.staff),
        "cut_units": records(sheet.cut_units),
        "shapes": shapes_json(after, changed),
        "state": state_json(after, locked=locked),
    }


def _texts(before: Board, after: Board, changed: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the texts that differ, as they are after, by grid."""
    old, new = before.boundaries.grids, after.boundaries.grids
    both_there = [key for key in changed if key in old and key in new]
    return {key: {name: getattr(new[key], name) for name in changed_texts(old[key], new[key])} for key in both_there}


def shapes_json(board: Board, keys: Sequence[str]) -> dict[str, Any]:
    """Return some grids as GeoJSON in WGS 84; one that is not there has no geometry."""
    grids = [board.boundaries.grids.get(key) for key in keys]
    shapes = [None if grid is None else grid.shape for grid in grids]
    frame = gpd.GeoDataFrame({"grid_id": list(keys)}, geometry=shapes, crs=board.boundaries.crs)
    return feature_rows(frame)


def packed_json(board: Board) -> dict[str, Any]:
    """Return the grids of the tiling and all areas over one table of shared borders; see `maps.packing.pack_polygons`."""
    grids = [board.boundaries.grids[key].shape for key in board.seated.ids]
    areas = list(board.boundaries.areas.values())
    layers = {"grids": _degrees(grids, board), "areas": _degrees([area.shape for area in areas], board)}
    arcs, shapes = pack_polygons(layers, units=UNITS)
    return {
        "units": UNITS,
        "arcs": arcs,
        "shapes": shapes,
        "shapeOrder": list(layers),
        "grids": list(board.seated.ids),
        "areas": {name: [getattr(area, name) for area in areas] for name in ("area_id", "name", "level", "parent_id")},
    }


def units_json(ground: Ground) -> dict[str, Any]:
    """Return the units: packed shapes, and by unit its households, persons and the grid that most of them live in at the base.

    ``points`` are longitude and latitude of those that are points, null for the others: they cannot be handed over.
    """
    units = ground.units
    shapes = units.geometry.to_numpy()
    degrees = to_wgs84(units).geometry.to_numpy()
    is_land = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 -- surfaces
    land = degrees.copy()
    land[~is_land] = None
    arcs, packed = pack_polygons({"units": land}, units=UNITS)
    spots = zip(shapely.get_x(degrees).tolist(), shapely.get_y(degrees).tolist(), strict=True)
    return {
        "units": UNITS,
        "arcs": arcs,
        "shapes": packed,
        "shapeOrder": ["units"],
        "unit_id": units["unit_id"].tolist(),
        "name": plain(units["name"].tolist()) if "name" in units else [None] * len(units),
        "points": [plain(list(spot)) if not land else None for spot, land in zip(spots, is_land.tolist(), strict=True)],
        **_people_of_units(ground),
    }


def _people_of_units(ground: Ground) -> dict[str, Any]:
    """Count households and persons of units by the unit that each household states."""
    people, ids = ground.seated.people, ground.units["unit_id"].to_numpy(dtype=object)
    stated = np.full(len(people), -1) if people.unit_ids is None else pd.Index(ids).get_indexer(people.unit_ids)
    told = stated >= 0
    persons = np.nan_to_num(people.counts["persons"][told])
    return {
        "households": np.bincount(stated[told], minlength=len(ids)).tolist(),
        "persons": np.bincount(stated[told], weights=persons, minlength=len(ids)).astype(int).tolist(),
    }


def _degrees(shapes: Sequence[Any], board: Board) -> Any:
    return gpd.GeoSeries(list(shapes), crs=board.boundaries.crs).to_crs(4326).to_numpy()
