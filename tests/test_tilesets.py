"""Tiles over HTTP: public ones are the same for all and kept by their state; an office's own stay in scope, and are noted."""

from __future__ import annotations

import datetime as dt
import gzip
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import pytest
from pyproj import Transformer

from api.audit import entries
from api.holdings import PUBLISHED
from api.ogc.catalogue import COLLECTIONS
from api.tilecache import ROUND_EACH, TileCache
from api.tilelayers import PUBLIC, STAFF
from api.tilewords import CONFORMANCE, TILESETS
from geogrid.gcj import wgs84_to_gcj02
from geogrid.publications import add
from geogrid.store import Act, open_workspace
from geogrid.webmercator import EXTENT, Tile, mercator
from tests.builders import CRS, at, block, frame, street
from tests.service import EFFECTIVE, Office, checked, office
from tests.workspaces import act, day

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

ALL = "/api/v1/tiles/WebMercatorQuad"
WEST, EAST = (14, 6848, 13516), (14, 6848, 13517)
"""Zoom, row and column: the first has the west of G1, the second all else of the town's north."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The paper town's service; each village has one of every other thing since some day, and its unit then a new name."""
    made = office(tmp_path_factory.mktemp("tiles"))
    with open_workspace(made.path) as opened:
        for number, (table, rows) in enumerate((*things(), ("units", things()[0][1].assign(name="新"))), start=6):
            opened.import_table(table, rows, act=act(number, "补"), base=number - 1)
    return made


def things() -> list[tuple[str, Any]]:
    """Return a thing of each kind in both villages, by table."""
    spots: dict[str, Any] = {
        "units": lambda x: block(x, 480, x + 40, 520),
        "buildings": lambda x: block(x, 0, x + 9, 9),
        "barriers": lambda x: street((x, 2), (x + 9, 2)),
        "candidates": lambda x: at(x, 500),
        "closures": lambda x: block(x, 0, x + 9, 9),
        "events": lambda x: at(x, 490),
    }
    kinds = {"closures": "flood", "barriers": "river"}
    return [
        (
            table,
            frame(
                [
                    {
                        COLLECTIONS[table].id_columns[0]: f"X{n}",
                        "name": "旧",
                        "kind": kinds.get(table, "其他"),
                        "geometry": make(x),
                        "opened": "2024-01-02",
                    }
                    for n, x in enumerate((30, 1730))
                ]
            ),
        )
        for table, make in spots.items()
    ]


def of(collection: str) -> str:
    return f"/api/v1/collections/{collection}/tiles/WebMercatorQuad"


def tile_at(start: str, at: tuple[int, int, int]) -> str:
    return f"{start}/{at[0]}/{at[1]}/{at[2]}"


def layers(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    return mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True}) if answer.content else {}


def ids(answer: httpx.Response, key: str = "household_id") -> set[str]:
    return {each["properties"][key] for layer in layers(answer).values() for each in layer["features"]}


def every_tile(served: Office, collection: str, who: str, z: int = 14) -> Iterator[httpx.Response]:
    for row in (6848, 6849):
        for column in (13516, 13517):
            answer = served.ask(tile_at(of(collection), (z, row, column)), who=who)
            if answer.status_code == 200:
                yield answer


# What is public


def test_a_tile_of_all_layers_holds_what_is_published(served: Office) -> None:
    found = layers(served.ask(tile_at(ALL, EAST)))
    assert set(found) == {"areas", "grids", "streets", "service_radii", "gaps", "facilities"}
    grid = next(each["properties"] for each in found["grids"]["features"] if each["properties"]["grid_id"] == "G3")
    assert (grid["households"], "covered_medical" in grid) == (20, False), "what is withheld is not there"


def test_public_tiles_are_the_same_bytes_for_everyone(served: Office) -> None:
    nobody, admin = served.ask(tile_at(of("grids"), EAST)), served.ask(tile_at(of("grids"), EAST), who="admin")
    assert nobody.content == admin.content
    assert nobody.headers["etag"] == admin.headers["etag"]
    assert nobody.headers["access-control-allow-origin"] == "*"
    assert nobody.headers["cache-control"] == "public, no-cache"


