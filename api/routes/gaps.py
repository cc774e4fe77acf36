"""Coverage gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.routes.common import Language, ServiceThen, Then, get
from api.source import feature_collection
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.source import Source

router = APIRouter()
SAYS = Text(
    "覆盖缺口：整百米方格与取整的户数、人数（GeoJSON）", "Coverage gaps: whole 100 m squares with rounded counts (GeoJSON)"
)


@get(router, "/api/v1/gaps", says=SAYS, media_type=answers.GEOJSON, tag="data")
def gaps(request: Request, source: Then, service: ServiceThen, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send the gaps of one service, or of every service."""
    return gaps_of(source, service).send(request)


def gaps_of(source: Source, service: str) -> answers.Answer:
    """Return the gaps of a service of a report as an answer, made once."""

    def make() -> answers.Answer:
        table = source.public.gaps
        chosen = table if service == "all" else table[table["service"] == service]
        return answers.data(feature_collection(chosen), answers.GEOJSON)

    return source.shelf.get(("gaps", service), make)
