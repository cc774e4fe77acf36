"""report.html: the whole published report on one page that opens anywhere, prints on A4 and asks no other host for anything."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from geogrid.words import Text
from maps import figures, standards, tables
from maps.markup import Html, element, joined, raw
from maps.overview import Overview
from maps.page import SAMPLE
from maps.view import WALK, View, mode_name
from maps.words import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang
    from maps.view import Row

MINI = 2.6
"""How many times smaller than the large map the maps of single services are shown."""
HTML_LANG = {"zh": "zh-CN", "en": "en"}


def report_document(public: PublicReport, *, lang: Lang = "zh", above: Html | None = None) -> str:
    """Write the report as one page of HTML.

    Parameters
    ----------
    public : PublicReport
        What may leave the office.
    lang : "zh" or "en"
        Language of the page; names stay as they are in the data.
    above : Html, optional
        What the page says before everything else: where a service leads from it.

    Returns
    -------
    str
        A complete document: the same report gives the same bytes. It has no script, and a Content-Security-Policy that allows
        nothing but its own style sheet.
    """
    view = View(public, lang)
    parts = [_opening(view), *(_section(view, title, content) for title, content in _sections(view)), _closing(view)]
    return page(page_title(view), element("main", above, *parts), lang=lang)


def page(title: str, body: Html, *, lang: Lang, more_css: str = "", has_form: bool = False) -> str:
    """Return a document around a body, with our style sheet inside and everything else forbidden.

    With ``has_form`` a form may be sent to us, and the browser says so that it comes from us.
    """
    style = stylesheet() + more_css
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=content_security_policy(style, has_form=has_form)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="same-origin" if has_form else "no-referrer"),
        element("title", title),
        raw("style", style),
    ]
    return f"<!DOCTYPE html>\n{element('html', element('head', *head), element('body', body), lang=HTML_LANG[lang])}\n"


@cache
def stylesheet() -> str:
    """Return the style sheet of written pages."""
    return (files("maps") / "static" / "document.css").read_text(encoding="utf-8")


def content_security_policy(style: str, *, has_form: bool = False) -> str:
    """Return the policy of a written page: its own style sheet, by its hash, and nothing else.

    Examples
    --------
    >>> content_security_policy("b{color:red}").split(";")[1]
    " style-src 'sha256-ypIZpeWh67Lh3q46jpjGW7VCAJpmEqcFe8Dl5B2rXQU='"
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    forms = "'self'" if has_form else "'none'"
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {forms}"


def page_title(view: View) -> str:
    """Return the title of the report: the place, and what was checked."""
    minutes = set(view.summary["settings"]["cutoff_min"].values())
    checked = view.say("{n} 分钟服务覆盖检查报告", "{n}-minute service check", n=figures.number(minutes.pop()))
    if minutes:
        checked = view.say("服务覆盖检查报告", "Service coverage check")
    return view.say("{place} {what}", "{place} {what}", place=view.place, what=checked).strip()


def _opening(view: View) -> Html:
    return element(
        "header",
        element("p", view.say("网格化治理 · 空间检查", "Grid governance · spatial check"), class_="kicker"),
        element("h1", page_title(view)),
        made_up(view),
        _lead(view),
        _tiles(view),
    )


def made_up(view: View) -> Html | None:
    """Return the warning that the sample town does not exist."""
    return element("p", LABELS["sampleNote"].say(view.lang), class_="made-up") if view.place == SAMPLE else None


def _lead(view: View) -> Html:
    """Return the finding in a sentence or two."""
    now, later = view.total(view.headline), view.total(view.headline, "later")
    several = len(view.services) > 1
    what = view.say("全部 {n} 类服务", "all {n} services", n=len(view.services) - 1) if several else view.service(view.headline)
    before = view.say("网格内共 {n} 户，其中 ", "Of {n} households inside the grids, ", n=view.count(now, "households"))
    after = view.say(" 能在时限内{by}到达{what}", " reach {what} {by}in time", what=what, by=_spaced(view))
    end = view.say("。", ".")
    return element(
        "p", before, element("b", view.share(now)), after, _later_clause(view, later), end, *_weakest(view), class_="lead"
    )


def _later_clause(view: View, later: dict[str, object]) -> str:
    changed = later and later.get("share") != view.total(view.headline).get("share")
    return (
        view.say("；规划设施建成后为 {x}", "; with the planned facilities it would be {x}", x=view.share(later))
        if changed
        else ""
    )


def _weakest(view: View) -> list[object]:
    """Return which single service reaches the fewest, when several are checked."""
    shares = {service: view.total(service).get("share") for service in view.services if service != "all"}
    known = {service: share for service, share in shares.items() if not figures.is_missing(share)}
    if len(known) < 2:  # noqa: PLR2004 -- nothing to compare
        return []
    lowest = min(known, key=lambda service: (known[service], service))
    said = view.say("覆盖最少的是{name}，", " The least covered service is {name}, ", name=view.service(lowest))
    return [said, element("b", figures.share(known[lowest])), view.say("。", ".")]


