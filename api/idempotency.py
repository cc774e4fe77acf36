"""Requests that create something, sent twice: with the same ``Idempotency-Key`` the second is answered as the first was.

An endpoint takes ``once: OnlyOnce`` and returns ``once.run(lambda: ...)``. Answers are kept for a day, by key of the caller. An
answer that tells a secret is never kept (``is_secret``), and none that is kept may hold a row of a household.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import sqlalchemy as sa
from fastapi import Depends, Header, Request

from api.access import caller_of
from api.holdings import holdings_of
from api.replies import reply
from api.statetables import ANSWERED
from geogrid.errors import ConflictError, InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from api.state import State

KEY = re.compile(r"[\x21-\x7e]{1,200}")
KEPT = dt.timedelta(hours=24)
ABANDONED = dt.timedelta(minutes=10)
"""After so long without an answer, the process that was at it is gone."""
HEADERS = ("location", "etag", "content-type")
REPLAYED = {"Idempotency-Replayed": "true"}
SECRET = b"null"
"""Stands for the body of an answer that was told once and not kept."""

WRONG_KEY = Text(
    "Idempotency-Key 应为 1 至 200 个可显示的英文字符", "Idempotency-Key must be 1 to 200 printable characters without spaces"
)
OTHER_REQUEST = Text(
    "这个 Idempotency-Key 已用于另一个请求：请换一个",
    "this Idempotency-Key was used for another request: take a new one",
)
UNDER_WAY = Text(
    "带这个 Idempotency-Key 的请求还在进行：请稍后再试",
    "the request with this Idempotency-Key is still under way: try again in a moment",
)
TOLD_ONCE = Text(
    "这个请求已完成，所得的密钥只显示一次，不能再给", "this request was done, and the secret that it told is told once only"
)


@dataclass(frozen=True, eq=False)
class Once:
    """One creating request: who sent it, under which key, and what it asks for.

    Attributes
    ----------
    request : Request
    state : State or None
        Where answers are kept; None where only a folder is served.
    who : str
        Id of the caller's key.
    key : str
        "" where the caller sent none: then nothing is kept.
    asked : str
        Hash of method, address and body.
    """

    request: Request
    state: State | None
    who: str
    key: str
    asked: str

    def run(self, make: Callable[[], Response], *, is_secret: bool = False) -> Response:
        """Do what was asked, unless it was done; what raises an error was not done, and may be sent again.

        Parameters
        ----------
        make : callable
            Creates, and answers.
        is_secret : bool
            Whether the answer tells what may be told once only; it is not kept then.

        Raises
        ------
        InputError
            When the key was used for another request.
        ConflictError
            When the same request is under way, or told a secret.
        """
        if not self.key or self.state is None:
            return make()
        kept = _claim(self.state, self)
        if kept is not None:
            return self._again(kept)
        try:
            answer = make()
        except BaseException:
            _release(self.state, self)
            raise
        _keep(self.state, self, answer, is_secret=is_secret)
        return answer

    def _again(self, kept: sa.RowMapping) -> Response:
        """Return the answer that was given."""
        body = bytes(kept["body"])
        if body == SECRET:
            raise ConflictError(TOLD_ONCE)
        told = dict(json.loads(kept["headers"]))
        media_type, etag = told.pop("content-type", ""), told.pop("etag", "").strip('"')
        headers = told | REPLAYED
        return reply(self.request, body or None, status=int(kept["status"]), etag=etag, media_type=media_type, headers=headers)


async def once_of(
    request: Request,
    idempotency_key: Annotated[
        str,
        Header(
            description="The same request, sent again with the same key within a day, gets the same answer and creates nothing.",
            json_schema_extra={"x-zh": "一天内以同一标识重发同一请求，得到同一答复，不会再次创建。"},
        ),
    ] = "",
) -> Once:
    """Return what `Once` needs of a request, its body included; of requests whose body may be held in memory.

    Raises
    ------
    InputError
        When the key is none.
    """
    if idempotency_key and not KEY.fullmatch(idempotency_key):
        raise InputError(WRONG_KEY)
    body = await request.body() if idempotency_key else b""
    return once_with(request, idempotency_key, hashlib.sha256(body).hexdigest())


def once_with(request: Request, key: str, content: str) -> Once:
    """Return what `Once` needs, for a request whose body was hashed as it came in."""
    about = f"{request.method} {request.url.path}?{request.url.query}\n{content}"
    asked = hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()
    return Once(request, holdings_of(request).state, caller_of(request).key_id, key, asked)


OnlyOnce = Annotated[Once, Depends(once_of)]
"""What an endpoint takes that creates something."""


def _claim(state: State, once: Once) -> sa.RowMapping | None:
    """Begin a request, or return the row of the answer that there is."""
    now = dt.datetime.now(dt.UTC)
    with state.writing() as connection:
        old = sa.or_(
            ANSWERED.c.created_at < _written(now - KEPT),
            sa.and_(ANSWERED.c.status.is_(None), ANSWERED.c.created_at < _written(now - ABANDONED)),
        )
        connection.execute(ANSWERED.delete().where(old))
        found = connection.execute(sa.select(ANSWERED).where(_same(once))).mappings().first()
        if found is None:
            row = {"who": once.who, "key": once.key, "asked": once.asked, "created_at": _written(now)}
            connection.execute(ANSWERED.insert().values(**row))
            return None
    if found["asked"] != once.asked:
        raise InputError(OTHER_REQUEST)
    if found["status"] is None:
        raise ConflictError(UNDER_WAY)
    return found


def _release(state: State, once: Once) -> None:
    with state.writing() as connection:
        connection.execute(ANSWERED.delete().where(_same(once)))


def _keep(state: State, once: Once, answer: Response, *, is_secret: bool) -> None:
    packed = answer.headers.get("content-encoding") == "gzip"
    body = SECRET if is_secret else gzip.decompress(answer.body) if packed else bytes(answer.body)
    told = {} if is_secret else {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    values: dict[str, Any] = {"status": answer.status_code, "headers": json.dumps(told), "body": body}
    with state.writing() as connection:
        connection.execute(ANSWERED.update().where(_same(once)).values(**values))


def _same(once: Once) -> sa.ColumnElement[bool]:
    return sa.and_(ANSWERED.c.who == once.who, ANSWERED.c.key == once.key)


def _written(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="microseconds")
