"""Files that a caller sends to be imported: each as the body of one request, seen by its sender alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import audit, uploads
from api.callers import Caller
from api.holdings import Holdings
from api.idempotency import KEY, WRONG_KEY, Once, once_with
from api.planning_http import MayMatch
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from geogrid.errors import InputError
from geogrid.words import Text

router = APIRouter()

SHOWN = {
    "upload_id": "0f8fad5bd9cb469fa16570867728950e",
    "name": "住户.csv",
    "bytes": 1048576,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-07-02T08:00:00.000000+00:00",
    "expires_at": "2026-07-03T08:00:00.000000+00:00",
    "links": {"self": "https://grid.example.cn/api/v1/uploads/0f8fad5bd9cb469fa16570867728950e"},
}
NAME = Query(
    min_length=1,
    max_length=255,
    description="What the file is called: shown to you, and its ending says the format.",
    json_schema_extra={"x-zh": "文件名：只作显示，扩展名说明格式。"},
    examples=["住户.csv"],
)
ONCE = Annotated[
    str,
    Header(
        description="The same request, sent again with the same key within a day, gets the same answer and creates nothing.",
        json_schema_extra={"x-zh": "一天内以同一标识重发同一请求，得到同一答复，不会再次创建。"},
    ),
]


def name_of(name: Annotated[str, NAME]) -> str:
    """Return what the file is called, fit to show."""
    return uploads.checked_name(name)


async def arriving(request: Request, _name: Annotated[str, Depends(name_of)], holdings: Held) -> AsyncIterator[uploads.Arrived]:
    """Take in the body, and leave nothing of it behind that was not kept."""
    arrived = await uploads.arrive(request, holdings.require_state(), holdings.settings)
    try:
        yield arrived
    finally:
        await run_in_threadpool(arrived.discard)


def once_of(request: Request, arrived: Annotated[uploads.Arrived, Depends(arriving)], idempotency_key: ONCE = "") -> Once:
    """Return what `Once` needs of an upload.

    Raises
    ------
    InputError
        When the key is none.
    """
    if idempotency_key and not KEY.fullmatch(idempotency_key):
        raise InputError(WRONG_KEY)
    return once_with(request, idempotency_key, arrived.sha256)


@offer(
    router,
    "POST",
    "/api/v1/uploads",
    says=Text(
        "上传一个文件（正文就是文件本身），供导入；只有自己看得到", "Send a file, as the body, to be imported; only you see it"
    ),
    tag="work",
    answer=Offered(
        role="planner", status=201, takes={uploads.RAW: {"type": "string", "format": "binary"}}, more=(409,), example=SHOWN
    ),
)
def upload(
    request: Request,
    *,
    name: Annotated[str, Depends(name_of)],
    arrived: Annotated[uploads.Arrived, Depends(arriving)],
    holdings: Held,
    caller: Calling,
    once: Annotated[Once, Depends(once_of)],
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Response:
    """Keep a file that arrived."""
    return once.run(lambda: _kept(request, holdings, caller, name, arrived))


def _kept(request: Request, holdings: Holdings, caller: Caller, name: str, arrived: uploads.Arrived) -> Response:
    state = holdings.require_state()
    made = uploads.keep(state, caller, name, arrived)
    audit.note(state, caller, "upload", f"upload {made.upload_id}", {"bytes": made.bytes, "sha256": made.sha256})
    told = made.told(holdings.settings)
    return reply(request, told, status=201, etag=made.upload_id, headers={"Location": told["links"]["self"]})


@offer(
    router,
    "GET",
    "/api/v1/uploads",
    says=Text("您上传的文件，最新的在前", "The files that you sent, newest first"),
    tag="work",
    answer=Offered(role="planner", example={"uploads": [SHOWN]}),
)
def own_uploads(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Return the caller's uploads; those whose hours are over are deleted first."""
    state = holdings.require_state()
    uploads.clear(state, holdings.settings)
    return reply(request, {"uploads": [each.told(holdings.settings) for each in uploads.own(state, caller)]})


@offer(
    router,
    "GET",
    "/api/v1/uploads/{upload_id}",
    says=Text("一个上传的文件：名称、大小、散列", "A file that you sent: its name, size and hash"),
    tag="work",
    answer=Offered(role="planner", example=SHOWN),
)
def own_upload(request: Request, upload_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Return an upload of the caller; its content is not given out again."""
    found = uploads.upload_of(holdings.require_state(), caller.key_id, upload_id)
    return reply(request, found.told(holdings.settings), etag=found.upload_id)


@offer(
    router,
    "DELETE",
    "/api/v1/uploads/{upload_id}",
    says=Text("删除上传的文件", "Delete a file that you sent"),
    tag="work",
    answer=Offered(role="planner", status=204, media_type="", more=(412,)),
)
def delete_upload(
    request: Request,
    upload_id: str,
    holdings: Held,
    caller: Calling,
    match: MayMatch,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Response:
    """Delete an upload of the caller."""
    state = holdings.require_state()
    found = uploads.upload_of(state, caller.key_id, upload_id)
    match.allow(found.upload_id)
    uploads.delete(state, [found])
    audit.note(state, caller, "delete_upload", f"upload {upload_id}")
    return reply(request, None, status=204)
