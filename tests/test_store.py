"""A workspace: what goes in comes out, at every version and on every day; and who may write when."""

from __future__ import annotations

import datetime as dt
import shutil
import stat
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from geogrid.errors import ConflictError, CrsError, InputError, NotFoundError, StoreError
from geogrid.profile import load_profile
from geogrid.rows.tables import TABLES as CANONICAL
from geogrid.store import Act, Workspace, create, open_workspace
from tests.builders import CRS, at, block, frame, street
from tests.workspaces import act, day, town_tables, town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper town's file, versions 0 to 5, closed."""
    path = tmp_path_factory.mktemp("town") / "纸镇.gpkg"
    town_workspace(path).close()
    return path


@pytest.fixture
def town(made_once: Path, tmp_path: Path) -> Iterator[Workspace]:
    """The paper town in a copy of its own."""
    with open_workspace(shutil.copy(made_once, tmp_path / "纸镇.gpkg")) as workspace:
        yield workspace


# --- making and opening -------------------------------------------------------------------------------------------------------


def test_a_new_workspace_holds_its_making_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "新.gpkg"
    with create(path, crs=4548, name="贵溪", act=Act("张", dt.date(2024, 5, 1), "建立")) as made:
        head = made.head
        assert (head.version, head.kind, head.who, head.effective, head.reason) == (
            0,
            "create",
            "张",
            dt.date(2024, 5, 1),
            "建立",
        )
        assert (head.previous_hash, head.hmac, head.tables) == ("", "", ())
        assert (made.name, made.profile_id, made.crs.to_epsg()) == ("贵溪", "generic", 4548)
        assert made.profile == load_profile()
        assert all(len(made.read(table)) == 0 for table in CANONICAL if table != "points")
        assert not made.boundaries().grids
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["新.gpkg"]


def test_today_is_said_in_the_profiles_time_zone(tmp_path: Path) -> None:
    profile = load_profile().model_copy(update={"time_zone": "Pacific/Kiritimati"})
    with create(tmp_path / "a.gpkg", crs=4548, profile=profile) as made:
        assert made.head.effective == dt.datetime.now(ZoneInfo("Pacific/Kiritimati")).date()


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "旧.gpkg"
    path.write_text("mine")
    with pytest.raises(StoreError, match="exists and is never overwritten"):
        create(path, crs=4548)
    assert path.read_text() == "mine"
    (tmp_path / "link.gpkg").symlink_to(tmp_path / "nowhere")
    with pytest.raises(StoreError, match=r"link\.gpkg exists"):
        create(tmp_path / "link.gpkg", crs=4548)
    with pytest.raises(StoreError, match="no folder"):
        create(tmp_path / "none" / "a.gpkg", crs=4548)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.gpkg", "旧.gpkg"]


@pytest.mark.parametrize("crs", [4326, 2277])
def test_a_workspace_is_in_metres(tmp_path: Path, crs: int) -> None:
    with pytest.raises(CrsError, match="not in metres"):
        create(tmp_path / "a.gpkg", crs=crs)
    assert not list(tmp_path.iterdir())


def test_a_crs_without_a_code_is_kept(tmp_path: Path) -> None:
    local = "+proj=tmerc +lon_0=117.1 +x_0=500000 +ellps=GRS80 +units=m"
    with create(tmp_path / "a.gpkg", crs=local) as made:
        made.import_table("grids", town_tables()["grids"], act=Act(), base=0)
        shapes = made.read("grids")
        assert made.crs.equals(shapes.crs)
        assert made.crs.to_epsg() is None
        assert shapes.area.sum() == pytest.approx(2e6, rel=1e-5)


# --- what goes in comes out ---------------------------------------------------------------------------------------------------


def test_tables_come_back_as_they_went_in(town: Workspace) -> None:
    for name, given_frame in town_tables().items():
        found = town.read(name)
        assert found.crs == given_frame.crs
        assert list(found.index) == list(range(len(given_frame)))
        for column in given_frame.columns.drop("geometry"):
            wanted = [(value,) if column == "services" else None if pd.isna(value) else value for value in given_frame[column]]
            assert [None if pd.isna(value) is True else value for value in found[column]] == wanted
        assert shapely.equals_exact(found.geometry.normalize(), given_frame.geometry.normalize(), 0).all()


