"""A proposal as a job: what ``geogrid propose`` does, with its files in the job's folder and its plans in the workspace."""

from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

from api import proposegrids, proposesites, proposezones
from api.queue.seeing import files_in
from api.state import now
from api.statetables import PLANS
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
        before = set(workspace.plans()["plan_id"])
    effort = Effort(asked["effort"], asked["seconds"], _telling(work))
    way.make(_silent(settings.lang), settings.workspace, way.asks(**options), folder=work.folder, effort=effort, clock=work.clock)
    mine = _plans_made(work, before) if asked["kind"] in DRAWN else []
    return {"kind": asked["kind"], "plans": mine, "files": list(files_in(work.folder)), "stopped": effort.stopped}


DRAWN = frozenset({"grids", "even", "merge"})
"""Kinds that are saved as plans."""


def _plans_made(work: Work, before: set[str]) -> list[str]:
    """Return the names of the plans that came of it, not of what others saved meanwhile; they belong to the caller's areas."""
    with work.holdings.workspace() as workspace:
        plans = workspace.plans()
    new = ~plans["plan_id"].isin(before) & (plans["created_by"] == work.asked["options"]["who"])
    rows = [
        {"plan_id": each, "areas": json.dumps(work.caller.areas), "who": work.caller.key_id, "created_at": now()}
        for each in plans["plan_id"][new]
    ]
    if rows:
        with work.state.writing() as connection:
            connection.execute(PLANS.insert(), rows)
    return list(map(str, plans["name"][new]))


def _telling(work: Work) -> Callable[[Incumbent], None]:
    """Let the shares of the search, and of drawing what it found, be those of the job's steps."""

    def tell(found: Incumbent) -> None:
        if work.clock.progress is not None and threading.current_thread() is threading.main_thread():
            work.clock.progress("draw" if found.step == "draw" else "think", found.share)

    return tell


def _silent(lang: Lang) -> Terminal:
    """Return a terminal that shows nothing: what is told stands in the files."""
    return Terminal(lang, Console(file=io.StringIO()), Console(file=io.StringIO()))
