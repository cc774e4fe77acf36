"""Vector tiles with their descriptions (OGC API - Tiles, TileJSON): what is published for all, an office's own in scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast

from fastapi import APIRouter, Depends, Path, Query, Request

from api import answers, tilewords
from api.audit import note
from api.callers import Caller
from api.ogc.asked import When, when
from api.ogc.catalogue import COLLECTIONS
from api.ogc.features import time_zone
from api.ogc.parameters import Time
from api.replies import reply
from api.routes.common import Calling, Language, Offered, offer
from api.tilelayers import STAFF, Datum, Drawn, TileSet
from api.tilesets import TileSets
from api.tilewords import QUAD, TILEJSON, About
from geogrid.errors import NotFoundError
from geogrid.vectortiles import MEDIA_TYPE
from geogrid.webmercator import Tile
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
IMMUTABLE = "public, max-age=31536000, immutable"
"""Of tiles of one state: an address with its mark never answers anything else."""
MVT = Offered(media_type=MEDIA_TYPE)
ABOUT = Offered(also=(TILEJSON,))
ALL = "/api/v1/tiles"
ONE = "/api/v1/collections/{collection}/tiles"
ALL_TITLE = "全部公开图层 All public layers"
NO_TILE = Text(
    "没有这个瓦片：它在数据范围或缩放级别之外，范围见 tiles 的说明。",
    "there is no such tile: it lies outside the data or its zooms; the description of the tiles says where they are.",
)

Name = Annotated[str, Path(description="A collection", json_schema_extra={"x-zh": "集合"}, examples=["grids"], max_length=80)]
Zoom = Annotated[int, Path(description="Zoom, from 0", json_schema_extra={"x-zh": "缩放级别，从 0 起"}, examples=[12])]
Row = Annotated[int, Path(description="Row, from the north", json_schema_extra={"x-zh": "行，自北起"}, examples=[1711])]
Column = Annotated[int, Path(description="Column, from the west", json_schema_extra={"x-zh": "列，自西起"}, examples=[3378])]
Shifted = Annotated[
    Datum,
    Query(
        description="gcj02 puts everything where maps in GCJ-02 have it.",
        json_schema_extra={"x-zh": "gcj02：按 GCJ-02 底图的位置绘制。"},
    ),
]
Mark = Annotated[
    str,
    Query(
        description="The state of public data, as the description's addresses have it; it goes before datetime.",
        json_schema_extra={"x-zh": "公开数据的版本，见说明里的地址；优先于 datetime。"},
        max_length=40,
    ),
]
Form = Annotated[
    Literal["json", "tilejson"],
    Query(description="OGC API - Tiles, or TileJSON.", json_schema_extra={"x-zh": "OGC API - Tiles 或 TileJSON。"}),
]


class Asking(NamedTuple):
    """Who asks for tiles, of which state, and how they are to lie."""

    sets: TileSets
    caller: Caller
    datum: Datum = "wgs84"
    day: str | None = None
    mark: str = ""

    @property
    def base(self) -> str:
        """Return what addresses begin with."""
        return self.sets.holdings.settings.base_url

    @property
    def asked(self) -> dict[str, str]:
        """Return what a description is asked with, besides its form."""
        datum = {} if self.datum == "wgs84" else {"datum": self.datum}
        return datum | ({} if self.day is None else {"datetime": self.day})

    @property
    def when(self) -> When | None:
        """Return the days that are asked for."""
        return None if self.day is None else when(self.day, time_zone(self.sets.holdings))


class Found(NamedTuple):
    """What an address stands for: one collection, or all that are public."""

    made: TileSet
    drawn: list[Drawn]
    path: str
    title: str
    is_public: bool = True


async def tile_sets(request: Request) -> TileSets:
    """Return the tiles of the service."""
    return cast("TileSets", request.app.state.tile_sets)


Sets = Annotated[TileSets, Depends(tile_sets)]


async def tile_at(z: Zoom, row: Row, column: Column) -> Tile:
    """Return the tile that an address names."""
    return Tile(z, column, row)


async def asks(sets: Sets, caller: Calling, lang: Language) -> Asking:  # noqa: ARG001 -- lang is checked like everywhere
    """Return who asks for a list."""
    return Asking(sets, caller)


OfList = Annotated[Asking, Depends(asks)]


async def asks_of_day(asking: OfList, datum: Shifted = "wgs84", datetime: Time = None) -> Asking:
    """Return who asks for a description."""
    return asking._replace(datum=datum, day=datetime)


OfDay = Annotated[Asking, Depends(asks_of_day)]


async def asks_of_state(asking: OfDay, v: Mark = "") -> Asking:
    """Return who asks for a tile."""
    return asking._replace(mark=v)


OfState = Annotated[Asking, Depends(asks_of_state)]
At = Annotated[Tile, Depends(tile_at)]


@offer(router, "GET", "/api/v1/tileMatrixSets", says=Text("切片方案", "Tile matrix sets"), tag="data", answer=Offered())
def matrix_sets(request: Request, asking: OfList) -> Response:
    """Send the list of tile matrix sets."""
    return answers.data(tilewords.matrix_sets(asking.base)).send(request)


@offer(
    router,
    "GET",
    f"/api/v1/tileMatrixSets/{QUAD}",
    says=Text("WebMercatorQuad 的定义", "The definition of WebMercatorQuad"),
    tag="data",
    answer=Offered(),
)
def matrix_set(request: Request, asking: OfList) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send the definition of the one tile matrix set."""
    return answers.data(tilewords.matrix_set()).send(request)


