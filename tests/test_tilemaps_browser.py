"""Maps of vector tiles, and tiles under maps, in a browser that reaches nothing else."""

from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.responses import Response

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
