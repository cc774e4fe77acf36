"""An office's page for staff: who has logged in sees the households of their areas on the town of the newest check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers, audit
from api.access import open_told
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from api.routes.explain import OneHousehold, OneService, When, explained
from api.routes.staff import known, places_json, statuses_json, town_json
from api.staff import PREFIX
from api.towns import part_for
from geogrid.publish import are_of_osm
from geogrid.words import Text
from maps.staff import STAFF_LAYERS, StaffLayer, layer_features, staff_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from api.routes.common import Endpoint

router = APIRouter()
PAGE = Text(
    "工作人员页面：自己区域内的住户、分钟与路线", "The staff's page: the households of one's areas, with minutes and ways"
)
TOWN = Text("工作人员：服务、方式与时限", "For staff: services, modes and cutoffs")
HOUSEHOLDS = Text(
    "工作人员：区域内全部住户的位置、状态与分钟", "For staff: place, status and minutes of every household of one's areas"
)
EXPLAIN = Text(
    "工作人员：一户到最近设施的路线（GeoJSON）", "For staff: the ways of a household to its nearest facilities (GeoJSON)"
)
LAYER = Text("工作人员：图层“{zh}”（GeoJSON）", "For staff: the layer {en!r} (GeoJSON)")


@offer(router, "GET", "/staff", says=PAGE, tag="pages", answer=Offered(role="viewer", media_type="text/html"))
def page(request: Request, caller: Calling, lang: Language) -> Response:
    """Send the page; it holds no data, and asks for it with the session, or with a key that its reader gives it."""
    note = open_told(caller.role) if caller.via == "loopback" else None
    content = staff_page(lang=lang, is_inside=caller.via in {"session", "loopback"}, note=note)
    made = answers.page(content, language=lang)
    kept = {name: made.headers[name] for name in ("Content-Security-Policy", "Content-Language")}
    return reply(request, made.body, media_type=answers.HTML, headers=kept)


def for_staff(path: str, says: Text, media_type: str = answers.JSON) -> Callable[[Endpoint], Endpoint]:
    """Register an address that the page asks."""
    answer = Offered(role="viewer", media_type=media_type, more=(404,))
    return offer(router, "GET", f"{PREFIX}{path}", says=says, tag="plans", answer=answer)


@for_staff("/town", TOWN)
def town(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send what the page needs to know before anything else."""
    own = part_for(holdings, caller).town
    with holdings.workspace() as workspace:
        name = workspace.name
    return reply(request, town_json(own, (name, name), is_osm=are_of_osm(own.roads)))


@for_staff("/households", HOUSEHOLDS)
def households(
    request: Request,
    *,
    service: OneService,
    when: When = "now",
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001
) -> Response:
    """Send the households of the caller's areas as columns, as `api.routes.staff.households` does."""
    own = part_for(holdings, caller).town
    told = places_json(own) | statuses_json(own, known(own, service), when)
    audit.note(holdings.require_state(), caller, "read_households", "staff page", {"rows": len(own.households)})
    return reply(request, told)


@for_staff("/explain", EXPLAIN, answers.GEOJSON)
def explanation(
    request: Request,
    *,
    household: OneHousehold,
    service: OneService,
    when: When = "now",
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001
) -> Response:
    """Send why a household is covered or not, with its ways."""
    return reply(request, explained(holdings, caller, household, service, when), media_type=answers.GEOJSON)


def _add_layer(layer: StaffLayer) -> None:
    """Give a layer an address of its own."""

    def send(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001
        return reply(request, layer_features(part_for(holdings, caller).town, layer), media_type=answers.GEOJSON)

    for_staff(f"/{layer.key}", LAYER.fill(zh=layer.label.zh, en=layer.label.en), answers.GEOJSON)(send)


for _layer in STAFF_LAYERS:
    _add_layer(_layer)
