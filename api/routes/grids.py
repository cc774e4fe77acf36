"""Grids with their aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.routes.common import Language, Then, get
from api.source import feature_collection
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
SAYS = Text("网格边界与各项汇总（GeoJSON，WGS 84）", "Grids with their aggregates (GeoJSON, WGS 84)")


@get(router, "/api/v1/grids", says=SAYS, media_type=answers.GEOJSON, tag="data")
def grids(request: Request, source: Then, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send every grid: what the profile makes public, and counts with small ones withheld."""
    made = source.shelf.get("grids", lambda: answers.data(feature_collection(source.public.grids), answers.GEOJSON))
    return made.send(request)
