"""How numbers are written in pages: counts, shares and bars, with one mark for what is withheld and one for what is unknown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geogrid.inputlabels import PROBLEM_NAMES, TABLE_NAMES
from geogrid.words import Text
from maps.markup import Html, element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.words import Lang

WITHHELD = "＊"
UNKNOWN = "—"
ALL = Text("全部服务", "All services")
KINDS: dict[str, Text] = {
    "hole": Text("空洞", "Hole"),
    "overlap": Text("重叠", "Overlap"),
    "sliver": Text("狭缝", "Sliver"),
    "outside_parent": Text("超出上级区域", "Outside its area"),
    "multi_part": Text("分成几块", "In several parts"),
    "invalid": Text("图形无效", "Invalid shape"),
}
STATUSES: dict[str, Text] = {
    "built": Text("已建", "Built"),
    "upgrading": Text("提升中", "Upgrading"),
    "improving": Text("改善中", "Improving"),
    "planned": Text("规划", "Planned"),
}
TABLES: Mapping[str, Text] = TABLE_NAMES
CODES: Mapping[str, Text] = PROBLEM_NAMES
LEVELS: dict[str, Text] = {
    "total": Text("合计", "Total"),
    "outside": Text("网格之外", "Outside all grids"),
    "grid": Text("网格", "Grid"),
}


def is_missing(value: object) -> bool:
    """Return True for None, NaN and pandas' NA.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(0)
    (True, False)
    """
    return value is None or str(value) == "<NA>" or (isinstance(value, float) and math.isnan(value))


def count(value: Any, *, withheld: bool = False) -> str:
    """Return a count with separators; a missing one is withheld or unknown.

    Examples
    --------
    >>> count(28343), count(None, withheld=True), count(None)
    ('28,343', '＊', '—')
    """
    if is_missing(value):
        return WITHHELD if withheld else UNKNOWN
    return f"{int(value):,}"


def share(value: Any, *, withheld: bool = False) -> str:
    """Return a share (0..1) as a percentage; 100 % and 0 % are said only of shares that are exactly that.

    Examples
    --------
    >>> share(0.8123), share(0.3705), share(0.99999), share(1.0), share(None)
    ('81.2%', '37.1%', '>99.9%', '100%', '—')
    """
    if is_missing(value):
        return WITHHELD if withheld else UNKNOWN
    percent = 100 * float(value)
    if percent in (0, 100):
        return f"{percent:.0f}%"
    if percent > 99.9:  # noqa: PLR2004 -- would be rounded up to a whole hundred
        return ">99.9%"
    if percent < 0.1:  # noqa: PLR2004 -- likewise down to nothing
        return "<0.1%"
    return f"{math.floor(round(100 * percent) / 10 + 0.5) / 10:.1f}%"  # a half goes up, as on the interactive map


def number(value: Any, digits: int = 1) -> str:
    """Return a measurement without needless zeros.

    Examples
    --------
    >>> number(15.0), number(0.52345, 2), number(None), number(1234.5)
    ('15', '0.52', '—', '1,234.5')
    """
    if is_missing(value):
        return UNKNOWN
    written = f"{float(value):,.{digits}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def signed_share(value: Any) -> str:
    """Return a deviation (fraction) with its sign.

    Examples
    --------
    >>> signed_share(0.125), signed_share(-0.5), signed_share(None)
    ('+12.5%', '−50.0%', '—')
    """
    return UNKNOWN if is_missing(value) else f"{100 * float(value):+.1f}%".replace("-", "−")


def minutes(value: Any, lang: Lang) -> str:
    """Return minutes with their unit, whole ones without decimals; missing means that no street leads there.

    Examples
    --------
    >>> minutes(21.26, "zh"), minutes(21.0, "zh"), minutes(None, "en")
    ('21.3 分钟', '21 分钟', 'no path')
    """
    if is_missing(value):
        return Text("无路可达", "no path").say(lang)
    return Text("{n} 分钟", "{n} min").fill(n=number(value)).say(lang)


def bar(value: Any, colour: str, *, width: int = 72) -> Html:
    """Return a share as a small picture, for eyes that scan a column."""
    filled = 0.0 if is_missing(value) else round(width * max(0.0, min(1.0, float(value))), 1)
    track = element("rect", width=width, height=8, rx=2, class_="track")
    fill = element("rect", width=filled, height=8, rx=2, fill=colour) if filled else None
    return element("svg", track, fill, class_="bar", width=width, height=8, viewBox=f"0 0 {width} 8", aria_hidden="true")


def say(words: Mapping[str, Text], key: str, lang: Lang) -> str:
    """Return a known word in one language; a word that a profile added is shown as it is.

    Examples
    --------
    >>> say(STATUSES, "built", "zh"), say(STATUSES, "mothballed", "zh")
    ('已建', 'mothballed')
    """
    return words[key].say(lang) if key in words else key


def called(row: Mapping[str, Any]) -> str:
    """Return a grid's id and its name, once where they are the same.

    Examples
    --------
    >>> called({"grid_id": "G1", "name": "东"}), called({"grid_id": "G2", "name": "G2"})
    ('G1 东', 'G2')
    """
    return " ".join(dict.fromkeys((str(row["grid_id"]), str(row["name"])))).strip()
