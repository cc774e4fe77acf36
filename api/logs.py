"""Lines of the log: each with its time, its level and the request that it belongs to, as text or as JSON.

A request is known by a random id of ours, which its answer has as ``X-Request-Id``; what a caller sends under that name counts
for nothing. Of an error there is its kind and its place: its text may hold a household.
"""

from __future__ import annotations

import json
import logging
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.faults import told

if TYPE_CHECKING:
    from api.settings import Settings

REQUESTS = "geogrid.requests"
"""The log of requests."""
HEADER = "X-Request-Id"
ID_BYTES = 8
REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is worked on; "" outside of any."""


def begin_request() -> str:
    """Give the request that is worked on from here an id of its own, and return it."""
    made = secrets.token_hex(ID_BYTES)
    REQUEST.set(made)
    return made


class Lines(logging.Formatter):
    """How a record becomes a line: time (UTC), level, id of the request if there is one, and what is said.

    Parameters
    ----------
    as_json : bool
        One object a line: with what the record has as ``told``, else its message.

    Examples
    --------
    >>> record = logging.LogRecord("geogrid.requests", logging.INFO, "", 1, "GET %s", ("/docs",), None)
    >>> record.created = 1.5
    >>> print(Lines().format(record))
    1970-01-01T00:00:01.500Z INFO - GET /docs
    >>> print(Lines(as_json=True).format(record))
    {"time": "1970-01-01T00:00:01.500Z", "level": "info", "message": "GET /docs"}
    """

    def __init__(self, *, as_json: bool = False) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; in text an error takes several."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        request, error = REQUEST.get(), record.exc_info[1] if record.exc_info else None
        if not self._as_json:
            line = f"{time} {record.levelname} {request or '-'} {record.getMessage().rstrip()}"
            return line if error is None else f"{line}\n{told(error)}"
        about = {"request": request} if request else {}
        fault = {} if error is None else {"error": told(error)}
        said = getattr(record, "told", None) or {"message": record.getMessage().rstrip()}
        return json.dumps({"time": time, "level": record.levelname.lower()} | about | said | fault, ensure_ascii=False)


def logging_of(settings: Settings) -> dict[str, Any]:
    """Return how each process of the service logs, for `logging.config`: to the standard error."""
    written = {"handlers": ["lines"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "api.logs.Lines", "as_json": settings.log == "json"}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "loggers": {"uvicorn": {**written, "level": "WARNING"}, REQUESTS: {**written, "level": "INFO"}},
    }
