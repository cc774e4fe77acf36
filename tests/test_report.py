"""The whole check: by hand on the paper town, and adding up on real streets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

import geogrid
from geogrid import io, settling
from geogrid.crs import project
from geogrid.datum import convert_datum
from geogrid.errors import DatumError, InputError, NotFoundError
from geogrid.outputs import LAYERS, read_public
from geogrid.report import Report
from geogrid.settings import settle
from maps import document
from tests.builders import at, block, frame, paper_town, street
from tests.real_towns import guixi


@pytest.fixture(scope="module")
def paper() -> Report:
    return geogrid.check(**paper_town())


def now(report: Report, service: str = "medical", column: str = "households_covered") -> dict[str, int]:
    rows = report.coverage[(report.coverage["service"] == service) & (report.coverage["when"] == "now")]
    return {i: int(v) for i, v in zip(rows["id"], rows[column], strict=True)}


def test_coverage_by_hand(paper: Report) -> None:
    """Covered up to 1,340 m along the street: see the town's drawing."""
    assert now(paper) == {"": 54, "V1": 40, "V2": 14, "G1": 20, "G2": 20, "G3": 14, "G4": 0}
    assert now(paper, column="persons_uncovered") == {"": 78, "V1": 0, "V2": 78, "G1": 0, "G2": 0, "G3": 18, "G4": 60}


def test_minutes_by_hand(paper: Report) -> None:
    """The household at x = 1,325 walks 10 + 1,225 m: 14.82 minutes at 5 km/h."""
    row = paper.households[paper.households["household_id"] == "H052"].iloc[0]
    assert row["minutes_medical"] == pytest.approx(1235 / 5000 * 60, abs=1e-9)
    assert (row["facility_medical"], row["status_medical"], row["street_m"]) == ("F1", "covered", 10.0)


def test_the_planned_clinic_covers_the_rest(paper: Report) -> None:
    later = paper.coverage[(paper.coverage["when"] == "later") & (paper.coverage["level"] == "total")]
    assert later.set_index("service")["households_covered"].to_dict() == {"medical": 80, "all": 80}


def test_the_gap_by_hand(paper: Report) -> None:
    gap = paper.gaps.table.iloc[0]
    assert (gap["households"], gap["persons"], gap["grid_ids"], gap["nearest_facility"]) == (26, 78, ("G3", "G4"), "西卫生室")
    assert gap["minutes"] == pytest.approx((1675 - 100 + 10) / 5000 * 60)


def test_the_public_report_hides_g3_and_its_neighbour(paper: Report) -> None:
    grids = paper.public.grids.set_index("grid_id")
    assert grids["covered_medical"].isna().to_dict() == {"G1": False, "G2": False, "G3": True, "G4": True}
    assert grids["households"].tolist() == [20, 20, 20, 20]
    assert paper.public.gaps["households"].tolist() == [30]


def test_a_second_run_gives_the_same_summary(paper: Report) -> None:
    first, second = (r.public.summary | {"seconds": None} for r in (paper, geogrid.check(**paper_town())))
    assert first == second


def test_row_order_does_not_matter(paper: Report) -> None:
    town = paper_town()
    shuffled = {name: table.sample(frac=1, random_state=3) for name, table in town.items()}
    assert now(geogrid.check(**shuffled)) == now(paper)


def test_a_notebook_shows_shares(paper: Report) -> None:
    shown = paper._repr_html_()
    assert "67.5%" in shown
    assert "医疗" in shown


def test_an_outside_household_is_listed_and_not_in_the_tables() -> None:
    town = paper_town()
    stray = frame([{"household_id": "X1", "persons": 9, "geometry": at(100, -50)}])
    town["households"] = pd.concat([town["households"], stray], ignore_index=True)
    report = geogrid.check(**town)
    assert report.outside["household_id"].tolist() == ["X1"]
    assert report.unreached["household_id"].tolist() == ["X1"]
    assert now(report, column="households")[""] == 80
    summary = report.public.summary
    assert (summary["totals"]["households"], summary["totals"]["outside"]) == (80, None)
    assert [row["good"] for row in summary["inputs"] if row["table"] == "households"] == [None]


