"""What the terminal shows of a workspace: what came in, what is wrong, what was mended, its ledger, whether it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group
from rich.text import Text as Line

from api.help import Wrapped
from api.terminal import clean, columns
from api.told import title
from geogrid.gatekinds import KINDS, SEVERITIES
from geogrid.mendwords import RULES
from geogrid.nesting import OUTLINE
from geogrid.operationwords import STAFF_NAMES
from geogrid.words import Text
from geogrid.workspace.ledger import KINDS as VERSIONS
from geogrid.workspace.vouching import spans
from maps import figures

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from rich.console import RenderableType

    from geogrid.repair import Repaired
    from geogrid.store import Verification, Version, Whereabouts
    from geogrid.words import Lang

MOST_ROWS = 12
MOST_PROBLEMS = 10
LEAST_M2 = 0.005
"""What is less is not worth a row of the account."""
HASH_SHOWN = 12
"""Digits of a hash in a table; adoption sheets and ``verify`` show all."""

TABLES: Mapping[str, Text] = {
    **figures.TABLES,
    "buildings": Text("建筑", "Buildings"),
    "barriers": Text("障碍", "Barriers"),
    "staff": Text("人员", "Staff"),
    "candidates": Text("备选地点", "Candidate sites"),
    "events": Text("事件", "Matters reported"),
    "grades": Text("评级", "Grades"),
    "area_members": Text("联合体成员", "Members of alliances"),
    "succession": Text("沿革", "Successions"),
    "codes_used": Text("用过的编码", "Codes used"),
    "versions": Text("账本", "Ledger"),
    "plans": Text("方案", "Plans"),
    "meta": Text("工作区说明", "Meta"),
}
LEVELS = {
    "grid": "",
    "village": "村级",
    "township": "乡镇级",
    "county": "县级",
    "large": "大",
    "medium": "中",
    "small": "小",
}
"""What usual levels are called before the name of a table; others go by their own name."""
SEVERITY_STYLE = {"defect": "bold red", "warning": "yellow", "information": "dim"}
ANSWERS: Mapping[str, Text] = {
    "grid": Text("属于 {grid} {name}", "in {grid} {name}"),
    "outside": Text("在所有网格之外", "outside all grids"),
    "no place": Text("没有坐标，无从判断", "without coordinates, so nobody knows"),
    "not yet": Text("那时还没有登记", "not in the record yet"),
    "no longer": Text("那时已不在登记中", "no longer in the record"),
    "erased": Text("已被抹除", "erased"),
    "unknown": Text("从未登记过；请检查户编号", "never recorded; check the id"),
}
CHANGE: Mapping[str, Text] = {
    "began": Text("设立", "began"),
    "changed": Text("变动", "changed"),
    "ended": Text("终止", "ended"),
    "": Text("移出土地", "passed land on"),
}
COLUMNS: Mapping[str, Text] = {
    **STAFF_NAMES,
    "geometry": Text("边界", "border"),
    "name": Text("名称", "name"),
    "code": Text("编码", "code"),
    "parent_id": Text("上级", "parent"),
    "level": Text("层级", "level"),
    "grid_set": Text("网格组", "grid set"),
    "kind": Text("类别", "kind"),
}
"""What may change of a grid; never what it changed to."""
REPAIRED: Mapping[str, Text] = {**figures.KINDS, "outside_parent": Text("超出上级", "Outside its parent")}
_DUST = Text("碎屑", "Dust")
_INSIDE = Text("--inside 的范围", "the land of --inside")
_OF_DUST = Text("宽不到 1 毫米，出自坐标取整", "narrower than 1 mm: of rounded coordinates")
MORE = Text("另有 {n} 行，见 --out 的文件。", "{n} more rows: see the files of --out.")
HMAC: Mapping[str, Text] = {
    "checked": Text("HMAC 已核对", "HMACs checked"),
    "not checked": Text("HMAC 未核对（没有给密钥）", "HMACs not checked (no key given)"),
    "wrong": Text("HMAC 不符或缺少", "HMACs do not fit or are missing"),
}


_VOUCHED = Text(
    "没有自己的 HMAC，由其后的版本担保：第 {versions} 版",
    "without an HMAC of their own, vouched for by those after them: version {versions}",
)
_HEAD_FOUND = Text("所给的哈希是第 {v} 版的", "the hash given is that of version {v}")
_BARE = Text(
    "没有密钥标记（HMAC），而之前的版本有：第 {versions} 版；是按 --without-key 写入的，还是被抹去的，请用 geogrid verify 查看",
    "no mark of a key (HMAC) although earlier ones have one: version {versions}; geogrid verify tells whether it was written "
    "with --without-key or blanked",
)


def table_name(table: str) -> Text:
    """Return what a table is called."""
    return TABLES.get(table, Text(table, table))


def version(made: Version, lang: Lang) -> RenderableType:
    """Return what a new version is, with the hash of the chain's head."""
    said = Text("第 {v} 版  {kind}  自 {day} 起生效", "version {v}  {kind}  with effect from {day}")
    kind = VERSIONS[made.kind]
    head = Text(
        said.zh.format(v=made.version, kind=kind.zh, day=made.effective),
        said.en.format(v=made.version, kind=kind.en, day=made.effective),
    )
    return Group(Line(head.say(lang), "bold green"), Line.assemble((Text("链首哈希 ", "head hash ").say(lang), "dim"), made.hash))


