"""The map of a place in a frame: made of what is published, and of nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from maps.embed import locked_page
from maps.embedmaps import MAPS
from maps.extract import in_area, of_service
from maps.placeembed import place_embed_data
from maps.placepublished import published_themes
from tests.published import HOSTILE, pair, public_report, standard, with_standards

if TYPE_CHECKING:
    from geogrid.privacy import PublicReport
    from geogrid.themes import Theme


def failure(key: str, result: str = "fail") -> dict[str, Any]:
    return {"id": key, "name": key, "result": result, "value": pair("0 个", "none"), "said": pair("新建", "build one")}


def town() -> PublicReport:
    """Return a town whose standards are on grids (all told), on facilities (one withheld) and on people (counts only)."""
    return with_standards(
        public_report(),
        standard("staffed", (12, 10, 1, 1), failures=[failure("g03"), failure("g01", "incomplete")]),
        standard("large", (3, 1, 1, 0), of="facilities", withheld=1, failures=[failure("f2")]),
        standard("small", (12, 9, 2, 0), withheld=1),
    )


def themes(whole: PublicReport, shown: PublicReport | None = None) -> dict[str, Theme]:
    return {theme.id: theme for theme in published_themes(whole, shown or whole)}


def classes(theme: Theme, time: str = "now") -> dict[str, str]:
    return dict(zip(theme.frame["id"], theme.frame[f"class_{time}"], strict=True))


def test_the_rest_meets_a_standard_only_where_the_counts_leave_nothing_else() -> None:
    made = themes(town())
    staffed = classes(made["standards-staffed"])
    assert (staffed.pop("g03"), staffed.pop("g01")) == ("fail", "incomplete")
    assert set(staffed.values()) == {"pass"}
    assert classes(made["standards-large"]) == {"f1": "other", "f2": "fail", "f3": "other"}
    assert "standards-small" not in made


def test_the_overview_shows_where_anything_is_listed_and_counts_every_standard() -> None:
    whole = town()
    overview = themes(whole)["standards"]
    home = dict(zip(whole.facilities["facility_id"], whole.facilities["grid_id"], strict=True))["f2"]
    listed = {key: found for key, found in classes(overview).items() if found != "clear"}
    assert listed == {"g03": "fail", "g01": "incomplete", home: "fail"}
    assert [fact.en.partition(":")[0] for fact in overview.facts] == ["standard staffed", "standard large", "standard small"]
    assert "1 withheld" in overview.facts[2].en


def test_an_area_alone_tells_neither_counts_of_the_whole_nor_names_of_others() -> None:
    whole = town()
    made = themes(whole, in_area(whole, "v1"))
    assert made["standards"].facts == made["standards-staffed"].facts == ()
    assert "g03" not in classes(made["standards-staffed"])
    assert b"g03" not in (data := place_embed_data(whole, area="v1")).first + data.rest
    assert "standards" not in themes(of_service(whole, "medical"))


def test_shares_are_the_published_ones_and_what_is_withheld_stays_so() -> None:
    public = public_report()
    reach = themes(public)["all"]
    shares = dict(zip(public.grids["grid_id"], public.grids["share_all"], strict=True))
    least = {"share_1": 0.9, "share_2": 0.7, "share_3": 0.5, "share_4": 0.0}
    for key, found in classes(reach).items():
        assert shares[key] >= least[found] if found in least else shares[key] != shares[key], key
    assert "withheld" in classes(reach).values()
    assert list(reach.times) == ["now", "later"]


def test_a_level_of_areas_stands_for_the_grids() -> None:
    data = json.loads(place_embed_data(town(), level="village").first)
    assert data["themes"][0]["ids"] == ["v1", "v2"]


@pytest.mark.parametrize("name", MAPS)
def test_threats_1_to_5_no_name_becomes_markup_template_or_script(name: str) -> None:
    row = MAPS[name]  # type: ignore[index]
    data = row.data(public_report(hostile=HOSTILE), area="", level="grid", basemap=None)
    text = locked_page(data, {}, lang="zh", drawing=row.drawing)
    assert HOSTILE not in text
    assert "{{7*7}}" not in text
