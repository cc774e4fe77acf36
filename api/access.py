"""Who calls: found out before anything else of a request is looked at, and held against the role that the address needs.

A key in the header Authorization goes before a session's cookie, and that before the role of callers on this machine. Cookie and
machine count only for requests that no other site's page made, for a browser sends them on anybody's behalf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.addresses import client_address, is_local, is_straight_from_here
from api.callers import PUBLIC, ROLE_NAMES, Caller
from api.errors import ForbiddenError, LoginNeededError, NotStaffError
from api.holdings import holdings_of
from api.keys import caller_with
from api.limiting import gate_of
from api.sessions import CSRF_HEADER, SAFE, Session, brings_token, cookie_name, is_ours, session_with
from geogrid.words import Text

if TYPE_CHECKING:
    from api.callers import Role
    from api.holdings import Holdings
    from geogrid.words import Lang

FORMS = frozenset({"/login", "/logout"})
"""Addresses of forms, which bring the session's token as a field and look at it themselves."""
ON_MACHINE = "loopback"
NEEDS_KEY = Text(
    "这个地址需要密钥：请登录，或带上 Authorization: Bearer …",
    "this address needs a key: log in, or send Authorization: Bearer …",
)
NOT_ALLOWED = Text("您的角色不能这样做：需要{role}", "your role does not allow this: it takes {role}")
NOT_EVERYWHERE = Text(
    "您的角色只限于部分区域，这件事涉及全部区域：请找全域的人员办理",
    "your role holds in some areas only, and this is about all of them: ask somebody with rights in every area",
)
NEEDS_TOKEN = Text(
    "登录后的修改要带上请求头 X-CSRF-Token（值见 /api/v1/me），并从本服务的页面发出",
    "changes within a login need the header X-CSRF-Token (see /api/v1/me), and come from our own pages",
)
OPEN = Text(
    "本机免密钥：凡在这台电脑上访问的人，都是“{role}”（设置 GEOGRID_LOOPBACK_ROLE）",
    "No key is asked for on this machine: whoever uses it is {role} (setting GEOGRID_LOOPBACK_ROLE)",
)


async def admit(request: Request) -> None:
    """Find out who calls, count the request, and refuse whoever may not use the address; every address states its role.

    Raises
    ------
    TooManyGuessesError
        Too many requests, or too many wrong keys from where this one comes.
    NotStaffError
        A key that is wrong, or none where one is needed; for who reads pages, LoginNeededError.
    ForbiddenError
        A role that does not suffice; a change within a session without the session's token.
    """
    caller = PUBLIC if is_nameless(request) else await run_in_threadpool(_found, request)
    request.state.caller = caller
    gate_of(request).requests.take(who_counts(request, caller))
    role = request.scope["route"].openapi_extra["x-role"]
    if not caller.may(role):
        raise _refusal(request, caller, role)
    if caller.via == "session" and request.method not in SAFE and request.scope["route"].path not in FORMS:
        require_token(request, request.headers.get(CSRF_HEADER, ""))


def caller_of(request: Request) -> Caller:
    """Return who calls; found out once a request."""
    if not hasattr(request.state, "caller"):
        request.state.caller = PUBLIC if is_nameless(request) else _found(request)
    return cast("Caller", request.state.caller)


def session_of(request: Request) -> Session | None:
    """Return the session that a request is part of, if any."""
    caller_of(request)
    return cast("Session | None", getattr(request.state, "session", None))


def who_counts(request: Request, caller: Caller) -> str:
    """Return for whom a request counts: its key, or the address it comes from."""
    if caller.via in ("key", "session"):
        return caller.key_id
    return client_address(request, holdings_of(request).settings.trusted_proxies)


def is_nameless(request: Request) -> bool:
    """Return whether nothing about a request can make its caller more than the public, so that no file need be asked."""
    holdings = holdings_of(request)
    named = "authorization" in request.headers or cookie_name(holdings.settings) in request.cookies
    return holdings.state is None or not (named or holdings.settings.loopback_role != "public")