def test_who_has_a_tile_is_answered_304_and_compressed_bytes_are_the_same(served: Office) -> None:
    first = served.ask(tile_at(ALL, EAST), accept_encoding="identity")
    assert served.ask(tile_at(ALL, EAST), accept_encoding="identity", If_None_Match=first.headers["etag"]).status_code == 304
    squeezed = served.ask(tile_at(ALL, EAST), accept_encoding="gzip")
    assert squeezed.headers["content-encoding"] == "gzip"
    assert squeezed.content == first.content
    assert int(squeezed.headers["content-length"]) == len(gzip.compress(first.content, compresslevel=6, mtime=0))


@pytest.mark.parametrize("at", ["-1/0/0", "17/0/0", "99/0/0", "14/16384/0", "14/-1/13516", "14/0/0", "2/1/4", "0/0/1"])
def test_threat_18_a_tile_out_of_range_is_404(served: Office, at: str) -> None:
    assert served.ask(f"{ALL}/{at}").status_code == 404
    assert served.ask(f"{of('grids')}/{at}").status_code == 404


@pytest.mark.parametrize("at", ["abc/0/0", "1.5/0/0", "nan/0/0", f"{'9' * 5000}/0/0", "0/0/' OR 1=1", "0/0/%00"])
def test_threat_18_what_is_no_number_is_refused(served: Office, at: str) -> None:
    assert served.ask(f"{ALL}/{at}").status_code in (404, 422)


@pytest.mark.parametrize("query", ["v=1'--", "datum=bd09", "x=1", "v=a&v=b"])
def test_threat_18_other_parameters_are_refused(served: Office, query: str) -> None:
    assert served.ask(f"{tile_at(ALL, EAST)}?{query}").status_code in (400, 404, 422)


@pytest.mark.parametrize("form", ["json", "tilejson"])
@pytest.mark.parametrize("start", [ALL, of("grids")])
def test_addresses_of_a_description_lead_to_tiles(served: Office, start: str, form: str) -> None:
    told = served.ask(f"{start}?f={form}", Host="evil.example").json()
    href = told["tiles"][0] if form == "tilejson" else next(each["href"] for each in told["links"] if each["rel"] == "item")
    assert href.startswith("http://127.0.0.1:8765/api/v1/")
    for name, value in (
        ("z", "14"),
        ("tileMatrix", "14"),
        ("y", "6848"),
        ("tileRow", "6848"),
        ("x", "13517"),
        ("tileCol", "13517"),
    ):
        href = href.replace(f"{{{name}}}", value)
    answer = served.ask(href.removeprefix("http://127.0.0.1:8765"))
    assert answer.content == served.ask(tile_at(start, EAST)).content
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_limits_and_layers_of_a_description_are_those_of_the_tiles(served: Office) -> None:
    told = served.ask(of("grids")).json()
    at_14 = next(each for each in told["tileMatrixSetLimits"] if each["tileMatrix"] == "14")
    assert at_14 == {"tileMatrix": "14", "minTileRow": 6848, "maxTileRow": 6849, "minTileCol": 13516, "maxTileCol": 13517}
    (layer,) = told["layers"]
    assert (layer["id"], layer["geometryDimension"], layer["maxTileMatrix"]) == ("grids", 2, "16")
    (feature, *_) = layers(served.ask(tile_at(of("grids"), EAST)))["grids"]["features"]
    assert feature["properties"].keys() <= layer["propertiesSchema"]["properties"].keys()
    assert layer["propertiesSchema"]["properties"]["households"] == {"type": "number"}


def test_the_matrix_set_is_the_standards(served: Office) -> None:
    told = served.ask("/api/v1/tileMatrixSets/WebMercatorQuad").json()
    first, second = told["tileMatrices"][:2]
    assert first["scaleDenominator"] == pytest.approx(559082264.028717, rel=1e-12)
    assert (second["matrixWidth"], second["cellSize"]) == (2, pytest.approx(78271.5169640205, rel=1e-12))
    (listed,) = served.ask("/api/v1/tileMatrixSets").json()["tileMatrixSets"]
    assert listed["uri"] == told["uri"]


