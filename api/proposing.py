"""The commands ``geogrid propose …``: thin, each asks the library for a proposal and says what came of it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import above_0, listed, span
from api.terminal import Terminal
from api.workspaces import LangOption, WhoOption, WorkspaceArgument  # noqa: TC001 - typer reads them
from geogrid.late import Late

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from api import proposegrids, proposesites, proposezones, searching
    from geogrid import balance, merging, sharing, sitingasked, zoningrule
    from geogrid.clock import Clock
    from geogrid.effort import Effort
else:
    proposegrids, proposesites, proposezones, searching = map(
        Late, ("api.proposegrids", "api.proposesites", "api.proposezones", "api.searching")
    )
    balance, merging, sharing, sitingasked, zoningrule = map(
        Late, ("geogrid.balance", "geogrid.merging", "geogrid.sharing", "geogrid.sitingasked", "geogrid.zoningrule")
    )

FolderOption = Annotated[Path, typer.Option("--out")]
EffortOption = Annotated[str, typer.Option("--effort")]
SecondsOption = Annotated[str | None, typer.Option("--seconds")]
SeedOption = Annotated[int, typer.Option("--seed", min=0)]
RangeOption = Annotated[str | None, typer.Option("--range")]
TargetOption = Annotated[str | None, typer.Option("--target")]
PartsOption = Annotated[int | None, typer.Option("--parts", min=1)]
WithinOption = Annotated[str, typer.Option("--within")]
LockOption = Annotated[str, typer.Option("--lock")]
DatumOption = Annotated[str, typer.Option("--datum")]
AlternativesOption = Annotated[int, typer.Option("--alternatives", min=1, max=9)]
PlanOption = Annotated[str, typer.Option("--plan")]


@contextmanager
def _searching(context: typer.Context, effort: str, seconds: str | None) -> Iterator[tuple[Terminal, Clock, Effort]]:
    """Yield the terminal, the clock and the effort of a search."""
    terminal, limit = Terminal.open(context.obj), None if seconds is None else above_0(seconds)
    with searching.at_search(terminal, work=above_0(effort), seconds=limit) as (clock, tried):
        yield terminal, clock, tried


def _sizes(household_range: str | None, target: str | None) -> tuple[int | None, int | None, float | None]:
    """Return the fewest and most households of a grid and how many it should have, None where nothing is said."""
    low, high = (None, None) if household_range is None else span(household_range)
    return low, high, None if target is None else above_0(target)


def grids(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    proposal_folder: FolderOption,
    household_range: RangeOption = None,
    target_households: TargetOption = None,
    parts: PartsOption = None,
    within: WithinOption = "",
    lock: LockOption = "",
    alternatives: AlternativesOption = 3,
    plan_name: PlanOption = "",
    seed: SeedOption = 0,
    effort: EffortOption = "1",
    seconds: SecondsOption = None,
    who: WhoOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Divide villages into grids."""
    sizes = _sizes(household_range, target_households)
    among = tuple(listed(within)), tuple(listed(lock))
    asked = balance.GridsAsked("grids", *sizes, parts, *among, None, alternatives, seed, plan_name, who)
    with _searching(context, effort, seconds) as (terminal, clock, tried):
        proposegrids.grids(terminal, workspace, asked, folder=proposal_folder, effort=tried, clock=clock)


