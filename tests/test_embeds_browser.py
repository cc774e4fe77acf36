"""Embedded maps in Chromium: a made-up portal on another origin, at two sizes, with the network blocked to anything else."""

from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.responses import HTMLResponse

from api.app import create_app
from api.cli import main
from api.embeds.code import iframe
from api.jobs import listening
from api.serving import server_config
from api.settings import Settings
from maps.embed import embed_data, locked_page
from tests.published import HOSTILE, public_report, write_folder
from tests.test_maps_browser import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Frame, Page
    from starlette.requests import Request

WHOLE = "body[data-whole=true]"


def portal(request: Request) -> HTMLResponse:
    """Answer as a portal's page that frames an address, with our code for it or with a sandbox of its own."""
    src, sandbox = request.query_params["src"], request.query_params.get("sandbox")
    code = iframe(src, name="coverage", place="样例镇", lang="zh", height=520)
    if sandbox is not None:
        code = code.replace('sandbox="allow-scripts"', sandbox)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>门户</title>'
    return HTMLResponse(f'<!DOCTYPE html><html lang="zh">{head}<body><h1>门户</h1>{code}</body></html>')


@contextmanager
def running(settings: Settings, listener: Any) -> Iterator[None]:
    """Run a service, with a portal's page beside it."""
    app = create_app(settings)
    app.add_route("/portal", portal)
    server = uvicorn.Server(server_config(app, app.state.holdings.settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(public_report(hostile=HOSTILE), tmp_path_factory.mktemp("embeds") / "check")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """Return the address of a service whose maps the host localhost may frame; those of the village v1 nobody may."""
    with closing(listening("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        allowed = (f"http://localhost:{port}",)
        with running(Settings(folder=folder, frame_ancestors=allowed, portals={"v1": ("'none'",)}), listener):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong on pages, or was asked of anybody else."""
    return []


def opened(browser: Browser, address: str, complaints: list[str], size: tuple[int, int] = DESKTOP) -> Page:
    """Open an address with everything but our own service blocked, and write down what goes wrong."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    port = address.split("/")[2].partition(":")[2]
    own = tuple(f"http://{host}:{port}/" for host in ("127.0.0.1", "localhost"))
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith((*own, "data:")) else route.abort())
    page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith((*own, "data:")) else None)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page


def framed(page: Page) -> Frame:
    """Return the frame of a portal's page, once its map is whole."""
    page.frame_locator("iframe").locator(WHOLE).wait_for()
    return page.frames[1]


def at_portal(site: str, path: str, **more: str) -> str:
    """Return the address of the portal's page, on another origin than the map's."""
    asked = "".join(f"&{key}={value}" for key, value in more.items())
    return f"{site.replace('127.0.0.1', 'localhost')}/portal?src={(site + path).replace('&', '%26')}{asked}"


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_portal_frames_a_map_without_rights_cookies_or_any_other_host(
    site: str, browser: Browser, size: tuple[int, int], complaints: list[str]
) -> None:
    page = opened(browser, at_portal(site, "/embed/coverage?service=medical&lang=en&theme=dark"), complaints, size)
    frame = framed(page)
    assert frame.evaluate("[window.origin, document.documentElement.lang, document.body.className]") == [
        "null",
        "en",
        "embed theme-dark",
    ]
    assert frame.evaluate("geogrid.state.service") == "medical"
    assert frame.evaluate("Object.keys(geogrid.groups).length") == 8
    assert page.get_by_title("样例镇 · 服务覆盖地图").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.context.cookies() == []
    page.close()
    assert complaints == []


def test_it_works_without_a_sandbox_too(site: str, browser: Browser, complaints: list[str]) -> None:
    page = opened(browser, at_portal(site, "/embed/coverage", sandbox="%20"), complaints)
    assert framed(page).evaluate("window.origin") == site
    page.close()
    assert complaints == []


def test_threat_6_others_are_refused(site: str, browser: Browser) -> None:
    for address in (
        f"{site}/portal?src={site}/embed/coverage",
        at_portal(site, "/embed/coverage?area=v1"),
        at_portal(site, "/maps/coverage"),
        at_portal(site, "/grids/g01"),
    ):
        complaints: list[str] = []
        page = opened(browser, address, complaints)
        page.wait_for_load_state("networkidle")
        assert any("frame-ancestors" in each for each in complaints), address
        assert page.frame_locator("iframe").locator("body.embed, main").count() == 0
        page.close()


def test_the_page_of_a_grid_in_a_frame(site: str, browser: Browser, complaints: list[str]) -> None:
    page = opened(browser, at_portal(site, "/grids/g08?lang=zh"), complaints, PHONE)
    page.frame_locator("iframe").get_by_role("heading", name="东桥村第8网格").wait_for()
    assert page.frames[1].evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
    assert complaints == []


def test_a_frame_that_grows_shows_everything_again_until_somebody_moved_the_map(
    site: str, browser: Browser, complaints: list[str]
) -> None:
    page = opened(browser, at_portal(site, "/embed/coverage?size=small"), complaints, (500, 700))
    frame = framed(page)
    both = "geogrid.shapes.areas[0][0][0].concat(geogrid.shapes.areas[1][0][0])"
    seen = f"geogrid.leaflet.getBounds().contains(L.latLngBounds({both}))"
    before = frame.evaluate("geogrid.leaflet.getZoom()")
    page.set_viewport_size({"width": 1300, "height": 700})
    page.wait_for_timeout(400)
    assert frame.evaluate("geogrid.leaflet.getZoom()") > before
    assert frame.evaluate(seen)
    wide = frame.evaluate("geogrid.leaflet.getZoom()")
    frame.locator(".buttons button").first.click()
    frame.wait_for_function(f"geogrid.leaflet.getZoom() > {wide}")
    moved = frame.evaluate("geogrid.leaflet.getZoom()")
    page.set_viewport_size({"width": 600, "height": 700})
    page.wait_for_timeout(400)
    assert frame.evaluate("geogrid.leaflet.getZoom()") == moved
    page.close()
    assert complaints == []


def test_parameters_choose_and_nonsense_does_not(site: str, browser: Browser, complaints: list[str]) -> None:
    page = opened(browser, f"{site}/embed/coverage?grid=g07&when=later&lang=zh&level=grid", complaints)
    page.wait_for_selector(WHOLE)
    assert page.evaluate("[geogrid.state.when, geogrid.state.chosen.index]") == ["later", 6]
    assert "420" in page.inner_text("#view")
    page.goto(f"{site}/embed/coverage?level=village&theme=contrast")
    page.wait_for_selector(WHOLE)
    assert page.evaluate("geogrid.data.layers.grids.id") == ["v1", "v2"]
    page.goto(f"{site}/embed/coverage?grid=%25E0%25A4%25A&lang=en")
    page.wait_for_selector(WHOLE)
    assert page.evaluate("geogrid.state.chosen") is None
    page.close()
    assert complaints == []


def test_threats_1_to_5_a_hostile_name_stays_text_and_the_policy_holds(
    site: str, browser: Browser, complaints: list[str]
) -> None:
    page = opened(browser, f"{site}/embed/coverage?grid=g01", complaints)
    page.wait_for_selector(WHOLE)
    assert HOSTILE in page.inner_text("#view h2")
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    assert complaints == []
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = 1'}))")
    page.evaluate("fetch('http://192.0.2.1/x').catch(() => 0)")
    assert page.evaluate("window.hacked") is None
    assert any("inline script violates" in each for each in complaints)
    assert any("192.0.2.1" in each and "Content Security Policy" in each for each in complaints)
    page.close()


def test_it_is_used_with_the_keyboard_and_read_aloud(site: str, browser: Browser, complaints: list[str]) -> None:
    page = opened(browser, f"{site}/embed/coverage?lang=en", complaints)
    page.wait_for_selector(WHOLE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("第7")
    page.keyboard.press("Enter")
    assert page.evaluate("geogrid.state.chosen.index") == 6
    assert page.inner_text("#news") == "东桥村第7网格"
    names = page.evaluate(
        "[...document.querySelectorAll('button, input, [role=application], [role=tablist]')].filter(e => e.offsetParent)"
        ".filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))).length"
    )
    assert names == 0
    page.close()
    assert complaints == []


def test_data_that_do_not_come_are_said_and_can_be_asked_for_again(site: str, browser: Browser) -> None:
    page = browser.new_page()
    page.route("**/data/**", lambda route: route.abort())
    page.goto(f"{site}/embed/coverage?lang=en")
    page.get_by_role("alert").wait_for()
    assert "could not be loaded" in page.inner_text("#wait")
    page.unroute("**/data/**")
    page.click("#wait button")
    page.wait_for_selector(WHOLE)
    page.close()


def test_a_locked_map_takes_nothing_from_its_address(tmp_path: Path, browser: Browser, complaints: list[str]) -> None:
    file = tmp_path / "locked.html"
    data = embed_data(public_report(), area="v1")
    file.write_text(locked_page(data, {"service": "medical", "lang": "en", "size": "small"}, lang="zh"), encoding="utf-8")
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{file.as_uri()}?service=education&lang=zh&theme=dark&size=full")
    page.wait_for_selector(WHOLE)
    shown = page.evaluate("[geogrid.state.service, geogrid.lang, document.body.className]")
    assert shown == ["medical", "en", "embed theme-light small"]
    page.close()
    assert complaints == []


def test_a_folder_opens_as_a_file_and_prints(folder: Path, tmp_path: Path, browser: Browser, complaints: list[str]) -> None:
    assert main(["embed-folder", str(folder), "--out", str(tmp_path / "map"), "--lang", "zh"]) == 0
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
    page.goto(f"{(tmp_path / 'map' / 'index.html').as_uri()}?service=medical&lang=en&theme=dark")
    page.wait_for_selector(WHOLE)
    assert page.evaluate("[geogrid.state.service, geogrid.lang]") == ["medical", "en"]
    assert page.pdf(format="A4", landscape=True).startswith(b"%PDF")
    page.close()
    assert complaints == []