def test_tiles_follow_what_is_published_and_what_was_stays_under_its_mark(tmp_path: Any) -> None:
    served = office(tmp_path)
    old = served.ask(f"{of('grids')}?f=tilejson").json()["tiles"][0].partition("?v=")[2]
    before = served.ask(f"{tile_at(of('grids'), EAST)}?v={old}")
    assert old in served.ask(f"{of('grids')}?f=tilejson&datetime={EFFECTIVE}").json()["tiles"][0]
    root, new = served.app.state.holdings.state.folder / PUBLISHED, tmp_path / "again"
    with open_workspace(served.path) as opened:
        checked(opened, new)
    text = (new / "grids.geojson").read_text(encoding="utf-8").replace("第3网格", "新三")
    (new / "grids.geojson").write_text(text, encoding="utf-8")
    later = add(root, new, version=5, effective=dt.date(2999, 1, 1))
    assert served.ask(f"{tile_at(of('grids'), EAST)}?v={later.digest[:16]}").status_code == 404, "it is not in force yet"
    made = add(root, new, version=5, effective=EFFECTIVE + dt.timedelta(1))
    assert "新三" in ids(served.ask(tile_at(of("grids"), EAST)), "name")
    assert made.digest[:16] in served.ask(f"{of('grids')}?f=tilejson").json()["tiles"][0]
    assert served.ask(f"{tile_at(of('grids'), EAST)}?v={old}").content == before.content
    past = served.ask(f"{tile_at(of('grids'), EAST)}?datetime={EFFECTIVE}/{EFFECTIVE}")
    assert (past.content, past.headers["cache-control"]) == (before.content, "public, no-cache")
    assert f"v={old}" in served.ask(f"{ALL}?datetime=../{EFFECTIVE}").text, "a past day leads to the tiles of its state"
    for start in (ALL, of("grids"), of("households")):
        assert served.ask(f"{start}?datetime={day(0)}", accept_language="en").status_code == 404, "nothing was published then"


def test_gcj02_puts_a_facility_where_its_formula_does(served: Office) -> None:
    def place(query: str) -> np.ndarray[Any, Any]:
        found = layers(served.ask(f"{tile_at(of('facilities'), EAST)}{query}"))["facilities"]["features"]
        (x, y) = next(each["geometry"]["coordinates"] for each in found if each["properties"]["facility_id"] == "F2")
        tile = Tile(EAST[0], EAST[2], EAST[1])
        return np.array([tile.box_m[0] + x * tile.side_m / EXTENT, tile.box_m[3] - y * tile.side_m / EXTENT])

    lon, lat = Transformer.from_crs(CRS, 4326, always_xy=True).transform(501_900, 3_130_500)
    assert np.abs(place("") - mercator(lon, lat)).max() < 1
    assert np.abs(place("?datum=gcj02") - mercator(*wgs84_to_gcj02(lon, lat))).max() < 1


# What is an office's own


def test_threat_20_households_are_no_collection_for_the_public(served: Office) -> None:
    for end in ("/tiles", "/tiles/WebMercatorQuad", "/tiles/WebMercatorQuad/14/6848/13517"):
        known = served.ask(f"/api/v1/collections/households{end}", accept_language="en")
        unknown = served.ask(f"/api/v1/collections/anything{end}", accept_language="en")
        assert (known.status_code, unknown.status_code) == (404, 404)
        assert known.text.replace("households", "anything") == unknown.text


def test_threat_20_a_township_sees_its_own_households_and_no_others(served: Office) -> None:
    found = {
        who: set().union(*(ids(each) for each in every_tile(served, "households", who))) for who in ("viewer_v1", "planner_v2")
    }
    assert found["viewer_v1"] == {f"H{i:03d}" for i in range(40)}
    assert found["planner_v2"] == {f"H{i:03d}" for i in range(40, 80)}
    grids = {who: set().union(*(ids(each, "grid_id") for each in every_tile(served, "workspace_grids", who))) for who in found}
    assert grids == {"viewer_v1": {"G1", "G2"}, "planner_v2": {"G3", "G4"}}


def test_threat_20_nothing_tells_of_another_townships_land(served: Office) -> None:
    other, empty = (served.ask(tile_at(of("households"), at), who="planner_v2") for at in (WEST, (14, 0, 0)))
    assert (other.status_code, empty.status_code) == (404, 404)
    assert other.json() == empty.json()
    mine, all_of_it = (served.ask(f"{of('households')}?f=tilejson", who=who).json() for who in ("planner_v2", "planner"))
    assert mine["bounds"][0] > all_of_it["bounds"][0] + 0.009
    assert "bounds" not in served.ask(f"{of('defects')}?f=tilejson").json(), "of nothing there is no box"


