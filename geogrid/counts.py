"""Sums of households and people over groups, fast and without hiding what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURES = ("households", "persons", "aged_65", "children_0_14")
"""What is counted; the last two may be unknown."""

OPTIONAL_MEASURES = ("aged_65", "children_0_14")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Known(NamedTuple):
    """A measure of every household with 0 for unknown; per group, how many do not say, and whether none does."""

    values: Floats
    unknown: Ints
    silent: Bools


def measured(households: pd.DataFrame) -> dict[str, Floats]:
    """Return each measure of every household as floats: 1 for itself, NaN where the table does not say.

    Examples
    --------
    >>> measured(pd.DataFrame({"persons": [3, 2]}))["households"].tolist()
    [1.0, 1.0]
    """
    unknown = np.full(len(households), np.nan)
    values = {measure: _floats(households[measure]) if measure in households else unknown for measure in MEASURES}
    return {**values, "households": np.ones(len(households))}


def by_group(values: Floats, group: Ints, groups: int) -> Known:
    """Separate what is known of a measure from what is not.

    Parameters
    ----------
    values
        The measure of every household, NaN where unknown.
    group
        Group number of every household, 0 to ``groups`` - 1.
    groups
        How many groups there are.

    Returns
    -------
    Known
        Values to sum, and per group how many households do not say.

    Examples
    --------
    >>> known = by_group(np.array([3.0, np.nan, np.nan]), np.array([0, 0, 1]), 3)
    >>> known.values.tolist(), known.unknown.tolist(), known.silent.tolist()
    ([3.0, 0.0, 0.0], [1, 1, 0], [False, True, False])
    """
    missing = np.isnan(values)
    size, unknown = np.bincount(group, minlength=groups), np.bincount(group[missing], minlength=groups)
    return Known(np.where(missing, 0.0, values), unknown, (size > 0) & (unknown == size))


def group_totals(households: Mapping[str, Floats], group: Ints, groups: int) -> pd.DataFrame:
    """Total each measure over groups, as whole numbers; NA where a group has households and none of them says.

    Parameters
    ----------
    households
        From `measured`.
    group
        Group number of every household, 0 to ``groups`` - 1.
    groups
        How many groups there are.

    Returns
    -------
    DataFrame
        A row per group, the measures as Int64 columns.

    Examples
    --------
    >>> group_totals(measured(pd.DataFrame({"persons": [3, 2]})), np.array([0, 0]), 2).to_numpy().tolist()
    [[2, 5, <NA>, <NA>], [0, 0, 0, 0]]
    """
    known = {measure: by_group(values, group, groups) for measure, values in households.items()}
    sums = {measure: np.bincount(group, weights=each.values, minlength=groups) for measure, each in known.items()}
    return pd.DataFrame({measure: whole(sums[measure], known[measure].silent) for measure in known})


def whole(values: Floats | Ints, missing: Bools) -> pd.Series:
    """Return whole numbers as Int64, NA where missing."""
    return pd.Series(values.astype(np.int64), dtype="Int64").mask(missing)


def _floats(column: pd.Series) -> Floats:
    """Return a column of numbers, nullable or not, as floats with NaN."""
    values: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values
