"""The public page of every grid, to which the code on its notice card leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request

from api import answers
from api.embeds.making import framers, weight
from api.routes.common import Asked, Language, get
from api.routes.embeds import Theme
from geogrid.words import Text
from maps.gridpage import grid_page

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
SAYS = Text("一个网格的公开页面：公开的人员信息、汇总、地图", "A grid's public page: public staff fields, totals, and a map")
GridId = Annotated[str, Path(max_length=500, description="Id of a grid.", json_schema_extra={"x-zh": "网格编号。"})]


@get(router, "/grids/{grid_id:path}", says=SAYS, media_type="text/html", tag="pages")
def show(request: Request, source: Asked, grid_id: GridId, lang: Language, theme: Theme = "light") -> Response:
    """Send a grid's page; the portals of its township may frame it."""
    address = f"{source.settings.base_url}/grids/{quote(grid_id, safe='', errors='replace')}"

    def make() -> answers.Answer:
        content = grid_page(source.public, grid_id, lang=lang, address=address, theme=theme)
        return answers.page(content, language=lang, frame_ancestors=framers(source, grid_id))

    return source.recent.get(("grid", grid_id, lang, theme), make, weight).send(request)
