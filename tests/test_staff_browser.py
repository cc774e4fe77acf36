"""The staff's map in a browser: the token leaves the address, a household shows its ways, and no name becomes markup."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from api.app import create_app
from api.jobs import listening
from api.serving import server_config
from api.settings import Settings
from tests.test_staff import CANARY, HOSTILE, TOKEN, office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

DESKTOP, PHONE = (1366, 768), (390, 844)
CHINESE = "document.body.innerText.match(/[\\u4e00-\\u9fff]+/g) || []"
OVERFLOW = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a service that runs for staff."""
    folder = office(tmp_path_factory.mktemp("site"))
    with closing(listening("127.0.0.1", 0)) as listener:
        wanted = Settings(folder=folder, staff_token=TOKEN)  # type: ignore[arg-type]
        server = uvicorn.Server(server_config(create_app(wanted), wanted))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Open the staff's page; at the end no other host was asked, and nothing was said on the console or thrown."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def opened(fragment: str = f"#token={TOKEN}", lang: str = "zh", size: tuple[int, int] = DESKTOP) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=size == PHONE)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith((site, "data:")) else None)
        page.on("request", lambda r: complaints.append(f"token in {r.url}") if TOKEN in r.url else None)
        page.on("console", lambda message: complaints.append(message.text) if "401" not in message.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(f"{site}/staff?lang={lang}{fragment}")
        page.wait_for_selector("body[data-started=true]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def ready(page: Page) -> Page:
    page.wait_for_selector("body[data-ready=true]")
    return page


def place(page: Page, household: str) -> tuple[float, float]:
    """Return where a household stands in the window."""
    x, y = page.evaluate(
        """id => {
          const at = geogrid.leaflet.latLngToContainerPoint(geogrid.placeOf(geogrid.table.id.indexOf(id)));
          const box = geogrid.leaflet.getContainer().getBoundingClientRect();
          return [box.x + at.x, box.y + at.y];
        }""",
        household,
    )
    return x, y


def painted(page: Page) -> int:
    """Count the pixels of the way looked at."""
    count: int = page.evaluate(
        """() => {
          const canvas = document.querySelector('.leaflet-over-pane canvas');
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true});
          copy.drawImage(canvas, 0, 0);
          const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
          let found = 0;
          for (let i = 0; i < pixels.length; i += 4) {
            found += pixels[i] === 0x7a && pixels[i + 1] === 0x11 && pixels[i + 2] === 0x60;
          }
          return found;
        }"""
    )
    return count


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_click_on_a_household_draws_its_way_and_says_why(visit: Callable[..., Page], size: tuple[int, int]) -> None:
    page = ready(visit(lang="en", size=size))
    assert painted(page) == 0
    page.mouse.click(*place(page, "H060"))
    page.wait_for_selector(".ways .parts")
    assert page.inner_text(".detail h2") == "H060"
    assert "17.2 minutes away: more than 15" in page.inner_text(".verdict")
    assert "Uncovered" in page.inner_text(".verdict")
    way = page.inner_text(".ways li.current")
    for said in (
        "17.2 min",
        "1.44 km on the way, 1.43 km straight",
        "1.01 times the straight line",
        "to the street (straight)",
        "10 m",
    ):
        assert said in way
    assert painted(page) > 100
    assert page.evaluate(OVERFLOW) is False
    page.click(".detail .back")
    assert painted(page) == 0


def test_the_token_leaves_the_address_and_is_stored_nowhere(visit: Callable[..., Page], site: str) -> None:
    page = ready(visit())
    assert page.url == f"{site}/staff?lang=zh"
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert TOKEN not in page.content()
    page.reload()
    page.wait_for_selector("#doorform")
    assert page.is_visible("#door")


def test_a_token_pasted_over_the_address_of_an_open_page_leaves_it_too(visit: Callable[..., Page], site: str) -> None:
    """Threat 7: such an address loads nothing anew, and the token stayed in the bar, the history and bookmarks."""
    page = ready(visit(lang="en"))
    page.evaluate("document.body.removeAttribute('data-ready')")
    page.evaluate(f"window.location.hash = 'token={TOKEN}'")
    ready(page)
    assert page.url == f"{site}/staff?lang=en"
    page.evaluate("window.location.hash = 'token=wrong'")
    page.wait_for_selector("#door:not([hidden])")
    page.wait_for_function("document.getElementById('wrong').textContent.startsWith('This is not the token')")
    assert page.url == f"{site}/staff?lang=en"
    assert page.evaluate("geogrid.table") is None


def test_the_door_takes_the_token_and_says_what_is_wrong(visit: Callable[..., Page]) -> None:
    page = visit(fragment="", lang="en")
    assert page.is_hidden("#map")
    assert page.is_hidden("#panel")
    for wrong in ("not the token at all", "令牌"):
        page.fill("#token", wrong)
        page.press("#token", "Enter")
        page.wait_for_selector("#wrong:has-text('This is not the token')")
    assert page.evaluate("document.activeElement.id") == "token"
    page.fill("#token", TOKEN)
    page.press("#token", "Enter")
    ready(page)
    assert page.input_value("#token") == ""
    page.click("#tab-about")
    page.click("button:has-text('Leave')")
    assert page.is_visible("#door")
    assert CANARY not in page.content()
    assert page.evaluate("geogrid.table") is None


def test_the_keyboard_alone_finds_a_household_and_its_other_ways(visit: Callable[..., Page]) -> None:
    page = ready(visit())
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type(CANARY[:12].lower())
    assert page.inner_text("#hits li[aria-selected=true] .what").startswith(CANARY)
    page.keyboard.press("Enter")
    page.wait_for_selector(".ways .parts")
    assert page.inner_text(".detail h2") == CANARY
    page.check("input[name=when][value=later]", force=True)
    page.wait_for_selector(".ways li:nth-child(2)")
    page.focus(".ways li:nth-child(2) button")
    page.keyboard.press("Enter")
    assert page.get_attribute(".ways li:nth-child(2) button", "aria-expanded") == "true"
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.fill("#search", "no such id")
    assert "没有编号含" in page.inner_text("#hits")


def test_names_are_text(visit: Callable[..., Page]) -> None:
    page = ready(visit())
    page.click(".list button >> nth=0")
    page.wait_for_selector(".ways .parts")
    assert HOSTILE in page.inner_text(".ways li.current b")
    assert page.query_selector("img") is None


def test_a_household_without_a_way_says_why(visit: Callable[..., Page]) -> None:
    page = ready(visit(lang="en"))
    page.fill("#search", "H079")
    page.keyboard.press("Enter")
    page.wait_for_selector(".verdict .why")
    assert "The nearest street is 400 m away, more than 200 m" in page.inner_text(".verdict")
    assert "There is no way to show" in page.inner_text("#view")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_everything_is_in_the_language_chosen(visit: Callable[..., Page], size: tuple[int, int]) -> None:
    page = ready(visit(lang="en", size=size))
    known = {"中文", "第", "网格", "村"}
    for tab in ("households", "layers", "about"):
        page.click(f"#tab-{tab}")
        assert [text for text in page.evaluate(CHINESE) if text not in known] == []
    page.check("input[name=lang][value=zh]", force=True)
    assert page.inner_text("#tab-about") == "说明"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.evaluate(OVERFLOW) is False


def test_layers_can_be_put_away(visit: Callable[..., Page]) -> None:
    page = ready(visit())
    page.click("#tab-layers")
    assert page.evaluate("[...document.querySelectorAll('.checks input')].map(box => box.checked)") == [True] * 5 + [False]
    for box in range(5):
        page.click(f".checks input >> nth={box}")
    with page.expect_response("**/street-findings*"):
        page.click(".checks input >> nth=5")
    assert page.evaluate("geogrid.householdAt(geogrid.leaflet.getCenter(), 1e6)") is None
    page.click(".checks input >> nth=0")
    assert page.evaluate("geogrid.householdAt(geogrid.leaflet.getCenter(), 1e6)") is not None
    assert page.evaluate("geogrid.hasLayer('street-findings')")
