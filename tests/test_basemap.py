"""The basemap: none unless set; Tianditu's key stays here, its tiles are pictures near the place; GCJ-02 is shifted and said."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from api.app import create_app
from api.basemap import Tianditu, basemap_of, fetched
from api.errors import BusyError
from api.settings import Settings, SettingsError
from api.tilecache import TileCache
from geogrid.errors import NotFoundError
from geogrid.gcj import wgs84_to_gcj02
from geogrid.webmercator import Tile, limits
from maps import map_page
from maps.basemap import Basemap, shifted
from tests.published import public_report, write_folder
from tests.service import Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "0123456789abcdef0123456789abcdef"
PLACE = (117.21, 28.28, 117.23, 28.29)
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
SPAN = limits(PLACE, 14)
HERE = Tile(14, SPAN.first_column, SPAN.first_row)


@contextmanager
def upstream(answers: dict[str, tuple[int, dict[str, str], bytes]]) -> Iterator[tuple[str, list[str]]]:
    """Serve answers by layer on this machine; say where, and write down what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = answers[self.path[1:4]]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def source(host: str) -> Tianditu:
    return Tianditu(KEY, TileCache(1 << 20), fetched, host)


def test_a_tile_is_asked_for_once_with_the_key_and_given_without_it() -> None:
    with upstream({"vec": (200, {"Content-Type": "image/png", "X-Key": KEY}, PNG)}) as (host, asked):
        tianditu = source(host)
        answers = [tianditu.tile("vec", HERE, PLACE) for _ in range(3)]
    (path,) = asked
    assert path.startswith("/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default&TILEMATRIXSET=w")
    assert path.endswith(f"TILEMATRIX=14&TILEROW={HERE.row}&TILECOL={HERE.column}&tk={KEY}")
    assert {answer.body for answer in answers} == {PNG}
    assert answers[0].media_type == "image/png"
    assert KEY not in str(answers[0].headers)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, b"<html>tk=" + KEY.encode()),
        (200, {"Content-Type": "image/png"}, b"<svg onload=alert(1)>"),
        (200, {"Content-Type": "image/svg+xml"}, b"<svg/>"),
        (200, {"Content-Type": "image/png"}, PNG + b"0" * (1 << 20)),
        (200, {"Content-Type": "text/html"}, PNG),
        (404, {"Content-Type": "image/png"}, PNG),
    ],
)
def test_only_pictures_of_some_size_are_passed_on(answer: tuple[int, dict[str, str], bytes]) -> None:
    with upstream({"vec": answer}) as (host, _), pytest.raises(NotFoundError, match="no such tile"):
        source(host).tile("vec", HERE, PLACE)


@pytest.mark.parametrize("status", [301, 302, 307, 403, 500])
def test_nothing_is_followed_and_who_does_not_answer_is_left_alone(status: int) -> None:
    with (
        upstream({"cva": (200, {"Content-Type": "image/png"}, PNG)}) as (other, elsewhere),
        upstream({"vec": (status, {"Location": f"{other}/cva_w/wmts"}, b"")}) as (host, asked),
    ):
        tianditu = source(host)
        for _ in range(3):
            with pytest.raises(BusyError) as caught:
                tianditu.tile("vec", HERE, PLACE)
            assert KEY not in f"{caught.value!r}{caught.value.__cause__!r}{caught.value.message}"
    assert (len(asked), elsewhere) == (1, [])


@pytest.mark.parametrize(
    "tile",
    [Tile(14, 0, 0), Tile(0, 0, 0), Tile(19, 0, 0), Tile(14, HERE.column + 4, HERE.row), Tile(-1, 0, 0), Tile(14, -1, HERE.row)],
)
def test_only_tiles_near_the_place_are_asked_for(tile: Tile) -> None:
    tianditu = Tianditu(KEY, TileCache(1 << 20), lambda _: pytest.fail("asked"))
    with pytest.raises(NotFoundError):
        tianditu.tile("vec", tile, PLACE)
    with pytest.raises(NotFoundError):
        tianditu.tile("vec", HERE, None)


def service(folder: Path, **settings: Any) -> Office:
    wanted = Settings(folder=write_folder(public_report(), folder / "check"), **settings)
    return Office(create_app(wanted), wanted, {})


