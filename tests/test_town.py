"""A town on the streets of several modes, saved, opened and used again."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import geogrid
from geogrid import report as report_module
from geogrid import town as town_module
from geogrid import townfile
from geogrid.errors import InputError
from geogrid.replacing import locked, replacing
from geogrid.report import Report
from geogrid.saved import Shelf
from geogrid.settings import LATER, NOW
from geogrid.town import Town, open_town, save_town, saved_folder, trips
from geogrid.townfile import MANIFEST
from tests.builders import at, block, frame, paper_town, street

TABLES = ("grids", "areas", "units", "households", "facilities", "roads")


def two_services() -> dict[str, Any]:
    r"""Return the paper town with a second service that one drives to.

    ::

         500 |--C----------+--------------------S--|   street; C clinic at 100, S gym at 1900
             0            1000                  2000

    A one-way street for cars: from x = 1000 on one may drive west only, back over a road of 2,600 m in the north.
    """
    town = paper_town()
    gym = frame([{"facility_id": "S1", "name": "馆", "services": "sport", "status": "built", "geometry": at(1900, 500)}])
    town["facilities"] = pd.concat([town["facilities"], gym], ignore_index=True)
    town["roads"] = frame(
        [
            {"road_id": "R1", "highway": "residential", "oneway": None, "geometry": street((0, 500), (1000, 500))},
            {"road_id": "R2", "highway": "residential", "oneway": "-1", "geometry": street((1000, 500), (2000, 500))},
            {
                "road_id": "R3",
                "highway": "residential",
                "oneway": None,
                "geometry": street((1000, 500), (1000, 1300), (2000, 1300), (2000, 500)),
            },
            {"road_id": "R4", "highway": "footway", "oneway": None, "geometry": street((1700, 500), (1700, 470))},
        ]
    )
    return town


DRIVEN: dict[str, Any] = {"mode": {"sport": "car"}, "cutoff_min": {"medical": 15, "sport": 8}}


@pytest.fixture(scope="module")
def both() -> Report:
    return geogrid.check(**two_services(), **DRIVEN)


def assert_same_frames(one: gpd.GeoDataFrame | None, other: gpd.GeoDataFrame | None) -> None:
    """Compare rows, cells and shapes; a column of text may come back as another kind of text."""
    if one is None or other is None:
        assert one is other
        return
    assert one.crs == other.crs
    assert one.index.equals(other.index)
    assert list(one.columns) == list(other.columns)
    for column in one.columns:
        left, right = (table[column].astype(object).where(table[column].notna(), None).tolist() for table in (one, other))
        assert left == right, column


def assert_same(one: Town, other: Town) -> None:
    assert replace(one.settings, saved=None) == other.settings
    for table in TABLES:
        assert_same_frames(getattr(one, table), getattr(other, table))
    assert list(one.placed) == list(other.placed)
    for service in one.settings.services:
        for when in (NOW, LATER):
            pd.testing.assert_frame_equal(trips(one, service, when), trips(other, service, when), check_exact=True)


def test_each_service_is_reached_by_its_own_mode(both: Report) -> None:
    """The clinic is 1,235 m from x = 1,325 on foot: 14.82 minutes.

    The gym by car: a residential street of 25 km/h (its class), legs on foot. From x = 525: 10 m leg (0.12 min), 475 m to the
    crossing, 2,600 m round and 100 m back west to the gym: 3,175 m at 25 km/h = 7.62 min. From x = 1,925 it is 25 m down the
    one-way street; from x = 1,875 one must go all the way round: 875 m west, 2,600 m, 100 m = 3,575 m, 8.58 min.
    """
    minutes = both.households.set_index("household_id")
    assert minutes.loc["H052", "minutes_medical"] == pytest.approx(14.82, abs=1e-6)
    legs = 10 / 5000 * 60
    assert minutes.loc["H020", "minutes_sport"] == pytest.approx(3.175 / 25 * 60 + legs, abs=1e-5)
    assert minutes.loc["H076", "minutes_sport"] == pytest.approx(0.025 / 25 * 60 + legs, abs=1e-5)
    assert minutes.loc["H074", "minutes_sport"] == pytest.approx(3.575 / 25 * 60 + legs, abs=1e-5)
    assert (minutes.loc["H074", "status_sport"], minutes.loc["H020", "status_sport"]) == ("uncovered", "covered")
    covered = [(minutes[f"status_{s}"] == "covered").to_numpy() for s in ("medical", "sport")]
    assert ((minutes["status_all"] == "covered").to_numpy() == (covered[0] & covered[1])).all()


def test_the_modes_stand_in_the_report(both: Report) -> None:
    summary = both.public.summary
    assert {s["id"]: (s["mode"], s["speed_kmh"], s["cutoff_min"]) for s in summary["services"]} == {
        "medical": ("walk", 5.0, 15.0),
        "sport": ("car", 90.0, 8.0),
    }
    assert (summary["settings"]["mode"], summary["settings"]["speed_kmh"]) == ("several", 5.0)
    assert summary["settings"]["modes"]["car"]["en"] == "by car"
    older = {row["service"]: row["share_older"] for row in summary["sensitivity"]}
    assert (older["sport"] is None, older["medical"] is not None) == (True, True)
    notes = next(row for row in summary["inputs"] if row["table"] == "roads")["notes"]
    assert [note["en"] for note in notes] == ["1 streets of classes not travelled by car are left out"]


def test_gaps_lie_along_the_streets_of_their_service(both: Report) -> None:
    """Of the clinic the 26 households of the paper town; of the gym 16 in the west and 12 just before it; ranked together.

    In 8 minutes less a leg one drives 3,283 m: from x up to 416 it is farther than that round to the gym, and from x = 1,584 up
    to the gym one goes too far west first.
    """
    table = both.gaps.table
    assert table[["gap_id", "households"]].to_numpy().tolist() == [["medical-1", 26], ["sport-1", 16], ["sport-2", 12]]
    lost = both.households["status_sport"] == "uncovered"
    members = both.gaps.members
    assert sorted(members.loc[members["service"] == "sport", "household"]) == sorted(both.households.index[lost])


def test_gaps_by_hand_are_those_of_each_mode_alone(both: Report) -> None:
    """Two modes in one check give, per service, what each gives alone."""
    town = two_services()
    asked: dict[str, dict[str, Any]] = {"medical": {}, "sport": {"mode": "car", "cutoff_min": 8}}
    for service, options in asked.items():
        alone = geogrid.check(**town, services=[service], **options).gaps.table
        together = both.gaps.table[both.gaps.table["service"] == service]
        assert alone.drop(columns="geometry").to_dict("records") == together.drop(columns="geometry").to_dict("records")


def test_the_unreached_differ_by_mode_and_are_not_published() -> None:
    """A household 120 m south of the footway's end is 150 m from the road for cars: with a limit of 140 m only cars miss it.

    How many are unreached then differs by service, so no table splits what is not covered; office tables do.
    """
    town = two_services()
    south = frame([{"household_id": f"S{i}", "persons": 3, "geometry": at(1700 + i / 10, 350)} for i in range(12)])
    town["households"] = pd.concat([town["households"], south], ignore_index=True)
    report = geogrid.check(**town, **DRIVEN, max_snap_m=140)
    lost = report.households[report.households["household_id"].str.startswith("S")]
    assert set(lost["status_sport"]) == {"unreached"}
    assert set(lost["status_medical"]) == {"uncovered"}
    assert lost["unreached"].all()
    assert lost["street_m"].iloc[0] == pytest.approx(150, abs=0.01)
    assert len(report.unreached) == 12
    totals = report.coverage[(report.coverage["level"] == "total") & (report.coverage["when"] == "now")].set_index("service")
    assert totals["households_unreached"].to_dict() == {"medical": 0, "sport": 12, "all": 0}
    public = report.public
    assert public.summary["totals"]["unreached"] is None
    assert all(row["unreached"] is None and row["uncovered"] is None for row in public.summary["coverage"])
    assert any(row["covered"] is not None for row in public.summary["coverage"])
    assert public.grids[["unreached_sport", "uncovered_medical"]].isna().all(axis=None)


def test_facilities_are_measured_by_the_modes_of_their_services() -> None:
    """A clinic 100 m from the footway, 130 m from the road: walked to, so not unreached; a gym there is."""
    town = two_services()
    far = [
        {"facility_id": name, "name": name, "services": services, "status": "built", "geometry": at(1700, 370)}
        for name, services in (("C9", "medical"), ("S9", "sport"), ("B9", "medical;sport"), ("E9", "education"))
    ]
    town["facilities"] = pd.concat([town["facilities"], frame(far)], ignore_index=True)
    report = geogrid.check(**town, **DRIVEN, services=["medical", "sport"], max_snap_m=110)
    found = report.facilities.set_index("facility_id")
    assert found["street_m"].round(3).loc[["C9", "S9", "B9", "E9"]].tolist() == [100.0, 130.0, 130.0, 130.0]
    assert found["unreached"].loc[["C9", "S9", "B9", "E9"]].tolist() == [False, True, True, True]


def test_older_people_walk_slower() -> None:
    """In 15 minutes at 3.6 km/h they get 900 m far, of which 10 m are the leg: up to x = 990, so 40 households of 80."""
    report = geogrid.check(**paper_town())
    assert report.tables["sensitivity"]["share_older"].tolist() == [0.5, 0.5]
    older = geogrid.check(**paper_town(), mode="walk_older")
    assert older.tables["sensitivity"][["share", "share_older"]].to_numpy().tolist() == [[0.5, 0.5]] * 2
    assert older.households["minutes_medical"].iloc[0] == pytest.approx(85 / 3600 * 60)
    assert (older.households["status_medical"] == "covered").sum() == 40


def spied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every network built and every table placed."""
    calls: list[str] = []

    def noting(name: str) -> None:
        original = getattr(town_module, name)

        def noted(*given: Any, **options: Any) -> Any:
            calls.append(name)
            return original(*given, **options)

        monkeypatch.setattr(town_module, name, noted)

    noting("build_network")
    noting("snap_to_streets")
    return calls


