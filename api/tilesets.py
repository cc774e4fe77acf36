"""Which layers there are as vector tiles, for whom, and of which state: what is published for all, an office's own in scope."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from api.callers import scope_of
from api.errors import BusyError
from api.tilecache import TileCache
from geogrid.crs import to_wgs84
from geogrid.errors import NotFoundError
from geogrid.tilebase import tile_base
from geogrid.vectortiles import PeopleLayer, ShapeLayer
from geogrid.webmercator import Box, Limits, Tile, limits
from geogrid.words import Text
from maps.page import is_osm

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import geopandas as gpd

    from api.callers import Caller, Scope
    from api.holdings import Holdings
    from api.source import Source
    from geogrid.boundaries import Boundaries
    from geogrid.tileshapes import Kind

Datum = Literal["wgs84", "gcj02"]
DATUMS: tuple[Datum, ...] = get_args(Datum)
DEEPEST_PUBLIC, DEEPEST_STAFF = 16, 18
"""Zooms beyond which a map enlarges what it has: a tile's units are 15 cm and 4 cm then."""
MOST_SETS = 8
"""Published states and scopes whose layers are kept at once."""


class Collection(NamedTuple):
    """A collection that has tiles.

    Attributes
    ----------
    title : Text
    dimension : int
        Of its shapes: 0 points, 1 lines, 2 polygons.
    field : str
        Of the public report; "" of an office's own.
    kind : Kind
        How it is simplified.
    tier : str
        The column that tells its tilings apart.
    """

    title: Text
    dimension: int
    field: str = ""
    kind: Kind = "shapes"
    tier: str = ""


PUBLIC: Mapping[str, Collection] = {
    "areas": Collection(Text("区域", "Areas"), 2, "areas", "tiling", "level"),
    "grids": Collection(Text("网格", "Grids"), 2, "grids", "tiling", "level"),
    "streets": Collection(Text("街道", "Streets"), 1, "streets", "lines"),
    "service_radii": Collection(Text("服务半径", "Service radii"), 2, "radii"),
    "gaps": Collection(Text("覆盖缺口", "Coverage gaps"), 2, "gaps"),
    "defects": Collection(Text("边界问题", "Defects of the tiling"), 2, "defects"),
    "facilities": Collection(Text("设施", "Facilities"), 0, "facilities"),
}
"""What is published, in the order in which it is drawn."""

STAFF: Mapping[str, Collection] = {
    "workspace_areas": Collection(Text("工作区的区域", "Areas of the workspace"), 2, "", "tiling", "level"),
    "workspace_grids": Collection(Text("工作区的网格", "Grids of the workspace"), 2, "", "tiling", "level"),
    "households": Collection(Text("住户", "Households"), 0),
}
"""An office's own: within the areas of a viewer, planner or admin, and nowhere else."""

PEOPLE = "households"
OSM = "© OpenStreetMap contributors, ODbL 1.0"
NO_COLLECTION = Text("没有集合“{name}”：可选 {known}", "there is no collection {name!r}: choose {known}")
NO_TILE = Text(
    "没有这个瓦片：它在数据范围或缩放级别之外，范围见 tiles 的说明。",
    "there is no such tile: it lies outside the data or its zooms; the description of the tiles says where they are.",
)
NO_STATE = Text(
    "没有这个版本的瓦片：请去掉 v，或重新读取说明。",
    "there are no tiles of that state: leave v out, or read the description again.",
)
MAKING = Text("正在准备图层，请稍后再试。", "the layers are being made; try again in a moment.")


@dataclass(frozen=True, eq=False)
class Drawn:
    """One collection as tiles for one caller.

    Attributes
    ----------
    name : str
    about : Collection
    box : Box or None
        West, south, east and north in degrees of what the caller may see; None of nothing.
    fields : mapping of str to str
        Types of what a tile tells: Number, String or Boolean.
    deepest : int
        The last zoom.
    encode : callable
        From a tile to its bytes.
    """

    name: str
    about: Collection
    box: Box | None
    fields: Mapping[str, str]
    deepest: int
    encode: Callable[[Tile], bytes]

    def limits(self) -> list[Limits]:
        """Return the tiles that there are, by zoom."""
        return [] if self.box is None else [limits(self.box, z) for z in range(self.deepest + 1)]

    def has(self, tile: Tile) -> bool:
        """Return whether there is a tile: something of the collection may lie in it."""
        return self.box is not None and 0 <= tile.z <= self.deepest and limits(self.box, tile.z).has(tile)


@dataclass(frozen=True, eq=False)
class TileSet:
    """The collections of one state for one kind of caller.

    Attributes
    ----------
    mark : str
        Of the state: tiles of another have another.
    drawn : mapping of str to Drawn
    attribution : str
        Whom the data must name.
    """

    mark: str
    drawn: Mapping[str, Drawn]
    attribution: str = ""

    def collection(self, name: str) -> Drawn:
        """Return a collection.

        Raises
        ------
        NotFoundError
            When there is none of the name.
        """
        if name not in self.drawn:
            raise NotFoundError(NO_COLLECTION.fill(name=name[:80], known=", ".join(self.drawn)))
        return self.drawn[name]


@dataclass(frozen=True, eq=False)
class OfficeState:
    """The workspace as it is in force today, with who lives where; read once for all callers."""

    mark: str
    boundaries: Boundaries
    people: Mapping[Datum, PeopleLayer]
    fields: Mapping[str, str]

    def grids_of(self, caller: Caller) -> Scope:
        """Return where the caller's role holds."""
        return scope_of(caller, self.boundaries)


