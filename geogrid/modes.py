"""Which streets a way of travelling may use, how fast, in which direction. What each may is data in ``geogrid.modetable``.

Values are compared without case, in the words of OpenStreetMap or the plain Chinese ones of offices. A street without a class, or
of a class that no list names, may be used by everyone: what an office calls its roads must not lose them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.errors import InputError, NotFoundError
from geogrid.modetable import CLOSED, GRANTS, MODES, PUSHED, PUSHING_KMH, ROUNDABOUTS, WALK, Mode
from geogrid.rows.tables import ONEWAY, ROAD_CLASS
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["MODES", "Mode", "barred_streets", "require_mode", "street_use"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]

CLASS_OF = {name.casefold(): value for value, names in ROAD_CLASS.items() for name in names.split("|")}
ONEWAY_OF = {name: value for value, names in ONEWAY.items() for name in (value, *names.split("|"))}
ONEWAY_OF |= dict.fromkeys(("reversible", "可变", "潮汐"), "reversible")


def require_mode(mode: str) -> Mode:
    """Return a way of travelling by its id.

    Raises
    ------
    NotFoundError
        There is none of that id.

    Examples
    --------
    >>> require_mode("bicycle").speed_kmh
    15.0
    """
    if mode not in tuple(MODES):  # whatever type it is
        text = Text("没有出行方式“{mode}”；可用：{known}", "there is no mode {mode!r}; use one of: {known}")
        raise NotFoundError(text.fill(mode=mode, known=", ".join(MODES)))
    return MODES[mode]


def street_use(roads: pd.DataFrame, mode: str, *, speed_kmh: float | None = None) -> pd.DataFrame:
    """Say of every street whether a way of travelling may use it, how fast, in which direction, and whether one may stop there.

    Parameters
    ----------
    roads
        Streets; any of the columns highway, access, vehicle, foot, bicycle, motor_vehicle, motorcar, service, oneway,
        oneway_bicycle, junction, closed and speed_kmh (how fast anyone gets along that street, in place of its class's speed)
        may be absent or have empty cells.
    mode
        A key of ``MODES``.
    speed_kmh
        The pace, instead of the mode's own.

    Returns
    -------
    pandas.DataFrame
        On the index of ``roads``: ``reason`` it cannot be used ("" usable, "closed", "class", "access"; reversible lanes are
        "access" to who obeys them), ``speed_kmh`` (at most the pace), ``forward`` and ``backward`` (may go along the line's
        own direction, and against it), ``is_stop`` (points may be placed on it).

    Raises
    ------
    NotFoundError
        The mode does not exist.
    InputError
        The pace is not a positive number.

    Examples
    --------
    >>> roads = pd.DataFrame({"highway": ["primary", "footway", "motorway"], "oneway": ["yes", None, None]})
    >>> street_use(roads, "car")
      reason  speed_kmh  forward  backward  is_stop
    0              65.0     True     False     True
    1  class       25.0     True      True    False
    2              90.0     True     False    False
    """
    rule = require_mode(mode)
    pace = _pace(rule, speed_kmh)
    streets = _Streets(roads)
    own = streets.verdict(rule.own, rule)
    forward, backward = _directions(streets, rule)
    reason = _reasons(streets, rule, own)
    reason[(reason == "") & ~forward & ~backward] = "access"
    columns = {
        "reason": reason,
        "speed_kmh": _speeds(streets, rule, own, pace),
        "forward": forward,
        "backward": backward,
        "is_stop": (reason == "") & _stops(streets, rule),
    }
    return pd.DataFrame(columns, index=roads.index)


def barred_streets(roads: pd.DataFrame, *, mode: str = "walk") -> pd.Series:
    """Say of every street why a way of travelling cannot use it: the column ``reason`` of `street_use`.

    Raises
    ------
    NotFoundError
        The mode does not exist.

    Examples
    --------
    >>> barred_streets(pd.DataFrame({"highway": ["motorway", "residential", "trunk"], "foot": [None, "no", "yes"]})).tolist()
    ['class', 'access', '']
    """
    return street_use(roads, mode)["reason"]


@dataclass(frozen=True)
class _Words:
    """A column of words: the different ones, and which of them stands in each row; whatever is asked is asked once a word."""

    words: list[str]
    code: npt.NDArray[np.intp]

    def are(self, values: Iterable[str]) -> Bools:
        """Return True for rows whose word is one of these."""
        return np.array([word in values for word in self.words], dtype=bool)[self.code]

    def texts(self, say: Callable[[str], str]) -> Objects:
        """Return what is to be said of each row's word."""
        return np.array([say(word) for word in self.words], dtype=object)[self.code]

    def numbers(self, known: Mapping[str, float | None], other: float | None) -> Floats:
        """Return the number of each row's word, NaN for None."""
        return np.array([known.get(word, other) for word in self.words], dtype=np.float64)[self.code]


class _Streets:
    """A table of streets as words."""

    def __init__(self, roads: pd.DataFrame) -> None:
        self.roads = roads
        as_written = self.words("highway")
        self.highway = _Words([CLASS_OF.get(word, word) for word in as_written.words], as_written.code)

    def words(self, column: str) -> _Words:
        """Return a column in lower case, "" where it is absent or empty."""
        if column not in self.roads.columns:
            return _Words([""], np.zeros(len(self.roads), dtype=np.intp))
        code, values = pd.factorize(self.roads[column])
        return _Words([*(str(value).strip().lower().removesuffix(".0") for value in values), ""], code)

    def verdict(self, columns: Sequence[str], rule: Mode) -> Objects:
        """Return what the most specific column that says something says: "no", "let", "push", "yes" or "" (nothing)."""
        said = np.full(len(self.roads), "", dtype=object)
        for column in columns:
            here = self.words(column).texts(lambda word: _verdict(word, rule))
            said = np.where(here == "", said, here)
        return said


def _verdict(word: str, rule: Mode) -> str:
    """Return what one value says; several values in one cell are separated by semicolons, and the kindest counts."""
    parts = {part.strip() for part in word.split(";")}
    for values, verdict in ((GRANTS, "yes"), (rule.lets & PUSHED, "push"), (rule.lets, "let")):
        if parts & values:
            return verdict
    return "no" if parts <= rule.denies else ""


def _pace(rule: Mode, speed_kmh: float | None) -> float:
    if speed_kmh is None:
        return rule.speed_kmh
    if not 0 < speed_kmh < np.inf:
        text = Text(
            "速度 {value} 公里/小时不可用；请给出大于 0 的数，例如 5",
            "speed {value} km/h is not usable; give a number above 0, such as 5",
        )
        raise InputError(text.fill(value=speed_kmh))
    return float(speed_kmh)


def _reasons(streets: _Streets, rule: Mode, own: Objects) -> Objects:
    """Return why each street cannot be used, "" where it can; a closed street is closed, whatever else it is."""
    barred = streets.verdict(rule.general, rule) == "no"
    if rule.barred_services:
        barred |= streets.words("service").are(rule.barred_services)
    needs = streets.highway.are(set(rule.by_permission) - set(rule.usable)) & ~_permitted(own)
    reason = np.full(len(own), "", dtype=object)
    reason[(own == "no") | (barred & (own == ""))] = "access"
    reason[needs | streets.highway.are(rule.never)] = "class"
    reason[streets.words("closed").are(CLOSED)] = "closed"
    return reason


def _permitted(own: Objects) -> Bools:
    """Return whether an own column permits."""
    return np.asarray((own == "yes") | (own == "push"), dtype=bool)


def _speeds(streets: _Streets, rule: Mode, own: Objects, pace: float) -> Floats:
    """Return the speed on each street: its own, else its class's; never above the pace."""
    permitted = streets.highway.are(rule.by_permission) & _permitted(own)
    by_class = streets.highway.numbers(rule.usable, rule.other_kmh)
    speed = np.where(permitted, streets.highway.numbers(rule.by_permission, None), by_class)
    speed[own == "push"] = np.fmin(speed[own == "push"], PUSHING_KMH)
    if "speed_kmh" in streets.roads.columns:
        stated = pd.to_numeric(streets.roads["speed_kmh"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        speed = np.where(np.isfinite(stated) & (stated > 0), stated, speed)
    capped: Floats = np.fmin(speed, pace)
    return capped


def _directions(streets: _Streets, rule: Mode) -> tuple[Bools, Bools]:
    """Return whether one may go along each line, and against it."""
    both = np.ones(len(streets.roads), dtype=bool)
    if not rule.obeys_oneway:
        return both, both.copy()
    way = _oneway(streets.words("oneway"))
    implied = streets.words("junction").are(ROUNDABOUTS) | streets.highway.are({"motorway"})
    way[(way == "") & implied] = "yes"
    if rule.oneway_exception is not None:
        exception = _oneway(streets.words(rule.oneway_exception))
        way = np.where(exception == "", way, exception)
    neither = way == "reversible"
    return ~neither & (way != "-1"), ~neither & (way != "yes")


def _oneway(words: _Words) -> Objects:
    """Return "yes", "-1", "no", "reversible" or "" of what a column of one-way words says."""
    return words.texts(lambda word: ONEWAY_OF.get(word, ""))


def _stops(streets: _Streets, rule: Mode) -> Bools:
    """Return whether points may be placed on each street."""
    barred: Bools = streets.verdict((*WALK.general, *WALK.own), WALK) == "no"
    return ~(streets.highway.are(rule.no_stop) | (barred & streets.highway.are(rule.no_stop_unless_walked)))
