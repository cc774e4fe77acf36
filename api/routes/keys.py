"""Keys, for administrators: who has one, a new one, and one that shall hold no more."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from api import answers, keys
from api.callers import scope_of
from api.errors import ForbiddenError
from api.idempotency import OnlyOnce
from api.keys import Key
from api.planning_http import MayMatch
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, offer
from api.staff import encoded
from geogrid.errors import NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.callers import Caller, Scope
    from api.holdings import Holdings

router = APIRouter()
LIST = Text("全部密钥（不含密钥本身），限于自己的区域", "All keys, without their secrets; those within one's own areas")
ONE = Text("一个密钥（不含密钥本身）", "One key, without its secret")
MAKE = Text("新建密钥；密钥只在这个回答里出现一次，不会保存", "Make a key; it is told in this answer only and kept nowhere")
REVOKE = Text("作废密钥，它的会话随之结束", "Revoke a key; the sessions that rest on it end")
NEEDS_AREAS = Text(
    "您只管部分区域：请写明密钥用于其中哪些（areas）", "you administer some areas: say for which of them the key is (areas)"
)
EXAMPLE = {
    "key_id": "0f3a5c7e9b1d",
    "name": "李",
    "role": "planner",
    "areas": ["360681100"],
    "created_at": "2026-07-02T08:00:00.000000+00:00",
    "expires_at": "2027-07-02T08:00:00.000000+00:00",
    "revoked_at": "",
    "state": "active",
}

KeyId = Annotated[str, Path(min_length=1, max_length=40, description="Id of a key.", json_schema_extra={"x-zh": "密钥编号。"})]


class KeyAsked(BaseModel):
    """What a new key shall be."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": {"name": "李", "role": "planner"}})

    name: Annotated[str, Field(min_length=1, max_length=keys.LONGEST_NAME, description="Whose it is.")]
    role: Annotated[Literal["viewer", "planner", "admin"], Field(description="What it allows.")]
    areas: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(max_length=100, description="Ids of the areas that it holds in; none: everywhere."),
    ] = []
    days: Annotated[int, Field(ge=1, le=keys.MOST_DAYS, description="How long it holds.")] = keys.DAYS


Asked = Annotated[KeyAsked, Depends(body_of(KeyAsked))]


@offer(
    router,
    "GET",
    "/api/v1/keys",
    says=LIST,
    tag="access",
    answer=Offered(role="admin", media_type=answers.JSON, example={"keys": [EXAMPLE]}),
)
def list_keys(request: Request, held: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send all keys within the caller's areas."""
    content = encoded({"keys": [_told(key) for key in _within(held, caller)]})
    return reply(request, content, etag=hashlib.sha256(content).hexdigest()[:32])


@offer(
    router,
    "GET",
    "/api/v1/keys/{key_id}",
    says=ONE,
    tag="access",
    answer=Offered(role="admin", media_type=answers.JSON, example=EXAMPLE),
)
def show_key(request: Request, held: Held, caller: Calling, key_id: KeyId, lang: Language) -> Response:  # noqa: ARG001
    """Send one key."""
    found = _one(held, caller, key_id)
    return reply(request, _told(found), etag=_etag(found))


@offer(
    router,
    "POST",
    "/api/v1/keys",
    says=MAKE,
    tag="access",
    answer=Offered(
        role="admin",
        status=201,
        media_type=answers.JSON,
        body=KeyAsked,
        more=(409,),
        example=EXAMPLE | {"key": "gg_0f3a5c7e9b1d_…"},
    ),
)
def make_key(request: Request, held: Held, caller: Calling, asked: Asked, once: OnlyOnce, lang: Language) -> Response:  # noqa: ARG001
    """Make a key within the caller's areas."""

    def make() -> Response:
        name, areas = keys.require_name(asked.name), _areas(held, caller, asked.areas)
        state, ends = held.require_state(), keys.until(asked.days)
        key_id, key = keys.create_key(state, name=name, role=asked.role, areas=areas, expires_at=ends, by=caller)
        headers = {"Location": f"{held.settings.base_url}/api/v1/keys/{key_id}", "Cache-Control": "no-store"}
        made = keys.key_of(state, key_id)
        return reply(request, _told(made) | {"key": key}, status=201, etag=_etag(made), headers=headers)

    return once.run(make, is_secret=True)


@offer(
    router,
    "DELETE",
    "/api/v1/keys/{key_id}",
    says=REVOKE,
    tag="access",
    answer=Offered(role="admin", status=204, media_type="", more=(412,)),
)
def revoke(request: Request, held: Held, caller: Calling, key_id: KeyId, match: MayMatch, lang: Language) -> Response:  # noqa: ARG001
    """Revoke a key; whatever was seen of it before, it holds no more."""
    found = _one(held, caller, key_id)
    match.allow(_etag(found))
    keys.revoke_key(held.require_state(), found.key_id, by=caller)
    return reply(request, None, status=204)


def _etag(key: Key) -> str:
    return hashlib.sha256(encoded(_told(key))).hexdigest()[:32]


def _told(key: Key) -> dict[str, Any]:
    return asdict(key) | {"areas": list(key.areas), "state": key.state}


def _within(held: Holdings, caller: Caller) -> list[Key]:
    """Return the keys that hold nowhere but in the caller's areas."""
    found = keys.keys_of(held.require_state())
    if caller.is_everywhere:
        return found
    scope = _scope(held, caller)
    return [key for key in found if key.areas and all(_has(scope, each) for each in key.areas)]


def _one(held: Holdings, caller: Caller, key_id: str) -> Key:
    found = next((key for key in _within(held, caller) if key.key_id == key_id), None)
    if found is None:
        raise NotFoundError(keys.NO_KEY)
    return found


def _areas(held: Holdings, caller: Caller, asked: list[str]) -> tuple[str, ...]:
    """Return the areas of a new key: known ones, and the caller's own; others are to the caller as if they were not."""
    if not asked and not caller.is_everywhere:
        raise ForbiddenError(NEEDS_AREAS)
    if not asked:
        return ()
    with held.workspace() as opened:
        there = opened.boundaries()
    scope = scope_of(caller, there)
    return keys.require_areas(asked, {each for each in (*there.areas, *there.grids) if _has(scope, each)})


def _scope(held: Holdings, caller: Caller) -> Scope:
    with held.workspace() as opened:
        return scope_of(caller, opened.boundaries())


def _has(scope: Scope, each: str) -> bool:
    return scope.has_area(each) or scope.has_grid(each)
