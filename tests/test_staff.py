"""What only staff may see: who gets in, that nothing of it gets out, and that it is what the library says."""

from __future__ import annotations

import hmac
import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from pydantic import ValidationError
from starlette.requests import Request

import geogrid
import maps
from api import settingwords
from api.addresses import origin
from api.app import create_app
from api.cli import main
from api.errors import NotStaffError
from api.routes.staff import places_json, router
from api.settings import Settings
from api.staff import GUESSING_S, MOST_GUESSERS, MOST_GUESSES, PREFIX, Guesses, digest, new_token
from geogrid.errors import InputError
from geogrid.explain import explain
from geogrid.town import save_town, trips
from maps.staff import STAFF_LAYERS, layer_features, staff_page
from maps.staffwords import STAFF_LABELS
from tests.builders import at, frame, paper_town, street
from tests.test_api import EVERYTHING, asked, problem

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from geogrid.town import Town

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
TOKEN = "a-token-for-tests-of-42-letters-and-signs.!"  # noqa: S105 -- opens nothing but the towns made here
CANARY = "CANARY-HOUSEHOLD-5521"
HOSTILE = "</script><img src=x onerror=alert(1)>{{7*7}}"
DATA = (
    "/town",
    "/explain?household=H000&service=medical",
    "/households?service=medical",
    *(f"/{row.key}" for row in STAFF_LAYERS),
)
ADDRESSES = tuple(f"{PREFIX}{path}" for path in DATA)


