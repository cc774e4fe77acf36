"""What the terminal shows of proposed sites. Exact counts: for the office; no household."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text as Line

from api import toldgrids
from api.help import Wrapped
from api.terminal import clean, columns
from api.told import grid_name, service_name, terms, title
from geogrid.siting import MODELS
from geogrid.sitingwords import gain_unit, summary, unit_of, why_left
from geogrid.words import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geogrid.siting import SitesProposal
    from geogrid.words import Lang

MOST_SITES = 30
MOST_LEFT = 8
_NEWLY = {"covers": Text("新增\n覆盖", "Newly\ncovered")}
_COUNTED = dict.fromkeys(("p_median", "p_centre", "backup"), _NEWLY) | {"capacitated_mclp": {"served": Text("服务", "Serves")}}
"""What is told of each site beside its gain, where that is not all: by the model, columns and their names."""


def told_of(proposal: SitesProposal, lang: Lang) -> list[RenderableType]:
    """Return what was asked, what came out, the sites, the curve and who remains."""
    town, asked = proposal.town, proposal.asked
    head = title(
        lang,
        Text(service_name(town, asked.service, "zh"), service_name(town, asked.service, "en")),
        MODELS[asked.model].say(lang),
    )
    lines = [Wrapped(Line(clean(said.say(lang)))) for said in summary(proposal)]
    made = toldgrids.heading("sites", proposal.provenance, lang)
    parts: list[RenderableType] = [made, Group(head, terms(town, [asked.service], lang), *lines)]
    if len(proposal.sites):
        parts.append(_sites(proposal, lang))
    if len(proposal.curve):
        parts.append(_curve(proposal, lang))
    if len(proposal.left_by_grid):
        parts.append(_left(proposal, lang))
    return parts


def _sites(proposal: SitesProposal, lang: Lang) -> RenderableType:
    unit = gain_unit(proposal).say(lang)
    priced = proposal.sites["cost"].notna().any()
    counted = _COUNTED.get(proposal.asked.model, {})
    heads = [
        Text("", ""),
        Text("选址点", "Site"),
        Text("网格", "Grid"),
        Text(f"增益\n{unit}", f"Gain,\n{unit}"),
        Text("去掉它\n会失去", "Lost\nwithout it"),
        *counted.values(),
        *([Text("费用", "Cost")] if priced else []),
    ]
    table = columns(lang, heads, right=(0, *range(3, len(heads))))
    for row in proposal.sites.head(MOST_SITES).to_dict("records"):
        same = row["name"] == row["candidate_id"]
        name = row["candidate_id"] if same else f"{row['candidate_id']} {row['name']}"
        cost = ["" if math.isnan(row["cost"]) else f"{row['cost']:,g}"] if priced else []
        figures = [f"{row[key]:,.0f}" for key in ("gain", "lost", *counted)]
        table.add_row(str(row["rank"]), clean(name), grid_name(proposal.town, row["grid_id"], lang), *figures, *cost)
    return table


def _curve(proposal: SitesProposal, lang: Lang) -> RenderableType:
    unit = unit_of(proposal.asked.weight, proposal.town.settings.profile).say(lang)
    heads = (
        Text("新增点数", "New sites"),
        Text(f"最多覆盖\n{unit}", f"Most covered,\n{unit}"),
        Text("占全部", "Of all"),
        Text("多一个点多", "One more\nadds"),
        Text("证明", "Proof"),
    )
    table = columns(lang, heads, right=(0, 1, 2, 3))
    whole = proposal.figures["weight"] or 1.0
    for row in proposal.curve.to_dict("records"):
        at_most = Text(f"不超过 {row['bound']:,.0f}", f"at most {row['bound']:,.0f}")
        proof = Text("最优", "best") if row["is_proven"] else at_most
        share = f"{row['value'] / whole:.1%}".replace("%", " %")
        table.add_row(str(row["sites"]), f"{row['value']:,.0f}", share, f"{row['adds']:,.0f}", proof.say(lang))
    return table


def _left(proposal: SitesProposal, lang: Lang) -> RenderableType:
    unit = unit_of(proposal.asked.weight, proposal.town.settings.profile).say(lang)
    heads = (
        Text("仍未覆盖的网格", "Grids still uncovered"),
        Text("户", "Households"),
        Text(unit, unit),
        Text("原因", "Why"),
    )
    table = columns(lang, heads, right=(1, 2))
    rows = proposal.left_by_grid
    for row in rows.head(MOST_LEFT).to_dict("records"):
        why = why_left(row["reason"], row["minutes"], row["candidate_ids"])
        table.add_row(
            clean(str(row["name"])), f"{row['households']:,}", f"{row['weight']:,.0f}", Wrapped(Line(clean(why.say(lang))))
        )
    rest = len(rows) - MOST_LEFT
    more = Text(f"  ……另有 {rest} 处，见工作簿", f"  … and {rest} more, see the workbook")
    return Group(table, Line(more.say(lang), "dim")) if rest > 0 else table