def even(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    proposal_folder: FolderOption,
    household_range: RangeOption = None,
    target_households: TargetOption = None,
    moves: Annotated[int | None, typer.Option("--moves", min=1)] = None,
    within: WithinOption = "",
    lock: LockOption = "",
    alternatives: AlternativesOption = 3,
    plan_name: PlanOption = "",
    seed: SeedOption = 0,
    effort: EffortOption = "1",
    seconds: SecondsOption = None,
    who: WhoOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Even out today's grids."""
    sizes = _sizes(household_range, target_households)
    among = tuple(listed(within)), tuple(listed(lock))
    asked = balance.GridsAsked("even", *sizes, None, *among, moves, alternatives, seed, plan_name, who)
    with _searching(context, effort, seconds) as (terminal, clock, tried):
        proposegrids.even(terminal, workspace, asked, folder=proposal_folder, effort=tried, clock=clock)


def merge(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    proposal_folder: FolderOption,
    minimum: Annotated[int, typer.Option("--minimum", min=1)],
    by: Annotated[str, typer.Option("--by")] = "households",
    of: Annotated[str, typer.Option("--of")] = "grids",
    of_kind: Annotated[str, typer.Option("--kind")] = "",
    most: Annotated[int | None, typer.Option("--most", min=1)] = None,
    within: WithinOption = "",
    lock: LockOption = "",
    plan_name: PlanOption = "",
    seed: SeedOption = 0,
    effort: EffortOption = "1",
    seconds: SecondsOption = None,
    who: WhoOption = "",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Merge what is below a minimum."""
    asked = merging.MergeAsked(minimum, by, of, of_kind, most, tuple(listed(within)), tuple(listed(lock)), seed, plan_name, who)
    with _searching(context, effort, seconds) as (terminal, clock, tried):
        proposegrids.merge(terminal, workspace, asked, folder=proposal_folder, effort=tried, clock=clock)


def shares(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    proposal_folder: FolderOption,
    shared_grids: Annotated[str, typer.Option("--grids")] = "",
    within: WithinOption = "",
    role: Annotated[str, typer.Option("--role")] = "member",
    parts: PartsOption = None,
    seed: SeedOption = 0,
    effort: EffortOption = "1",
    seconds: SecondsOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Share a grid's households out among its members."""
    asked = sharing.SharesAsked(tuple(listed(shared_grids)), tuple(listed(within)), role, seed, parts)
    with _searching(context, effort, seconds) as (terminal, clock, tried):
        proposegrids.shares(terminal, workspace, asked, folder=proposal_folder, effort=tried, clock=clock)


def zones(
    context: typer.Context,
    workspace: WorkspaceArgument,
    *,
    proposal_folder: FolderOption,
    number: Annotated[int | None, typer.Option("--number", min=1)] = None,
    villages: Annotated[str | None, typer.Option("--villages")] = None,
    zone_radius: Annotated[str | None, typer.Option("--radius")] = None,
    along: Annotated[str, typer.Option("--along")] = "straight",
    inside_level: Annotated[str | None, typer.Option("--inside")] = None,
    persons_range: Annotated[str | None, typer.Option("--persons")] = None,
    touching: Annotated[bool, typer.Option("--touching")] = False,
    centres: Annotated[str, typer.Option("--centres")] = "villages",
    zone_level: Annotated[str, typer.Option("--level")] = "",
    seed: SeedOption = 0,
    effort: EffortOption = "1",
    seconds: SecondsOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Group villages into zones."""
    asked = zoningrule.ZonesAsked(
        number,
        None if villages is None else span(villages),
        None if zone_radius is None else above_0(zone_radius),
        along,
        inside_level,
        None if persons_range is None else span(persons_range),
        touching,
        centres,
        zone_level,
        seed,
    )
    with _searching(context, effort, seconds) as (terminal, clock, tried):
        proposezones.zones(terminal, workspace, asked, folder=proposal_folder, effort=tried, clock=clock)


def sites(
    context: typer.Context,
    town_source: Annotated[Path, typer.Argument(metavar="WORKSPACE|DIR")],
    *,
    proposal_folder: FolderOption,
    site_service: Annotated[str, typer.Option("--service")],
    model: Annotated[str, typer.Option("--model")] = "mclp",
    count: Annotated[int | None, typer.Option("--sites", min=1)] = None,
    budget: Annotated[str | None, typer.Option("--budget")] = None,
    cheapest: Annotated[bool, typer.Option("--cheapest")] = False,
    site_weight: Annotated[str, typer.Option("--weight")] = "persons",
    candidate_file: Annotated[Path | None, typer.Option("--candidates")] = None,
    candidate_datum: DatumOption = "wgs84",
    spacing: Annotated[str, typer.Option("--every")] = "250",
    site_mode: Annotated[str | None, typer.Option("--mode")] = None,
    site_cutoff: Annotated[str | None, typer.Option("--cutoff")] = None,
    site_capacity: Annotated[int | None, typer.Option("--capacity", min=1)] = None,
    curve: Annotated[int | None, typer.Option("--curve", min=0)] = None,
    effort: EffortOption = "1",
    seconds: SecondsOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Find sites for new facilities."""
    asked = sitingasked.SitesAsked(
        site_service,
        model,
        count,
        None if budget is None else above_0(budget),
        site_weight,
        site_mode,
        None if site_cutoff is None else above_0(site_cutoff),
        above_0(spacing),
        site_capacity,
        cheapest,
        curve,
    )
    wish = proposesites.SitesWish(asked, candidate_file, candidate_datum)
    with _searching(context, effort, seconds) as (terminal, clock, tried):
        proposesites.sites(terminal, town_source, wish, folder=proposal_folder, effort=tried, clock=clock)


PROPOSALS: Mapping[str, Callable[..., None]] = {
    "grids": grids,
    "even": even,
    "merge": merge,
    "shares": shares,
    "zones": zones,
    "sites": sites,
}
"""The commands by their names."""
