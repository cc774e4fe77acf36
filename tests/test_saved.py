"""The shelf: what comes back is what was put there, or is made anew; never anything else."""

from __future__ import annotations

import contextlib
import io
import os
import time
import zipfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geogrid import saved
from geogrid.network import build_network
from geogrid.results import Network, Placement
from geogrid.saved import Shelf, hash_of, network_key, packed, placement_key, unpacked
from tests.builders import at, frame, street
from tests.streets import points, put

KEY = "k" * saved.HASH_LETTERS


def roads(**columns: Any) -> gpd.GeoDataFrame:
    """Return a street of 100 m and a lane from its middle."""
    table = frame(
        [
            {"road_id": "街1", "highway": "residential", "geometry": street((0, 0), (50, 0), (100, 0))},
            {"road_id": "", "highway": None, "geometry": street((50, 0), (50, 40))},
        ]
    )
    return table.assign(**columns)


def network() -> Network:
    return build_network(roads(), mode="walk", speed_kmh=4.7)


def never() -> Any:
    pytest.fail("made although it was saved")


def assert_same(one: Any, other: Any) -> None:
    """Compare every field, arrays with their types."""
    for each in fields(one):
        left, right = getattr(one, each.name), getattr(other, each.name)
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype
            np.testing.assert_array_equal(left, right)
        else:
            assert (left, type(left)) == (right, type(right))


def test_what_comes_back_is_what_was_put_there(tmp_path: Path) -> None:
    streets, places = network(), put((0, 12.5, 3.0), (-1, np.nan, 900.0))
    shelf = Shelf(tmp_path / "a" / "saved")
    assert shelf.network(KEY, lambda: streets) is streets
    assert shelf.placement(KEY, lambda: places) is places
    assert (shelf.reused, shelf.remarks) == ([], [])
    again = Shelf(tmp_path / "a" / "saved")
    assert_same(again.network(KEY, never), streets)
    assert_same(again.placement(KEY, never), places)
    assert again.reused == [f"network-{KEY}", f"places-{KEY}"]


def test_a_placement_of_nobody_and_a_network_without_code(tmp_path: Path) -> None:
    """A CRS that has no code comes back by its WKT, costs may be infinite, ids may be empty."""
    odd = roads().to_crs("+proj=tmerc +lat_0=0 +lon_0=117.123 +ellps=GRS80 +units=m")
    streets = build_network(odd.assign(blocked=[True, False]))
    assert np.isinf(streets.forward_m).any()
    shelf = Shelf(tmp_path)
    shelf.network(KEY, lambda: streets)
    shelf.placement(KEY, put)
    assert_same(Shelf(tmp_path).network(KEY, never), streets)
    assert len(Shelf(tmp_path).placement(KEY, never).segment) == 0


def test_without_a_folder_everything_is_made() -> None:
    shelf, streets = Shelf(), network()
    assert shelf.network("", lambda: streets) is streets
    shelf.keep_network("", streets)
    assert (shelf.reused, shelf.remarks) == ([], [])


def test_files_are_the_owner_s_alone_and_none_is_unpickled(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "saved")
    shelf.network(KEY, network)
    shelf.keep_placement(KEY, put((0, 1.0, 2.0)))
    files = sorted((tmp_path / "saved").iterdir())
    assert [path.name.split("-")[0] for path in files] == ["network", "places"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "saved").stat().st_mode & 0o777 == 0o700
    for path in files:
        with np.load(path, allow_pickle=False) as stored:
            assert all(stored[name].dtype != object for name in stored.files)


def test_keeping_what_is_there_writes_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.keep_network(KEY, network())
    (path,) = tmp_path.iterdir()
    before = path.stat().st_ino
    shelf.keep_network(KEY, network())
    assert [each.stat().st_ino for each in tmp_path.iterdir()] == [before]


PACKED = packed(network(), key=KEY)
PLACED = packed(put((0, 12.5, 3.0), (1, 4.0, 0.0), (-1, np.nan, 900.0)), key=KEY)


