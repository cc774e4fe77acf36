"""The code that a portal pastes: made by a form, or asked for as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from api import answers
from api.embeds import code
from api.embeds.making import Shown, framers, lines, require_choice
from api.embeds.snippetpage import snippet_page
from api.replies import reply
from api.routes.common import Asked, Calling, Language, Offered, offer
from api.routes.embeds import ChosenMap, MapAsked
from geogrid.errors import NotFoundError
from geogrid.words import Text
from maps.extract import GRID, NO_AREA

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.callers import Caller
    from api.source import Source
    from maps.embedmaps import MapName

router = APIRouter()
DATA = Text("嵌入公开地图的代码，及谁可以嵌入", "The code that embeds a public map, and who may embed it")
PAGE = Text("选参数、取嵌入代码的页面", "The page to choose parameters and get the code")
Height = Annotated[
    int, Query(ge=240, le=4000, description="Height of the frame in pixels.", json_schema_extra={"x-zh": "框的高度（像素）。"})
]
ServiceName = Annotated[
    str,
    Query(
        max_length=200,
        description="A service of the report, or all; not given: the map's own.",
        json_schema_extra={"x-zh": "报告中的服务，或 all；不给则由地图决定。"},
    ),
]
EXAMPLE = {
    "url": "https://grid.example.cn/embed/coverage?service=medical&lang=zh",
    "html": '<iframe src="…" title="…" width="100%" height="640" sandbox="allow-scripts"></iframe>',
    "frame_ancestors": ["https://portal.example.cn"],
}


@dataclass(frozen=True)
class Wanted:
    """Which map is wanted: its name, what is chosen about it in the order of its address, and how high it is."""

    name: MapName
    said: dict[str, Any]
    height: int


async def wanted(
    lang: Language,
    chosen: ChosenMap,
    name: MapAsked = "coverage",
    service: ServiceName = "",
    height: Height = code.HEIGHT,
) -> Wanted:
    """Return what a caller wants."""
    return Wanted(name, {"service": service, **asdict(chosen), "lang": lang}, height)


WantedMap = Annotated[Wanted, Depends(wanted)]


@offer(router, "GET", "/api/v1/snippets", says=DATA, tag="data", answer=Offered(role="planner", example=EXAMPLE))
def snippet(request: Request, source: Asked, caller: Calling, wanted: WantedMap) -> Response:
    """Send the code of a map as chosen."""
    return reply(request, _made(source, caller, wanted))


@offer(router, "GET", "/snippets", says=PAGE, tag="pages", answer=Offered(role="planner", media_type="text/html"))
def form(request: Request, source: Asked, caller: Calling, lang: Language, wanted: WantedMap) -> Response:
    """Send the form with the code of what it is set to."""
    made = _made(source, caller, wanted)
    own = [each for each in source.public.areas["area_id"].astype(str) if _is_own(source, caller, each)]
    content = snippet_page(source.public, wanted.said | {"map": wanted.name, "height": str(wanted.height)}, made, own, lang=lang)
    told = answers.page(content, language=lang)
    headers = {key: told.headers[key] for key in ("Content-Security-Policy", "Content-Language")}
    return reply(request, told.body, media_type=answers.HTML, headers=headers)


def _made(source: Source, caller: Caller, wanted: Wanted) -> dict[str, Any]:
    """Return the address and the code of a map; other townships' settings are not told."""
    name, chosen = wanted.name, wanted.said
    area, lang = chosen["area"], chosen["lang"]
    require_choice(source, Shown(name, area, chosen["level"]), chosen["service"])
    if area and not _is_own(source, caller, area):
        raise NotFoundError(NO_AREA.fill(area=area[:80]))
    said = {key: value for key, value in chosen.items() if value != DEFAULTS.get(key)}
    url = code.map_address(source.settings.base_url, name, said)
    html = code.iframe(url, name=name, place=code.title_of(source.public, area, lang), lang=lang, height=wanted.height)
    return {"url": url, "html": html, "frame_ancestors": list(framers(source, area))}


DEFAULTS = {"level": GRID, "when": "now", "theme": "light", "size": "full"}
"""What need not be said in an address."""


def _is_own(source: Source, caller: Caller, area: str) -> bool:
    return caller.is_everywhere or bool(set(caller.areas) & set(lines(source).get(area, ())))
