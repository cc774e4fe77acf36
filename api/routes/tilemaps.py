"""Pages that draw vector tiles: what is published, and for an office its households too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request

from api import answers
from api.replies import reply
from api.routes.common import Asked, Calling, Held, Language, Offered, get, offer
from api.routes.tiles import ALL, ONE, Sets
from api.tilelayers import PEOPLE
from api.tilewords import QUAD, box_of, limits_of
from geogrid.errors import NotFoundError
from geogrid.words import Text
from maps.tilemap import TileSource, tile_page

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.settings import Settings
    from api.tilelayers import TileSet
    from maps.basemap import Basemap

router = APIRouter()
office = APIRouter()
PUBLIC_PAGE = Text("矢量瓦片地图", "The map of vector tiles")
OWN_PAGE = Text("内部地图：住户逐点显示，数量多时合并", "The office's map: each household, gathered where they are many")


@get(router, "/maps/tiles", says=PUBLIC_PAGE, media_type="text/html", tag="pages")
def tiles(request: Request, source: Asked, sets: Sets, lang: Language) -> Response:
    """Send the map of what is published."""
    basemap: Basemap | None = request.app.state.basemap

    def make() -> answers.Answer:
        made = sets.public("wgs84" if basemap is None else basemap.datum)
        box = box_of(made.all())
        content = tile_page([_public(source.settings, made, basemap)], source.public.summary, box=box, lang=lang, basemap=basemap)
        return answers.page(content, language=lang)

    return source.shelf.get(("tilemap", lang), make).send(request)


@offer(office, "GET", "/maps/households", says=OWN_PAGE, tag="pages", answer=Offered(role="viewer", media_type="text/html"))
def households(request: Request, holdings: Held, caller: Calling, sets: Sets, lang: Language) -> Response:
    """Send the map of the caller's own areas."""
    basemap: Basemap | None = request.app.state.basemap
    datum = "wgs84" if basemap is None else basemap.datum
    query = "" if datum == "wgs84" else f"?datum={datum}"
    inner = sets.staff(caller, datum)
    own = [] if inner is None else [inner.collection(name) for name in SHOWN]
    sources = [
        TileSource(_url(holdings.settings, ONE.format(collection=each.name), query), each.limits(), is_own=True) for each in own
    ]
    summary: dict[str, Any] = {}
    try:
        published = sets.public(datum)
        sources.insert(0, _public(holdings.settings, published, basemap))
        summary = holdings.source().public.summary
    except NotFoundError:  # nothing is published yet: the office's own is there nonetheless
        published = None
    content = tile_page(sources, summary, box=box_of(own), lang=lang, basemap=basemap)
    page = answers.page(content, language=lang)
    headers = {name: page.headers[name] for name in ("Content-Security-Policy", "Content-Language")}
    return reply(request, page.body, media_type=page.media_type, headers=headers)


SHOWN = ("workspace_grids", PEOPLE)
"""What is drawn over the published map."""


def _public(settings: Settings, made: TileSet, basemap: Basemap | None) -> TileSource:
    query = f"?v={made.mark}" + ("" if basemap is None or basemap.datum == "wgs84" else f"&datum={basemap.datum}")
    return TileSource(_url(settings, ALL, query), limits_of(made.all()))


def _url(settings: Settings, path: str, query: str) -> str:
    start = urlsplit(settings.public_url).path.rstrip("/")
    return f"{start}{path}/{QUAD}/{{z}}/{{y}}/{{x}}{query}"
