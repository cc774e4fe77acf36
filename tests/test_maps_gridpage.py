"""The public page of a grid: what it tells, what it withholds, and that names stay text."""

from __future__ import annotations

import re

import pytest

from geogrid.errors import NotFoundError
from maps.gridpage import grid_page
from tests.published import HOSTILE, public_report


def words(html: str) -> str:
    """Return a page's text."""
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL))


def test_it_tells_whom_to_ask_the_counts_the_services_and_the_facilities() -> None:
    told = words(grid_page(public_report(), "g05", lang="en", address="https://grid.example.cn/grids/g05"))
    for part in ("样例镇 · 西桥村", "西桥村第5网格", "组长5", "0999-0000005", "380 Households", "1,140 Persons"):
        assert part in told
    assert "Education 97.1% 97.1% 369 11" in told
    assert "镇中心小学 Education Built" in told
    assert "made-up sample town" in told


def test_its_code_leads_to_its_address() -> None:
    assert 'aria-label="https://grid.example.cn/grids/g05"' in grid_page(
        public_report(), "g05", lang="zh", address="https://grid.example.cn/grids/g05"
    )
    assert 'class="qr"' not in grid_page(public_report(), "g05", lang="zh")


def test_withheld_counts_are_marked_and_not_told() -> None:
    told = words(grid_page(public_report(), "g12", lang="zh"))
    assert "＊ 住户" in told
    assert "520" not in told
    assert "教育 ＊ ＊ ＊ ＊" in told


def test_gaps_that_touch_it_are_listed_and_withheld_ones_not() -> None:
    told = words(grid_page(public_report(), "g04", lang="en"))
    assert "Coverage gaps that touch this grid" in told
    assert "210 630" in told
    assert "Coverage gaps that touch" not in words(grid_page(public_report(), "g01", lang="en"))


def test_its_map_shows_the_neighbours_and_nothing_far_away() -> None:
    page = grid_page(public_report(), "g01", lang="zh")
    svg = page[page.index('role="img" class="map"') :]
    assert "西桥村第2网格" in svg
    assert "东桥村第12网格" not in svg
    assert 'class="chosen"' in svg


def test_threats_1_to_4_names_stay_text_and_nothing_runs() -> None:
    page = grid_page(public_report(hostile=HOSTILE), "g01", lang="zh", theme="dark")
    assert "<img" not in page
    assert "<script" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}${1}&lt;/script&gt;" in page


@pytest.mark.parametrize("wanted", ["g99", "", "../g01", "G01", "<b>"])
def test_what_is_not_published_is_not_there(wanted: str) -> None:
    with pytest.raises(NotFoundError, match="there is no grid"):
        grid_page(public_report(), wanted, lang="zh")
