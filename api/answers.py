"""Answers that are made once and sent many times: bytes with a strong ETag for each encoding, and 304 for who has them."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from api.errors import LANGUAGE_TAGS, SECURITY, BusyError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from starlette.requests import Request

    from geogrid.words import Lang

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html; charset=utf-8"
WORTH_GZIP = 512
"""Bytes below which compressing gains nothing."""
META_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
"""For public data, which is the same for everyone and needs no credentials."""


@dataclass(frozen=True)
class Answer:
    """A body, its type and the headers that go with it."""

    body: bytes
    media_type: str
    headers: Mapping[str, str]

    @property
    def is_packed(self) -> bool:
        """Return whether compressing gains nothing: pictures are compressed already."""
        return self.media_type.startswith("image/") or len(self.body) < WORTH_GZIP

    @cached_property
    def digest(self) -> str:
        """Return the hash that the ETags are made of."""
        return hashlib.sha256(self.body).hexdigest()[:32]

    @cached_property
    def compressed(self) -> bytes:
        """Return the body compressed, the same bytes every time."""
        return gzip.compress(self.body, compresslevel=6, mtime=0)

    def is_quick(self, request: Request) -> bool:
        """Return whether sending it takes no compressing."""
        return self.is_packed or "compressed" in self.__dict__ or not prefers_gzip(request.headers.get("accept-encoding", ""))

    def send(self, request: Request) -> Response:
        """Return the response to one request: compressed if the caller prefers, empty if it has these bytes already."""
        squeeze = not self.is_packed and prefers_gzip(request.headers.get("accept-encoding", ""))
        etag = f'"{self.digest}-gzip"' if squeeze else f'"{self.digest}"'
        headers = {"ETag": etag, "Cache-Control": "public, no-cache", "Vary": "Accept-Encoding", **SECURITY, **self.headers}
        if holds(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers=headers)
        headers |= {"Content-Encoding": "gzip"} if squeeze else {}
        body = self.compressed if squeeze else self.body
        headers["Content-Length"] = str(len(body))
        return Response(b"" if request.method == "HEAD" else body, headers=headers, media_type=self.media_type)


def data(content: Any, media_type: str = JSON) -> Answer:
    """Return public data as an answer: any site may read it, none gets credentials."""
    body = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return Answer(body, media_type, {**ANY_ORIGIN, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"})


def page(content: str, *, language: Lang, frame_ancestors: tuple[str, ...] = ("'none'",)) -> Answer:
    """Return a page as an answer: its own policy, and who may frame it, which only a header can say."""
    found = META_POLICY.search(content)
    policy = html.unescape(found.group(1)) if found else "default-src 'none'"
    headers = {
        "Content-Security-Policy": f"{policy.rstrip('; ')}; frame-ancestors {' '.join(frame_ancestors)}",
        "Content-Language": LANGUAGE_TAGS[language],
        "Vary": "Accept-Encoding, Accept-Language",
    }
    return Answer(content.encode(), HTML, headers)


def prefers_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding header takes gzip at least as gladly as no encoding.

    Examples
    --------
    >>> [prefers_gzip(header) for header in ("gzip, br", "gzip;q=0", "*", "identity", "gzip;q=0.2, identity;q=0.9", "")]
    [True, False, True, False, False, False]
    """
    weights = dict(_weight(part) for part in accepted.split(",") if part.strip())
    gzip_weight = weights.get("gzip", weights.get("*", 0.0))
    return gzip_weight > 0 and gzip_weight >= weights.get("identity", 0.0)


def _weight(part: str) -> tuple[str, float]:
    name, _, parameter = part.strip().partition(";")
    found = re.fullmatch(r"\s*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", parameter)
    return name.strip().lower(), float(found.group(1)) if found else 0.0 if parameter else 1.0


def holds(if_none_match: str, etag: str) -> bool:
    """Return whether a caller's If-None-Match names an ETag (weakly compared, as RFC 9110 wants).

    Examples
    --------
    >>> holds('"a", W/"b"', '"b"'), holds("*", '"b"'), holds('"ab"', '"b"')
    (True, True, False)
    """
    return if_none_match.strip() == "*" or etag in re.findall(r'"[^"]*"', if_none_match)


@dataclass
class Shelf:
    """Answers by key, each made when first asked for; one is made at a time, who waits too long is told that we are busy."""

    busy_after_s: float
    _kept: dict[Hashable, Answer] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, make: Callable[[], Answer]) -> Answer:
        """Return the answer of a key; keys must come from a finite set, for none is ever dropped."""
        if key in self._kept:
            return self._kept[key]
        if not self._making.acquire(timeout=self.busy_after_s):
            raise BusyError(Text("正在生成其他页面，请稍后再试。", "Other pages are being made; try again in a moment."))
        try:
            return self._kept.setdefault(key, self._kept.get(key) or make())
        finally:
            self._making.release()
