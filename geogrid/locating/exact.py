"""The exact location models by their names: HiGHS on the pairs that there are, presolved, each with its proof or its gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.locating.exactbackup import backup
from geogrid.locating.exactcapacity import capacitated_mclp
from geogrid.locating.exactcentre import p_centre
from geogrid.locating.exactcover import lscp, mclp
from geogrid.locating.exactmedian import p_median

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.locating.problem import Located

__all__ = ["MODELS", "backup", "capacitated_mclp", "lscp", "mclp", "p_centre", "p_median"]

MODELS: Mapping[str, Callable[..., Located]] = {
    "lscp": lscp,
    "mclp": mclp,
    "p_median": p_median,
    "p_centre": p_centre,
    "backup": backup,
    "capacitated_mclp": capacitated_mclp,
}
"""Each model by its name; what each takes, it says itself."""
