"""What ``geogrid propose zones`` does: asks the library, writes what an office can bring in, tells the result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from api import told, toldgrids
from api.help import Wrapped
from api.keeping import Place, opened, write_frame
from api.terminal import clean, columns
from api.working import keep, prepare_folder, write_csv
from api.zonespage import zones_page
from geogrid.plain import plain
from geogrid.replacing import PRIVATE, private_folder
from geogrid.words import Text
from geogrid.workbook import write_workbook
from geogrid.zones import land_in, propose_zones
from geogrid.zoningfiles import aims_table, areas_after, members_after, new_centres, sheets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from rich.console import RenderableType

    from api.terminal import Terminal
    from geogrid.clock import Clock
    from geogrid.effort import Effort
    from geogrid.store import Workspace
    from geogrid.words import Lang
    from geogrid.zones import Land, ZonesAsked, ZonesProposal

MOST_SHOWN = 20


def zones(terminal: Terminal, place: Path, asked: ZonesAsked, *, folder: Path, effort: Effort, clock: Clock) -> None:
    """Join villages into zones, and write the zones, the map and the report."""
    prepare_folder(folder, [place])
    lang = terminal.lang
    with opened(clock, Place(place)) as workspace:
        with clock.step("read"):
            land = land_in(workspace)
        with clock.step("think"):
            made = propose_zones(land, workspace.profile, asked, effort)
        with clock.step("write"):
            written = _write(workspace, land, made, folder, lang)
    parts: list[RenderableType] = [toldgrids.heading("zones", made.provenance, lang), toldgrids.figures(made.figures, lang)]
    parts += [aims(made, lang), *_zones(made, lang), *_left(made, lang), *told.notes(lang, made.notes)]
    terminal.out.print(told.spaced([*parts, told.files(lang, written, folder)]))


def _write(workspace: Workspace, land: Land, made: ZonesProposal, folder: Path, lang: Lang) -> dict[str, Text]:
    """Write everything, all private: exact counts, and borders that nobody has decided on."""
    page = zones_page(made, land, workspace.profile, place=workspace.name or workspace.path.stem, lang=lang)
    keep(folder, "proposal.html", lambda part: part.write_text(page, encoding="utf-8"))
    keep(folder, "proposal.xlsx", lambda part: write_workbook(sheets(made, lang), part, lang=lang, services={}))
    record = json.dumps(plain(made.to_record()), ensure_ascii=False, indent=1)
    keep(folder, "proposal.json", lambda part: part.write_text(record, encoding="utf-8"))
    private = private_folder(folder / PRIVATE)
    write_frame(areas_after(made, workspace.profile), private / "areas.gpkg")
    keep(folder, "area_members.csv", lambda part: write_csv(members_after(made), part))
    centres = new_centres(made)
    if len(centres):
        write_frame(centres, private / "facilities.csv")
    return {name: said for name, said in FILES.items() if name != CENTRES or len(centres)}


def aims(made: ZonesProposal, lang: Lang) -> RenderableType:
    """Return what was reached of each aim, and what is proven."""
    heads = [Text("目标", "Aim"), Text("达到", "Reached"), Text("理论界限", "Bound"), Text("差距", "Gap"), Text("证明", "Proof")]
    table = columns(lang, heads, right=(1, 2, 3))
    for row in aims_table(made, lang).itertuples():
        gap = "" if row.share_gap is None or row.share_gap != row.share_gap else f"{row.share_gap:.1%}"
        table.add_row(row.aim, f"{row.value:,.0f}", f"{row.bound_value:,.0f}", gap, row.proof_said)
    return table


def _zones(made: ZonesProposal, lang: Lang) -> list[RenderableType]:
    heads = [
        Text("编号", "Id"),
        Text("片区", "Zone"),
        Text("中心", "Centre"),
        Text("村数", "Villages"),
        Text("人数", "Persons"),
        Text("半径（米）", "Radius (m)"),
        Text("最远的村", "Farthest"),
    ]
    table = columns(lang, heads, right=(3, 4, 5))
    for row in made.zones.head(MOST_SHOWN).itertuples():
        cells = [str(row.zone_id), str(row.name), str(row.centre), f"{row.villages}", f"{row.persons:,}", f"{row.radius_m:,.0f}"]
        table.add_row(*(clean(cell) for cell in [*cells, str(row.farthest)]))
    return [table, *_more(len(made.zones), lang)] if len(made.zones) else []


def _left(made: ZonesProposal, lang: Lang) -> list[RenderableType]:
    """Return villages in no zone and why; where only so many zones were asked for, those that none could hold."""
    left = made.unplaced
    limited = made.asked.number is not None
    never = left[~left["is_possible"].astype(bool)] if limited else left
    others = len(left) - len(never)
    said = [Wrapped(told.title(lang, Text("…", "…"), _OTHERS.fill(n=others).say(lang)))] if others else []
    return [*_why_left(never, lang), *said]


def _why_left(left: pd.DataFrame, lang: Lang) -> list[RenderableType]:
    if left.empty:
        return []
    table = columns(
        lang, [Text("未编入的村", "In no zone"), Text("原因", "Why"), Text("怎样可以", "What would release it")], right=()
    )
    joined = "；" if lang == "zh" else "; "
    for _, row in left.head(MOST_SHOWN).iterrows():
        table.add_row(
            clean(str(row["name"])), clean(row["why"].say(lang)), joined.join(each.say(lang) for each in row["release"])
        )
    return [table, *_more(len(left), lang)]


def _more(n: int, lang: Lang) -> list[RenderableType]:
    said = _MORE.fill(n=n - MOST_SHOWN).say(lang)
    return [Wrapped(told.title(lang, Text("…", "…"), said))] if n > MOST_SHOWN else []


CENTRES = "private/facilities.csv"
FILES: Mapping[str, Text] = {
    "private/proposal.html": Text("地图：片区、中心、未编入的村", "map: zones, centres, villages in none"),
    "private/proposal.xlsx": Text("片区、各村归属、未编入的村及原因", "zones, villages, those in none and why"),
    "private/proposal.json": Text("依据：输入、设定、种子、证明", "what it was made from: inputs, settings, seed, proof"),
    "private/areas.gpkg": Text(
        "含新片区的全部区域，可用 geogrid import 导入", "all areas with the new zones, for geogrid import"
    ),
    "private/area_members.csv": Text("哪个村属于哪个片区", "which village belongs to which zone"),
    CENTRES: Text("要建的中心（每片区一个），用 import --part 导入", "the centres to be built, for geogrid import --part"),
}
_OTHERS = Text(
    "另有 {n} 个村能编入片区，只是要的片区不够；各自最近的片区见 proposal.xlsx",
    "{n} villages more could be in a zone, had more zones been asked for; the nearest to each: see proposal.xlsx",
)
_MORE = Text("还有 {n} 个，见 proposal.xlsx", "{n} more, see proposal.xlsx")