def test_gaps_are_of_households_inside_grids() -> None:
    """Without G4 its 20 uncovered households are outside: the gap is that of the 6 in G3, as in the tables."""
    town = paper_town()
    report = geogrid.check(**{**town, "grids": town["grids"].iloc[:3]})
    assert report.gaps.table[["households", "grid_ids"]].to_numpy().tolist() == [[6, ("G3",)]]
    assert now(report, column="households_uncovered")[""] == 6
    assert set(report.gaps.members["household"]) <= set(report.households.index[report.households["grid_id"] == "G3"])


def test_a_village_without_grids_is_a_hole() -> None:
    """V2 has no grid; the township above both villages adds no hole of its own."""
    town = paper_town()
    township = frame([{"area_id": "T", "name": "镇", "level": "township", "geometry": block(0, 0, 2000, 1000)}])
    town["areas"] = pd.concat([town["areas"], township], ignore_index=True)
    report = geogrid.check(**{**town, "grids": town["grids"].iloc[:2]})
    assert report.tiling.defects[["kind", "area_id"]].to_numpy().tolist() == [["hole", "V2"]]
    assert report.tiling.defects["area_m2"].tolist() == pytest.approx([1e6], abs=0.01)


def test_areas_of_the_level_grid_are_counted_as_areas() -> None:
    town = paper_town()
    town["areas"] = town["areas"].assign(level=["grid", "total"])
    report = geogrid.check(**town)
    assert now(report) == {"": 54, "V1": 40, "V2": 14, "G1": 20, "G2": 20, "G3": 14, "G4": 0}
    assert report.public.areas[["level", "households"]].to_numpy().tolist() == [["area", 40], ["area", 40]]
    assert len(report.public.grids) == 4
    assert "2 areas have the level" in next(r for r in report.public.summary["inputs"] if r["table"] == "areas")["notes"][0]["en"]


@pytest.mark.parametrize("missing", [["highway"], ["highway", "road_id"]])
def test_roads_without_a_class(missing: list[str]) -> None:
    town = paper_town()
    report = geogrid.check(**{**town, "roads": town["roads"].drop(columns=missing)})
    assert now(report)[""] == 54
    assert report.public.streets["kind"].tolist() == ["minor"]


def test_households_that_leave_ages_blank_are_counted() -> None:
    town = paper_town()
    town["households"] = town["households"].assign(aged_65=[1] * 20 + [None] * 60)
    report = geogrid.check(**town)
    assert report.coverage["aged_65"].iloc[0] == 20
    assert [n.en for n in report.inputs.notes["households"]] == ["60 households do not state aged_65; sums leave them out"]


@pytest.fixture
def shifted_town() -> dict[str, gpd.GeoDataFrame]:
    """Return the paper town as a web map gives it: all but the streets in GCJ-02."""
    town = paper_town()
    return {name: table if name == "roads" else convert_datum(table, "wgs84", "gcj02") for name, table in town.items()}


def test_a_table_too_small_to_compare_is_not_left_behind(shifted_town: dict[str, gpd.GeoDataFrame]) -> None:
    """Two facilities tell nothing; as the households are in GCJ-02, keeping them as given could be 500 m wrong."""
    message = r"the datum of facilities cannot be told \(only 2 points .* --datum facilities=gcj02 or facilities=wgs84"
    with pytest.raises(DatumError, match=message):
        geogrid.check(**shifted_town)
    told = geogrid.check(**shifted_town, datum={"facilities": "gcj02"})
    assert now(told) == {"": 54, "V1": 40, "V2": 14, "G1": 20, "G2": 20, "G3": 14, "G4": 0}


def test_polygons_far_from_known_borders_are_compared_with_households(shifted_town: dict[str, gpd.GeoDataFrame]) -> None:
    far = frame([{"geometry": street((0, 9000), (2000, 9000))}]).to_crs(4326)
    households = paper_town()["households"].to_crs(4326)
    finding = settling._detected(shifted_town["grids"], [far, households])
    assert (finding.datum, finding.unit) == ("gcj02", "share")
    assert settling._detected(shifted_town["grids"], [far, far]).misfit == {}


