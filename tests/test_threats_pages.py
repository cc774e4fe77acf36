"""THREATS 1 to 6 on every page of the service, in Chromium: an office with hostile names, one crawl in both languages."""

from __future__ import annotations

import re
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import pytest
import uvicorn
from starlette.responses import HTMLResponse

from api.jobs import listening
from api.serving import server_config
from tests.hostile_office import GRID, HOSTILE, Hostile, hostile_office, mistaken, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from playwright.sync_api import Browser, Page
    from starlette.requests import Request

SPY = "window.ran = []; window.hacked = what => ran.push(String(what)); window.alert = () => ran.push('alert')"
"""Stands in every page before its own scripts, whatever its policy: tells what a name made run."""
STRAY = "document.querySelectorAll('[onerror], img[src=x]').length"
REFUSED = "Failed to load resource: the server responded with a status of 4"
"""What Chromium says of a page that is an error, which is meant where the address is wrong."""
DRAWN = {
    "/maps/coverage": "[data-ready=true]",
    "/embed/": "[data-whole=true]",
    "/maps/tiles": "[data-ready=true]",
    "/maps/households": "[data-ready=true]",
    "/staff": "[data-ready=true]",
}
"""Pages that scripts draw, and what they say when they have."""
INJECTED = """() => {
  document.body.append(Object.assign(document.createElement('script'), {text: "window.ran.push('inline')"}));
  const a = Object.assign(document.createElement('a'), {href: "javascript:window.ran.push('link')"});
  document.body.append(a); a.click();
  document.body.setAttribute('onclick', "window.ran.push('handler')"); document.body.click();
  return fetch('http://192.0.2.1/x').then(() => 'sent', () => 'refused');
}"""


class Site(NamedTuple):
    """The office, where it is served, and its pages."""

    made: Hostile
    port: int
    pages: dict[str, httpx.Response]


class Seen(NamedTuple):
    """What came of a page in the browser."""

    text: str
    source: str
    ran: list[str]
    stray: int
    complaints: list[str]
    injected: list[str]


def portal(request: Request) -> HTMLResponse:
    """Answer as a page of a portal that frames every address it is given, each as portals are told to."""
    frames = [f'<iframe sandbox="allow-scripts" src="{src}"></iframe>' for src in request.query_params.getlist("src")]
    return HTMLResponse(f"<!DOCTYPE html><title>portal</title>{''.join(frames)}")