@dataclass(eq=False)
class TileSets:
    """All tiles of a service.

    Attributes
    ----------
    holdings : Holdings
    cache : TileCache
    """

    holdings: Holdings
    cache: TileCache
    _sets: OrderedDict[Hashable, TileSet] = field(default_factory=OrderedDict)
    _office: list[tuple[object, OfficeState]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, holdings: Holdings) -> TileSets:
        """Return those of what a service holds; nothing is made before it is asked for."""
        return cls(holdings, TileCache(holdings.settings.tile_cache_mib << 20))

    def public(self, datum: Datum, mark: str = "") -> TileSet:
        """Return what is published: today's, or the state that a mark names.

        Raises
        ------
        NotFoundError
            When nothing is published, or nothing with that mark.
        """
        source = self._source(mark)
        return self._kept(("public", mark_of(source), datum), lambda: published(source, datum))

    def staff(self, caller: Caller, datum: Datum) -> TileSet:
        """Return what an office keeps for itself, within the caller's areas; nothing for the public."""
        if not (self.holdings.is_office and caller.may("viewer")):
            return TileSet("", {})
        state = self.office_state()
        return self._kept(("staff", state.mark, caller.areas, datum), lambda: own(state, caller, datum))

    def office_state(self) -> OfficeState:
        """Return the workspace as it is today; of an older state nothing is kept."""
        from api.tilesoffice import read_office, state_seen  # noqa: PLC0415 -- it needs this module

        seen = state_seen(self.holdings)
        with self._held():
            if not self._office or self._office[0][0] != seen:
                with self.holdings.workspace() as opened:
                    self.forget()
                    self._office[:] = [(seen, read_office(opened, self.holdings))]
            return self._office[0][1]

    def forget(self) -> None:
        """Let go of everything made from the workspace, so that what was erased is nowhere in memory."""
        with self._lock:
            self._office.clear()
            for key in [each for each in self._sets if isinstance(each, tuple) and each[0] == "staff"]:
                del self._sets[key]
            self.cache.forget("staff")

    def _source(self, mark: str) -> Source:
        now = self.holdings.source()
        if mark in ("", mark_of(now)):
            return now
        begun = [each for each in self.holdings.publications() if each.effective <= self.holdings.today()]
        found = [each for each in begun if each.digest[:MARK] == mark]
        if not found:
            raise NotFoundError(NO_STATE)
        return self.holdings.source_of(found[-1])

    def _kept(self, key: Hashable, make: Callable[[], TileSet]) -> TileSet:
        with self._held():
            if key not in self._sets:
                self._sets[key] = make()
            self._sets.move_to_end(key)
            while len(self._sets) > MOST_SETS:
                self._sets.popitem(last=False)
            return self._sets[key]

    def _held(self) -> _Held:
        return _Held(self._lock, self.holdings.settings.busy_after_s)


class _Held(NamedTuple):
    """A lock that is waited for only so long."""

    lock: Any
    most_s: float

    def __enter__(self) -> None:
        if not self.lock.acquire(timeout=self.most_s):
            raise BusyError(MAKING)

    def __exit__(self, *_: object) -> None:
        self.lock.release()


MARK = 16
"""Letters of a state's digest that stand in addresses."""


def mark_of(source: Source) -> str:
    """Return what tells a published state from others."""
    if source.publication is not None:
        return source.publication.digest[:MARK]
    return source.digest[:MARK]


def published(source: Source, datum: Datum) -> TileSet:
    """Return the collections of a publication."""
    drawn = {name: shape_tiles(name, about, getattr(source.public, about.field), datum) for name, about in PUBLIC.items()}
    return TileSet(mark_of(source), drawn, OSM if is_osm(source.public.summary) else "")


def own(state: OfficeState, caller: Caller, datum: Datum) -> TileSet:
    """Return an office's own collections within the caller's areas."""
    scope = state.grids_of(caller)
    grids = state.boundaries.grid_frame
    areas = state.boundaries.area_frame
    frames = {
        "workspace_areas": areas[[scope.has_area(each) for each in areas["area_id"]]],
        "workspace_grids": grids[[scope.has_grid(each) for each in grids["grid_id"]]],
    }
    drawn = {name: shape_tiles(name, STAFF[name], to_wgs84(frame), datum) for name, frame in frames.items()}
    people, inside = state.people[datum], scope.grids
    homes = Drawn(
        PEOPLE, STAFF[PEOPLE], people.box_deg(inside), state.fields, DEEPEST_STAFF, lambda tile: people.tile(tile, inside)
    )
    return TileSet(state.mark, {**drawn, PEOPLE: homes})


def shape_tiles(name: str, about: Collection, frame: gpd.GeoDataFrame, datum: Datum) -> Drawn:
    """Return a table in WGS 84 as tiles."""
    layer = ShapeLayer.of(tile_base(), name, frame, kind=about.kind, is_gcj=datum == "gcj02", tier=about.tier)
    deepest = DEEPEST_PUBLIC if about.field else DEEPEST_STAFF
    return Drawn(name, about, layer.box_deg(), fields_of(layer.columns), deepest, layer.tile)


def fields_of(columns: Mapping[str, Any]) -> dict[str, str]:
    """Return the types of Arrow columns as TileJSON names them."""
    return {name: FIELD_TYPES.get(str(column.type), "String") for name, column in columns.items()}


FIELD_TYPES = {"bool": "Boolean", "int64": "Number", "double": "Number"}