def test_a_datum_that_was_told_is_reported() -> None:
    """Named tables are converted whatever their CRS; a word for all tables leaves out what is in metres, and says so."""
    town = paper_town()
    shifted = {name: convert_datum(town[name], "wgs84", "gcj02") for name in ("grids", "households")}
    told = geogrid.check(**{**town, **shifted}, datum="gcj02")
    assert {t: f.datum for t, f in told.inputs.datum.items() if f.datum != "wgs84"} == dict.fromkeys(shifted, "gcj02")
    assert "EPSG:4548, which is not gcj02" in told.inputs.datum["roads"].measure.en
    assert now(told) == {"": 54, "V1": 40, "V2": 14, "G1": 20, "G2": 20, "G3": 14, "G4": 0}
    named = {**town, **{name: project(table, town["roads"].crs) for name, table in shifted.items()}}
    by_name = geogrid.check(**named, datum=dict.fromkeys(shifted, "gcj02"))
    assert now(by_name) == now(told)
    assert by_name.public.summary["inputs"][1]["datum"]["measure"]["en"] == "converted as told"


def test_a_file_without_ages_reports_them_as_unknown() -> None:
    town = paper_town()
    town["households"] = town["households"].drop(columns=["aged_65", "children_0_14"])
    report = geogrid.check(**town)
    assert report.coverage["aged_65"].isna().all()
    assert report.public.summary["totals"]["aged_65"] is None


def test_ages_that_a_whole_grid_leaves_blank_are_unknown_there() -> None:
    """G1 states no ages: unknown for it, and 20 for its village, which is what G2 states."""
    town = paper_town()
    town["households"].loc[:19, ["aged_65", "children_0_14"]] = None
    report = geogrid.check(**town)
    ages = report.coverage.drop_duplicates("id").set_index("id")["aged_65"]
    assert ages.isna().to_dict() == {i: i == "G1" for i in ("", "V1", "V2", "G1", "G2", "G3", "G4")}
    assert (ages["V1"], ages[""]) == (20, 60)
    assert report.public.grids.set_index("grid_id")["aged_65"].isna().to_dict()["G1"]


def test_households_without_coordinates_stand_at_their_unit(tmp_path: Path) -> None:
    """H000 and H001 state unit U1 (G1, inner point 250, 500) and no coordinates, H002 an unknown unit: it is rejected."""
    town = paper_town()
    town["units"] = frame([{"unit_id": "U1", "name": "一组", "geometry": block(0, 0, 500, 1000)}])
    rows = io.read_households(town["households"]).table
    table = pd.DataFrame(rows.drop(columns=["geometry", "source_line"])).assign(
        lon=rows.geometry.x, lat=rows.geometry.y, unit_id=None
    )
    table.loc[:2, ["lon", "lat"]] = None
    table["unit_id"] = ["U1", "U1", "U9", *[None] * 77]
    table.to_csv(tmp_path / "households.csv", index=False)
    report = geogrid.check(**{**town, "households": tmp_path / "households.csv"})
    placed = report.households[report.households["placed_by"] == "unit"]
    assert placed["household_id"].tolist() == ["H000", "H001"]
    assert placed.geometry.distance(at(250, 500)).max() < 0.01
    assert report.rejected["line"].unique().tolist() == [4]
    assert "2 households state no coordinates and stand at their unit" in [n.en for n in report.inputs.notes["households"]]


def test_defects_are_counted_with_a_place_to_zoom_to() -> None:
    """G2 moved 10 m east: a hole of 10 × 1000 m west of it, an overlap with G3 as wide that also leaves V1."""
    town = paper_town()
    town["grids"].loc[1, "geometry"] = block(510, 0, 1010, 1000)
    summary = geogrid.check(**town).public.summary
    assert summary["totals"]["defects"] == {"hole": 1, "outside_parent": 1, "overlap": 1}
    rows = {row["kind"]: row for row in summary["defects"]}
    assert [rows[kind]["area_m2"] for kind in ("hole", "overlap")] == [pytest.approx(10_000, abs=1)] * 2
    assert rows["overlap"]["grid_ids"] == ["G2", "G3"]
    hole = frame([{"geometry": block(500, 0, 510, 1000)}]).to_crs(4326).geometry.iloc[0]
    assert shapely.Point(rows["hole"]["point"]).within(hole)


