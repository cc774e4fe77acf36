"""Who is covered: from travel times to a status of every household, and from those to counts per group.

Every household is exactly one of covered, uncovered (including *no path*) and unreached, so the three sum to all in every table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid import counts
from geogrid.counts import MEASURES, OPTIONAL_MEASURES
from geogrid.errors import InputError
from geogrid.radius import compare_with_walking, service_radii, within_radius
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ALL",
    "STATUSES",
    "all_at_once",
    "compare_with_walking",
    "cover",
    "coverage_table",
    "cutoff_metres",
    "facility_counts",
    "sensitivity",
    "service_radii",
    "within_radius",
]

STATUSES = ("covered", "uncovered", "unreached")
COVERED, UNCOVERED, UNREACHED = range(len(STATUSES))

ALL = "all"
"""The name under which "all of these services at once" stands beside the services."""

SPEED_STEP = 0.1
CUTOFF_STEP_MIN = 2.0
BORDERLINE_MIN = 1.0
"""How far settings are varied to see how sure a result is: speed by 10 %, cutoff by 2 minutes; borderline is within 1 minute."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def cutoff_metres(cutoff_min: float, speed_kmh: float) -> float:
    """Return how far one gets within the cutoff, in metres rounded to 1 mm.

    Parameters
    ----------
    cutoff_min
        Largest acceptable travel time in minutes, not negative.
    speed_kmh
        Pace of the mode, above zero; of walking, the walking speed.

    Returns
    -------
    float
        Metres; a household at exactly this distance is covered.

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> cutoff_metres(15, 5)
    1250.0
    """
    if not (math.isfinite(cutoff_min) and cutoff_min >= 0):
        message = Text(
            "时限为 {value} 分钟，应为不小于 0 的数。",
            "the cutoff is {value} minutes, expected a number of at least 0; correct it",
        )
        raise InputError(message.fill(value=cutoff_min))
    if not (math.isfinite(speed_kmh) and speed_kmh > 0):
        message = Text(
            "速度为 {value} 公里/小时，应为大于 0 的数。",
            "the speed is {value} km/h, expected a number above 0; correct it",
        )
        raise InputError(message.fill(value=speed_kmh))
    return round(cutoff_min * speed_kmh * 1000 / 60, 3)


def cover(nearest: pd.DataFrame, *, cutoff_min: float, speed_kmh: float) -> pd.Series:
    """Say of every household whether it reaches the service in time.

    Parameters
    ----------
    nearest
        A row per household: ``metres`` to the nearest facility (at the pace of the mode, rounded to 1 mm; NaN where there is no
        path) and ``reason`` ("unreached" for a household too far from any street).
    cutoff_min
        Largest acceptable travel time in minutes, inclusive.
    speed_kmh
        Pace of the mode.

    Returns
    -------
    Series
        Categorical: covered, uncovered (also without a path) or unreached.

    Raises
    ------
    InputError
        If cutoff or speed is out of range.

    Examples
    --------
    >>> nearest = pd.DataFrame({"metres": [1250.0, 1250.001, None], "reason": ["", "", "unreached"]})
    >>> cover(nearest, cutoff_min=15, speed_kmh=5).tolist()
    ['covered', 'uncovered', 'unreached']
    """
    code = np.where(_within(nearest, cutoff_metres(cutoff_min, speed_kmh)), COVERED, UNCOVERED)
    code[(nearest["reason"] == "unreached").to_numpy()] = UNREACHED
    return pd.Series(pd.Categorical.from_codes(code, categories=STATUSES), index=nearest.index, name="status")


def all_at_once(statuses: pd.DataFrame) -> pd.Series:
    """Say of every household whether it reaches all of the services in time.

    Parameters
    ----------
    statuses
        A row per household, a column of statuses per service; at least one.

    Returns
    -------
    Series
        Categorical: uncovered where any service is uncovered, else unreached where any is unreached, else covered.

    Raises
    ------
    InputError
        If there is no service, or a status is none of the three.

    Examples
    --------
    >>> statuses = pd.DataFrame({"education": ["covered", "covered"], "medical": ["covered", "uncovered"]})
    >>> all_at_once(statuses).tolist()
    ['covered', 'uncovered']
    """
    if statuses.columns.empty:
        raise InputError(Text("没有选择任何服务。请至少选择一项。", "no service is selected; select at least one"))
    codes = np.stack([_codes(statuses[service]) for service in statuses])
    any_uncovered, any_unreached = (codes == UNCOVERED).any(axis=0), (codes == UNREACHED).any(axis=0)
    code = np.select([any_uncovered, any_unreached], [UNCOVERED, UNREACHED], COVERED)
    return pd.Series(pd.Categorical.from_codes(code, categories=STATUSES), index=statuses.index, name=ALL)


