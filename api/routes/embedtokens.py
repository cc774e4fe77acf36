"""Maps that are not public, shown to who has a signed token for them, and the making of tokens."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api import answers, audit
from api.access import require_everywhere
from api.basemap import basemap_of
from api.embeds import code, tokens
from api.embeds.making import Shown, framers, lines, origins, require_choice, with_parameters
from api.embeds.tokens import Locked
from api.errors import ForbiddenError
from api.idempotency import OnlyOnce
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, offer
from geogrid.errors import NotFoundError
from geogrid.words import Lang, Text
from maps.embed import EmbedData, locked_page
from maps.embedmaps import MAPS, MapName
from maps.extract import GRID, NO_AREA, of_service

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.callers import Caller
    from api.holdings import Holdings
    from api.source import Source

router = APIRouter()
SHOW = Text("凭嵌入令牌打开的地图：参数由令牌固定", "A map opened with an embed token, which fixes all its parameters")
MAKE = Text(
    "为未公开（如尚未生效）的地图签发嵌入令牌", "Sign an embed token for a map that is not public, such as one not yet in force"
)
ROTATE = Text(
    "更换嵌入令牌的签名密钥；旧令牌在 keep_hours 小时后失效",
    "Change the key that signs embed tokens; older tokens end after keep_hours hours",
)
NO_PUBLICATION = Text("没有发布 {number}：见 /api/v1/publications", "there is no publication {number}: see /api/v1/publications")
NEEDS_AREA = Text("您只管部分区域：请写明是其中哪一个（area）", "your role holds in some areas: say which of them (area)")
MOST_HOURS = 24 * 366
Id = Annotated[str, Field(max_length=200)]
Token = Annotated[
    str,
    Query(
        min_length=1,
        max_length=tokens.LONGEST_TOKEN,
        description="The token, as it was given with the code.",
        json_schema_extra={"x-zh": "随嵌入代码给出的令牌。"},
    ),
]


class TokenAsked(BaseModel):
    """Which map a token shall open, and for how long; what is not said stays the map's default, and no visitor can change it."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"map": "coverage", "area": "360681100", "hours": 720}}
    )

    map: Annotated[MapName, Field(description="The map.")]
    publication: Annotated[
        int | None, Field(ge=1, le=2**31, description="Number of a publication, in force or not yet; today's when not given.")
    ] = None
    area: Annotated[Id, Field(description="The only area shown; needed from who may plan in some areas only.")] = ""
    level: Annotated[Id, Field(description="What is coloured: grid, or a level of areas.")] = GRID
    service: Annotated[Id, Field(description="The only service shown; all of them when not given.")] = ""
    grid: Annotated[Id, Field(description="A grid to open with.")] = ""
    lang: Annotated[Lang, Field(description="Language to begin with.")] = "zh"
    theme: Annotated[Literal["light", "dark", "contrast"], Field(description="Colours.")] = "light"
    size: Annotated[Literal["full", "small"], Field(description="How much stands around the map.")] = "full"
    hours: Annotated[int, Field(ge=1, le=MOST_HOURS, description="How long the token holds.")] = 720


