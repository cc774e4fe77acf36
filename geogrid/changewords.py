"""What a change sheet says in sentences, in both languages; names and numbers are data and are never formatted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.changerows import ABOVE, BELOW, SAME, Limits
from geogrid.people import COVERED
from geogrid.settings import ALL
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.changerows import Cells
    from geogrid.changesheet import ChangeSheet

SHOWN = 5
"""How many grids or units a sentence names."""


def summary(sheet: ChangeSheet) -> Text:
    """Say in one or two sentences what changes.

    Parameters
    ----------
    sheet : ChangeSheet
        The exact one; what it says is for the office.

    Returns
    -------
    Text
    """
    totals = sheet.totals
    if not totals["grids_changed"] and not sheet.touched.any():
        return NOTHING
    moved = households_moved(totals["households_moved"], totals["persons_moved"])
    parts = [join(grids_changed(totals), AND, moved), _range(sheet), _coverage(sheet), *_staff(sheet)]
    if sheet.is_of_others and (totals["households_arrived"] or totals["households_departed"]):
        parts.append(_TURNOVER.fill(came=_count(totals["households_arrived"]), left=_count(totals["households_departed"])))
    return sentence(parts)


def grids_changed(totals: Mapping[str, Any]) -> Text:
    """Say how many grids change."""
    changed, new, gone = (totals[f"grids_{key}"] for key in ("changed", "new", "gone"))
    text = _CHANGED.fill(n=_count(changed), grids=_plural(changed, "grid"), verb=_verb(changed))
    return join(text, _NEW_AND_GONE.fill(new=new, gone=gone)) if new or gone else text


def households_moved(households: int, persons: int | None) -> Text:
    """Say how many change grid; ``persons`` None leaves them out."""
    text = _MOVED.fill(n=_count(households), homes=_plural(households, "household"), verb=_verb(households))
    if persons is None:
        return text
    return join(text, _PEOPLE.fill(n=_count(persons), people=_plural(persons, "person", "people")))


def sentence(parts: Sequence[Text]) -> Text:
    """Join what is said to a sentence."""
    zh, en = "；".join(part.zh for part in parts), "; ".join(part.en for part in parts)
    return Text(f"调整后 {zh}。", f"{en[0].upper()}{en[1:]}.")


def join(*texts: Text) -> Text:
    """Put texts one after the other."""
    return Text("".join(text.zh for text in texts), "".join(text.en for text in texts))


def out_of_range(limits: Limits, before: Mapping[str, int], after: Mapping[str, int]) -> Text:
    """Say how many grids lie outside the household range, before and after."""
    was, now = (counts[BELOW] + counts[ABOVE] for counts in (before, after))
    text = _OUTSIDE_SAME if was == now else _OUTSIDE_LESS if now < was else _OUTSIDE_MORE
    return text.fill(low=_count(limits.low), high=_count(limits.high), was=_count(was), now=_count(now))


def _range(sheet: ChangeSheet) -> Text:
    return out_of_range(sheet.asked.limits, sheet.totals["range_before"], sheet.totals["range_after"])


def _coverage(sheet: ChangeSheet) -> Text:
    """Say whether the number of covered households in grids changes, service by service."""
    known = [name for name in sheet.sides[0].covered if name in sheet.sides[1].covered and name != COVERED + ALL]
    if not known:
        return _COVERAGE_UNKNOWN
    pairs = {name: (sheet.totals[f"{name}_before"], sheet.totals[f"{name}_after"]) for name in known}
    differ = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not differ:
        only = _name(sheet, known[0]) if len(known) == 1 else _ALL_SERVICES
        return _COVERAGE_SAME.fill(zh=only.zh, en=only.en)
    told = []
    for name, (was, now) in differ.items():
        service = _name(sheet, name)
        told.append(_COVERAGE_CHANGES.fill(zh=service.zh, en=service.en, was=_count(was), now=_count(now)))
    return Text("，".join(text.zh for text in told), ", ".join(text.en for text in told))


def _staff(sheet: ChangeSheet) -> list[Text]:
    """Say how many of the grids that change have nobody."""
    count = sheet.totals["grids_unstaffed"]
    return [_WITHOUT_STAFF.fill(n=_count(count), have="has" if count == 1 else "have")] if count else []


def origin(row: Mapping[str, Any]) -> Text:
    """Say of a row of ``grids`` whose land a new grid has, or who has the land of one that is gone; empty of any other.

    Examples
    --------
    >>> origin({"change": "new", "from_ids": ("G1",)}).say("zh"), origin({"change": "gone", "to_ids": ("G2", "G3")}).say("en")
    ('拆自 G1', 'land to G2, G3')
    """
    taken, given = (list(row.get(key) or ()) for key in ("from_ids", "to_ids"))
    if not taken and not given:
        return Text("", "")
    text = _FROM_ONE if len(taken) == 1 else _FROM_SEVERAL if taken else _TO
    ids = taken or given
    return text.fill(zh="、".join(ids), en=", ".join(ids))


def _name(sheet: ChangeSheet, column: str) -> Text:
    service = column.removeprefix(COVERED)
    return sheet.asked.services.get(service, Text(service, service))


def notes(sheet: ChangeSheet) -> tuple[Text, ...]:
    """Say what somebody who decides should know."""
    found = [
        *_range_notes(sheet.cells, sheet.asked.limits),
        *_staff_notes(sheet),
        *_lock_notes(sheet),
        *_unit_notes(sheet),
        *_land_notes(sheet),
        *_people_notes(sheet),
    ]
    return tuple(found)


def _range_notes(cells: Cells, limits: Limits) -> list[Text]:
    """Name the grids that lie outside the range afterwards and did not before, or are new."""
    told = []
    for where, text in ((BELOW, _TOO_FEW), (ABOVE, _TOO_MANY)):
        rows = [i for i, now in enumerate(cells["range_after"]) if now == where and cells["range_before"][i] != where]
        listed = [f"{cells['grid_id'][i]} ({_count(cells['households_after'][i])})" for i in rows[:SHOWN]]
        if rows:
            told.append(text.fill(n=len(rows), ids=_named(listed, len(rows)), low=limits.low, high=limits.high))
    return told


def _staff_notes(sheet: ChangeSheet) -> list[Text]:
    """Name the grids that nobody is responsible for yet, with whose land they have."""
    ids, cells = sheet.staffing.unstaffed, sheet.cells
    if not ids:
        return []
    rows = [cells["grid_id"].index(key) for key in ids[:SHOWN]]
    said = [origin({"from_ids": cells["from_ids"][i]}) for i in rows]
    pairs = list(zip(ids, said, strict=False))
    zh = _named([f"{key}（{text.zh}）" if text.zh else key for key, text in pairs], len(ids), between="、")
    en = _named([f"{key} ({text.en})" if text.en else key for key, text in pairs], len(ids))
    return [_NOBODY_YET.fill(n=len(ids), zh=zh, en=en)]


def _lock_notes(sheet: ChangeSheet) -> list[Text]:
    locks = sheet.locks
    broken = locks.loc[locks["change"] != SAME, "grid_id"].tolist()
    if broken:
        return [_LOCK_BROKEN.fill(n=len(broken), ids=_named(broken[:SHOWN], len(broken)))]
    return [_LOCKS_HELD.fill(n=len(locks))] if len(locks) else []


def _unit_notes(sheet: ChangeSheet) -> list[Text]:
    cuts = sheet.cuts
    return [_CUT.fill(n=len(cuts), ids=_named([cut.unit_id for cut in cuts[:SHOWN]], len(cuts)))] if cuts else []


def _land_notes(sheet: ChangeSheet) -> list[Text]:
    """Say what is left unassigned, and how many households are in no grid."""
    totals, told = sheet.totals, []
    if totals["unassigned_m2_after"] > 0:
        told.append(UNASSIGNED.fill(area=f"{totals['unassigned_m2_after']:,.0f}"))
    if totals["households_without_grid_before"] or totals["households_without_grid_after"]:
        was, now = totals["households_without_grid_before"], totals["households_without_grid_after"]
        told.append(_WITHOUT_GRID.fill(was=_count(was), now=_count(now)))
    return told


def _people_notes(sheet: ChangeSheet) -> list[Text]:
    """Say what is not known of the people, and who moved house."""
    told = []
    if not sheet.sides[0].covered or not sheet.sides[1].covered:
        told.append(_COVERAGE_UNKNOWN_NOTE)
    silent = int((sheet.before.people.counts["persons"] != sheet.before.people.counts["persons"])[sheet.moves.rows].sum())
    if silent:
        told.append(_PERSONS_UNKNOWN.fill(n=silent))
    moved_house = int(sheet.moves.by_address.sum())
    if moved_house:
        told.append(_MOVED_HOUSE.fill(n=_count(moved_house)))
    return told


def _named(ids: Sequence[str], count: int, *, between: str = ", ") -> str:
    """List ids; "…" where there are more."""
    return between.join(ids) + (" …" if count > len(ids) else "")


def _count(number: int) -> str:
    return f"{number:,}"


def _plural(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _verb(number: int) -> str:
    return "changes" if number == 1 else "change"


NOTHING = Text("没有变动。", "Nothing changes.")
_CHANGED = Text("{n} 个网格变动", "{grids} {verb}")
_NEW_AND_GONE = Text("（新设 {new} 个，撤销 {gone} 个）", " ({new} new, {gone} gone)")
AND = Text("，", " and ")
_MOVED = Text("{n} 户换网格", "{homes} {verb} grid")
_PEOPLE = Text("（人口 {n} 人）", " ({people})")
_OUTSIDE_LESS = Text(
    "超出 {low}—{high} 户范围的网格由 {was} 个减为 {now} 个",
    "grids outside the range of {low}–{high} households go down from {was} to {now}",
)
_OUTSIDE_MORE = Text(
    "超出 {low}—{high} 户范围的网格由 {was} 个增为 {now} 个",
    "grids outside the range of {low}–{high} households go up from {was} to {now}",
)
_OUTSIDE_SAME = Text(
    "超出 {low}—{high} 户范围的网格仍为 {now} 个",
    "grids outside the range of {low}–{high} households stay at {now}",
)
_ALL_SERVICES = Text("各项服务", "every service")
_COVERAGE_SAME = Text("{zh}覆盖不变", "coverage of {en} stays as it is")
_COVERAGE_CHANGES = Text("{zh}覆盖由 {was} 户变为 {now} 户", "coverage of {en} goes from {was} to {now} households")
_COVERAGE_UNKNOWN = Text("覆盖情况未知", "coverage is not known")
_TURNOVER = Text("另有新增 {came} 户、减少 {left} 户", "besides, {came} households are new and {left} are no longer there")
_WITHOUT_STAFF = Text("{n} 个变动的网格尚无人负责", "{n} of the changed grids {have} no one responsible yet")
_NOBODY_YET = Text(
    "{n} 个网格尚无人负责：{zh}。可用 --restaff 指定网格长、网格员，或在人员表中补上后重新导入。",
    "grids with no one responsible yet ({n}): {en}; name a leader or member with --restaff, or add them to the staff table and "
    "import it again",
)
_FROM_ONE = Text("拆自 {zh}", "split from {en}")
_FROM_SEVERAL = Text("由 {zh} 划出", "land of {en}")
_TO = Text("土地归 {zh}", "land to {en}")
_TOO_FEW = Text(
    "{n} 个网格调整后不足 {low} 户：{ids}。可从相邻网格划入。",
    "grids with fewer than {low} households afterwards ({n}): {ids}; hand them land from a neighbour",
)
_TOO_MANY = Text(
    "{n} 个网格调整后超过 {high} 户：{ids}。可拆分或划出。",
    "grids with more than {high} households afterwards ({n}): {ids}; split them or hand land to a neighbour",
)
_LOCK_BROKEN = Text(
    "{n} 个锁定的网格有变动：{ids}。请撤销相应操作，或先解除锁定。",
    "locked grids that change ({n}): {ids}; undo what changed them, or unlock them first",
)
_LOCKS_HELD = Text("{n} 个锁定的网格均未变动。", "the locked grids stay as they are ({n})")
_CUT = Text(
    "{n} 个单元被新的边界切开：{ids}。可将整个单元划给一个网格。",
    "units newly cut ({n}): {ids}; hand each whole to one grid",
)
UNASSIGNED = Text("尚有 {area} 平方米土地未分配给任何网格。", "{area} m² of land are given to no grid yet")
_WITHOUT_GRID = Text(
    "不在任何网格内的住户：调整前 {was} 户，调整后 {now} 户。", "households in no grid: {was} before, {now} afterwards"
)
_COVERAGE_UNKNOWN_NOTE = Text(
    "没有覆盖检查结果，本表不含覆盖率；先做一次检查即可补上。",
    "no check says who is covered, so the sheet has no covered shares; run a check first",
)
_PERSONS_UNKNOWN = Text(
    "换网格的住户中有 {n} 户未填人数，人口未计入。", "{n} households that change grid do not state their persons"
)
_MOVED_HOUSE = Text(
    "换网格的住户中有 {n} 户是住址变动，不是边界调整。", "{n} of the households in another grid moved house; no border moved"
)
