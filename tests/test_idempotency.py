"""Requests sent twice with one Idempotency-Key: done once, answered alike; secrets told once; what failed may be sent again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from api import idempotency
from api.idempotency import ABANDONED, KEPT, Once
from api.replies import reply
from api.state import State
from api.statetables import ANSWERED
from geogrid.errors import ConflictError, InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "service")


class Making:
    """Something that answers with how often it was done."""

    def __init__(self, request: Request, error: Exception | None = None) -> None:
        self.request, self.error, self.times = request, error, 0

    def __call__(self) -> Response:
        """Do it."""
        self.times += 1
        if self.error is not None:
            raise self.error
        content = {"times": self.times, "filler": "长" * 1000}
        return reply(self.request, content, status=201, etag="e1", headers={"Location": "/here", "Set-Cookie": "a=b"})


def asked(*, gzipped: bool = True) -> Request:
    headers = [(b"accept-encoding", b"gzip")] if gzipped else []
    return Request({"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": headers})


def once(state: State, key: str = "k", *, who: str = "me", about: str = "a", gzipped: bool = True) -> Once:
    return Once(asked(gzipped=gzipped), state, who, key, hashlib.sha256(about.encode()).hexdigest())


def content_of(answer: Response) -> Any:
    import gzip  # noqa: PLC0415

    packed = answer.headers.get("content-encoding") == "gzip"
    return json.loads(gzip.decompress(bytes(answer.body)) if packed else bytes(answer.body))


def later(monkeypatch: pytest.MonkeyPatch, ahead: dt.timedelta) -> None:
    class Ahead(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return dt.datetime.now(tz) + ahead

    monkeypatch.setattr(idempotency, "dt", SimpleNamespace(datetime=Ahead, timedelta=dt.timedelta, UTC=dt.UTC))


def test_it_is_done_once_and_told_again_in_the_callers_encoding(state: State) -> None:
    make = Making(asked())
    first = once(state).run(make)
    again = once(state, gzipped=False).run(make)
    assert (make.times, content_of(again)) == (1, content_of(first))
    assert ("content-encoding" in first.headers, "content-encoding" in again.headers) == (True, False)
    kept = ("location", "etag", "content-type")
    assert [again.headers[name] for name in kept] == [first.headers[name] for name in kept]
    assert (again.status_code, again.headers["idempotency-replayed"], "set-cookie" in again.headers) == (201, "true", False)


def test_keys_are_each_callers_own_and_no_key_keeps_nothing(state: State) -> None:
    make = Making(asked())
    for each in (once(state), once(state, who="other"), once(state, "k2"), once(state, ""), once(state, "")):
        each.run(make)
    assert make.times == 5
    with state.reading() as connection:
        assert len(connection.execute(ANSWERED.select()).all()) == 3


def test_another_request_under_the_key_is_refused(state: State) -> None:
    once(state).run(Making(asked()))
    with pytest.raises(InputError, match="another request"):
        once(state, about="b").run(Making(asked()))


def test_what_failed_may_be_sent_again(state: State) -> None:
    failing = Making(asked(), InputError(Text("不行", "no")))
    for _ in range(2):
        with pytest.raises(InputError, match="no"):
            once(state).run(failing)
    assert once(state).run(Making(asked())).status_code == 201


def test_one_under_way_is_waited_for_until_its_process_must_be_gone(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConflictError, match="under way"):
        once(state).run(lambda: once(state).run(Making(asked())))
    with state.writing() as connection:  # as a process that was killed leaves it
        row = {"who": "me", "key": "k", "asked": once(state).asked, "created_at": dt.datetime.now(dt.UTC).isoformat()}
        connection.execute(ANSWERED.insert().values(**row))
    with pytest.raises(ConflictError, match="under way"):
        once(state).run(Making(asked()))
    later(monkeypatch, ABANDONED)
    assert once(state).run(Making(asked())).status_code == 201


def test_answers_are_kept_for_a_day(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Making(asked())
    once(state).run(make)
    later(monkeypatch, KEPT - dt.timedelta(minutes=1))
    once(state).run(make)
    later(monkeypatch, KEPT)
    once(state, about="b").run(make)
    assert make.times == 2


def test_a_secret_is_told_once_and_not_kept(state: State) -> None:
    make = Making(asked())
    assert content_of(once(state).run(make, is_secret=True))["times"] == 1
    with pytest.raises(ConflictError, match="once only"):
        once(state).run(make, is_secret=True)
    with state.reading() as connection:
        assert "filler" not in str(connection.execute(ANSWERED.select()).all())
