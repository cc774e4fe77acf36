"""Checks of the workspace as it is in a version: asked for, waited for, and their results for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import audit
from api.answers import GEOJSON
from api.callers import Scope, scope_within
from api.idempotency import OnlyOnce
from api.queue import records
from api.queue.asking import CheckAsked
from api.queue.checking import NOT_OPTIONS
from api.queue.seeing import (
    etag_of,
    file_named,
    files_in,
    job_seen,
    jobs_seen,
    require_everywhere,
    result_folder,
    told_job,
)
from api.queue.sending import FILE_TYPES, OTHER, send_file
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, offer
from api.routes.jobs import JOB_SHOWN, begun, cancelled
from api.source import feature_collection, read_folder
from geogrid.errors import InputError, NotFoundError
from geogrid.settings import require_usable
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.privacy import PublicReport

router = APIRouter()

CHECK_SHOWN = {
    **JOB_SHOWN,
    "status": "done",
    "step": None,
    "share": 1.0,
    "result": {"version": 5, "people_version": 5, "services": ["medical"]},
}
OWN_LAYERS = {"grids": "grid_id", "areas": "area_id"}
"""Layers of which who has rights in some areas sees these areas' rows; the others are of the whole place."""


@offer(
    router,
    "POST",
    "/api/v1/checks",
    says=Text("检查工作区的一个版本（任务）", "Check a version of the workspace (a job)"),
    tag="work",
    answer=Offered(role="planner", status=202, body=CheckAsked, more=(409,), example=JOB_SHOWN),
)
def begin_check(
    request: Request,
    asked: Annotated[CheckAsked, Depends(body_of(CheckAsked))],
    holdings: Held,
    caller: Calling,
    lang: Language,
    once: OnlyOnce,
) -> Response:
    """Put a check in the queue."""
    options = asked.model_dump(mode="json", exclude_none=True)
    try:
        with holdings.workspace() as workspace:
            number = workspace.in_force().version.version if asked.version is None else asked.version
            for wanted in {number, asked.people_version or number}:
                workspace.boundaries(version=wanted)
            usable = {key: value for key, value in options.items() if key not in NOT_OPTIONS}
            require_usable({**usable, "profile": workspace.profile})  # type: ignore[typeddict-item]
    except NotFoundError as error:  # something that the body names, not the address
        raise InputError(error.message) from error
    return once.run(lambda: begun(request, holdings, caller, lang, "check", {**options, "version": number}))


@offer(
    router,
    "GET",
    "/api/v1/checks",
    says=Text("您能看到的检查，最新的在前", "The checks that you may see, newest first"),
    tag="work",
    answer=Offered(role="planner", example={"checks": [CHECK_SHOWN]}),
)
def checks(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Return every check that the caller may see."""
    found = jobs_seen(holdings.require_state(), caller, "check")
    return reply(request, {"checks": [told_job(job, lang, holdings.settings.base_url) for job in found]})


@offer(
    router,
    "GET",
    "/api/v1/checks/{check_id}",
    says=Text("一份检查：进度、结果的地址", "A check: how far it is, and where its result is"),
    tag="work",
    answer=Offered(role="planner", example=CHECK_SHOWN),
)
def check(request: Request, check_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Return a check, with links to its result where it is done."""
    job = job_seen(holdings.require_state(), caller, check_id, "check")
    told = told_job(job, lang, holdings.settings.base_url)
    if job.status == "done":
        here, layers = told["links"]["about"], OWN_LAYERS if caller.areas else LAYERS
        told["links"] |= {f"layer_{name}": f"{here}/layers/{name}" for name in layers}
    if job.status == "done" and caller.is_everywhere:
        files = files_in(result_folder(holdings.require_state(), job))
        told["links"] |= {"report": f"{here}/report"}
        told["files"] = [f"{here}/files/{name}" for name in files]
    return reply(request, told, etag=etag_of(job, lang))


@offer(
    router,
    "DELETE",
    "/api/v1/checks/{check_id}",
    says=Text("取消检查；已结束的不变", "Cancel a check; one that is over stays as it is"),
    tag="work",
    answer=Offered(role="planner", status=202, example=JOB_SHOWN),
)
def cancel_check(request: Request, check_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Ask that a check end."""
    return cancelled(request, holdings, caller, lang, check_id, "check")


@offer(
    router,
    "GET",
    "/api/v1/checks/{check_id}/report",
    says=Text(
        "一份未发布检查的报告（小数字已隐去；需全部区域的权限）",
        "The report of a check that is not published: small counts are withheld; it takes rights in every area",
    ),
    tag="work",
    answer=Offered(role="planner"),
)
def check_report(request: Request, check_id: str, holdings: Held, caller: Calling) -> Response:
    """Return the summary of a finished check."""
    public, job = _public(holdings, caller, check_id)
    require_everywhere(caller)
    return reply(request, public.summary, etag=job.job_id)


@offer(
    router,
    "GET",
    "/api/v1/checks/{check_id}/layers/{layer}",
    says=Text(
        "一份检查的图层（小数字已隐去）；权限只限部分区域时为这些区域的网格和区域",
        "A layer of a check, small counts withheld; with rights in some areas, the grids and areas there",
    ),
    tag="work",
    answer=Offered(role="planner", media_type=GEOJSON),
)
def check_layer(
    request: Request,
    check_id: str,
    layer: Literal["grids", "areas", "gaps", "facilities", "defects", "streets", "radii"],
    holdings: Held,
    caller: Calling,
) -> Response:
    """Return a layer of a finished check, as far as the caller's areas go."""
    public, job = _public(holdings, caller, check_id)
    if layer not in OWN_LAYERS:
        require_everywhere(caller)
    rows = _within(getattr(public, layer), layer, _scope(public, caller))
    return reply(request, feature_collection(rows), etag=f"{job.job_id}-{layer}", media_type=GEOJSON)


@offer(
    router,
    "GET",
    "/api/v1/checks/{check_id}/files/{name}",
    says=Text(
        "一份检查的文件，含住户数据的也在内（需全部区域的权限；记入审计）",
        "A file of a check, those with households among them: it takes rights in every area, and is noted in the audit trail",
    ),
    tag="work",
    answer=Offered(role="planner", media_type=OTHER, also=FILE_TYPES),
)
def check_file(request: Request, check_id: str, name: str, holdings: Held, caller: Calling) -> Response:
    """Return a file of a finished check."""
    state = holdings.require_state()
    job = job_seen(state, caller, check_id, "check")
    require_everywhere(caller)
    path = file_named(result_folder(state, job), name)
    if path.parent.name == "private":
        audit.note(state, caller, "read_households", f"check {job.job_id}", {"file": path.name})
    return send_file(request, path)


LAYERS = ("grids", "areas", "gaps", "facilities", "defects", "streets", "radii")


def _public(holdings: Held, caller: Calling, check_id: str) -> tuple[PublicReport, records.Job]:
    state = holdings.require_state()
    job = job_seen(state, caller, check_id, "check")
    return read_folder(result_folder(state, job)), job


def _scope(public: PublicReport, caller: Calling) -> Scope:
    parents = {
        name: dict(zip(rows[key], (parent or None for parent in rows["parent_id"]), strict=True))
        for name, key in OWN_LAYERS.items()
        for rows in [getattr(public, name)]
    }
    return scope_within(caller.areas, **parents)


def _within(rows: gpd.GeoDataFrame, layer: str, scope: Scope) -> gpd.GeoDataFrame:
    if scope.grids is None:
        return rows
    ids = scope.grids if layer == "grids" else scope.areas
    return rows[rows[OWN_LAYERS[layer]].isin(ids or ())]
