"""Embedded maps over HTTP: what is cached, who may frame what, the code for portals, and maps as folders."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from typing import TYPE_CHECKING, get_args

import pytest

from api.app import create_app
from api.cli import main
from api.embedcli import EmbeddedMap
from api.holdings import PUBLISHED
from api.recent import Recent
from api.settings import Settings
from api.state import state_of
from geogrid.publications import add
from maps.embedmaps import MAPS, MapName
from tests.published import public_report, write_folder
from tests.service import office
from tests.test_api import asked

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.service import Office

PORTAL, VILLAGE = "https://portal.example.cn", "https://v1.example.cn"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office with a portal of everybody's and one of the village V1; its second publication is not in force yet."""
    folder = tmp_path_factory.mktemp("office")
    made = office(folder, frame_ancestors=(PORTAL,), portals={"V1": (VILLAGE,)}, public_url="https://grid.example.cn/gis")
    add(state_of(folder / "office.service").folder / PUBLISHED, folder / "check", version=5, effective=dt.date(2999, 1, 1))
    return made


def framers(answer: httpx.Response) -> str:
    return answer.headers["content-security-policy"].rpartition("frame-ancestors ")[2]


def parts(page: httpx.Response) -> dict[str, str]:
    """Return where a map's data lie, as its page states."""
    block = re.search(r'id="geogrid-data">(.*?)</script>', page.text, re.DOTALL)
    assert block
    return {name: path.removeprefix("..") for name, path in json.loads(block[1])["parts"].items()}


# Data by their hash


@pytest.mark.parametrize("name", MAPS)
def test_data_are_public_immutable_and_the_same_for_everyone(served: Office, name: str) -> None:
    paths = parts(served.ask(f"/embed/{name}"))
    for path in paths.values():
        plain, with_key = served.ask(path, Origin="null"), served.ask(path, who="admin")
        assert plain.content == with_key.content
        assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert plain.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in plain.headers
        assert served.ask(path, If_None_Match=plain.headers["etag"]).status_code == 304


def test_the_page_is_the_same_whatever_its_script_is_to_show(served: Office) -> None:
    plain = served.ask("/embed/coverage?lang=en")
    other = served.ask("/embed/coverage?lang=en&service=medical&theme=dark&size=small&grid=G1&when=later")
    assert plain.content == other.content
    assert parts(served.ask("/embed/coverage?area=V1")) != parts(plain)
    assert parts(served.ask("/embed/coverage?level=village")) != parts(plain)


def test_another_process_that_made_no_map_yet_has_the_same_data(served: Office) -> None:
    page = served.ask("/embed/coverage?area=V1&level=grid")
    other = create_app(served.settings)
    for path in parts(page).values():
        assert asked(other, path).content == served.ask(path).content


@pytest.mark.parametrize("path", ["/data/{}.json", "/data/{}.json?of=99", "/data/{}.json?area=V2"])
def test_a_hash_of_nothing_here_is_not_found(served: Office, path: str) -> None:
    assert served.ask(path.format("0" * 32)).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [("area=V9", 404), ("level=county", 404), ("service=banking", 404), ("theme=pink", 422), ("size=9", 422), ("token=x", 400)],
)
def test_wrong_parameters_are_told(served: Office, query: str, status: int) -> None:
    assert served.ask(f"/embed/coverage?{query}").status_code == status


@pytest.mark.parametrize("name", MAPS)
def test_an_area_alone_holds_nothing_of_another(served: Office, name: str) -> None:
    page = served.ask(f"/embed/{name}?area=V1")
    for path in parts(page).values():
        content = json.loads(served.ask(path).content)
        text = json.dumps([content["layers"], content.get("themes")], ensure_ascii=False)
        assert "G3" not in text
        assert "V2" not in text


def test_what_is_not_in_force_yet_is_no_public_data(served: Office) -> None:
    path = parts(served.ask("/embed/coverage"))["first"]
    assert "of=1" in path
    assert served.ask(path).status_code == 200
    assert served.ask(path.replace("of=1", "of=2")).status_code == 404


# Who may frame


def test_threat_6_the_portals_of_a_township_frame_what_is_its_own(served: Office) -> None:
    for path, allowed in (
        ("/embed/coverage", PORTAL),
        ("/embed/coverage?area=V1", VILLAGE),
        ("/embed/coverage?area=V2", PORTAL),
        ("/embed/place", PORTAL),
        ("/embed/place?area=V1", VILLAGE),
        ("/grids/G1", VILLAGE),
        ("/grids/G3", PORTAL),
        ("/maps/coverage", "'none'"),
        ("/data/" + "0" * 32 + ".json", "'none'"),
    ):
        assert framers(served.ask(path)) == allowed, path


def test_the_policy_names_the_public_address_for_browsers_that_know_no_origin_of_a_sandboxed_frame(served: Office) -> None:
    assert "connect-src 'self' https://grid.example.cn;" in served.ask("/embed/coverage").headers["content-security-policy"]


