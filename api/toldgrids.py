"""What the terminal shows of proposed grids, merged units and shares. Exact counts: for the office; no household."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text as Line

from api.help import Wrapped
from api.terminal import clean, columns
from api.told import title
from geogrid.balancemoves import move_rows
from geogrid.words import Text
from maps.proposalbasis import STOPPED, proven
from maps.proposalwords import FIGURES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from rich.console import RenderableType

    from geogrid.balance import Proposal
    from geogrid.balancewords import Obstacle
    from geogrid.provenance import Provenance
    from geogrid.words import Lang

MOST_OBSTACLES = 12
MOST_MOVES = 20
MOST_SHARES = 20
STYLES: Mapping[str, Text] = {
    "least": Text("变动最少", "least change"),
    "near": Text("最接近目标", "nearest to target"),
    "compact": Text("紧凑", "compact"),
    "streets": Text("沿街沿河", "along streets"),
    "moves": Text("几步之内", "a few moves"),
    "even": Text("均匀", "even"),
}


def heading(kind: str, made: Provenance, lang: Lang) -> RenderableType:
    """Return what was proposed, and how sure that is."""
    again = Text("同样的输入和种子会得到同样的结果", "the same again with the same input and seed")
    ended = STOPPED[made.stopped]
    never = Text(f"{ended.zh}，再做一次结果可能不同", f"{ended.en}: another run may differ")
    proof, same = proven(made), again if made.is_reproducible else never
    aside = Text(
        f"{proof.zh}；种子 {made.seed}，{made.seconds:.1f} 秒；{same.zh}",
        f"{proof.en}; seed {made.seed}, {made.seconds:.1f} s; {same.en}",
    )
    return Wrapped(title(lang, KINDS[kind], aside.say(lang)))


def alternatives(proposal: Proposal, lang: Lang) -> RenderableType:
    """Return the figures of today and of all alternatives side by side."""
    told = [each.figures for each in proposal.alternatives]
    names = [Text(each.plan.name, each.plan.name) for each in proposal.alternatives]
    before = [proposal.today] if proposal.today else []
    heads = [Text("", ""), *([Text("现状", "Today")] if before else []), *names]
    table = columns(lang, heads, right=tuple(range(1, len(heads))))
    styles = [STYLES[each.style].say(lang) if each.style in STYLES else "" for each in proposal.alternatives]
    if any(styles):
        table.add_row(Text("侧重", "Leans to").say(lang), *([""] if before else []), *styles)
    for key, figure in FIGURES.items():
        rows = [*before, *told]
        if any(row.get(key) is not None for row in told):
            table.add_row(figure.label.say(lang), *(written(row.get(key), figure.unit) for row in rows))
    return table


def figures(told: Mapping[str, float | None], lang: Lang) -> RenderableType:
    """Return figures, one a line."""
    table = columns(lang, [Text("", ""), Text("", "")], right=(1,))
    for key, figure in FIGURES.items():
        if told.get(key) is not None:
            table.add_row(figure.label.say(lang), written(told[key], figure.unit))
    return table


def written(value: float | None, unit: str) -> str:
    """Return a figure as it is written.

    Examples
    --------
    >>> written(0.0312, "share"), written(1234.4, "metres"), written(None, "count")
    ('3.1 %', '1,234 m', '')
    """
    if value is None:
        return ""
    forms = {"share": f"{value:.1%}".replace("%", " %"), "metres": f"{value:,.0f} m", "ratio": f"{value:.2f}"}
    return forms.get(unit, f"{value:,.0f}")


def obstacles(found: Sequence[Obstacle], lang: Lang, *, most: int = MOST_OBSTACLES) -> list[RenderableType]:
    """Return the places that cannot be brought into range, why, and what would release each."""
    if not found:
        return []
    said = Text("做不到的地方：{n} 处", "Not possible: {n} places").fill(n=len(found))
    lines: list[RenderableType] = [Line(said.say(lang), "bold")]
    for each in found[:most]:
        lines.append(Wrapped(Line(clean(f"  {each.name}：{each.why.zh}" if lang == "zh" else f"  {each.name}: {each.why.en}"))))
        lines += [Wrapped(Line(clean(f"    → {release.say(lang)}"), "dim")) for release in each.releases]
    if len(found) > most:
        rest = Text("  ……另有 {n} 处，见报告", "  … and {n} more, see the report").fill(n=len(found) - most)
        lines.append(Line(rest.say(lang), "dim"))
    return [Group(*lines)]


def moves(proposal: Proposal, lang: Lang) -> list[RenderableType]:
    """Return the moves one by one, where a few were asked for; what each mends is said in the notes."""
    rows = [row for made in proposal.alternatives for row in move_rows(made.moves, proposal.ground, proposal.town.unit_names)]
    if not rows:
        return []
    heads: tuple[Text, ...] = (Text("步", "Step"), Text("地块", "Piece"), Text("户", "Households"), Text("从 → 到", "From → to"))
    heads += (Text("划出方", "Giver"), Text("划入方", "Taker"), Text("范围外网格", "Grids out of range"))
    table = columns(lang, heads, right=(0, 2, 4, 5, 6))
    for row in rows[:MOST_MOVES]:
        pairs = [f"{row[f'{key}_before']:,} → {row[f'{key}_after']:,}" for key in ("from", "to", "out")]
        ends = clean(f"{row['from_id']} → {row['to_id']}")
        table.add_row(str(row["step"]), clean(row["piece"]), f"{row['households']:,}", ends, *pairs)
    return [table]


def shares(rows: gpd.GeoDataFrame, lang: Lang, *, most: int = MOST_SHARES) -> RenderableType:
    """Return who gets which share, of how many households."""
    heads = (Text("网格", "Grid"), Text("片", "Share"), Text("负责人", "Person"), Text("户", "Households"), Text("人", "Persons"))
    table = columns(lang, heads, right=(3, 4))
    for row in rows[:most].itertuples(name=None, index=False):
        share_id, grid_id, _, name, households, persons = row[:6]
        person = "—" if name == share_id else clean(name)
        table.add_row(clean(grid_id), clean(share_id), person, f"{households:,}", f"{persons:,}")
    if len(rows) > most:
        rest = Text("另有 {n} 片，见报告", "{n} more, see the report").fill(n=len(rows) - most)
        return Group(table, Line(rest.say(lang), "dim"))
    return table


def joined(rows: Iterable[Mapping[str, Any]], unit: Text, lang: Lang) -> RenderableType:
    """Return the units that join."""
    heads = (Text("保留", "Goes on"), Text("合并的单元", "Units joined"), Text("合并前最少", "Least before"), unit)
    table = columns(lang, heads, right=(2, 3))
    for row in rows:
        cells = (clean(", ".join(row["unit_ids"])), f"{row['value_before']:,}", f"{row['value_after']:,}")
        table.add_row(clean(row["unit_id"]), Wrapped(Line(cells[0])), *cells[1:])
    return table if table.row_count else Line(Text("没有要合并的单元。", "No unit has to join.").say(lang), "dim")
