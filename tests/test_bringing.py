"""Files brought into a workspace; see `builders.paper_town`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import geogrid
from geogrid.bringing import bring
from geogrid.datum import convert_datum
from geogrid.errors import InputError
from geogrid.profile import load_profile
from tests.builders import block, frame, paper_town

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = load_profile()
SAMPLE = geogrid.data_dir() / "sample"


def test_tables_come_in_the_crs_that_fits() -> None:
    town = paper_town()
    brought = bring(town, profile=PROFILE, datum="wgs84")
    assert brought.crs.to_epsg() == 4548
    assert list(brought.tables) == ["areas", "grids", "roads", "households", "facilities"]
    assert brought.tables["grids"].geometry.area.round(3).tolist() == [500_000.0] * 4
    assert brought.rejected.empty


def test_a_larger_grid_stays_the_parent_that_is_named() -> None:
    grids = frame(
        [
            {"grid_id": "L", "name": "大", "level": "large", "geometry": block(0, 0, 1000, 1000)},
            {"grid_id": "S", "name": "小", "level": "small", "parent_id": "L", "geometry": block(0, 0, 1000, 1000)},
        ]
    )
    brought = bring({"areas": paper_town()["areas"], "grids": grids}, profile=PROFILE)
    assert brought.tables["grids"].set_index("grid_id")["parent_id"].to_dict() == {"L": "V1", "S": "L"}


def test_a_datum_that_nobody_can_compare_is_said() -> None:
    grids = paper_town()["grids"].to_crs(4326)
    (note,) = bring({"grids": grids}, profile=PROFILE).notes["grids"]
    assert "count as WGS 84" in note.en


def test_a_stated_datum_is_converted() -> None:
    grids = paper_town()["grids"].to_crs(4326)
    shifted = convert_datum(grids, "wgs84", "gcj02")
    brought = bring({"grids": shifted}, profile=PROFILE, datum="gcj02", crs=bring({"grids": grids}, profile=PROFILE).crs)
    assert brought.tables["grids"].geometry.centroid.distance(paper_town()["grids"].geometry.centroid).max() < 0.02


def test_a_shifted_table_is_told_by_the_streets_of_the_workspace() -> None:
    whole = bring({table: SAMPLE / f"{table}.geojson" for table in ("grids", "roads")}, profile=PROFILE)
    households = bring({"households": SAMPLE / "households.csv"}, profile=PROFILE, crs=whole.crs)
    known = {"roads": whole.tables["roads"], "grids": whole.tables["grids"]}
    shifted = convert_datum(households.read["households"].table, "wgs84", "gcj02")
    brought = bring({"households": shifted}, profile=PROFILE, known=known, crs=whole.crs)
    assert brought.datum["households"].datum == "gcj02"
    apart = brought.tables["households"].geometry.distance(households.tables["households"].geometry)
    assert apart.max() < 0.02


@pytest.mark.parametrize("files", [{}, {"points": paper_town()["grids"]}])
def test_nothing_to_import_names_the_tables(files: dict[str, object]) -> None:
    with pytest.raises(InputError, match="tables are: areas, grids"):
        bring(files, profile=PROFILE)


def test_a_table_without_a_good_row_is_refused() -> None:
    empty = paper_town()["grids"].assign(geometry=None)
    with pytest.raises(InputError, match="no usable row"):
        bring({"grids": empty}, profile=PROFILE)


def test_polygons_in_piles_are_refused_before_each_is_compared_with_each() -> None:
    pile = frame([{"grid_id": f"G{n}", "name": "a", "geometry": block(0, 0, 100, 100)} for n in range(100)])
    with pytest.raises(InputError, match="100 polygons lie in piles upon one another"):
        bring({"grids": pile}, profile=PROFILE)
    apart = pile.assign(level=[f"L{n % 2}" for n in range(100)], grid_set=[f"S{n // 2}" for n in range(100)])
    assert len(bring({"grids": apart}, profile=PROFILE).tables["grids"]) == 100


def test_households_stand_at_their_unit_where_they_have_no_place(tmp_path: Path) -> None:
    units = frame([{"unit_id": "U1", "name": "一组", "geometry": block(0, 0, 100, 100)}])
    homes = tmp_path / "homes.csv"
    homes.write_text("household_id,persons,unit_id,lon,lat\nH1,2,U1,,\nH2,3,U1,117.0001,28.2801\n", encoding="utf-8")
    brought = bring({"units": units, "households": homes}, profile=PROFILE)
    assert units.geometry[0].contains(brought.tables["households"].geometry.iloc[0])
