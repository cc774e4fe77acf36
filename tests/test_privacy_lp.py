"""A linear programme over everything published of whole towns, again and again, cannot bound a small count."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

import geogrid
from geogrid.crs import to_wgs84
from geogrid.errors import InputError
from geogrid.outputs import read_public
from geogrid.publications import Counted, add, exact_of, folder_of, publications
from geogrid.replacing import PRIVATE
from tests.test_republish import Reader

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from geogrid.report import Report

SERVICES = ["medical", "education"]
EFFECTIVE = dt.date(2026, 1, 1)
STRIPS_M = (40.0, 20.0, 10.0, 5.0, 80.0)


def files() -> dict[str, Any]:
    """The sample town's files."""
    folder = geogrid.data_dir() / "sample"
    names = {"grids": "grids.geojson", "households": "households.csv", "facilities": "facilities.csv", "roads": "roads.geojson"}
    return {table: folder / name for table, name in names.items()} | {"areas": folder / "areas.geojson"}


def redrawn(grids: gpd.GeoDataFrame, homes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give a strip along the border, with 1 to 10 households, from some grid to its neighbour."""
    shapes = grids.geometry
    for width in STRIPS_M:
        for i, j in permutations(range(len(grids)), 2):
            if shapes.iloc[i].intersection(shapes.iloc[j]).length > width:
                piece = shapes.iloc[i].intersection(shapes.iloc[j].buffer(width))
                if 1 <= homes.within(piece).sum() <= 10:
                    changed = shapes.copy()
                    changed.iloc[i], changed.iloc[j] = shapes.iloc[i].difference(piece), shapes.iloc[j].union(piece)
                    return grids.set_geometry(changed)
    raise AssertionError("no border of the town has a few households beside it")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample town, published, redrawn around a few households, and published again; the folder of all this."""
    root = tmp_path_factory.mktemp("town")
    before = geogrid.check(**files(), services=SERVICES)
    before.write(root / "check1")
    moved = to_wgs84(redrawn(before.inputs["grids"], before.households))
    geogrid.check(**{**files(), "grids": moved}, services=SERVICES, datum="wgs84").write(root / "check2")
    homes = to_wgs84(before.households)
    for number in (1, 2):
        add(root / "all", root / f"check{number}", version=number, effective=EFFECTIVE, people=Counted(number, lambda _: homes))
    return root


def told(root: Path, reports: list[Any]) -> list[tuple[Any, ...]]:
    homes = exact_of(root / "check2").households
    return Reader(reports, homes).told(homes)


def test_threat_23_the_sample_town_redrawn_around_a_few_households_tells_none_of_them(published: Path) -> None:
    made = publications(published / "all")
    assert (made[0].withheld, made[1].still_told) == (0, 0)
    assert 0 < made[1].withheld < 600
    reports = [read_public(folder_of(published / "all", each)) for each in made]
    assert told(published, reports) == []
    assert told(published, [reports[0], read_public(published / "check2")]) != []


def test_what_is_withheld_is_so_in_every_table_and_said(published: Path) -> None:
    public = read_public(published / "all" / "2")
    hidden = public.grids[public.grids["households"].isna()]
    assert 2 <= len(hidden) <= 4
    assert hidden[["covered_medical", "share_medical", "share_later_all", "deviation", "in_range"]].isna().all(axis=None)
    assert hidden["suppressed"].all()
    rows = [row for row in public.summary["coverage"] if row["id"] in set(hidden["grid_id"])]
    assert {row["households"] for row in rows} == {None}
    assert all(row["suppressed"] for row in rows)
    assert not [grid for named in public.summary["worst_grids"].values() for grid in named if grid in set(hidden["grid_id"])]
    assert public.summary["notes"][-1]["en"].startswith("Counts that would tell of few households beside earlier publications")


def test_a_check_without_its_private_files_cannot_be_published_beside_others(published: Path, tmp_path: Path) -> None:
    public = tmp_path / "check"
    public.mkdir()
    for path in (published / "check2").iterdir():
        if path.name != PRIVATE:
            (public / path.name).write_bytes(path.read_bytes())
    add(tmp_path / "all", public, version=1, effective=EFFECTIVE)
    with pytest.raises(InputError, match="check again, then publish"):
        add(tmp_path / "all", public, version=2, effective=EFFECTIVE)
    assert [each.number for each in publications(tmp_path / "all")] == [1]


def test_threat_23_a_real_town_redrawn_around_a_few_households_tells_none_of_them(guixi_report: Report, tmp_path: Path) -> None:
    """One service of Guixi, with everything published of it: counts, gaps, and what is rounded."""
    tables: dict[str, Any] = {table: guixi_report.inputs.original(table) for table in ("grids", "facilities", "roads", "areas")}
    tables["households"] = guixi_report.inputs.original("households").drop(columns="grid_id", errors="ignore")
    grids = to_wgs84(redrawn(guixi_report.inputs["grids"], guixi_report.households))
    people = to_wgs84(guixi_report.households)
    for number, each in ((1, tables), (2, tables | {"grids": grids})):
        geogrid.check(**each, services=SERVICES[:1], datum="wgs84").write(tmp_path / f"check{number}")
        add(
            tmp_path / "all",
            tmp_path / f"check{number}",
            version=number,
            effective=EFFECTIVE,
            people=Counted(number, lambda _: people),
        )
    made = publications(tmp_path / "all")
    reports = [read_public(folder_of(tmp_path / "all", each)) for each in made]
    assert made[1].withheld > 0
    assert told(tmp_path, reports) == []
    assert told(tmp_path, [reports[0], read_public(tmp_path / "check2")]) != []
