"""Households that are erased: gone from every version and every byte, while the ledger still fits."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from geogrid.errors import BusyError, NotFoundError
from geogrid.store import Workspace, open_workspace
from geogrid.workspace import chain
from geogrid.workspace.erasing import ABOUT
from tests.builders import at, frame
from tests.workspaces import act, day, town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd

CANARY = "户主CANARY金丝雀"
X, Y = 700_123.456789, 3_000_987.654321
"""Far out of the town, so that the box of the layer shows it too."""


def with_canary(persons: int) -> gpd.GeoDataFrame:
    """A hundred neighbours, and in their midst the household that will be erased."""
    home = at(0, 0)
    rows: list[dict[str, object]] = [{"household_id": f"N{n}", "persons": 2, "geometry": at(n, n)} for n in range(100)]
    rows.insert(50, {"household_id": CANARY, "persons": persons, "geometry": type(home)(X, Y)})
    return frame(rows)


def traces(path: Path) -> list[str]:
    """What of the canary is found in the file and all that lies beside it: its id, its coordinates, also rounded for an index."""
    needles = {"id": CANARY.encode()}
    for name, value in (("x", X), ("y", Y)):
        for order in "<>":
            needles[f"{name} {order}"] = struct.pack(f"{order}d", value)
            for way in (-np.inf, np.inf):
                single = np.nextafter(np.float32(value), np.float32(way))
                needles[f"{name} {order} single {way}"] = struct.pack(f"{order}f", single)
            needles[f"{name} {order} single"] = struct.pack(f"{order}f", np.float32(value))
    found = []
    for each in sorted(path.parent.iterdir()):
        content = each.read_bytes()
        found += [f"{each.name}: {name}" for name, needle in needles.items() if needle in content]
    return found


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    """The paper town, whose households then are others, one of them in two versions."""
    with town_workspace(tmp_path / "a.gpkg", key=b"key") as workspace:
        for number, persons in enumerate((3, 4)):
            workspace.import_table("households", with_canary(persons), act=act(6 + number), base=5 + number)
        yield workspace


def test_nothing_of_an_erased_household_is_in_any_byte(town: Workspace) -> None:
    assert {each.split(": ")[1] for each in traces(town.path)} >= {"id", "x <", "y <"}
    town.cache_statuses("key", {"medical": np.zeros(101, dtype=np.uint8)})
    version = town.erase([CANARY], act=act(8, "本人申请"))
    assert traces(town.path) == []
    assert town.verify(b"key").ok
    assert (version.kind, dict(version.counts["households"], sha256="")) == (
        "erase",
        {"began": 0, "ended": 1, "rows": 100, "sha256": ""},
    )
    assert version.counts["erased"]["began"] == 2
    assert CANARY not in "".join(map(str, town.versions().to_numpy().ravel()))
    assert town.cached_statuses("key") == {}
    assert [town.where(CANARY, day(number)).answer for number in (6, 7, 8)] == ["erased"] * 3
    assert town.where("N1", day(6)).answer != "erased"


def test_other_rows_stay_and_old_versions_can_still_be_read(town: Workspace) -> None:
    before = town.read("households", version=6)
    town.erase([CANARY], act=act(8, "本人申请"))
    after = town.read("households", version=6)
    pd.testing.assert_frame_equal(after, before[before["household_id"] != CANARY].reset_index(drop=True))


def test_the_box_of_the_layer_forgets_it(town: Workspace) -> None:
    def boxes() -> list[tuple[float, ...]]:
        with closing(sqlite3.connect(town.path)) as plain:
            return plain.execute("SELECT max_x FROM gpkg_contents WHERE table_name LIKE 'households%'").fetchall()

    assert boxes() == [(X,), (X,)]
    town.erase([CANARY], act=act(8, "本人申请"))
    assert max(boxes()) < (X,)


def test_what_is_left_says_when_but_not_who(town: Workspace) -> None:
    town.erase([CANARY], act=act(8, "本人申请"))
    with closing(sqlite3.connect(town.path)) as plain:
        rows = plain.execute(
            "SELECT table_name, version_from, version_to, valid_from, valid_to, erased_in, id_hash FROM erased"
        ).fetchall()
        (salt,) = plain.execute("SELECT value FROM meta WHERE key = 'salt'").fetchone()
    known = chain.salted(salt, [CANARY])[0]
    days = [day(number).isoformat() for number in (6, 7, 8)]
    assert rows == [("households", 6, 7, days[0], days[1], 8, known), ("households", 7, 8, days[1], days[2], 8, known)]


def test_events_and_duties_of_an_erased_household_go_with_it(town: Workspace) -> None:
    said = {"kind": "求助", "opened": "2024-01-01"}
    events = frame(
        [
            {"event_id": "E1", "household_id": CANARY, "geometry": at(X - 5, Y), **said},
            {"event_id": "E2", "household_id": "N1", "geometry": at(1, 1), **said},
        ]
    )
    cadre = {"name": "王", "role": "cadre", "of_kind": "households"}
    staff = pd.DataFrame(
        [
            {"staff_id": "S1", "of_id": CANARY, **cadre},
            {"staff_id": "S1", "of_id": "N1", **cadre},
            {"staff_id": "S1", "of_id": "N2", **cadre, "of_kind": "grid"},
        ]
    )
    town.import_table("events", events, act=act(8), base=7)
    town.import_table("staff", staff, act=act(8), base=8)
    version = town.erase([CANARY, "N2"], act=act(9, "本人申请"))
    assert town.read("events")["event_id"].tolist() == ["E2"]
    assert town.read("staff")["of_id"].tolist() == ["N1", "N2"]  # a grid may have the id that a household had
    assert {"events", "staff", "households", "erased"} <= set(version.counts)
    assert traces(town.path) == []
    assert town.verify(b"key").ok


def test_many_are_erased_at_once(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one statement names."""
    monkeypatch.setattr("geogrid.workspace.erasing.AT_ONCE", 7)
    town.erase([f"N{n}" for n in range(100)], act=act(8, "本人申请"))
    assert town.read("households")["household_id"].tolist() == [CANARY]
    assert town.verify(b"key").ok


