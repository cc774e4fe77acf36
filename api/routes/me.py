"""Who one is to the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.access import open_note, session_of, who_counts
from api.limiting import gate_of
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
SAYS = Text("我是谁：角色、范围，登录时还有 CSRF 令牌", "Who one is: role and areas, within a login also the token for changes")
EXAMPLE = {
    "role": "planner",
    "areas": ["360681100"],
    "key_id": "0f3a5c7e9b1d",
    "name": "李",
    "via": "session",
    "note": "",
    "csrf_token": "Zx3…",
    "expires_at": "2026-07-02T16:00:00.000000+00:00",
    "requests": {"limit": 6000, "remaining": 5993},
}


@offer(router, "GET", "/api/v1/me", says=SAYS, tag="access", answer=Offered(media_type=answers.JSON, example=EXAMPLE))
def me(request: Request, caller: Calling, held: Held, lang: Language) -> Response:
    """Send who calls."""
    session = session_of(request)
    content = {
        "role": caller.role,
        "areas": list(caller.areas),
        "key_id": caller.key_id,
        "name": caller.name,
        "via": caller.via,
        "note": open_note(request, lang),
        "csrf_token": session.csrf if session else None,
        "expires_at": session.expires_at if session else None,
        "requests": {
            "limit": held.settings.requests_per_minute,
            "remaining": gate_of(request).requests.left(who_counts(request, caller)),
        },
    }
    return reply(request, content)
