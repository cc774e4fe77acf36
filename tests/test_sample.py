"""The sample town is what its script makes, and is the town that its README describes.

::

      青坪  |  北坡   |  后山        village grids in the plain,
      大塘  |  柳湾 +-+-+ 前山 | 东岭   the town centre on the river,
      杨林  |      town  (hill)          a hill without streets,
    ~~~~~~~~~~~~~~~ 1 ~~~~~~~~ 2 ~~    the river with bridges 1 and 2,
      对河  |   南塘     |  石桥        villages on the south bank
"""

from __future__ import annotations

import csv
import importlib
import itertools
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geogrid import io

if TYPE_CHECKING:
    from types import ModuleType

DATA = Path(__file__).parents[1] / "data"
SAMPLE = DATA / "sample"
FILES = (
    *("areas.geojson", "grids.geojson", "units.geojson", "roads.geojson", "households.csv", "facilities.csv"),
    *("paths.geojson", "closures.geojson", "codes.csv"),
)
ZONE = "EPSG:4547"
"""CGCS2000 3-degree zone of 114 degrees east."""


def layer(name: str) -> gpd.GeoDataFrame:
    """Read a layer with nothing but json, so that a reader's repairs hide nothing."""
    features = json.loads((SAMPLE / f"{name}.geojson").read_text("utf-8"))["features"]
    rows = [feature["properties"] for feature in features]
    return gpd.GeoDataFrame(rows, geometry=[shapely.geometry.shape(f["geometry"]) for f in features], crs="EPSG:4326")


def points(name: str, lon: str, lat: str) -> gpd.GeoDataFrame:
    table = pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, keep_default_na=False)
    at = gpd.points_from_xy(table[lon].astype(float), table[lat].astype(float), crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=at)


@pytest.fixture(scope="module")
def areas() -> gpd.GeoDataFrame:
    return layer("areas")


@pytest.fixture(scope="module")
def grids() -> gpd.GeoDataFrame:
    return layer("grids")


@pytest.fixture(scope="module")
def units() -> gpd.GeoDataFrame:
    return layer("units")


@pytest.fixture(scope="module")
def roads() -> gpd.GeoDataFrame:
    return layer("roads")


@pytest.fixture(scope="module")
def households() -> gpd.GeoDataFrame:
    return points("households", "经度", "纬度")