@contextmanager
def running(made: Hostile, listener: object) -> Iterator[None]:
    """Serve the office with a portal's page beside it."""
    made.office.app.add_route("/portal", portal)
    server = uvicorn.Server(server_config(made.office.app, made.office.settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the office; who comes from this machine is an administrator, and the host localhost may frame its maps."""
    with closing(listening("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        allowed = (f"http://localhost:{port}",)
        made = hostile_office(tmp_path_factory.mktemp("office"), port=port, frame_ancestors=allowed, loopback_role="admin")
        found = pages(made)
        with running(made, listener):
            yield Site(made, port, found)


@pytest.fixture(scope="module")
def crawled(site: Site, browser: Browser) -> dict[str, Seen]:
    """Every page in both languages, as who has logged in."""
    context = browser.new_context(viewport={"width": 1200, "height": 700})
    context.add_init_script(SPY)
    page, own = context.new_page(), f"http://127.0.0.1:{site.port}"
    complaints: list[str] = []
    page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith((f"{own}/", "data:")) else None)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(f"{own}/login")
    page.fill("#key", site.made.office.keys["admin"])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    seen = {}
    for address in site.pages:
        for lang in ("zh", "en"):
            asked = f"{address}{'&' if '?' in address else '?'}lang={lang}"
            complaints.clear()
            seen[asked] = _look(page, own, asked, complaints)
    for asked in mistaken():
        complaints.clear()
        seen[asked] = _look(page, own, asked, complaints)
    context.close()
    return seen


def _look(page: Page, own: str, address: str, complaints: list[str]) -> Seen:
    """Open a page, choose the grid where that can be done, and try to make the page do what its policy forbids."""
    chosen = f"&grid={GRID}" if address.startswith("/embed/coverage") else ""
    answer = page.goto(own + address + chosen)
    for path, ready in DRAWN.items():
        if answer and answer.ok and address.startswith(path):
            page.wait_for_selector(f"body{ready}")
    if address.startswith("/staff"):
        page.evaluate("geogrid.choose(0)")
        page.wait_for_selector(".verdict")
    text, source = page.evaluate("[document.body.innerText + document.title, document.documentElement.outerHTML]")
    ran, stray = page.evaluate("window.ran"), page.evaluate(STRAY)
    said = [each for each in complaints if not each.startswith(REFUSED)]
    page.evaluate(INJECTED)
    return Seen(text, source, ran, stray, said, page.evaluate("window.ran"))


def wrong(crawled: dict[str, Seen], part: str) -> dict[str, object]:
    """Return the pages of which a part is not empty, and that part."""
    return {address: getattr(seen, part) for address, seen in crawled.items() if getattr(seen, part)}


def test_every_page_is_looked_at(site: Site, crawled: dict[str, Seen]) -> None:
    """The hostile names stand on the pages where the nouns do, as they were written."""
    for path in ("/", "/docs", "/login", "/staff", "/snippets", "/report", "/maps/tiles", "/maps/households", "/maps/coverage"):
        assert path in site.pages
    shown = {address.partition("?")[0] for address, seen in crawled.items() if HOSTILE in seen.text}
    assert {
        f"/grids/{GRID}",
        "/embed/coverage",
        "/embed/private/coverage",
        "/login",
        "/staff",
        "/api/v1/collections/grids/items",
        "/api/v1/collections/areas/items",
        "/api/v1/collections/facilities/items",
        "/api/v1/collections/units/items",
        "/api/v1/collections/events/items",
        f"/api/v1/collections/grids/items/{GRID}",
        "/api/v1/collections/units/items/U1",
    } <= shown


def test_threat_1_no_name_is_a_template_of_the_server(crawled: dict[str, Seen]) -> None:
    """Worked out, {{7*7}} would be 49; swallowed, the rest of the name would be gone."""
    names = [
        re.findall(r"onerror=hacked\(1\)(?:>|&gt;|\\u003[eE])(.{20})", seen.source.replace(r"\u007b", "{"))
        for seen in crawled.values()
    ]
    assert sum(map(len, names)) > 30
    assert {name for each in names for name in each} == {"{{7*7}}{% print(7*7)"}


def test_threats_2_to_4_no_name_runs_or_becomes_markup(crawled: dict[str, Seen]) -> None:
    assert wrong(crawled, "ran") == {}
    assert wrong(crawled, "stray") == {}


def test_threat_5_no_page_asks_another_host_or_complains(crawled: dict[str, Seen]) -> None:
    assert wrong(crawled, "complaints") == {}


def test_threat_5_every_page_has_a_policy_that_holds(site: Site, crawled: dict[str, Seen]) -> None:
    """An inline script, a handler and a javascript: link do nothing, even when they got into the page."""
    assert wrong(crawled, "injected") == {}
    for path, answer in site.pages.items():
        policy = _policy(answer)
        scripts = policy.get("script-src", policy["default-src"])
        assert policy["default-src"] == "'none'", path
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:", "blob:"} & set(scripts.split()), path
        assert policy["base-uri"] == "'none'", path
        assert policy["form-action"] in ("'none'", "'self'"), path


def _policy(answer: httpx.Response) -> dict[str, str]:
    """Return the directives of a page's policy."""
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";") if part.strip()]
    return {name: " ".join(values) for name, *values in parts}


FRAMED = ("/embed/coverage", "/embed/place", "/embed/private/coverage", f"/grids/{GRID}", "/grids/G3")


def test_threat_6_the_policy_says_who_may_frame_each_page(site: Site) -> None:
    for path, answer in site.pages.items():
        is_framed = path.partition("?")[0] in FRAMED
        wanted = f"http://localhost:{site.port}" if is_framed else "'none'"
        assert _policy(answer)["frame-ancestors"] == wanted, path


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_threat_6_the_browser_frames_maps_for_who_may_and_no_other_page(site: Site, browser: Browser, host: str) -> None:
    """All pages in frames of one page: of a portal that may, and of one that may not."""
    page = browser.new_page()
    asked = "&".join(f"src={quote(f'http://127.0.0.1:{site.port}{path}')}" for path in site.pages)
    page.goto(f"http://{host}:{site.port}/portal?{asked}")
    page.wait_for_load_state("load")
    drawn = [path for path, frame in zip(site.pages, page.frames[1:], strict=True) if frame.url.startswith("http:")]
    page.close()
    wanted = [path for path in site.pages if path.partition("?")[0] in FRAMED] if host == "localhost" else []
    assert drawn == wanted
