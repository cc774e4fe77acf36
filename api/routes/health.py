"""Whether the service is up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.routes.common import Asked, Language, get
from geogrid import __version__
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()


@get(router, "/health", says=Text("服务是否正常", "Whether the service is up"), media_type=answers.JSON, tag="service")
def health(request: Request, source: Asked, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Say that the report was read, and by which version."""
    content = {"status": "ok", "geogrid_version": __version__, "format": source.public.summary["format"]}
    return source.shelf.get("health", lambda: answers.data(content)).send(request)
