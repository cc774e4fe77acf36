"""Pages of proposals on paper: a village of six grids, eight grids with sites, twelve villages in zones; and hostile ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import shapely

from geogrid.provenance import Provenance
from geogrid.words import Text
from maps.proposal import (
    CurvePoint,
    Division,
    DivisionsPage,
    Head,
    Remains,
    Site,
    SitesPage,
    Trouble,
    ZonesPage,
    Zoning,
)
from tests.map_town import HOSTILE

CRS = 4548
EAST, NORTH = 500_000, 3_100_000
EVERYTHING = "".join(HOSTILE)


def block(x: float, x2: float, y: float = 0, y2: float = 1000) -> Any:
    """Return a rectangle, in metres from the corner of the paper town."""
    return shapely.box(EAST + x, NORTH + y, EAST + x2, NORTH + y2)


def point(x: float, y: float) -> Any:
    return shapely.Point(EAST + x, NORTH + y)


def table(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def made(kind: str, **more: Any) -> Provenance:
    settings = {"range": [300, 500], "within": ["V1"], "moves": None, "own_key": True}
    return Provenance(
        kind, {"households": "ab" * 32, "grids": "cd" * 32}, settings, "geogrid 1", **{"seed": 7, "work": {"nodes": 1200}, **more}
    )


def head(kind: str, **more: Any) -> Head:
    return Head(
        kind=kind,
        place=Text("纸上镇", "Papertown"),
        summary=[Text("建议如下。", "This is proposed."), Text("另有一村做不到。", "One village cannot be met.")],
        provenance=made(kind),
        notes=[Text("三户没有坐标，未计入。", "Three households have no place and are left out.")],
        **more,
    )


# Grids


def today() -> gpd.GeoDataFrame:
    """Return three grids of 700, 250 and 400 households, and 550 in a village of its own.

    ::

        0      1000   2000   3000   4000
        | G1   | G2   | G3   | W1   |     1,000 m high
        | 700  | 250  | 400  | 550  |
    """
    shapes = [block(1000 * i, 1000 * i + 1000) for i in range(4)]
    return table(
        shapes,
        grid_id=["G1", "G2", "G3", "W1"],
        name=["甲", "乙", "丙", "丁"],
        households=[700, 250, 400, 550],
        persons=[2100, 750, 1200, 1650],
    )


def moved_border(x: float, counts: list[int]) -> gpd.GeoDataFrame:
    """Return the grids with the border between the first two at x."""
    shapes = [block(0, x), block(x, 2000), block(2000, 3000), block(3000, 4000)]
    given = counts[0] - 700
    return today().assign(
        geometry=shapes,
        households=[*counts, 400, 550],
        moved_in=[0, -given, 0, 0],
        moved_out=[-given, 0, 0, 0],
        is_locked=[False, False, True, False],
    )


def alternative(name: str, x: float, counts: list[int], border: float) -> Division:
    land = table([block(x, 1000)], from_id=["G1"], to_id=["G2"], households=[700 - counts[0]])
    figures = {
        "grids": 4,
        "out_of_range": 1 + (counts[0] > 500),
        "largest_over": 0.2,
        "households_moved": 700 - counts[0],
        "border_m": border,
    }
    return Division(
        f"plan-{name}",
        Text(f"方案{name}", f"Plan {name}"),
        moved_border(x, counts),
        figures,
        land,
        [Text("改动最少", "least change")],
    )


def divisions(**more: Any) -> DivisionsPage:
    """Return today and three alternatives: 200, 230 and 100 households change hands."""
    page = DivisionsPage(
        head=head("even"),
        alternatives=[
            alternative("A", 700, [500, 450], 2000.0),
            alternative("B", 650, [470, 480], 1900.0),
            alternative("C", 850, [600, 350], 1800.0),
        ],
        today=today(),
        areas=table([block(0, 3000), block(3000, 4000)], name=["东村", "西村"]),
        barriers=table([shapely.LineString([(EAST + 3000, NORTH), (EAST + 3000, NORTH + 1000)])]),
        low=300,
        high=500,
        troubles=[
            Trouble(
                "西村",
                Text("550 户不能分成若干 300–500 户的网格", "550 households cannot be cut into grids of 300–500"),
                [Text("下限改为 275 户", "a range from 275"), Text("上限改为 550 户", "a range to 550")],
                block(3000, 4000),
            )
        ],
    )
    return replace(page, **more)


def scratch() -> DivisionsPage:
    """Return a village divided from scratch: no grids of today."""
    page = divisions()
    return replace(page, head=head("grids"), today=None, alternatives=[replace(page.alternatives[0], moved=None)])


def shares() -> DivisionsPage:
    """Return a grid's households shared out among two members: no range."""
    land = table([block(0, 500), block(500, 1000)], grid_id=["a", "b"], name=["张", "李"], households=[200, 240])
    page = divisions()
    share_out = replace(page.alternatives[0], grids=land, moved=None, figures={"spread": 0.1})
    return replace(page, head=head("shares"), alternatives=[share_out], low=None, high=None, today=None, troubles=[])


