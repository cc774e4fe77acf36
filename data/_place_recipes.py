"""What is peculiar to each made-up place, as data: where it lies, how land and people are laid out, its venues and posts.

Levels, standards and stated sizes come from the profiles; a number here is one that neither a source nor the profile gives.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - dataclasses read the annotations
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Venue:
    """Facilities: one for every subject of a level or, with ``number`` (or the stated sizes in it), so many shared out.

    ``statuses`` says how many are upgrading, improving or planned (numbers or names of stated sizes); the others are built.
    """

    services: str
    of: str
    name: str
    area: tuple[int, int]
    number: int | str | None = None
    level: str = ""
    county: str = ""
    functions: tuple[str, ...] = ()
    more: tuple[int, int] = (0, 0)
    statuses: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True)
class Post:
    """People of a role: one for every subject of a level, or ``number`` (or a stated size) of them shared out among these."""

    role: str
    of: str
    number: int | str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    party_share: float = 0.5
    covers_all: bool = False
    """Whether fewer people than subjects look after all of them."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How the example of a place is made."""

    origin: tuple[float, float]
    counties: tuple[str, ...]
    words: Mapping[str, str]
    """The ending of the names of each level."""
    finest: str = "grid"
    land_units: tuple[str, ...] = ()
    counts: Mapping[str, int | str] = field(default_factory=dict)
    """How many of a level, or the stated size that says so; where the profile says nothing."""
    cells: int = 10
    cell_m: float = 130.0
    fill: float = 1.0
    least_homes: int = 8
    is_urban: bool = False
    wells_a_building: int = 3
    venues: tuple[Venue, ...] = ()
    posts: tuple[Post, ...] = ()
    kinds: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)
    """Per level how many have each kind (numbers or stated sizes); ``""`` is what the others are."""
    class_shares: Mapping[str, float] = field(default_factory=dict)
    back_streets: str = ""
    across: str = ""
    """The level of areas that are made of villages."""
    projects: str = ""
    gaps: Mapping[str, int] = field(default_factory=dict)
    """Services that some villages are to lack, and how many such corners there are."""
    gap_m: float = 2300.0
    blind: int = 0
    holes: int = 0
    planned: int = 0
    spared: tuple[str, ...] = ()
    """Standards that nothing is planted against, because a stated size leaves no room."""
    spared_counties: tuple[str, ...] = ()
    winter_towns: int = 0
    events: int = 2400
    party_members: tuple[int, int] = (0, 0)


CENTRE = "党群服务中心"
FIVE = ("标识", "党旗", "制度", "场所", "公示栏")
SEVEN = ("服务大厅", "议事室", "调解室", "留守儿童之家", "幸福之家", "卫生室", "农民合作社")
MORE = ("图书室", "志愿服务站", "文体活动室", "警务室", "老年活动室", "电商服务", "法律服务", "日间照料")
TOWN = {"county": "县", "township": "镇", "village": "村", "grid": "网格"}
CITY = {"county": "区", "township": "街道", "village": "社区", "grid": "网格", "estate": "小区"}

SCHOOLS = (
    Venue("education", "village", "小学", (800, 2600), 120),
    Venue("medical", "village", "卫生室", (80, 180)),
    Venue("party_service", "village", CENTRE, (110, 480), None, "village", "", SEVEN[:3], (0, 3)),
)
CITY_SERVICES = (
    Venue("education", "township", "实验小学", (2400, 6800)),
    Venue("medical", "village", "卫生服务站", (160, 420)),
    Venue("convenience", "village", "便民超市", (60, 300)),
)