def _tiles(view: View) -> Html:
    totals = view.summary["totals"]
    defects = sum(totals["defects"].values())
    cells: list[tuple[str, Text, str | None]] = [
        (view.share(view.total(view.headline)), Text("现在覆盖", "covered now"), "main"),
        (figures.count(totals["households"], withheld=True), Text("住户", "households"), None),
        (figures.count(totals["persons"], withheld=True), Text("人口", "persons"), None),
        (figures.count(totals["grids"]), Text("网格", "grids"), None),
        (figures.count(totals["facilities"]), Text("设施", "facilities"), None),
        (figures.count(totals["gaps"]), Text("覆盖缺口", "coverage gaps"), "bad" if totals["gaps"] else None),
        (figures.count(defects), Text("边界问题", "tiling defects"), "bad" if defects else None),
        (figures.count(totals["rejected"]), Text("不可用行", "rejected rows"), "bad" if totals["rejected"] else None),
    ]
    items = (
        element("li", element("b", figure), element("span", name.say(view.lang)), class_=kind) for figure, name, kind in cells
    )
    return element("ul", *items, class_="tiles")


def _maps(view: View) -> Html:
    """Return one large picture of all services and a small one of each."""
    overview = Overview.of(view.public, view.lang)
    large = element("figure", overview.picture(view.headline, detailed=True), _caption(view, view.headline))
    small = [element("figure", overview.picture(service, shrunk=MINI), _caption(view, service)) for service in view.services[:-1]]
    return joined([overview.definitions(), large, overview.legend(), element("div", *small, class_="minis") if small else None])


def _caption(view: View, service: str) -> Html:
    return element("figcaption", view.service(service), " ", element("span", view.share(view.total(service))))


def _coverage(view: View) -> Html:
    return joined([tables.coverage(view), element("p", _coverage_note(view), class_="note")])


def _spaced(view: View) -> str:
    """Return how all services are reached, with the space after it that English needs; "" where they differ."""
    return view.by and view.say("{by}", "{by} ", by=view.by)


def _coverage_note(view: View) -> str:
    return view.say(
        "覆盖：沿街道{by}到最近设施不超过时限（含时限）。未覆盖含无路可达，"
        "也含 {u} 户远离街道（离最近街道超过 {n} 米，不测算）。",
        "Covered: {by}along the streets to the nearest facility within the cutoff (inclusive). Not covered includes "
        "households without a path, and {u} unreached ones (more than {n} m from any street, not measured).",
        by=_spaced(view) or view.say("按各服务的出行方式", "in each service's way of travelling "),
        u=view.count(view.total(view.headline), "unreached"),
        n=figures.number(view.summary["settings"]["max_snap_m"], 0),
    )


def _facilities(view: View) -> Html:
    title, said = RADIUS_WALKED if view.is_walked else RADIUS_TRAVELLED
    heading, note = element("h3", title.say(view.lang)), element("p", said.say(view.lang), class_="note")
    return joined([tables.facilities(view), heading, tables.radius(view), note])


RADIUS_WALKED = (
    Text("服务半径与步行的差别", "Service radius against walking"),
    Text(
        "半径是直线距离：“只在半径内”的住户看起来很近，走过去却超过时限。",
        "A radius is a straight line: those in 'radius only' look near but walk longer than the cutoff.",
    ),
)
RADIUS_TRAVELLED = (
    Text("服务半径与路上时间的差别", "Service radius against travel time"),
    Text(
        "半径是直线距离：“只在半径内”的住户看起来很近，路上却超过时限。",
        "A radius is a straight line: those in 'radius only' look near but take longer than the cutoff.",
    ),
)


def _inputs(view: View) -> Html:
    return joined(
        [
            tables.inputs(view),
            element("h3", view.say("不可用的行", "Rejected rows")),
            tables.rejected(view),
            element("h3", view.say("换算、修补和假定", "Converted, mended and assumed")),
            _notes(view),
        ]
    )


def _notes(view: View) -> Html:
    names = {row["table"]: figures.say(figures.TABLES, row["table"], view.lang) for row in view.summary["inputs"]}
    told = [(names[row["table"]], view.pick(note)) for row in view.summary["inputs"] for note in row["notes"]]
    said = [view.say("{table}：{note}", "{table}: {note}", table=table, note=note) for table, note in told]
    return element("ul", *(element("li", one) for one in said), class_="plain") if said else _nothing(view)


def _nothing(view: View) -> Html:
    return element("p", view.say("没有。", "None."), class_="nothing")


