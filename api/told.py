"""What the terminal shows of an answer to a question. Exact counts: for the office; of households only the one asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.console import Group
from rich.text import Text as Line

from api.help import Wrapped
from api.terminal import clean, columns
from geogrid.accesswords import METHODS, SUPPLIES
from geogrid.labels import CODES, COLUMNS
from geogrid.modetable import MODES
from geogrid.settings import ALL
from geogrid.words import Text
from maps import figures
from maps.streetwords import KINDS
from maps.view import pace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import RenderableType

    from geogrid.accessibility import Accessibility
    from geogrid.explain import Explanation, Way
    from geogrid.reach import Reach
    from geogrid.streets import StreetReport
    from geogrid.town import Town
    from geogrid.words import Lang

MOST_ROWS = 5
MOST_PICTURES = 20
WORST = 3
KM2 = 1e6

_TIMED = Text("{mode}，{pace}，时限 {cutoff} 分钟", "{mode}, {pace}, cutoff {cutoff} min")
OFFICE = Text("以上为准确数字，仅供内部使用。", "These figures are exact: for the office only.")
STREET_TOTALS: Mapping[str, Text] = {
    "streets": Text("街道", "streets"),
    "street_m": Text("总长（米）", "length (m)"),
    "pieces": Text("互不相连的片", "separate pieces"),
    "dead_ends": Text("断头", "dead ends"),
    "blocked_m": Text("封闭（米）", "closed (m)"),
}
HOME_TOTALS: Mapping[str, Text] = {
    "households": Text("住户", "households"),
    "on_largest": Text("在最大一片上", "on the largest piece"),
    "on_blocked": Text("在封闭街道上", "on closed streets"),
    "unreached": Text("离街道太远", "too far from any street"),
}
"""Totals of a street report, in the two lines that the terminal shows."""
SHORT = {
    "displaced_households": Text("去不了最近\n设施的户", "Displaced\nhouseholds"),
    "no_place_demand": Text("没有位置\n的需求", "Demand with-\nout a place"),
}
"""Headings where the column's own name would be too long for a terminal."""
LEG_NAMES = {
    "to_street": Text("到街", "to the\nstreet"),
    "along": Text("沿街", "along"),
    "from_street": Text("离街", "off"),
}


def service_name(town: Town, service: str, lang: Lang) -> str:
    """Return what a service is called."""
    spec = town.settings.profile.services.get(service)
    return CODES[ALL].say(lang) if service == ALL or spec is None else clean(spec.name.say(lang))


def grid_name(town: Town, grid_id: object, lang: Lang) -> str:
    """Return what a grid is called; households outside all grids have none."""
    if pd.isna(grid_id):
        return CODES["outside"].say(lang)
    names = town.grids.loc[town.grids["grid_id"] == grid_id, "name"]
    return clean(str(names.iloc[0] if len(names) else grid_id))


def title(lang: Lang, text: Text, aside: str = "") -> Line:
    """Return the heading of an answer."""
    return Line.assemble((clean(text.say(lang)), "bold cyan"), (f"   {clean(aside)}" if aside else "", "dim"))


def terms(town: Town, services: Iterable[str], lang: Lang, *, timed: bool = True) -> RenderableType:
    """Return how services are reached, how fast and (where ``timed``) in what time; those of the same terms together."""
    settings = town.settings
    same: dict[str, list[str]] = {}
    for service in services:
        if service != ALL:
            limit = settings.cutoff_min[service] if timed else None
            said = travel(settings.mode[service], settings.speed_kmh[service], limit).say(lang)
            same.setdefault(said, []).append(service_name(town, service, lang))
    by, comma = Text("{names}：{said}", "{names}: {said}"), Text("、", ", ").say(lang)
    lines = [by.fill(names=comma.join(names), said=said).say(lang) if len(same) > 1 else said for said, names in same.items()]
    return Group(*(Wrapped(Line(line, "dim")) for line in lines))


