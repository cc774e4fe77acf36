"""Strips of land that are published again and again, each time cut into other grids: towns for attacks on publications.

+--+----+---+-----+---+      households stand along a line; grids are pieces of it, one after the other, and villages are
|A1| A2 |A3 | B1  |B2 |      some grids side by side; another publication cuts the same line elsewhere
+--+----+---+-----+---+
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.hierarchy import Hierarchy, hierarchy, sum_upwards
from geogrid.issued import NAMES
from geogrid.plain import records
from geogrid.privacy import MEASURES, PublicReport, public_coverage
from geogrid.republish import Exact

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP = 0.001
PARTS = ("", "_covered", "_uncovered", "_unreached")
SERVICES = ("s0", "s1")


def grids_of(cuts: Sequence[int], villages: Sequence[int]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return grids between cuts (in steps), each in a village of the same number, and the villages."""
    boxes = [shapely.box(a * STEP, 0, b * STEP, STEP) for a, b in pairwise(cuts)]
    grids = gpd.GeoDataFrame(
        {"grid_id": [f"G{i}" for i in range(len(boxes))], "name": "", "parent_id": [f"V{v}" for v in villages]},
        geometry=boxes,
        crs=4326,
    )
    areas = grids.dissolve("parent_id", as_index=False).rename(columns={"parent_id": "area_id"})
    return grids, areas.assign(name="", level="village", parent_id=None)[["area_id", "name", "level", "parent_id", "geometry"]]


def people(sites: Sequence[int], covered: np.ndarray, persons: Sequence[int]) -> gpd.GeoDataFrame:
    """Return households at sites (in steps), covered by which services now (columns 0, 1) and later (2, 3)."""
    count = len(sites)
    columns: dict[str, Any] = {"household_id": [f"H{i}" for i in range(count)], "persons": list(persons)}
    for j, (prefix, service) in enumerate((p, s) for p in ("status_", "status_later_") for s in SERVICES):
        columns[f"{prefix}{service}"] = np.where(covered[:, j], "covered", "uncovered")
    for k, prefix in enumerate(("status_", "status_later_")):
        columns[f"{prefix}all"] = np.where(covered[:, 2 * k : 2 * k + 2].all(axis=1), "covered", "uncovered")
    points = gpd.points_from_xy([(x + 0.5) * STEP for x in sites], [STEP / 2] * count)
    return gpd.GeoDataFrame(columns, geometry=points, crs=4326)


def exact_of(homes: gpd.GeoDataFrame, cuts: Sequence[int], villages: Sequence[int]) -> Exact:
    """Return a check of these people in grids between cuts."""
    grids, areas = grids_of(cuts, villages)
    at = np.searchsorted(np.array(cuts) * STEP, homes.geometry.x.to_numpy(), side="right") - 1
    homes = homes.assign(grid_id=[f"G{i}" for i in at])
    place = hierarchy(grids, areas)
    pairs = [(when, service) for when in ("now", "later") for service in (*SERVICES, "all")]
    coverage = pd.concat([_table(homes, place, service, when) for when, service in pairs], ignore_index=True)
    return published(Exact(_report(grids, areas), coverage, homes), public_coverage(coverage, place.tree))


def _table(homes: gpd.GeoDataFrame, place: Hierarchy, service: str, when: str) -> pd.DataFrame:
    status = homes[f"{'status_' if when == 'now' else 'status_later_'}{service}"]
    size = pd.DataFrame({"households": 1, "persons": homes["persons"]})
    columns: dict[str, Any] = {}
    for measure in size:
        kinds = (size[measure], size[measure] * (status == "covered"), size[measure] * (status == "uncovered"), size[measure] * 0)
        columns |= {f"{measure}{part}": each for part, each in zip(PARTS, kinds, strict=True)}
    leaves = pd.DataFrame(columns).groupby(homes["grid_id"]).sum().reindex(place.nodes["id"]).fillna(0).to_numpy(dtype=float)
    sums = pd.DataFrame(sum_upwards(leaves, place.tree).astype(int), columns=list(columns)).astype("Int64")
    names = [f"{measure}{part}" for measure in MEASURES for part in PARTS]
    return place.nodes.assign(service=service, when=when).join(sums.reindex(columns=names).astype("Int64"))


def _report(grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> PublicReport:
    nothing = gpd.GeoDataFrame(geometry=[], crs=4326)
    return PublicReport({"settings": {"suppress_below": 10}}, grids, areas, nothing, nothing, nothing, nothing, nothing)


def published(exact: Exact, coverage: pd.DataFrame) -> Exact:
    """Return a check whose public report shows a table."""
    rows = records(coverage.rename(columns={new: old for old, new in NAMES.items()}))
    public = replace(exact.public, summary={**exact.public.summary, "coverage": rows})
    return replace(exact, public=public)


def random_history(seed: int, times: int = 2) -> list[Exact]:
    """Return checks of the same people whose borders move a little each time."""
    rng = np.random.default_rng(seed)
    long = int(rng.integers(12, 30))
    crowd = rng.choice([1, 2, 6, 25, 60], long, p=[0.3, 0.2, 0.2, 0.2, 0.1])
    sites = np.repeat(np.arange(long), crowd)
    likely = rng.choice([0.05, 0.5, 0.9, 1.0], (long, 2))[sites]
    now = rng.random((len(sites), 2)) < likely
    later = now | (rng.random((len(sites), 2)) < rng.choice([0.0, 0.2, 1.0]))
    homes = people(sites.tolist(), np.hstack([now, later]), rng.integers(1, 5, len(sites)).tolist())
    count = int(rng.integers(3, 7))
    inner = np.sort(rng.choice(np.arange(1, long), count - 1, replace=False))
    villages = np.sort(rng.integers(0, 3, count)).tolist()
    found = []
    for _ in range(times):
        found.append(exact_of(homes, [0, *inner.tolist(), long], villages))
        inner = np.unique(np.clip(inner + rng.choice([0, 0, 1, -1, 2], len(inner)), 1, long - 1))
        villages = villages[: len(inner) + 1]
    return found
