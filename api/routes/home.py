"""The start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.pages import home_page
from api.routes.common import Asked, Language, get
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()


@get(router, "/", says=Text("首页：通往各处", "The start page, which links everything"), media_type="text/html", tag="pages")
def home(request: Request, source: Asked, lang: Language) -> Response:
    """Send the start page."""
    made = source.shelf.get(("home", lang), lambda: answers.page(home_page(source.public, lang=lang), language=lang))
    return made.send(request)