def travel(mode: str, speed_kmh: float, cutoff_min: float | None = None) -> Text:
    """Return how somebody travels, how fast, and in what time if that is limited."""
    said = Text("{mode}，{pace}", "{mode}, {pace}") if cutoff_min is None else _TIMED
    names, fast = MODES[mode].name, pace(mode, speed_kmh)
    limit = figures.number(cutoff_min)
    return Text(
        said.zh.format(mode=names.zh, pace=fast.zh, cutoff=limit), said.en.format(mode=names.en, pace=fast.en, cutoff=limit)
    )


def spaced(parts: Iterable[RenderableType]) -> Group:
    """Return parts with an empty line before each."""
    return Group(*(piece for part in parts for piece in ("", part)), "")


def notes(lang: Lang, said: Sequence[Text]) -> list[RenderableType]:
    """Return what was assumed, line by line."""
    return [Group(*(Wrapped(Line(clean(note.say(lang)), "yellow")) for note in said))] if said else []


def files(lang: Lang, written: Mapping[str, Text], folder: object) -> Group:
    """Return where the results are."""
    head = Line.assemble((Text("结果在 ", "Results are in ").say(lang), "bold"), clean(str(folder)))
    width = max(map(len, written), default=0)
    lines = [Line.assemble("  ", (f"{name:<{width}}", "cyan"), f"  {says.say(lang)}") for name, says in written.items()]
    office = any(name.startswith("private/") for name in written)
    return Group(head, *lines, *([Line(OFFICE.say(lang), "dim")] if office else []))


# Streets


def streets(report: StreetReport, lang: Lang) -> list[RenderableType]:
    """Return totals, and the worst findings of every kind."""
    place = report.place if report.place.zh else Text("街道数据", "Street data")
    head = title(lang, place, MODES[report.mode].name.say(lang))
    lines = [_counts(report.totals, names, lang) for names in (STREET_TOTALS, HOME_TOTALS)]
    return [Group(head, *lines), _findings(report, lang)]


def _counts(totals: Mapping[str, float], names: Mapping[str, Text], lang: Lang) -> Line:
    """Return a line of totals; what nobody needs to know because it is 0 is left out."""
    shown = {key: name for key, name in names.items() if totals[key] or key in ("streets", "households")}
    parts = [((f"{name.say(lang)} ", "dim"), (f"{totals[key]:,.0f}   ", "bold")) for key, name in shown.items()]
    return Line.assemble(*(piece for part in parts for piece in part))


def _findings(report: StreetReport, lang: Lang) -> RenderableType:
    headings = (
        Text("可疑之处", "Suspect"),
        Text("处数", "Found"),
        Text("最严重的", "Worst"),
        Text("户数", "Households"),
        Text("街道", "Streets"),
    )
    table = columns(lang, headings, right=(1, 3))
    for kind, (name, _) in KINDS.items():
        found = report.findings[report.findings["kind"] == kind]
        label = (name.say(lang), f"{len(found):,}")
        for row in found.head(WORST).itertuples():
            table.add_row(*label, str(row.finding_id), f"{row.households:,}", Wrapped(Line(_roads(row, lang))))
            label = ("", "")
        if found.empty:
            table.add_row(*label, Line(Text("没有", "none").say(lang), "green"), "", "")
    return table


def _roads(row: Any, lang: Lang) -> str:
    """Name the streets of a finding, and how long or far."""
    ids, metres = list(row.road_ids), figures.number(row.metres, 0 if row.metres >= 100 else 1)  # noqa: PLR2004 - metres
    named = ", ".join(clean(str(each)) for each in ids[:WORST]) + (" …" if len(ids) > WORST else "")
    return named if pd.isna(row.metres) else f"{named}  {metres} {Text('米', 'm').say(lang)}".strip()


# Why


