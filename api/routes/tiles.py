"""Vector tiles with their descriptions (OGC API - Tiles, TileJSON): what is published for all, an office's own in scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast

from fastapi import APIRouter, Depends, Path, Query, Request

from api import answers, tilewords
from api.audit import note
from api.callers import Caller
from api.replies import reply
from api.routes.common import Calling, Language, Offered, offer
from api.tilesets import NO_TILE, PEOPLE, PUBLIC, STAFF, Datum, Drawn, TileSet, TileSets
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
        description="The state of the data, as the description's addresses have it; without it today's.",
        json_schema_extra={"x-zh": "数据的版本，见说明里的地址；不给则为今天的。"},
        max_length=40,
    ),
]
Form = Annotated[
    Literal["json", "tilejson"],
    Query(description="OGC API - Tiles, or TileJSON.", json_schema_extra={"x-zh": "OGC API - Tiles 或 TileJSON。"}),
]


class Asking(NamedTuple):
    """Who asks for tiles, of which state, and how they are to lie or to be described."""

    sets: TileSets
    caller: Caller
    datum: Datum
    mark: str = ""
    form: str = "json"

    @property
    def base(self) -> str:
        """Return what addresses begin with."""
        return self.sets.holdings.settings.base_url


async def tile_sets(request: Request) -> TileSets:
    """Return the tiles of the service."""
    return cast("TileSets", request.app.state.tile_sets)


Sets = Annotated[TileSets, Depends(tile_sets)]


async def tile_at(z: Zoom, row: Row, column: Column) -> Tile:
    """Return the tile that an address names."""
    return Tile(z, column, row)


async def asks_tile(sets: Sets, caller: Calling, lang: Language, datum: Shifted = "wgs84", v: Mark = "") -> Asking:  # noqa: ARG001 -- lang is checked like everywhere
    """Return who asks for a tile."""
    return Asking(sets, caller, datum, v)


async def asks_about(sets: Sets, caller: Calling, lang: Language, datum: Shifted = "wgs84", f: Form = "json") -> Asking:  # noqa: ARG001 -- likewise
    """Return who asks for a description."""
    return Asking(sets, caller, datum, form=f)


async def asks(sets: Sets, caller: Calling, lang: Language) -> Asking:  # noqa: ARG001 -- likewise
    """Return who asks for a list."""
    return Asking(sets, caller, "wgs84")


At = Annotated[Tile, Depends(tile_at)]
OfTile = Annotated[Asking, Depends(asks_tile)]
OfAbout = Annotated[Asking, Depends(asks_about)]
OfList = Annotated[Asking, Depends(asks)]


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
def dataset_about(request: Request, asking: OfAbout) -> Response:
    """Send the description of the tiles of all public layers."""
    made = asking.sets.public(asking.datum)
    return _public_about(request, asking, made, ALL, ALL_TITLE, list(made.drawn.values()))


@offer(
    router,
    "GET",
    f"{ALL}/{QUAD}/{{z}}/{{row}}/{{column}}",
    says=Text("全部公开图层的一个矢量瓦片（MVT）", "One vector tile of all public layers (MVT)"),
    tag="data",
    answer=MVT,
)
def dataset_tile(request: Request, asking: OfTile, tile: At) -> Response:
    """Send one tile with all public layers."""
    made = asking.sets.public(asking.datum, asking.mark)
    return _public_tile(request, asking, made, list(made.drawn.values()), tile)


@offer(router, "GET", ONE, says=Text("一个集合的切片集", "Tilesets of a collection"), tag="data", answer=Offered())
def tilesets(request: Request, asking: OfList, collection: Name) -> Response:
    """Send the list of a collection's tilesets."""
    drawn, _ = _found(asking, collection)
    told = tilewords.tileset_list(asking.base, ONE.format(collection=collection), tilewords.title_of(drawn))
    return answers.data(told).send(request) if collection in PUBLIC else reply(request, told)


@offer(
    router,
    "GET",
    f"{ONE}/{QUAD}",
    says=Text("一个集合的切片说明（含 TileJSON）", "What tiles of a collection there are (TileJSON too)"),
    tag="data",
    answer=ABOUT,
)
def about(request: Request, asking: OfAbout, collection: Name) -> Response:
    """Send the description of a collection's tiles."""
    drawn, made = _found(asking, collection)
    path, title = ONE.format(collection=collection), tilewords.title_of(drawn)
    if collection in PUBLIC:
        return _public_about(request, asking, made, path, title, [drawn])
    query = "" if asking.datum == "wgs84" else f"?datum={asking.datum}"
    told = DESCRIBED[asking.form](About(asking.base, path, title, [drawn], query))
    return reply(request, told, media_type=TYPES[asking.form])


@offer(
    router,
    "GET",
    f"{ONE}/{QUAD}/{{z}}/{{row}}/{{column}}",
    says=Text("一个集合的一个矢量瓦片（MVT）", "One vector tile of a collection (MVT)"),
    tag="data",
    answer=MVT,
)
def collection_tile(request: Request, asking: OfTile, collection: Name, tile: At) -> Response:
    """Send one tile of a collection: an office's own within the caller's areas, and noted where it shows households."""
    drawn, made = _found(asking, collection)
    if collection in PUBLIC:
        return _public_tile(request, asking, made, [drawn], tile)
    if not drawn.has(tile):
        raise NotFoundError(NO_TILE)
    key = ("staff", made.mark, asking.caller.areas, asking.datum, collection, tile)
    answer = asking.sets.cache.get(key, lambda: answers.Answer(drawn.encode(tile), MEDIA_TYPE, {}))
    if collection == PEOPLE:
        note(asking.sets.holdings.require_state(), asking.caller, "read_households", "tiles", {"zoom": tile.z})
    return reply(request, answer.body, etag=answer.digest, media_type=MEDIA_TYPE)


def _found(asking: Asking, collection: str) -> tuple[Drawn, TileSet]:
    """Return a collection as the caller may see it; what is not for him does not exist."""
    made = asking.sets.staff(asking.caller, asking.datum) if collection in STAFF else None
    made = made if made is not None and made.drawn else asking.sets.public(asking.datum, asking.mark)
    return made.collection(collection), made


DESCRIBED: dict[str, Callable[[About], dict[str, Any]]] = {"json": tilewords.tileset, "tilejson": tilewords.tilejson}
TYPES = {"json": answers.JSON, "tilejson": TILEJSON}


def _public_about(request: Request, asking: Asking, made: TileSet, path: str, title: str, drawn: list[Drawn]) -> Response:
    query = f"?v={made.mark}" + ("" if asking.datum == "wgs84" else f"&datum={asking.datum}")
    told = DESCRIBED[asking.form](About(asking.base, path, title, drawn, query, made.attribution))
    return answers.data(told, TYPES[asking.form]).send(request)


def _public_tile(request: Request, asking: Asking, made: TileSet, drawn: list[Drawn], tile: Tile) -> Response:
    """Send a tile of published layers, one after another in it; the same bytes for everyone."""
    inside = [each for each in drawn if each.has(tile)]
    if not inside:
        raise NotFoundError(NO_TILE)
    key = ("public", made.mark, asking.datum, *(each.name for each in inside), tile)
    response = asking.sets.cache.get(key, lambda: _encoded(inside, tile)).send(request)
    if asking.mark:
        response.headers["Cache-Control"] = IMMUTABLE
    return response


def _encoded(drawn: list[Drawn], tile: Tile) -> answers.Answer:
    headers = {**answers.ANY_ORIGIN, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
    return answers.Answer(b"".join(each.encode(tile) for each in drawn), MEDIA_TYPE, headers)
