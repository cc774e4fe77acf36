"""Every report that was published and is, or was, in force: public, and never changed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from api import answers
from api.routes.common import Held, Language, get
from api.routes.gaps import gaps_of
from geogrid.errors import NotFoundError
from geogrid.publications import in_force_on
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.holdings import Holdings
    from api.source import Source
    from geogrid.publications import Publication

router = APIRouter()
REPORTS = "/api/v1/reports"
LIST = Text("已公布的报告，最早的在前", "Published reports, oldest first")
REPORT = Text("一份已公布的报告（JSON）", "A published report (JSON)")
GAPS = Text("一份已公布的报告的覆盖缺口（GeoJSON）", "The coverage gaps of a published report (GeoJSON)")
NO_REPORT = Text("没有第 {number} 号报告：见 {all}", "there is no report {number}: see {all}")

On = Annotated[
    dt.date | None,
    Query(description="Only the report in force on this day.", json_schema_extra={"x-zh": "只列这一天有效的那份。"}),
]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Of the report.", json_schema_extra={"x-zh": "报告的号码。"})]
OneService = Annotated[
    str,
    Query(
        max_length=200,
        description="A service of that report, or all.",
        json_schema_extra={"x-zh": "那份报告中的服务，或 all。"},
    ),
]


def begun(holdings: Holdings) -> tuple[Publication, ...]:
    """Return the publications that are or were in force; one that is to come is nobody's yet."""
    today = holdings.today()
    return tuple(each for each in holdings.publications() if each.effective <= today)


@get(router, REPORTS, says=LIST, media_type=answers.JSON, tag="data")
def reports(request: Request, holdings: Held, lang: Language, on: On = None) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """List the reports."""
    known = begun(holdings)
    now, then = (in_force_on(known, day) for day in (holdings.today(), on or holdings.today()))
    shown = known if on is None else tuple(each for each in known if each == then)
    base = holdings.settings.base_url
    return answers.data({"reports": [_record(each, base, is_now=each == now) for each in shown]}).send(request)


def _record(publication: Publication, base: str, *, is_now: bool) -> dict[str, Any]:
    address = f"{base}{REPORTS}/{publication.number}"
    return {
        "number": publication.number,
        "effective": publication.effective.isoformat(),
        "made_at": publication.made_at,
        "in_force": is_now,
        "sha256": publication.digest,
        "links": {"report": address, "gaps": f"{address}/gaps"},
    }


def source_numbered(holdings: Holdings, number: int) -> Source:
    """Return a published report.

    Raises
    ------
    NotFoundError
        When there is none of that number, or it is to come.
    """
    found = next((each for each in begun(holdings) if each.number == number), None)
    if found is None:
        raise NotFoundError(NO_REPORT.fill(number=number, all=REPORTS))
    return holdings.source_of(found)


@get(router, f"{REPORTS}/{{number}}", says=REPORT, media_type=answers.JSON, tag="data")
def report(request: Request, number: Number, holdings: Held, lang: Language) -> Response:  # noqa: ARG001
    """Send a report as it was published."""
    source = source_numbered(holdings, number)
    return source.shelf.get("report", lambda: answers.data(source.public.summary)).send(request)


@get(router, f"{REPORTS}/{{number}}/gaps", says=GAPS, media_type=answers.GEOJSON, tag="data")
def gaps(request: Request, number: Number, holdings: Held, lang: Language, service: OneService = "all") -> Response:  # noqa: ARG001
    """Send the gaps of a report."""
    source = source_numbered(holdings, number)
    return gaps_of(source, source.known_service(service)).send(request)
