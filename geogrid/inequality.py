"""How unequally something is shared among people: Gini, Theil with its parts between and within groups, and Palma.

A row stands for ``weights`` people who have ``values`` each, so a household of three counts three times.
Zero is a value like any other. Where nobody has anything there is nothing to share, and every measure is NaN rather than "equal".
The formulas are common knowledge; the sources named for them were not at hand when this was written and are to be confirmed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from typing import TypeAlias

    Numbers: TypeAlias = "Sequence[float] | npt.NDArray[np.float64] | pd.Series"
    Labels: TypeAlias = "Sequence[Hashable] | npt.NDArray[np.object_] | pd.Series"

Floats = npt.NDArray[np.float64]

TOP_SHARE = 0.1
BOTTOM_SHARE = 0.4
"""The Palma ratio sets the tenth of people who have most against the four tenths who have least."""

NOTHING = 1e-12
"""A share of all there is that is only rounding."""


@dataclass(frozen=True, eq=False)
class Theil:
    """Theil's T, the part that lies between groups and the part within them; ``total`` is exactly their sum.

    Columns of ``groups``: group, people, mean, share_of_people, share (of all there is), theil (inside the group; NaN where the
    group has nothing), between, within (the group's part of each).
    """

    total: float
    between: float
    within: float
    groups: pd.DataFrame


def gini(values: Numbers, weights: Numbers | None = None) -> float:
    r"""Return the Gini coefficient: 0 where all have the same, towards 1 where one has all.

    The mean difference between any two people over twice the mean, G = Σᵢ Σⱼ wᵢ wⱼ \|xᵢ - xⱼ\| / (2 W² μ), by the area under the
    Lorenz curve. Source: C. Gini, Variabilità e mutabilità, Bologna 1912.

    Parameters
    ----------
    values
        What each has; not negative.
    weights
        How many people each row stands for, whole or not; one each if not given.

    Returns
    -------
    float
        NaN where there are no people or the mean is zero.

    Raises
    ------
    InputError
        A value or weight is missing, negative or not finite, or the lengths differ.

    Examples
    --------
    >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 1]), gini([1, 3], weights=[3, 1])
    (0.0, 0.75, 0.25)
    """
    x, w = _checked(values, weights)
    have = _cumulated(x, w)
    people, all_there_is = w.sum(), have[-1]
    if not all_there_is > 0:
        return math.nan
    ascending = np.argsort(x, kind="stable")
    area = float(w[ascending] @ (have[:-1] + have[1:])) / float(people * all_there_is)
    return max(0.0, 1.0 - area)


def theil_t(values: Numbers, weights: Numbers | None = None, groups: Labels | None = None) -> Theil:
    """Return Theil's T and how much of it is between groups and within them.

    T = Σ (wᵢ/W) (xᵢ/μ) ln(xᵢ/μ), with 0 ln 0 = 0. A group that holds the share s of all there is, with mean m and inequality t,
    adds s ln(m/μ) to the part between and s t to the part within. Sources: H. Theil, Economics and Information Theory, 1967; the
    parts: A. F. Shorrocks, The class of additively decomposable inequality measures, Econometrica 48 (1980).

    Parameters
    ----------
    values, weights
        As for `gini`.
    groups
        The group of each row; one group if not given.

    Returns
    -------
    Theil
        0 where all have the same, ln of the number of people where one has all; NaN without people or where the mean is zero.

    Raises
    ------
    InputError
        As for `gini`, or a row has no group.

    Examples
    --------
    >>> parts = theil_t([1, 1, 3, 3], groups=["A", "A", "B", "B"])
    >>> round(parts.total, 4), round(parts.between, 4), parts.within
    (0.1308, 0.1308, 0.0)
    """
    x, w = _checked(values, weights)
    code, labels = _numbered(groups, len(x))
    people, has = (np.bincount(code, each, minlength=len(labels)) for each in (w, w * x))
    inside = _inside(x, w, code, len(labels))
    with np.errstate(invalid="ignore", divide="ignore"):
        share_of_people, share = people / people.sum(), has / has.sum()
        mean = has / people
        between = np.where(has > 0, share * np.log(share / share_of_people), share)
        within = np.where(has > 0, share * inside, share)
    table = pd.DataFrame({"group": labels, "people": people, "mean": mean, "share_of_people": share_of_people, "share": share})
    parts = [float(part.sum()) if has.sum() > 0 else math.nan for part in (between, within)]
    return Theil(parts[0] + parts[1], parts[0], parts[1], table.assign(theil=inside, between=between, within=within))


def palma(values: Numbers, weights: Numbers | None = None) -> float:
    """Return the Palma ratio: what the tenth who have most hold, over what the four tenths who have least hold.

    A row that straddles a border between tenths is split by people. Source: A. Cobham and A. Sumner, Is it all about the tails?
    The Palma measure of income inequality, Center for Global Development working paper 343 (2013), after J. G. Palma (2011).

    Parameters
    ----------
    values, weights
        As for `gini`.

    Returns
    -------
    float
        0.25 where all have the same; inf where the four tenths have nothing and others have something; NaN where there are no
        people or the mean is zero.

    Raises
    ------
    InputError
        As for `gini`.

    Examples
    --------
    >>> palma([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), palma([0, 0, 1])
    (1.0, inf)
    """
    x, w = _checked(values, weights)
    have = _cumulated(x, w)
    if not have[-1] > 0:
        return math.nan
    people = np.append(0.0, np.cumsum(w[np.argsort(x, kind="stable")]))
    at = np.array([BOTTOM_SHARE, 1 - TOP_SHARE]) * people[-1]
    bottom, below_top = np.interp(at, people, have)
    # Four tenths of the people are rarely a whole number in binary, so what rounding lets in counts as nothing.
    return float((have[-1] - below_top) / bottom) if bottom > NOTHING * have[-1] else math.inf


def _checked(values: Numbers, weights: Numbers | None) -> tuple[Floats, Floats]:
    """Return values and weights as floats, of rows that stand for anybody."""
    x = np.asarray(values, dtype=np.float64)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(x) != len(w):
        raise InputError(_LENGTHS.fill(values=len(x), weights=len(w)))
    for name, numbers in (("values", x), ("weights", w)):
        bad = ~(np.isfinite(numbers) & (numbers >= 0))
        if bad.any():
            first = int(np.argmax(bad))
            raise InputError(_NOT_A_NUMBER.fill(name=name, n=int(bad.sum()), row=first + 1, value=numbers[first]))
    return x, w


def _cumulated(x: Floats, w: Floats) -> Floats:
    """Return what the poorest hold together, row by row, from 0 to all."""
    ascending = np.argsort(x, kind="stable")
    return np.append(0.0, np.cumsum((w * x)[ascending]))


def _numbered(groups: Labels | None, rows: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Return the number of each row's group, and the groups in order."""
    labels = pd.Series(["all"] * rows if groups is None else groups, dtype=object)
    if len(labels) != rows:
        raise InputError(_LENGTHS.fill(values=rows, weights=len(labels)))
    if labels.isna().any():
        raise InputError(_NO_GROUP.fill(n=int(labels.isna().sum())))
    code, names = pd.factorize(labels, sort=True)
    return code.astype(np.int64), np.asarray(names, dtype=object)


def _inside(x: Floats, w: Floats, code: npt.NDArray[np.int64], groups: int) -> Floats:
    """Return Theil's T inside each group; NaN where the group has nothing."""
    people, has = (np.bincount(code, each, minlength=groups) for each in (w, w * x))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = x / (has / people)[code]
        each = np.where(x > 0, w * ratio * np.log(ratio), 0.0)
        each = np.where(w > 0, each, 0.0)
        return np.where(has > 0, np.bincount(code, each, minlength=groups) / people, np.nan)


_LENGTHS = Text(
    "数值有 {values} 行，权重或分组有 {weights} 行，应逐行对应；请用同一张表计算",
    "there are {values} values but {weights} weights or groups, expected one for each; compute them from one table",
)
_NOT_A_NUMBER = Text(
    "{name} 中有 {n} 行不可用（首个在第 {row} 行：{value}）；应为不小于 0 的有限数，请先补全或剔除",
    "{n} of the {name} are not usable (the first is row {row}: {value}); expected finite numbers from 0 up, mend or remove them",
)
_NO_GROUP = Text("{n} 行没有分组；请剔除这些行，或给它们一个组名", "{n} rows have no group; leave them out, or give them a group")
