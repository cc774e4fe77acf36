"""Who gains and who loses between two answers to the same question: of a what-if, or of streets that are closed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.counts import MEASURES
from geogrid.coverage import STATUSES, UNREACHED, cover, cutoff_metres
from geogrid.graph import to_metres
from geogrid.settings import ALL
from geogrid.town import trips
from geogrid.travel import minutes_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.nearest import Nearest
    from geogrid.town import Town

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CHANGED_M = 0.0015
"""On other streets a way changed if its rounded metres differ by more than a millimetre: cut parts round differently."""

CHANGES = ("gains", "loses", "nearer", "farther", "other_facility")
"""What a change can mean for a household: it becomes covered, is covered no longer, or stays what it is."""


@dataclass(frozen=True, eq=False)
class Answers:
    """The nearest facilities of all households by service, and the ids of the facilities' rows."""

    nearest: Mapping[str, Nearest]
    facility_ids: Sequence[str]


@dataclass(frozen=True, eq=False)
class Baseline:
    """What an effect is measured against: the town, its answers, and who was covered by them."""

    town: Town
    answers: Answers
    covered: Mapping[str, Bools]

    @cached_property
    def inside(self) -> Bools:
        """Return who lies in a grid: those that tables count."""
        return np.asarray(self.town.households["grid_id"].notna().to_numpy())

    @cached_property
    def grid(self) -> tuple[Ints, npt.NDArray[np.object_]]:
        """Return the grid of every household as a position among all grids (-1 outside), and the grids' ids."""
        ids = self.town.grids["grid_id"].to_numpy(dtype=object)
        return pd.Index(ids).get_indexer(self.town.households["grid_id"]).astype(np.int64), ids

    @cached_property
    def household_ids(self) -> npt.NDArray[np.object_]:
        """Return the households' ids."""
        return np.asarray(self.town.households["household_id"], dtype=object)

    @cached_property
    def people(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Return how much each household adds to each measure; nothing where it does not say."""
        homes = self.town.households
        stated = {m: homes[m].to_numpy(dtype=float, na_value=0.0) for m in MEASURES if m in homes.columns}
        return {"households": np.ones(len(homes)), **{m: np.nan_to_num(values) for m, values in stated.items()}}

    def make_ready(self) -> None:
        """Work out, before the first effect is asked for, what every effect needs."""
        _ = self.counted, self.household_ids

    @cached_property
    def counted(self) -> Mapping[str, Mapping[str, Ints]]:
        """Return, by service and measure, the covered people of every grid."""
        grid, ids = self.grid
        return {
            service: {
                m: _sums(grid[covered & self.inside], values[covered & self.inside], len(ids))
                for m, values in self.people.items()
            }
            for service, covered in self.covered.items()
        }


@dataclass(frozen=True, eq=False)
class Effect:
    """What changes between two answers.

    Attributes
    ----------
    households : DataFrame
        Office only. A row per household and service whose answer changes: household_id, grid_id, service, change (of `CHANGES`),
        status_before, status_after, minutes_before, minutes_after, facility_before, facility_after.
    by_grid : DataFrame
        A row per service, "all" at once included, and grid where somebody gains or loses: service, grid_id and, for each measure
        m of households, persons, aged_65, children_0_14: m_gain, m_lose, m_covered_before, m_covered_after. Exact: office only.
    totals : DataFrame
        The same over all grids, a row per service, with share_before and share_after (covered households of those in grids), and
        households_nearer, households_farther, whose minutes change but not their status.
    """

    households: pd.DataFrame
    by_grid: pd.DataFrame
    totals: pd.DataFrame


def baseline(town: Town, answers: Answers) -> Baseline:
    """Say who is covered by some answers, to measure effects against.

    Parameters
    ----------
    town : Town
        With its households.
    answers : Answers
        For every service of the town.

    Returns
    -------
    Baseline
    """
    everybody = np.arange(len(town.households))
    covered = {s: covered_rows(town, s, answers.nearest[s], everybody) for s in town.settings.services}
    at_once = np.logical_and.reduce(list(covered.values()))
    return Baseline(town, answers, {**covered, ALL: at_once})


def covered_rows(town: Town, service: str, nearest: Nearest, rows: Ints) -> Bools:
    """Return who of some households is covered: within the cutoff, compared on metres rounded to 1 mm."""
    limit = cutoff_metres(town.settings.cutoff_min[service], town.settings.speed_kmh[service])
    within: Bools = to_metres(nearest.units[rows]) <= limit
    return within


def effect(base: Baseline, after: Answers, rows: Mapping[str, Ints] | None = None) -> Effect:
    """Compare answers with the baseline.

    Parameters
    ----------
    base : Baseline
        From `baseline`.
    after : Answers
        For every service of the town.
    rows : mapping of int arrays, optional
        By service, the households whose answer may differ, ascending; all of them when not given.

    Returns
    -------
    Effect
    """
    services = base.town.settings.services
    everybody = np.arange(len(base.town.households))
    felt = {s: everybody if rows is None else rows.get(s, everybody[:0]) for s in services}
    covered = {s: covered_rows(base.town, s, after.nearest[s], felt[s]) for s in services}
    lists = [_households(base, after, s, felt[s], covered[s]) for s in services]
    turns = {s: _turn(felt[s], base.covered[s][felt[s]], covered[s]) for s in services}
    turns[ALL] = _turn_at_once(base, felt, covered)
    totals = pd.DataFrame([_total(base, s, *turns[s]) for s in (*services, ALL)])
    for change in ("nearer", "farther"):
        found = [int(((each["change"] == change) & pd.notna(each["grid_id"])).sum()) for each in lists]
        totals[f"households_{change}"] = [*found, 0]
    return Effect(_stacked(lists), _stacked([_by_grid(base, s, *turns[s]) for s in (*services, ALL)]), totals)


def _stacked(tables: Sequence[Mapping[str, npt.NDArray[Any]]]) -> pd.DataFrame:
    """Return tables of equal columns, one under the other."""
    return pd.DataFrame({column: np.concatenate([table[column] for table in tables]) for column in tables[0]})


def _turn(rows: Ints, before: Bools, after: Bools) -> tuple[Ints, Ints]:
    """Return the households that gain and those that lose."""
    return rows[after & ~before], rows[before & ~after]


def _turn_at_once(base: Baseline, felt: Mapping[str, Ints], covered: Mapping[str, Bools]) -> tuple[Ints, Ints]:
    """Return who gains and loses all services at once."""
    rows = np.unique(np.concatenate(list(felt.values())))
    after = np.ones(len(rows), dtype=bool)
    for service, at in felt.items():
        now = base.covered[service][rows]
        now[np.searchsorted(rows, at)] = covered[service]
        after &= now
    return _turn(rows, base.covered[ALL][rows], after)


def _households(base: Baseline, after: Answers, service: str, rows: Ints, covered: Bools) -> dict[str, npt.NDArray[Any]]:
    """List the households whose answer changes."""
    old, new = base.answers.nearest[service], after.nearest[service]
    old_ids, new_ids = _ids(base.answers, old, rows), _ids(after, new, rows)
    differs = np.flatnonzero((old.units[rows] != new.units[rows]) | (old_ids != new_ids))
    rows, was, now = rows[differs], base.covered[service][rows[differs]], covered[differs]
    grid, grid_ids = base.grid
    pace = base.town.settings.speed_kmh[service]
    minutes = [minutes_within(to_metres(one.units[rows]), pace) for one in (old, new)]
    off = base.town.of(service).at_home.segment[rows] < 0
    return {
        "household_id": base.household_ids[rows],
        "grid_id": np.array([*grid_ids, None], dtype=object)[grid[rows]],
        "service": np.full(len(rows), service, dtype=object),
        "change": _kind(old.units[rows], new.units[rows], was, now),
        "status_before": _status(was, off),
        "status_after": _status(now, off),
        "minutes_before": minutes[0],
        "minutes_after": minutes[1],
        "facility_before": old_ids[differs],
        "facility_after": new_ids[differs],
    }


def _ids(answers: Answers, nearest: Nearest, rows: Ints) -> npt.NDArray[np.object_]:
    return np.asarray(np.array([*answers.facility_ids, None], dtype=object)[nearest.facility[rows]])


def _kind(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64], was: Bools, now: Bools) -> npt.NDArray[np.object_]:
    cases = [now & ~was, was & ~now, after < before, after > before]
    return np.asarray(np.array(CHANGES, dtype=object)[np.select(cases, range(4), 4)])


def _status(covered: Bools, unreached: Bools) -> npt.NDArray[np.object_]:
    return np.asarray(np.array(STATUSES, dtype=object)[np.where(unreached, UNREACHED, np.where(covered, 0, 1))])


def _by_grid(base: Baseline, service: str, gains: Ints, loses: Ints) -> dict[str, npt.NDArray[Any]]:
    """Count the people of each grid that gain or lose, where somebody does."""
    grid, ids = base.grid
    counts = {m: [_sums(grid[rows], values[rows], len(ids)) for rows in (gains, loses)] for m, values in base.people.items()}
    touched = np.flatnonzero(counts["households"][0] + counts["households"][1])
    table = {"service": np.full(len(touched), service, dtype=object), "grid_id": ids[touched]}
    for measure, (gain, lose) in counts.items():
        before = base.counted[service][measure][touched]
        change = (gain[touched], lose[touched], before, before + gain[touched] - lose[touched])
        table |= dict(zip(_columns(measure), change, strict=True))
    return table


def _total(base: Baseline, service: str, gains: Ints, loses: Ints) -> dict[str, object]:
    """Count the people of all grids that gain or lose."""
    row: dict[str, object] = {"service": service}
    inside = {"gain": gains[base.inside[gains]], "lose": loses[base.inside[loses]]}
    for measure, values in base.people.items():
        gain, lose = (int(values[rows].sum()) for rows in inside.values())
        before = int(base.counted[service][measure].sum())
        row |= dict(zip(_columns(measure), (gain, lose, before, before + gain - lose), strict=True))
        if measure == "households":
            everybody = max(int(base.inside.sum()), 1)
            row |= {"share_before": before / everybody, "share_after": (before + gain - lose) / everybody}
    return row


def _columns(measure: str) -> tuple[str, ...]:
    return tuple(f"{measure}_{part}" for part in ("gain", "lose", "covered_before", "covered_after"))


def _sums(grid: Ints, values: npt.NDArray[np.float64], grids: int) -> Ints:
    """Add up values by grid; outside all grids is left out."""
    inside = grid >= 0
    return np.bincount(grid[inside], weights=values[inside], minlength=grids).astype(np.int64)


def compared(before: Town, after: Town, service: str) -> pd.DataFrame:
    """Lay every household's way to a service on two towns' streets side by side; the facilities are the same.

    Parameters
    ----------
    before, after : Town
        The same households and facilities, on other streets.
    service : str
        One of their services.

    Returns
    -------
    DataFrame
        A row per household, in order: household_id, grid_id, persons, service; and with ``_before`` and ``_after`` metres,
        minutes, reason, facility (id, None without a way) and status.
    """
    homes, ids = before.households, np.array([*before.facilities["facility_id"], None], dtype=object)
    limits = {"cutoff_min": before.settings.cutoff_min[service], "speed_kmh": before.settings.speed_kmh[service]}
    table: dict[str, Any] = {
        "household_id": homes["household_id"].to_numpy(),
        "grid_id": homes["grid_id"].to_numpy(),
        "persons": homes["persons"].to_numpy(dtype=np.int64),
        "service": service,
    }
    for when, town in (("before", before), ("after", after)):
        found = trips(town, service)
        table |= {f"{name}_{when}": found[name].to_numpy() for name in ("metres", "minutes", "reason")}
        table[f"facility_{when}"] = ids[found["facility"].to_numpy()]
        table[f"status_{when}"] = cover(found, **limits).astype(str).to_numpy()
    return pd.DataFrame(table)