def test_every_canonical_column_is_there_with_its_type(town: Workspace) -> None:
    homes = town.read("households")
    assert list(homes.columns[:3]) == ["household_id", "persons", "aged_65"]
    assert list(homes.columns[-4:]) == ["persons_summer", "persons_winter", "placed_by", "geometry"]
    kinds = dict.fromkeys(homes.columns, "str") | {"persons": "int64", "geometry": "geometry"}
    kinds |= dict.fromkeys(("aged_65", "children_0_14", "persons_summer", "persons_winter"), "Int64")
    assert homes.dtypes.astype(str).to_dict() == kinds
    facilities = town.read("facilities")
    assert facilities["services"].tolist() == [("medical",), ("medical",)]
    assert (str(facilities["floor_area_m2"].dtype), str(facilities["simulated"].dtype)) == ("float64", "boolean")


def test_lists_numbers_and_truth_survive(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {
            "facility_id": "1",
            "name": "甲",
            "services": ("medical", "sport"),
            "functions": (),
            "floor_area_m2": 0.1,
            "simulated": True,
        },
        {"facility_id": "2", "name": "乙", "services": ("sport",), "functions": None, "floor_area_m2": None, "simulated": None},
    ]
    given_frame = frame([{**row, "status": "built", "geometry": at(1, 1)} for row in rows])
    with create(tmp_path / "a.gpkg", crs=CRS) as made:
        made.import_table("facilities", given_frame, act=Act(), base=0)
        found = made.read("facilities")
    assert found["services"].tolist() == [("medical", "sport"), ("sport",)]
    assert found["functions"].tolist() == [(), None]
    assert found["floor_area_m2"].fillna(-1).tolist() == [0.1, -1]
    assert found["simulated"].tolist() == [True, pd.NA]


def test_a_table_without_shapes(tmp_path: Path) -> None:
    given_frame = pd.DataFrame({"subject_id": ["G1", "G1"], "period": ["2024-05", "2024-06"], "grade": ["优", "良"]})
    with create(tmp_path / "a.gpkg", crs=CRS) as made:
        made.import_table("grades", given_frame, act=Act(), base=0)
        found = made.read("grades")
        assert not isinstance(found, gpd.GeoDataFrame)
        assert found[["subject_id", "period", "grade"]].to_numpy().tolist() == given_frame.to_numpy().tolist()


def test_own_days_of_closures_do_not_clash_with_those_of_versions(tmp_path: Path) -> None:
    closed = frame(
        [{"closure_id": "C1", "kind": "flood", "valid_from": "2024-06-01", "valid_to": None, "geometry": street((0, 0), (9, 0))}]
    )
    with create(tmp_path / "a.gpkg", crs=CRS) as made:
        made.import_table("closures", closed, act=Act(), base=0)
        found = made.read("closures")
        assert (found["valid_from"].iloc[0], found["valid_to"].isna().all()) == ("2024-06-01", True)


def test_shapes_lie_on_the_lattice_and_lines_keep_their_direction(tmp_path: Path) -> None:
    roads = frame([{"road_id": "R", "geometry": street((9.00000049, 0), (0.3, 0))}])
    grids = frame([{"grid_id": "G", "name": "一", "geometry": shapely.MultiPolygon([block(0.1, 0.1, 9.00000049, 9)])}])
    with create(tmp_path / "a.gpkg", crs=CRS) as made:
        made.import_table("roads", roads, act=Act(), base=0)
        made.import_table("grids", grids, act=Act(), base=1)
        line, polygon = made.read("roads").geometry[0], made.read("grids").geometry[0]
    assert list(line.coords) == [(500_009.0, 3_130_000.0), (500_000.3, 3_130_000.0)]
    assert (polygon.geom_type, polygon.bounds) == ("Polygon", (500_000.1, 3_130_000.1, 500_009.0, 3_130_009.0))


