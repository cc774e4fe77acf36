"""A proposal as a job: what ``geogrid propose`` does, with its files in the job's folder and its plans in the workspace."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

from api import proposegrids, proposesites, proposezones
from api.queue.seeing import files_in
from api.terminal import Terminal
from geogrid.balanceasked import GridsAsked
from geogrid.effort import Effort
from geogrid.merging import MergeAsked
from geogrid.sharing import SharesAsked
from geogrid.sitingasked import SitesAsked
from geogrid.zoningrule import ZonesAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.queue.kinds import Work
    from geogrid.effort import Incumbent
    from geogrid.words import Lang


class Way(NamedTuple):
    """How a kind of proposal is made: what is asked as the library takes it, and the function that makes it."""

    asks: Callable[..., Any]
    make: Callable[..., None]


def _sites(terminal: Terminal, place: Any, asked: SitesAsked, **how: Any) -> None:
    proposesites.sites(terminal, place, proposesites.SitesWish(asked), **how)


WAYS: Mapping[str, Way] = {
    "grids": Way(GridsAsked, proposegrids.grids),
    "even": Way(GridsAsked, proposegrids.even),
    "merge": Way(MergeAsked, proposegrids.merge),
    "shares": Way(SharesAsked, proposegrids.shares),
    "zones": Way(ZonesAsked, proposezones.zones),
    "sites": Way(SitesAsked, _sites),
}


def run(work: Work) -> Mapping[str, Any]:
    """Make the proposal, and return which plans came of it and which files there are."""
    asked = work.asked
    way, settings = WAYS[asked["kind"]], work.holdings.settings
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in asked["options"].items()}
    with work.holdings.workspace() as workspace:
        before = set(workspace.plans()["name"])
    effort = Effort(asked["effort"], asked["seconds"], _telling(work))
    way.make(_silent(settings.lang), settings.workspace, way.asks(**options), folder=work.folder, effort=effort, clock=work.clock)
    with work.holdings.workspace() as workspace:
        plans = workspace.plans()
    mine = [] if asked["kind"] not in DRAWN else plans[~plans["name"].isin(before)]["name"].tolist()
    return {"kind": asked["kind"], "plans": mine, "files": list(files_in(work.folder)), "stopped": effort.stopped}


DRAWN = frozenset({"grids", "even", "merge"})
"""Kinds that are saved as plans."""


def _telling(work: Work) -> Callable[[Incumbent], None]:
    """Let the search's own share be that of the step in which it thinks."""

    def tell(found: Incumbent) -> None:
        if work.clock.progress is not None and threading.current_thread() is threading.main_thread():
            work.clock.progress("think", found.share)

    return tell


def _silent(lang: Lang) -> Terminal:
    """Return a terminal that shows nothing: what is told stands in the files."""
    return Terminal(lang, Console(file=io.StringIO()), Console(file=io.StringIO()))
