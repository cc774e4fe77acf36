"""The map as text: its geometry encoding, its inert data, its policy, and what hostile names and edge rows do to it."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from branca.element import Element
from hypothesis import given, settings
from hypothesis import strategies as st

import maps
from geogrid.errors import NotFoundError
from geogrid.privacy import PublicReport
from geogrid.words import Text
from maps import assets, coverage_map, layers, map_page, packing, style
from maps.words import LABELS
from tests.map_town import HOSTILE, SERVICES, frame, hostile_town, town
from tests.published import travelled

STATIC = Path(maps.__file__).parent / "static"


@pytest.fixture(scope="module")
def public() -> PublicReport:
    return town()


@pytest.fixture(scope="module")
def page(public: PublicReport) -> str:
    return map_page(public)


class Document(html.parser.HTMLParser):
    """What a browser would see: elements with their attributes, and the text of each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102 -- the base class says it
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inline.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:  # noqa: D102 -- likewise
        if self.inline and self.tags[-1][0] in ("script", "style") and not self.inline[-1][2]:
            tag, attributes, _ = self.inline[-1]
            self.inline[-1] = (tag, attributes, data)

    @property
    def data(self) -> dict[str, Any]:
        """Return the page's block of data."""
        found: dict[str, Any] = json.loads(
            next(text for _, attributes, text in self.inline if attributes.get("id") == "geogrid-data")
        )
        return found


# Geometry ---------------------------------------------------------------------------------------------------------


def unpack(arcs: packing.Packed, shapes: dict[str, packing.Packed]) -> dict[str, list[shapely.MultiPolygon]]:
    """Decode as the page does, one number at a time."""
    points = np.cumsum(np.array(arcs["xy"], dtype=int).reshape(-1, 2), axis=0)
    ends = np.cumsum([0, *arcs["n"]])
    lines = [[tuple(p) for p in points[a:b].tolist()] for a, b in itertools.pairwise(ends)]
    new = iter(range(len(lines)))
    seen = 0
    found: dict[str, list[shapely.MultiPolygon]] = {}
    for name, shape in shapes.items():
        use, of_ring, of_polygon = iter(shape["use"]), iter(shape["arcs"]), iter(shape["rings"])
        found[name] = []
        for count in shape["polygons"]:
            polygons = []
            for _ in range(count):
                rings = []
                for _ in range(next(of_polygon)):
                    ring: list[tuple[int, int]] = []
                    for _ in range(next(of_ring)):
                        code = next(use)
                        if code == 0:
                            arc, seen = lines[next(new)], seen + 1
                        else:
                            arc = lines[seen - (code + 1) // 2]
                            arc = arc if code % 2 else arc[::-1]
                        ring += arc[1:] if ring else arc
                    rings.append(ring)
                polygons.append(shapely.Polygon(rings[0], rings[1:]))
            found[name].append(shapely.MultiPolygon(polygons))
    return found


def in_units(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(geometry, lambda xy: np.rint(xy * packing.UNITS))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 25), st.booleans())
def test_polygons_come_back_as_they_were(seed: int, cells: int, with_holes: bool) -> None:
    random = np.random.default_rng(seed)
    tiles = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(random.random((cells, 2)))))
    kept = tiles[random.random(len(tiles)) < 0.8] if with_holes else tiles
    given_layers = {"grids": kept, "areas": np.array([shapely.union_all(kept)]), "gaps": tiles[:2]}
    arcs, shapes = packing.pack_polygons(given_layers)
    for name, decoded in unpack(arcs, shapes).items():
        assert len(decoded) == len(given_layers[name])
        for before, after in zip(given_layers[name], decoded, strict=True):
            assert shapely.equals(shapely.normalize(in_units(before)), shapely.normalize(after)) or before.is_empty


def test_a_shared_border_is_written_once() -> None:
    squares = np.array([shapely.box(x, 0, x + 1, 1) for x in range(3)])
    arcs, shapes = packing.pack_polygons({"grids": squares, "areas": np.array([shapely.union_all(squares)])})
    edges = sum(n - 1 for n in arcs["n"])
    assert edges == 10, "three squares in a row have ten different edges"
    assert shapes["areas"]["use"].count(0) == 0, "the outer border is made of the squares' arcs"


def test_borders_with_different_vertices_stay_apart() -> None:
    left = shapely.box(0, 0, 1, 1)
    right = shapely.Polygon([(1, 0), (2, 0), (2, 1), (1, 1), (1, 0.5)])
    decoded = unpack(*packing.pack_polygons({"grids": np.array([left, right])}))["grids"]
    assert [shape.area for shape in decoded] == [1e12, 1e12]


