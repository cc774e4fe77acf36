"""Ask any location model by its name: a quick answer first, then the proof, by whichever way suits the size."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError
from geogrid.locating import exact, large, roomy
from geogrid.locating.exactparts import Limits
from geogrid.locating.fast import LEAST, fast
from geogrid.solver import gap_of
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.effort import Effort
    from geogrid.locating.problem import Located, Location
    from geogrid.provenance import Proof

MODELS = tuple(exact.MODELS)
"""The models by name: "lscp", "mclp", "p_median", "p_centre", "backup", "capacitated_mclp"."""

MANY = 1_000
"""From so many pairs a model with only a number of sites goes to `large`; below, the plain program is as fast."""
LARGE: Mapping[str, Callable[..., Located]] = {
    "mclp": large.mclp,
    "p_median": large.p_median,
    "capacitated_mclp": roomy.capacitated_mclp,
}

_UNKNOWN = Text("没有选址模型“{model}”；可用的有：{models}。", "There is no location model “{model}”; there are: {models}.")
_NO_LIMITS = Text(
    "lscp 求覆盖所有人所需的最少站点，不接受 sites 或 budget；限定站点数时请用 mclp。",
    "lscp finds the fewest sites that cover everybody and takes neither sites nor budget; with such a limit ask mclp.",
)


def locate(model: str, location: Location, *, sites: int | None = None, budget: float | None = None, effort: Effort) -> Located:
    """Find where facilities should stand.

    Parameters
    ----------
    model : str
        One of `MODELS`.
    location : Location
    sites : int, optional
        At most so many new sites.
    budget : float, optional
        What they may cost together; all models but "lscp" need one of both.
    effort : Effort
        Is told the quick answer first, then each better one with its bound.

    Returns
    -------
    Located
        ``proof`` is "optimal" or "gap"; "infeasible" where no choice serves everybody; "found" where the search was stopped with
        nothing proven of a quick answer, and "none" where it was stopped without one.

    Raises
    ------
    InputError
        The model is unknown, its limits are missing, negative, or it takes none.

    Examples
    --------
    >>> from geogrid.effort import Effort
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> town = Location.of([10, 20, 5], pairs, 2)
    >>> locate("mclp", town, sites=1, effort=Effort()).value, locate("lscp", town, effort=Effort()).value
    (30.0, 2.0)
    """
    begun = perf_counter()
    asked = _asked(model, sites, budget)
    first = fast(model, location, **asked, effort=effort)
    if first.proof == "found":
        effort.report(0.0, first.value)
    start = first.chosen if first.proof == "found" else None
    found = _way(model, location, budget)(location, **asked, effort=effort, start=start)
    best = _better(model, first, found)
    proof: Proof = "found" if best.proof == "gap" and not np.isfinite(best.gap) else best.proof
    return replace(best, proof=proof, seconds=perf_counter() - begun)


def _asked(model: str, sites: int | None, budget: float | None) -> dict[str, Any]:
    """Return the limits that the model takes."""
    if model not in MODELS:
        raise InputError(_UNKNOWN.fill(model=model, models=", ".join(MODELS)))
    if model == "lscp":
        if sites is not None or budget is not None:
            raise InputError(_NO_LIMITS)
        return {}
    Limits.of(sites, budget)
    return {key: value for key, value in {"sites": sites, "budget": budget}.items() if value is not None}


def _way(model: str, location: Location, budget: float | None) -> Callable[..., Located]:
    is_large = budget is None and model in LARGE and len(location.pairs) >= MANY
    return LARGE[model] if is_large else exact.MODELS[model]


def _better(model: str, first: Located, found: Located) -> Located:
    """Return what was found, or the quick answer where a search that was stopped has nothing as good."""
    if first.proof != "found" or found.proof == "infeasible":
        return found
    sign = 1.0 if model in LEAST else -1.0
    if not np.isnan(found.value) and sign * found.value <= sign * first.value:
        return found
    if found.proof == "optimal":
        return found
    gap = gap_of(first.value, found.bound) if np.isfinite(found.bound) else np.inf
    return replace(first, bound=found.bound, gap=gap, proof="gap", work=found.work)