def test_without_areas() -> None:
    town = paper_town()
    del town["areas"]
    report = geogrid.check(**town)
    assert report.place.tree.parent == (-1, 0, 0, 0, 0)
    assert len(report.public.areas) == 0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"services": ["dentist"]}, NotFoundError, "the profile has no service 'dentist': choose education 教育, "),
        ({"cutoff_min": 0}, InputError, "cutoff_min = 0 is not usable: expected a number above 0"),
        ({"speed_kmh": float("nan")}, InputError, "speed_kmh = nan"),
        ({"cutoff": 10}, InputError, "there is no option 'cutoff': use services, mode, cutoff_min, "),
        ({"datum": {"household": "gcj02"}}, InputError, "datum names a table 'household': use roads, households, "),
        ({"datum": "wgs72"}, InputError, "datum 'wgs72' is unknown: use one of auto, wgs84, gcj02, bd09"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^" + message.replace(".", r"\.")):
        geogrid.check(**paper_town(), **options)


def test_a_table_without_a_good_row_is_one_clear_error() -> None:
    town = paper_town()
    town["households"] = town["households"].assign(persons=-1)
    with pytest.raises(InputError, match=r"<GeoDataFrame> \(households\) holds no usable row: out_of_range × 80"):
        geogrid.check(**town)


def test_no_service_to_check() -> None:
    with pytest.raises(InputError, match="no facility offers"):
        settle({}, offered=[])


def test_a_claimed_grid_may_be_named() -> None:
    """All 80 claim a grid, by name; two claim the wrong one, one a grid that does not exist."""
    town = paper_town()
    claims = [f"第{i // 20 + 1}网格" for i in range(80)]
    claims[0], claims[79], claims[40] = "第2网格", "G1", "没有"
    report = geogrid.check(**{**town, "households": town["households"].assign(grid_id=claims)})
    wrong = report.tables["disagreements"]
    assert wrong["claimed"].to_dict() == {0: "G2", 40: "没有", 79: "G1"}
    assert wrong["computed"].to_dict() == {0: "G1", 40: "G3", 79: "G4"}
    assert report.inputs.notes["households"][0].en == "78 households name their grid; its id is used"
    assert report.public.summary["totals"]["disagreements"] is None


def own_radius_profile(folder: Path) -> Path:
    text = (geogrid.data_dir() / "profiles" / "generic.toml").read_text(encoding="utf-8")
    path = folder / "own.toml"
    path.write_text(text.replace("[services.medical]", "[services.medical]\nradius_m = 700.0", 1), encoding="utf-8")
    return path


def test_a_radius_is_the_facility_s_then_the_profile_s_then_the_caller_s(tmp_path: Path) -> None:
    """The profile gives medical 700 m and sport none; F3 has its own 300 m; the caller says 500."""
    town = paper_town()
    own = frame([{"facility_id": "F3", "name": "站", "services": "medical;sport", "radius_m": 300.0, "geometry": at(900, 500)}])
    gym = frame([{"facility_id": "F4", "name": "馆", "services": "sport", "geometry": at(900, 500)}])
    town["facilities"] = pd.concat([town["facilities"], own, gym], ignore_index=True)
    report = geogrid.check(**town, profile=own_radius_profile(tmp_path), radius_m=500)
    radii = report.radii.set_index(["facility_id", "service"])["radius_m"].to_dict()
    assert radii == {
        ("F1", "medical"): 700.0,
        ("F2", "medical"): 700.0,
        ("F3", "medical"): 300.0,
        ("F3", "sport"): 300.0,
        ("F4", "sport"): 500.0,
    }
    assert any("500 m was not used: medical" in note["en"] for note in report.public.summary["notes"])


def test_a_cutoff_or_mode_of_ones_own_is_not_laid_at_the_profiles_source() -> None:
    report = geogrid.check(**paper_town(), services=["medical", "sport"], cutoff_min={"medical": 30})
    rows = {row["id"]: row for row in report.public.summary["services"]}
    assert rows["medical"]["source"] == {"zh": "为本次检查所设", "en": "set for this check"}
    assert rows["sport"]["source"]["en"].startswith("GB 50180-2018")
    driven = geogrid.check(**paper_town(), services=["medical"], mode="car").public.summary["services"]
    assert driven[0]["source"]["en"] == "set for this check"


def test_one_service_may_be_named_without_a_list(paper: Report) -> None:
    assert geogrid.check(**paper_town(), services="medical").settings.services == ("medical",)


def test_progress_is_told_step_by_step() -> None:
    told: list[tuple[str, float]] = []
    geogrid.check(**paper_town(), progress=lambda step, share: told.append((step, share)))
    assert list(dict.fromkeys(step for step, _ in told)) == [step for step, _ in geogrid.STEPS]
    assert [share for step, share in told if step == "tiling"] == [0.0, 1.0]


def test_the_folder_reads_back_equal(paper: Report, tmp_path: Path) -> None:
    written = paper.write(tmp_path / "out")
    assert all(path.is_file() for path in written)
    back = read_public(tmp_path / "out")
    assert back.summary == json.loads(json.dumps(paper.public.summary))
    for layer in LAYERS:
        old, new = getattr(paper.public, layer), getattr(back, layer)
        assert set(old.columns) == set(new.columns), layer
        assert len(old) == len(new), layer
        assert old.geometry.isna().tolist() == new.geometry.isna().tolist()
    assert back.grids["covered_medical"].isna().tolist() == [False, False, True, True]


def test_no_household_in_any_public_file(tmp_path: Path) -> None:
    """Neither an id nor a coordinate to the 4th decimal (11 m) of any household, in any file outside ``private/``."""
    town = paper_town()
    town["households"] = town["households"].assign(household_id=[f"CANARY{i:03}" for i in range(80)])
    report = geogrid.check(**town)
    report.write(tmp_path)
    places = report.inputs.read["households"].table.geometry
    coordinates = {f"{x:.5f}" for x in places.x} | {f"{y:.5f}" for y in places.y}
    public = [p for p in tmp_path.iterdir() if p.is_file()]
    assert len(public) == len(LAYERS) + 2
    for path in public:
        if path.suffix == ".xlsx":
            text = " ".join(str(v) for sheet in pd.read_excel(path, sheet_name=None).values() for v in sheet.to_numpy().ravel())
        else:
            text = path.read_text(encoding="utf-8")
        assert "CANARY" not in text, path.name
        if path.name != "gaps.geojson":  # lattice corners may share digits with a household
            assert not [c for c in coordinates if c in text], path.name


def test_private_files_are_for_their_owner_alone(paper: Report, tmp_path: Path) -> None:
    paper.write(tmp_path)
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "private").iterdir()} == {0o600}
    rows = gpd.read_parquet(tmp_path / "private" / "households.parquet")
    assert len(rows) == 80
    assert rows.crs.to_epsg() == 4326


