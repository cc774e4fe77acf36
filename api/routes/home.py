"""The start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.access import open_note
from api.holdings import NothingPublishedError
from api.officelinks import empty_page, noted, staff_section
from api.pages import home_page
from api.routes.common import Held, Language, get
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()


@get(router, "/", says=Text("首页：通往各处", "The start page, which links everything"), media_type="text/html", tag="pages")
def home(request: Request, holdings: Held, lang: Language) -> Response:
    """Send the start page; before anything is published it says what to do."""
    note = open_note(request, lang)
    try:
        source = holdings.source()
    except NothingPublishedError:
        return answers.page(empty_page(lang=lang, note=note), language=lang).send(request)

    def make() -> answers.Answer:
        staff = staff_section(lang) if holdings.is_office else None
        return answers.page(home_page(source.public, lang=lang, first=noted(note), staff=staff), language=lang)

    return source.shelf.get(("home", lang, note), make).send(request)
