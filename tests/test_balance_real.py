"""Proposals on real and large towns: Guixi from scratch, the estates of Hongqi, the shares of one community of Chengmai."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geogrid
from geogrid import io
from geogrid.balance import GridsAsked, propose
from geogrid.effort import Effort
from geogrid.merging import MergeAsked, propose_units
from geogrid.officeland import Setting, found
from geogrid.sharing import SharesAsked, propose_shares
from geogrid.store import Act, create, open_workspace
from tests.made_places import make_place, write_place

DATA = os.environ.get("GEOGRID_REAL_DATA", "")
ACT = Act("李", dt.date(2026, 1, 1), "首批")
TABLES = ("areas", "grids", "households", "units", "staff", "roads", "buildings")
ENDINGS = (".geojson", ".csv")
HONGQI = ["V10", "V17", "V26", "V28", "V29", "V72"]
"""Communities with estates of few party members, and V26 with one that states nothing."""


def place(name: str, folder: Path, communities: list[str]) -> Path:
    """Return a workspace of some communities of an example."""
    write_place(make_place(name), folder / "files")
    files: Any = {path.stem: path for path in (folder / "files").iterdir() if path.stem in TABLES and path.suffix in ENDINGS}
    shapes = {stem: gpd.read_file(path) for stem, path in files.items() if path.suffix == ".geojson"}
    grids = shapes["grids"][shapes["grids"]["parent_id"].isin(communities)]
    land = shapes["areas"][shapes["areas"]["area_id"].isin(communities)].union_all()
    near = {stem: frame[frame.intersects(land)] for stem, frame in shapes.items()}
    homes = pd.read_csv(files["households"], dtype=str)
    inside = shapely.contains_xy(land, homes["lon"].astype(float), homes["lat"].astype(float))
    kept = near | {"grids": grids, "areas": near["areas"][near["areas"]["area_id"].isin(communities)].drop(columns="parent_id")}
    if "units" in shapes:
        kept["units"] = shapes["units"][shapes["units"]["grid_id"].isin(grids["grid_id"])]
    for stem, frame in kept.items():
        frame.to_file(files[stem], driver="GeoJSON")
    homes[inside].to_csv(files["households"], index=False)
    found(folder / "place.gpkg", files, Setting(name, name), act=ACT)
    return folder / "place.gpkg"


@pytest.mark.skipif(not DATA, reason="GEOGRID_REAL_DATA is not set: the real town is not there")
def test_guixi_in_range_wherever_it_can_be(tmp_path: Path) -> None:
    """28,343 households in the draft cells of 20 communities: two of them (564 and 578 households) cannot be in range."""
    folder = Path(DATA) / "guixi"
    townships, points = io.read_areas(folder / "townships.geojson").table, io.read_points(folder / "communities.geojson").table
    cells = geogrid.draft_grids(points, townships).grids.rename(columns={"grid_id": "area_id"}).assign(level="village")
    tables: dict[str, gpd.GeoDataFrame] = {
        "areas": cells[["area_id", "name", "level", "geometry"]].to_crs("EPSG:4548"),
        "households": io.read_households(folder / "households.csv").table,
        "roads": io.read_roads(folder / "roads.osm").table,
    }
    with create(tmp_path / "guixi.gpkg", crs="EPSG:4548", name="贵溪", act=ACT) as workspace:
        for base, (name, frame) in enumerate(tables.items()):
            workspace.import_table(name, frame, act=ACT, base=base)
        done = propose(workspace, GridsAsked(alternatives=1), Effort())
    (best,) = done.alternatives
    assert not best.refused
    assert {each.kind for each in done.obstacles} == {"count"}
    assert sorted(each.numbers["households"] for each in done.obstacles) == [564, 578]
    assert all(each.releases for each in done.obstacles)
    lost = {each.area_id for each in done.obstacles}
    seated = best.sheet.after
    held = dict(zip(seated.ids, np.bincount(seated.home[seated.home >= 0], minlength=len(seated.ids)).tolist(), strict=True))
    assert sum(held.values()) == 28_343
    inside = [held[key] for key, grid in best.drawn.boundaries.grids.items() if grid.parent_id not in lost]
    assert all(300 <= n <= 500 for n in inside)
    assert 60 <= len(inside) <= 80
    assert best.drawn.boundaries.unassigned == {}


def test_estates_of_hongqi_reach_three_party_members(tmp_path: Path) -> None:
    """Estates with fewer join neighbours of their community; the one that states nothing is left alone, and named."""
    with open_workspace(place("hongqi", tmp_path, HONGQI)) as workspace:
        done = propose_units(workspace, MergeAsked(3, by="party_members", of="units"), Effort())
        units = workspace.read("units")
    assert not done.obstacles
    assert (done.groups["value_before"] < 3).all()
    assert (done.groups["value_after"] >= 3).all()
    few = set(units.loc[units["party_members"] < 3, "unit_id"])
    joined = {each for row in done.groups["unit_ids"] for each in row}
    assert few
    assert few <= joined
    after = done.units[done.units["party_members"].notna()]
    assert (after["party_members"] >= 3).all()
    assert after["party_members"].sum() == units["party_members"].sum()
    homes = units.set_index("unit_id")["grid_id"].map(villages_of(done))
    assert all(len(set(homes[list(row)])) == 1 for row in done.groups["unit_ids"]), "no estate joins one of another community"
    assert len(done.notes) == 1


def villages_of(done: Any) -> dict[str, str]:
    """Return the community of each grid."""
    return {key: grid.parent_id for key, grid in done.town.base.grids.items()}


def test_shares_of_a_community_of_chengmai(tmp_path: Path) -> None:
    """Its grids, each shared out among its members: no share more than a fifth over the mean of its grid."""
    with open_workspace(place("chengmai", tmp_path, ["V01"])) as workspace:
        count = len(workspace.boundaries().grids)
        done = propose_shares(workspace, SharesAsked(within=("V01",)), Effort())
    shares = done.shares.groupby("grid_id")["households"]
    assert len(shares) == count
    assert (shares.max() <= 1.2 * shares.mean()).all()
    assert not done.obstacles
    assert done.shares["households"].sum() == len(done.households)