def test_threat_20_answers_to_one_caller_are_never_kept_for_another(served: Office) -> None:
    address = tile_at(of("households"), EAST)
    ours, theirs = served.ask(address, who="viewer_v1"), served.ask(address, who="planner_v2")
    for answer in (ours, theirs, served.ask(of("households"), who="viewer_v1")):
        assert answer.headers["cache-control"].startswith("private") or answer.headers["cache-control"] == "no-store"
        assert {"Authorization", "Cookie"} <= set(answer.headers["vary"].replace(" ", "").split(","))
        assert "access-control-allow-origin" not in answer.headers
    assert ours.headers["etag"] != theirs.headers["etag"]
    assert served.ask(address, who="viewer_v1", If_None_Match=ours.headers["etag"]).status_code == 304
    assert served.ask(f"{address}?v=whatever", who="viewer_v1").headers["cache-control"] == "private, no-cache"


def in_items(served: Office, collection: str, who: str, when: str = "") -> set[str]:
    """Return the ids of a collection's features."""
    return {each["id"] for each in served.ask(f"/api/v1/collections/{collection}/items?{when}", who=who).json()["features"]}


def in_tiles(served: Office, collection: str, who: str, when: str = "") -> set[str]:
    """Return the ids of everything in the tiles of zoom 14 that a description leads to."""
    told = served.ask(f"{of(collection)}?{when}", who=who).json()
    href = next(each["href"] for each in told["links"] if each["rel"] == "item").removeprefix(served.settings.base_url)
    found: set[str] = set()
    for at_14 in (each for each in told.get("tileMatrixSetLimits", []) if each["tileMatrix"] == "14"):
        for row in range(at_14["minTileRow"], at_14["maxTileRow"] + 1):
            for column in range(at_14["minTileCol"], at_14["maxTileCol"] + 1):
                address = href.replace("{tileMatrix}", "14").replace("{tileRow}", str(row)).replace("{tileCol}", str(column))
                found |= ids(served.ask(address, who=who), COLLECTIONS[collection].id_columns[0])
    return found


@pytest.mark.parametrize("name", STAFF)
def test_threat_20_tiles_show_a_township_what_items_do_and_nothing_else(served: Office, name: str) -> None:
    found = {who: in_tiles(served, name, who) for who in ("viewer_v1", "planner_v2")}
    for who, shown in found.items():
        assert shown == in_items(served, name, who)
        assert shown, "there is something to hide"
    assert not found["viewer_v1"] & found["planner_v2"]


@pytest.mark.parametrize(
    ("name", "days"), [("units", f"{day(5)}"), ("households", f"{day(2)}/{day(3)}"), ("households", "2024-01-03")]
)
def test_tiles_show_what_items_do_on_a_past_day(served: Office, name: str, days: str) -> None:
    shown = in_tiles(served, name, "planner_v2", f"datetime={days}")
    assert shown == in_items(served, name, "planner_v2", f"datetime={days}")
    assert len(shown) == (40 if days.endswith(f"{day(3)}") else 0), "units came later, and so did people"
    known, unknown = (served.ask(f"{of(each)}?datetime={days}", accept_language="en") for each in (name, "unknown"))
    assert (known.status_code, known.text) == (404, unknown.text.replace("unknown", name))


def test_tiles_of_a_past_day_show_what_was_then_and_are_private(served: Office) -> None:
    named = {when: served.ask(f"{tile_at(of('units'), WEST)}?datetime={when}", who="viewer_v1") for when in (day(6), day(12))}
    assert [ids(each, "name") for each in named.values()] == [{"旧"}, {"新"}]
    for answer in named.values():
        assert answer.headers["cache-control"] == "private, no-cache"
        assert "access-control-allow-origin" not in answer.headers
    assert ids(served.ask(tile_at(of("units"), WEST), who="viewer_v1"), "name") == {"新"}
    assert served.ask(f"{of('units')}?datetime={dt.date(2000, 1, 1)}", who="viewer").status_code == 404
    assert served.ask(f"{of('units')}?datetime=soon", who="viewer").status_code == 400
    assert (
        served.ask(f"{of('units')}?f=tilejson&datetime={day(6)}/{day(7)}", who="viewer")
        .json()["tiles"][0]
        .endswith(f"/{{x}}?datetime={day(6)}%2F{day(7)}")
    )


