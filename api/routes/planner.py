"""The planner's page, and the scripts and styles that it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import answers
from api.access import open_note, session_of
from api.errors import SECURITY
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from geogrid.errors import NotFoundError
from geogrid.words import Text
from maps.planner import page as planner

if TYPE_CHECKING:
    from maps.basemap import Basemap

router = APIRouter()
PAGE = Text("规划台：看图调整网格，随时看到影响", "The planner's desk: redraw grids on the map, and see at once what it changes")
FILE = Text("规划台的脚本与样式（不含数据）", "Scripts and styles of the planner's desk; no data is in them")
NO_FILE = Text("没有这个文件：请重新打开页面", "there is no such file: open the page again")
FOREVER = "public, max-age=31536000, immutable"

Name = Annotated[str, Path(max_length=80, description="Of the file.", json_schema_extra={"x-zh": "文件名。"})]
Mark = Annotated[str, Path(max_length=40, description="Changes when a file does.", json_schema_extra={"x-zh": "文件有变则变。"})]


@offer(router, "GET", "/planner", says=PAGE, tag="pages", answer=Offered(role="viewer", media_type="text/html"))
def page(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Send the page; it holds no data, and asks for it with its reader's session."""
    session = session_of(request)
    who = {
        "role": caller.role,
        "areas": list(caller.areas),
        "name": caller.name,
        "note": open_note(request, lang),
        "csrf_token": session.csrf if session else None,
    }
    basemap: Basemap | None = request.app.state.basemap
    start = urlsplit(holdings.settings.public_url).path.rstrip("/")
    made = answers.page(planner.planner_page(who, start=start, lang=lang, basemap=basemap), language=lang)
    kept = {name: made.headers[name] for name in ("Content-Security-Policy", "Content-Language")}
    return reply(request, made.body, media_type=answers.HTML, headers=kept)


@offer(
    router,
    "GET",
    "/planner/assets/{mark}/{name}",
    says=FILE,
    tag="pages",
    answer=Offered(media_type="text/javascript", also=("text/css",)),
)
def asset(request: Request, mark: Mark, name: Name, holdings: Held, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send a script or style."""
    if mark != planner.mark() or name not in planner.served():
        raise NotFoundError(NO_FILE)

    def make() -> answers.Answer:
        media_type = planner.TYPES[name.rpartition(".")[2]]
        headers = {**SECURITY, "Cache-Control": FOREVER, "Content-Security-Policy": "default-src 'none'"}
        return answers.Answer(planner.served()[name].encode(), media_type, headers)

    return holdings.shelf.get(("planner", mark, name), make).send(request)