# Sites


def sites(**more: Any) -> SitesPage:
    """Return eight grids in two rows with one facility, five candidates and two chosen sites.

    ::

        | A5 | A6 | A7 | A8 |     candidates C1 … C4 in A2, A3, A6 and A8, C5 in A4; the facility in A1
        | A1 | A2 | A3 | A4 |     nobody lives in A5
    """
    shapes = [block(1000 * (i % 4), 1000 * (i % 4) + 1000, 1000 * (i // 4), 1000 * (i // 4) + 1000) for i in range(8)]
    page = SitesPage(
        head=head("sites"),
        service=Text("医疗", "medical care"),
        unit=Text("人", "persons"),
        grids=table(
            shapes,
            grid_id=[f"A{i}" for i in range(1, 9)],
            name=[f"{i}格" for i in range(1, 9)],
            weight=[1000, 800, 900, 700, 0, 600, 500, 1200],
            covered_before=[950, 300, 0, 0, 0, 100, 0, 0],
            covered_after=[1000, 800, 850, 700, 0, 100, 100, 1000],
        ),
        existing=table([point(400, 500)], name=["镇卫生院"]),
        candidates=table(
            [point(1500, 600), point(2600, 400), point(1500, 1500), point(3500, 1400), point(3400, 300)],
            candidate_id=["C1", "C2", "C3", "C4", "C5"],
            name=["旧校舍", "空地", "仓库", "新村部", "车站"],
        ),
        sites=[
            Site("C2", "空地", 2050.0, 2050.0, 30.0, {"A2": 500, "A3": 850, "A4": 700}),
            Site("C4", "新村部", 1100.0, 1100.0, None, {"A8": 1000, "A7": 100}),
        ],
        figures={"sites": 2, "covered_before": 1350, "covered_after": 4550, "covered_share": 4550 / 5700, "gap": 0.01},
        curve=[
            CurvePoint(0, 1350.0),
            CurvePoint(1, 3400.0),
            CurvePoint(2, 4550.0),
            CurvePoint(3, 5100.0, 5300.0, is_proven=False),
            CurvePoint(4, 5600.0),
        ],
        curve_label=Text("覆盖人数", "Persons covered"),
        curve_total=5700.0,
        remains=[
            Remains("A6", 500, Text("只有未选中的候选点能到", "only candidates not chosen reach them")),
            Remains("A7", 400, Text("没有候选点能到", "no candidate reaches them")),
        ],
    )
    return replace(page, **more)


# Zones


def zones(*, as_points: bool = False, **more: Any) -> ZonesPage:
    """Return twelve villages in three rows; the answer has two zones of five, and one village too far from all.

    ::

        | V9 | V10| V11| V12|     V12: in none, too far; V11: in none
        | V5 | V6 | V7 | V8 |     zones: V1 V2 V5 V6 V9 around V5, V3 V4 V7 V8 V10 around V7
        | V1 | V2 | V3 | V4 |
    """
    shapes = [block(1000 * (i % 4), 1000 * (i % 4) + 1000, 1000 * (i // 4), 1000 * (i // 4) + 1000) for i in range(12)]
    ids = [f"V{i}" for i in range(1, 13)]
    middles = [shape.centroid for shape in shapes]
    zoned = dict.fromkeys(["V1", "V2", "V5", "V6", "V9"], "Z1") | dict.fromkeys(["V3", "V4", "V7", "V8", "V10"], "Z2")
    centres = table(
        [middles[4], middles[6]],
        zone_id=["Z1", "Z2"],
        name=["一区", "二区"],
        centre=["五村", "七村"],
        radius_m=[1414.2, 1414.2],
        villages=[5, 5],
        households=[500, 520],
        persons=[1500, 1560],
    )
    trouble = Trouble(
        "十二村",
        Text("离最近的中心七村 1.41 公里，该区已满 5 村", "1.41 km from centre 七村, whose zone is full"),
        [Text("村数上限改为 6", "at most 6 villages")],
        shapes[11],
    )
    figures = {"zones": 2, "villages_placed": 10, "villages_unplaced": 2, "persons": 3060, "longest_m": 1414.2}
    page = ZonesPage(
        head=head("zones"),
        villages=table(
            middles if as_points else shapes,
            village_id=ids,
            name=["一村", "二村", "三村", "四村", "五村", "六村", "七村", "八村", "九村", "十村", "十一村", "十二村"],
            households=[100] * 12,
            persons=[300] * 12,
        ),
        answers=[
            Zoning(
                "fewest",
                Text("最少片区", "Fewest zones"),
                centres,
                zoned,
                figures,
                [trouble],
                provenance=made("zones", proof="optimal"),
            ),
            Zoning(
                "best",
                Text("最多人口", "Most persons"),
                centres.iloc[:1],
                {k: v for k, v in zoned.items() if v == "Z1"},
                {"zones": 1, "persons": 1500},
            ),
        ],
        zone=Text("融合发展区", "zone"),
        areas=table([block(0, 4000, 0, 3000)], name=["纸上镇"]),
    )
    return replace(page, **more)


# Hostile


def hostile() -> dict[str, Any]:
    """Return a page of each sort with hostile text wherever text goes."""
    bad = Text(EVERYTHING, EVERYTHING)
    names = [EVERYTHING] * 12
    provenance = Provenance(
        EVERYTHING, {EVERYTHING: EVERYTHING}, {EVERYTHING: {EVERYTHING: [EVERYTHING]}}, EVERYTHING, work={EVERYTHING: 3}
    )
    worst = replace(head("even"), place=bad, summary=[bad], provenance=provenance, notes=[bad])
    trouble = Trouble(EVERYTHING, bad, [bad], block(3000, 4000))
    page = divisions()
    alternatives = [
        replace(
            each,
            id=EVERYTHING,
            name=bad,
            notes=[bad],
            grids=each.grids.assign(name=names[:4], area=EVERYTHING, grid_id=[*names[:3], "x"]),
        )
        for each in page.alternatives[:2]
    ]
    location, zoned = sites(), zones()
    answer = replace(
        zoned.answers[0],
        name=bad,
        notes=[bad],
        zones=zoned.answers[0].zones.assign(name=names[:2], centre=names[:2]),
        troubles=[trouble],
    )
    return {
        "even": replace(
            page,
            head=worst,
            alternatives=alternatives,
            unit=bad,
            troubles=[trouble],
            today=today().assign(name=names[:4]),
            areas=table([block(0, 3000), block(3000, 4000)], name=names[:2]),
        ),
        "sites": replace(
            location,
            head=replace(worst, kind="sites"),
            service=bad,
            unit=bad,
            grids=location.grids.assign(name=names[:8]),
            existing=location.existing.assign(name=names[:1]),
            candidates=location.candidates.assign(name=names[:5]),
            sites=[replace(each, name=EVERYTHING, covers={EVERYTHING: 3}) for each in location.sites],
            curve_label=bad,
            remains=[Remains("A6", 3, bad)],
        ),
        "zones": replace(
            zoned,
            head=replace(worst, kind="zones"),
            villages=zoned.villages.assign(name=names),
            answers=[answer],
            zone=bad,
            areas=table([block(0, 4000, 0, 3000)], name=names[:1]),
        ),
    }
