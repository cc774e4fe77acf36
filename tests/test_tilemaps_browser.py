"""Maps of vector tiles, and tiles under maps, in a browser that reaches nothing else."""

from __future__ import annotations

import importlib.util
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import uvicorn
from starlette.responses import FileResponse, HTMLResponse, Response

from api.jobs import listening
from api.serving import server_config
from api.settings import Settings
from tests.service import office
from tests.test_api_browser import opened
from tests.test_maps_browser import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page
    from starlette.requests import Request

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f00050001ff89993d1d0000000049454e44ae426082"
)
"""One pixel."""
PORTAL = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/maplibre-gl.css">
<body style="margin:0"><div id="map" style="height:100vh"></div><script src="/maplibre-gl.js"></script><script>
const fill = (id, colour) => ({id, source: "town", "source-layer": id, type: "fill", paint: {"fill-color": colour}});
const map = new maplibregl.Map({container: "map", center: %s, zoom: 13, fadeDuration: 0, style: {version: 8,
  sources: {town: {type: "vector", url: "%s"}}, layers: [
    {id: "paper", type: "background", paint: {"background-color": "#fff"}},
    {...fill("grids", "#fff"), paint: {"fill-color": ["case", ["has", "share_medical"], "#2a9d8f", "#ccc"],
                                       "fill-outline-color": "#000"}},
    {id: "streets", source: "town", "source-layer": "streets", type: "line", paint: {"line-width": 3, "line-color": "#e76f51"}},
    {id: "facilities", source: "town", "source-layer": "facilities", type: "circle", paint: {"circle-radius": 8}}]}});
map.on("error", event => console.error(event.error));
map.once("idle", () => document.body.dataset.ready = true);
</script>"""
"""A portal's page on another origin, with the renderer that most of them use; it knows of us the address of a description."""
INKED = """() => [...document.querySelectorAll('#tilemap canvas')].filter(c => {
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  return d.some((v, i) => i % 4 === 3 && v > 0);
}).length"""


@contextmanager
def running(app: FastAPI, listener: Any) -> Iterator[None]:
    """Serve an app while something is looked at."""
    server = uvicorn.Server(server_config(app, app.state.holdings.settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def portal(request: Request) -> HTMLResponse:
    """Answer as a portal's page that draws the tiles whose description it is given."""
    return HTMLResponse(PORTAL % (request.query_params["at"], request.query_params["tiles"]))


def maplibre(request: Request) -> FileResponse:
    """Answer with a file of MapLibre, which its package for Python brings; the package itself is not run."""
    package = importlib.util.find_spec("maplibre")
    assert package is not None
    assert package.origin is not None
    return FileResponse(Path(package.origin).with_name("srcjs") / request.url.path.lstrip("/"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """Return the address of an office that knows this machine as a viewer, and which of its own tiles were asked for."""
    asked: list[str] = []

    def own(request: Request) -> Response:
        asked.append(request.url.path)
        return Response(PNG, media_type="image/png")

    with closing(listening("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        more: dict[str, Any] = {"basemap": "tiles", "basemap_url": "/own/{z}/{x}/{y}.png", "basemap_datum": "gcj02"}
        served = office(tmp_path_factory.mktemp("site"), port=port, loopback_role="viewer", **more)
        served.app.add_route("/own/{z}/{x}/{y}", own)
        served.app.add_route("/portal", portal)
        for kind in ("js", "css"):
            served.app.add_route(f"/maplibre-gl.{kind}", maplibre)
        assert isinstance(served.settings, Settings)
        with running(served.app, listener):
            yield f"http://127.0.0.1:{port}", asked


def shown(browser: Browser, address: str, size: tuple[int, int], complaints: list[str]) -> Page:
    page = opened(browser, address, size, complaints)
    page.wait_for_selector("body[data-ready=true][data-tiles]")
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_public_tiles_are_drawn_and_tell_of_what_is_pointed_at(
    site: tuple[str, list[str]], browser: Browser, size: tuple[int, int]
) -> None:
    complaints: list[str] = []
    page = shown(browser, f"{site[0]}/maps/tiles?lang=en", size, complaints)
    assert page.evaluate(INKED) >= 1
    page.mouse.click(size[0] * 0.45, (size[1] + 60) / 2 + 6)  # below the street, west of the middle
    assert "Households" in page.inner_text("#card")
    assert "GCJ-02" in page.inner_text("#credit"), "that everything is shifted is said"
    page.get_by_text("中文").click()
    assert "网格覆盖率" in page.inner_text("#legend")
    assert site[1], "the office's own tiles lie under it"
    assert complaints == []
    page.close()


def test_households_are_drawn_for_who_may_see_them(site: tuple[str, list[str]], browser: Browser) -> None:
    complaints: list[str] = []
    page = shown(browser, f"{site[0]}/maps/households?lang=en", DESKTOP, complaints)
    page.locator("#tilemap").evaluate("e => e.scrollIntoView()")
    box = page.evaluate(
        """() => { const d = geogrid.data, m = document.querySelector('#tilemap').getBoundingClientRect();
                   return [m.left, m.top, m.width, m.height, d.staff]; }"""
    )
    assert box[4] is True
    told = ""
    for step in range(60):  # along the street, ten metres beside which people live
        page.mouse.click(box[0] + box[2] / 2 + 4 * step - 120, box[1] + box[3] / 2 - 5)
        told = page.inner_text("#card") if page.is_visible("#card") else ""
        if "Household\n" in told:
            break
    assert "Household\n" in told
    assert complaints == []
    page.close()


def test_a_coverage_map_lies_over_its_basemap(site: tuple[str, list[str]], browser: Browser) -> None:
    complaints: list[str] = []
    site[1].clear()
    page = opened(browser, f"{site[0]}/maps/coverage?lang=zh", DESKTOP, complaints)
    page.wait_for_load_state("networkidle")
    assert page.locator("img.leaflet-tile-loaded").count() > 3
    assert "GCJ-02" in page.inner_text("#credit")
    assert len(site[1]) > 3
    assert complaints == []
    page.close()


def test_maplibre_on_a_portal_draws_the_tiles_that_tilejson_leads_to(
    site: tuple[str, list[str]], browser: Browser, chromium: str
) -> None:
    complaints: list[str] = []
    told = f"{site[0]}/api/v1/tiles/WebMercatorQuad?f=tilejson"
    drawing = browser.browser_type.launch(executable_path=chromium, args=["--no-sandbox", "--enable-unsafe-swiftshader"])
    page = drawing.new_page(viewport={"width": 500, "height": 400})
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        west, south, east, north = page.request.get(told).json()["bounds"]
        at = f"[{(west + east) / 2},{(south + north) / 2}]"
        page.goto(f"{site[0].replace('127.0.0.1', 'localhost')}/portal?at={at}&tiles={quote(told)}")
        page.wait_for_selector("body[data-ready=true]")
        shown = page.evaluate("() => map.queryRenderedFeatures().map(f => f.properties.facility_id || f.properties.grid_id)")
        assert {*shown} >= {"G1", "G2", "G3", "G4", "F1", "F2"}
        drawn = page.screenshot()
        page.evaluate("() => { map.setPaintProperty('grids', 'fill-color', '#fff'); return map.once('idle'); }")
        assert page.screenshot() != drawn, "their colour is seen"
        assert complaints == []
    finally:
        drawing.close()
