"""Forms that pages send: few short fields, each known and given once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fastapi import Request

from api.errors import TooLargeError, UnsupportedError
from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 4096
NOT_FORM = Text("请以 application/x-www-form-urlencoded 发送", "send it as application/x-www-form-urlencoded")
TOO_LARGE = Text("表单太大：最多 {n} 字节", "the form is too large: at most {n} bytes")
WRONG = Text("表单只能有这些字段，每个一次：{names}", "the form takes these fields, each once: {names}")


def schema(**fields: str) -> dict[str, Any]:
    """Return the description of a form: its fields, each with what it is; the first is required.

    Examples
    --------
    >>> schema(key="A key.")["required"]
    ['key']
    """
    described = {name: {"type": "string", "description": says} for name, says in fields.items()}
    return {"type": "object", "properties": described, "required": [next(iter(fields))], "additionalProperties": False}


def form_of(names: Collection[str]) -> Callable[[Request], Awaitable[dict[str, str]]]:
    """Return a dependency that reads a form; fields that were not sent are "".

    Raises (when asked)
    -------------------
    UnsupportedError
        When it is sent in another way.
    TooLargeError
        When it is larger than any form of ours.
    InputError
        When it has other fields, or one twice.
    """

    async def read(request: Request) -> dict[str, str]:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise UnsupportedError(NOT_FORM)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                raise TooLargeError(TOO_LARGE.fill(n=MOST_BYTES))
        given = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
        fields = dict(given)
        if len(fields) != len(given) or not fields.keys() <= set(names):
            raise InputError(WRONG.fill(names=", ".join(names)))
        return dict.fromkeys(names, "") | fields

    return read
