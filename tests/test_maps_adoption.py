"""The adoption sheet: both languages, what may be published, nothing that runs, whatever the names."""

from __future__ import annotations

import datetime as dt

from geogrid.changepublic import PublicChangeSheet
from geogrid.words import Text
from maps.adoption import Decision, adoption_page

HOSTILE = "<script>alert(1)</script>"


def sheet(**row: object) -> PublicChangeSheet:
    """Return a public sheet with one grid."""
    counts = {f"{key}_{side}": 1_500 for key in ("households", "persons") for side in ("before", "after")}
    grid = {"grid_id": "G1", "name": HOSTILE, "change": "redrawn", "withheld": False, **counts}
    grid |= {"area_m2_before": 25_000.0, "area_m2_after": 12_345.0, **row}
    record = {"format": "geogrid-change-sheet", "version": 1, "suppress_below": 10, "grids": [grid]}
    record |= {"summary": {"zh": "一个网格变动。", "en": "One grid changes."}, "notes": [{"zh": "注意", "en": "Mind"}]}
    return PublicChangeSheet.of(record)


def page(of: PublicChangeSheet, *, is_signed: bool = True, time_zone: str = "Asia/Shanghai") -> str:
    decision = Decision(
        workspace="纸镇",
        plan=HOSTILE,
        version=7,
        effective=dt.date(2026, 12, 1),
        recorded_at="2026-11-22T08:00:00Z",
        who="李四",
        reason="均衡户数",
        approval="",
        operations=[Text("G1 改名", "rename G1")],
        head_hash="ab" * 32,
        is_signed=is_signed,
        codes={"G5": "990101100002003"},
        time_zone=time_zone,
    )
    return adoption_page(decision, of)


def test_the_sheet_says_who_what_when_and_why_in_both_languages() -> None:
    shown = page(sheet())
    for part in (
        "纸镇",
        "李四",
        "均衡户数",
        "2026-12-01",
        "ab" * 32,
        "一个网格变动。",
        "One grid changes.",
        "rename G1",
        "990101100002003",
    ):
        assert part in shown
    for zh, en in (
        ("生效日期", "With effect from"),
        ("批准", "Approved"),
        ("存档校验", "Proof"),
        ("这一版带 HMAC", "has an HMAC"),
    ):
        assert zh in shown
        assert en in shown
    assert "1,500 → 1,500" in shown
    assert "2.50 → 1.23" in shown
    assert "没有 HMAC" in page(sheet(), is_signed=False)


def test_the_time_is_the_offices_own_and_says_so() -> None:
    """08:00 in UTC is 16:00 in China; Kolkata is half an hour off."""
    assert "2026-11-22 16:00:00 (Asia/Shanghai, UTC+08:00)" in page(sheet())
    assert "2026-11-22 13:30:00 (Asia/Kolkata, UTC+05:30)" in page(sheet(), time_zone="Asia/Kolkata")


def test_a_range_of_numbers_stays_on_one_line() -> None:
    record = {**sheet().record, "summary": {"zh": "超出 300—1,500 户范围", "en": "range of 300–1,500 households"}}
    shown = page(PublicChangeSheet.of(record))
    assert '超出 <span class="whole">300—1,500</span> 户范围' in shown
    assert 'range of <span class="whole">300–1,500</span> households' in shown


def test_figures_carry_their_names_for_a_phone() -> None:
    assert '<td class="num" data-name="人口 Persons">1,500 → 1,500</td>' in page(sheet())


def test_a_new_grid_says_whose_land_it_has() -> None:
    shown = page(sheet(change="new", from_ids=["G7"], to_ids=[]))
    assert "新设，拆自 G7" in shown
    assert "new, split from G7" in shown
    assert "撤销，土地归 G8、G9" in page(sheet(change="gone", from_ids=[], to_ids=["G8", "G9"]))


def test_nothing_runs() -> None:
    shown = page(sheet())
    assert "<script" not in shown
    assert "default-src &#x27;none&#x27;" in shown


def test_withheld_counts_have_their_mark() -> None:
    shown = page(sheet(withheld=True, households_before=None, households_after=None))
    assert "＊ → ＊" in shown
    assert "＊ withheld: 10 or fewer" in shown
    assert "＊" not in page(sheet())


def test_new_and_ended_grids_have_one_side() -> None:
    assert "1.23" in page(sheet(change="new", households_before=None, persons_before=None, area_m2_before=None))
    assert (
        " → " not in page(sheet(change="gone", households_after=None, persons_after=None, area_m2_after=None)).split("<tbody>")[1]
    )