@given(st.sampled_from([PACKED, PLACED]), st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_are_never_used(content: bytes, data: st.DataObject) -> None:
    """Any byte changed, any end cut off or added: refused; unchanged: the same."""
    of_type: Any = Network if content is PACKED else Placement
    kind = data.draw(st.sampled_from(["flip", "cut", "longer", "none"]))
    place = data.draw(st.integers(0, len(content) - 1))
    damaged = {
        "flip": content[:place] + bytes([content[place] ^ data.draw(st.integers(1, 255))]) + content[place + 1 :],
        "cut": content[:place],
        "longer": content + content[:1],
        "none": content,
    }[kind]
    digest = hash_of([content])
    if kind == "none":
        assert isinstance(unpacked(damaged, of_type, key=KEY, digest=digest), of_type)
    else:
        with pytest.raises(ValueError, match=digest):
            unpacked(damaged, of_type, key=KEY, digest=digest)


@given(st.sampled_from([PACKED, PLACED]), st.integers(0, 100_000), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_even_with_a_forged_hash_there_is_no_other_error(content: bytes, place: int, change: int) -> None:
    """Whoever may write here can forge the name too; then the answer may be theirs, but the check does not break."""
    place %= len(content)
    forged = content[:place] + bytes([content[place] ^ change]) + content[place + 1 :]
    of_type: Any = Network if content is PACKED else Placement
    with contextlib.suppress(ValueError):
        unpacked(forged, of_type, key=KEY, digest=hash_of([forged]))


def test_a_compressed_file_is_not_unpacked() -> None:
    """Threat 11: a megabyte that becomes a gigabyte, under a name with the right hash; what we save is stored as it is."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(PACKED)) as whole, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed_again:
        for name in whole.namelist():
            packed_again.writestr(name, whole.read(name))
    forged = bomb.getvalue()
    with pytest.raises(ValueError, match=KEY):
        unpacked(forged, Network, key=KEY, digest=hash_of([forged]))


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_made_anew_and_that_is_said(tmp_path: Path, data: st.DataObject) -> None:
    streets = network()
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    Shelf(folder).network(KEY, lambda: streets)
    (path,) = folder.iterdir()
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    path.write_bytes(content[:place] + data.draw(st.binary(max_size=3)) + content[place + 3 :][: -1 if place % 2 else None])
    shelf = Shelf(folder)
    if path.read_bytes() == content:
        assert_same(shelf.network(KEY, never), streets)
        return
    assert shelf.network(KEY, lambda: streets) is streets
    assert [remark.en for remark in shelf.remarks] == [f"the saved {path.name} is damaged or not ours; it was made anew"]
    assert_same(Shelf(folder).network(KEY, never), streets)


def test_files_of_others_are_not_taken(tmp_path: Path) -> None:
    """A whole file under another key's name, a placement named network, somebody's text, a pickle."""
    shelf, other = Shelf(tmp_path), "z" * saved.HASH_LETTERS
    shelf.network(KEY, network)
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / path.name.replace(KEY, other))
    (tmp_path / f"network-{other}-{hash_of([PLACED])}.npz").write_bytes(PLACED)
    (tmp_path / f"network-{other}-{hash_of([b'text'])}.npz").write_bytes(b"text")
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    pickled = (tmp_path / "x.npy").read_bytes()
    (tmp_path / f"network-{other}-{hash_of([pickled])}.npz").write_bytes(pickled)
    streets = network()
    assert shelf.network(other, lambda: streets) is streets
    assert len(shelf.remarks) == 4
    assert len(list(tmp_path.glob("network-*.npz"))) == 1


def test_a_folder_in_the_place_of_a_file_is_no_end(tmp_path: Path) -> None:
    """A file that cannot be read or removed, and a folder that cannot be written to, cost only the saving."""
    (tmp_path / "file").write_text("not a folder")
    shelf = Shelf(tmp_path / "file" / "saved")
    streets = network()
    assert shelf.network(KEY, lambda: streets) is streets
    assert [remark.en for remark in shelf.remarks] == [
        "the street network could not be saved (Not a directory); it will be made anew next time"
    ]
    assert shelf.remarks[0].zh.startswith("路网 未能保存")


def test_a_file_that_another_check_dropped_just_now_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    streets = network()
    Shelf(tmp_path).network(KEY, lambda: streets)

    def gone(path: Path) -> bytes:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_bytes", gone)
    shelf = Shelf(tmp_path)
    assert shelf.network(KEY, lambda: streets) is streets
    assert (shelf.reused, shelf.remarks) == ([], [])


def test_old_files_are_dropped(tmp_path: Path) -> None:
    """Of ten networks the eight used last stay; one found again counts as used; half-written files go after an hour."""
    shelf, streets = Shelf(tmp_path), network()
    for number in range(8):
        shelf.network(f"{number}" * 40, lambda: streets)
        for path in tmp_path.glob(f"network-{number}*"):
            os.utime(path, (1000 + number, 1000 + number))
    shelf.network("0" * 40, never)
    old, new = tmp_path / ".network-a.npz", tmp_path / ".network-b.npz"
    for path, seconds in ((old, 7200), (new, 60)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - seconds, time.time() - seconds))
    shelf.network("8" * 40, lambda: streets)
    shelf.network("9" * 40, lambda: streets)
    assert sorted(path.name.split("-")[1][0] for path in tmp_path.glob("network-*")) == list("03456789")
    assert (old.exists(), new.exists()) == (False, True)


CHANGES = {
    "a vertex": lambda t: t.set_geometry([street((0, 0), (50, 0), (100, 0.0001)), t.geometry.iloc[1]], crs=t.crs),
    "the order": lambda t: t.iloc[::-1],
    "a class": lambda t: t.assign(highway=["residential", "steps"]),
    "an id": lambda t: t.assign(road_id=["街1", "x"]),
    "a new column": lambda t: t.assign(oneway=["yes", None]),
    "blocked": lambda t: t.assign(blocked=[False, True]),
    "fewer rows": lambda t: t.iloc[:1],
    "the CRS": lambda t: t.set_crs(4547, allow_override=True),
    "no CRS": lambda t: t.set_crs(None, allow_override=True),
    "a lost shape": lambda t: t.set_geometry([t.geometry.iloc[0], None], crs=t.crs),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_streets_changes_the_key(change: str) -> None:
    before, changed = roads(), CHANGES[change](roads())
    assert network_key(changed, mode="walk", speed_kmh=5.0) != network_key(before, mode="walk", speed_kmh=5.0)


def test_what_does_not_matter_keeps_the_key(tmp_path: Path) -> None:
    """Names, source lines, the order of the columns, how a missing value is written, and a file in between."""
    table = roads(speed_kmh=[30.0, None], oneway=["yes", None], lanes=pd.array([2, None], dtype="Int64"), lit=[True, False])
    key = network_key(table, mode="walk", speed_kmh=5.0)
    table.to_parquet(tmp_path / "roads.parquet")
    same = [
        table.assign(name=["a", "b"], source_line=[7, 8]),
        table[[*reversed(table.columns)]],
        table.assign(highway=["residential", np.nan]),
        table.assign(highway=pd.array(["residential", None], dtype="string")),
        gpd.read_parquet(tmp_path / "roads.parquet"),
    ]
    assert [network_key(each, mode="walk", speed_kmh=5.0) == key for each in same] == [True] * len(same)
    others = [network_key(table, mode="car", speed_kmh=5.0), network_key(table, mode="walk", speed_kmh=5.1)]
    assert key not in others


def test_every_change_of_places_changes_the_key() -> None:
    homes = points((5, 3), (7, 9))
    key = placement_key("n", homes, max_snap_m=200)
    moved = homes.set_geometry([at(5, 3), at(7, 9.0000001)], crs=homes.crs)
    others = [
        placement_key("m", homes, max_snap_m=200),
        placement_key("n", homes, max_snap_m=199.5),
        placement_key("n", moved, max_snap_m=200),
        placement_key("n", homes.iloc[::-1], max_snap_m=200),
        placement_key("n", homes.iloc[:1], max_snap_m=200),
    ]
    assert key not in others
    assert placement_key("n", homes.assign(persons=3), max_snap_m=200.0) == key


def test_a_newer_version_finds_nothing_of_an_older(monkeypatch: pytest.MonkeyPatch) -> None:
    before = network_key(roads(), mode="walk", speed_kmh=5.0)
    monkeypatch.setattr(saved, "_code", lambda: "another")
    assert network_key(roads(), mode="walk", speed_kmh=5.0) != before


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=6),
    st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_columns_with_one_key_are_equal(one: list[str | None], other: list[str | None]) -> None:
    def key(values: list[str | None]) -> str:
        lines = [shapely.LineString([(0, 0), (1, 0)])] * len(values)
        column = pd.Series(values, dtype=object)
        return network_key(gpd.GeoDataFrame({"ref": column}, geometry=lines, crs=4548), mode="walk", speed_kmh=5.0)

    assert (key(one) == key(other)) == (one == other)


def test_the_bytes_of_a_thing_are_always_the_same() -> None:
    assert packed(network(), key=KEY) == PACKED
    assert packed(replace(network(), mode="car"), key=KEY) != PACKED