def _method(view: View) -> Html:
    settings = view.summary["settings"]
    rows = [
        *(_pace(view, mode, speed) for mode, speed in view.modes.items()),
        (view.say("离街道不超过", "Farthest from a street"), f"{figures.number(settings['max_snap_m'], 0)} m"),
        (view.say("缺口内住户相距（沿街）", "Gap households within"), f"{figures.number(settings['gap_distance_m'], 0)} m"),
        (view.say("计算所用坐标系", "Measured in"), str(settings["crs"])),
    ]
    same: dict[str, list[str]] = {}
    for service in view.summary["services"]:
        same.setdefault(_limits(view, service), []).append(view.pick(service))
    rows += [(view.say("、", ", ").join(names), limits) for limits, names in same.items()]
    rows += [(view.say("各步用时", "Time per step"), _seconds(view))]
    listed = element("dl", *(element(name, value) for row in rows for name, value in zip(("dt", "dd"), row, strict=True)))
    notes = element("ul", *(element("li", view.pick(note)) for note in view.summary["notes"]), class_="plain")
    return joined([listed, notes])


def _seconds(view: View) -> str:
    """Return what each step until the writing of this page took."""
    taken = (view.say("{step} {n} 秒", "{step} {n} s", step=step, n=f"{seconds:.1f}") for step, seconds in view.steps)
    return view.say("，", ", ").join(taken)


def _pace(view: View, mode: str, speed_kmh: float) -> tuple[str, str]:
    """Return the pace of a mode: what walkers keep everywhere is the most that others reach."""
    number = figures.number(speed_kmh)
    if mode == WALK:
        return view.say("步行速度", "Walking speed"), f"{number} km/h"
    label = view.say("{by}速度", "Speed {by}", by=mode_name(mode).say(view.lang))
    if mode.startswith(WALK):
        return label, f"{number} km/h"
    return label, view.say("最高 {n} km/h，按道路等级", "at most {n} km/h, by class of street", n=number)


def _limits(view: View, service: Row) -> str:
    minutes = view.say("{m} 分钟", "{m} min", m=figures.number(service["cutoff_min"]))
    return view.say(
        "{m}，半径 {r} 米。依据：{s}",
        "{m}, radius {r} m. Source: {s}",
        m=view.within(service, minutes),
        r=figures.number(service["radius_m"], 0),
        s=view.pick(service["source"]),
    )


def _closing(view: View) -> Html:
    withheld = view.say(
        "{mark} 未公开（见“计算口径”）。本页只含汇总数字，不含任何住户。",
        "{mark} withheld (see 'How it was computed'). This page holds totals only, never a household.",
        mark=figures.WITHHELD,
    )
    parts = [element("p", withheld), _attribution(view), element("p", f"geogrid {view.summary['geogrid_version']}")]
    return element("footer", *parts)


def _attribution(view: View) -> Html | None:
    if not any(str(row["format"]).startswith("osm") for row in view.summary["inputs"]):
        return None
    said = view.say(
        "街道数据 © OpenStreetMap 贡献者，按 ODbL 1.0 许可。", "Street data © OpenStreetMap contributors, under the ODbL 1.0."
    )
    return element("p", said, " ", element("a", "openstreetmap.org/copyright", href="https://www.openstreetmap.org/copyright"))


def _sections(view: View) -> list[tuple[Text, Callable[[View], Html]]]:
    """Return the sections that this report has: seasons and standards only where there are any."""
    there: dict[object, bool] = {tables.seasons: bool(view.summary.get("seasons")), standards.standards: standards.is_there(view)}
    return [section for section in SECTIONS if there.get(section[1], True)]


def _section(view: View, title: Text, content: Callable[[View], Html]) -> Html:
    return element("section", element("h2", title.say(view.lang)), content(view))


SECTIONS: tuple[tuple[Text, Callable[[View], Html]], ...] = (
    (Text("覆盖一张图", "Coverage at a glance"), _maps),
    (Text("各项服务", "Service by service"), _coverage),
    (Text("各区域", "Area by area"), tables.areas),
    (Text("覆盖率最低的网格", "Grids with the lowest coverage"), tables.worst_grids),
    (Text("最大的覆盖缺口", "Largest coverage gaps"), tables.gaps),
    (Text("网格边界检查", "Check of the tiling"), tables.defects),
    (Text("设施", "Facilities"), _facilities),
    (Text("季节人口", "By season"), tables.seasons),
    (Text("本地标准", "Standards of the place"), standards.standards),
    (Text("结果有多可靠", "How sure the results are"), tables.sensitivity),
    (Text("输入文件", "Input files"), _inputs),
    (Text("计算口径", "How it was computed"), _method),
    (Text("全部网格", "All grids"), tables.grids),
)
"""What the report holds, in order: add a section by adding a row."""
