"""Files of a job's result on their way to who asked: private, never kept by a cache, in pieces."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from api.answers import META_POLICY
from api.replies import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from starlette.requests import Request

PIECE = 1 << 18
OTHER = "application/octet-stream"
MEDIA_TYPES: Mapping[str, str] = {
    ".gpkg": "application/geopackage+sqlite3",
    ".geojson": "application/geo+json",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".html": "text/html; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
FILE_TYPES = tuple(each.partition(";")[0] for each in MEDIA_TYPES.values())
LONGEST_POLICY = 1 << 20
"""Bytes at the start of a page in which its policy stands."""


def send_file(request: Request, path: Path) -> Response:
    """Return a file for one caller; a page with the policy that it states itself, to be looked at, anything else to be saved."""
    kind = MEDIA_TYPES.get(path.suffix.casefold(), OTHER)
    headers = {**OWN, "Cache-Control": "no-store", "Content-Length": str(path.stat().st_size)}
    if path.suffix.casefold() == ".html":
        headers["Content-Security-Policy"] = _policy(path)
    else:
        headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    if request.method == "HEAD":
        return Response(status_code=200, headers=headers, media_type=kind)
    return StreamingResponse(_pieces(path), headers=headers, media_type=kind)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _policy(path: Path) -> str:
    with path.open("rb") as file:
        found = META_POLICY.search(file.read(LONGEST_POLICY).decode("utf-8", "replace"))
    policy = html.unescape(found.group(1)) if found else "default-src 'none'"
    return f"{policy.rstrip('; ')}; frame-ancestors 'none'"