@pytest.fixture(scope="module")
def facilities() -> gpd.GeoDataFrame:
    return points("facilities", "lon", "lat")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """Return data/make_sample.py as a module, found as Python finds it when it is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DATA))
        return importlib.import_module("make_sample")


def test_the_committed_bytes_are_what_the_script_makes(script: ModuleType) -> None:
    made = script.make()
    assert set(made) == set(FILES)
    assert {name: (SAMPLE / name).read_bytes() == content for name, content in made.items()} == dict.fromkeys(FILES, True)


def test_the_script_says_what_differs_and_writes_it(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    monkeypatch.setattr(script, "make", lambda: {"a": b"new", "b": b"same"})
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").write_bytes(b"same")
    assert script.main(["--check"]) == 1
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == ["differs: a", f"wrote 2 files, 7 bytes, to {tmp_path}", "the sample is what this script makes"]


def test_all_files_together_are_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 3_000_000


def test_the_counts_are_those_of_a_township(
    areas: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame, households: gpd.GeoDataFrame
) -> None:
    names = areas.loc[areas.level == "village", "name"].str[-1]
    assert Counter(areas.level) == {"township": 1, "village": 14}
    assert Counter(names) == {"村": 11, "区": 3}
    assert (len(grids), len(units)) == (21, 105)
    assert 6_000 <= len(households) <= 8_000
    west, south, east, north = areas.to_crs(ZONE).total_bounds
    assert 11_000 < east - west < 13_000
    assert 8_000 < north - south < 10_000


def test_the_readme_states_these_counts(
    roads: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, households: gpd.GeoDataFrame
) -> None:
    said = " ".join((DATA / "README.md").read_text("utf-8").split())
    persons = households["人口"].astype(int).sum()
    kilometres = roads.to_crs(ZONE).length.sum() / 1000
    several = facilities.services.str.contains(";").sum()
    status = Counter(facilities.status)
    assert f"about {round(len(households), -2):,} households and {round(persons, -2):,} persons" in said
    assert f"{len(facilities)} facilities, {len(roads)} streets ({kilometres:.0f} km)" in said
    assert (several, status["upgrading"] + status["improving"], status["planned"]) == (7, 9, 7)
    assert "seven of them with several services, nine not yet finished, seven only planned" in said


def test_the_readers_reject_nothing() -> None:
    read = {
        "areas.geojson": io.read_areas,
        "grids.geojson": io.read_grids,
        "units.geojson": io.read_units,
        "roads.geojson": io.read_roads,
        "households.csv": io.read_households,
        "facilities.csv": io.read_facilities,
        "paths.geojson": io.read_roads,
        "closures.geojson": io.read_closures,
        "codes.csv": io.read_codes,
    }
    results = {name: reader(SAMPLE / name) for name, reader in read.items()}
    assert {name: len(result.rejected) for name, result in results.items()} == dict.fromkeys(FILES, 0)
    households = results["households.csv"].table
    assert {"household_id", "persons", "aged_65", "children_0_14", "unit_id"} <= set(households.columns)
    assert {"persons_summer", "persons_winter"} <= set(households.columns)
    assert results["facilities.csv"].table["capacity"].notna().sum() == 13
    assert results["grids.geojson"].table.code.str.len().eq(15).all()


def test_ids_are_unique_and_parents_exist(
    areas: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame, households: gpd.GeoDataFrame
) -> None:
    for table, column in ((areas, "area_id"), (grids, "grid_id"), (grids, "name"), (units, "unit_id"), (households, "户编号")):
        assert table[column].is_unique
    assert set(grids.parent_id) == set(areas.loc[areas.level == "village", "area_id"])
    assert set(units.grid_id) == set(grids.grid_id)
    assert set(households["小组编号"]) == set(units.unit_id)


def test_codes_nest_and_belong_to_no_real_county(areas: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> None:
    codes = areas.set_index("area_id").code
    assert codes["T1"] == "990101100"
    assert all(code.startswith(codes["T1"]) and len(code) == 12 for code in codes.drop("T1"))
    assert all(grid.code[:12] == codes[grid.parent_id] and len(grid.code) == 15 for grid in grids.itertuples())
    assert grids.code.is_unique


def test_every_grid_has_staff_with_numbers_that_cannot_be_dialled(grids: gpd.GeoDataFrame) -> None:
    assert grids.phone.str.fullmatch(r"0999-000\d{4}").all()
    assert grids.supervision_phone.str.fullmatch(r"0999-000\d{4}").all()
    assert (grids.leader.str.len() == 3).all()
    assert (grids.member != grids.leader).all()


@pytest.mark.parametrize("name", ["areas", "grids", "units"])
def test_polygons_are_whole_and_irregular(name: str) -> None:
    shapes = layer(name).geometry
    assert shapes.is_valid.all()
    assert (shapes.geom_type == "Polygon").all()
    assert all(not shape.interiors and shape.exterior.is_ccw for shape in shapes)
    assert (shapely.get_num_coordinates(shapes) > 7).all()
    assert (shapely.area(shapes) / shapely.area(shapely.envelope(shapes)) < 0.96).all()


def test_every_level_tiles_the_level_above(areas: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> None:
    villages = areas[areas.level == "village"]
    for table, parent, above in (
        (villages, "parent_id", areas.set_index("area_id")),
        (grids, "parent_id", areas.set_index("area_id")),
        (units, "grid_id", grids.set_index("grid_id")),
    ):
        assert shapely.coverage_is_valid(table.to_crs(ZONE).geometry.to_numpy())
        for parent_id, children in table.groupby(parent):
            whole = shapely.coverage_union_all(children.geometry.to_numpy())
            assert whole.equals(above.geometry[parent_id]), parent_id


def test_every_household_stands_in_exactly_its_grid(
    grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame, households: gpd.GeoDataFrame
) -> None:
    at = households.to_crs(ZONE).geometry.to_numpy()
    for table, key, expected in (
        (units, "unit_id", households["小组编号"]),
        (grids, "grid_id", households["小组编号"].map(units.set_index("unit_id").grid_id)),
    ):
        shapes = table.to_crs(ZONE).geometry.to_numpy()
        asked, found = shapely.STRtree(shapes).query(at, predicate="intersects")
        assert asked.tolist() == list(range(len(households)))
        assert table[key].to_numpy()[found].tolist() == expected.tolist()
        assert shapely.distance(at, shapely.boundary(shapes[found])).min() > 2  # so no rule about borders is needed


def test_most_grids_are_within_the_household_range(units: gpd.GeoDataFrame, households: gpd.GeoDataFrame) -> None:
    sizes = households["小组编号"].map(units.set_index("unit_id").grid_id).value_counts()
    in_range = sizes.between(300, 500)
    assert in_range.mean() > 0.7
    assert 2 <= (~in_range).sum() <= 6


def test_people_follow_the_census_shares(households: gpd.GeoDataFrame) -> None:
    people = households[["人口", "65岁以上", "0-14岁"]].astype(int)
    assert (people["人口"] >= 1).all()
    assert (people["65岁以上"] + people["0-14岁"] <= people["人口"]).all()
    assert people["人口"].mean() == pytest.approx(2.95, abs=0.05)
    shares = people.sum() / people["人口"].sum()
    assert shares["65岁以上"] == pytest.approx(0.125, abs=0.01)
    assert shares["0-14岁"] == pytest.approx(0.222, abs=0.01)


def test_facilities_of_six_services_in_all_statuses(
    areas: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame
) -> None:
    services = Counter(facilities.services.str.split(";").explode())
    assert set(services) == {"education", "medical", "sport", "day_care", "courier_rest", "party_service"}
    assert set(facilities.status) == {"built", "upgrading", "improving", "planned"}
    assert (facilities.status == "planned").sum() >= 4
    assert facilities.services.str.contains(";").any()
    assert (facilities.floor_area_m2.astype(int) > 0).all()
    assert facilities.within(areas.geometry[0]).all()
    streets = roads.to_crs(ZONE).union_all()
    assert facilities.to_crs(ZONE).distance(streets).between(5, 25).all()


def test_csv_files_need_no_quotes() -> None:
    for name in ("households.csv", "facilities.csv", "codes.csv"):
        with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert len({len(row) for row in rows}) == 1
        assert '"' not in (SAMPLE / name).read_text("utf-8")


def vertices(line: shapely.LineString) -> set[tuple[float, ...]]:
    return set(line.coords)


def test_streets_meet_only_at_shared_vertices(roads: gpd.GeoDataFrame) -> None:
    ground = roads.loc[roads.layer == 0, "geometry"].to_numpy()
    left, right = shapely.STRtree(ground).query(ground, predicate="intersects")
    for a, b in zip(ground[left[left < right]], ground[right[left < right]], strict=True):
        shared = vertices(a) & vertices(b)
        met = shapely.get_parts(a.intersection(b))
        assert (shapely.get_type_id(met) == shapely.GeometryType.POINT).all()
        assert {(point.x, point.y) for point in met} <= shared


def test_streets_have_no_stray_ends_and_no_doubled_vertices(roads: gpd.GeoDataFrame) -> None:
    local = roads.to_crs(ZONE).geometry
    assert local.is_simple.all()
    steps = [np.hypot(*np.diff(shapely.get_coordinates(line), axis=0).T).min() for line in local]
    assert min(steps) > 0.05


def graph(roads: gpd.GeoDataFrame) -> tuple[coo_array, np.ndarray[Any, np.dtype[np.float64]]]:
    """Return the streets as a matrix of metres, cut every 15 m, and where its nodes are."""
    number: dict[tuple[float, float], int] = {}
    edges: list[tuple[int, int, float]] = []
    for line in roads.to_crs(ZONE).geometry.segmentize(15.0):
        for a, b in itertools.pairwise(line.coords):
            ends = [number.setdefault((round(x, 3), round(y, 3)), len(number)) for x, y in (a, b)]
            edges.append((ends[0], ends[1], float(np.hypot(a[0] - b[0], a[1] - b[1]))))
    tail, head, metres = (np.array(column) for column in zip(*edges, strict=True))
    return coo_array((metres, (tail, head)), shape=(len(number),) * 2), np.array(list(number))


def pieces(roads: gpd.GeoDataFrame) -> int:
    return int(connected_components(graph(roads)[0], directed=False)[0])


def test_the_two_bridges_alone_cross_the_river(roads: gpd.GeoDataFrame, script: ModuleType) -> None:
    bridges = roads.bridge == "yes"
    assert roads.loc[bridges, "name"].tolist() == ["样镇大桥", "石桥"]
    assert (roads.loc[bridges, "layer"] == 1).all()
    river = shapely.linestrings([script.degrees(p) for p in importlib.import_module("_sample_streets").RIVER])
    assert roads.index[roads.intersects(river)].tolist() == roads.index[bridges].tolist()
    assert pieces(roads) == 1
    assert [pieces(roads[roads.name.ne(name) | ~bridges]) for name in ("样镇大桥", "石桥")] == [1, 1]
    assert pieces(roads[~bridges]) == 2


def test_the_path_along_the_river_runs_under_the_town_bridge(roads: gpd.GeoDataFrame) -> None:
    bridge = roads.geometry[roads.name.eq("样镇大桥") & roads.bridge.eq("yes")].iloc[0]
    under = roads[(roads.highway == "path") & roads.crosses(bridge)]
    assert len(under) == 1
    assert not vertices(under.geometry.iloc[0]) & vertices(bridge)


def test_kinds_of_street(roads: gpd.GeoDataFrame) -> None:
    kinds = Counter(roads.highway)
    assert set(kinds) == {"secondary", "tertiary", "unclassified", "residential", "pedestrian", "service", "track", "path"}
    assert Counter(roads.oneway.dropna()).keys() == {"yes", "-1"}


class Walk:
    """Rough metres on foot from every household to the nearest of some facilities, and as the crow flies."""

    def __init__(self, roads: gpd.GeoDataFrame, households: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> None:
        matrix, nodes = graph(roads)
        tree = shapely.STRtree(shapely.points(nodes))
        self.homes, sites = (table.to_crs(ZONE).geometry.to_numpy() for table in (households, facilities))
        on_street = tree.nearest(self.homes)
        self.leg = shapely.distance(self.homes, tree.geometries[on_street])
        far = dijkstra(matrix.tocsr(), directed=False, indices=tree.nearest(sites), min_only=True)
        self.metres = far[on_street] + self.leg
        self.straight = shapely.distance(self.homes, shapely.multipoints(sites))


@pytest.fixture(scope="module")
def clinic(roads: gpd.GeoDataFrame, households: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> Walk:
    now = facilities[facilities.services.str.contains("medical") & (facilities.status != "planned")]
    return Walk(roads, households, now)


def village_of(areas: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the name of the village of every unit."""
    names = grids.set_index("grid_id").parent_id.map(areas.set_index("area_id").name)
    return dict(zip(units.unit_id, units.grid_id.map(names), strict=True))


