"""Embedded maps as documents and data: parts of a report, simpler borders that still meet, the budget of a first view."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import maps.embed
import maps.placeembed
import maps.simplified
from geogrid.errors import NotFoundError
from maps.embed import PARTS, embed_data, embed_files, embed_page, locked_page
from maps.embedmaps import MAPS
from maps.extract import at_level, in_area, of_service
from maps.packing import UNITS, pack_polygons
from maps.simplified import simplified
from tests.large_county import county
from tests.published import HOSTILE, frame, public_report
from tests.test_maps import unpack

if TYPE_CHECKING:
    from geogrid.privacy import PublicReport

FIRST_VIEW = 300_000
"""Bytes that a first view of 5,000 grids may take, compressed: the document and the first part of its data."""


def squeezed(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=6))


def wavy() -> PublicReport:
    """Two grids side by side with a border of many corners, in one village that they fill.

    +-------~-------+
    |  a    ~   b   |
    +-------~-------+
    """
    y = np.linspace(0, 0.01, 101)
    border = np.column_stack([0.005 + 1e-10 * np.sin(900 * y), y])
    left = shapely.Polygon([(0, 0), *border, (0, 0.01)])
    right = shapely.Polygon([(0.01, 0), (0.01, 0.01), *border[::-1]])
    known = {"level": "grid", "suppressed": False, "parent_id": "v1", "share_all": 0.5}
    grids = frame([{"grid_id": name, "name": name, "geometry": shape} | known for name, shape in (("a", left), ("b", right))])
    areas = frame(
        [{"area_id": "v1", "name": "村", "level": "village", "parent_id": None, "geometry": shapely.union(left, right)}]
    )
    return replace(public_report(), grids=grids, areas=areas)


# What lies in an area


def test_an_area_shows_its_own_and_what_touches_it_and_counts_itself() -> None:
    part = in_area(public_report(), "v2")
    assert list(part.grids["grid_id"]) == ["g03", "g04", "g07", "g08", "g11", "g12"]
    assert list(part.areas["area_id"]) == ["v2"]
    assert list(part.facilities["facility_id"]) == ["f2", "f3"]
    assert list(part.gaps["gap_id"]) == ["education-1", "medical-1", "medical-2"]
    total = [row for row in part.summary["coverage"] if row["level"] == "total"]
    assert {row["households"] for row in total} == {2000}
    assert not [row for row in part.summary["coverage"] if row["id"] in ("v1", "g01")]
    bounds = part.streets.total_bounds
    assert bounds[0] >= part.grids.total_bounds[0]


def test_an_area_that_is_not_there_is_said_and_a_grid_is_no_area() -> None:
    for wanted in ("v9", "g01"):
        with pytest.raises(NotFoundError, match=f"there is no area '{wanted}'"):
            in_area(public_report(), wanted)


def test_one_service_leaves_no_trace_of_the_others() -> None:
    one = of_service(public_report(), "medical")
    data = embed_data(one)
    for word in (b"education", b"sport", "教育".encode(), "体育场".encode()):
        assert word not in data.first.partition(b'"style"')[0] + data.rest
        assert word not in data.first.partition(b'"arcs"')[2]


def test_a_level_of_areas_stands_for_the_grids() -> None:
    shown = at_level(public_report(), "village")
    assert list(shown.grids["grid_id"]) == ["v1", "v2"]
    assert len(shown.areas) == 0
    assert list(shown.facilities["grid_id"]) == ["v1", "v2", "v2"]
    assert list(shown.gaps["grid_ids"]) == [["v2"], ["v2"], ["v2"]]
    first = json.loads(embed_data(public_report(), level="village").first)
    assert first["layers"]["grids"]["cover"]["education"]["share"] == [9700, 9000]
    assert first["style"]["text"]["grids"] == ["区域", "Areas"]
    with pytest.raises(NotFoundError, match="choose grid, village"):
        at_level(public_report(), "county")


# Borders


def test_neighbours_and_their_area_share_the_simpler_border() -> None:
    town = wavy()
    _, fine = simplified(town)
    left, right = fine.grids.geometry
    assert shapely.get_num_coordinates(left) < 20 < shapely.get_num_coordinates(town.grids.geometry[0])
    assert shapely.coverage_is_valid(fine.grids.geometry.to_numpy())
    assert shapely.intersection(left, right).length == pytest.approx(0.01, rel=1e-6)
    assert fine.areas.geometry[0].equals(shapely.union(left, right))


def test_an_area_that_its_grids_do_not_fill_stays_as_it_is() -> None:
    town = wavy()
    wider = town.areas.set_geometry(shapely.buffer(town.areas.geometry.to_numpy(), 0.001), crs="EPSG:4326")
    assert simplified(replace(town, areas=wider))[1].areas.geometry[0].equals(wider.geometry[0])


def test_a_report_without_grids_is_left_alone() -> None:
    empty = replace(public_report(), grids=public_report().grids.iloc[:0])
    assert simplified(empty) == (empty, empty)


def test_a_first_view_of_five_thousand_grids_comes_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    large = county()
    both = simplified(large)
    for module in (maps.embed, maps.placeembed):
        monkeypatch.setattr(module, "simplified", lambda _: both)
    for row in MAPS.values():
        data = row.data(large, area="", level="grid", basemap=None)
        page = embed_page({part: f"{data.digest(part)}.json" for part in PARTS}, lang="zh", drawing=row.drawing)
        assert squeezed(page.encode()) + squeezed(data.first) < FIRST_VIEW
    assert len(json.loads(data.first)["themes"][0]["ids"]) == 5000


def test_coarse_and_fine_borders_leave_no_hole_and_no_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps.simplified, "MOST_CORNERS", 3000)
    large = county(300)
    data = embed_data(large)
    first, rest = json.loads(data.first), json.loads(data.rest)
    coarse, fine = (unpacked(content) for content in (first, rest))
    assert sum(first["arcs"]["n"]) < 0.5 * sum(rest["arcs"]["n"])
    side = max(np.diff(large.grids.total_bounds.reshape(2, 2), axis=0)[0])
    given = large.grids.geometry.to_numpy()
    for shapes, most in ((fine, side / 5_000), (coarse, side / 200)):
        assert max(shapely.hausdorff_distance(a, b) for a, b in zip(shapes, given, strict=True)) < most
        whole = shapely.union_all(shapes)
        assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-5), "no overlaps"
        assert shapely.get_num_geometries(whole) == 1
        assert whole.area == pytest.approx(shapely.area(shapely.convex_hull(whole)), rel=0.03), "and it is the whole county"
        assert len(shapely.get_parts(whole)[0].interiors) == 0, "no holes"


def unpacked(content: dict[str, Any]) -> Any:
    """Return the grids of a part of the data as the page decodes them."""
    shapes = unpack(content["arcs"], content["shapes"])["grids"]
    factor = UNITS / content["units"]
    return np.array([shapely.transform(shape, lambda xy: xy * factor / UNITS) for shape in shapes])


def test_coarser_units_only_round() -> None:
    squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    (fine, shapes), (coarse, same) = pack_polygons({"g": squares}), pack_polygons({"g": squares}, units=10)
    assert shapes == same
    assert [step * (UNITS // 10) for step in coarse["xy"]] == fine["xy"]


# Documents


def test_the_same_report_gives_the_same_bytes_and_another_another_hash() -> None:
    one, same, other = (embed_data(public_report(hostile=name)) for name in ("", "", "x"))
    assert [one.digest(part) for part in PARTS] == [same.digest(part) for part in PARTS]
    assert one.digest("first") != other.digest("first")


def test_threats_1_to_5_no_name_becomes_markup_template_or_script() -> None:
    data = embed_data(public_report(hostile=HOSTILE))
    for text in (locked_page(data, {}, lang="zh"), *embed_files(data, lang="zh").values()):
        assert HOSTILE not in text
        assert "{{7*7}}" not in text
        assert "\u2028" not in text
    page = embed_page({"first": "a</script>", "rest": "b"}, lang="zh")
    assert "a</script>" not in page
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]
    assert "connect-src 'self'" in policy[1]


def test_a_locked_map_fetches_nothing_and_a_folder_loads_only_what_lies_beside_it() -> None:
    data = embed_data(public_report())
    assert "connect-src" not in locked_page(data, {"service": "medical"}, lang="en")
    files = embed_files(data, lang="en")
    assert re.search(r"script-src 'self' 'sha256-", files["index.html"])
    assert "connect-src" not in files["index.html"]
    first = next(files[name] for name in files if name.startswith("first"))
    inside = first.removeprefix("(window.geogridFiles=window.geogridFiles||{}).first=").removesuffix(";\n")
    assert json.loads(inside) == json.loads(data.first)


def test_gaps_and_withheld_grids_stay_withheld() -> None:
    first = json.loads(embed_data(public_report()).first)
    assert first["layers"]["grids"]["cover"]["all"]["share"][-2:] == [None, None]
    assert first["layers"]["gaps"]["hidden"].count(1) == 1


def test_frames_without_rows_make_a_map() -> None:
    nothing = gpd.GeoDataFrame({"grid_ids": [], "service": [], "gap_id": [], "kind": []}, geometry=[], crs="EPSG:4326")
    data = embed_data(replace(public_report(), gaps=nothing, defects=nothing, streets=public_report().streets.iloc[:0]))
    assert json.loads(data.first)["layers"]["gaps"]["service"] == []
