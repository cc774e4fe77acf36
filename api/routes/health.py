"""Whether the service is up, whether it can work, and what it has counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from fastapi import APIRouter, Request

from api import answers
from api.errors import BusyError
from api.replies import reply
from api.routes.common import Asked, Held, Language, Offered, get, offer
from api.statetables import JOBS
from geogrid import __version__
from geogrid.errors import NotFoundError, StoreError
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
LIVE = Text("进程是否在运行", "Whether the process runs")
READY = Text("能否工作：工作区和服务文件能否打开", "Whether it can work: the workspace and the service's file open")
METRICS = Text("运行指标（Prometheus 格式）", "What was counted, in the format of Prometheus")
NOT_READY = Text("工作区现在打不开；详情见服务日志。", "The workspace cannot be opened now; the service's log says more.")
NO_METRICS = Text("没有开启指标：设置 GEOGRID_METRICS=true", "metrics are off: set GEOGRID_METRICS=true")


@get(router, "/health", says=Text("服务是否正常", "Whether the service is up"), media_type=answers.JSON, tag="service")
def health(request: Request, source: Asked, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Say that the report was read, and by which version."""
    content = {"status": "ok", "geogrid_version": __version__, "format": source.public.summary["format"]}
    return source.shelf.get("health", lambda: answers.data(content)).send(request)


@get(router, "/health/live", says=LIVE, media_type=answers.JSON, tag="service")
async def live(request: Request, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Say that there is somebody to answer, without a thread, for all may be at work."""
    return reply(request, {"status": "live"})


@get(router, "/health/ready", says=READY, media_type=answers.JSON, tag="service")
def ready(request: Request, held: Held, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Try to open what an answer needs; why it fails is for the log, not for the caller."""
    if held.is_office:
        try:
            with held.workspace() as opened:
                version = opened.head.version
            _jobs(held)
        except (StoreError, OSError, sa.exc.DBAPIError) as error:
            raise BusyError(NOT_READY) from error
        return reply(request, {"status": "ready", "versions": version >= 0, "published": bool(held.publications())})
    return reply(request, {"status": "ready", "published": True})


@offer(router, "GET", "/metrics", says=METRICS, tag="service", answer=Offered(media_type="text/plain"))
def metrics(request: Request, held: Held, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send what was counted, where the settings want it."""
    if not held.settings.metrics:
        raise NotFoundError(NO_METRICS)
    text = request.app.state.meters.text(_jobs(held) if held.is_office else {})
    return reply(request, text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _jobs(held: Any) -> dict[str, int]:
    """Return how many jobs there are by status."""
    with held.require_state().reading() as connection:
        rows = connection.execute(sa.select(JOBS.c.status, sa.func.count()).group_by(JOBS.c.status)).all()
    return {str(status): int(number) for status, number in rows}