def explanation(found: Explanation, lang: Lang) -> list[RenderableType]:
    """Return the status of a household, why, and its ways."""
    said = travel(found.mode, found.pace_kmh, found.cutoff_min).say(lang)
    named = Text(f"{found.household_id} · {found.service_name.zh}", f"{found.household_id} · {found.service_name.en}")
    colour = {"covered": "green", "uncovered": "red"}.get(found.status, "yellow")
    status = Line.assemble((CODES[found.status].say(lang), f"bold {colour}"), "  ", clean(found.reason.say(lang)))
    head = Group(title(lang, named, said), Wrapped(status))
    return [head, *([_ways(found.ways, lang)] if found.ways else [])]


def _ways(ways: Sequence[Way], lang: Lang) -> RenderableType:
    headings = (
        Text("设施", "Facility"),
        Text("分钟", "Minutes"),
        Text("路程（米）", "Metres"),
        Text("直线", "Straight"),
        Text("倍数", "Ratio"),
        *LEG_NAMES.values(),
    )
    table = columns(lang, headings, right=(1, 2, 3, 4, 5, 6, 7))
    for way in ways:
        legs = {leg.kind: f"{leg.metres:,.0f}" for leg in way.legs}
        ratio = figures.number(way.ratio, 2)
        told = (f"{way.minutes:.1f}", f"{way.metres:,.0f}", f"{way.straight_m:,.0f}", ratio, *(legs[kind] for kind in LEG_NAMES))
        table.add_row(Wrapped(Line(clean(f"{way.name} {way.facility_id}"))), *told)
    return table


# Pictures of reach


def pictures(town: Town, drawn: Reach, lang: Lang) -> list[RenderableType]:
    """Return the area within each limit, and the share of households that the picture is wrong about."""
    limits = drawn.pictures.minutes
    headings = (
        Text("服务", "Service"),
        Text("设施", "Facility"),
        *(Text(f"{m:g} 分\n平方公里", f"{m:g} min\nkm²") for m in limits),
        Text("与实际\n不符", "Picture\nwrong"),
    )
    table = columns(lang, headings, right=tuple(range(2, 3 + len(limits))))
    areas = drawn.pictures.areas
    keys = areas[["service", "facility_id"]].drop_duplicates()
    for service, facility in list(keys.itertuples(index=False, name=None))[:MOST_PICTURES]:
        rows = areas[(areas["service"] == service) & (areas["facility_id"] == facility)]
        wrong = drawn.agreement[(drawn.agreement["service"] == service) & (drawn.agreement["facility_id"] == facility)]
        told = [figures.number(area / KM2, 2) for area in rows.sort_values("minutes")["area_m2"]]
        named = facility or Text("全部", "all").say(lang)
        table.add_row(service_name(town, service, lang), clean(named), *told, figures.share(wrong["share"].max()))
    more = len(keys) - MOST_PICTURES
    left = (
        [Line(Text("另有 {n} 幅，见文件。", "{n} more pictures are in the files.").fill(n=more).say(lang), "dim")]
        if more > 0
        else []
    )
    wrong_says = Text(
        "“与实际不符”是图与自身时间不一致的住户占比（各时限中最大的）；覆盖与否只看住户自己的时间。",
        "“Picture wrong” is the largest share, over the limits, of households whose own time says otherwise; coverage goes by "
        "their own time.",
    )
    return [terms(town, drawn.pictures.mode, lang, timed=False), table, *left, Wrapped(Line(wrong_says.say(lang), "dim"))]


# Room for everyone


def room(town: Town, found: Accessibility, lang: Lang) -> list[RenderableType]:
    """Return how full the facilities are, the grids that have least, and how unequal it is."""
    question = found.question
    name = service_name(town, question.service, lang)
    asked = title(lang, Text(f"{name} · {METHODS[question.method].zh}", f"{name} · {METHODS[question.method].en}"))
    head = Group(asked, *_asked(town, found, lang))
    parts: list[RenderableType] = [head, _facilities(found, lang), _least(found, lang), _inequality(found, lang)]
    if question.method == "nearest":
        asks, rows = found.households["demand"] > 0, found.households
        moved, none = rows["displaced"] & rows["facility"].notna(), asks & rows["facility"].isna()
        told = Text("{moved} 户要去更远的设施，{none} 户没有位置", "{moved} households must go farther, {none} find no place")
        parts.insert(1, Line(told.fill(moved=f"{int(moved.sum()):,}", none=f"{int(none.sum()):,}").say(lang), "bold"))
    return parts