def test_guixi_adds_up(guixi_report: Report) -> None:
    report = guixi_report
    assert len(report.households) == 28_343
    assert len(report.outside) + report.households["grid_id"].notna().sum() == 28_343
    assert report.tiling.defects.empty
    _adds_up(report)


def _adds_up(report: Report) -> None:
    """Parts sum to the whole in every row, and children to their parent in every column."""
    coverage = report.coverage
    for measure in ("households", "persons", "aged_65", "children_0_14"):
        parts = sum(coverage[f"{measure}_{part}"] for part in ("covered", "uncovered", "unreached"))
        assert (parts == coverage[measure]).all()
    counts = [c for c in coverage if coverage[c].dtype == "Int64"]
    for _, rows in coverage.groupby(["service", "when"]):
        values = rows[counts].to_numpy(dtype=float)
        for node in range(len(values)):
            children = [i for i, parent in enumerate(report.place.tree.parent) if parent == node]
            if children:
                assert (values[children].sum(axis=0) == values[node]).all()
    inside = report.households[report.households["grid_id"].notna()]
    total = coverage[coverage["level"] == "total"].iloc[0]
    assert (total["households"], total["persons"]) == (len(inside), inside["persons"].sum())
    for service in report.settings.services:
        uncovered = (report.households[f"status_{service}"] == "uncovered").sum()
        assert report.gaps.table.query("service == @service")["households"].sum() == uncovered


def test_guixi_public_numbers_add_up_where_shown(guixi_report: Report) -> None:
    rows = pd.DataFrame(guixi_report.public.summary["coverage"]).dropna(
        subset=["households", "covered", "uncovered", "unreached"]
    )
    assert len(rows) > 100
    assert (rows["covered"] + rows["uncovered"] + rows["unreached"] == rows["households"]).all()


def test_guixi_by_car_keeps_its_totals_and_most_grids(real_data: Path, tmp_path: Path) -> None:
    """Clinics by car leave two households more unreached than walking: what splits "not covered" is withheld, little else."""
    report = guixi(real_data, "households.csv", tmp_path, mode={"medical": "car"}, cutoff_min={"medical": 30})
    rows = pd.DataFrame(report.public.summary["coverage"])
    totals = rows[rows["level"] == "total"].set_index(["service", "when"])
    assert totals.loc[("medical", "now"), "covered"] == 26_111
    assert totals["covered"].notna().all()
    assert totals["unreached"].isna().all()
    grids = rows[(rows["level"] == "grid") & (rows["service"] == "sport") & (rows["when"] == "now")]
    assert grids["covered"].notna().sum() >= 17


