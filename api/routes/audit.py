"""The audit trail, for administrators of everything: its entries, and whether it was tampered with."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request

from api import answers, audit
from api.access import require_everywhere
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
LIST = Text(
    "审计记录，最新的在前：谁读了住户数据，谁改了什么", "The audit trail, newest first: who read households, who changed what"
)
CHECK = Text("审计记录是否被改动过", "Whether the audit trail was tampered with")
ENTRY = {
    "number": 1,
    "at": "2026-07-02T08:00:00.000000+00:00",
    "who": "cli",
    "action": "create_key",
    "of": "0f3a5c7e9b1d",
    "detail": {"role": "planner"},
    "previous": "",
    "hash": "5f…",
    "hmac": "",
}
CHECKED = {"ok": True, "entries": 1, "head": "5f…", "first_wrong": None, "unsigned": 1, "is_signed": False, "has_head": None}

Before = Annotated[
    int | None,
    Query(ge=1, le=2**53, description="Entries before this number.", json_schema_extra={"x-zh": "只要这个编号之前的。"}),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.", json_schema_extra={"x-zh": "最多多少条。"})]
Head = Annotated[
    str,
    Query(
        pattern=r"^([0-9a-f]{64})?$",
        description="A head noted earlier: says whether it is still in the trail.",
        json_schema_extra={"x-zh": "以前记下的最后一条的哈希：是否仍在其中。"},
    ),
]


@offer(
    router,
    "GET",
    "/api/v1/audit",
    says=LIST,
    tag="access",
    answer=Offered(role="admin", media_type=answers.JSON, example={"entries": [ENTRY], "next": None}),
)
def entries(
    request: Request,
    held: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
    before: Before = None,
    limit: Limit = 100,
) -> Response:
    """Send entries, and where the older ones are."""
    require_everywhere(caller)
    found = audit.entries(held.require_state(), before=before, limit=limit)
    more = bool(found) and found[-1].number > 1
    onward = f"{held.settings.base_url}/api/v1/audit?limit={limit}&before={found[-1].number}" if more else None
    return reply(request, {"entries": [_told(each) for each in found], "next": onward})


@offer(
    router,
    "GET",
    "/api/v1/audit/verification",
    says=CHECK,
    tag="access",
    answer=Offered(role="admin", media_type=answers.JSON, example=CHECKED),
)
def verification(request: Request, held: Held, caller: Calling, lang: Language, head: Head = "") -> Response:  # noqa: ARG001
    """Look at the whole trail, and send what came of it."""
    require_everywhere(caller)
    found = audit.verify(held.require_state(), held.key, head=head)
    return reply(request, {"ok": found.ok} | asdict(found))


def _told(entry: audit.Entry) -> dict[str, Any]:
    return asdict(entry) | {"detail": json.loads(entry.detail)}
