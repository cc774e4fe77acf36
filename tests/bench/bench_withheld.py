"""What publishing again costs: the share of counts that are withheld only because of an earlier publication; run on demand.

    [GEOGRID_REAL_DATA=…] python -m tests.bench.bench_withheld [medical education …]

Of the sample town, and of Guixi where its files are, a first check is published; then the same data again, with borders moved
over few households and over many, with new people in one household of 100 and of 20, and with one of the facilities closed and
the people of the first publication (`geogrid publish --same-people`). Gaps, rows of the whole place and standards count apart.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import geogrid
from geogrid.beside import held_back
from geogrid.crs import to_wgs84
from geogrid.privacy import public_coverage
from geogrid.republish import Earlier, Exact, guarded
from geogrid.withholding import with_more_withheld
from tests.real_towns import guixi

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from geogrid.report import Report

TABLES = ("grids", "households", "facilities", "roads", "areas")
STRIPS_M = (10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
FEW, MANY = (1, 10), (51, 10_000)


def sample(services: list[str] | None) -> Report:
    folder = geogrid.data_dir() / "sample"
    names = ("grids.geojson", "households.csv", "facilities.csv", "roads.geojson", "areas.geojson")
    given: dict[str, Any] = {table: folder / name for table, name in zip(TABLES, names, strict=True)}
    return geogrid.check(**given, services=services)


def redrawn(town: Report, wanted: tuple[int, int]) -> tuple[gpd.GeoDataFrame, int]:
    """Give a strip along a border, with as many households as wanted, to the neighbour; the first that is found."""
    grids, homes = town.inputs["grids"], town.households
    shapes = grids.geometry
    for width in STRIPS_M:
        for i in range(len(grids)):
            for j in (j for j in range(len(grids)) if j != i and shapes.iloc[i].distance(shapes.iloc[j]) == 0):
                piece = shapes.iloc[i].intersection(shapes.iloc[j].buffer(width))
                moved = int(homes.within(piece).sum())
                if wanted[0] <= moved <= wanted[1] and moved < (homes["grid_id"] == grids["grid_id"].iloc[i]).sum():
                    changed = shapes.copy()
                    changed.iloc[i], changed.iloc[j] = shapes.iloc[i].difference(piece), shapes.iloc[j].union(piece)
                    return to_wgs84(grids.set_geometry(changed)), moved
    raise ValueError(wanted)


def turned_over(homes: gpd.GeoDataFrame, share: float) -> gpd.GeoDataFrame:
    """Let some households leave, and as many come where others live."""
    rng, count = np.random.default_rng(1), len(homes)
    gone, like = (rng.choice(count, int(count * share), replace=False) for _ in range(2))
    came = homes.iloc[like].assign(household_id=[f"NEW{i}" for i in range(len(like))])
    return pd.concat([homes.drop(homes.index[gone]), came], ignore_index=True)


def cases(town: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name what is new in the second publication, and the tables that differ."""
    yield "the same data again", {}
    for wanted in (FEW, MANY):
        grids, moved = redrawn(town, wanted)
        yield f"a border moved over {moved} households", {"grids": grids}
    homes = town.inputs.original("households")
    for share in (0.01, 0.05):
        yield f"new people in {share:.0%} of households", {"households": turned_over(homes, share)}
    yield "one facility less, the same people", {"facilities": town.inputs.original("facilities").iloc[1:]}


def measured(first: Report, second: Report) -> str:
    """Publish the second beside the first, and say what it costs."""
    homes = to_wgs84(second.households)
    exact = Exact(second.public, second.coverage, homes)
    earlier = [Earlier(first.public, to_wgs84(first.households))]
    start = time.perf_counter()
    found = guarded(exact, earlier)
    public = with_more_withheld(exact.public, found.coverage) if found.withheld else exact.public
    public, more = held_back(public, exact.public, homes, earlier)
    seconds = time.perf_counter() - start
    alone = public_coverage(second.coverage, second.place.tree, threshold=second.settings.profile.suppress_below)
    counts = [column for column in alone if column.startswith(("households", "persons", "aged_65", "children_0_14"))]
    shown = int(alone[counts].notna().to_numpy().sum())
    drawn = [int((~each.gaps.geometry.isna()).sum()) for each in (public, second.public)]
    gaps = drawn[1] - drawn[0]
    return (
        f"{found.withheld:>6} of {shown:>6} counts {found.withheld / shown:>6.1%}   {gaps:>4} of {drawn[1]:>4} gaps "
        f"{more - gaps:>4} rows   still told {found.still_told}   {seconds:.1f} s"
    )


def main(services: list[str] | None) -> None:
    """Print a line for each case and town."""
    towns = {"sample": sample(services)}
    with tempfile.TemporaryDirectory() as made:
        if data := os.environ.get("GEOGRID_REAL_DATA"):
            towns["guixi"] = guixi(Path(data), "households.csv", Path(made), services=services)
        for name, town in towns.items():
            tables = {table: told(table, town.inputs.original(table)) for table in TABLES}
            print(f"{name}: {len(town.households):,} households, {len(tables['grids'])} grids", ", ".join(town.settings.services))
            for case, new in cases(town):
                changed = {table: told(table, each) for table, each in new.items()}
                second = geogrid.check(**(tables | changed), services=services, datum="wgs84") if new else town
                print(f"  {case:<42}{measured(town, second)}", flush=True)


def told(table: str, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table as a file states it: in which grid a household is, is for the check to say."""
    return rows.drop(columns="grid_id", errors="ignore") if table == "households" else rows


if __name__ == "__main__":
    main(sys.argv[1:] or None)
