"""The collections: public ones of a publication, and an office's own for those with a role; add one by adding a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from api.callers import Caller

NO_COLLECTION = Text(
    "没有图层“{name}”；可用的见 /api/v1/collections", "there is no collection {name!r}; /api/v1/collections lists them"
)


@dataclass(frozen=True)
class Collection:
    """One collection.

    Attributes
    ----------
    name : str
        Its id in addresses.
    title, says : Text
    table : str
        Field of `geogrid.privacy.PublicReport`; of a staff collection the table of the workspace.
    id_columns : tuple of str
        What names a feature; none where only its row does.
    is_public : bool
        Whether it is made of what is published; the others need the role viewer, and hold only what lies in the caller's areas.
    is_personal : bool
        Whether its rows are of households, so that reading them is noted in the audit trail.
    """

    name: str
    title: Text
    says: Text
    table: str
    id_columns: tuple[str, ...]
    is_public: bool = True
    is_personal: bool = False


PUBLISHED: tuple[Collection, ...] = (
    Collection(
        "grids",
        Text("网格", "Grids"),
        Text("网格与各项汇总，小数字不公开", "Grids with their aggregates; small counts are withheld"),
        "grids",
        ("grid_id",),
    ),
    Collection(
        "areas",
        Text("区域", "Areas"),
        Text("村、社区、乡镇与各项汇总", "Villages, communities and townships with their aggregates"),
        "areas",
        ("area_id",),
    ),
    Collection(
        "gaps",
        Text("覆盖缺口", "Coverage gaps"),
        Text("够不着服务的地方：整百米方格", "Where a service is out of reach: whole 100 m squares"),
        "gaps",
        ("gap_id",),
    ),
    Collection(
        "facilities",
        Text("设施", "Facilities"),
        Text("提供服务的设施", "Facilities that offer services"),
        "facilities",
        ("facility_id",),
    ),
    Collection(
        "defects",
        Text("边界问题", "Tiling defects"),
        Text("网格之间的空洞、重叠和细缝", "Holes, overlaps and slivers between grids"),
        "defects",
        ("defect_id",),
    ),
    Collection("streets", Text("街道", "Streets"), Text("作底图的街道", "Streets, as a background"), "streets", ()),
    Collection(
        "service_radii",
        Text("服务半径", "Service radii"),
        Text("设施的直线服务半径", "Straight-line reach of facilities"),
        "radii",
        ("facility_id", "service"),
    ),
)
"""Public collections."""
TABLES = {each.name: each.table for each in PUBLISHED}
"""Fields of `geogrid.privacy.PublicReport` by the names of their collections, which exports and checks use too."""

STAFF: tuple[Collection, ...] = (
    Collection(
        "workspace_grids",
        Text("工作区网格", "Grids of the workspace"),
        Text("某日有效的网格", "Grids as they are in force on a day"),
        "grids",
        ("grid_id",),
        is_public=False,
    ),
    Collection(
        "workspace_areas",
        Text("工作区区域", "Areas of the workspace"),
        Text("某日有效的区域", "Areas as they are in force on a day"),
        "areas",
        ("area_id",),
        is_public=False,
    ),
    Collection(
        "households",
        Text("住户", "Households"),
        Text("某日的住户；每次读取都记入审计", "Households on a day; every reading is noted in the audit trail"),
        "households",
        ("household_id",),
        is_public=False,
        is_personal=True,
    ),
    Collection(
        "units",
        Text("单元", "Units"),
        Text("小组、小区、楼栋等最小单元", "Villager groups, estates, buildings: the smallest pieces"),
        "units",
        ("unit_id",),
        is_public=False,
    ),
    Collection(
        "buildings",
        Text("建筑", "Buildings"),
        Text("不应被边界切开的建筑", "Buildings that must stay whole"),
        "buildings",
        ("building_id",),
        is_public=False,
    ),
    Collection(
        "barriers",
        Text("阻隔", "Barriers"),
        Text("河流、铁路、干道", "Water, railways and trunk roads that divide"),
        "barriers",
        ("barrier_id",),
        is_public=False,
    ),
    Collection(
        "candidates",
        Text("备选点", "Candidate sites"),
        Text("可以设点的地方", "Possible sites for facilities"),
        "candidates",
        ("candidate_id",),
        is_public=False,
    ),
    Collection(
        "closures",
        Text("封闭路段", "Closures"),
        Text("停用的街道", "Streets out of use"),
        "closures",
        ("closure_id",),
        is_public=False,
    ),
    Collection(
        "events",
        Text("事件", "Events"),
        Text("网格内上报的事项", "Matters reported in a grid"),
        "events",
        ("event_id",),
        is_public=False,
        is_personal=True,
    ),
)
"""Collections of an office, for viewers and those above them."""

COLLECTIONS: dict[str, Collection] = {each.name: each for each in (*PUBLISHED, *STAFF)}


def seen_by(caller: Caller) -> tuple[Collection, ...]:
    """Return the collections that a caller may know of.

    Examples
    --------
    >>> from api.callers import PUBLIC
    >>> [each.name for each in seen_by(PUBLIC)][:3]
    ['grids', 'areas', 'gaps']
    """
    return (*PUBLISHED, *STAFF) if caller.may("viewer") else PUBLISHED


def collection_of(name: str, caller: Caller) -> Collection:
    """Return a collection that a caller may know of.

    Raises
    ------
    NotFoundError
        When there is none of this name, or it is not for this caller; which of both is not told.
    """
    found = COLLECTIONS.get(name)
    if found is None or found not in seen_by(caller):
        raise NotFoundError(NO_COLLECTION.fill(name=name[:80]))
    return found
