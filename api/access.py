"""Who calls: found out before anything else of a request is looked at, and held against the role that the address needs."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from api.callers import PUBLIC, Caller
from api.errors import ForbiddenError, NotStaffError
from api.holdings import holdings_of
from api.keys import caller_with
from geogrid.words import Text

NEEDS_KEY = Text(
    "这个地址需要密钥：请登录，或带上 Authorization: Bearer …",
    "this address needs a key: log in, or send Authorization: Bearer …",
)
NOT_ALLOWED = Text("您的角色不能这样做：需要 {role}", "your role does not allow this: it takes {role}")


def admit(request: Request) -> None:
    """Find out who calls, and refuse whoever may not use the address; every address states its role.

    Raises
    ------
    NotStaffError
        A key that is wrong, or none where one is needed.
    ForbiddenError
        A role that does not suffice.
    """
    caller = caller_of(request)
    role = request.scope["route"].openapi_extra["x-role"]
    if caller.may(role):
        return
    if caller == PUBLIC:
        raise NotStaffError(NEEDS_KEY)
    raise ForbiddenError(NOT_ALLOWED.fill(role=role))


def caller_of(request: Request) -> Caller:
    """Return who calls; found out once a request."""
    if not hasattr(request.state, "caller"):
        request.state.caller = _found(request)
    return cast("Caller", request.state.caller)


def _found(request: Request) -> Caller:
    holdings = holdings_of(request)
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if holdings.state is None or kind.lower() != "bearer":
        return PUBLIC
    return caller_with(holdings.state, key.strip())