def test_maps_and_tiles_of_a_service_with_tianditu_never_show_the_key(tmp_path: Path) -> None:
    served = service(tmp_path, basemap="tianditu", tianditu_key=KEY)
    page = served.ask("/maps/coverage?lang=en")
    assert "img-src data: 'self';" in page.headers["content-security-policy"]
    assert "Tianditu (CGCS2000, drawn as WGS 84)" in page.text
    assert "tianditu.gov.cn" not in page.text
    address = f"/basemap/{HERE.z}/{HERE.column}/{HERE.row}?layer=img"
    with upstream({"img": (200, {"Content-Type": "image/jpeg"}, b"\xff\xd8\xff" + PNG)}) as (host, asked):
        served.app.state.tianditu.host = host
        picture = served.ask(address)
        assert served.ask(address, If_None_Match=picture.headers["etag"]).status_code == 304
    assert (picture.status_code, picture.headers["content-type"], len(asked)) == (200, "image/jpeg", 1)
    served.app.state.tianditu.cache.forget("basemap")
    failed = served.ask(address)
    assert (failed.status_code, failed.headers["retry-after"]) == (503, "5")
    for answer in (page, picture, failed, served.ask("/api/v1/openapi.json"), served.ask(f"{address}x")):
        assert KEY not in f"{answer.headers}{answer.content!r}"
    assert served.ask("/basemap/14/1/1?layer=../../secret").status_code == 422


def test_without_the_setting_there_is_no_basemap_and_no_page_asks_for_one(tmp_path: Path) -> None:
    served = service(tmp_path)
    assert served.ask(f"/basemap/{HERE.z}/{HERE.column}/{HERE.row}").status_code == 404
    assert "img-src data:;" in served.ask("/maps/coverage").headers["content-security-policy"]


@pytest.mark.parametrize(
    "url", ["", "https://t.example/{z}/{x}.png", "javascript:{z}{x}{y}", "//t.example/{z}/{x}/{y}", "ftp://a/{z}{x}{y}"]
)
def test_an_address_of_tiles_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        basemap_of(Settings(basemap="tiles", basemap_url=url))


@pytest.mark.parametrize(
    "url", ["https://a.example;script-src/{z}/{x}/{y}", "https://u:p@a.example/{z}/{x}/{y}", "https://a b/{z}{x}{y}"]
)
def test_threat_5_an_address_cannot_say_more_in_a_policy(url: str) -> None:
    with pytest.raises(SettingsError):
        basemap_of(Settings(basemap="tiles", basemap_url=url))


def test_tianditu_without_a_key_is_refused() -> None:
    with pytest.raises(SettingsError):
        basemap_of(Settings(basemap="tianditu"))


def test_over_gcj02_everything_is_shifted_and_the_map_says_so() -> None:
    public, tiles = public_report(), ("https://t.example/{z}/{x}/{y}.png",)
    before = public.facilities.geometry
    moved = shifted(public)
    lon, lat = wgs84_to_gcj02(before.x, before.y)
    assert np.allclose(moved.facilities.geometry.x, lon, atol=1e-12)
    assert np.allclose(moved.facilities.geometry.y, lat, atol=1e-12)
    assert before.equals(public_report().facilities.geometry), "the report itself is as it was"
    assert moved.grids.geometry.iloc[0].distance(public.grids.geometry.iloc[0].centroid) < 1
    plain, over = (map_page(public, basemap=Basemap(tiles, datum)) for datum in ("wgs84", "gcj02"))
    assert ("底图采用 GCJ-02 坐标" in plain, "底图采用 GCJ-02 坐标" in over) == (False, True)
    assert "img-src data: https://t.example;" in over
    assert '"basemap":{' not in map_page(public)


def test_a_slow_basemap_does_not_hold_everybody_up() -> None:
    gone = threading.Event()

    def slow(_: str) -> Any:
        gone.wait(5)
        raise TimeoutError

    tianditu = Tianditu(KEY, TileCache(1 << 20), slow)
    failed: list[type[Exception]] = []

    def ask() -> None:
        try:
            tianditu.tile("vec", HERE, PLACE)
        except BusyError as error:
            failed.append(type(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    gone.set()
    for thread in threads:
        thread.join()
    start = time.monotonic()
    ask()
    assert (len(failed), time.monotonic() - start < 1) == (5, True)