def require_token(request: Request, token: str) -> None:
    """Refuse a change within a session that another site's page may have made.

    Raises
    ------
    ForbiddenError
        Without the session's token, or from elsewhere.
    """
    session = session_of(request)
    if session is not None and not brings_token(session, token):
        raise ForbiddenError(NEEDS_TOKEN)
    if not is_ours(request, holdings_of(request).settings):
        raise ForbiddenError(NEEDS_TOKEN)


def require_everywhere(caller: Caller) -> None:
    """Refuse who may do something in some areas only where it is about all of them.

    Raises
    ------
    ForbiddenError
    """
    if not caller.is_everywhere:
        raise ForbiddenError(NOT_EVERYWHERE)


def open_told(role: Role) -> Text:
    """Say that nobody needs a key on this machine, and as what they count."""
    named = ROLE_NAMES[role]
    return Text(OPEN.zh.format(role=named.zh), OPEN.en.format(role=named.en))


def open_note(request: Request, lang: Lang) -> str:
    """Return what a page must say when its reader came in without a key because of the machine; "" otherwise."""
    caller = caller_of(request)
    return open_told(caller.role).say(lang) if caller.via == "loopback" else ""


def caller_with_key(request: Request, key: str) -> Caller:
    """Return whose key something is that came with a request; guesses are counted.

    Raises
    ------
    NotStaffError
        When it is nobody's.
    TooManyGuessesError
        When it is nobody's, after too many wrong ones from one address. A right key is never refused for what others behind
        the same address guess; that nobody guesses one is the work of its 256 random bits.
    """
    holdings = holdings_of(request)
    try:
        return caller_with(holdings.require_state(), key)
    except NotStaffError:
        gate_of(request).guesses.take(client_address(request, holdings.settings.trusted_proxies))
        raise


def _found(request: Request) -> Caller:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return caller_with_key(request, key.strip())
    holdings = holdings_of(request)
    if not is_ours(request, holdings.settings):
        return PUBLIC
    session = _session(request, holdings)
    request.state.session = session
    return session.caller if session else _on_machine(request, holdings)


def _session(request: Request, holdings: Holdings) -> Session | None:
    cookie = request.cookies.get(cookie_name(holdings.settings), "")
    return session_with(holdings.require_state(), cookie) if cookie else None


def _on_machine(request: Request, holdings: Holdings) -> Caller:
    """Return who calls from the machine itself: the public, but where the settings give everybody on it a role.

    They cannot where the service is there for others too: it listens to them, or they come through a proxy or public address.
    """
    settings = holdings.settings
    is_for_others = not is_local(settings.host) or settings.trusted_proxies or settings.public_url
    if settings.loopback_role == "public" or is_for_others or not is_straight_from_here(request):
        return PUBLIC
    return Caller(settings.loopback_role, (), ON_MACHINE, ON_MACHINE, "loopback")


def _refusal(request: Request, caller: Caller, role: Role) -> Exception:
    if caller != PUBLIC:
        least = ROLE_NAMES[role]
        return ForbiddenError(Text(NOT_ALLOWED.zh.format(role=least.zh), NOT_ALLOWED.en.format(role=least.en)))
    if request.method in SAFE and _is_page(request) and "text/html" in request.headers.get("accept", ""):
        return LoginNeededError(NEEDS_KEY, _way_to_login(request))
    return NotStaffError(NEEDS_KEY)


def _is_page(request: Request) -> bool:
    """Return whether an address sends a page."""
    return "text/html" in request.scope["route"].responses.get(200, {}).get("content", {})


def _way_to_login(request: Request) -> str:
    """Return where to log in, and then come back, from the address of a request: no host stands in it."""
    path, query = request.scope["path"].removeprefix("/"), request.scope["query_string"].decode("latin-1")
    back = quote(path, safe="/") + (f"?{quote(query, safe='=&%+')}" if query else "")
    return f"{'../' * path.count('/') or './'}login?next={quote(back, safe='/')}"