def test_dirty_households_land_where_they_belong(real_data: Path, tmp_path: Path) -> None:
    """GBK, Chinese headers, GCJ-02, 56 wrong rows: the others within 1 m of the clean file."""
    report = guixi(real_data, "households_dirty_gcj02_gbk.csv", tmp_path)
    source = report.inputs.read["households"].source
    finding = report.inputs.datum["households"]
    assert (source.encoding, finding.datum) == ("gb18030", "gcj02")
    assert finding.misfit["gcj02"] < finding.misfit["wgs84"] / 2
    clean = io.read_households(real_data / "guixi" / "households.csv").table.set_index("household_id").to_crs(report.inputs.crs)
    mine = report.households.set_index("household_id")
    assert len(mine) + report.rejected["line"].nunique() == 3_000
    assert mine.geometry.distance(clean.geometry.reindex(mine.index)).max() < 1.0
    assert report.rejected["code"].value_counts().to_dict() == {
        "missing_value": 12,
        "latitude_longitude_swapped": 10,
        "duplicate_id": 9,
        "not_a_number": 14,
        "null_island": 5,
        "out_of_range": 6,
    }


def test_a_datum_that_fits_nothing_stops_with_the_figures(real_data: Path, tmp_path: Path) -> None:
    """Households shifted half way to GCJ-02 fit neither: refused, with all three misfits."""
    folder = real_data / "guixi"
    rows = pd.read_csv(folder / "households.csv")
    rows.assign(lon=rows["lon"] + 0.02, lat=rows["lat"] + 0.02).to_csv(tmp_path / "households_odd.csv", index=False)
    shutil.copy(folder / "facilities.csv", tmp_path)
    with pytest.raises(DatumError, match="--datum"):
        guixi_odd(folder, tmp_path)


def guixi_odd(folder: Path, out: Path) -> Report:
    points, areas = io.read_points(folder / "communities.geojson"), io.read_areas(folder / "townships.geojson")
    return geogrid.check(
        grids=geogrid.draft_grids(points.table, areas.table).grids,
        households=out / "households_odd.csv",
        facilities=folder / "facilities.csv",
        roads=folder / "roads.osm",
    )


def seasonal(people: list[int | None]) -> dict[str, gpd.GeoDataFrame]:
    """Return the paper town with its summer people; 54 of its 80 households, the first ones, are covered."""
    town = paper_town()
    return {**town, "households": town["households"].assign(persons_summer=pd.array(people, dtype="Int64"))}


def test_seasons_by_hand() -> None:
    """In summer 20 covered households have 5 persons and 20 uncovered ones 1: 120 + ... of 240 become 240 persons, 202 covered.

    Covered: 34 × 3 + 20 × 5 = 202 of 162 before; not covered: 6 × 3 + 20 × 1 = 38 of 78 before; in all 240, as before.
    """
    report = geogrid.check(**seasonal([5] * 20 + [None] * 40 + [1] * 20))
    table = report.tables["seasons"].set_index(["service", "season"])
    assert table.loc[("medical", "summer"), ["persons", "persons_covered", "persons_uncovered"]].tolist() == [240, 202, 38]
    assert table.loc[("medical", ""), ["persons", "persons_covered"]].tolist() == [240, 162]
    by_grid = report.tables["seasons_by_grid"].set_index(["service", "season", "grid_id"])["persons"]
    assert [by_grid["medical", "summer", grid] for grid in ("G1", "G2", "G3", "G4")] == [100, 60, 60, 20]
    rows = {(row["service"], row["season"]): row for row in report.public.summary["seasons"]}
    summer = rows["medical", "summer"]
    assert (summer["persons"], summer["share"], summer["suppressed"]) == (240, 0.842, False)
    assert (rows["medical", ""]["persons"], rows["medical", ""]["share"]) == (240, 0.675)
    assert (rows["medical", ""]["en"], summer["zh"]) == ("Usual", "夏季")
    assert "Seasons are published for the whole place only" in str(report.public.summary["notes"])