def coverage_table(households: pd.DataFrame, statuses: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """Count covered, uncovered and unreached households and people, per service and group.

    Parameters
    ----------
    households
        A row per household: ``persons``; ``aged_65`` and ``children_0_14`` where known.
    statuses
        Its status, a column per service (see `cover` and `all_at_once`), on the same index.
    keys
        Its group (a grid, an area …), on the same index. A categorical also yields its empty groups; NA is a group of its own,
        the last.

    Returns
    -------
    DataFrame
        A row per service and group, in the order of the columns and of the groups: ``service``, ``group``, and for each measure m
        of households, persons, aged_65, children_0_14: ``m``, ``m_covered``, ``m_uncovered``, ``m_unreached`` (Int64; NA where no
        household of the group says). For aged_65 and children_0_14 also ``m_unknown``: households that do not say, whose people
        are therefore missing from the sums.

    Raises
    ------
    InputError
        If the indexes differ, or a status is none of the three.

    Examples
    --------
    >>> households = pd.DataFrame({"persons": [3, 2, 4]})
    >>> statuses = pd.DataFrame({"medical": ["covered", "uncovered", "covered"]})
    >>> table = coverage_table(households, statuses, pd.Series(["A", "A", "B"]))
    >>> table[["service", "group", "persons", "persons_covered", "persons_uncovered"]]
       service group  persons  persons_covered  persons_uncovered
    0  medical     A        5                3                  2
    1  medical     B        4                4                  0
    """
    if not (households.index.equals(statuses.index) and households.index.equals(keys.index)):
        message = Text(
            "住户、状态、分组三张表的行索引不同，应逐行对应。请用同一张住户表计算。",
            "households, statuses and keys have different indexes, expected the same rows in all; compute them from one table",
        )
        raise InputError(message)
    group, labels = _numbered(keys)
    known = {measure: counts.by_group(values, group, len(labels)) for measure, values in counts.measured(households).items()}
    parts = [_count(known, _codes(statuses[service]), group, len(labels)) for service in statuses]
    named = [part.assign(service=service, group=labels) for part, service in zip(parts, statuses, strict=True)]
    columns = ["service", "group", *_columns()]
    return pd.concat(named, ignore_index=True)[columns] if named else pd.DataFrame(columns=columns)


def sensitivity(
    nearest: Mapping[str, pd.DataFrame],
    *,
    cutoff_min: Mapping[str, float],
    speed_kmh: Mapping[str, float],
    older_kmh: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Say how sure the covered share is: what it would be at other speeds and cutoffs, and how many are close to the cutoff.

    Parameters
    ----------
    nearest
        For each service, a row per household with ``metres`` (at the pace of the service) and ``reason``, as computed without a
        cutoff.
    cutoff_min
        Cutoff of each service in minutes.
    speed_kmh
        Pace of each service.
    older_kmh
        Pace of older people, of each service that is walked to.

    Returns
    -------
    DataFrame
        A row per service, then one for all at once: ``service``, ``share`` (of all households, 0 to 1), ``share_slower`` and
        ``share_faster`` (speed 10 % less and more), ``share_cutoff_less`` and ``share_cutoff_more`` (cutoff 2 minutes less and
        more), ``share_older`` (who walks goes at older people's pace; NaN where nobody walks), ``borderline_share`` (travel time
        within 1 minute of the cutoff; for all at once, of the service that misses its cutoff by most minutes or keeps it by
        least). NaN without households.

    Raises
    ------
    InputError
        If a cutoff or a speed is out of range.

    Examples
    --------
    >>> nearest = {"medical": pd.DataFrame({"metres": [100.0, 1200.0, 1300.0, 5000.0], "reason": ""})}
    >>> table = sensitivity(nearest, cutoff_min={"medical": 15}, speed_kmh={"medical": 5}, older_kmh={"medical": 3.6})
    >>> table.iloc[0].to_dict()
    {'service': 'medical', 'share': 0.5, 'share_slower': 0.25, 'share_faster': 0.75, 'share_cutoff_less': 0.25,
     'share_cutoff_more': 0.75, 'share_older': 0.25, 'borderline_share': 0.5}
    """
    variants = {
        "share": (1.0, 0.0),
        "share_slower": (1 - SPEED_STEP, 0.0),
        "share_faster": (1 + SPEED_STEP, 0.0),
        "share_cutoff_less": (1.0, -CUTOFF_STEP_MIN),
        "share_cutoff_more": (1.0, CUTOFF_STEP_MIN),
    }
    table: dict[str, list[float]] = {}
    for name, (factor, minutes) in variants.items():
        limits = {s: cutoff_metres(max(cutoff_min[s] + minutes, 0.0), speed_kmh[s] * factor) for s in nearest}
        table[name] = _shares_within(nearest, limits)
    walked = dict(older_kmh or {})
    older = _shares_within(nearest, {s: cutoff_metres(cutoff_min[s], walked.get(s, speed_kmh[s])) for s in nearest})
    walks = [*(s in walked for s in nearest), any(s in walked for s in nearest)]
    table["share_older"] = [share if walk else math.nan for share, walk in zip(older, walks, strict=True)]
    table["borderline_share"] = [_share(near) for near in _borderline(nearest, cutoff_min, speed_kmh)]
    return pd.DataFrame({"service": [*nearest, ALL], **table})


def _shares_within(nearest: Mapping[str, pd.DataFrame], limit_m: Mapping[str, float]) -> list[float]:
    """Return the share of households within the limit of each service, then within those of all."""
    within = [_within(trips, limit_m[service]) for service, trips in nearest.items()]
    return [_share(covered) for covered in [*within, np.logical_and.reduce(within)]]


def _borderline(
    nearest: Mapping[str, pd.DataFrame], cutoff_min: Mapping[str, float], speed_kmh: Mapping[str, float]
) -> list[Bools]:
    """Say who is within a minute of each cutoff, then of that of the service which is latest; without a path nobody is."""
    limits = {s: cutoff_metres(cutoff_min[s], speed_kmh[s]) for s in nearest}
    beyond = {s: trips["metres"].to_numpy(dtype=float) - limits[s] for s, trips in nearest.items()}
    near = [np.abs(np.round(beyond[s], 3)) <= cutoff_metres(BORDERLINE_MIN, speed_kmh[s]) for s in nearest]
    # Services have paces of their own, so minutes are compared; of unknown ones (NaN) argmax takes the first.
    latest = np.argmax([beyond[s] / speed_kmh[s] for s in nearest], axis=0)
    return [*near, np.take_along_axis(np.array(near), latest[None], axis=0)[0]]


def facility_counts(facilities: pd.DataFrame) -> pd.DataFrame:
    """Count facilities per grid, service and status.

    Parameters
    ----------
    facilities
        ``grid_id`` (as assigned; NA outside all grids), ``services`` (tuple of ids; one facility counts for each) and ``status``.

    Returns
    -------
    DataFrame
        ``grid_id``, ``service``, ``status``, ``facilities``; a row for each combination that occurs, NA grids last.

    Examples
    --------
    >>> services = [("medical", "sport"), ("sport",)]
    >>> facilities = pd.DataFrame({"grid_id": ["A", "A"], "services": services, "status": ["built", "built"]})
    >>> facility_counts(facilities)
      grid_id  service status  facilities
    0       A  medical  built           1
    1       A    sport  built           2
    """
    rows = pd.DataFrame(facilities[["grid_id", "services", "status"]]).explode("services", ignore_index=True)
    rows = rows.rename(columns={"services": "service"})
    return rows.groupby(["grid_id", "service", "status"], dropna=False, observed=True).size().reset_index(name="facilities")


def _within(nearest: pd.DataFrame, limit_m: float) -> Bools:
    """Return True where there is a path of at most the limit, compared on metres rounded to 1 mm."""
    metres = nearest["metres"].to_numpy(dtype=np.float64, na_value=np.nan)
    within: Bools = np.round(metres, 3) <= limit_m
    return within


def _share(part: Bools) -> float:
    """Return the share that is True; NaN of nothing."""
    return float(part.mean()) if len(part) else math.nan


def _codes(status: pd.Series) -> npt.NDArray[np.int64]:
    """Return the position of each status in `STATUSES`."""
    category = status.astype("category").cat
    # A missing status has code -1, which picks the -1 appended.
    codes = np.append(pd.Index(STATUSES).get_indexer(category.categories), -1)[category.codes.to_numpy()]
    wrong = status[codes < 0]
    if len(wrong):
        message = Text(
            "状态 {value!r} 无效，应为 {known} 之一。",
            "the status {value!r} does not exist, expected one of {known}; compute it with cover",
        )
        raise InputError(message.fill(value=wrong.iloc[0], known=", ".join(STATUSES)))
    return np.asarray(codes, dtype=np.int64)


def _numbered(keys: pd.Series) -> tuple[npt.NDArray[np.int64], pd.Series]:
    """Give each row the number of its group, groups in order and NA last; also return the groups' labels."""
    category = keys.astype("category").cat
    group = category.codes.to_numpy().astype(np.int64)
    labels = category.categories.to_series(index=range(len(category.categories)))
    outside = group < 0
    if outside.any():
        group = np.where(outside, len(labels), group)
        labels = labels.reindex(range(len(labels) + 1))
    return group, labels


def _columns() -> list[str]:
    """Name the columns of counts in the order of the table."""
    columns = []
    for measure in MEASURES:
        columns += [measure, *(f"{measure}_{status}" for status in STATUSES)]
        columns += [f"{measure}_unknown"] if measure in OPTIONAL_MEASURES else []
    return columns


def _count(
    known: Mapping[str, counts.Known], status: npt.NDArray[np.int64], group: npt.NDArray[np.int64], groups: int
) -> pd.DataFrame:
    """Sum the measures of one service over groups and statuses."""
    cell, shape = group * len(STATUSES) + status, (groups, len(STATUSES))
    columns = {}
    for measure, each in known.items():
        by_status = np.bincount(cell, weights=each.values, minlength=groups * len(STATUSES)).reshape(shape)
        columns[measure] = counts.whole(by_status.sum(axis=1), each.silent)
        for name, part in zip(STATUSES, by_status.T, strict=True):
            columns[f"{measure}_{name}"] = counts.whole(part, each.silent)
        columns[f"{measure}_unknown"] = pd.Series(each.unknown, dtype="Int64")
    return pd.DataFrame(columns)
