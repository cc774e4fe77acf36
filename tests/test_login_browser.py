"""Logging in with a real browser, over HTTP by a name that it does not trust; what another site's page cannot do (threat 8)."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.responses import HTMLResponse

from api import audit, keys
from api.jobs import listening
from api.serving import server_config
from tests.conftest import ARGUMENTS
from tests.service import Office, office
from tests.test_maps_browser import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page
    from starlette.requests import Request

NAME = "office.test"
"""Not localhost: over HTTP browsers do not say Sec-Fetch-Site there, as in most offices' networks."""
STICKING_OUT = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
ATTACK = """<!DOCTYPE html>
<form id="login" method="post" action="{target}/login"><input name="key" value="{key}"></form>
<form id="logout" method="post" action="{target}/logout"><input name="csrf_token" value="x"></form>
<form id="keys" method="post" enctype="text/plain" action="{target}/api/v1/keys">
<input name='{{"name":"x","role":"admin","a":"' value='"}}'></form>"""
FETCHES = """async target => {
  const said = [];
  for (const [method, type] of [["POST", "text/plain"], ["POST", "application/json"], ["DELETE", "text/plain"]]) {
    for (const mode of ["no-cors", "cors"]) {
      try {
        const answer = await fetch(target + "/api/v1/keys", {method, mode, credentials: "include",
          headers: {"Content-Type": type}, body: '{"name":"x","role":"admin"}'});
        said.push(answer.type + answer.status);
      } catch (error) { said.push("refused"); }
    }
  }
  return said;
}"""


def attacker(request: Request) -> HTMLResponse:
    """Answer as a page of another site."""
    return HTMLResponse(ATTACK.format(target=request.query_params["target"], key=request.query_params["key"]))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def port(served: Office) -> Iterator[int]:
    """Return the port of a service that runs; under other names it is the attacker's too."""
    with closing(listening("127.0.0.1", 0)) as listener:
        served.app.add_route("/attacker", attacker)
        server = uvicorn.Server(server_config(served.app, served.settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def networked(browser: Browser, chromium: str) -> Iterator[Browser]:
    """Start a browser that finds every name of the test on this machine."""
    names = ",".join(f"MAP {name} 127.0.0.1" for name in (NAME, "evil.test"))
    started = browser.browser_type.launch(executable_path=chromium, args=[*ARGUMENTS, f"--host-resolver-rules={names}"])
    yield started
    started.close()


def enter(page: Page, site: str, key: str, path: str = "/login?lang=en") -> None:
    """Give a key on the page."""
    page.goto(site + path)
    page.fill("#key", key)
    page.click("button")


def count(served: Office) -> tuple[int, int]:
    """Return how many keys and entries of the trail there are."""
    state = served.app.state.holdings.require_state()
    return len(keys.keys_of(state)), audit.verify(state).entries


@pytest.fixture
def context(networked: Browser) -> Iterator[BrowserContext]:
    opened = networked.new_context()
    yield opened
    opened.close()


def test_somebody_logs_in_goes_on_and_logs_out(context: BrowserContext, served: Office, port: int) -> None:
    site, page = f"http://{NAME}:{port}", context.new_page()
    enter(page, site, "gg_000000000000_x", "/login?lang=en&next=report%3Flang%3Den")
    assert "this key is wrong" in page.inner_text("[role=alert]")
    page.fill("#key", served.keys["planner_v1"])
    page.click("button")
    assert page.url == f"{site}/report?lang=en"
    page.goto(f"{site}/login?lang=en")
    assert "planner_v1" in page.inner_text("dl")
    assert page.evaluate("document.cookie") == "", "no script reads the cookie"
    page.click("text=中文")
    page.click("text=退出")
    assert page.url == f"{site}/login?lang=zh"
    assert page.locator("#key").count() == 1
    assert context.cookies() == []


def test_our_pages_write_with_the_token_and_not_without(context: BrowserContext, served: Office, port: int) -> None:
    site, page = f"http://{NAME}:{port}", context.new_page()
    enter(page, site, served.keys["admin"])
    page.goto(f"{site}/attacker?target=&key=")  # of our own site here: a page without a policy
    ask = """async token => (await fetch("/api/v1/keys", {method: "POST", body: '{"name":"x","role":"viewer"}',
      headers: {"Content-Type": "application/json", "X-CSRF-Token": token}})).status"""
    token = page.evaluate("async () => (await (await fetch('/api/v1/me')).json()).csrf_token")
    assert (page.evaluate(ask, token), page.evaluate(ask, "x")) == (201, 403)


@pytest.mark.parametrize("target", [NAME, "127.0.0.1"])
def test_threat_8_a_page_of_another_site_writes_nothing(context: BrowserContext, served: Office, port: int, target: str) -> None:
    """Not by forms of any kind, nor by fetch with or without asking first; the one who is logged in stays who they are."""
    site, page = f"http://{target}:{port}", context.new_page()
    enter(page, site, served.keys["admin"])
    before = count(served)
    attack = f"http://evil.test:{port}/attacker?target={site}&key={served.keys['viewer']}"
    for form in ("login", "logout", "keys"):
        page.goto(attack)
        with page.expect_navigation() as navigation:
            page.evaluate(f"document.forms.{form}.submit()")
        assert navigation.value.status in (401, 403, 415), form
    page.goto(attack)
    said = page.evaluate(FETCHES, site)
    assert set(said) <= {"opaque0", "refused"}, "and it reads nothing"
    assert count(served) == before
    page.goto(f"{site}/api/v1/me")
    assert '"role":"admin"' in page.inner_text("body")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_page_is_whole_and_quiet(networked: Browser, served: Office, port: int, size: tuple[int, int]) -> None:
    complaints: list[str] = []
    page = networked.new_page(viewport={"width": size[0], "height": size[1]})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith(f"http://{NAME}:{port}/") else None)
    page.goto(f"http://{NAME}:{port}/login?lang=en")
    assert page.evaluate("document.activeElement.id") == "key"
    assert page.evaluate(STICKING_OUT) == 0
    enter(page, f"http://{NAME}:{port}", served.keys["planner_v1"])
    page.goto(f"http://{NAME}:{port}/login")
    assert page.evaluate(STICKING_OUT) == 0
    page.close()
    assert complaints == []