# What is wrong


def findings(found: pd.DataFrame, lang: Lang) -> RenderableType:
    """Return kinds of findings with counts and remedies, the worst first."""
    headings = (Text("问题", "Finding"), Text("处数", "Found"), Text("例如", "Such as"), Text("怎么办", "What to do"))
    table = columns(lang, headings, right=(1,))
    counts = found["kind"].value_counts()
    ranked = sorted((kind for kind in KINDS if kind in counts), key=lambda kind: list(SEVERITIES).index(KINDS[kind].severity))
    for kind in ranked:
        first = found[found["kind"] == kind].iloc[0]
        named = [*first["grid_ids"], *first["other_ids"], *([first["area_id"]] if first["area_id"] else [])]
        shown = Wrapped(Line(clean(", ".join(map(str, named[:3])))))
        name = Line(KINDS[kind].name.say(lang), SEVERITY_STYLE[KINDS[kind].severity])
        table.add_row(name, f"{counts[kind]:,}", shown, Wrapped(Line(KINDS[kind].remedy.say(lang))))
    return table


def more(n: int, lang: Lang, said: Text = MORE) -> list[RenderableType]:
    """Return a line on rows that are left out, where there are any."""
    return [Line(said.fill(n=f"{n:,}").say(lang), "dim")] if n > 0 else []


# Mended


def mended(done: Repaired, lang: Lang) -> list[RenderableType]:
    """Return what was mended and by which rule, the account of the land, and what is left."""
    parts = [_pieces(done, lang), _account(done, lang)] if len(done.mended) or _dust_m2(done) >= LEAST_M2 else []
    return [*parts, *([_left(done, lang)] if len(done.left) else [])]


def _pieces(done: Repaired, lang: Lang) -> RenderableType:
    """Return what was mended by kind and rule; who had each piece and has it now stands in the files."""
    headings = (
        Text("修补", "Mended"),
        Text("处数", "Pieces"),
        Text("最宽（米）", "Widest m"),
        Text("平方米", "m²"),
        Text("网格或区域", "Polygons"),
        Text("规则", "Rule"),
    )
    table = columns(lang, headings, right=(1, 2, 3, 4))
    for (kind, rule), rows in done.mended.groupby(["kind", "rule"], sort=False):
        who = {each for ids in (*rows["from_ids"], *rows["to_ids"]) for each in ids}
        said = Wrapped(Line(RULES[rule].say(lang)))
        told = (
            f"{rows['pieces'].sum():,}",
            f"{rows['width_m'].max():,.2f}",
            amount(float(rows["area_m2"].sum())),
            f"{len(who):,}",
        )
        table.add_row(REPAIRED.get(kind, Text(kind, kind)).say(lang), *told, said)
    if _dust_m2(done) >= LEAST_M2:
        counts = (f"{done.dust['pieces'].sum():,}", f"{done.dust['width_m'].max():,.4f}", amount(_dust_m2(done)), "")
        table.add_row(_DUST.say(lang), *counts, Wrapped(Line(_OF_DUST.say(lang))), style="dim")
    return table


def _dust_m2(done: Repaired) -> float:
    return float(done.dust["area_m2"].sum())


