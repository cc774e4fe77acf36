"""What the terminal shows of changes: who gains and who loses, by facilities tried out, paths added or streets closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group
from rich.text import Text as Line

from api.terminal import clean, columns
from api.told import grid_name, service_name, terms, title
from geogrid.labels import CODES
from geogrid.settings import ALL
from geogrid.words import Text
from maps import figures
from maps.streetwords import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import RenderableType

    from geogrid.adding import PathsEffect
    from geogrid.effects import Effect
    from geogrid.streets import ClosureEffect, StreetReport
    from geogrid.town import Town
    from geogrid.whatif import Change
    from geogrid.words import Lang

MOST_ROWS = 5


def changes(town: Town, made: Sequence[Change], lang: Lang) -> Group:
    """Return what was tried out, one line a change."""
    lines = []
    for change in made:
        services = ", ".join(service_name(town, service, lang) for service in change.services)
        place = "" if change.lon is None else f"{change.lon:g}, {change.lat:g}"
        said = "  ".join(
            part for part in (CODES[change.kind].say(lang), change.facility_id, change.name, services, place) if part
        )
        lines.append(Line(clean(f"  {said}")))
    return Group(*lines)


def gains(town: Town, effect: Effect, lang: Lang) -> list[RenderableType]:
    """Return who gains and who loses, by service, and the grids where most do."""
    reached = terms(town, effect.totals["service"], lang)
    return [reached, _gains(town, effect.totals, lang), _most_affected(town, effect.by_grid, lang)]


def _gains(town: Town, totals: pd.DataFrame, lang: Lang) -> RenderableType:
    headings = (
        Text("服务", "Service"),
        Text("新增覆盖\n户 / 人", "Gain,\nhouseholds\n/ persons"),
        Text("失去覆盖\n户 / 人", "Lose,\nhouseholds\n/ persons"),
        Text("覆盖率", "Covered"),
        Text("更近 / 更远\n户", "Nearer\n/ farther,\nhouseholds"),
    )
    table = columns(lang, headings, right=(1, 2, 3, 4))
    for row in totals.to_dict(orient="records"):
        pairs = [
            (f"{row[f'households_{part}']:,} / {row[f'persons_{part}']:,}", row[f"households_{part}"])
            for part in ("gain", "lose")
        ]
        told = [Line(text, style if count else "dim") for (text, count), style in zip(pairs, ("green", "red"), strict=True)]
        share = f"{figures.share(row['share_before'])} → {figures.share(row['share_after'])}"
        moved = "" if row["service"] == ALL else f"{row['households_nearer']:,} / {row.get('households_farther', 0):,}"
        table.add_row(service_name(town, row["service"], lang), *told, share, moved)
    return table


def _most_affected(town: Town, by_grid: pd.DataFrame, lang: Lang) -> RenderableType:
    single = by_grid[by_grid["service"] != ALL]
    if single.empty:
        return Line(Text("没有一户的覆盖情况改变。", "Nobody's coverage changes.").say(lang), "dim")
    headings = (
        Text("变化最大的网格", "Grids most affected"),
        Text("服务", "Service"),
        Text("新增覆盖\n户 / 人", "Gain,\nhouseholds\n/ persons"),
        Text("失去覆盖\n户 / 人", "Lose,\nhouseholds\n/ persons"),
        Text("覆盖户数", "Households\ncovered"),
    )
    table = columns(lang, headings, right=(2, 3, 4))
    order = (single["households_gain"] + single["households_lose"]).to_numpy().argsort(kind="stable")[::-1][:MOST_ROWS]
    for row in single.iloc[order].to_dict(orient="records"):
        told = [f"{row[f'households_{part}']:,} / {row[f'persons_{part}']:,}" for part in ("gain", "lose")]
        covered = f"{row['households_covered_before']:,} → {row['households_covered_after']:,}"
        table.add_row(grid_name(town, row["grid_id"], lang), service_name(town, row["service"], lang), *told, covered)
    return table


def closed(town: Town, effect: ClosureEffect, lang: Lang) -> list[RenderableType]:
    """Return how much street is closed, who loses what, and the grids where most do."""
    said = Text("封闭街道 {m} 米，{n} 段", "{m} m of street closed, in {n} parts")
    head = title(lang, said.fill(m=f"{effect.closed_m:,.0f}", n=f"{len(effect.closed):,}"))
    grids = effect.grids[
        (effect.grids["households_lost"] + effect.grids["households_no_path"] + effect.grids["households_longer"]) > 0
    ]
    order = ["households_lost", "households_no_path", "households_longer"]
    worst = grids.sort_values(order, ascending=False, kind="stable").head(MOST_ROWS)
    most = (
        [_losses(town, worst, lang)] if len(worst) else [Line(Text("没有一户受影响。", "Nobody is affected.").say(lang), "dim")]
    )
    return [Group(head, terms(town, effect.services["service"], lang)), _losses(town, effect.services, lang), *most]


def _losses(town: Town, rows: pd.DataFrame, lang: Lang) -> RenderableType:
    """Return a row per service, or per grid and service."""
    by_grid = "grid_id" in rows
    headings = (
        *((Text("影响最大的网格", "Grids most affected"),) if by_grid else ()),
        Text("服务", "Service"),
        Text("失去覆盖\n户 / 人", "Lose,\nhouseholds\n/ persons"),
        Text("无路可达\n户", "No\npath"),
        Text("绕远\n户", "Longer\nway"),
        Text("多用分钟\n平均 / 最多", "Minutes\nmore, mean\n/ most"),
    )
    first = 2 if by_grid else 1
    table = columns(lang, headings, right=tuple(range(first, first + 4)))
    for row in rows.to_dict(orient="records"):
        lost = f"{row['households_lost']:,} / {row['persons_lost']:,}"
        style = "red" if row["households_lost"] else "dim"
        others = [f"{row[f'households_{kind}']:,}" for kind in ("no_path", "longer")]
        more = [figures.number(row[key]) for key in ("minutes_added", "most_minutes_added")]
        added = "" if np.isnan(row["minutes_added"]) else " / ".join(more)
        named = [grid_name(town, row["grid_id"], lang)] if by_grid else []
        table.add_row(*named, service_name(town, row["service"], lang), Line(lost, style), *others, added)
    return table


def paths(town: Town, before: StreetReport, after: StreetReport, effect: PathsEffect, lang: Lang) -> list[RenderableType]:
    """Return what a planner's own paths change: ends joined, findings before and after, who gains."""
    joined = Text(
        "新增街道：{n} 个端点接上，{loose} 个没有接上，{crossed} 处交叉连通",
        "Added streets: {n} ends joined, {loose} not, {crossed} crossings joined",
    ).fill(n=len(effect.joined.joined), loose=len(effect.joined.loose), crossed=effect.joined.crossings)
    headings = (Text("可疑之处", "Suspect"), Text("原来", "Before"), Text("加上之后", "After"))
    findings = columns(lang, headings, right=(1, 2))
    for kind, (name, _) in KINDS.items():
        if before.totals[kind] or after.totals[kind]:
            findings.add_row(name.say(lang), f"{before.totals[kind]:,}", f"{after.totals[kind]:,}")
    reached = terms(town, effect.services["service"], lang)
    return [Line(joined.say(lang), "bold"), findings, reached, _gains(town, effect.services, lang)]
