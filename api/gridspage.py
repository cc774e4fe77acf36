"""The page and the workbook of proposed grids, merged units and shares: what `geogrid` found, as `maps` draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from api.asking import noted
from geogrid.balancefigures import grid_table, turnover_of
from geogrid.balancemoves import move_rows
from geogrid.balancewords import HOUSEHOLDS
from geogrid.differences import land_changed
from geogrid.merging import MEASURES
from geogrid.publish import are_of_osm, streets_of
from geogrid.words import Text
from maps.proposal import Division, DivisionsPage, Head, Trouble, proposal_page

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from geogrid.balance import Alternative, Proposal
    from geogrid.balancetown import Town
    from geogrid.balancewords import Obstacle
    from geogrid.merging import UnitsMerged
    from geogrid.provenance import Provenance
    from geogrid.sharing import Shares
    from geogrid.words import Lang


def grids_page(proposal: Proposal, place: str, lang: Lang) -> str:
    """Return the page of proposed or merged grids."""
    town, limits = proposal.town, proposal.limits
    counts = None if limits is None else limits
    page = DivisionsPage(
        head_of(proposal.kind, town, place, (summary(proposal), proposal.provenance, proposal.notes)),
        [division_of(town, each) for each in proposal.alternatives],
        today=grid_table(town, town.seated) if town.grid_ids else None,
        areas=areas_of(town),
        barriers=town.tables.get("barriers"),
        low=counts.low if counts else None,
        high=counts.high if counts else None,
        target=counts.target if counts else None,
        troubles=troubles_of(proposal.obstacles),
    )
    return proposal_page(page, lang=lang)


def division_of(town: Town, made: Alternative) -> Division:
    """Return an alternative as the page shows it."""
    name = Text(made.plan.name, made.plan.name)
    grids = grid_table(town, made.sheet.after, turnover_of(made.sheet))
    return Division(made.plan.name, name, grids, made.figures, moved=land_of(town, made), notes=made.notes)


def land_of(town: Town, made: Alternative) -> gpd.GeoDataFrame | None:
    """Return the land that changes hands between grids of today, with the households that go along."""
    if not town.grid_ids:
        return None
    flows = {(row.from_id, row.to_id): row.households for row in made.sheet.flows.itertuples()}
    moved = [each for each in land_changed(made.sheet.before.boundaries, made.sheet.after.boundaries) if each.from_id]
    rows = [
        {"from_id": each.from_id or "", "to_id": each.to_id or "", "households": flows.get((each.from_id, each.to_id), 0)}
        for each in moved
    ]
    columns = ["from_id", "to_id", "households"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=[each.shape for each in moved], crs=town.base.crs)


def areas_of(town: Town, ids: Collection[str] = ()) -> gpd.GeoDataFrame | None:
    """Return the villages that are divided, or only some of them."""
    keys = [key for key in town.area_ids if not ids or key in ids]
    rows = [town.base.areas.get(key) or town.base.grids.get(key) for key in keys]
    known = [row for row in rows if row is not None]
    shapes = [row.shape for row in known]
    return gpd.GeoDataFrame({"name": [row.name for row in known]}, geometry=shapes, crs=town.base.crs) if known else None


def troubles_of(obstacles: Sequence[Obstacle]) -> list[Trouble]:
    """Return what stands in the way as the page shows it."""
    return [Trouble(each.name, each.why, each.releases, each.shape) for each in obstacles]


def head_of(kind: str, town: Town, place: str, said: tuple[Sequence[Text], Provenance, Sequence[Text]]) -> Head:
    """Return what the page says first and last."""
    summary_, provenance, notes = said
    roads = town.tables.get("roads")
    streets = None if roads is None else streets_of(roads)
    return Head(kind, Text(place, place), summary_, provenance, notes, streets, are_of_osm(roads))


def summary(proposal: Proposal) -> list[Text]:
    """Say in sentences what came out."""
    if not proposal.alternatives:
        return [_NOTHING]
    best = proposal.alternatives[0].figures
    told = {key: f"{value:,.0f}" if value is not None else "—" for key, value in best.items()}
    said = [(_IN_RANGE if best.get("in_range") is not None else _COUNTED).fill(**told)]
    if best.get("households_moved") is not None:
        said.append(_MOVED.fill(n=told["households_moved"], share=f"{best['moved_share'] or 0:.1%}"))
    if proposal.obstacles:
        said.append(_OBSTACLES.fill(n=len(proposal.obstacles)))
    return said


def units_page(done: UnitsMerged, place: str, lang: Lang) -> str:
    """Return the page of merged units."""
    unit = MEASURES[done.asked.by]
    before = _as_grids(done.items, "unit_id", "value")
    keeper = {each: row.unit_id for row in done.groups.itertuples() for each in row.unit_ids}
    merged = done.items.assign(unit_id=[keeper.get(key, key) for key in done.items["unit_id"]])
    names = dict(zip(done.groups["unit_id"], done.groups["name"], strict=True))
    after = merged.dissolve("unit_id", aggfunc={"name": "first", "value": "sum"}).reset_index()
    after["name"] = [names.get(key, name) for key, name in zip(after["unit_id"], after["name"], strict=True)]
    said = [_JOINED.fill(n=len(done.groups), units=int(done.groups["unit_ids"].map(len).sum()))]
    alternative = Division("units", _UNITS, _as_grids(after, "unit_id", "value"), done.figures)
    page = DivisionsPage(
        head_of("merge", done.town, place, (said, done.provenance, done.notes)),
        [alternative],
        today=before,
        areas=areas_of(done.town),
        low=done.asked.minimum,
        high=done.asked.most,
        unit=unit,
        thing=_UNIT,
        troubles=troubles_of(done.obstacles),
    )
    return proposal_page(page, lang=lang)


def _as_grids(frame: gpd.GeoDataFrame, key: str, value: str) -> gpd.GeoDataFrame:
    named = frame.rename(columns={key: "grid_id"}).drop(columns="households", errors="ignore")
    named = named.rename(columns={value: "households"}) if value != "households" else named
    return named.assign(name=named["name"].fillna(named["grid_id"]).astype(object))


def shares_page(done: Shares, place: str, lang: Lang) -> str:
    """Return the page of shares: the grids, and the shares of their members."""
    names = dict(zip(done.today["grid_id"], done.today["name"], strict=True))
    area = [names[key] for key in done.shares["grid_id"]]
    called = [f"{grid} · {name}" for grid, name in zip(area, done.shares["name"], strict=True)]
    shares = done.shares.assign(name=called, area=area, grid_id=done.shares["share_id"])
    said = [_SHARED.fill(n=len(shares), grids=done.shares["grid_id"].nunique(), homes=f"{int(shares['households'].sum()):,}")]
    page = DivisionsPage(
        head_of("shares", done.town, place, (said, done.provenance, done.notes)),
        [Division("shares", _SHARES, shares.drop(columns=["share_id", "staff_id"]), done.figures)] if len(shares) else [],
        today=done.today.drop(columns="members"),
        areas=areas_of(done.town, {done.town.base.grids[key].parent_id for key in done.today["grid_id"]}),
        unit=HOUSEHOLDS,
        troubles=troubles_of(done.obstacles),
    )
    return proposal_page(page, lang=lang)


# Workbooks


def book_of(proposal: Proposal, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the sheets of a workbook of proposed grids: no household."""
    town = proposal.town
    rows = [{"plan": each.plan.name, "style": each.style} | _labelled(each.figures, lang) for each in proposal.alternatives]
    proposed = [
        grid_table(town, each.sheet.after, turnover_of(each.sheet)).assign(plan=each.plan.name) for each in proposal.alternatives
    ]
    grids = pd.concat(proposed, ignore_index=True) if proposed else pd.DataFrame({"plan": []})
    today = {"today_grids": _flat(grid_table(town, town.seated))} if town.grid_ids else {}
    rest = {"obstacles": obstacle_rows(proposal.obstacles, lang), "made_from": made_from(proposal.provenance)}
    moved = [row for each in proposal.alternatives for row in move_rows(each.moves, proposal.ground, town.unit_names)]
    steps = {"moves": pd.DataFrame(moved)} if moved else {}
    told = {"alternatives": pd.DataFrame(rows), **steps, "proposed": _flat(grids), **today, **rest}
    said = [note for each in proposal.alternatives for note in each.notes]
    return {**told, "notes": noted([*said, *proposal.notes], lang)}