@offer(router, "GET", ALL, says=Text("公开图层的切片集", "Tilesets of what is public"), tag="data", answer=Offered())
def dataset(request: Request, asking: OfList) -> Response:
    """Send the list of tilesets of all public layers together."""
    return answers.data(tilewords.tileset_list(asking.base, ALL, ALL_TITLE)).send(request)


@offer(
    router,
    "GET",
    f"{ALL}/{QUAD}",
    says=Text("公开图层切片的说明（含 TileJSON）", "What tiles of all public layers there are (TileJSON too)"),
    tag="data",
    answer=ABOUT,
)
def dataset_about(request: Request, asking: OfDay, f: Form = "json") -> Response:
    """Send the description of the tiles of all public layers."""
    return _about(request, asking, _everything(asking), f)


@offer(
    router,
    "GET",
    f"{ALL}/{QUAD}/{{z}}/{{row}}/{{column}}",
    says=Text("全部公开图层的一个矢量瓦片（MVT）", "One vector tile of all public layers (MVT)"),
    tag="data",
    answer=MVT,
)
def dataset_tile(request: Request, asking: OfState, tile: At) -> Response:
    """Send one tile with all public layers."""
    return _tile(request, asking, _everything(asking), tile)


@offer(router, "GET", ONE, says=Text("一个集合的切片集", "Tilesets of a collection"), tag="data", answer=Offered())
def tilesets(request: Request, asking: OfList, collection: Name) -> Response:
    """Send the list of a collection's tilesets."""
    found = _found(asking, collection)
    return _sent(request, answers.data(tilewords.tileset_list(asking.base, found.path, found.title)), found)


@offer(
    router,
    "GET",
    f"{ONE}/{QUAD}",
    says=Text("一个集合的切片说明（含 TileJSON）", "What tiles of a collection there are (TileJSON too)"),
    tag="data",
    answer=ABOUT,
)
def about(request: Request, asking: OfDay, collection: Name, f: Form = "json") -> Response:
    """Send the description of a collection's tiles."""
    return _about(request, asking, _found(asking, collection), f)


@offer(
    router,
    "GET",
    f"{ONE}/{QUAD}/{{z}}/{{row}}/{{column}}",
    says=Text("一个集合的一个矢量瓦片（MVT）", "One vector tile of a collection (MVT)"),
    tag="data",
    answer=MVT,
)
def collection_tile(request: Request, asking: OfState, collection: Name, tile: At) -> Response:
    """Send one tile of a collection: an office's own within the caller's areas, and noted where it shows households."""
    return _tile(request, asking, _found(asking, collection), tile)


def _everything(asking: Asking) -> Found:
    made = asking.sets.public(asking.datum, asking.mark, asking.when)
    return Found(made, made.all(), ALL, ALL_TITLE)


def _found(asking: Asking, collection: str) -> Found:
    """Return a collection as the caller may see it; what is not for him does not exist."""
    own = asking.sets.staff(asking.caller, asking.datum, asking.when) if collection in STAFF else None
    made = own or asking.sets.public(asking.datum, asking.mark, asking.when)
    drawn = made.collection(collection)
    return Found(made, [drawn], ONE.format(collection=collection), drawn.title, is_public=own is None)


DESCRIBED: dict[str, Callable[[About], dict[str, Any]]] = {"json": tilewords.tileset, "tilejson": tilewords.tilejson}
TYPES = {"json": answers.JSON, "tilejson": TILEJSON}


def _about(request: Request, asking: Asking, found: Found, form: str) -> Response:
    """Send a description; its addresses lead to the tiles of the state that it tells of."""
    tiles = {**asking.asked} if not found.is_public else {"v": found.made.mark, **asking._replace(day=None).asked}
    told = About(asking.base, found.path, found.title, found.drawn, asking.asked, tiles, found.made.attribution, found.is_public)
    return _sent(request, answers.data(DESCRIBED[form](told), TYPES[form]), found)


def _tile(request: Request, asking: Asking, found: Found, tile: Tile) -> Response:
    """Send a tile, its collections one after another in it; kept by their state, and an office's own by areas too."""
    inside = [each for each in found.drawn if each.has(tile)]
    if not inside:
        raise NotFoundError(NO_TILE)
    whose = ("public",) if found.is_public else ("staff", asking.caller.areas)
    key = (*whose, found.made.mark, asking.datum, *(each.name for each in inside), tile)
    answer = asking.sets.cache.get(key, lambda: _encoded(inside, tile))
    if any(COLLECTIONS[each.name].is_personal for each in inside):
        note(asking.sets.holdings.require_state(), asking.caller, "read_households", "tiles", {"zoom": tile.z})
    response = _sent(request, answer, found)
    if asking.mark and found.is_public:
        response.headers["Cache-Control"] = IMMUTABLE
    return response


def _encoded(drawn: list[Drawn], tile: Tile) -> answers.Answer:
    headers = {**answers.ANY_ORIGIN, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
    return answers.Answer(b"".join(each.encode(tile) for each in drawn), MEDIA_TYPE, headers)


def _sent(request: Request, answer: answers.Answer, found: Found) -> Response:
    """Send what is public, the same bytes for everyone; and an office's own to its caller alone."""
    if found.is_public:
        return answer.send(request)
    return reply(request, answer.body, etag=answer.digest, media_type=answer.media_type)
