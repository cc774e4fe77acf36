"""How long one operation with its change sheet takes in a county, against a full recomputation with geopandas in the same run.

Run ``python -m tests.bench.bench_redraw [households] [grids] [operations]``. Both sides answer the same: who is in another grid,
flows, and per changed grid people, covered shares, area, compactness and facilities before and after; the answers are compared.
geopandas is given the boundaries afterwards and its own join before; the product carries out the operation besides.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.boundaries import Boundaries
from geogrid.changepublic import public_sheet
from geogrid.changesheet import Asked, ChangeSheet, change_sheet
from geogrid.errors import RefusedError
from geogrid.operations import Hand, Merge, Operation, Split
from geogrid.people import People
from geogrid.profile import load_profile
from geogrid.redraw import apply
from geogrid.seating import seat
from tests.bench.bench_join import SIDE_M, rough_grids

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.redraw import Step
    from geogrid.seating import Seated

SERVICES = ("medical", "education", "sport", "day_care", "courier_rest", "party_service", "convenience")
ROUND_M = 300.0
SHARED_M = 100.0
SLOW = 8
"""Operations that geopandas is asked about too."""


def county(households: int, grids: int) -> tuple[Boundaries, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Draw grids of some 50 corners, and scatter households and facilities over them."""
    rng = np.random.default_rng(11)
    tiling = rough_grids(grids, rng)
    people = {
        "household_id": [f"H{i}" for i in range(households)],
        "persons": rng.integers(1, 6, households),
        "aged_65": rng.integers(0, 2, households),
        "children_0_14": rng.integers(0, 2, households),
        **{f"covered_{service}": rng.random(households) < 0.8 for service in SERVICES},
    }
    homes = gpd.GeoDataFrame(people, geometry=shapely.points(rng.uniform(0, SIDE_M, (households, 2))), crs=4547)
    spots = shapely.points(rng.uniform(0, SIDE_M, (grids // 2, 2)))
    facilities = {"facility_id": [f"F{i}" for i in range(len(spots))], "services": [("medical",)] * len(spots)}
    return Boundaries.of(tiling.assign(name=tiling["grid_id"])), homes, gpd.GeoDataFrame(facilities, geometry=spots, crs=4547)


def operations(town: Boundaries, many: int) -> list[tuple[Operation, Step]]:
    """Choose hands, merges and splits all over the county; those that a rule refuses are left out."""
    rng = np.random.default_rng(3)
    chosen: list[tuple[Operation, Step]] = []
    while len(chosen) < many:
        first = int(rng.integers(len(town.ids)))
        near = town.tree.query(town.shapes[first], predicate="touches")
        shared = shapely.length(shapely.intersection(town.shapes[near], town.shapes[first]))
        second = int(near[shared.argmax()])
        if shared.max() > SHARED_M:
            operation = _operation(town, len(chosen), first, second)
            try:
                chosen.append((operation, apply(town, operation)))
            except RefusedError:
                continue
    return chosen


def _operation(town: Boundaries, number: int, first: int, second: int) -> Operation:
    ids, one = town.ids, town.shapes[first]
    border = shapely.intersection(one, town.shapes[second])
    west, south, east, north = one.bounds
    across = shapely.LineString([(west - 1, (south + north) / 2), (east + 1, (south + north) / 2 + 1)])
    return [
        Hand(ids[first], shapely.buffer(border.centroid, ROUND_M)),
        Merge(ids[first], (ids[second],)),
        Split(ids[first], across, (f"{ids[first]}-2",)),
        Hand(ids[second], shapely.buffer(border.centroid, ROUND_M / 2)),
    ][number % 4]


def everything(sheet: ChangeSheet) -> tuple[Any, ...]:
    """Ask for all that an office looks at."""
    return sheet.grids, sheet.flows, sheet.movers, sheet.staff, sheet.locks, sheet.totals, sheet.summary, sheet.notes


def by_geogrid(seated: Seated, operation: Operation, asked: Asked) -> ChangeSheet:
    """Carry the operation out and make its sheet."""
    step = apply(seated.boundaries, operation)
    sheet = change_sheet(seated, step.boundaries, changed=step.changed, asked=asked)
    everything(sheet)
    return sheet


def totals_by_geopandas(homes: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> tuple[pd.Series, Any]:
    """Join everybody and add up, as most programs do."""
    columns = ["persons", "aged_65", "children_0_14", *(f"covered_{service}" for service in SERVICES)]
    home = gpd.sjoin(homes, grids, predicate="intersects", how="left").sort_values("grid_id").groupby(level=0)["grid_id"].first()
    at_once = homes[columns[3:]].all(axis=1).rename("covered_all")
    sums = homes[columns].join(at_once).groupby(home).sum().join(home.value_counts().rename("households"))
    inside = gpd.sjoin(facilities, grids, predicate="intersects").groupby("grid_id")["facility_id"].agg(tuple)
    shape = grids.set_index("grid_id").geometry
    return home, sums.join(inside).assign(area_m2=shape.area, compact=4 * np.pi * shape.area / shape.length**2)


def by_geopandas(before: Any, homes: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> Any:
    """Compute everything anew afterwards and compare it with what was before."""
    home, now = totals_by_geopandas(homes, facilities, after)
    old, was = before
    moved = old.fillna("") != home.fillna("")
    movers = pd.DataFrame({"household_id": homes["household_id"], "from_id": old.fillna(""), "to_id": home.fillna("")})[moved]
    flows = movers.join(homes["persons"]).groupby(["from_id", "to_id"])["persons"].agg(["size", "sum"])
    return movers, flows, was.join(now, how="outer", suffixes=("_before", "_after"))


def differing(sheet: ChangeSheet, expected: Any) -> int:
    """Count movers and grids of which the two disagree."""
    movers, flows, grids = expected
    wrong = len(set(zip(*movers.to_numpy().T, strict=True)) ^ set(sheet.movers.iloc[:, :3].itertuples(index=False, name=None)))
    wrong += int((sheet.flows[["households", "persons"]].to_numpy() != flows.to_numpy()).sum())
    rows = grids.reindex(sheet.grids["grid_id"])
    for column in ("households", "persons", "aged_65", "children_0_14", "area_m2"):
        for when in ("before", "after"):
            ours = sheet.grids[f"{column}_{when}"].to_numpy(dtype=float, na_value=np.nan)
            wrong += int((~np.isclose(ours, rows[f"{column}_{when}"].to_numpy(dtype=float), equal_nan=True)).sum())
    return wrong


def seconds_of(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long a call takes, and its answer."""
    start = time.perf_counter()
    answer = run()
    return time.perf_counter() - start, answer


def main(households: int = 500_000, grids: int = 3_000, many: int = 20) -> None:
    """Print milliseconds of every part, and the ratio to geopandas."""
    town, homes, facilities = county(households, grids)
    covered = {service: homes[f"covered_{service}"].to_numpy() for service in SERVICES}
    made, people = seconds_of(lambda: People.of(homes, facilities, crs=town.crs, covered=covered))
    seats, seated = seconds_of(lambda: seat(people, town))
    corners = shapely.get_num_coordinates(town.shapes).mean()
    print(f"{households:,} households, {len(town.ids):,} grids of {corners:.0f} corners, {len(SERVICES)} services")
    print(f"once: people {made:.2f} s, seats {seats:.2f} s")
    profile = load_profile()
    chosen, asked = operations(town, many), Asked.of(profile)
    by_geogrid(seated, chosen[0][0], asked)
    before = totals_by_geopandas(homes, facilities, town.grid_frame)
    times: dict[str, list[float]] = {name: [] for name in ("operation and sheet", "operation alone", "public sheet", "geopandas")}
    wrong = 0
    for number, (operation, step) in enumerate(chosen):
        taken, sheet = seconds_of(lambda operation=operation: by_geogrid(seated, operation, asked))  # type: ignore[misc]
        times["operation and sheet"].append(taken)
        times["operation alone"].append(seconds_of(lambda operation=operation: apply(town, operation))[0])  # type: ignore[misc]
        times["public sheet"].append(seconds_of(lambda sheet=sheet: public_sheet(sheet, profile))[0])  # type: ignore[misc]
        if number < SLOW:
            frame = step.boundaries.grid_frame
            taken, expected = seconds_of(lambda frame=frame: by_geopandas(before, homes, facilities, frame))  # type: ignore[misc]
            times["geopandas"].append(taken)
            wrong += differing(sheet, expected)
    ours = float(np.median(times["operation and sheet"]))
    for name, each in times.items():
        middle = float(np.median(each))
        print(f"{name:20} median {middle * 1000:8.1f} ms  most {max(each) * 1000:8.1f} ms  ratio {middle / ours:6.1f}")
    print(f"{wrong} answers differ")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
