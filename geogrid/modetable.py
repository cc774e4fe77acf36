"""Ways of travelling as data: which streets each may use, in which direction and how fast. ``geogrid.modes`` reads it.

Adding a way of travelling is adding a row to ``MODES``. The values of the columns are those of OpenStreetMap (wiki pages "OSM
tags for routing/Access restrictions", "Key:access", "Key:oneway", "Key:oneway:bicycle", "Key:junction") and the plain Chinese
words that offices write. Speeds are in km/h.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

Speeds = dict[str, float | None]

YES_WORDS = frozenset({"yes", "true", "1", "y", "t", "是"})
GRANTS = YES_WORDS | {"designated", "permissive", "official", "public", "允许"}
"""Values that permit."""

DENIES = frozenset({"no", "false", "0", "n", "f", "private", "否", "禁止", "私有"})
"""Values that forbid, to anybody."""

VISITORS = frozenset({"destination", "customers", "customer", "delivery", "residents", "dismount", "推行"})
"""Values that let those in who live or have business there: no general permission, but more than a general prohibition."""

FARMERS = frozenset(
    {"agricultural", "forestry", "agriculture", "farm", "psv", "bus", "emergency", "military", "use_sidepath"}
    | {"农用", "农机", "公交", "公交专用", "应急", "消防"}
)
"""Values that forbid to vehicles, because they let others in only: farmers, buses, the fire brigade."""

PUSHED = frozenset({"dismount", "推行"})
CLOSED = YES_WORDS | {"closed", "封闭"}
ROUNDABOUTS = frozenset({"roundabout", "circular", "环岛", "环形交叉", "转盘"})
NOT_A_STREET = frozenset(
    {"construction", "proposed", "planned", "abandoned", "disused", "razed", "demolished", "raceway", "busway"}
    | {"bus_guideway", "rest_area", "services", "via_ferrata"}
)
"""Classes that nobody may use: not built, no longer there, or for something else."""

WALKING_KMH, OLDER_KMH, BICYCLE_KMH, EBIKE_KMH, CAR_KMH = 5.0, 3.6, 15.0, 20.0, 90.0
FERRY_KMH = 5.0
"""A ferry without ``speed_kmh``: slow, waiting included (the default of OSRM's profiles for foot, bicycle and car)."""

PUSHING_KMH, CARRYING_KMH = 4.0, 2.0
"""A bicycle pushed, and carried on steps (OSRM's bicycle profile)."""


@dataclass(frozen=True)
class Mode:
    """One way of travelling: a row of ``MODES``.

    ``speed_kmh`` is its pace: the reference for costs, and the speed that nobody exceeds. ``leg_kmh`` is the pace of the straight
    legs to and from the street, which are walked, unless another walking pace is set; where it equals ``speed_kmh``, the mode
    walks all the way and it stays equal to whatever pace is set.

    Permission stands in the columns ``general`` and ``own``, each from general to specific: a more specific one that says
    something overrides the others. Values in ``denies`` forbid; those in ``lets`` lift a more general prohibition.

    ``usable`` gives the speed on a class of street (None: the pace), ``by_permission`` the speed where an own column permits; a
    class only in ``by_permission`` needs that permission, one in ``never`` cannot be used at all, and every other class or none
    is travelled at ``other_kmh`` (None: the pace).

    ``obeys_oneway``: goes along one-way streets in their direction only, unless the column ``oneway_exception`` says otherwise.
    ``barred_services`` are values of ``service`` that bar a street which no own column permits. Points are not placed on
    streets of the classes ``no_stop``, nor on those of ``no_stop_unless_walked`` that bar pedestrians.
    """

    name: Text
    speed_kmh: float
    leg_kmh: float
    source: Text
    general: tuple[str, ...]
    own: tuple[str, ...]
    denies: frozenset[str] = DENIES
    lets: frozenset[str] = GRANTS
    usable: Mapping[str, float | None] = field(default_factory=dict)
    by_permission: Mapping[str, float | None] = field(default_factory=dict)
    never: frozenset[str] = NOT_A_STREET
    other_kmh: float | None = None
    obeys_oneway: bool = False
    oneway_exception: str | None = None
    barred_services: frozenset[str] = frozenset()
    no_stop: frozenset[str] = frozenset({"ferry"})
    no_stop_unless_walked: frozenset[str] = frozenset()

    def leg_factor(self, speed_kmh: float | None = None, leg_kmh: float | None = None) -> float:
        """Return how many metres at the pace ``speed_kmh`` a metre of a straight leg walked at ``leg_kmh`` costs.

        Either is the row's if None.

        Examples
        --------
        >>> MODES["walk"].leg_factor(4.0), MODES["bicycle"].leg_factor(), MODES["bicycle"].leg_factor(leg_kmh=3.0)
        (1.0, 3.0, 5.0)
        """
        return 1.0 if self.leg_kmh == self.speed_kmh else (speed_kmh or self.speed_kmh) / (leg_kmh or self.leg_kmh)


def _at(speed_kmh: float | None, *classes: str) -> Speeds:
    return dict.fromkeys(classes, speed_kmh)


MOTOR_ROADS = ("motorway", "motorway_link", "trunk", "trunk_link")
FOOTWAYS = ("footway", "pedestrian", "corridor", "platform", "elevator", "access_ramp")
WALK = Mode(
    Text("步行", "on foot"),
    WALKING_KMH,
    WALKING_KMH,
    Text(
        "开源路径引擎 OSRM 步行模式的默认速度；不是国家标准，可按当地情况修改",
        "default of the foot profile of the OSRM routing engine; not a standard, change it to suit the place",
    ),
    general=("access",),
    own=("foot",),
    usable=_at(FERRY_KMH, "ferry"),
    by_permission=_at(None, *MOTOR_ROADS),
)
"""Steps are climbed at the pace (as in OSRM's foot profile), one-way streets walked both ways."""

BICYCLE = Mode(
    Text("骑自行车", "by bicycle"),
    BICYCLE_KMH,
    WALKING_KMH,
    Text(
        "开源路径引擎 OSRM 自行车模式的默认速度；不是国家标准，可按当地情况修改",
        "default of the bicycle profile of the OSRM routing engine; not a standard, change it to suit the place",
    ),
    general=("access", "vehicle"),
    own=("bicycle",),
    denies=DENIES | FARMERS,
    lets=GRANTS | VISITORS,
    usable=_at(PUSHING_KMH, *FOOTWAYS) | {"track": 12.0, "path": 13.0, "ferry": FERRY_KMH},
    by_permission=_at(None, *MOTOR_ROADS, *FOOTWAYS) | {"steps": CARRYING_KMH, "bridleway": 10.0},
    obeys_oneway=True,
    oneway_exception="oneway_bicycle",
)
"""Pushed on footways unless riding is permitted there, carried on steps where that is permitted."""

CAR_SPEEDS: Speeds = {
    "motorway": 90.0,
    "motorway_link": 45.0,
    "trunk": 85.0,
    "trunk_link": 40.0,
    "primary": 65.0,
    "primary_link": 30.0,
    "secondary": 55.0,
    "secondary_link": 25.0,
    "tertiary": 40.0,
    "tertiary_link": 20.0,
    "unclassified": 25.0,
    "residential": 25.0,
    "living_street": 10.0,
    "service": 15.0,
    "ferry": FERRY_KMH,
}
"""Average speeds by class: the defaults of OSRM's car profile."""

CAR = Mode(
    Text("驾车", "by car"),
    CAR_KMH,
    WALKING_KMH,
    Text(
        "开源路径引擎 OSRM 汽车模式各等级道路的默认速度，此为其中最高者；不是国家标准，可按当地情况修改",
        "the highest of the default speeds by class of the car profile of the OSRM routing engine; not a standard, change it to "
        "suit the place",
    ),
    general=("access", "vehicle"),
    own=("motor_vehicle", "motorcar"),
    denies=DENIES | FARMERS,
    lets=GRANTS | VISITORS,
    usable=CAR_SPEEDS,
    by_permission=_at(10.0, "track", "pedestrian", "footway", "path", "cycleway", "bridleway"),
    never=NOT_A_STREET | {"steps", "corridor", "platform", "elevator", "access_ramp", "ladder", "escape", "emergency_bay"},
    other_kmh=25.0,
    obeys_oneway=True,
    barred_services=frozenset({"emergency_access", "bus", "busbay", "消防通道", "应急通道", "公交专用"}),
    no_stop=frozenset({"motorway", "motorway_link", "ferry"}),
    no_stop_unless_walked=frozenset({"trunk", "trunk_link"}),
)

MODES: Mapping[str, Mode] = {
    "walk": WALK,
    "walk_older": replace(
        WALK,
        name=Text("老年人步行", "on foot at older people's pace"),
        speed_kmh=OLDER_KMH,
        leg_kmh=OLDER_KMH,
        source=Text(
            "每秒 1.0 米，常见引用的老年人步行速度，未读原文，待核",
            "1.0 m/s, widely quoted for older people; text not read, to be confirmed",
        ),
    ),
    "bicycle": BICYCLE,
    "ebike": replace(  # in China a non-motor vehicle, on the streets of bicycles
        BICYCLE,
        name=Text("骑电动自行车", "by e-bike"),
        speed_kmh=EBIKE_KMH,
        source=Text(
            "本产品的设定：介于道路交通安全法第五十八条（15 km/h）与 GB 17761（25 km/h）的上限之间，均未读原文，待核",
            "a setting of this product, between 15 km/h in non-motor lanes (Road Traffic Safety Law, article 58) and the 25 km/h "
            "design limit of GB 17761; texts not read, to be confirmed",
        ),
    ),
    "car": CAR,
}