def test_missing_empty_and_tiny_geometries_have_no_polygons() -> None:
    dot = shapely.box(0, 0, 1e-9, 1e-9)
    given_rows = np.array([None, shapely.Polygon(), dot, shapely.Point(0, 0), shapely.box(0, 0, 1, 1)], dtype=object)
    assert packing.pack_polygons({"gaps": given_rows})[1]["gaps"]["polygons"] == [0, 0, 0, 0, 1]
    assert packing.pack_polygons({"gaps": given_rows[:0]}) == (
        {"xy": [], "n": []},
        {"gaps": {"polygons": [], "rings": [], "arcs": [], "use": []}},
    )


def test_a_hole_and_its_filling_share_the_ring() -> None:
    inner = shapely.box(1, 1, 2, 2)
    arcs, shapes = packing.pack_polygons({"grids": np.array([shapely.box(0, 0, 3, 3) - inner, inner])})
    assert len(arcs["n"]) == 2
    assert shapes["grids"] == {"polygons": [1, 1], "rings": [2, 1], "arcs": [1, 1, 1], "use": [0, 0, shapes["grids"]["use"][2]]}
    assert shapes["grids"]["use"][2] in (1, 2), "the last arc so far, either way round"


def test_lines_and_points_are_steps() -> None:
    line = shapely.LineString([(1, 1), (1, 1), (1.5, 1)])
    assert packing.pack_lines(np.array([line, shapely.Point(0, 0)])) == {"xy": [1_000_000, 1_000_000, 500_000, 0], "n": [2]}
    assert packing.pack_points(np.array([], dtype=object)) == []


# Data, policy, style ----------------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(codec=None) | st.sampled_from(list("<>{}%#&\u2028\u2029\ud800`$'\"\\/")), max_size=40)


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT)
def test_data_survives_and_wakes_nothing(text: str) -> None:
    block = assets.data_block({"name": text, text: [1, None]})
    assert json.loads(block) == {"name": text, text: [1, None]}
    assert not re.search(r"[<>&\u2028\u2029]|\{[{%#]", block)
    block.encode("utf-8")
    assert Element(block).render() == block, "branca compiles what it is given as a template"


def test_data_must_be_numbers_that_json_has() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        assets.data_block({"share": float("nan")})


def test_shares_of_exactly_nothing_and_all_are_apart_from_nearly() -> None:
    given_shares = [0.0, 1e-9, 0.94964, 0.99999, 1.0, None, float("nan")]
    assert [layers.share_of(s) for s in given_shares] == [0, 1, 9496, 9999, 10000, None, None]


def test_every_text_is_said_in_both_languages() -> None:
    def texts(value: Any) -> list[Text]:
        if isinstance(value, Text):
            return [value]
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
        return [text for part in parts for text in texts(part)]

    found = texts(style.sheet())
    assert len(found) > 100
    for text in found:
        assert text.zh, text
        assert text.en, text
        assert set(re.findall(r"\{\w+\}", text.zh)) == set(re.findall(r"\{\w+\}", text.en)), text


def test_labels_and_scripts_agree() -> None:
    code = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in (*assets.SCRIPTS, "coverage.html"))
    used = set(re.findall(r'[^.]\bt\("(\w+)"', code)) | set(re.findall(r'data-t(?:-label)?="(\w+)"', code))
    assert used <= set(LABELS)
    quoted = set(re.findall(r'"(\w+)"', code)) | set(re.findall(r"\bbuttons\.(\w+)", code))
    assert {key for key in LABELS if key not in quoted and not key.startswith("table_")} <= set(layers.COUNTS)


def test_scripts_use_no_way_to_turn_text_into_markup_or_code() -> None:
    code = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in assets.SCRIPTS)
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|sessionStorage|cookie"
    assert not re.search(forbidden, code)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", code)


# The page ---------------------------------------------------------------------------------------------------------


def test_the_same_report_gives_the_same_bytes(public: PublicReport, page: str) -> None:
    assert map_page(town()) == page
    drawn = coverage_map(public)
    assert drawn.get_root().render() == drawn.get_root().render() == page


def test_it_is_a_folium_map_with_layers_of_ours(public: PublicReport) -> None:
    drawn = coverage_map(public)
    assert isinstance(drawn, folium.Map)
    assert [child.key for child in drawn._children.values() if isinstance(child, layers.DataLayer)] == [
        "grids", "streets", "areas", "labels", "facilities", "gaps", "defects", "radii",
    ]  # fmt: skip
    assert drawn._repr_html_().startswith("<iframe srcdoc=")


def test_folium_itself_is_left_as_it_was(public: PublicReport) -> None:
    before = (list(folium.Map.default_js), list(folium.Map.default_css))
    map_page(public)
    assert (folium.Map.default_js, folium.Map.default_css) == before
    assert "cdn.jsdelivr.net" in folium.Map(tiles=None).get_root().render()


