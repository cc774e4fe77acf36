"""The staff's page of an office in a browser: who has logged in needs no token, and sees the own households only."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from api.app import create_app
from api.jobs import listening
from api.serving import server_config
from tests.service import Office, office
from tests.test_plans_questions import finished_check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = office(tmp_path_factory.mktemp("office"))
    finished_check(made)
    return made


@pytest.fixture
def site(town: Office, request: pytest.FixtureRequest) -> Iterator[str]:
    """A service of the office that runs, with settings of the test's."""
    wanted = town.settings.model_copy(update=getattr(request, "param", {}))
    with closing(listening("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        bound = wanted.model_copy(update={"port": port})
        server = uvicorn.Server(server_config(create_app(bound), bound))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page that asks nobody else, throws nothing and says nothing on the console."""
    complaints: list[Any] = []
    context = browser.new_context(viewport={"width": 1200, "height": 760})
    opened = context.new_page()
    opened.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith((site, "data:")) else None)
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def logged_in(page: Page, site: str, key: str) -> None:
    page.goto(f"{site}/login?lang=zh&next=staff")
    page.fill("input[name=key]", key)
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-ready=true]")


def test_who_has_logged_in_needs_no_token(page: Page, site: str, town: Office) -> None:
    logged_in(page, site, town.keys["planner_v2"])
    assert page.url.startswith(f"{site}/staff")
    assert page.evaluate("geogrid.table.id.length") == 40
    assert page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    assert page.is_hidden("#opennote")
    page.evaluate("geogrid.choose(geogrid.table.id.indexOf('H060'))")
    page.wait_for_selector(".verdict.uncovered")
    page.evaluate("geogrid.leave()")
    page.wait_for_url(f"{site}/login*")


@pytest.mark.parametrize("site", [{"loopback_role": "viewer"}], indirect=True)
def test_a_machine_that_asks_for_no_key_says_so(page: Page, site: str) -> None:
    page.goto(f"{site}/staff?lang=en")
    page.wait_for_selector("body[data-ready=true]")
    assert "No key is asked for on this machine" in page.inner_text("#opennote")
    page.evaluate("geogrid.set({lang: 'zh'})")
    assert "本机免密钥" in page.inner_text("#opennote")
    assert page.evaluate("geogrid.table.id.length") == 80
