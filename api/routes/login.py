"""Logging in and out: a page with a form for a key, and the session that a browser then has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import answers, sessions
from api.access import caller_of, caller_with_key, open_note, require_token, session_of
from api.errors import NotStaffError, TooManyGuessesError, status_of
from api.forms import FORM, form_of, schema
from api.holdings import holdings_of
from api.loginpage import Shown, login_page
from api.ogc.features import time_zone
from api.replies import reply
from api.routes.common import Held, Language, Offered, offer
from geogrid.errors import GeogridError, InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.words import Lang

router = APIRouter()
BACK = r"^([A-Za-z0-9_.~%-][A-Za-z0-9_.~%/?&=+-]{0,499})?$"
"""What may be gone on to after the login: below this service, never another host."""
NOT_BACK = Text("next 应是本服务的相对地址", "next must be a relative address of this service")
PAGE = Text("登录页：已登录时显示身份，可退出", "The page to log in; within a login, who one is, and the way out")
ENTER = Text("用密钥登录，得到会话 Cookie，并转到 next", "Log in with a key: sets the session's cookie and leads on to next")
LEAVE = Text("退出登录", "Log out")
FIELDS = {"key": "A key, as `geogrid key create` showed it.", "next": "Where to go on, a relative address of this service."}
TOKEN = {"csrf_token": "The session's token, as the page and /api/v1/me tell it."}

REFERRER = {"Referrer-Policy": "same-origin"}
"""Without it browsers name no origin when they send the form, and where they send no Sec-Fetch-Site it would be refused."""

Back = Annotated[
    str,
    Query(
        alias="next",
        pattern=BACK,
        description="Where to go on after the login: a relative address of this service.",
        json_schema_extra={"x-zh": "登录后转到哪里：本服务的相对地址。"},
    ),
]


Entering = Annotated[dict[str, str], Depends(form_of(FIELDS))]
Leaving = Annotated[dict[str, str], Depends(form_of(TOKEN))]


@offer(router, "GET", "/login", says=PAGE, tag="pages", answer=Offered(media_type="text/html"))
def show(request: Request, lang: Language, back: Back = "") -> Response:
    """Send the page."""
    return _page(request, Shown(note=open_note(request, lang), back=back, zone=time_zone(holdings_of(request))), lang)


@offer(
    router,
    "POST",
    "/login",
    says=ENTER,
    tag="pages",
    answer=Offered(status=303, media_type="", takes={FORM: schema(**FIELDS)}, more=(403,)),
)
def enter(request: Request, form: Entering, lang: Language) -> Response:
    """Begin a session, or say on the page why not."""
    if not re.fullmatch(BACK, form["next"]):
        raise InputError(NOT_BACK)
    try:
        return _entered(request, form["key"].strip(), form["next"])
    except (NotStaffError, TooManyGuessesError) as error:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        return _page(request, Shown(error.message, open_note(request, lang), form["next"]), lang, error)


@offer(
    router,
    "POST",
    "/logout",
    says=LEAVE,
    tag="pages",
    answer=Offered(status=303, media_type="", takes={FORM: schema(**TOKEN)}, more=(403,)),
)
def leave(request: Request, held: Held, form: Leaving, lang: Language) -> Response:
    """End the session."""
    require_token(request, form["csrf_token"])
    caller = caller_of(request)
    if caller.via == "session":
        cookie = request.cookies[sessions.cookie_name(held.settings)]
        sessions.end(held.require_state(), cookie, caller)
    return _onward(request, f"./login?lang={lang}", "")


def _entered(request: Request, key: str, back: str) -> Response:
    """Begin a session; one that there was before ends."""
    held, old = holdings_of(request), session_of(request)
    require_token(request, old.csrf if old else "")
    state, caller = held.require_state(), caller_with_key(request, key)
    if old is not None:
        sessions.end(state, request.cookies[sessions.cookie_name(held.settings)], old.caller)
    cookie = sessions.begin(state, caller, hours=held.settings.session_hours)
    return _onward(request, f"./{back}", cookie)


def _onward(request: Request, location: str, cookie: str) -> Response:
    sent = reply(request, None, status=303, headers={"Location": location})
    sessions.give(sent, cookie, holdings_of(request).settings)
    return sent


def _page(request: Request, shown: Shown, lang: Lang, error: GeogridError | None = None) -> Response:
    made = answers.page(login_page(session_of(request), shown, lang=lang), language=lang)
    kept = {name: made.headers[name] for name in ("Content-Security-Policy", "Content-Language")}
    status = 200 if error is None else status_of(error)
    waits = {"Retry-After": error.headers["Retry-After"]} if isinstance(error, TooManyGuessesError) else {}
    return reply(request, made.body, status=status, media_type=answers.HTML, headers=kept | waits | REFERRER)
