"""What is wrong with a value, said plainly in both languages, over HTTP and of bodies that are nested."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from api.imports import ImportAsked
from api.queue.asking import CheckAsked, ExportAsked, ProposalAsked
from api.valuewords import wrong_values
from tests.service import office

if TYPE_CHECKING:
    from pydantic import BaseModel

    from tests.service import Office


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"), publish=False)


@pytest.mark.parametrize(
    ("query", "zh", "en"),
    [
        ("on=2026-01-01", "缺少参数 household", "household is missing"),
        (
            "household=H1&on=July",
            "参数 on 的值“July”不对：应为 日期（如 2026-07-01）",
            "on = 'July' is not usable: expected a date such as 2026-07-01",
        ),
        ("", "缺少参数 household；缺少参数 on", "household is missing; on is missing"),
    ],
)
def test_parameters(town: Office, query: str, zh: str, en: str) -> None:
    told = [town.ask(f"/api/v1/where?lang={lang}&{query}", who="viewer").json()["detail"] for lang in ("zh", "en")]
    assert told == [zh, en]


def test_a_body(town: Office) -> None:
    asked: dict[str, Any] = {"cutoff_min": "soon", "more": 1, "services": [3]}
    answer = town.ask("/api/v1/checks", who="planner", method="POST", json=asked)
    assert answer.status_code == 422
    assert "正文中的 services 的值“3”不对：应为 文字" in answer.json()["detail"]
    assert "没有正文中的 more 这一项" in answer.json()["detail"]
    assert "正文中的 cutoff_min 的值“soon”不对：应为 数字" in answer.json()["detail"]
    unread = town.ask("/api/v1/checks?lang=en", who="planner", method="POST", content=b"{", content_type="application/json")
    assert unread.json()["detail"] == "the body is not readable JSON"


WRONG: list[tuple[type[BaseModel], Any]] = [
    (ImportAsked, {"tables": {}, "dry_run": 2, "act": {"reason": "x" * 2001, "effective": "so"}, "extent": "all", "datum": []}),
    (ImportAsked, {"tables": {"households": "../x", "people": "0" * 32}, "act": 3}),
    (ImportAsked, []),
    (ExportAsked, {"format": "doc", "version": -1, "layer": 3, "on": 5}),
    (CheckAsked, {"services": "medical", "radius_m": 1e9, "speed_kmh": 1e999, "version": 1.5, "join_crossings": "x"}),
    (ProposalAsked, {"kind": "none"}),
    (ProposalAsked, {"low": 3}),
    (ProposalAsked, {"kind": "zones", "effort": 0, "seed": 10**30, "villages": [1], "persons": "x"}),
]


@pytest.mark.parametrize(("model", "asked"), WRONG)
def test_every_kind_of_problem_is_told_in_chinese(model: type[BaseModel], asked: Any) -> None:
    """Words of ours around what the caller sent and the names that the service has; none of pydantic's."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(asked)
    told = wrong_values([{**each, "loc": ("body", *each["loc"])} for each in caught.value.errors()])
    assert not re.search(r"Input|should|Field|valid\b|\{[a-z_]+\}", told.zh + told.en), told
    assert len(told.zh.split("；")) == len(caught.value.errors())