def _asked(town: Town, found: Accessibility, lang: Lang) -> list[RenderableType]:
    """Return how the service is reached, whom the demand counts, and what a score is."""
    question, settings = found.question, town.settings
    supply, demand = SUPPLIES[question.supply], COLUMNS.get(question.demand, Text(question.demand, question.demand))
    said = _SCORE_NEAREST if question.method == "nearest" else _SCORE
    means = Text(said.zh.format(supply=supply.zh, demand=demand.zh), said.en.format(supply=supply.en, demand=demand.en.lower()))
    how = travel(settings.mode[question.service], settings.speed_kmh[question.service], question.cutoff_min)
    return [Wrapped(Line(line.say(lang), "dim")) for line in (how, means)]


_SCORE = Text("需求：{demand}；得分：一人能分到的{supply}", "demand: {demand}; score: {supply} that each of them can count on")
_SCORE_NEAREST = Text("需求：{demand}；得分：有位置的比例", "demand: {demand}; score: share of them who find a place")


def _facilities(found: Accessibility, lang: Lang) -> RenderableType:
    """Return the facilities that most people share."""
    nearest = found.question.method == "nearest"
    columns_shown = ("demand", "taken", "turned_away", "free") if nearest else ("households", "demand", "ratio")
    supply = SUPPLIES[found.question.supply]
    names = [Text(supply.zh, supply.en.capitalize()), *(COLUMNS[column] for column in columns_shown)]
    table = columns(lang, (Text("设施", "Facility"), *names), right=tuple(range(1, 2 + len(columns_shown))))
    worst = found.by_facility.sort_values("demand", ascending=False, kind="stable").head(MOST_ROWS)
    for row in worst.to_dict(orient="records"):
        told = [_amount(column, row[column]) for column in ("supply", *columns_shown)]
        table.add_row(Wrapped(Line(clean(f"{row['name']} {row['facility_id']}"))), *told)
    return table


def _amount(column: str, value: float) -> str:
    return figures.number(value, 4 if column in ("ratio", "score") else 0)


def _least(found: Accessibility, lang: Lang) -> RenderableType:
    """Return the grids whose people have least."""
    shown = ("demand", "score", *(c for c in ("displaced_households", "no_place_demand") if c in found.by_grid))
    heading = Text("人均最少的网格", "Grids with least")
    table = columns(
        lang, (heading, *(SHORT.get(column, COLUMNS[column]) for column in shown)), right=tuple(range(1, 1 + len(shown)))
    )
    asked = found.by_grid[found.by_grid["score"].notna()]
    for row in asked.sort_values(["score", "demand"], ascending=[True, False], kind="stable").head(MOST_ROWS).to_dict("records"):
        table.add_row(clean(str(row["name"])), *(_amount(column, row[column]) for column in shown))
    return table


def _inequality(found: Accessibility, lang: Lang) -> RenderableType:
    measures = ("gini", "theil", "theil_between", "theil_within", "palma")
    headings = (Text("不平等", "Inequality"), *(COLUMNS[measure] for measure in measures))
    table = columns(lang, headings, right=tuple(range(1, 1 + len(measures))))
    for row in found.inequality.to_dict(orient="records"):
        between = {"grid": Text("网格之间", "between grids"), "age": Text("年龄之间", "between ages")}[row["by"]]
        told = ["∞" if np.isinf(row[measure]) else figures.number(row[measure], 3) for measure in measures]
        table.add_row(between.say(lang), *told)
    return table
