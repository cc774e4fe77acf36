"""The public form of the small tables beside coverage. Private to ``privacy``, which says what must not be told."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from geogrid.suppression import is_small

SHARES = ("share", "borderline")


def public_radius(radius: pd.DataFrame, households: int, *, threshold: int = 10) -> pd.DataFrame:
    """Withhold the whole comparison of a service, shares too, when one of its counts is small.

    Parameters
    ----------
    radius : DataFrame
        From `radius.compare_with_walking`.
    households : int
        Of how many the shares are; those that neither counts must not be few either.
    threshold : int
        The largest small count.

    Examples
    --------
    >>> rows = pd.DataFrame({"service": ["sport"], "share_walking": [0.9], "both": [88], "only_radius": [0], "only_walking": [2]})
    >>> public_radius(rows, 100).iloc[0].to_dict()
    {'service': 'sport', 'share_walking': nan, 'both': None, 'only_radius': None, 'only_walking': None,
     'suppressed': True}
    """
    parts = ["both", "only_radius", "only_walking"]
    counts = radius[parts].to_numpy(dtype=float)
    hidden = is_small(np.column_stack([counts, households - counts.sum(axis=1)]), threshold)
    shown = radius.assign(**{p: radius[p].astype("Int64").mask(hidden, pd.NA) for p in parts})
    shares = [c for c in radius.columns if c.startswith("share")]
    return shown.assign(**{c: radius[c].astype(float).round(4).mask(hidden) for c in shares}, suppressed=hidden)


def public_sensitivity(sensitivity: pd.DataFrame, households: int, *, threshold: int = 10) -> pd.DataFrame:
    """Withhold a what-if share of, or all but, few households, or that few tell from another share or from all services at once.

    Those near the cutoff are compared with what lies between shares: with 40 within 13 to 17 minutes, 38 within 14 to 16 tell 2.

    Parameters
    ----------
    sensitivity : DataFrame
        From `coverage.sensitivity`.
    households : int
        Of how many the shares are.
    threshold : int
        The largest small count.

    Returns
    -------
    DataFrame
        Shares rounded to 4 decimals, NaN where withheld; ``suppressed``.
    """
    size = max(households, 1)
    told = {c: np.rint(sensitivity[c].to_numpy(dtype=float) * size) for c in sensitivity.columns if c.startswith(SHARES)}
    shown = sensitivity.assign(share=sensitivity["share"].round(4))
    compared, nobody, hidden_any = [told["share"]], np.zeros(len(sensitivity)), np.zeros(len(sensitivity), dtype=bool)
    for column in [c for c in told if c != "share"]:
        between = [np.abs(one - other) for one, other in combinations([nobody, nobody + size, *compared], 2)]
        others = compared if column.startswith("share") else between
        apart = [told[column], size - told[column], *(np.abs(told[column] - each) for each in others)]
        hidden = is_small(np.column_stack([*apart, np.abs(told[column] - told[column][-1])]), threshold)
        shown[column] = sensitivity[column].round(4).mask(hidden)
        hidden_any |= hidden
        compared.append(np.where(hidden, np.nan, told[column]))
    return shown.assign(suppressed=hidden_any)