def _account(done: Repaired, lang: Lang) -> RenderableType:
    """Return square metres before and after of the polygons that differ, the largest changes first, and in all by level."""
    names = (Text("原有", "Before"), Text("得", "Taken"), Text("失", "Given"), Text("取整", "Cut"), Text("现有", "After"))
    table = columns(lang, (Text("面积账（平方米）", "Account (m²)"), *names), right=(1, 2, 3, 4, 5))
    keys = ["before_m2", "taken_m2", "given_m2", "cut_m2", "after_m2"]
    change = (done.account["after_m2"] - done.account["before_m2"]).abs()
    rows = done.account.assign(change=change)[change >= LEAST_M2].sort_values("change", ascending=False, kind="stable")
    for row in rows.head(MOST_ROWS // 2).to_dict("records"):
        table.add_row(clean(row["polygon_id"]), *(amount(row[key]) for key in keys))
    for (name, _, level), of in done.account.groupby(["table", "grid_set", "level"], sort=False):
        total = Text(
            f"{LEVELS.get(level, level)}{table_name(name).zh}合计",
            " ".join(filter(None, (table_name(name).en, level))) + ", in all",
        ).say(lang)
        table.add_row(Wrapped(Line(clean(total))), *(amount(float(of[key].sum())) for key in keys), style="bold")
    return Group(table, *more(len(rows) - MOST_ROWS // 2, lang))


def amount(value: float) -> str:
    """Return square metres to the hundredth, without a sign on nothing.

    Examples
    --------
    >>> amount(-0.0001), amount(1234.567)
    ('0.00', '1,234.57')
    """
    return f"{round(value, 2) + 0.0:,.2f}"


def _left(done: Repaired, lang: Lang) -> RenderableType:
    headings = (
        Text("留给人决定", "Left for a person"),
        Text("哪里", "Where"),
        Text("宽（米）", "Width m"),
        Text("平方米", "m²"),
        Text("为什么", "Why"),
    )
    table = columns(lang, headings, right=(2, 3))
    for row in done.left.sort_values("area_m2", ascending=False, kind="stable").head(MOST_ROWS).itertuples():
        kind = REPAIRED.get(row.kind, Text(row.kind, row.kind)).say(lang)
        where = Wrapped(
            Line(
                clean(
                    ", ".join(
                        [*row.grid_ids, *([_land(row.area_id, lang)] if isinstance(row.area_id, str) and row.area_id else [])]
                    )
                )
            )
        )
        why = Wrapped(Line(row.why_zh if lang == "zh" else row.why_en))
        table.add_row(Line(kind, "yellow"), where, figures.number(row.width_m, 2), f"{row.area_m2:,.2f}", why)
    return Group(table, *more(len(done.left) - MOST_ROWS, lang))


def _land(area_id: str, lang: Lang) -> str:
    """Return an area's id; the land given with --inside has none."""
    return _INSIDE.say(lang) if area_id == OUTLINE.polygon_id else area_id


# The record


def ledger(versions: pd.DataFrame, name: str, lang: Lang) -> RenderableType:
    """Return the ledger, newest last."""
    headings = (
        Text("版", "Version"),
        Text("生效", "Effective"),
        Text("何事", "What"),
        Text("经办", "Who"),
        Text("理由", "Why"),
        Text("变动（行）", "Rows"),
        Text("哈希", "Hash"),
    )
    table = columns(lang, headings, right=(0, 1))
    for row in versions.itertuples():
        counts = [
            f"{table_name(t).say(lang)} +{c['began']:,} −{c['ended']:,}"
            for t, c in row.counts.items()
            if t in TABLES and t in row.tables and (c["began"] or c["ended"])
        ]
        why = "  ".join(part for part in (row.reason, row.approval) if part)
        cells = (VERSIONS[row.kind].say(lang), clean(row.who), clean(why), ", ".join(counts), row.hash[:HASH_SHOWN])
        table.add_row(str(row.version), str(row.effective), *(Wrapped(Line(cell)) for cell in cells))
    marked = [bool(hmac) for hmac in versions["hmac"]]
    bare = [v for v, has in zip(versions["version"], marked, strict=True) if not has and True in marked[:v]]
    said = [Wrapped(Line(_BARE.fill(versions=spans(bare)).say(lang), "yellow"))] if bare else []
    return Group(title(lang, Text(f"{name} 的账本", f"Ledger of {name}")), table, *said)


def life(rows: pd.DataFrame, grid_id: str, lang: Lang) -> RenderableType:
    """Return what became of a grid."""
    headings = (
        Text("版", "Version"),
        Text("自", "From"),
        Text("何事", "What"),
        Text("面积（平方米）", "Area m²"),
        Text("来自 / 去向", "From / into"),
        Text("经办和理由", "Who and why"),
    )
    table = columns(lang, headings, right=(0, 1, 3))
    for row in rows.to_dict("records"):
        what = _change(row)
        area = "" if pd.isna(row["area_m2"]) else f"{row['area_m2']:,.0f}"
        kin = [*(f"← {each}" for each in row["predecessors"]), *(f"→ {each}" for each in row["successors"])]
        why = "  ".join(part for part in (row["who"], row["reason"], row["approval"]) if part)
        cells = [Wrapped(Line(clean(text))) for text in (what.say(lang), "  ".join(kin), why)]
        table.add_row(str(row["version"]), str(row["effective"]), cells[0], area, cells[1], cells[2])
    return Group(title(lang, Text(f"网格 {grid_id}", f"Grid {grid_id}")), table)


def _change(row: Mapping[str, Any]) -> Text:
    """Return what happened to a grid in a version: for a change, of which columns."""
    changed = [COLUMNS.get(name, Text(name, name)) for name in row["columns"]]
    of = Text("、".join(each.zh for each in changed), ", ".join(each.en for each in changed))
    change, kind = CHANGE[row["change"]], VERSIONS[row["kind"]]
    return Text(
        f"{change.zh}{'：' if of.zh else ''}{of.zh}（{kind.zh}）", f"{change.en}{': ' if of.en else ''}{of.en} ({kind.en})"
    )


def whereabouts(found: Whereabouts, household: str, day: dt.date, lang: Lang) -> RenderableType:
    """Return which grid a household was in."""
    said = ANSWERS[found.answer].fill(grid=found.grid_id, name=found.name)
    basis = Text("按第 {v} 版的边界", "by the borders of version {v}")
    placed = Text("；位置取自所在单元", "; placed at its unit")
    by = basis.fill(v=found.version).say(lang) + ("" if found.placed or found.grid_id is None else placed.say(lang))
    colour = "green" if found.answer == "grid" else "yellow"
    return Group(
        Line.assemble((clean(f"{household}  {day}  "), "bold"), (clean(said.say(lang)), f"bold {colour}")), Line(by, "dim")
    )


def verified(found: Verification, lang: Lang) -> list[RenderableType]:
    """Return whether the record fits, and what does not."""
    good = Text("相符：{v} 个版本、{rows} 行", "It fits: {v} versions, {rows} rows")
    bad = Text("不符：{n} 处（查了 {v} 个版本、{rows} 行）", "It does not fit: {n} found ({v} versions, {rows} rows)")
    said = (good if found.ok else bad).fill(v=found.versions, rows=f"{found.rows:,}", n=len(found.problems))
    lines: list[RenderableType] = [Line(said.say(lang), "bold green" if found.ok else "bold red")]
    lines += [Line.assemble((Text("链首哈希 ", "head hash ").say(lang), "dim"), found.head_hash)]
    lines += [Line(HMAC[found.hmac].say(lang), "red" if found.hmac == "wrong" else "dim")]
    if found.hmac == "checked" and found.unsigned:
        lines.append(Wrapped(Line(_VOUCHED.fill(versions=spans(found.unsigned)).say(lang), "dim")))
    if found.expected_version is not None:
        lines.append(Line(_HEAD_FOUND.fill(v=found.expected_version).say(lang), "dim"))
    return [Group(*lines), *([_problems(found, lang)] if found.problems else [])]


def _problems(found: Verification, lang: Lang) -> RenderableType:
    table = columns(lang, (Text("版", "Version"), Text("表", "Table"), Text("哪里不符", "What does not fit")), right=(0,))
    for problem in found.problems[:MOST_PROBLEMS]:
        number = "—" if problem.version is None else str(problem.version)
        table.add_row(number, table_name(problem.table).say(lang), Wrapped(Line(clean(problem.what.say(lang)))))
    return Group(table, *more(len(found.problems) - MOST_PROBLEMS, lang))


def moved_households(done: Repaired) -> Text:
    """Return how many households are in another grid; never which."""
    n = done.moved["household_id"].nunique()
    said = Text(
        "{n} 户换了网格（名单只写在 --out 的 private/moved.csv）",
        "{n} households are in another grid (who: only in private/moved.csv of --out)",
    )
    return said.fill(n=f"{n:,}")