def _labelled(figures: Mapping[str, float | None], lang: Lang) -> dict[str, float | None]:
    from maps.proposalwords import FIGURES  # noqa: PLC0415

    return {FIGURES[key].label.say(lang): value for key, value in figures.items()}


def obstacle_rows(obstacles: Sequence[Obstacle], lang: Lang) -> pd.DataFrame:
    """Return what stands in the way as a table."""
    rows = [
        {
            "area_id": each.area_id,
            "name": each.name,
            "why": each.why.say(lang),
            "releases": [release.say(lang) for release in each.releases],
            "is_proven": each.is_proven,
        }
        for each in obstacles
    ]
    return pd.DataFrame(rows, columns=["area_id", "name", "why", "releases", "is_proven"])


def made_from(provenance: Provenance) -> pd.DataFrame:
    """Return what a proposal was made from as a table of two columns."""
    rows: dict[str, Any] = {}
    for key, value in provenance.to_record().items():
        rows |= {f"{key}.{part}": each for part, each in value.items()} if isinstance(value, dict) else {key: value}
    return pd.DataFrame({"key": list(rows), "value": [str(value) for value in rows.values()]})


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))


_NOTHING = Text("没有需要改变的地方。", "Nothing has to change.")
_IN_RANGE = Text(
    "建议 {grids} 个网格，其中 {in_range} 个在户数范围内；最小 {smallest} 户，最大 {largest} 户。",
    "{grids} grids are proposed, {in_range} of them in range; the smallest has {smallest} households, the largest {largest}.",
)
_COUNTED = Text(
    "建议 {grids} 个网格；最小 {smallest}，最大 {largest}。",
    "{grids} grids are proposed; smallest {smallest}, largest {largest}.",
)
_MOVED = Text("{n} 户换网格（{share}）。", "{n} households change hands ({share}).")
_OBSTACLES = Text("有 {n} 处做不到，原因和出路见清单。", "{n} places cannot be met; why, and what would release them, is listed.")
_JOINED = Text("{units} 个单元合并成 {n} 个。", "{units} units join into {n}.")
_UNIT = Text("单元", "unit")
_UNITS = Text("合并后的单元", "Units joined")
_SHARED = Text("{grids} 个网格的 {homes} 户分成 {n} 片。", "{homes} households of {grids} grids are divided into {n} shares.")
_SHARES = Text("分片", "Shares")