class RotationAsked(BaseModel):
    """How long tokens of the key before shall hold."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": {"keep_hours": 48}})

    keep_hours: Annotated[int, Field(ge=0, le=MOST_HOURS, description="Hours; 0 ends them at once.")] = 0


Wanted = Annotated[TokenAsked, Depends(body_of(TokenAsked))]
Rotation = Annotated[RotationAsked, Depends(body_of(RotationAsked))]
EXAMPLE = {
    "token": "eyJ…",
    "expires_at": "2026-08-01T08:00:00+00:00",
    "url": "https://grid.example.cn/embed/private/coverage?token=eyJ…",
    "html": "<iframe …></iframe>",
    "frame_ancestors": ["https://portal.example.cn"],
}


def _offer_map(name: MapName) -> None:
    answer = Offered(media_type=answers.HTML.partition(";")[0])

    @offer(router, "GET", f"/embed/private/{name}", says=SHOW, tag="pages", answer=answer)
    def show(request: Request, held: Held, token: Token, lang: Language) -> Response:  # noqa: ARG001 -- the token says which language
        """Send a map in one document that nobody may keep."""
        return _shown(request, held, name, token)


for each in MAPS:
    _offer_map(each)


def _shown(request: Request, held: Holdings, name: MapName, token: str) -> Response:
    caller, locked = tokens.locked_by(held, token, name)
    source = _source(held, locked.of or None)
    _require_own(source, caller, locked.area)
    shown = answers.page(_page(source, locked), language=locked.lang, frame_ancestors=framers(source, locked.area))
    told = {name: shown.headers[name] for name in ("Content-Security-Policy", "Content-Language")}
    headers = told | {"Cross-Origin-Resource-Policy": "cross-origin"}  # who may frame it is said by its policy
    return reply(request, shown.body, media_type=answers.HTML, headers=headers)


def _page(source: Source, locked: Locked) -> str:
    public = of_service(source.public, locked.service) if locked.service else source.public
    shown = MAPS[locked.map]
    key = ("locked", locked.map, locked.area, locked.level, locked.service)
    basemap = basemap_of(source.settings)
    data = source.recent.get(key, lambda: shown.data(public, area=locked.area, level=locked.level, basemap=basemap), _weight)
    chosen = {name: getattr(locked, name) for name in ("service", "grid", "lang", "theme", "size") if getattr(locked, name)}
    where = origins(source.settings)
    return locked_page(data, chosen, lang=locked.lang, origins=where, basemap=basemap, drawing=shown.drawing)


def _weight(made: EmbedData) -> int:
    return len(made.first) + len(made.rest)


@offer(
    router,
    "POST",
    "/api/v1/embed-tokens",
    says=MAKE,
    tag="access",
    answer=Offered(role="planner", status=201, body=TokenAsked, more=(409,), example=EXAMPLE),
)
def make_token(request: Request, held: Held, caller: Calling, asked: Wanted, once: OnlyOnce, lang: Language) -> Response:  # noqa: ARG001
    """Sign a token for what the caller may show."""
    return once.run(lambda: reply(request, _token(held, caller, asked), status=201), is_secret=True)


def _token(held: Holdings, caller: Caller, asked: TokenAsked) -> dict[str, Any]:
    source = _source(held, asked.publication)
    _require_own(source, caller, asked.area)
    require_choice(source, Shown(asked.map, asked.area, asked.level), asked.service)
    number = source.publication.number if source.publication else 0
    locked = Locked(of=number, **asked.model_dump(exclude={"publication", "hours"}))
    ends_at = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=asked.hours)
    token = tokens.make_token(held.require_state(), caller, locked, ends_at=ends_at)
    detail = {"publication": number, "area": asked.area, "service": asked.service, "hours": asked.hours}
    audit.note(held.require_state(), caller, "create_embed_token", asked.map, detail)
    url = with_parameters(f"{held.settings.base_url}/embed/private/{asked.map}", token=token)
    html = code.iframe(url, name=asked.map, place=code.title_of(source.public, asked.area, asked.lang), lang=asked.lang)
    ancestors = list(framers(source, asked.area))
    return {"token": token, "expires_at": ends_at.isoformat(), "url": url, "html": html, "frame_ancestors": ancestors}


@offer(
    router,
    "POST",
    "/api/v1/embed-keys",
    says=ROTATE,
    tag="access",
    answer=Offered(role="admin", status=201, body=RotationAsked, more=(409,), example={"kid": "0f3a5c7e9b1d2468"}),
)
def rotate(request: Request, held: Held, caller: Calling, asked: Rotation, once: OnlyOnce, lang: Language) -> Response:  # noqa: ARG001
    """Sign with a new key from now on."""
    require_everywhere(caller)

    def make() -> Response:
        kid = tokens.rotate(held.require_state(), caller, keep_hours=asked.keep_hours)
        return reply(request, {"kid": kid}, status=201)

    return once.run(make)


def _source(held: Holdings, number: int | None) -> Source:
    """Return any publication, in force or not; today's without a number."""
    if number is None:
        return held.source()
    found = next((each for each in held.publications() if each.number == number), None)
    if found is None:
        raise NotFoundError(NO_PUBLICATION.fill(number=number))
    return held.source_of(found)


def _require_own(source: Source, caller: Caller, area: str) -> None:
    """Refuse an area that is not the caller's, as if it were not there."""
    if not caller.is_everywhere and not area:
        raise ForbiddenError(NEEDS_AREA)
    if not caller.is_everywhere and not set(caller.areas) & set(lines(source).get(area, ())):
        raise NotFoundError(NO_AREA.fill(area=area[:80]))
