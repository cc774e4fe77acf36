"""The facts of a made-up place, from the files that its maker wrote: read, projected and put together as a check does."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geogrid import io
from geogrid.assign import assign
from geogrid.crs import project, projected_crs
from geogrid.facts import Facts
from geogrid.profile import Profile, data_dir, load_profile

if TYPE_CHECKING:
    from pathlib import Path

sys.path.insert(0, str(data_dir()))

from _place_matters import DAY

READERS = {
    "areas": (io.read_areas, "geojson"),
    "grids": (io.read_grids, "geojson"),
    "units": (io.read_units, "geojson"),
    "households": (io.read_households, "csv"),
    "facilities": (io.read_facilities, "csv"),
    "roads": (io.read_roads, "geojson"),
    "staff": (io.read_staff, "csv"),
    "events": (io.read_events, "csv"),
    "grades": (io.read_grades, "csv"),
    "area_members": (io.read_area_members, "csv"),
    "buildings": (io.read_buildings, "geojson"),
}


def read_all(folder: Path, profile: Profile) -> dict[str, Any]:
    """Return the good rows of every table of an example; a rejected row is an error."""
    tables: dict[str, Any] = {}
    for name, (read, ending) in READERS.items():
        path = folder / f"{name}.{ending}"
        if not path.exists():
            continue
        units: dict[str, Any] = {"units": set(tables["units"]["unit_id"])} if name == "households" and "units" in tables else {}
        result = read(path, profile=profile, **units)
        if len(result.rejected):
            raise AssertionError(f"{path.name}: {result.rejected.head().to_dict('records')}")
        tables[name] = result.table
    return tables


def facts_of(folder: Path, place: str) -> Facts:
    """Return the facts of an example; nobody's travel is known."""
    profile = load_profile(place)
    tables = read_all(folder, profile)
    grids = tables["grids"]
    crs = projected_crs(grids)
    standing = grids[grids["grid_set"] == "standing"]
    inner = set(standing["parent_id"].dropna())
    smallest = standing[~standing["grid_id"].isin(inner)].reset_index(drop=True)
    larger = standing[standing["grid_id"].isin(inner)].rename(columns={"grid_id": "area_id"})
    located = {name: assign(tables[name], smallest).grid_id for name in ("households", "facilities", "events")}
    tables |= {name: tables[name].assign(grid_id=grid) for name, grid in located.items()}
    areas = gpd.GeoDataFrame(pd.concat([tables["areas"], larger], ignore_index=True), crs=grids.crs)
    shaped = {name: frame for name, frame in tables.items() if name in ("units", "facilities", "buildings", "events")}
    projects = grids[grids["grid_set"] != "standing"].reset_index(drop=True)
    return Facts(
        profile=profile,
        crs=crs,
        on=DAY,
        households=project(tables["households"], crs),
        grids=project(smallest, crs),
        areas=project(areas, crs),
        projects=project(projects, crs) if len(projects) else None,
        streets=project(tables["roads"], crs),
        **{name: project(frame, crs) for name, frame in shaped.items()},
        **{name: tables[name] for name in ("staff", "grades", "area_members") if name in tables},
    )


def planted(folder: Path) -> list[dict[str, str]]:
    """Return the faults that an example says it has."""
    return list(json.loads((folder / "faults.json").read_text("utf-8")))