RECIPES: Mapping[str, Recipe] = {
    "funing": Recipe(
        origin=(119.25, 39.9),
        counties=("演示区",),
        words=TOWN,
        cell_m=128.0,
        cells=10,
        venues=SCHOOLS,
        posts=(
            Post("leader", "grid", party_share=1.0),
            Post("manager", "grid"),
            Post("member", "grid", "members", party_share=1.0),
            Post("cadre", "project", "project_cadres", party_share=1.0),
            Post("centre_household", "grid", "centre_households", party_share=1.0),
        ),
        projects="project",
    ),
    "changli": Recipe(
        origin=(119.05, 39.7),
        counties=("演示县",),
        words={**TOWN, "alliance": "联建片区"},
        finest="village",
        counts={"village": "villages"},
        cells=24,
        cell_m=262.0,
        least_homes=40,
        venues=(
            Venue("terminal", "village", "智慧终端", (12, 40)),
            Venue("terminal", "township", "镇级智慧终端", (30, 60), 17),
            *SCHOOLS,
        ),
        posts=(Post("leader", "village", party_share=1.0), Post("cadre", "alliance", party_share=1.0)),
        kinds={"village": {"pilot": "pilot_villages"}},
        across="alliance",
        holes=1,
    ),
    "beidaihe": Recipe(
        origin=(119.4, 39.82),
        counties=("演示区",),
        words=CITY,
        land_units=("estate",),
        cells=14,
        cell_m=125.0,
        is_urban=True,
        venues=(
            Venue("party_service", "village", CENTRE, (540, 1500), None, "village", "", SEVEN[:3], (0, 3)),
            Venue("day_care", "village", "日间照料站", (120, 360)),
            Venue("courier_rest", "village", "小哥驿站", (30, 70)),
            *CITY_SERVICES,
        ),
        posts=(
            Post("partner", "village", "partners"),
            Post("part_time", "village", "part_time", party_share=1.0),
            Post("centre_household", "building", "centre_households", party_share=1.0),
            Post("stairwell_leader", "stairwell"),
        ),
        gaps={"day_care": 1, "courier_rest": 1},
        gap_m=1000.0,
        events=900,
    ),
    "lufeng": Recipe(
        origin=(116.4, 22.95),
        counties=("演示市",),
        words={**TOWN, "county": "市", "group": "组", "large": "大网格", "medium": "中网格", "small": "小网格"},
        finest="small",
        land_units=("group",),
        cells=10,
        cell_m=134.0,
        venues=(
            Venue("education", "village", "学校", (500, 3200)),
            Venue("medical", "village", "卫生站", (70, 260)),
            Venue("sport", "village", "健身广场", (300, 1400)),
            Venue("platform", "township", "综治平台", (200, 500), None, "township"),
            Venue("sub_centre", "village", "分中心", (60, 180), None, "village"),
            Venue(
                "party_service",
                "township",
                "服务中心",
                (300, 900),
                31,
                "township",
                "",
                FIVE,
                (0, 3),
                (("upgrading", "upgraded_centres"),),
            ),
        ),
        posts=(Post("centre_household", "small", "centre_households", party_share=1.0),),
        kinds={"small": {"branch": "branches", "party_group": "party_groups"}},
        gaps={"education": 2, "medical": 2, "sport": 2},
        holes=1,
    ),
    "luohe": Recipe(
        origin=(114.0, 33.6),
        counties=("临颍县", "舞阳县", "郾城区", "源汇区", "召陵区"),
        words={**TOWN, "community": "社区"},
        finest="village",
        cells=20,
        cell_m=318.0,
        least_homes=40,
        venues=(
            Venue("party_service", "village", CENTRE, (120, 420), None, "village", "临颍县", SEVEN[:4], (0, 3)),
            Venue("party_service", "village", CENTRE, (120, 420), None, "village", "舞阳县", SEVEN[:4], (0, 3)),
            Venue("party_service", "village", "阵地", (120, 420), "yancheng_venues", "village", "郾城区", SEVEN[:4], (0, 3)),
            Venue(
                *("party_service", "village", "社区" + CENTRE, (260, 900), None, "village", "源汇区", SEVEN[:4], (0, 3)),
                (("upgrading", "yuanhui_upgrading"), ("improving", "yuanhui_improving")),
            ),
            Venue("party_service", "village", "服务中心", (190, 640), None, "village", "召陵区", SEVEN, (3, 6)),
            Venue("square", "village", "文化广场", (520, 980), None, "village", "召陵区"),
            Venue("ecommerce", "village", "电商服务站", (30, 90), "wuyang_ecommerce", "village", "舞阳县"),
            *SCHOOLS[:2],
        ),
        posts=(Post("leader", "village", party_share=1.0),),
        kinds={"village": {"community": "yuanhui_communities", "": "rural"}},
        holes=1,
        planned=72,
        spared=("yuanhui_venue", "venue_later"),
        spared_counties=("源汇区", "郾城区", "召陵区"),
    ),
    "fushan": Recipe(
        origin=(120.9, 37.4),
        counties=("演示区",),
        words={**TOWN, "county": "区", "zone": "融合发展区"},
        cells=11,
        cell_m=178.0,
        venues=(
            Venue("party_service", "zone", CENTRE, (1020, 2400), None, "zone", "", SEVEN, (0, 3)),
            Venue("party_service", "township", "便民服务中心", (600, 2200), "town_centres", "township", "", SEVEN[:3], (0, 3)),
            Venue("party_service", "village", "党群服务站", (95, 320), None, "village", "", SEVEN[:3], (0, 2)),
            Venue("convenience", "village", "便民服务点", (20, 120)),
            *SCHOOLS[:2],
        ),
        across="zone",
        gaps={"convenience": 3},
        gap_m=2600.0,
        holes=1,
    ),
    "chengmai": Recipe(
        origin=(110.2, 19.7),
        counties=("演示县",),
        words={**TOWN, "village": "社区"},
        cells=14,
        cell_m=145.0,
        least_homes=40,
        venues=(
            Venue("party_service", "village", CENTRE, (150, 600), None, "village", "", SEVEN[:3], (0, 3)),
            Venue("medical", "village", "卫生室", (80, 200)),
        ),
        posts=(Post("member", "grid", "posts", party_share=1.0),),
        back_streets="back_streets",
        gaps={"party_service": 2},
        gap_m=1700.0,
        winter_towns=4,
    ),
    "erdao": Recipe(
        origin=(125.5, 43.85),
        counties=("演示区",),
        words=CITY,
        land_units=("estate",),
        counts={"estate": 370, "building": 2160, "stairwell": 6480},
        cells=14,
        cell_m=74.0,
        is_urban=True,
        venues=(
            Venue("party_service", "village", CENTRE, (240, 1400), None, "village", "", SEVEN[:3], (0, 3)),
            *CITY_SERVICES,
        ),
        posts=(
            Post("manager", "estate", where={"class": ("standard", "basic")}),
            Post("partner", "estate", "departments", {"class": ("guaranteed",)}, covers_all=True),
            Post("cadre", "estate", "party_members", {"class": ("guaranteed", "basic")}, 1.0),
        ),
        class_shares={"standard": 0.5, "basic": 0.32, "guaranteed": 0.18},
        blind=10,
    ),
    "hongqi": Recipe(
        origin=(113.95, 35.3),
        counties=("演示区",),
        words=CITY,
        land_units=("estate",),
        counts={"stairwell": 3840},
        cells=14,
        cell_m=74.0,
        is_urban=True,
        venues=(
            Venue("party_service", "village", CENTRE, (240, 1400), None, "village", "", SEVEN[:3], (0, 3)),
            *CITY_SERVICES,
        ),
        posts=(
            Post("partner", "village", "units"),
            Post("cadre", "village", "staff", party_share=1.0),
            Post("firm", "village", "firms"),
            Post("centre_household", "stairwell", party_share=1.0),
        ),
        party_members=(3, 28),
    ),
}
"""Every place by its profile."""