def test_the_gaps_are_where_the_readme_says(
    areas: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame, households: gpd.GeoDataFrame, clinic: Walk
) -> None:
    village = households["小组编号"].map(village_of(areas, grids, units)).to_numpy()
    across, behind, edge = (village == name for name in ("对河村", "后山村", "青坪村"))
    near = clinic.straight <= 1000
    assert (near & across).sum() >= 20
    assert clinic.metres[near & across].min() > 4_000
    assert clinic.metres[behind].min() > 1_250
    assert np.median(clinic.metres[behind] - clinic.straight[behind]) > 500
    assert clinic.metres[edge].min() > 1_250
    covered: defaultdict[str, list[bool]] = defaultdict(list)
    for name, metres in zip(village, clinic.metres, strict=True):
        covered[name].append(metres <= 1_250)
    assert {name for name, flags in covered.items() if not any(flags)} == {"对河村", "后山村", "青坪村"}
    assert 0.45 < np.mean(clinic.metres <= 1_250) < 0.75


def test_only_the_foresters_live_far_from_every_street(clinic: Walk) -> None:
    assert (clinic.leg > 250).sum() == 7
    assert ((clinic.leg > 100) & (clinic.leg < 250)).sum() == 0


def test_guests_come_in_summer_and_workers_in_winter(
    areas: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame, households: gpd.GeoDataFrame
) -> None:
    persons = households["人口"].astype(int)
    more = {season: pd.to_numeric(households[f"{season}人口"]) - persons for season in ("夏季", "冬季")}
    village = households["小组编号"].map(village_of(areas, grids, units))
    assert set(more["夏季"].dropna()) == {2}
    assert set(more["冬季"].dropna()) == {1}
    assert set(village[more["夏季"].notna()]) == {"后山村", "青坪村"}
    assert village[more["冬季"].notna()].str.endswith("村").all()
    said = (DATA / "README.md").read_text("utf-8")
    assert f"(about {round(more['夏季'].sum(), -2):.0f} persons)" in said
    assert f"(about {round(more['冬季'].sum(), -2):,.0f})" in said


def test_paths_end_near_streets_and_the_flood_takes_the_bridge(roads: gpd.GeoDataFrame) -> None:
    paths, closures = layer("paths").to_crs(ZONE), layer("closures").to_crs(ZONE)
    streets = roads.to_crs(ZONE)
    ends = shapely.get_point(paths.geometry.to_numpy()[:, None], [0, -1])
    nearest = [[streets.distance(end).min() for end in both] for both in ends]
    assert 0 < np.min(nearest) < np.max(nearest) < 5
    assert closures.geom_type.tolist() == ["Polygon", "LineString"]
    bridge = streets[streets.name.eq("样镇大桥") & streets.bridge.eq("yes")]
    assert bridge.intersects(closures.geometry[0]).all()
    works = closures.geometry[1]
    assert streets[streets.name.eq("样桥大道")].distance(works).min() < 1
