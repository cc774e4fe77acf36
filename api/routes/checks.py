"""Checks of the workspace as it is in a version: asked for, waited for, and their results for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.access import require_everywhere
from api.answers import GEOJSON
from api.callers import Scope, scope_within
from api.idempotency import OnlyOnce
from api.ogc.catalogue import TABLES
from api.queue.asking import CheckAsked, Layer
from api.queue.checking import NOT_OPTIONS, last_people
from api.queue.records import Job
from api.queue.seeing import PRIVATE, result_folder
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, named_in_body, offer
from api.routes.jobnouns import JOB_SHOWN, Noun, Seen, begun, offer_files, offer_jobs, seen
from api.source import feature_collection, read_folder
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


def _results(seen: Seen) -> dict[str, Any]:
    """Return where the results of a check are, as far as a caller may see them."""
    if not seen.job.has_files:
        return {}
    links = {f"layer_{name}": f"{seen.here}/layers/{name}" for name in (OWN_LAYERS if seen.caller.areas else get_args(Layer))}
    if not seen.caller.is_everywhere:
        return {"links": links}
    return {"links": {**links, "report": f"{seen.here}/report"}, "files": seen.files()}


CHECK = Noun(
    kind="check",
    role="planner",
    listed=Text("您能看到的检查，最新的在前", "The checks that you may see, newest first"),
    told=Text("一份检查：进度、结果的地址", "A check: how far it is, and where its result is"),
    ended=Text("取消检查；已结束的不变", "Cancel a check; one that is over stays as it is"),
    shown=CHECK_SHOWN,
    more=_results,
)
OneCheck = Annotated[Job, Depends(seen(CHECK))]


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
    asked.require_clear()
    options = asked.model_dump(mode="json", exclude_none=True, exclude={"same_people"})
    with named_in_body(), holdings.workspace() as workspace:
        number = workspace.in_force().version.version if asked.version is None else asked.version
        if asked.same_people:
            options["people_version"] = last_people(holdings, number)
        for wanted in {number, options.get("people_version", number)}:
            workspace.boundaries(version=wanted)
        usable = {key: value for key, value in options.items() if key not in NOT_OPTIONS}
        require_usable({**usable, "profile": workspace.profile})  # type: ignore[typeddict-item]
    return once.run(lambda: begun(request, holdings, caller, lang, "check", {**options, "version": number}))


offer_jobs(router, CHECK)


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
def check_report(request: Request, job: OneCheck, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Return the summary of a finished check."""
    public = _public(holdings, job)
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
    job: OneCheck,
    layer: Layer,
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Response:
    """Return a layer of a finished check, as far as the caller's areas go."""
    public = _public(holdings, job)
    if layer not in OWN_LAYERS:
        require_everywhere(caller)
    rows = _within(getattr(public, TABLES[layer]), layer, _scope(public, caller))
    return reply(request, feature_collection(rows), etag=f"{job.job_id}-{layer}", media_type=GEOJSON)


offer_files(
    router,
    CHECK,
    says=Text(
        "一份检查的文件，含住户数据的也在内（需全部区域的权限；记入审计）",
        "A file of a check, those with households among them: it takes rights in every area, and is noted in the audit trail",
    ),
    holds_homes=lambda path: path.parent.name == PRIVATE,
)


def _public(holdings: Held, job: Job) -> PublicReport:
    return read_folder(result_folder(holdings.require_state(), job))


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