def test_every_tile_of_households_is_noted_without_a_place(served: Office) -> None:
    state = served.app.state.holdings.state
    before = len(entries(state, limit=1000))
    served.ask(tile_at(of("households"), EAST), who="viewer_v1")
    served.ask(tile_at(of("workspace_grids"), EAST), who="viewer_v1")
    served.ask(tile_at(of("households"), WEST), who="planner_v2")
    served.ask(tile_at(of("buildings"), EAST), who="viewer")
    served.ask(tile_at(of("events"), EAST), who="viewer")  # they name households
    (entry, *_) = found = entries(state, limit=1000)
    assert len(found) == before + 2
    assert (entry.action, entry.of, entry.detail) == ("read_households", "tiles", '{"zoom": 14}')


def test_minutes_and_status_come_from_the_newest_check(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = served.path.with_name("check")
    monkeypatch.setattr("api.tilesoffice.newest_check", lambda _: (SimpleNamespace(job_id="j1"), folder))
    found = layers(served.ask(tile_at(of("households"), EAST), who="planner"))["households"]["features"]
    rows = {each["properties"]["household_id"]: each["properties"] for each in found}
    assert (rows["H020"]["status_medical"], rows["H079"]["status_medical"]) == ("covered", "uncovered")
    assert rows["H079"]["minutes_medical"] > 15


def test_threat_22_an_erased_household_is_in_no_tile(tmp_path: Any) -> None:
    served = office(tmp_path)
    address = tile_at(of("households"), EAST)
    assert "H045" in ids(served.ask(address, who="planner"))
    with open_workspace(served.path) as opened:
        opened.erase(["H045"], act=Act("李", opened.head.effective, "申请"))
    left = ids(served.ask(address, who="planner"))
    assert "H045" not in left
    assert "H046" in left
    served.app.state.tile_sets.forget()
    assert served.app.state.tile_sets.cache.size == 0


def test_a_folder_has_public_tiles_and_no_others(served: Office) -> None:
    from api.app import create_app  # noqa: PLC0415 -- another service
    from api.settings import Settings  # noqa: PLC0415 -- likewise

    app = create_app(Settings(folder=served.path.with_name("check")))
    plain = Office(app, served.settings, {})
    assert "G3" in ids(plain.ask(tile_at(of("grids"), EAST)), "grid_id")
    assert plain.ask(tile_at(of("households"), EAST)).status_code == 404
    assert plain.ask(f"{tile_at(of('grids'), EAST)}?v=0").status_code == 404


def test_the_cache_keeps_within_its_bound_and_forgets_the_oldest() -> None:
    from api.answers import Answer  # noqa: PLC0415 -- only here

    cache, made = TileCache(3 * ROUND_EACH + 300), []

    def make(name: str, size: int = 10) -> Answer:
        made.append(name)
        return Answer(b"x" * size, "text/plain", {})

    for name in ("a", "b", "c", "a", "d", "a", "b"):
        cache.get((name,), lambda name=name: make(name))  # type: ignore[misc]
    assert made == ["a", "b", "c", "d", "b"], "b was asked for longest ago when d came"
    cache.get(("huge",), lambda: make("huge", 1 << 20))
    assert cache.size <= 3 * ROUND_EACH + 300
    cache.forget("a")
    cache.get(("a",), lambda: make("a"))
    assert made[-1] == "a"


def test_collections_lead_to_their_tiles_and_the_classes_of_the_standard_are_declared(served: Office) -> None:
    declared = served.ask("/api/v1/conformance").json()["conformsTo"]
    assert {*CONFORMANCE} <= {*declared}
    told = served.ask("/api/v1/collections", who="viewer").json()["collections"]
    tiled = {each["id"]: link["href"] for each in told for link in each["links"] if link["rel"] == TILESETS}
    assert set(tiled) == {*PUBLIC, *STAFF} == {*COLLECTIONS}
    for name, address in tiled.items():
        path = address.removeprefix(served.settings.base_url)
        assert served.ask(path, who="viewer").status_code == 200, name
        assert served.ask(path).status_code == (200 if name in PUBLIC else 404), name