# Pages of grids


def test_the_page_of_a_grid_is_public_cached_and_led_to_by_its_code(served: Office) -> None:
    page = served.ask("/grids/G1?lang=en")
    assert page.status_code == 200
    assert "https://grid.example.cn/gis/grids/G1" in page.text
    assert served.ask("/grids/G1?lang=en", If_None_Match=page.headers["etag"]).status_code == 304
    assert served.ask("/grids/G1?lang=en", who="planner_v2").content == page.content


@pytest.mark.parametrize("grid_id", ["G99", "a%2Fb", "%3Cb%3E", "..%2Fsecret", "%00", "x" * 501])
def test_a_grid_that_is_not_there(served: Office, grid_id: str) -> None:
    answer = served.ask(f"/grids/{grid_id}")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_ids_may_have_any_characters(tmp_path: Path) -> None:
    public = public_report()
    public.grids.loc[0, "grid_id"] = "甲/1 ?#<&>%"
    app = create_app(Settings(folder=write_folder(public, tmp_path / "check")))
    page = asked(app, "/grids/%E7%94%B2%2F1%20%3F%23%3C%26%3E%25")
    assert page.status_code == 200
    assert "甲/1 ?#&lt;&amp;&gt;%" in page.text


# Code for portals


def test_the_code_is_an_iframe_without_rights_that_names_itself(served: Office) -> None:
    told = served.ask("/api/v1/snippets?area=V1&service=medical&theme=dark&lang=en&height=500", who="planner_v1").json()
    assert told["url"] == "https://grid.example.cn/gis/embed/coverage?service=medical&area=V1&theme=dark&lang=en"
    assert told["frame_ancestors"] == [VILLAGE]
    assert f'src="{html.escape(told["url"])}"' in told["html"]
    for part in (
        'sandbox="allow-scripts"',
        'referrerpolicy="no-referrer"',
        'width="100%"',
        'height="500"',
        "Service coverage map",
    ):
        assert part in told["html"]


def test_the_page_of_the_code_shows_it_as_text_and_offers_own_areas_only(served: Office) -> None:
    page = served.ask("/snippets?area=V1&lang=en", who="planner_v1")
    assert "&lt;iframe src=&quot;https://grid.example.cn" in page.text
    assert 'value="V1"' in page.text
    assert 'value="V2"' not in page.text
    assert framers(page) == "'none'"
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("who", "query", "status"), [("viewer", "", 403), ("planner_v1", "area=V2", 404), ("planner", "area=V9", 404)]
)
def test_who_may_have_the_code(served: Office, who: str, query: str, status: int) -> None:
    for path in ("/snippets", "/api/v1/snippets"):
        assert served.ask(f"{path}?{query}", who=who).status_code == status


def test_the_code_of_every_map_names_it(served: Office) -> None:
    for name, row in MAPS.items():
        told = served.ask(f"/api/v1/snippets?map={name}&area=V1", who="planner_v1").json()
        assert f"/embed/{name}?" in told["url"]
        assert row.name.zh in told["html"]
    assert set(get_args(MapName)) == set(MAPS) == set(EmbeddedMap)


# A folder of files


def test_the_folder_names_data_by_hash_and_holds_what_the_service_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = write_folder(public_report(), tmp_path / "check")
    assert main(["embed-folder", str(checked), "--out", str(tmp_path / "out"), "--area", "v1", "--lang", "en"]) == 0
    files = {path.name.partition("-")[0]: path for path in (tmp_path / "out").iterdir()}
    assert set(files) == {"index.html", "first", "rest"}
    index = files["index.html"].read_text(encoding="utf-8")
    assert files["first"].name in index
    assert "东桥村" not in files["first"].read_text(encoding="utf-8")
    assert "3 files" in capsys.readouterr().out
    assert main(["embed-folder", str(checked), "--map", "place", "--out", str(tmp_path / "place"), "--lang", "en"]) == 0
    assert "/embed/place" in capsys.readouterr().out
    assert 'id="place"' in (tmp_path / "place" / "index.html").read_text(encoding="utf-8")
    assert main(["embed-folder", str(checked), "--out", str(tmp_path / "out"), "--area", "nowhere", "--lang", "en"]) == 2


# What is kept


def test_the_least_used_goes_first_and_the_last_made_always_stays() -> None:
    kept = Recent(most_bytes=100)
    made: list[str] = []

    def get(key: str, size: int) -> str:
        def make() -> str:
            made.append(key)
            return key

        return kept.get(key, make, lambda _: size)

    for key, size in (("a", 40), ("b", 40), ("a", 40), ("c", 40), ("b", 40), ("large", 500)):
        assert get(key, size) == key
    assert made == ["a", "b", "c", "b", "large"]
    assert kept.keys() == {"large"}