def test_another_crs_is_brought_to_that_of_the_workspace(town: Workspace) -> None:
    degrees = town_tables()["households"].to_crs(4326)
    town.import_table("households", degrees, act=act(9), base=5)
    moved = town.read("households").geometry.distance(town_tables()["households"].geometry, align=False)
    assert moved.max() < 1e-5
    with pytest.raises(CrsError):
        town.import_table("households", degrees.set_crs(None, allow_override=True), act=act(9), base=6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.drop(columns="persons"), "households has no column persons"),
        (lambda f: f.assign(household_id=[None, *f["household_id"][1:]]), "household_id of households is empty in 1 rows"),
        (lambda f: pd.concat([f, f.iloc[:2]]), r"household_id of households is repeated in 2 rows \(such as H000\)"),
        (lambda f: f.assign(persons="三口"), "persons of households cannot be taken as whole numbers"),
        (lambda f: f.assign(persons=2.5), "persons of households cannot be taken as whole numbers"),
        (lambda f: f.set_geometry(f.geometry.where(f.index > 0)), "1 rows of households have no shape"),
        (lambda f: f.set_geometry(f.geometry.where(f.index > 1, shapely.Point())), "2 rows of households have no shape"),
        (lambda f: f.set_geometry(f.buffer(1)), "shapes of 80 rows of households are Polygon, not point"),
        (lambda f: pd.DataFrame(f.drop(columns="geometry")), "households has no column geometry"),
    ],
)
def test_a_table_that_cannot_be_kept_is_refused_as_a_whole(town: Workspace, change: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        town.import_table("households", change(town_tables()["households"]), act=act(9), base=5)
    assert caught.value.say("zh") != caught.value.say("en")
    assert town.head.version == 5
    assert len(town.read("households")) == 80


def test_columns_that_are_not_kept_can_be_told(town: Workspace) -> None:
    more = town_tables()["grids"].assign(remark="新", source_line=1)
    assert town.not_kept("grids", more) == ("remark",)
    assert town.not_kept("grids", town.read("grids")) == ()


def test_unknown_tables_and_versions_are_named(town: Workspace) -> None:
    with pytest.raises(NotFoundError, match="no table 'points'; it has: areas, grids"):
        town.read("points")
    with pytest.raises(NotFoundError, match="no version 9; the newest is 5"):
        town.read("grids", version=9)
    with pytest.raises(NotFoundError, match="2023-12-31 is before 2024-01-01"):
        town.read("grids", on=dt.date(2023, 12, 31))


# --- versions and days --------------------------------------------------------------------------------------------------------


def test_only_rows_that_differ_end_and_begin(town: Workspace) -> None:
    homes = town_tables()["households"]
    homes.loc[3, "persons"] = 8
    version = town.import_table("households", homes.iloc[:-1], act=act(9), base=5)
    counts = version.counts["households"]
    assert (counts["began"], counts["ended"], counts["rows"]) == (1, 2, 79)
    again = town.import_table("households", homes.iloc[:-1][::-1], act=act(9), base=6)
    assert (again.counts["households"]["began"], again.counts["households"]["ended"]) == (0, 0)
    assert (len(town.read("households")), len(town.read("households", version=5))) == (79, 80)
    assert town.read("households", version=5)["persons"].max() == 3


def test_the_last_version_of_a_day_wins_and_days_are_half_open(town: Workspace) -> None:
    grids = town_tables()["grids"]
    for number, name in enumerate(["早", "晚"]):
        town.import_table("grids", grids.assign(name=name), act=act(20), base=5 + number)
    names = {offset: set(town.read("grids", on=day(offset))["name"]) for offset in (2, 19, 20, 400)}
    assert names == {2: {f"第{i}网格" for i in range(1, 5)}, 19: {f"第{i}网格" for i in range(1, 5)}, 20: {"晚"}, 400: {"晚"}}
    assert {grid.name for grid in town.as_of(day(20)).grids.values()} == {"晚"}
    assert {grid.name for grid in town.boundaries(version=6).grids.values()} == {"早"}
    assert town.version_on(day(20)).version == 7
    assert town.version_on(day(19)).version == 5


def test_effective_days_never_go_back(town: Workspace) -> None:
    with pytest.raises(InputError, match=r"2024-01-03 is before 2024-01-06, that of version 5"):
        town.import_table("grids", town_tables()["grids"], act=act(2), base=5)
    ahead = dt.date(2999, 1, 1)
    town.import_table("grids", town_tables()["grids"].iloc[:3], act=Act(effective=ahead), base=5)
    with pytest.raises(InputError, match="version 6 takes effect on 2999-01-01 only"):
        town.import_table("grids", town_tables()["grids"], act=Act(), base=6)
    assert town.import_table("grids", town_tables()["grids"], act=Act(effective=ahead), base=6).effective == ahead


def test_a_writer_with_an_old_base_is_refused_and_told_who_wrote(town: Workspace) -> None:
    with open_workspace(town.path) as other:
        other.import_table("grids", town_tables()["grids"].iloc[:3], act=Act("王", day(9), "先到"), base=5)
    with pytest.raises(ConflictError, match=r"rests on version 5, but the workspace is at 6 \(王 wrote at .*先到\)") as caught:
        town.import_table("grids", town_tables()["grids"], act=act(9), base=5)
    assert "请重新读取" in caught.value.say("zh")
    assert town.head.who == "王"


def test_the_ledger_as_a_table(town: Workspace) -> None:
    ledger = town.versions()
    assert ledger["version"].tolist() == [0, 1, 2, 3, 4, 5]
    assert ledger["kind"].tolist() == ["create", *["import"] * 5]
    assert ledger["effective"].tolist() == [day(number) for number in range(6)]
    assert ledger["tables"].tolist()[1:3] == [("areas",), ("grids",)]
    assert ledger["previous_hash"].tolist()[1:] == ledger["hash"].tolist()[:-1]
    assert ledger["recorded_at"].is_monotonic_increasing
    assert town.verify().ok


def test_no_household_enters_the_ledger(town: Workspace) -> None:
    assert "H0" not in town.versions().to_json()


def test_a_key_signs_every_version(tmp_path: Path) -> None:
    key = b"elsewhere"
    with town_workspace(tmp_path / "a.gpkg", key=key) as town:
        assert (town.verify().hmac, town.verify(b"another").hmac, town.verify(b"another").ok) == ("checked", "wrong", False)
    with open_workspace(tmp_path / "a.gpkg") as town:
        assert (town.verify().hmac, town.verify(key).hmac) == ("not checked", "checked")


def test_long_texts_are_refused(town: Workspace) -> None:
    with pytest.raises(InputError, match="reason is longer than 2000"):
        town.import_table("grids", town_tables()["grids"], act=Act(reason="长" * 2_001), base=5)


# --- the cache of travel statuses ---------------------------------------------------------------------------------------------


def test_statuses_are_kept_for_the_newest_keys(town: Workspace) -> None:
    codes = np.array([0, 1, 2, 255], dtype=np.uint8)
    for number in range(6):
        town.cache_statuses(f"k{number}", {"medical": codes + number % 1, "sport": codes[::-1]})
    assert town.cached_statuses("k0") == {}
    assert town.cached_statuses("k5")["sport"].tolist() == [255, 2, 1, 0]
    town.cache_statuses("k5", {"medical": codes[:1]})
    assert {key: each.tolist() for key, each in town.cached_statuses("k5").items()} == {"medical": [0]}
    assert town.head.version == 5
    assert town.verify().ok


# --- against an oracle --------------------------------------------------------------------------------------------------------

CHANGES = st.lists(
    st.tuples(st.integers(0, 2), st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 3), max_size=4)), min_size=1, max_size=6
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_any_sequence_of_imports_against_plain_dictionaries(
    changes: list[tuple[int, dict[str, int]]], tmp_path_factory: Any
) -> None:
    """Every table is a dict of persons by household; the oracle keeps one for every version, and the day from which it held."""
    path = tmp_path_factory.mktemp("w") / "a.gpkg"
    states: list[tuple[dt.date, dict[str, int]]] = [(day(0), {})]
    with create(path, crs=CRS, act=act(0)) as made:
        for number, (days, homes) in enumerate(changes):
            when = states[-1][0] + dt.timedelta(days=days)
            rows = [{"household_id": key, "persons": persons, "geometry": at(ord(key), 0)} for key, persons in homes.items()]
            empty = gpd.GeoDataFrame({"household_id": [], "persons": []}, geometry=[], crs=CRS)
            made.import_table("households", frame(rows) if rows else empty, act=Act(effective=when), base=number)
            states.append((when, homes))

        def read(**when: Any) -> dict[str, int]:
            found = made.read("households", **when)
            return dict(zip(found["household_id"], found["persons"], strict=True))

        for version, (_, homes) in enumerate(states):
            assert read(version=version) == homes
        for offset in range((states[-1][0] - day(0)).days + 2):
            assert read(on=day(offset)) == [homes for when, homes in states if when <= day(offset)][-1]
        assert read() == states[-1][1]
        assert made.verify().ok


def test_reading_is_the_same_after_opening_again(town: Workspace) -> None:
    with open_workspace(town.path) as other:
        assert_frame_equal(other.read("households"), town.read("households"))
        assert other.head == town.head