def test_a_second_check_builds_and_places_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = spied(monkeypatch)
    first = geogrid.check(**two_services(), **DRIVEN, saved=tmp_path)
    assert calls == ["build_network"] * 2 + ["snap_to_streets"] * 4
    calls.clear()
    second = geogrid.check(**two_services(), **DRIVEN, saved=tmp_path)
    assert calls == []
    assert (len(first.reused), len(second.reused)) == (0, 6)
    assert second.remarks == ()
    assert {**first.public.summary, "seconds": 0} == {**second.public.summary, "seconds": 0}
    pd.testing.assert_frame_equal(pd.DataFrame(first.households), pd.DataFrame(second.households), check_exact=True)
    assert not geogrid.check(**two_services(), **DRIVEN).reused


def moved(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return table.set_geometry(table.geometry.where(table.index != 3, at(175, 490.5)))


CHANGES: dict[str, tuple[dict[str, Any], int]] = {
    "a street": ({"roads": lambda t: t.assign(foot=["yes", *[None] * (len(t) - 1)])}, 6),
    "a house": ({"households": moved}, 2),
    "a facility": ({"facilities": lambda t: t.iloc[:-1].assign(services=["medical", "sport"])}, 2),
    "a mode": ({"mode": {"sport": "bicycle"}}, 3),
    "walking speed, of the legs to a vehicle too": ({"speed_kmh": 4.5}, 6),
    "the limit": ({"max_snap_m": 150}, 4),
    "a closure": ({"closures": frame([{"geometry": block(1200, 400, 1300, 600)}])}, 6),
    "an added street": ({"add_streets": frame([{"highway": "path", "geometry": street((300, 500), (300, 700))}])}, 6),
    "cutoffs, ages and names": ({"cutoff_min": 9, "households": lambda t: t.assign(aged_65=0)}, 0),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a check of the two services saves."""
    folder = tmp_path_factory.mktemp("kept")
    geogrid.check(**two_services(), **DRIVEN, saved=folder)
    return folder


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_made_anew(change: str, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the answers are those of a check that saved nothing."""
    town = two_services()
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    changes, count = CHANGES[change]
    given = {name: value(town[name]) if callable(value) else value for name, value in changes.items()}
    calls = spied(monkeypatch)
    report = geogrid.check(**{**town, **DRIVEN, **given}, saved=tmp_path)
    assert len(calls) == count
    fresh = geogrid.check(**{**town, **DRIVEN, **given})
    pd.testing.assert_frame_equal(pd.DataFrame(report.households), pd.DataFrame(fresh.households), check_exact=True)
    pd.testing.assert_frame_equal(report.coverage, fresh.coverage)


def test_damage_is_mended_and_said(tmp_path: Path) -> None:
    first = geogrid.check(**paper_town(), saved=tmp_path)
    for path in tmp_path.iterdir():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0x40
        path.write_bytes(content)
    second = geogrid.check(**paper_town(), saved=tmp_path)
    assert (second.reused, len(second.remarks)) == ((), 3)
    assert "is damaged or not ours; it was made anew" in second.remarks[0].en
    pd.testing.assert_frame_equal(pd.DataFrame(first.households), pd.DataFrame(second.households), check_exact=True)
    assert len(geogrid.check(**paper_town(), saved=tmp_path).reused) == 3


def test_a_town_comes_back_as_it_was_saved(both: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert save_town(both.town, tmp_path) == saved_folder(tmp_path) == tmp_path / "private" / "saved"
    calls, shelf = spied(monkeypatch), Shelf(saved_folder(tmp_path))
    opened = open_town(tmp_path, shelf=shelf)
    assert (calls, len(shelf.reused), shelf.remarks) == ([], 6, [])
    assert_same(both.town, opened)
    assert opened.of("sport").network.mode == "car"
    assert isinstance(opened.facilities["services"].iloc[0], tuple)


def test_without_areas_and_units_and_with_all_else(tmp_path: Path) -> None:
    town = paper_town()
    town["units"] = frame([{"unit_id": "U1", "name": "一组", "geometry": block(0, 0, 500, 1000)}])
    town["households"] = town["households"].assign(aged_65=[None, *[1] * 79], unit_id=["U1", *[None] * 79])
    closed = frame([{"geometry": block(1200, 400, 1300, 600)}])
    with_units = geogrid.check(**town, closures=closed).town
    save_town(with_units, tmp_path)
    assert_same(with_units, open_town(tmp_path))
    del town["areas"], town["units"]
    town["households"] = town["households"].drop(columns="unit_id")
    without = geogrid.check(**town).town
    save_town(without, tmp_path)
    opened = open_town(tmp_path)
    assert (opened.areas, opened.units) == (None, None)
    assert_same(without, opened)
    assert len(list(saved_folder(tmp_path).glob("town-*.parquet"))) == 4


def test_files_of_a_town_are_the_owner_s_alone(both: Report, tmp_path: Path) -> None:
    save_town(both.town, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "private", saved_folder(tmp_path))} == {0o700}


def test_lost_networks_are_made_anew(both: Report, tmp_path: Path) -> None:
    save_town(both.town, tmp_path)
    for path in saved_folder(tmp_path).glob("*.npz"):
        path.unlink()
    assert_same(both.town, open_town(tmp_path))
    assert len(list(saved_folder(tmp_path).glob("*.npz"))) == 6


def flipped(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.write_bytes(content)


def a_table(folder: Path) -> Path:
    return next(saved_folder(folder).glob("town-households-*.parquet"))


def with_town(folder: Path, change: Any) -> None:
    """Rewrite the manifest with a hash that fits."""
    from geogrid.townfile import _hash_of_town  # noqa: PLC0415

    path = saved_folder(folder) / MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content["town"])
    path.write_text(json.dumps({**content, "hash": _hash_of_town(content["town"])}), encoding="utf-8")


def nonsense(folder: Path) -> None:
    """Put a file that is no table under a name and hash that fit."""
    import hashlib  # noqa: PLC0415

    a_table(folder).write_bytes(b"nonsense")
    with_town(folder, lambda town: town["tables"]["households"].update(sha256=hashlib.sha256(b"nonsense").hexdigest()))


def other_cutoff(manifest: Path) -> None:
    """Change a limit as an editor would, without the hash."""
    content = manifest.read_text(encoding="utf-8")
    manifest.write_text(content.replace('"medical": 15.0', '"medical": 25.0', 1), encoding="utf-8")


def a_table_folder(folder: Path) -> None:
    """Let the manifest name a folder as a table."""
    name = "town-households-x.parquet"
    (saved_folder(folder) / name).mkdir()
    with_town(folder, lambda town: town["tables"]["households"].update(file=name))


SPOILT: dict[str, tuple[Any, str]] = {
    "nothing saved": (lambda f: shutil.rmtree(saved_folder(f)), r"there is no private/saved/town\.json"),
    "a lost table": (lambda f: a_table(f).unlink(), r"there is no private/saved/town-households-\w+\.parquet"),
    "a damaged table": (lambda f: flipped(a_table(f), 999), r"town-households-\w+\.parquet is damaged"),
    "no table at all": (nonsense, r"town-households-\w+\.parquet is damaged"),
    "a folder": (a_table_folder, r"private/saved/town-households-x\.parquet cannot be read"),
    "a damaged manifest": (lambda f: flipped(saved_folder(f) / MANIFEST, 300), r"town\.json is damaged"),
    "another number": (lambda f: other_cutoff(saved_folder(f) / MANIFEST), r"town\.json is damaged"),
    "half a manifest": (lambda f: (saved_folder(f) / MANIFEST).write_text('{"format"'), r"town\.json is damaged"),
    "another JSON": (lambda f: (saved_folder(f) / MANIFEST).write_text("[]"), r"town\.json is damaged"),
    "another version": (
        lambda f: (saved_folder(f) / MANIFEST).write_text('{"format": "geogrid-town", "version": 0}'),
        "another version saved it",
    ),
    "other settings": (lambda f: with_town(f, lambda town: town["settings"].update(new=1)), "another version saved it"),
    "another profile": (lambda f: with_town(f, lambda town: town["settings"]["profile"].update(x=1)), "another version saved it"),
    "a file elsewhere": (
        lambda f: with_town(f, lambda town: town["tables"]["grids"].update(file="../../x.parquet")),
        r"town\.json is damaged",
    ),
    "a table that is lacking": (lambda f: with_town(f, lambda town: town["tables"].pop("roads")), "another version saved it"),
    "one table as another": (
        lambda f: with_town(f, lambda town: town["tables"].update(households=town["tables"]["grids"])),
        "another version saved it",
    ),
    "tables as a list": (lambda f: with_town(f, lambda town: town.update(tables=[])), r"town\.json is damaged"),
    "settings as a list": (lambda f: with_town(f, lambda town: town.update(settings=[])), "another version saved it"),
    "no limit": (lambda f: with_town(f, lambda town: town["settings"]["cutoff_min"].clear()), "another version saved it"),
    "a limit that is none": (
        lambda f: with_town(f, lambda town: town["settings"].update(max_snap_m=-1)),
        "another version saved it",
    ),
    "another mode": (
        lambda f: with_town(f, lambda town: town["settings"]["mode"].update(medical="sled")),
        "another version saved it",
    ),
    "no CRS": (lambda f: with_town(f, lambda town: town.update(crs="EPSG:0")), "another version saved it"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_town_that_cannot_be_opened(case: str, both: Report, tmp_path: Path) -> None:
    save_town(both.town, tmp_path)
    spoil, message = SPOILT[case]
    spoil(tmp_path)
    with pytest.raises(InputError, match=rf"^{tmp_path.name} holds no town .* \({message}\): run geogrid check again") as caught:
        open_town(tmp_path)
    assert "请重新运行 geogrid check" in caught.value.say("zh")


def test_a_new_town_replaces_the_old_in_one_step(both: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails half way, the old town still opens."""
    save_town(both.town, tmp_path)
    other = replace(both.town, households=both.town.households.iloc[:10].reset_index(drop=True))

    def full(path: Path, *, mode: int) -> Any:
        if path.name == MANIFEST:
            raise OSError(28, "No space left on device")
        return replacing(path, mode=mode)

    with monkeypatch.context() as patched:
        patched.setattr(townfile, "replacing", full)
        with pytest.raises(OSError, match="No space"):
            save_town(other, tmp_path)
    assert_same(both.town, open_town(tmp_path))


def test_two_checks_at_once_leave_one_whole_town(both: Report, tmp_path: Path) -> None:
    """Threats 25 and 27: without a lock the second threw away tables that the first had named."""
    save_town(both.town, tmp_path)
    with ThreadPoolExecutor() as pool:
        with locked(saved_folder(tmp_path)):
            writing, reading = pool.submit(save_town, both.town, tmp_path), pool.submit(open_town, tmp_path)
            time.sleep(0.2)
            assert [writing.done(), reading.done()] == [False, False]
        assert_same(both.town, reading.result())
    assert_same(both.town, open_town(tmp_path))


def test_trips_of_a_town_are_those_of_the_check(both: Report) -> None:
    for service in both.settings.services:
        found = trips(both.town, service)
        np.testing.assert_array_equal(found["minutes"], both.households[f"minutes_{service}"])
        ids = np.array([*both.town.facilities["facility_id"], None], dtype=object)[found["facility"].to_numpy()]
        assert ids.tolist() == [None if pd.isna(i) else i for i in both.households[f"facility_{service}"]]


def test_planned_facilities_count_later(both: Report) -> None:
    now, later = (trips(both.town, "medical", when) for when in (NOW, LATER))
    planned = both.town.facilities.index[both.town.facilities["status"] == "planned"]
    assert not now["facility"].isin(planned).any()
    assert later["facility"].isin(planned).any()
    assert (later["minutes"] <= now["minutes"]).all()


def test_nothing_is_saved_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report_module.check(**paper_town())
    assert list(tmp_path.iterdir()) == []
