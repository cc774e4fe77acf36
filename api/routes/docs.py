"""The reference, made by us: the usual pages load their scripts from other hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.docspage import docs_page
from api.routes.common import Held, Language, get
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
OPENAPI = Text("接口的 OpenAPI 描述", "The OpenAPI description of the service")


@get(router, "/docs", says=Text("接口文档", "The API reference"), media_type="text/html", tag="pages")
def docs(request: Request, holdings: Held, lang: Language) -> Response:
    """Send the reference page, which there is before anything is published too."""
    made = holdings.shelf.get(("docs", lang), lambda: answers.page(docs_page(request.app.openapi(), lang=lang), language=lang))
    return made.send(request)


@get(router, "/api/v1/openapi.json", says=OPENAPI, media_type=answers.JSON, tag="data")
def openapi(request: Request, holdings: Held, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send the description that programs read."""
    return holdings.shelf.get("openapi", lambda: answers.data(request.app.openapi())).send(request)