@pytest.mark.parametrize("odd", ["O'Brien'); DROP TABLE grids; --", '"', "100% :x ?", "\\", "户\u3000一", "𠮷"])
def test_an_id_is_data_and_never_sql(odd: str, town: Workspace) -> None:
    homes = with_canary(1).replace({"household_id": {CANARY: odd}})
    town.import_table("households", homes, act=act(8), base=7)
    town.erase([odd], act=act(9, "本人申请"))
    assert (town.where(odd, day(8)).answer, len(town.read("households")), town.verify(b"key").ok) == ("erased", 100, True)


def test_a_household_that_comes_back_can_be_erased_again(town: Workspace) -> None:
    """It has moved back in; what is erased is known by the same hash."""
    town.erase([CANARY], act=act(8, "本人申请"))
    town.import_table("households", with_canary(1), act=act(9), base=8)
    assert town.where(CANARY, day(9)).answer != "erased"
    town.erase([CANARY], act=act(10, "本人申请"))
    assert (traces(town.path), town.where(CANARY, day(9)).answer, town.verify().ok) == ([], "erased", True)


def test_a_reader_of_an_old_state_delays_the_end_and_erasing_again_finishes_it(town: Workspace) -> None:
    with open_workspace(town.path, key=b"key", wait_s=0.2) as short, town._access.reading() as reader:
        reader.exec_driver_sql("SELECT * FROM households").all()
        with pytest.raises(
            BusyError, match=r"these households are erased, but another program is reading.*close it and erase once more"
        ):
            short.erase([CANARY], act=act(8, "本人申请"))
    assert traces(town.path) != []
    with pytest.raises(NotFoundError, match="none of these 1 households"):
        town.erase([CANARY], act=act(8, "本人申请"))
    assert traces(town.path) == []
    assert town.verify(b"key").ok


def test_every_private_table_and_every_column_that_names_a_household_is_thought_of(town: Workspace) -> None:
    specs = town._definitions.specs
    naming = {name for name in specs for column in specs[name].columns if column.name == "household_id"}
    assert naming | {name for name, spec in specs.items() if spec.is_private} == set(ABOUT)
