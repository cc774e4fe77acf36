"""Tiles of the basemap that this server asks for, so that its key stays here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Request

from api.basemap import NO_BASEMAP, Sheet, Tianditu
from api.routes.common import Language, Offered, offer
from api.routes.tiles import Sets
from api.tilewords import box_of
from geogrid.errors import NotFoundError
from geogrid.webmercator import Tile
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
SAYS = Text("底图瓦片（天地图，由本服务代取）", "A tile of the basemap (Tianditu, asked for by this service)")

Zoom = Annotated[int, Path(description="Zoom", json_schema_extra={"x-zh": "缩放级别"}, examples=[12])]
Column = Annotated[int, Path(description="Column, from the west", json_schema_extra={"x-zh": "列，自西起"}, examples=[3378])]
Row = Annotated[int, Path(description="Row, from the north", json_schema_extra={"x-zh": "行，自北起"}, examples=[1711])]
Layer = Annotated[
    Sheet,
    Query(
        description="Streets (vec), their names (cva), pictures from the air (img), their names (cia).",
        json_schema_extra={"x-zh": "矢量 vec、矢量注记 cva、影像 img、影像注记 cia。"},
    ),
]


def tianditu(request: Request) -> Tianditu:
    """Return where the tiles come from."""
    found = cast("Tianditu | None", request.app.state.tianditu)
    if found is None:
        raise NotFoundError(NO_BASEMAP)
    return found


def tile_at(z: Zoom, x: Column, y: Row) -> Tile:
    """Return the tile that an address names."""
    return Tile(z, x, y)


PICTURE = Offered(media_type="image/png", also=("image/jpeg", "image/webp"))


@offer(router, "GET", "/basemap/{z}/{x}/{y}", says=SAYS, tag="data", answer=PICTURE)
def basemap(
    request: Request,
    source: Annotated[Tianditu, Depends(tianditu)],
    sets: Sets,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
    tile: Annotated[Tile, Depends(tile_at)],
    layer: Layer = "vec",
) -> Response:
    """Send one tile near the place."""
    near = box_of(sets.public("wgs84").all())
    return source.tile(layer, tile, near).send(request)
