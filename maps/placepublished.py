"""The themes of a place's map as far as a published report tells them: its standards, the reach of each service, its facilities.

Nothing but what is published goes in: what fails a standard is drawn where the report names it, and everything else is said to
meet it only where the report's own counts leave nothing else. (The map in a check's folder is made of the exact report, by the
rules of `geogrid.placethemes`.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.themecolours import COLOURS
from geogrid.themed.parts import FAIL, INCOMPLETE, NOBODY, ONE, PASS, RESULTS, WITHHELD
from geogrid.themed.reach import CLASSES, LEAST, TIMES
from geogrid.themed.stage import LATER, NOW
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text
from maps import figures
from maps.extract import TOTAL, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

    from geogrid.privacy import PublicReport

    Row = Mapping[str, Any]

STANDARDS = "standards"
"""The theme of all standards; that of one is called by its id, after a hyphen."""
FACILITIES = "facilities"
ROUNDED = 9
"""Digits after which a share counts as the one that begins a class."""
OTHER = ThemeClass("other", Text("达标或不公开", "met, or withheld"), COLOURS["nothing"], is_hatched=True)
CLEAR = ThemeClass("clear", Text("未列出问题", "nothing listed"), PASS.colour)
STATUS_CLASSES = tuple(ThemeClass(key, name, COLOURS[key]) for key, name in figures.STATUSES.items())

ALL_STANDARDS = Text("标准达标情况", "Standards")
ALL_NOTE = Text(
    "区域本身或其中设施，有公开列出的不达标或资料不全；涉及住户和人员的标准只公布个数，不列对象。",
    "Areas that fail a standard themselves or through a facility in them, as far as it is published by name; of standards on "
    "people only counts are published.",
)
ONE_NOTE = Text("要求：{bound}。出处：{source}", "Bound: {bound}. Source: {source}")
COUNTED = Text(
    "{name}：达标 {passed}，不达标 {failed}，资料不全 {incomplete}",
    "{name}: {passed} pass, {failed} fail, {incomplete} incomplete",
)
HELD_BACK = Text("，不公开 {n}", ", {n} withheld")
REACH_NOTE = Text("出行时间 {cutoff} 分钟以内能到的住户所占比例", "Households that reach it within {cutoff} minutes")
REACH_ALL = Text("全部服务都能到达的住户所占比例", "Households that reach every service")
TOTAL_SHARE = Text("{time}：合计 {share} 的住户", "{time}: {share} of all households")
FACILITIES_NAME, FACILITIES_NOTE = Text("设施", "Facilities"), Text("设施的现状", "Facilities by their state")


def published_themes(whole: PublicReport, shown: PublicReport) -> tuple[Theme, ...]:
    """Return the themes of a published report that have anything to draw.

    Parameters
    ----------
    whole : PublicReport
        All of it, whose counts say what is left to be told.
    shown : PublicReport
        Itself or a part of it (`maps.extract`): what is drawn.

    Examples
    --------
    >>> from tests.published import public_report
    >>> [theme.id for theme in published_themes(public_report(), public_report())]
    ['all', 'education', 'medical', 'sport', 'facilities']
    """
    rows = whole.summary.get("standards", [])
    made = [_overview(whole, shown, rows), *(_standard(whole, shown, row) for row in rows), *_reaches(shown), _facilities(shown)]
    return tuple(theme for theme in made if theme is not None and len(theme.frame))


# Standards


def _overview(whole: PublicReport, shown: PublicReport, rows: Sequence[Row]) -> Theme | None:
    """Return where anything is published to fail a standard, or to be incomplete."""
    if not rows:
        return None
    found = _where(whole, shown, rows)
    ids = shown.grids["grid_id"].astype(str)
    results = [{one["result"] for _, one in found.get(each, ())} for each in ids]
    classes = ["fail" if "fail" in each else "incomplete" if each else CLEAR.key for each in results]
    said = [_together(found.get(each, ())) for each in ids]
    frame = _framed(shown.grids, "grid_id", NOW, classes, [None] * len(ids), said)
    facts = tuple(_counted(row) for row in rows) if _is_whole(whole, shown) else ()
    legend = (CLEAR, INCOMPLETE, FAIL)
    return Theme(STANDARDS, ALL_STANDARDS, ALL_NOTE, frame, legend, ONE, facts, background=_under(shown))


def _where(whole: PublicReport, shown: PublicReport, rows: Sequence[Row]) -> dict[str, list[tuple[Row, Row]]]:
    """Return what is published by name, with its standard, by the shown grid that it is or lies in."""
    lines, own = lines_of(whole), set(shown.grids["grid_id"].astype(str))
    home = dict(zip(whole.facilities["facility_id"].astype(str), whole.facilities["grid_id"].astype(str), strict=True))
    found: dict[str, list[tuple[Row, Row]]] = {}
    for row, one in ((standard, one) for standard in rows for one in standard["failures"]):
        key = home.get(str(one["id"]), str(one["id"])) if row["of"] == FACILITIES else str(one["id"])
        for each in own.intersection(lines.get(key, ())):
            found.setdefault(each, []).append((row, one))
    return found


def _together(found: Iterable[tuple[Row, Row]]) -> Text | None:
    names = {row["id"]: _text(row) for row, _ in found}.values()
    return Text("；".join(each.zh for each in names), "; ".join(each.en for each in names)) if names else None


def _standard(whole: PublicReport, shown: PublicReport, row: Row) -> Theme | None:
    """Return what of one standard is published by name."""
    subjects, part = _subjects(whole, row["of"]), _subjects(shown, row["of"])
    named = {str(one["id"]): one for one in row["failures"]}
    if part is None or subjects is None or not named:
        return None
    rest = PASS.key if _leaves_only_passes(row, len(subjects)) else OTHER.key
    ids = part["id"].astype(str)
    classes = [named[each]["result"] if each in named else rest for each in ids]
    values = [_text(named[each]["value"]) if each in named else None for each in ids]
    advice = [_advice(named.get(each)) for each in ids]
    frame = _framed(part, "id", NOW, classes, values, advice)
    note = _filled(ONE_NOTE, bound=_text(row["bound"]), source=_text(row["source"]))
    kinds = (*(each for each in RESULTS if each is not WITHHELD), *([OTHER] if rest == OTHER.key else []))
    facts = (_counted(row),) if _is_whole(whole, shown) else ()
    return Theme(f"{STANDARDS}-{row['id']}", _text(row), note, frame, kinds, ONE, facts, background=_under(shown))


def _leaves_only_passes(row: Row, subjects: int) -> bool:
    """Return whether what is not named must meet a standard: all are its subjects, none is withheld, all others are named."""
    others = (row["failed"] or 0) + (row["incomplete"] or 0)
    return row["subjects"] == subjects and not row["withheld"] and row["passed"] is not None and others == len(row["failures"])


def _subjects(public: PublicReport, of: str) -> gpd.GeoDataFrame | None:
    """Return what a standard may be about and a map can show: facilities, or the grids or areas of a level."""
    if of == FACILITIES:
        return public.facilities.rename(columns={"facility_id": "id"})
    for frame, key in ((public.grids, "grid_id"), (public.areas, "area_id")):
        own = frame[frame["level"].astype(str) == of] if "level" in frame else frame.iloc[:0]
        if len(own):
            return own.rename(columns={key: "id"}).reset_index(drop=True)
    return None


def _advice(one: Row | None) -> Text | None:
    if one is None:
        return None
    return _text(one["said"]) if one["said"] else Text("见标准", "see the standard")


def _counted(row: Row) -> Text:
    """Return how many meet a standard; those withheld are not left out of the sentence."""
    counts = {key: figures.count(row[key]) for key in ("passed", "failed", "incomplete")}
    said = _filled(COUNTED, name=_text(row), **{key: Text(n, n) for key, n in counts.items()})
    held = HELD_BACK.fill(n=row["withheld"]) if row["withheld"] else Text("", "")
    return Text(said.zh + held.zh, said.en + held.en)


def _is_whole(whole: PublicReport, shown: PublicReport) -> bool:
    """Return whether counts of the whole are counts of what is shown."""
    return len(shown.facilities) == len(whole.facilities) and shown.summary["coverage"] == whole.summary["coverage"]


# Reach


def _reaches(shown: PublicReport) -> list[Theme]:
    rows = shown.summary["services"]
    all_of = [("all", figures.ALL, REACH_ALL)] if len(rows) > 1 else []
    each = [(str(row["id"]), _text(row), _filled(REACH_NOTE, cutoff=_same(f"{row.get('cutoff_min', 15):g}"))) for row in rows]
    return [_reach(shown, *one) for one in (*all_of, *each) if f"share_{one[0]}" in shown.grids]


def _reach(shown: PublicReport, service: str, name: Text, note: Text) -> Theme:
    """Return the share of households that reach a service, now and later, where it is published."""
    columns = {NOW: f"share_{service}", LATER: f"share_later_{service}"}
    times = {time: TIMES[time] for time, column in columns.items() if column in shown.grids}
    frame = shown.grids
    for time in times:
        shares = frame[columns[time]].astype("float64").to_numpy()
        values = [None if np.isnan(share) else _same(figures.share(share)) for share in shares]
        frame = _framed(frame, "grid_id", time, _classes(shown.grids, shares), values, [None] * len(frame))
    return Theme(service, name, note, frame, CLASSES, times, _totals(shown, service, times), background=_under(shown))


def _totals(shown: PublicReport, service: str, times: Mapping[str, Text]) -> tuple[Text, ...]:
    """Return the shares of all households that are published."""
    rows = [row for row in shown.summary["coverage"] if (row["level"], row["service"]) == (TOTAL, service)]
    shares = {row["when"]: row["share"] for row in rows if row.get("share") is not None}
    said = {time: _same(figures.share(shares[time])) for time in times if time in shares}
    return tuple(_filled(TOTAL_SHARE, time=times[time], share=share) for time, share in said.items())


def _classes(grids: gpd.GeoDataFrame, shares: Any) -> list[str]:
    nobody = grids["households"].eq(0).fillna(value=False).to_numpy(dtype=bool)
    rounded = np.round(shares, ROUNDED)
    reached = [rounded >= least for least in LEAST]
    keys: list[str] = np.select(
        [nobody, *reached], [NOBODY.key, *(row.key for row in CLASSES)][: 1 + len(LEAST)], WITHHELD.key
    ).tolist()
    return keys


def _facilities(shown: PublicReport) -> Theme | None:
    """Return the facilities by their state."""
    if not len(shown.facilities):
        return None
    classes = [key if key in figures.STATUSES else None for key in shown.facilities["status"]]
    names = {str(row["id"]): _text(row) for row in shown.summary["services"]}
    said = [_listed([names.get(str(each), _same(str(each))) for each in services]) for services in shown.facilities["services"]]
    frame = _framed(shown.facilities, "facility_id", NOW, classes, said, [None] * len(classes))
    return Theme(FACILITIES, FACILITIES_NAME, FACILITIES_NOTE, frame, STATUS_CLASSES, ONE, background=_under(shown))


# Parts


def _framed(
    frame: gpd.GeoDataFrame, key: str, time: str, classes: Sequence[Any], values: Sequence[Any], advice: Sequence[Any]
) -> gpd.GeoDataFrame:
    """Return a frame with the columns of a theme at one time."""
    index = frame.index
    columns = {f"class_{time}": classes, f"value_{time}": values, f"advice_{time}": advice}
    told = {name: pd.Series(list(cells), index=index, dtype=object) for name, cells in columns.items()}
    return frame.assign(id=frame[key].astype(str), **told)


def _under(shown: PublicReport) -> gpd.GeoDataFrame | None:
    """Return the borders under a theme."""
    return shown.areas if len(shown.areas) else None


def _text(row: Row) -> Text:
    return Text(str(row["zh"]), str(row["en"]))


def _same(said: str) -> Text:
    return Text(said, said)


def _listed(names: Sequence[Text]) -> Text:
    return Text("、".join(each.zh for each in names), ", ".join(each.en for each in names))


def _filled(text: Text, **parts: Text) -> Text:
    """Return a sentence with parts that have languages of their own."""
    zh, en = ({name: getattr(part, lang) for name, part in parts.items()} for lang in ("zh", "en"))
    return Text(text.zh.format(**zh), text.en.format(**en))
