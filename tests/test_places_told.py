"""The terminal's table of standards: what is only reported says so, and what is withheld says where it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from api import places
from geogrid.words import LANGS, Lang
from tests.published import standard


def shown(lang: Lang, *rows: dict[str, Any]) -> str:
    report = SimpleNamespace(public=SimpleNamespace(summary={"standards": list(rows)}))
    console = Console(width=120)
    with console.capture() as capture:
        console.print(places.told(cast("Any", report), lang))
    return capture.get()


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_withheld_says_where_it_is(lang: Lang) -> None:
    note = {"zh": "内部：见 private/place.xlsx", "en": "office: see private/place.xlsx"}[lang]
    assert note in shown(lang, standard("a", (12, None, None, None)))
    assert "private/" not in shown(lang, standard("a", (12, 11, 1, 0)))


@pytest.mark.parametrize(("lang", "mark"), [("zh", "标准a（只报告）"), ("en", "standard a (reported only)")])
def test_what_is_only_reported_says_so(lang: Lang, mark: str) -> None:
    assert mark in shown(lang, standard("a", (12, 11, 1, 0), is_judged=False))
    assert mark not in shown(lang, standard("a", (12, 11, 1, 0)))