def test_the_policy_allows_exactly_the_scripts_and_styles_that_are_there(page: str) -> None:
    document = Document(page)
    policy = next(a["content"] for tag, a in document.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    for tag in ("script", "style"):
        texts = [text for kind, attributes, text in document.inline if kind == tag and "type" not in attributes]
        hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts]
        assert next(part for part in policy.split("; ") if part.startswith(f"{tag}-src")) == f"{tag}-src {' '.join(hashes)}"
    assert page.index("Content-Security-Policy") < page.index("<style")


@pytest.mark.parametrize("make", [town, hostile_town])
def test_nothing_is_fetched_and_no_attribute_runs(make: Any) -> None:
    document = Document(map_page(make()))
    assert {tag for tag, _ in document.tags} <= {
        "html", "head", "meta", "title", "style", "body", "noscript", "header", "div", "h1", "span", "input", "ul", "fieldset",
        "legend", "p", "section", "aside", "script",
    }  # fmt: skip
    names = {name for _, attributes in document.tags for name in attributes}
    assert not names & {"src", "href", "action", "style", "srcset"}
    assert not [name for name in names if name.startswith("on")]
    styles = [text for tag, _, text in document.inline if tag == "style"]
    assert not re.search(r"url\(|@import|expression\(", "".join(styles))
    assert not any("sourceMappingURL" in text for _, _, text in document.inline)


def test_hostile_names_are_data_only() -> None:
    given_town = hostile_town()
    text = map_page(given_town)
    document = Document(text)
    assert document.data["layers"]["grids"]["name"] == list(given_town.grids["name"])
    assert {note[0] for note in document.data["notes"]} >= set(HOSTILE)
    calm = Document(map_page(town()))
    assert [tag for tag, _ in document.tags] == [tag for tag, _ in calm.tags]
    assert "\u2028" not in text
    assert "window.hacked=1" not in text.replace(assets.data_block(document.data), "")
    text.encode("utf-8")


def test_withheld_counts_are_not_in_the_page(page: str) -> None:
    grids = Document(page).data["layers"]["grids"]
    assert [grids[m][2] for m in ("households", "persons", "aged_65", "children_0_14")] == [None] * 4
    assert {values[2] for cover in grids["cover"].values() for values in cover.values()} == {None}
    assert grids["hidden"] == [0, 0, 1] + [0] * 17
    gaps = Document(page).data["layers"]["gaps"]
    assert [rank is None for rank in gaps["rank"]] == [hidden == 1 for hidden in gaps["hidden"]], "a rank tells a count"
    assert gaps["hidden"] == sorted(gaps["hidden"])
    assert [gaps["persons"][i] for i, hidden in enumerate(gaps["hidden"]) if hidden] == [None] * len(SERVICES)


def test_numbers_are_those_of_the_report(public: PublicReport, page: str) -> None:
    data = Document(page).data
    grids = data["layers"]["grids"]
    assert grids["parent"][:6] == [1, 1, 1, 1, 1, 2]
    assert grids["cover"]["sport"]["share"][0] == round(10_000 * public.grids["share_sport"][0])
    assert grids["cover"]["all"]["uncovered"][1] == public.grids["uncovered_all"][1]
    assert grids["fields"]["leader"][1] == public.grids["leader"][1]
    assert data["layers"]["areas"]["depth"] == [0, 1, 1, 1, 1]
    assert data["layers"]["areas"]["leaf"] == [0, 1, 1, 1, 1]
    assert data["total"]["households"] == public.areas["households"][0]
    assert data["total"]["cover"]["all"]["later"] > data["total"]["cover"]["all"]["share"]
    assert data["layers"]["facilities"]["services"][2] == [0, 2]
    assert data["layers"]["radii"]["radius"][:2] == [1000, 1000]


def test_services_say_how_they_are_reached(public: PublicReport, page: str) -> None:
    walked = Document(page).data
    assert (walked["walked"], walked["minutes"], walked["modes"]) == (True, 15, [{"by": ["步行", "on foot"], "speed": 5}])
    mixed = Document(map_page(travelled(public, medical=("car", 90.0, 15.0)))).data
    assert (mixed["walked"], mixed["minutes"]) == (False, None)
    assert mixed["modes"] == [{"by": ["步行", "on foot"], "speed": 5}, {"by": ["驾车", "by car"], "speed": 90}]
    assert [row["mode"] for row in mixed["services"]] == ["walk", "car", "walk", "walk"]
    driven = Document(map_page(travelled(public, **dict.fromkeys(SERVICES, ("car", 90.0, 30.0))))).data
    assert (driven["walked"], driven["minutes"]) == (False, 30)


