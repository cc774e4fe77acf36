"""What ``geogrid propose sites`` does: opens a town, asks where sites should be, writes the report, tells the result."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from api import told, toldsites
from api.asking import keep_book, keep_layer, noted, streets_of
from api.changes import changes_json
from api.gridspage import made_from
from api.keeping import Place, opened
from api.sitespage import sites_page
from api.source import read_folder
from api.working import keep, lost_rows, prepare_folder, write_csv
from geogrid import io
from geogrid.plain import plain
from geogrid.replacing import PRIVATE
from geogrid.settings import service_ids
from geogrid.siting import propose_sites
from geogrid.sitingtown import candidates_in, town_of
from geogrid.town import open_town
from geogrid.words import Text

if TYPE_CHECKING:
    from pathlib import Path

    from api.terminal import Terminal
    from geogrid.clock import Clock
    from geogrid.effort import Effort
    from geogrid.siting import SitesAsked, SitesProposal
    from geogrid.town import Town
    from geogrid.words import Lang


@dataclass(frozen=True)
class SitesWish:
    """What the command was asked: the question, and the file of candidates with its datum."""

    asked: SitesAsked
    candidates: Path | None = None
    datum: str = "wgs84"


def sites(terminal: Terminal, place: Path, wish: SitesWish, *, folder: Path, effort: Effort, clock: Clock) -> None:
    """Propose sites for a check's folder or a workspace, and write the report."""
    prepare_folder(folder, [place, *([wish.candidates] if wish.candidates is not None else [])])
    town, layer, name = _opened(place, wish, clock)
    notes, rejected = list[Text](), pd.DataFrame()
    if wish.candidates is not None:
        with clock.step("read"):
            read = io.read_candidates(wish.candidates, profile=town.settings.profile, datum=wish.datum)
            layer, notes, rejected = streets_of(read), lost_rows(read), read.rejected
    with clock.step("think"):
        proposal = propose_sites(town, wish.asked, effort, candidates=layer)
    with clock.step("write"):
        beside = _write(folder, proposal, name, terminal.lang) | _write_rejected(folder, rejected)
    parts = toldsites.told_of(proposal, terminal.lang)
    parts += told.notes(terminal.lang, [*proposal.notes, *notes])
    terminal.out.print(told.spaced([*parts, told.files(terminal.lang, FILES | beside, folder)]))


def _opened(place: Path, wish: SitesWish, clock: Clock) -> tuple[Town, gpd.GeoDataFrame | None, Text]:
    """Return the town of a check's folder or of a workspace, the candidates that are kept with it, and what it is called."""
    if place.is_dir():
        with clock.step("open"):
            town, called = open_town(place), read_folder(place).summary["place"]
        return town, None, Text(called["zh"] or place.name, called["en"] or place.name)
    with opened(clock, Place(place)) as workspace:
        service, name = service_ids([wish.asked.service], workspace.profile)[0], workspace.name or place.stem
        with clock.step("read"):
            town, layer = town_of(workspace, service), candidates_in(workspace)
    return town, layer, Text(name, name)


def _write(folder: Path, proposal: SitesProposal, name: Text, lang: Lang) -> dict[str, Text]:
    """Write the page, the workbook, the layer, the curve, the changes, the households and the record: all private."""
    page = sites_page(proposal, name, lang=lang)
    keep(folder, "proposal.html", lambda part: part.write_text(page, encoding="utf-8"))
    keep_layer(folder, "sites.geojson", _layer(proposal))
    curve = proposal.curve.assign(candidate_ids=[", ".join(ids) for ids in proposal.curve["candidate_ids"]])
    keep(folder, "curve.csv", lambda part: write_csv(curve, part))
    keep(folder, "changes.json", lambda part: part.write_bytes(changes_json(proposal.changes)))
    keep(folder, "site_households.csv", lambda part: write_csv(household_rows(proposal), part))
    text = json.dumps(proposal.to_record(), ensure_ascii=False, indent=1, default=plain, allow_nan=False)
    keep(folder, "proposal.json", lambda part: part.write_text(text, encoding="utf-8"))
    return keep_book(folder, "proposal", book_of(proposal, lang), proposal.town, lang)


def _write_rejected(folder: Path, rejected: pd.DataFrame) -> dict[str, Text]:
    """Write the candidates that could not be used, each with what is wrong with it; none of an earlier run stay."""
    if rejected.empty:
        (folder / PRIVATE / REJECTED).unlink(missing_ok=True)
        return {}
    keep(folder, REJECTED, lambda part: write_csv(rejected, part))
    return {f"{PRIVATE}/{REJECTED}": Text("未采用的候选点：行、列、原因", "candidates not used: line, column, reason")}


def _layer(proposal: SitesProposal) -> gpd.GeoDataFrame:
    places = proposal.candidates.table.geometry.iloc[proposal.sites["candidate"].to_numpy()]
    rows = proposal.sites.drop(columns=["candidate", "lon", "lat"])
    return gpd.GeoDataFrame(rows, geometry=places.to_numpy(), crs=proposal.town.crs)


def household_rows(proposal: SitesProposal) -> pd.DataFrame:
    """Return who becomes covered and who stays uncovered and why, in one list. For the office only."""
    newly = proposal.newly.assign(change="gains")
    left = proposal.left.rename(columns={"minutes": "minutes_candidate"}).assign(change="uncovered")
    columns = ["household_id", "grid_id", "persons", "weight", "change", "candidate_id", "minutes_before", "minutes_after"]
    columns += ["facility_after", "reason", "minutes_candidate"]
    parts = [part.reindex(columns=columns) for part in (newly, left) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def book_of(proposal: SitesProposal, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook."""
    candidates = pd.DataFrame(proposal.candidates.table.drop(columns="geometry"))
    tables: dict[str, Any] = {
        "sites": proposal.sites.drop(columns="candidate").dropna(axis=1, how="all"),
        "curve": proposal.curve.rename(columns={"bound": "at_most"}),
        "site_covers": proposal.covers,
        "site_grids": proposal.by_grid,
        "left_grids": proposal.left_by_grid.rename(columns={"minutes": "minutes_candidate"}),
        "left": proposal.left.rename(columns={"minutes": "minutes_candidate"}),
        "newly": proposal.newly,
        "candidates": candidates.dropna(axis=1, how="all"),
        "candidates_far": proposal.candidates.too_far,
        "made_from": made_from(proposal.provenance),
        "notes": noted(proposal.notes, lang),
    }
    return {key: table for key, table in tables.items() if len(table) or key in ALWAYS}


REJECTED = "rejected_candidates.csv"
ALWAYS = ("sites", "left_grids", "made_from")
"""Sheets that are written with nothing in them, too."""

FILES = {
    "private/proposal.html": Text("地图：现状与建议并排，点数与覆盖", "map: today and the proposal side by side, the curve"),
    "private/proposal.xlsx": Text("选址点、各网格、仍未覆盖及原因", "sites, grids, who stays uncovered and why"),
    "private/sites.geojson": Text("选址点图层", "layer of the sites"),
    "private/curve.csv": Text("点数与覆盖", "coverage against the number of sites"),
    "private/changes.json": Text("可用 geogrid whatif --changes 试行、修改", "to try out and change: geogrid whatif --changes"),
    "private/site_households.csv": Text("新增覆盖和仍未覆盖的住户（含户编号）", "households that gain, and that stay uncovered"),
    "private/proposal.json": Text("依据：输入、设定、证明、耗时", "what it was made from: inputs, settings, proof"),
}
