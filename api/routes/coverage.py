"""The interactive map, as a page of its own."""

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


@get(router, "/maps/coverage", says=PAGE, media_type="text/html", tag="pages")
def coverage(request: Request, source: Asked, service: Service, lang: Language) -> Response:
    """Send the map as a page of its own."""

    def make() -> answers.Answer:
        content = map_page(source.public, service=service, lang=lang, basemap=request.app.state.basemap)
        return answers.page(content, language=lang)

    return source.shelf.get(("map", service, lang), make).send(request)
