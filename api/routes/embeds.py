"""Maps for an iframe, and their data, which anybody may keep for ever under their hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from api import answers
from api.embeds.making import NO_DATA, Shown, data_under, map_page
from api.routes.common import Asked, Held, Language, Offered, Service, get, offer
from geogrid.errors import NotFoundError
from geogrid.words import Text
from maps.embedmaps import MAPS, MapName
from maps.extract import GRID

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.holdings import Holdings
    from api.source import Source

router = APIRouter()
DATA = Text(
    "嵌入地图的数据，按内容的散列命名，永不改变", "Data of an embedded map, named by the hash of their content: they never change"
)

MapAsked = Annotated[MapName, Query(alias="map", description="The map.", json_schema_extra={"x-zh": "地图。"})]
Area = Annotated[
    str,
    Query(
        max_length=200,
        description="Id of an area: the map shows it alone, and its portals may frame it.",
        json_schema_extra={"x-zh": "区域编号：只显示该区域，由该区域的门户嵌入。"},
    ),
]
Level = Annotated[
    str,
    Query(
        max_length=200,
        description="What is coloured: grid, or a level of areas.",
        json_schema_extra={"x-zh": "按哪一级着色：grid（网格）或某级区域。"},
    ),
]
Grid = Annotated[
    str,
    Query(
        max_length=200,
        description="Id of a grid to open with; one that is not there opens nothing.",
        json_schema_extra={"x-zh": "打开时选中的网格编号；没有则不选。"},
    ),
]
When = Annotated[
    Literal["now", "later"],
    Query(
        description="Facilities that count: those there are now, or the planned ones too.",
        json_schema_extra={"x-zh": "计入的设施：now 现有，later 含规划。"},
    ),
]
Theme = Annotated[
    Literal["light", "dark", "contrast"],
    Query(description="Colours of the page.", json_schema_extra={"x-zh": "页面配色：浅色、深色、高对比度。"}),
]
Size = Annotated[
    Literal["full", "small"],
    Query(
        description="full: with search, switches and panel; small: map and legend.",
        json_schema_extra={"x-zh": "full：含搜索、切换、面板；small：只有地图和图例。"},
    ),
]
Digest = Annotated[
    str, Path(pattern="^[0-9a-f]{32}$", description="Hash of the content.", json_schema_extra={"x-zh": "内容的散列。"})
]
PartAsked = Annotated[
    Literal["first", "rest"],
    Query(description="Which part of the map's data.", json_schema_extra={"x-zh": "数据的哪一部分。"}),
]
Number = Annotated[
    int | None,
    Query(ge=1, le=2**31, description="Number of the publication.", json_schema_extra={"x-zh": "发布的编号。"}),
]


@dataclass(frozen=True)
class Chosen:
    """What may be chosen about a map besides its service and its language."""

    area: str
    level: str
    grid: str
    when: str
    theme: str
    size: str

    def shown(self, name: MapName) -> Shown:
        """Return what the data of a map are about."""
        return Shown(name, self.area, self.level)


async def chosen(
    area: Area = "", level: Level = GRID, grid: Grid = "", when: When = "now", theme: Theme = "light", size: Size = "full"
) -> Chosen:
    """Return what a caller chooses."""
    return Chosen(area, level, grid, when, theme, size)


ChosenMap = Annotated[Chosen, Depends(chosen)]


def _offer_map(name: MapName) -> None:
    @get(router, f"/embed/{name}", says=MAPS[name].says, media_type="text/html", tag="pages")
    def embed(request: Request, source: Asked, service: Service, lang: Language, chosen: ChosenMap) -> Response:  # noqa: ARG001 -- the page's script reads it
        """Send the map for a portal's iframe; who may frame it is a setting, by township if need be."""
        return map_page(source, chosen.shown(name), lang).send(request)


for each in MAPS:
    _offer_map(each)


@offer(router, "GET", "/data/{digest}.json", says=DATA, tag="data", answer=Offered(media_type=answers.JSON))
def data(
    request: Request,
    *,
    held: Held,
    digest: Digest,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
    part: PartAsked = "first",
    name: MapAsked = "coverage",
    area: Area = "",
    level: Level = GRID,
    of: Number = None,
) -> Response:
    """Send a part of a map's data, of what is or was in force."""
    return data_under(_source(held, of), Shown(name, area, level), part, digest).send(request)


def _source(held: Holdings, number: int | None) -> Source:
    """Return a publication that the public may see: one in force by now, or before."""
    if number is None:
        return held.source()
    today = held.today() if held.is_office else None
    found = next((each for each in held.publications() if each.number == number and today and each.effective <= today), None)
    if found is None:
        raise NotFoundError(NO_DATA)
    return held.source_of(found)