def office(folder: Path) -> Path:
    """Write a check's folder whose households have a canary for an id, and whose names are hostile."""
    tables = paper_town()
    tables["households"].loc[7, "household_id"] = CANARY
    tables["households"].loc[79, "geometry"] = at(1975, 900)
    tables["facilities"].loc[0, "name"] = HOSTILE
    tables["roads"]["name"] = "人民路"
    report = geogrid.check(**tables)
    report.write(folder)
    maps.write_pages(report.public, folder)
    save_town(report.town, folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def app(folder: Path) -> FastAPI:
    return create_app(Settings(folder=folder, staff_token=TOKEN))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def town(app: FastAPI) -> Town:
    made: Town = app.state.staff.town
    return made


def as_staff(app: FastAPI, path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    return asked(app, path, method=method, **({"authorization": f"Bearer {TOKEN}"} | headers))


# Who gets in


@pytest.mark.parametrize("path", [*ADDRESSES, "/staff"])
def test_without_a_token_in_the_settings_there_is_nothing_for_staff(folder: Path, path: str) -> None:
    app = create_app(Settings(folder=folder))
    for header in ({}, {"authorization": f"Bearer {TOKEN}"}):
        refused = asked(app, path, **header)
        assert (problem(refused)["status"], "www-authenticate" in refused.headers) == (404, False)
    assert app.state.staff is None


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer  ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_the_token_nobody_gets_in(folder: Path, app: FastAPI, path: str, header: str, method: str) -> None:
    app.state.staff.guesses._seen.clear()
    refused = asked(app, f"{path}", method=method, **({"authorization": header} if header else {}))
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="geogrid staff"'
    assert refused.headers["cache-control"] == "no-store"
    assert "Authorization" in refused.headers["vary"]
    if method == "GET":
        assert problem(refused)["title"] == "需要密钥或令牌"
        assert not re.search("CANARY|H0", refused.text)


@pytest.mark.parametrize(
    "path", [f"{PREFIX}/grids?no=1", f"{PREFIX}/explain", f"{PREFIX}/explain?household=H999&service=x&lang=fr"]
)
def test_the_token_is_asked_for_before_anything_else_is_looked_at(app: FastAPI, path: str) -> None:
    assert asked(app, path).status_code == 401


def test_every_address_for_staff_is_guarded_but_the_page_and_documented() -> None:
    paths = {route.path for route in router.routes}  # type: ignore[attr-defined]
    assert paths == {"/staff", *(path.partition("?")[0] for path in ADDRESSES)}
    assert [path for path in paths if f"`{path}`" not in README] == []


@pytest.mark.parametrize("path", ADDRESSES)
def test_with_the_token_every_address_answers_and_nobody_may_keep_it(app: FastAPI, path: str) -> None:
    answer = as_staff(app, path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"].startswith("Authorization")
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert not {"etag", "access-control-allow-origin", "set-cookie"} & set(answer.headers)
    head = as_staff(app, path, method="HEAD")
    told = [{name: value for name, value in each.headers.items() if name != "x-request-id"} for each in (answer, head)]
    assert (head.status_code, head.content, told[1]) == (200, b"", told[0])
    squeezed = as_staff(app, path, accept_encoding="gzip")
    assert squeezed.content == answer.content
    assert as_staff(app, path, if_none_match="*").status_code == 200


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_written(app: FastAPI, path: str, method: str) -> None:
    assert as_staff(app, path, method=method).status_code == 405


def test_wrong_questions_are_told_apart(app: FastAPI) -> None:
    wrong = {
        f"{PREFIX}/grids?limit=5": 400,
        f"{PREFIX}/households?service=medical&service=medical": 400,
        f"{PREFIX}/households": 422,
        f"{PREFIX}/households?service=medical&when=tomorrow": 422,
        f"{PREFIX}/households?service=banking": 404,
        f"{PREFIX}/explain?household=H000&service=banking": 404,
        f"{PREFIX}/explain?household=H999&service=medical": 404,
        f"{PREFIX}/explain?household={'x' * 201}&service=medical": 422,
        f"{PREFIX}/nothing": 404,
        f"{PREFIX}/grids/": 404,
    }
    assert {path: as_staff(app, path).status_code for path in wrong} == wrong
    said = problem(as_staff(app, f"{PREFIX}/explain?household=H999&service=medical&lang=en"))["detail"]
    assert said == "there is no household 'H999': check its id"
    assert problem(as_staff(app, f"{PREFIX}/households?service=x"))["detail"] == "没有服务“x”：可选 medical"


@pytest.mark.parametrize("token", [b"\xe9" * 30, b"\x00", TOKEN.encode() + b"\xff"])
def test_tokens_of_any_bytes_are_wrong_and_nothing_worse(app: FastAPI, token: bytes) -> None:
    request = Request({"type": "http", "headers": [(b"authorization", b"Bearer " + token)], "client": None})
    with pytest.raises(NotStaffError, match="this is not the token"):
        app.state.staff.admit(request)


def test_the_scheme_is_written_in_any_case_and_spaces_do_not_count(app: FastAPI) -> None:
    for header in (f"bearer {TOKEN}", f"BEARER   {TOKEN} "):
        assert asked(app, ADDRESSES[0], authorization=header).status_code == 200


# Guessing


def test_tokens_are_kept_as_hashes_and_compared_in_constant_time(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    app.state.staff.guesses._seen.clear()
    asked(app, ADDRESSES[0], authorization="Bearer x")
    assert compared == [(digest("x"), digest(TOKEN))]
    assert TOKEN not in repr(vars(app.state.staff)) + repr(app.state.holdings.source().settings)


def test_who_guesses_must_wait_and_who_has_the_token_behind_the_same_address_need_not(folder: Path) -> None:
    app = create_app(Settings(folder=folder, staff_token=TOKEN))  # type: ignore[arg-type]
    statuses = [asked(app, ADDRESSES[0], authorization=f"Bearer guess-{i}").status_code for i in range(MOST_GUESSES + 2)]
    assert statuses == [401] * MOST_GUESSES + [429] * 2
    refused = asked(app, ADDRESSES[0], authorization="Bearer guess")
    assert problem(refused)["title"] == "请求过多"
    assert 0 < int(refused.headers["retry-after"]) <= GUESSING_S
    assert as_staff(app, ADDRESSES[0]).status_code == 200
    assert asked(app, "/report").status_code == 200
    assert asked(app, ADDRESSES[0]).status_code == 401


def test_after_a_minute_guesses_are_forgotten() -> None:
    now = [100.0]
    guesses = Guesses(clock=lambda: now[0])
    for _ in range(MOST_GUESSES):
        assert guesses.wait_s("a") == 0
        guesses.add("a")
    assert (guesses.wait_s("a"), guesses.wait_s("b")) == (GUESSING_S, 0)
    now[0] += GUESSING_S
    assert guesses.wait_s("a") == 0
    guesses.add("a")
    assert guesses._seen["a"] == (160.0, 1)


def test_only_so_many_guessers_are_remembered() -> None:
    guesses = Guesses(clock=lambda: 0.0)
    for i in range(MOST_GUESSERS + 5):
        guesses.add(str(i))
    assert (len(guesses._seen), "4" in guesses._seen, "5" in guesses._seen) == (MOST_GUESSERS, False, True)


@pytest.mark.parametrize(
    ("host", "whose"), [("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::"), ("", ""), ("unix", "unix")]
)
def test_guesses_of_one_network_count_together(host: str, whose: str) -> None:
    assert origin(host) == whose


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 23, "with a space in it, and long enough", "é" * 30, "x" * 1001, "new\nline" * 5]
)
def test_tokens_that_could_be_guessed_or_not_be_sent_are_refused_and_not_repeated(
    folder: Path, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(staff_token=token)  # type: ignore[arg-type]
    assert "staff_token" in str(raised.value)
    monkeypatch.setenv("GEOGRID_STAFF_TOKEN", token)
    assert main(["serve", str(folder), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "GEOGRID_STAFF_TOKEN is not usable: expected at least 24 letters" in re.sub(r"\s+", " ", told)
    assert not token or (token not in str(raised.value) and token not in told)


def test_random_tokens_differ_and_may_be_used() -> None:
    one, other = new_token(), new_token()
    assert one != other
    assert Settings(staff_token=one).staff_token.get_secret_value() == one  # type: ignore[arg-type, union-attr]


def test_serve_for_staff_prints_the_address_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apps: list[Any] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda self, **_: apps.append(self.config.app))
    assert main(["serve", str(folder), "--port", "0", "--staff", "--lang", "en"]) == 0
    told = capsys.readouterr()
    (token,) = re.findall(r"/staff#token=(\S+)", re.sub(r"\n", "", told.out + told.err))
    assert apps[0].state.staff.digest == digest(token)
    assert main(["serve", str(folder), "--port", "0"]) == 0
    assert (apps[1].state.staff, "token" in capsys.readouterr().out) == (None, False)


def test_serve_for_staff_needs_a_town(tmp_path: Path, folder: Path) -> None:
    copy = tmp_path / "published"
    copy.mkdir()
    for file in folder.iterdir():
        if file.is_file():
            (copy / file.name).write_bytes(file.read_bytes())
    assert create_app(Settings(folder=copy)).state.staff is None
    with pytest.raises(InputError, match="run geogrid check again"):
        create_app(Settings(folder=copy, staff_token=TOKEN))  # type: ignore[arg-type]


def test_the_settings_words_cover_the_token() -> None:
    assert "secret-of-mine" not in str(settingwords.wrong_setting("staff_token", "secret-of-mine"))


# That nothing gets out


def test_no_household_in_any_public_answer_cache_or_log(app: FastAPI, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Staff look at everything first; then everybody else, whatever they ask with, sees as little as before."""
    caplog.set_level(logging.DEBUG)
    private = [as_staff(app, path) for path in (*ADDRESSES, f"{PREFIX}/explain?household={CANARY}&service=medical")]
    assert any(CANARY in answer.text for answer in private)
    as_staff(app, f"{PREFIX}/explain?household={CANARY}x&service=medical")
    tried = [
        *EVERYTHING,
        "/staff",
        *ADDRESSES,
        f"/?household={CANARY[:-1]}",
        *(f"/{path.name}" for path in (folder / "private").rglob("*")),
    ]
    answers = [asked(app, path, accept_encoding=encoding) for path in tried for encoding in ("identity", "gzip")]
    seen = "".join(answer.text + str(answer.headers) for answer in answers)
    # The client's own log names what it asked for; the service's must not.
    logged = "".join(record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore")))
    kept = "".join(str(key) + answer.body.decode() for key, answer in app.state.holdings.source().shelf._kept.items())
    assert CANARY not in seen + kept + logged
    assert TOKEN not in seen + kept + logged
    assert not [key for key in app.state.holdings.source().shelf._kept if "staff" in str(key)]


def test_public_answers_are_the_same_with_and_without_staff(app: FastAPI, folder: Path) -> None:
    public = create_app(Settings(folder=folder))
    for path in EVERYTHING:
        assert asked(app, path).content == asked(public, path).content
        assert as_staff(app, path).content == asked(public, path).content


def test_the_page_is_the_same_for_every_town_and_holds_nothing(app: FastAPI) -> None:
    answer = asked(app, "/staff?lang=en")
    assert answer.text == staff_page(lang="en")
    assert (answer.headers["cache-control"], answer.headers["content-language"]) == ("no-store", "en")
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("; connect-src 'self'; frame-ancestors 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert re.search(r"script-src 'sha256-\S+' 'sha256-\S+';", policy)
    assert not re.search(
        r"H0\d\d|第\dqu|localStorage|sessionStorage|document\.cookie|innerHTML",
        re.sub(r"(?s)<script>/\*.*?</script>", "", answer.text),
    )
    assert asked(app, "/staff", method="HEAD").content == b""
    assert problem(asked(app, "/staff?token=x"))["status"] == 400
    assert as_staff(app, "/staff", accept_encoding="gzip").headers["content-encoding"] == "gzip"


def test_the_page_speaks_both_languages() -> None:
    assert '<html lang="zh-CN">' in staff_page()
    assert [key for key, text in STAFF_LABELS.items() if not text.zh or not text.en] == []
    used = re.findall(r"""\bt\("(\w+)["+]""", "".join(maps.assets.static(name) for name in maps.staff.SCRIPTS[2:])) + re.findall(
        r'data-t(?:-label)?="(\w+)"', maps.assets.static("staff.html")
    )
    assert [
        key for key in used if not any(known == key or (key.endswith("_") and known.startswith(key)) for known in STAFF_LABELS)
    ] == []


# What staff see


def test_the_explanation_is_the_librarys(app: FastAPI, town: Town) -> None:
    for when in ("now", "later"):
        answer = as_staff(app, f"{PREFIX}/explain?household=H060&service=medical&when={when}")
        assert answer.headers["content-type"] == "application/geo+json"
        assert answer.json() == json.loads(json.dumps(explain(town, "H060", "medical", when=when).to_features()))
    assert answer.json()["ways"][1]["name"] == HOSTILE


def test_households_come_as_columns(app: FastAPI, town: Town) -> None:
    table = as_staff(app, f"{PREFIX}/households?service=medical").json()
    nearest = trips(town, "medical")
    assert {name: len(table[name]) for name in ("id", "x", "y", "grid", "status", "minutes")} == dict.fromkeys(
        ("id", "x", "y", "grid", "status", "minutes"), 80
    )
    assert table["statuses"] == ["covered", "uncovered", "unreached"]
    assert [table["status"].count(code) for code in range(3)] == [54, 25, 1]
    assert (table["id"][7], table["minutes"][0], table["minutes"][79], table["status"][79]) == (CANARY, 10, None, 2)
    assert table["minutes"][60] == round(nearest["minutes"].iloc[60] * 10)
    assert (table["grids"], table["grid"][0], table["grid"][40]) == (["G1", "G2", "G3", "G4"], 0, 2)
    place = town.households.to_crs(4326).geometry.iloc[33]
    assert (table["x"][33], table["y"][33]) == (round(place.x * 1e6), round(place.y * 1e6))
    later = as_staff(app, f"{PREFIX}/households?service=medical&when=later").json()
    assert [later["status"].count(code) for code in range(3)] == [79, 0, 1]


def test_a_household_outside_all_grids_says_so(app: FastAPI, town: Town) -> None:
    outside = replace(town, households=town.households.assign(grid_id=None))
    assert set(places_json(outside)["grid"]) == {-1}


def test_the_town_is_described(app: FastAPI) -> None:
    said = as_staff(app, f"{PREFIX}/town").json()
    (service,) = said["services"]
    assert (service["id"], service["cutoff"], service["speed"], service["mode"][1]) == ("medical", 15.0, 5.0, "on foot")
    assert (said["sample"], said["osm"], said["later"], said["max_snap_m"]) == (False, False, ["planned"], 200.0)


@pytest.mark.parametrize("layer", STAFF_LAYERS, ids=lambda layer: layer.key)
def test_layers_are_geojson_with_their_columns(app: FastAPI, town: Town, layer: Any) -> None:
    features = as_staff(app, f"{PREFIX}/{layer.key}").json()["features"]
    assert len(features) == len(layer.read(town))
    assert {name for feature in features for name in feature["properties"]} <= set(layer.columns)
    if features:
        west, south, east, north = gpd.GeoDataFrame.from_features(features, crs=4326).total_bounds
        assert 116.9 < west <= east < 117.1
        assert 28.2 < south <= north < 28.4


def test_doubts_about_streets_come_in_both_languages(tmp_path: Path) -> None:
    """A lane that ends 3 m before the street: a piece of its own, and a near miss."""
    tables = paper_town()
    tables["roads"]["name"] = "人民路"
    lane = {"road_id": "R2", "name": "小巷", "highway": "path", "geometry": street((600, 503), (600, 580))}
    tables["roads"] = frame([*tables["roads"].to_dict("records"), lane])
    (layer,) = (row for row in STAFF_LAYERS if row.key == "street-findings")
    found = layer_features(geogrid.check(**tables).town, layer)["features"]
    assert {"piece", "near_miss"} <= {feature["properties"]["kind"] for feature in found}
    assert all(feature["properties"]["note_zh"] and feature["properties"]["note_en"] for feature in found)


def test_a_layer_without_rows_or_shapes_is_empty(town: Town) -> None:
    without = replace(town, areas=None, facilities=town.facilities.assign(geometry=None))
    for layer in STAFF_LAYERS:
        if layer.key in ("areas", "facilities"):
            assert layer_features(without, layer) == {"type": "FeatureCollection", "features": []}
