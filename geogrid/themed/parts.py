"""Pieces that makers of themes share: frames, classes that many themes have, and sentences of figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geogrid.themecolours import COLOURS
from geogrid.themed.telling import is_told
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.themed.stage import Stage

ONE: Mapping[str, Text] = {"now": Text("现在", "Now")}
"""The time of a theme in which nothing changes."""

PASS = ThemeClass("pass", Text("达标", "meets it"), COLOURS["pass"])
FAIL = ThemeClass("fail", Text("不达标", "fails"), COLOURS["fail"])
INCOMPLETE = ThemeClass("incomplete", Text("资料不全", "data missing"), COLOURS["incomplete"], is_hatched=True)
WITHHELD = ThemeClass("withheld", Text("不公开（数量小）", "withheld: small numbers"), COLOURS["nothing"], is_hatched=True)
NOBODY = ThemeClass("nobody", Text("没有住户", "no households"), COLOURS["nothing"], is_hatched=True)
RESULTS = (PASS, INCOMPLETE, FAIL, WITHHELD)

SHOWN = 0.5
"""A map for the public shows places of which at least this share can be shown, the smallest ones."""

PEOPLE_UNITS = frozenset({"households", "persons", "people", "matters"})


class Shown(NamedTuple):
    """What a time shows of each row: the key of its class (None: not drawn), and its value and advice in words or None."""

    classes: Sequence[str | None]
    values: Sequence[Text | None]
    advice: Sequence[Text | None]


def shown(classes: Sequence[str | None], values: Sequence[Text | None] | None = None, advice: Any = None) -> Shown:
    """Return what a time shows; without values or advice none for any row."""
    nothing = [None] * len(classes)
    return Shown(classes, nothing if values is None else values, nothing if advice is None else advice)


def framed(rows: gpd.GeoDataFrame, times: Mapping[str, Shown], order: Any = None) -> gpd.GeoDataFrame:
    """Return the frame of a theme.

    Parameters
    ----------
    rows : GeoDataFrame
        WGS 84, with ``id`` and ``name``.
    times : mapping of Shown
        By time.
    order : array of int, optional
        Positions of the rows in the order of the frame; all of them as they stand if None.

    Returns
    -------
    GeoDataFrame
    """
    columns: dict[str, Any] = {"id": rows["id"].to_numpy(dtype=object), "name": rows["name"].to_numpy(dtype=object)}
    for time, each in times.items():
        columns[f"class_{time}"] = _objects([pd.NA if key is None else key for key in each.classes])
        columns[f"value_{time}"] = _objects(each.values)
        columns[f"advice_{time}"] = _objects(each.advice)
    frame = gpd.GeoDataFrame(columns, geometry=rows.geometry.to_numpy(), crs=rows.crs)
    return frame if order is None else frame.iloc[np.asarray(order, dtype=np.int64)].reset_index(drop=True)


def _objects(values: Sequence[Any]) -> Any:
    """Return values as they are; numpy would take texts, which are tuples, apart."""
    column = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        column[i] = value
    return column


def used(classes: Iterable[ThemeClass], frame: gpd.GeoDataFrame) -> tuple[ThemeClass, ...]:
    """Return the classes of a legend: all but hatched ones that no row has."""
    columns = [column for column in frame if str(column).startswith("class_")]
    known = {key for column in columns for key in frame[column].dropna().unique()}
    return tuple(each for each in classes if each.key in known or not each.is_hatched)


def joined(texts: Iterable[Text | None], zh: str = "；", en: str = "; ") -> Text | None:
    """Return sentences as one, None of none.

    Examples
    --------
    >>> joined([Text("甲", "A"), None, Text("乙", "B")])
    Text(zh='甲；乙', en='A; B')
    """
    said = [text for text in texts if text is not None]
    return Text(zh.join(text.zh for text in said), en.join(text.en for text in said)) if said else None


def named(names: Iterable[Any]) -> Text:
    """Return names in a row, as each language separates them."""
    listed = [str(name) for name in names]
    return Text("、".join(listed), ", ".join(listed))


def worst_first(classes: Sequence[str | None], weight: Any, *, first: Sequence[str] = ("fail", "incomplete")) -> Any:
    """Return positions: rows of the first classes first, heavier ones before lighter ones, then as they stand."""
    place = {key: i for i, key in enumerate(first)}
    rank = np.array([place.get(key or "", len(place)) for key in classes], dtype=np.int64)
    return np.lexsort((-np.nan_to_num(np.asarray(weight, dtype=float)), rank))


def stated(stage: Stage, kinds: Iterable[str], *, is_public: bool) -> list[Text]:
    """Return a sentence for every size that the sources state of some kinds of subjects, beside the size that was found."""
    rules, wanted = stage.profile.stated, set(kinds)
    return [
        _compared(row)
        for row in stage.judged.stated.to_dict("records")
        if rules[row["stated"]].of in wanted and not (is_public and not is_told(rules[row["stated"]]))
    ]


def _compared(row: Mapping[Any, Any]) -> Text:
    assumed = Text("（假定）", " (assumed)") if row["is_assumed"] else Text("", "")
    name, n, found = row["name"], f"{row['n']:,}", f"{row['found']:,.10g}"
    shares = Text("", "")
    if not np.isnan(row["share"]) and not np.isnan(row["share_found"]):
        shares = Text(f"（{row['share']:.4g} / {row['share_found']:.1%}）", f" ({row['share']:.4g} / {row['share_found']:.1%})")
    return Text(
        f"{name.zh}：资料 {n}{assumed.zh}，实有 {found}{shares.zh}",
        f"{name.en}: stated {n}{assumed.en}, found {found}{shares.en}",
    )


def layer(stage: Stage, key: str, frame: gpd.GeoDataFrame, classes: Iterable[ThemeClass], **said: Any) -> Theme:
    """Return a theme over the borders of the place; ``said`` holds the other attributes of `Theme`."""
    whole: dict[str, Any] = {"times": ONE, "background": stage.borders, **said}
    return Theme(id=key, frame=frame, classes=used(classes, frame), **whole)
