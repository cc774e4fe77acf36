"""The tables of the written report, each a function of a `View`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.words import Text
from maps import figures
from maps.markup import Html, element, joined
from maps.overview import class_colour
from maps.view import Column, Row, View

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS = {"gaps": 20, "defects": 50, "worst": 5, "grids": 600}
"""Rows that a table shows at most; what is left out is said under it and stands in report.xlsx."""
HOUSEHOLDS = Column(Text("户", "Households"), numeric=True)
PERSONS = Column(Text("人", "Persons"), numeric=True)
SERVICE = Column(Text("服务", "Service"))
NOW = Column(Text("现在", "Now"), numeric=True)
LATER = Column(Text("规划建成后", "With planned"), numeric=True)
NOT_COVERED = Column(Text("未覆盖户", "Not covered"), numeric=True)
GRID = Column(Text("网格", "Grid"))


def coverage(view: View) -> Html:
    """Return what each service covers now and when the planned facilities stand."""
    columns = (
        SERVICE,
        Column(Text("时限", "Cutoff"), numeric=True),
        Column(Text("覆盖率（户）", "Covered households")),
        LATER,
        Column(Text("覆盖户", "Covered"), numeric=True),
        NOT_COVERED,
        Column(Text("人口", "Persons"), numeric=True),
        Column(Text("65 岁以上", "Aged 65+"), numeric=True),
        Column(Text("0–14 岁", "Aged 0–14"), numeric=True),
    )
    return view.table(columns, [_service_row(view, service) for service in view.services])


def _service_row(view: View, service: str) -> list[object]:
    now, later = view.total(service), view.total(service, "later")
    cutoff = view.summary["settings"]["cutoff_min"].get(service)
    counts = [view.count(now, "covered"), view.not_covered(now)]
    people = [figures.share(share_of(now, measure)) for measure in ("persons", "aged_65", "children_0_14")]
    written = "" if cutoff is None else figures.minutes(cutoff, view.lang)
    row = next((row for row in view.summary["services"] if row["id"] == service), None)
    written = view.within(row, written) if row and written else written
    return [view.service(service), written, share_bar(view, now), view.share(later), *counts, *people]


def share_of(row: Row, measure: str) -> float | None:
    """Return the covered share of a measure other than households.

    Examples
    --------
    >>> share_of({"persons": 200, "persons_covered": 150}, "persons"), share_of({}, "persons")
    (0.75, None)
    """
    whole, covered = row.get(measure), row.get(f"{measure}_covered")
    return None if figures.is_missing(whole) or figures.is_missing(covered) or not whole else covered / whole


def share_bar(view: View, row: Row) -> Html:
    """Return a covered share as a bar and a number."""
    value = row.get("share")
    colour = "#ccc" if figures.is_missing(value) else class_colour(float(value or 0))
    return element("span", figures.bar(value, colour), " ", element("b", view.share(row)), class_="share")


def areas(view: View) -> Html:
    """Return the covered share of every area, by service."""
    table = view.public.areas
    columns = (Column(Text("区域", "Area")), HOUSEHOLDS, PERSONS, *_service_columns(view))
    return view.table(
        columns, [_place_row(view, row) for row in _records(table)], nothing=Text("没有给出区域。", "No areas were given.")
    )


def grids(view: View) -> Html:
    """Return every grid: who leads it, its households against the target, and its covered share by service."""
    columns = [GRID, HOUSEHOLDS, PERSONS, Column(Text("与目标户数偏差", "Off target"), numeric=True), *_service_columns(view)]
    rows = _records(view.public.grids)
    has_leaders = any(not figures.is_missing(row.get("leader")) and row["leader"] for row in rows)
    if has_leaders:
        columns.insert(1, Column(Text("网格长", "Leader")))
    return _limited(view, columns, [_grid_row(view, row, leader=has_leaders) for row in rows], "grids")


def _grid_row(view: View, row: Row, *, leader: bool) -> list[object]:
    cells = _place_row(view, row)
    cells.insert(3, _deviation(view, row))
    if leader:
        cells.insert(1, "" if figures.is_missing(row.get("leader")) else row["leader"])
    return cells


def _deviation(view: View, row: Row) -> Html:
    within = row.get("in_range")
    written = (
        figures.WITHHELD if row["suppressed"] and figures.is_missing(row["deviation"]) else figures.signed_share(row["deviation"])
    )
    outside = not figures.is_missing(within) and not within
    return element(
        "span",
        written,
        class_="outside" if outside else None,
        title=view.say("超出规定户数", "outside the range") if outside else None,
    )


def _place_row(view: View, row: Row) -> list[object]:
    shares = [_shaded(view, row, f"share_{service}") for service in view.services]
    return [row["name"], view.count(row, "households"), view.count(row, "persons"), *shares]


def _shaded(view: View, row: Row, key: str) -> Html:
    value = row.get(key)
    dot = None if figures.is_missing(value) else element("rect", width=8, height=8, rx=2, fill=class_colour(float(str(value))))
    picture = element("svg", dot, width=8, height=8, viewBox="0 0 8 8", class_="dot", aria_hidden="true") if dot else None
    return joined([picture, " ", view.share(row, key)])


def _service_columns(view: View) -> list[Column]:
    return [Column(Text(view.service(service), view.service(service)), numeric=True) for service in view.services]


def worst_grids(view: View) -> Html:
    """Return the grids with the smallest covered share, for all services and for each."""
    columns = (
        SERVICE,
        GRID,
        Column(Text("覆盖率", "Covered share")),
        NOT_COVERED,
        HOUSEHOLDS,
    )
    rows: list[list[object]] = []
    for service in reversed(view.services):
        ids = view.summary["worst_grids"].get(service, [])[: 3 if service != view.headline else MOST_ROWS["worst"]]
        rows += [_worst_row(view, service, str(grid_id), first=position == 0) for position, grid_id in enumerate(ids)]
    return view.table(columns, rows)


def _worst_row(view: View, service: str, grid_id: str, *, first: bool) -> list[object]:
    row = view.coverage("grid", grid_id, service)
    name = element("b", view.service(service)) if first else ""
    return [name, view.grids([grid_id]), share_bar(view, row), view.not_covered(row), view.count(row, "households")]


def gaps(view: View) -> Html:
    """Return the largest coverage gaps, by persons."""
    columns = (
        SERVICE,
        Column(Text("排名", "Rank"), numeric=True),
        Column(Text("约户", "Households, about"), numeric=True),
        Column(Text("约人", "Persons, about"), numeric=True),
        Column(Text("涉及网格", "Grids it touches")),
        Column(Text("最近设施", "Nearest facility")),
        Column(Text("步行时间", "On foot") if view.is_walked else Text("路上时间", "Travel time"), numeric=True),
    )
    withheld = len(view.summary["gaps"]) - len(view.gaps)
    table = _limited(view, columns, [_gap_row(view, row) for row in view.gaps], "gaps")
    if not withheld:
        return table
    said = view.say("另有 {n} 处缺口户数很少，不公布。", "Withheld, because they have few households: {n} more.", n=withheld)
    return joined([table, element("p", said, class_="note")])


def _gap_row(view: View, row: Row) -> list[object]:
    counts = [view.count(row, key) for key in ("households", "persons")]
    nearest = "" if figures.is_missing(row.get("nearest_facility")) else row["nearest_facility"]
    return [
        view.service(row["service"]),
        row["rank"],
        *counts,
        view.grids(row["grid_ids"]),
        nearest,
        figures.minutes(row["minutes"], view.lang),
    ]


def defects(view: View) -> Html:
    """Return what is wrong with the tiling."""
    columns = (
        Column(Text("问题", "Defect")),
        Column(Text("涉及网格", "Grids")),
        Column(Text("面积（平方米）", "Area (m²)"), numeric=True),
        Column(Text("宽度（米）", "Width (m)"), numeric=True),
        Column(Text("位置（经度, 纬度）", "Place (lon, lat)"), numeric=True),
    )
    nothing = Text(
        "没有发现问题：没有空洞、重叠、狭缝或越界。", "None found: no hole, overlap or sliver, nothing outside its area."
    )
    return _limited(view, columns, [_defect_row(view, row) for row in view.summary["defects"]], "defects", nothing=nothing)


def _defect_row(view: View, row: Row) -> list[object]:
    where = ", ".join(f"{float(degrees):.5f}" for degrees in row.get("point") or ())
    kind = figures.say(figures.KINDS, row["kind"], view.lang)
    return [kind, view.grids(row["grid_ids"]), figures.number(row["area_m2"], 2), figures.number(row["width_m"], 2), where]


def facilities(view: View) -> Html:
    """Return facilities of each service, by status and by where they stand."""
    rows: list[Row] = view.summary["facilities"]
    found = {row["status"] for row in rows}
    statuses = [status for status in figures.STATUSES if status in found] + sorted(found - set(figures.STATUSES))
    columns = (
        SERVICE,
        *(Column(figures.STATUSES.get(status, Text(status, status)), numeric=True) for status in statuses),
        Column(Text("合计", "Total"), numeric=True),
        Column(Text("其中网格外", "Outside all grids"), numeric=True),
        Column(Text("其中离街道太远", "Too far from a street"), numeric=True),
    )
    return view.table(columns, [_facility_row(view, service, statuses) for service in view.services if service != "all"])


def _facility_row(view: View, service: str, statuses: Sequence[str]) -> list[object]:
    rows = [row for row in view.summary["facilities"] if row["service"] == service]
    counts = [sum(row["facilities"] for row in rows if row["status"] == status) for status in statuses]
    apart = [sum(row[key] for row in rows) for key in ("outside", "unreached")]
    return [view.service(service), *map(figures.count, [*counts, sum(counts), *apart])]


def radius(view: View) -> Html:
    """Return straight-line service radius against travel time."""
    walked = view.is_walked
    columns = (
        SERVICE,
        Column(Text("半径", "Radius"), numeric=True),
        Column(Text("半径内", "Within radius"), numeric=True),
        Column(Text("步行可达", "On foot") if walked else Text("时限内可达", "In time"), numeric=True),
        Column(Text("两者都是（户）", "Both (households)"), numeric=True),
        Column(Text("只在半径内（户）", "Radius only"), numeric=True),
        Column(Text("只步行可达（户）", "On foot only") if walked else Text("只时限内可达（户）", "In time only"), numeric=True),
    )
    return view.table(columns, [_radius_row(view, row) for row in view.summary["radius"]])


def _radius_row(view: View, row: Row) -> list[object]:
    metres = figures.number(view.summary["settings"]["radius_m"].get(row["service"]), 0)
    shares = [view.share(row, key) for key in ("share_within_radius", "share_walking")]
    counts = [view.count(row, key) for key in ("both", "only_radius", "only_walking")]
    return [view.service(row["service"]), view.say("{n} 米", "{n} m", n=metres), *shares, *counts]


def sensitivity(view: View) -> Html:
    """Return how far the shares move when speed or cutoff do."""
    speed = "步速" if view.is_walked else "速度"
    columns = (
        SERVICE,
        Column(Text(f"{speed} −10%", "Speed −10%"), numeric=True),
        Column(Text("时限 −2 分", "Cutoff −2 min"), numeric=True),
        Column(Text("本次结果", "This check"), numeric=True),
        Column(Text("时限 +2 分", "Cutoff +2 min"), numeric=True),
        Column(Text(f"{speed} +10%", "Speed +10%"), numeric=True),
        Column(Text("老年人步速", "Older people's pace"), numeric=True),
        Column(Text("临界户（±1 分）", "Borderline (±1 min)"), numeric=True),
    )
    keys = ("share_slower", "share_cutoff_less", "share", "share_cutoff_more", "share_faster", "share_older", "borderline_share")
    rows = [[view.service(row["service"]), *(view.share(row, key) for key in keys)] for row in view.summary["sensitivity"]]
    return view.table(columns, rows)


def seasons(view: View) -> Html:
    """Return the people of each season, about, and the share of them that each service covers."""
    named = {row["season"]: view.pick(row) for row in view.summary["seasons"]}
    columns = [Column(Text("季节", "Season")), Column(Text("约人", "Persons, about"), numeric=True), *_service_columns(view)]
    table = view.table(columns, [_season_row(view, season, name) for season, name in named.items()])
    said = view.say(
        "各服务一栏是该季节人口中被覆盖的比例；没有填季节人口的住户按平时人口计。",
        "Under each service is the covered share of that season's persons; households that state none for it count as usual.",
    )
    return joined([table, element("p", said, class_="note")])


def _season_row(view: View, season: str, name: str) -> list[object]:
    rows = {row["service"]: row for row in view.summary["seasons"] if row["season"] == season}
    told = next((row for row in rows.values() if not row["suppressed"]), {"suppressed": True})
    return [name, view.count(told, "persons"), *(view.share(rows[service]) for service in view.services)]


def inputs(view: View) -> Html:
    """Return the files that were read, with row counts, datum and hash."""
    columns = (
        Column(Text("表", "Table")),
        Column(Text("文件", "File")),
        Column(Text("格式", "Format")),
        Column(Text("行", "Rows"), numeric=True),
        Column(Text("可用", "Good"), numeric=True),
        Column(Text("不可用", "Rejected"), numeric=True),
        Column(Text("坐标基准", "Datum")),
        Column(Text("SHA-256", "SHA-256")),
    )
    return view.table(columns, [_input_row(view, row) for row in view.summary["inputs"]])


def _input_row(view: View, row: Row) -> list[object]:
    kind = ", ".join(str(part) for part in (row["format"], row.get("encoding"), row.get("crs")) if part)
    counts = [figures.count(row.get(key)) for key in ("rows", "good", "rejected")]
    table = figures.say(figures.TABLES, row["table"], view.lang)
    return [table, row["file"], kind, *counts, _datum(view, row.get("datum")), element("code", str(row["sha256"])[:12])]


def _datum(view: View, finding: Row | None) -> str:
    if not finding:
        return view.say("按文件所述", "as declared")
    written = finding["datum"].upper()
    if not finding["misfit"]:
        return view.say("{datum}（{why}）", "{datum} ({why})", datum=written, why=view.pick(finding["measure"]))
    misfit = {name: _misfit(value, finding["unit"]) for name, value in finding["misfit"].items()}
    figured = view.say("，", ", ").join(f"{name.upper()} {value}" for name, value in misfit.items())
    return (
        f"{written}（{view.pick(finding['measure'])}：{figured}）"
        if view.lang == "zh"
        else f"{written} ({view.pick(finding['measure'])}: {figured})"
    )


def _misfit(value: Any, unit: str) -> str:
    return f"{figures.number(value)} m" if unit == "m" else figures.share(value)


def rejected(view: View) -> Html:
    """Return how many rows were rejected, by table and reason; never a value."""
    columns = (
        Column(Text("表", "Table")),
        Column(Text("列", "Column")),
        Column(Text("原因", "Reason")),
        Column(Text("行", "Rows"), numeric=True),
    )
    rows = [
        [
            figures.say(figures.TABLES, row["table"], view.lang),
            element("code", row["column"]),
            figures.say(figures.CODES, row["code"], view.lang),
            figures.count(row["rows"]),
        ]
        for row in view.summary["rejected"]
    ]
    return view.table(columns, rows, nothing=Text("没有不可用的行。", "No row was rejected."))


def _records(table: Any) -> list[Row]:
    records: list[Row] = table.drop(columns="geometry").to_dict(orient="records")
    return records


def _limited(
    view: View, columns: Sequence[Column], rows: Sequence[Sequence[object]], kind: str, *, nothing: Text | None = None
) -> Html:
    """Return a table of at most so many rows, and say how many are left out."""
    most = MOST_ROWS[kind]
    table = view.table(columns, rows[:most], nothing=nothing)
    if len(rows) <= most:
        return table
    said = view.say(
        "这里列出前 {most} 行，共 {n} 行；其余见 report.xlsx。",
        "The first {most} of {n} rows; the rest are in report.xlsx.",
        most=most,
        n=len(rows),
    )
    return joined([table, element("p", said, class_="note")])
