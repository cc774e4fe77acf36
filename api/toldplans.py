"""What the terminal shows of plans. Exact counts: for the office; no household."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text as Line

from api.help import Wrapped
from api.terminal import clean, columns
from api.told import OFFICE, title
from api.toldwork import more
from geogrid.changewords import UNASSIGNED, origin
from geogrid.operationwords import NOBODY, described
from geogrid.words import Text
from maps import figures
from maps.swipewords import CHANGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from rich.console import RenderableType

    from geogrid.changesheet import ChangeSheet
    from geogrid.plans import Drawn, Plan
    from geogrid.rebase import Rebased
    from geogrid.words import Lang
    from maps.adoption import Decision

MOST_ROWS = 15
HECTARE_M2 = 10_000
STATUS: Mapping[str, Text] = {
    "open": Text("制定中", "open"),
    "adopted": Text("已采纳", "adopted"),
    "dropped": Text("已放弃", "given up"),
}


def heading(plan: Plan, lang: Lang, *, status: str = "open") -> RenderableType:
    """Return what a plan is called, what it rests on, and what it locks."""
    aside = Text(
        "{status}，基于第 {base} 版，{n} 项操作，第 {r} 次保存", "{status}, on version {base}, {n} operations, saved {r} times"
    )
    state, numbers = STATUS[status], {"base": plan.base_version, "n": len(plan.operations), "r": plan.revision}
    said = Text(aside.zh.format(status=state.zh, **numbers), aside.en.format(status=state.en, **numbers))
    head = title(lang, Text(f"方案“{plan.name}”", f"Plan {plan.name!r}"), said.say(lang))
    locked = Text("锁定的网格：{ids}", "locked: {ids}").fill(ids=", ".join(sorted(plan.locked))).say(lang)
    return Group(Wrapped(head), *([Wrapped(Line(clean(locked), "dim"))] if plan.locked else []))


def summary(said: Text, lang: Lang) -> RenderableType:
    """Return the summary of a change sheet."""
    return Wrapped(Line(clean(said.say(lang)), "bold"))


def plans(rows: pd.DataFrame, head: int, lang: Lang) -> RenderableType:
    """Return all plans, one a row."""
    if rows.empty:
        said = Text("还没有方案；用 geogrid plan new 新建。", "There is no plan yet; begin one with geogrid plan new.")
        return Line(said.say(lang))
    headings = (
        Text("方案", "Plan"),
        Text("编号", "Id"),
        Text("状态", "State"),
        Text("基于", "Base"),
        Text("操作", "Operations"),
        Text("锁定", "Locked"),
    )
    table = columns(lang, headings, right=(3, 4, 5))
    for row in rows.to_dict("records"):
        behind = "*" if row["status"] == "open" and row["base_version"] != head else ""
        counts = (f"{row['base_version']}{behind}", str(row["operations"]), str(len(row["locked"])))
        table.add_row(Wrapped(Line(clean(row["name"]))), row["plan_id"], STATUS[row["status"]].say(lang), *counts)
    note = Text(
        "* 工作区已是第 {head} 版，采纳前请先把方案移到最新版上（geogrid plan rebase）",
        "* the workspace is at version {head}: move the plan to the newest version before adopting (geogrid plan rebase)",
    ).fill(head=head)
    is_behind = ((rows["status"] == "open") & (rows["base_version"] != head)).any()
    return Group(table, *([Line(note.say(lang), "dim")] if is_behind else []))


def operations(plan: Plan, drawn: Drawn, lang: Lang, *, since: int = 0) -> RenderableType:
    """Return the operations with the land that each moved, from one on, and those undone."""
    headings = (
        Text("序", "No."),
        Text("操作", "Operation"),
        Text("", ""),
        Text("换手（公顷）", "Moved (ha)"),
        Text("从 → 到", "From → to"),
    )
    table = columns(lang, headings, right=(0, 3))
    for number, step in list(enumerate(drawn.steps, 1))[since:]:
        ends = list(dict.fromkeys(f"{_end(each.from_id, lang)} → {_end(each.to_id, lang)}" for each in step.moved))
        area = sum(each.shape.area for each in step.moved) / HECTARE_M2
        shown = ", ".join(ends[:3]) + (" …" if len(ends) > 3 else "")  # noqa: PLR2004 - as many as are named
        cells = (step.operation.called.say(lang), Wrapped(Line(clean(described(step.operation).say(lang)))))
        table.add_row(str(number), *cells, f"{area:,.2f}" if step.moved else "", Wrapped(Line(clean(shown))))
    for each in reversed(plan.undone):
        undone = Text("（已撤回）", "(undone)").say(lang)
        cells = (each.called.say(lang), Wrapped(Line(clean(f"{described(each).say(lang)} {undone}"), "dim")))
        table.add_row("", *cells, "", "")
    return table if table.row_count else Line(Text("没有操作。", "No operations.").say(lang), "dim")


def _end(grid_id: str | None, lang: Lang) -> str:
    return grid_id or NOBODY.say(lang)


def notes(drawn: Drawn, sheet: ChangeSheet) -> list[Text]:
    """Return what a planner should know of a plan and its change sheet, land that is left to nobody once."""
    left = UNASSIGNED.fill(area=f"{drawn.unassigned_m2:,.0f}")
    return [*drawn.notes, *(note for note in sheet.notes if note != left)]


def grids(sheet: ChangeSheet, lang: Lang) -> list[RenderableType]:
    """Return every grid that changes, with its people, land and turnover before and after."""
    rows = sheet.grids
    if rows.empty:
        return []
    headings = (
        Text("网格", "Grid"),
        Text("变化", "Change"),
        Text("户数", "Households"),
        Text("人口", "Persons"),
        Text("公顷", "Hectares"),
        Text("进 / 出\n户", "In / out"),
    )
    table = columns(lang, headings, right=(2, 3, 4, 5))
    for row in rows.head(MOST_ROWS * 2).to_dict("records"):
        turnover = f"{_number(row.get('households_in'))} / {_number(row.get('households_out'))}"
        named = Wrapped(Line(clean(figures.called(row))))
        pairs = (_pair(row, "households"), _pair(row, "persons"), _pair(row, "area_m2", HECTARE_M2))
        change = "\n".join(clean(each.say(lang)) for each in (CHANGES[row["change"]], origin(row)) if each.zh)
        table.add_row(named, Wrapped(Line(change)), *pairs, turnover)
    return [Group(table, *more(len(rows) - MOST_ROWS * 2, lang), Line(OFFICE.say(lang), "dim"))]


def _pair(row: Mapping[str, Any], key: str, unit: float = 1) -> str:
    """Return a figure before and after; only one of them where the grid is not there on the other side."""
    decimals = 0 if unit == 1 else 2
    known = [row.get(f"{key}_{side}") for side in ("before", "after")]
    shown = [None if figures.is_missing(value) else f"{float(str(value)) / unit:,.{decimals}f}" for value in known]
    return " → ".join(value or "—" for value in shown) if any(shown) else "—"


def _number(value: object) -> str:
    return "—" if figures.is_missing(value) else f"{int(float(str(value))):,}"


def problems(found: pd.DataFrame, lang: Lang) -> RenderableType:
    """Return what of a file could not be taken over, and why."""
    table = columns(lang, (Text("没有采用", "Not taken over"), Text("原因", "Why")), right=())
    for row in found.head(MOST_ROWS).itertuples():
        table.add_row(clean(str(row.grid_id)), Wrapped(Line(clean(row.reason_zh if lang == "zh" else row.reason_en), "yellow")))
    return Group(table, *more(len(found) - MOST_ROWS, lang))


def conflicts(moved: Rebased, lang: Lang) -> RenderableType:
    """Return the operations that clash with the newest version, and why."""
    table = columns(lang, (Text("序", "No."), Text("冲突的操作", "Clashing"), Text("原因", "Why")), right=(0,))
    for row, operation in zip(moved.conflicts.itertuples(), moved.set_aside, strict=True):
        label = operation.called.say(lang)
        table.add_row(str(row.number), label, Wrapped(Line(clean(row.reason_zh if lang == "zh" else row.reason_en), "yellow")))
    return table


def decided(decision: Decision, lang: Lang) -> RenderableType:
    """Return the head of an adoption sheet."""
    rows = (
        (Text("版本", "Version"), str(decision.version)),
        (Text("生效日期", "With effect from"), decision.effective.isoformat()),
        (Text("经办人", "Who"), decision.who),
        (Text("理由", "Why"), decision.reason),
        (Text("批准文号", "Approval"), decision.approval or "—"),
        (Text("新编码", "New codes"), ", ".join(f"{key} {code}" for key, code in decision.codes.items()) or "—"),
        (
            Text("HMAC", "HMAC"),
            Text("有", "yes").say(lang) if decision.is_signed else Text("没有（没有密钥）", "none (no key)").say(lang),
        ),
    )
    head = title(lang, Text(f"采纳单：{decision.plan}", f"Adoption: {decision.plan}"), decision.workspace)
    lines = [Wrapped(Line.assemble((f"{name.say(lang)}  ", "dim"), clean(value))) for name, value in rows]
    done = [Wrapped(Line(clean(f"{n}. {said.say(lang)}"))) for n, said in enumerate(decision.operations, 1)]
    return Group(head, *lines, *done)
