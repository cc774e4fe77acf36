"""The interactive map, as a page and for an iframe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.routes.common import Asked, Language, Service, get
from geogrid.words import Text
from maps.page import map_page

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
PAGE = Text("覆盖地图", "The coverage map")
EMBED = Text("供 iframe 嵌入的覆盖地图", "The coverage map for an iframe")


@get(router, "/maps/coverage", says=PAGE, media_type="text/html", tag="pages")
def coverage(request: Request, source: Asked, service: Service, lang: Language) -> Response:
    """Send the map as a page of its own."""

    def make() -> answers.Answer:
        return answers.page(map_page(source.public, service=service, lang=lang), language=lang)

    return source.shelf.get(("map", service, lang), make).send(request)


@get(router, "/embed/coverage", says=EMBED, media_type="text/html", tag="pages")
def embed(request: Request, source: Asked, service: Service, lang: Language) -> Response:
    """Send the map for a portal's iframe; who may frame it is a setting."""

    def make() -> answers.Answer:
        content = map_page(source.public, service=service, lang=lang, embed=True)
        return answers.page(content, language=lang, frame_ancestors=source.settings.frame_ancestors)

    return source.shelf.get(("embed", service, lang), make).send(request)