@pytest.mark.parametrize(
    ("service", "services", "expected"),
    [(None, 4, "all"), ("sport", 4, "sport"), ("all", 4, "all"), (None, 1, "education"), ("all", 1, "education")],
)
def test_the_service_to_begin_with(public: PublicReport, service: str | None, services: int, expected: str) -> None:
    fewer = replace(public, summary=public.summary | {"services": public.summary["services"][:services]})
    data = Document(map_page(fewer, service=service)).data
    assert (data["service"], data["all"]) == (expected, services > 1)


def test_an_unknown_service_is_named(public: PublicReport) -> None:
    with pytest.raises(
        NotFoundError, match="no service 'library'; choose one of: all, education, medical, sport, day_care"
    ) as caught:
        map_page(public, service="library")
    assert "没有服务“library”" in caught.value.say("zh")


def test_language_and_frame(public: PublicReport) -> None:
    embedded = map_page(public, lang="en", embed=True)
    assert '<html lang="en">' in embedded
    assert "<body class=embed>" in embedded
    assert (Document(embedded).data["lang"], Document(embedded).data["embed"]) == ("en", True)
    assert '<html lang="zh-CN">' in map_page(public)


def test_the_place_the_sample_and_the_source_of_streets(public: PublicReport) -> None:
    data = Document(map_page(public)).data
    assert (data["place"], data["sample"], data["osm"]) == (["样例镇", "样例镇"], True, True)
    summary = public.summary | {"place": {"id": "pingnan", "zh": "屏南", "en": "Pingnan"}, "inputs": []}
    data = Document(map_page(replace(public, summary=summary))).data
    assert (data["place"], data["sample"], data["osm"]) == (["屏南", "Pingnan"], False, False)
    noted = summary | {"notes": [{"zh": "街道 © OpenStreetMap 贡献者", "en": "Streets © OpenStreetMap contributors"}]}
    assert Document(map_page(replace(public, summary=noted))).data["osm"] is True


def empty_town() -> PublicReport:
    """Return a report of which nothing is left."""
    return PublicReport(
        summary={"services": [], "coverage": [], "settings": {}},
        grids=frame([], ("grid_id", "name", "parent_id")),
        areas=frame([], ("area_id", "name", "parent_id")),
        gaps=frame([], ("gap_id", "service")),
        facilities=frame([], ("facility_id", "name", "services", "status", "grid_id")),
        defects=frame([], ("defect_id", "kind", "grid_ids")),
        streets=frame([], ("kind", "name")),
        radii=frame([], ("facility_id", "service", "radius_m")),
    )


def test_a_report_of_nothing_is_a_page_of_nothing() -> None:
    data = Document(map_page(empty_town())).data
    assert data["layers"]["grids"]["id"] == []
    assert data["place"] is None
    assert data["service"] == "all"


def test_one_bare_grid_is_enough() -> None:
    square = gpd.GeoDataFrame(
        {"grid_id": [7], "name": [None], "parent_id": [None], "share_medical": [pd.NA]}, geometry=[shapely.box(117, 28, 118, 29)]
    )
    alone = replace(empty_town(), grids=square.set_crs(4326), summary={"services": [{"id": "medical", "zh": "医疗"}]})
    grids = Document(map_page(alone)).data["layers"]["grids"]
    assert (grids["id"], grids["name"], grids["parent"], grids["households"]) == (["7"], ["7"], [-1], None)
    assert grids["cover"]["medical"]["share"] == [None]


def test_rows_without_a_place_are_left_out_and_bare_services_understood(public: PublicReport) -> None:
    facilities = public.facilities.copy()
    facilities.loc[0, "geometry"] = None
    facilities["services"] = [None, "medical", ("sport", "unheard of"), *facilities["services"][3:]]
    data = Document(map_page(replace(public, facilities=facilities))).data["layers"]
    assert len(data["facilities"]["id"]) == len(facilities) - 1
    assert data["facilities"]["services"][:2] == [[1], [2]]
    assert set(data["radii"]["facility"]) <= set(range(len(facilities) - 1))


def test_areas_that_name_each_other_as_parents_end(public: PublicReport) -> None:
    ring = public.areas.assign(parent_id=["V1", "T", "V3", "V2", "V4"])
    assert len(Document(map_page(replace(public, areas=ring))).data["layers"]["areas"]["depth"]) == 5


def test_a_whole_report_gives_only_what_is_public(public: PublicReport, page: str) -> None:
    whole: Any = SimpleNamespace(public=public, households="private")
    assert map_page(whole) == page


def test_pages_are_written_into_the_folder(
    public: PublicReport, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maps.writing.report_document", lambda _public, *, lang: f"report in {lang}\n")
    written = maps.write_pages(public, tmp_path, "zh")
    assert [path.name for path in written] == ["map.html", "report.html"]
    assert written[0].read_text(encoding="utf-8") == page
    assert written[1].read_text(encoding="utf-8") == "report in zh\n"
