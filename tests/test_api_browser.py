"""The service in a browser that reaches nothing else: every page draws, says nothing on the console and asks no other host."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.responses import HTMLResponse

from api.app import create_app
from api.jobs import listening
from api.serving import server_config
from api.settings import Settings
from tests.published import public_report, write_folder
from tests.test_maps_browser import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from starlette.requests import Request

PAGES = ("/", "/docs", "/report", "/maps/coverage", "/embed/coverage")
CHINESE = "document.body.innerText.match(/[\\u4e00-\\u9fff]+/g) || []"
STICKING_OUT = """() => [...document.querySelectorAll('main *')]
  .filter(e => !e.closest('.scroll, svg') && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 80))"""


def portal(request: Request) -> HTMLResponse:
    """Answer as a portal's page that frames the address it is given."""
    src = request.query_params["src"]
    return HTMLResponse(f'<!DOCTYPE html><iframe sandbox="allow-scripts" src="{src}" width="800" height="500"></iframe>')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a service that runs; the same service under the name localhost may frame its embeds."""
    folder = write_folder(public_report(), tmp_path_factory.mktemp("site") / "check")
    with closing(listening("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app = create_app(Settings(folder=folder, frame_ancestors=(f"http://localhost:{port}",)))
        app.add_route("/portal", portal)
        server = uvicorn.Server(server_config(app, app.state.holdings.settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


def opened(browser: Browser, address: str, size: tuple[int, int], complaints: list[str]) -> Page:
    """Open an address with every other host blocked, and write down what goes wrong."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, locale="fr-FR")
    host = "/".join(address.split("/")[:3]) + "/"
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith((host, "data:")) else route.abort())
    page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith((host, "data:")) else None)
    page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    if "coverage" in address:
        page.wait_for_selector("body[data-ready=true]")
    return page


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_and_asks_no_other_host(
    site: str, browser: Browser, path: str, lang: str, size: tuple[int, int]
) -> None:
    complaints: list[str] = []
    page = opened(browser, f"{site}{path}?lang={lang}", size, complaints)
    assert len(page.inner_text("body")) > 100
    assert page.evaluate("document.documentElement.lang").startswith(lang)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing to scroll to the side"
    assert page.evaluate(STICKING_OUT) == []
    page.close()
    assert complaints == []


def test_the_start_page_leads_to_every_page_in_its_language(site: str, browser: Browser) -> None:
    complaints: list[str] = []
    page = opened(browser, f"{site}/?lang=en", DESKTOP, complaints)
    for name, title in (("Report", "service check"), ("API reference", "API reference")):
        page.click(f".cards a:has-text('{name}')")
        assert title in page.inner_text("h1")
        page.go_back()
    page.click(".seen a")
    page.wait_for_selector("body[data-ready=true]")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.close()
    assert complaints == []


def test_the_english_reference_has_no_chinese_but_the_way_to_it(site: str, browser: Browser) -> None:
    page = opened(browser, f"{site}/docs?lang=en", DESKTOP, [])
    assert page.evaluate(CHINESE) == ["中文"]
    page.click("a.switch")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_stops_a_script_that_got_in(site: str, browser: Browser, path: str) -> None:
    complaints: list[str] = []
    page = opened(browser, site + path, DESKTOP, complaints)
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = 1'}))")
    assert page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in complaint for complaint in complaints)
    page.close()


def test_only_an_allowed_site_may_frame_and_only_the_embed(site: str, browser: Browser) -> None:
    allowed = site.replace("127.0.0.1", "localhost")
    for host, path, shown in (
        (allowed, "/embed/coverage", True),
        (allowed, "/maps/coverage", False),
        (site, "/embed/coverage", False),
    ):
        page = browser.new_page()
        page.goto(f"{host}/portal?src={site}{path}")
        inside = page.frame_locator("iframe").locator("body[data-ready=true]")
        if shown:
            inside.wait_for()
        page.wait_for_load_state("networkidle")
        assert inside.count() == shown, (host, path)
        page.close()
