"""For staff: the page, which holds nothing, and what it asks for with the token. Without a token these addresses do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import answers
from api.routes.common import Asked, Language, get
from api.staff import PREFIX, ForStaff, encoded, private
from geogrid.coverage import STATUSES, cover
from geogrid.crs import to_wgs84
from geogrid.errors import NotFoundError
from geogrid.explain import explain
from geogrid.modes import MODES
from geogrid.plain import plain
from geogrid.settings import NOW
from geogrid.town import Town, trips
from geogrid.words import LANGS, Text
from maps.page import SAMPLE
from maps.staff import STAFF_LAYERS, StaffLayer, layer_features, staff_page
from maps.style import symbol_of
from maps.view import pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api.routes.common import Endpoint

router = APIRouter()
PAGE = Text("工作人员页面", "The staff's page")
TOWN = Text("工作人员：服务、方式与时限", "For staff: services, modes and cutoffs")
EXPLAIN = Text(
    "工作人员：一户到最近设施的路线（GeoJSON）", "For staff: the ways of a household to its nearest facilities (GeoJSON)"
)
HOUSEHOLDS = Text("工作人员：全部住户的位置、状态与分钟", "For staff: every household's place, status and minutes")
LAYER = Text("工作人员：图层“{zh}”（GeoJSON）", "For staff: the layer {en!r} (GeoJSON)")
DEGREE_UNITS = 1_000_000
MINUTE_UNITS = 10

When = Annotated[Literal["now", "later"], Query(description="Facilities counted: existing ones, or planned ones too.")]
OneHousehold = Annotated[str, Query(min_length=1, max_length=200, description="Id of a household.")]
OneService = Annotated[str, Query(min_length=1, max_length=200, description="A service of the check.")]


def for_staff(path: str, says: Text, media_type: str = answers.JSON) -> Callable[[Endpoint], Endpoint]:
    """Register an address for staff: GET and HEAD, not in the public description of the service."""
    return get(router, f"{PREFIX}{path}", says=says, media_type=media_type, tag="staff", public=False)


@get(router, "/staff", says=PAGE, media_type="text/html", tag="staff", public=False)
def page(request: Request, source: Asked, lang: Language) -> Response:  # noqa: ARG001 -- lang may depend on the source's settings
    """Send the page; it holds no data, and asks for the token itself."""
    made = answers.page(staff_page(lang=lang), language=lang)
    kept = {name: made.headers[name] for name in ("Content-Security-Policy", "Content-Language")}
    return private(request, made.body, answers.HTML, kept)


@for_staff("/town", TOWN)
def town(request: Request, staff: ForStaff, source: Asked, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send what the page needs to know before anything else."""
    summary = source.public.summary
    is_osm = any(str(row["format"]).startswith("osm") for row in summary["inputs"])
    return private(request, town_json(staff.town, [summary["place"][each] for each in LANGS], is_osm=is_osm))


@for_staff("/explain", EXPLAIN, answers.GEOJSON)
def explanation(
    request: Request,
    staff: ForStaff,
    household: OneHousehold,
    service: OneService,
    lang: Language,  # noqa: ARG001
    when: When = "now",
) -> Response:
    """Send why a household is covered or not, with its ways."""
    return private(request, explain(staff.town, household, service, when=when).to_features(), answers.GEOJSON)


@for_staff("/households", HOUSEHOLDS)
def households(request: Request, staff: ForStaff, service: OneService, lang: Language, when: When = "now") -> Response:  # noqa: ARG001
    """Send every household as columns: id, x and y in millionths of a degree, status by number, tenths of a minute."""
    service = known(staff.town, service)
    places = staff.once("households", lambda: encoded(places_json(staff.town)))
    statuses = staff.once((service, when), lambda: encoded(statuses_json(staff.town, service, when)))
    return private(request, places[:-1] + b"," + statuses[1:])


def known(town: Town, service: str) -> str:
    """Return a service that the town has.

    Raises
    ------
    NotFoundError
        If there is none of that name.
    """
    if service in town.settings.services:
        return service
    said = Text("没有服务“{service}”：可选 {known}", "there is no service {service!r}: choose {known}")
    raise NotFoundError(said.fill(service=service[:80], known=", ".join(town.settings.services)))


def _add_layer(layer: StaffLayer) -> None:
    """Give a layer an address of its own."""

    def send(request: Request, staff: ForStaff, lang: Language) -> Response:  # noqa: ARG001
        made = staff.once(("layer", layer.key), lambda: encoded(layer_features(staff.town, layer)))
        return private(request, made, answers.GEOJSON)

    for_staff(f"/{layer.key}", LAYER.fill(zh=layer.label.zh, en=layer.label.en), answers.GEOJSON)(send)


for _layer in STAFF_LAYERS:
    _add_layer(_layer)


def town_json(town: Town, place: Sequence[str], *, is_osm: bool) -> dict[str, Any]:
    """Return what the page needs to know first: the place's name in both languages, its services, and whose streets they are."""
    settings = town.settings
    symbols = symbol_of(settings.services)
    services = [
        {
            "id": service,
            "name": list(settings.profile.services[service].name),
            "mode": list(MODES[settings.mode[service]].name),
            "speed": settings.speed_kmh[service],
            "pace": list(pace(settings.mode[service], settings.speed_kmh[service])),
            "cutoff": settings.cutoff_min[service],
            "shape": symbols[service].shape,
            "colour": symbols[service].colour,
        }
        for service in settings.services
    ]
    return {
        "place": list(place),
        "sample": SAMPLE in place,
        "osm": is_osm,
        "later": list(settings.profile.later_statuses),
        "max_snap_m": settings.max_snap_m,
        "services": services,
    }


def places_json(town: Town) -> dict[str, Any]:
    """Return what of the households does not depend on the service, as columns."""
    degrees = to_wgs84(town.households[["geometry"]]).geometry
    grids = list(dict.fromkeys(town.grids["grid_id"]))
    number = {grid: position for position, grid in enumerate(grids)}
    return {
        "id": town.households["household_id"].astype(str).tolist(),
        "x": np.rint(degrees.x.to_numpy() * DEGREE_UNITS).astype(int).tolist(),
        "y": np.rint(degrees.y.to_numpy() * DEGREE_UNITS).astype(int).tolist(),
        "grid": [number.get(grid, -1) for grid in plain(town.households["grid_id"].tolist())],
        "grids": [str(grid) for grid in grids],
    }


def statuses_json(town: Town, service: str, when: str = NOW) -> dict[str, Any]:
    """Return status and minutes of every household."""
    nearest = trips(town, service, when)
    settings = town.settings
    status = cover(nearest, cutoff_min=settings.cutoff_min[service], speed_kmh=settings.speed_kmh[service])
    tenths = np.rint(nearest["minutes"].to_numpy() * MINUTE_UNITS)
    return {
        "service": service,
        "when": when,
        "statuses": list(STATUSES),
        "status": status.cat.codes.tolist(),
        "minutes": [None if value != value else int(value) for value in tenths.tolist()],  # noqa: PLR0124 -- NaN is unequal to itself
    }