@pytest.mark.parametrize(
    ("people", "why"),
    [
        ([200] + [None] * 79, "one dormitory: 197 persons more, of a single household"),
        ([5] * 20 + [None] * 50 + [1] * 10, "ten of the households not covered"),
        ([0] * 6 + [5] * 8 + [None] * 66, "fourteen households, but the sum moves by 2"),
    ],
)
def test_seasons_that_few_households_make_are_withheld(people: list[int | None], why: str) -> None:
    rows = geogrid.check(**seasonal(people)).public.summary["seasons"]
    told = [(row["persons"], row["share"]) for row in rows if row["season"] == "summer"]
    assert told == [(None, None)] * 2, why
    assert all(row["suppressed"] for row in rows if row["season"] == "summer")
    assert not any(row["suppressed"] for row in rows if row["season"] == "")


def test_two_seasons_must_not_tell_of_few_by_each_other() -> None:
    """Winter is summer but for three households: next to summer it would tell them."""
    town = seasonal([5] * 20 + [None] * 40 + [1] * 20)
    winter = town["households"]["persons_summer"].copy()
    winter.iloc[:3] = 40
    town["households"] = town["households"].assign(persons_winter=winter)
    rows = geogrid.check(**town).public.summary["seasons"]
    assert {row["season"]: row["suppressed"] for row in rows} == {"": False, "summer": False, "winter": True}


def test_without_seasons_nothing_is_said_of_them(paper: Report, tmp_path: Path) -> None:
    assert paper.public.summary["seasons"] == []
    assert "seasons" not in paper.tables
    paper.write(tmp_path)
    assert "季节人口" not in openpyxl.load_workbook(tmp_path / "private" / "report.xlsx").sheetnames


def test_seasons_stand_in_the_workbooks_and_the_report(tmp_path: Path) -> None:
    report = geogrid.check(**seasonal([5] * 20 + [None] * 40 + [1] * 20))
    report.write(tmp_path, lang="en")
    office = openpyxl.load_workbook(tmp_path / "private" / "report.xlsx")
    assert {"Seasons", "Seasons by grid"} <= set(office.sheetnames)
    public = openpyxl.load_workbook(tmp_path / "report.xlsx")
    sheet = [[cell.value for cell in row] for row in public["Seasons"].iter_rows()]
    assert sheet[:3] == [
        ["Service", "Season", "Persons", "Covered share", "Something withheld"],
        ["medical", "Usual", 240, 0.675, "no"],
        ["medical", "summer", 240, 0.842, "no"],
    ]
    assert "Seasons by grid" not in public.sheetnames
    page = document.report_document(report.public, lang="en")
    assert "By season" in page
    assert "84.2%" in page
    assert "By season" not in document.report_document(geogrid.check(**paper_town()).public, lang="en")


PATH = {"highway": "path", "geometry": street((1000, 503), (1000, 900))}
FAR_PATH = {"highway": "path", "geometry": street((300, 560), (300, 700))}


def test_a_planner_s_own_streets_are_joined() -> None:
    """A home at the path's far end walks 390 m down it, 3 m over the joint and 900 m to the clinic."""
    town = paper_town()
    far = frame([{"household_id": "P1", "persons": 2, "geometry": at(1000, 890)}])
    town["households"] = pd.concat([town["households"], far], ignore_index=True)
    before = geogrid.check(**town)
    assert before.unreached["household_id"].tolist() == ["P1"]
    report = geogrid.check(**town, add_streets=frame([PATH, FAR_PATH]))
    home = report.households.set_index("household_id").loc["P1"]
    assert home["minutes_medical"] == pytest.approx((390 + 900) / 5000 * 60, abs=1e-6)
    row = next(row for row in report.public.summary["inputs"] if row["table"] == "add_streets")
    said = "1 ends of added streets were joined to streets, 3 were not; 0 crossings were joined"
    assert row["notes"][-1]["en"] == said
    assert len(report.town.roads) == 3


def test_crossings_are_joined_when_asked() -> None:
    """A second street crosses the first without a vertex: its homes reach the clinic only when that is a junction."""
    town = paper_town()
    town["roads"] = frame([{"geometry": street((0, 500), (2000, 500))}, {"geometry": street((600, 100), (600, 900))}])
    up = frame([{"household_id": "N1", "persons": 2, "geometry": at(600, 800)}])
    town["households"] = pd.concat([town["households"], up], ignore_index=True)
    apart, joined = (geogrid.check(**town, join_crossings=asked) for asked in (False, True))
    assert pd.isna(apart.households.set_index("household_id").loc["N1", "minutes_medical"])
    assert joined.households.set_index("household_id").loc["N1", "minutes_medical"] == pytest.approx(800 / 5000 * 60)
    assert "1 crossings without a junction were joined" in [note.en for note in joined.inputs.notes["roads"]]
    assert (apart.public.summary["settings"]["join_crossings"], joined.public.summary["settings"]["join_crossings"]) == (
        False,
        True,
    )


