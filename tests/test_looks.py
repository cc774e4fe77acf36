"""What people meet in a browser: a start page that leads on, errors as pages, Chinese column names, and a check to look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from api import audit
from api.queue import records
from api.queue.checking import newest_check
from api.state import state_of
from geogrid.outputs import SUMMARY
from tests.service import Office, office

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
LINK = re.compile(r'href="([^"#:]+)"')


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Return an office that has published."""
    return office(tmp_path_factory.mktemp("looks"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_link_of_the_start_page_leads_somewhere(served: Office, lang: str) -> None:
    links = set(LINK.findall(served.ask(f"/?lang={lang}").text))
    assert {f"{page}?lang={lang}" for page in ("login", "staff", "maps/households", "maps/tiles", "snippets")} <= links
    for link in links:
        found = served.ask(f"/{link.removeprefix('./').replace('&amp;', '&')}", who="planner").status_code
        assert found == 200 or (found == 404 and link == "staff"), link


def test_before_anything_is_published_the_start_page_says_what_to_do(tmp_path: Path) -> None:
    new = office(tmp_path, publish=False)
    page = new.ask("/?lang=zh")
    assert page.status_code == 200
    assert "geogrid publish" in page.text
    assert 'href="login?lang=zh"' in page.text
    assert [new.ask(path).status_code for path in ("/docs", "/api/v1/openapi.json", "/login")] == [200, 200, 200]
    assert "/api/v1/" not in page.text


@pytest.mark.parametrize(("path", "who", "status"), [("/none", "", 404), ("/grids/<b>", "", 404), ("/snippets", "viewer", 403)])
def test_a_browser_gets_an_error_as_a_page_and_a_program_as_problem_details(
    served: Office, path: str, who: str, status: int
) -> None:
    page, data = served.ask(path, who=who, Accept=BROWSER), served.ask(path, who=who)
    assert (page.status_code, data.status_code) == (status, status)
    assert page.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert data.headers["content-type"] == "application/problem+json"
    assert data.json()["title"] in page.text
    assert "<b>" not in page.text


def test_pages_of_features_call_columns_and_values_by_their_names(served: Office) -> None:
    page = served.ask("/api/v1/collections/grids/items/G1?f=html&lang=zh").text
    assert all(name in page for name in ("<dt", "医疗 覆盖率", ">否<"))
    assert not re.search(r"<dt[^>]*>[a-z_]+</dt>", page)


def test_work_done_outside_the_queue_is_a_finished_job_and_the_newest_check_outlives_its_days(tmp_path: Path) -> None:
    state = state_of(tmp_path / "service")
    kept = []
    for name in ("one", "two"):
        made = tmp_path / name
        made.mkdir()
        (made / SUMMARY).write_text("{}")
        kept.append(records.keep_done(state, audit.CLI, "check", {"version": 5}, made))
    found = newest_check(state)
    assert found is not None
    assert (found[0].job_id, found[0].who, (found[1] / SUMMARY).is_file()) == (kept[1], "cli", True)
    assert records.forget(state, "9999", but=kept[1]) == kept[:1]
    newest = newest_check(state)
    assert newest is not None
    assert newest[0].job_id == kept[1]
