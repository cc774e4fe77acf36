"""The report: its data and its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from api import answers
from api.pages import away
from api.routes.common import Asked, Language, Then, get
from geogrid.words import Text
from maps.document import report_document

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
DATA = Text(
    "整份报告：设置、输入、合计、各级覆盖、缺口、边界问题", "The whole report: settings, inputs, totals, coverage, gaps, defects"
)
PAGE = Text("可阅读、可打印的报告", "The report to read and print")


@get(router, "/api/v1/report", says=DATA, media_type=answers.JSON, tag="data")
def report(request: Request, source: Then, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send report.json: format geogrid-report, version 1. A day's is not for ever: a report may be published for days past."""
    return source.shelf.get("report", lambda: answers.data(source.public.summary)).send(request)


@get(router, "/report", says=PAGE, media_type="text/html", tag="pages")
def report_page(request: Request, source: Asked, lang: Language) -> Response:
    """Send the written report."""

    def make() -> answers.Answer:
        return answers.page(report_document(source.public, lang=lang, above=away("report", lang)), language=lang)

    return source.shelf.get(("report page", lang), make).send(request)