def test_a_closure_cuts_a_street() -> None:
    """Works from x = 600 to 700: nobody from x = 625 on gets west, who stands inside cannot move."""
    report = geogrid.check(**paper_town(), closures=frame([{"name": "施工", "geometry": block(600, 400, 700, 600)}]))
    homes = report.households
    west = homes.geometry.x - 500_000 < 600
    assert (homes["status_medical"] == "covered").tolist() == west.tolist()
    assert homes.loc[~west, "minutes_medical"].isna().all()
    row = next(row for row in report.public.summary["inputs"] if row["table"] == "closures")
    assert row["notes"][-1]["en"] == "1 streets are wholly or partly closed to everybody"


def test_streets_that_cannot_be_used_are_counted_by_mode() -> None:
    town = paper_town()
    motorway = frame([{"road_id": "R9", "highway": "motorway", "geometry": street((0, 900), (2000, 900))}])
    steps = frame([{"road_id": "R8", "highway": "steps", "geometry": street((0, 950), (50, 950))}])
    closed = frame([{"road_id": "R7", "highway": "path", "closed": "yes", "geometry": street((0, 970), (50, 970))}])
    town["roads"] = pd.concat([town["roads"], motorway, steps, closed], ignore_index=True)
    sport = frame([{"facility_id": "S1", "name": "馆", "services": "sport", "geometry": at(900, 500)}])
    town["facilities"] = pd.concat([town["facilities"], sport], ignore_index=True)
    notes = geogrid.check(**town, mode={"sport": "car"}).inputs.notes["roads"]
    assert [note.en for note in notes] == [
        "1 streets of classes not for walking are left out",
        "1 closed streets are left out",
        "1 streets of classes not travelled by car are left out",
    ]
    assert notes[2].zh == "1 条街道的等级不能驾车，未用"


def test_added_streets_in_gcj02_are_found_and_closures_must_say(shifted_town: dict[str, gpd.GeoDataFrame]) -> None:
    """Twenty-five paths across the street, as a web map gives them; a closure cannot be compared with anything."""
    paths = frame([{"geometry": street((20 + 80 * i, 470), (20 + 80 * i, 530))} for i in range(24)])
    told = {**shifted_town, "datum": {"facilities": "gcj02"}}
    report = geogrid.check(**told, add_streets=convert_datum(paths, "wgs84", "gcj02"))
    assert report.inputs.datum["add_streets"].datum == "gcj02"
    assert "24 crossings were joined" in report.inputs.notes["add_streets"][-1].en
    flood = convert_datum(frame([{"geometry": block(600, 400, 700, 600)}]), "wgs84", "gcj02")
    with pytest.raises(DatumError, match=r"datum of closures cannot be told \(there is nothing to compare it with"):
        geogrid.check(**told, closures=flood)
    named = geogrid.check(**{**told, "datum": {"facilities": "gcj02", "closures": "gcj02"}}, closures=flood)
    assert now(named)[""] == 24
    plain = geogrid.check(**paper_town(), closures=frame([{"geometry": block(600, 400, 700, 600)}]).to_crs(4326))
    assert (plain.inputs.datum["closures"].datum, now(plain)[""]) == ("wgs84", 24)


def test_a_few_added_streets_are_never_moved_by_chance(shifted_town: dict[str, gpd.GeoDataFrame]) -> None:
    """Paths lie where no street is: two of them, 460 m north of the only one, would fit it best as BD-09 or GCJ-02."""
    paths = frame([{"geometry": street((20 + 80 * i, 900), (60 + 80 * i, 960))} for i in range(2)]).to_crs(4326)
    found = geogrid.check(**paper_town(), add_streets=paths).inputs.datum["add_streets"]
    assert (found.datum, found.misfit) == ("wgs84", {})
    with pytest.raises(DatumError, match=r"datum of add_streets cannot be told"):
        geogrid.check(**{**shifted_town, "datum": {"facilities": "gcj02"}}, add_streets=paths)
