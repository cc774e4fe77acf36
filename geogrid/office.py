"""An office at work on its workspace: boundaries tested, plans drawn, compared and adopted.

The composition that joins the workspace with the steps of redrawing. What it returns may hold household rows: office only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.barriers import opened, unlived, ways_across
from geogrid.changesheet import Asked, change_sheet
from geogrid.codes import amiss, check_codes, number_grids
from geogrid.cutunits import Units
from geogrid.differences import finest_tier
from geogrid.errors import ConflictError, NotFoundError, RefusedError
from geogrid.gate import gate
from geogrid.keeping import Rules
from geogrid.late import Later
from geogrid.people import People
from geogrid.plans import draw_plan, rules_of
from geogrid.seating import seat
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.boundaries import Boundaries, Tier
    from geogrid.changesheet import ChangeSheet
    from geogrid.codes import CodeFinding
    from geogrid.gate import GateReport
    from geogrid.plans import Drawn, Plan
    from geogrid.report import check
    from geogrid.store import Act, Version, Workspace

    Covered = Mapping[str, npt.NDArray[np.bool_]]
else:
    check = Later("geogrid.report", "check")

TRAVELLED = ("households", "facilities", "roads")
"""The tables on which everybody's travel time rests."""


@dataclass(frozen=True, eq=False)
class Validated:
    """What is wrong in a workspace: boundaries, and codes; ``codes`` is None where the profile has no code pattern.

    Where no grid is ``numbered`` yet, it is nothing wrong that codes are missing.
    """

    gate: GateReport
    codes: tuple[CodeFinding, ...] | None
    numbered: bool = True

    @property
    def ok(self) -> bool:
        """Return whether no defect and no wrong code was found."""
        return self.gate.ok and not self.codes


def validate(workspace: Workspace, version: int | None = None) -> Validated:
    """Test the boundaries and codes of a version.

    Parameters
    ----------
    workspace : Workspace
        Its units, buildings and households count.
    version : int, optional
        By default the one in force today.
    """
    number = workspace.in_force().version.version if version is None else version
    state = workspace.boundaries(version=number)
    profile = workspace.profile
    found = gate(
        state,
        **{table: _rows(workspace, table, number) for table in ("units", "buildings", "households")},
        sliver_width_m=profile.sliver_width_m,
        defect_width_m=profile.defect_width_m,
    )
    numbered = any(grid.code for grid in state.grids.values())
    if not profile.code_pattern:
        return Validated(found, None, numbered)
    codes = check_codes(state, profile.code_scheme, used_before=workspace.codes_used())
    return Validated(found, amiss(codes, state), numbered)


def _rows(workspace: Workspace, table: str, version: int | None = None) -> Any:
    """Return a table that has rows, else None."""
    frame = workspace.read(table, version=version)
    return frame if len(frame) else None


def _units(workspace: Workspace, version: int | None) -> Units | None:
    frame = _rows(workspace, "units", version)
    return None if frame is None else Units.of(frame, crs=workspace.crs)


def rules_in(workspace: Workspace, plan: Plan | None = None) -> Rules:
    """Return what refuses an operation: the workspace's barriers, open at bridges and tunnels, and what a plan locks.

    Land that barriers cut off and where nobody lives goes with either side: no grid of its own could have it.
    """
    barriers = _shapes(workspace, "barriers")
    rules = Rules()
    if barriers:
        shut = opened(barriers, ways_across(workspace.read("roads")))
        rules = Rules(barriers=[*shut, *unlived(shut, _shapes(workspace, "areas"), _shapes(workspace, "households"))])
    return rules if plan is None else rules_of(plan, rules)


def _shapes(workspace: Workspace, table: str) -> list[Any]:
    """Return the shapes of a table, those that are missing left out."""
    return [shape for shape in workspace.read(table).geometry if shape is not None and not shape.is_empty]


def draw(workspace: Workspace, plan: Plan) -> Drawn:
    """Carry a plan out on its base version.

    Raises
    ------
    RefusedError, NotFoundError
        When an operation cannot be done.
    """
    return draw_plan(plan, workspace.boundaries(version=plan.base_version), rules_in(workspace))


def sheet_of_plan(
    workspace: Workspace, plan: Plan, *, tier: Tier | None = None, full: bool = False, fresh: bool = False
) -> tuple[Drawn, ChangeSheet]:
    """Return a plan's drawing and its change sheet against its base.

    Parameters
    ----------
    workspace : Workspace
    plan : Plan
    tier : Tier, optional
        Which tiling is compared; by default the smallest grids that the plan changes.
    full : bool
        List every grid.
    fresh : bool
        Look anew at who is covered, and do not rely on what was kept.
    """
    drawn = draw(workspace, plan)
    staff = _rows(workspace, "staff", plan.base_version)
    units = _units(workspace, plan.base_version)
    asked = Asked.of(workspace.profile, locked=plan.locked, units=units, staff=(staff, staff))
    tier = tier or finest_tier(drawn.base, drawn.boundaries, drawn.changed)
    seated = seat(people_of(workspace, version=plan.base_version, fresh=fresh), drawn.base, tier)
    return drawn, change_sheet(seated, drawn.boundaries, changed=drawn.changed, asked=asked, full=full)


def sheet_of_versions(
    workspace: Workspace, before: int, after: int, *, tier: Tier | None = None, full: bool = False
) -> ChangeSheet:
    """Return the change sheet between two versions, each with its own households."""
    old, new = workspace.boundaries(version=before), workspace.boundaries(version=after)
    tier = tier or finest_tier(old, new)
    staff = _rows(workspace, "staff", before), _rows(workspace, "staff", after)
    asked = Asked.of(workspace.profile, units=_units(workspace, before), staff=staff)
    sides = [seat(people_of(workspace, version=number), state, tier) for number, state in ((before, old), (after, new))]
    return change_sheet(sides[0], sides[1], asked=asked, full=full)


def people_of(workspace: Workspace, *, version: int | None = None, fresh: bool = False) -> People:
    """Return everybody in a version, with who is covered where streets and facilities are known."""
    households, facilities = (workspace.read(table, version=version) for table in ("households", "facilities"))
    return People.of(households, facilities, crs=workspace.crs, covered=covered_in(workspace, version=version, fresh=fresh))


def covered_in(workspace: Workspace, *, version: int | None = None, fresh: bool = False) -> Covered | None:
    """Return who is covered, by service, in the households' order; None without households, facilities or streets.

    The answer is that of `geogrid.check` on the tables of that version, and is kept for the next time. No hash covers what is
    kept: what goes on record is looked at anew (``fresh``).
    """
    tables = {table: _rows(workspace, table, version) for table in (*TRAVELLED, "grids")}
    if any(frame is None for frame in tables.values()):
        return None
    key = _key(workspace, version)
    kept = {} if fresh else workspace.cached_statuses(key)
    if kept and all(len(codes) == len(tables["households"]) for codes in kept.values()):
        return {service: codes.astype(bool) for service, codes in kept.items()}
    report = check(**tables, profile=workspace.profile, datum="wgs84")
    placed = report.households.set_index("household_id")
    ids = tables["households"]["household_id"]
    covered = {
        service: (placed[f"status_{service}"].reindex(ids) == "covered").to_numpy(dtype=bool)
        for service in report.settings.services
    }
    workspace.cache_statuses(key, {service: codes.astype(np.uint8) for service, codes in covered.items()})
    return covered


def _key(workspace: Workspace, version: int | None) -> str:
    """Return what the travel times of a version rest on: the versions that last wrote its tables."""
    ledger = workspace.versions()
    last = ledger[ledger["version"] <= (workspace.head.version if version is None else version)]
    wrote = {
        table: max((v for v, ts in zip(last["version"], last["tables"], strict=True) if table in ts), default=-1)
        for table in TRAVELLED
    }
    return hashlib.sha256(repr((sorted(wrote.items()), workspace.profile.model_dump_json())).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Adopted:
    """An adopted plan: its version, what it changed, and the code of each grid that got one."""

    version: Version
    drawn: Drawn
    sheet: ChangeSheet
    codes: Mapping[str, str]


def adopt(workspace: Workspace, plan: Plan, *, act: Act, accept: Collection[str] = ()) -> Adopted:
    """Make a plan the record: tested once more, its new grids numbered, written in one step.

    Parameters
    ----------
    workspace : Workspace
    plan : Plan
        As saved.
    act : Act
        Who and why must be said; the effective day, and the approval reference where there is one.
    accept : collection of str
        Kinds of new findings that are accepted, such as "multi_part"; see `gate.KINDS`.

    Returns
    -------
    Adopted

    Raises
    ------
    ConflictError
        When the workspace has moved on since the plan's base: rebase the plan.
    RefusedError
        When the plan changes nothing, leaves land to nobody, or makes defects that are not accepted.
    """
    head = workspace.head.version
    if plan.base_version != head:
        raise ConflictError(_MOVED_ON.fill(plan=plan.name, base=plan.base_version, head=head))
    drawn, sheet = sheet_of_plan(workspace, plan, fresh=True)
    if not drawn.changed:
        raise RefusedError(_EMPTY.fill(plan=plan.name))
    require_sound(drawn, accept)
    after, codes = _numbered(workspace, drawn)
    version = workspace.adopt(plan.plan_id, after, act=act, base=head, operations=plan.operations)
    return Adopted(version, drawn, sheet, codes)


def require_sound(drawn: Drawn, accept: Collection[str]) -> None:
    """Refuse what the base did not have: land of nobody, and defects that nobody accepted."""
    if drawn.unassigned_m2:
        place = shapely.union_all(list(drawn.boundaries.unassigned.values()))
        raise RefusedError(_INCOMPLETE.fill(area=f"{drawn.unassigned_m2:,.0f}"), place)
    had = {_what(row) for row in _defects(drawn.base).itertuples()}
    new = [row for row in _defects(drawn.boundaries).itertuples() if _what(row) not in had and row.kind not in accept]
    if new:
        kinds = sorted({str(row.kind) for row in new})
        grids = sorted({grid for row in new for grid in row.grid_ids})
        raise RefusedError(
            _DEFECTS.fill(kinds=", ".join(kinds), grids=", ".join(grids[:5])), shapely.union_all([row.geometry for row in new])
        )


def _defects(state: Boundaries) -> gpd.GeoDataFrame:
    found = gate(state).findings
    return found[found["severity"] == "defect"]


def _what(row: Any) -> tuple[Any, ...]:
    return row.kind, row.grid_ids, row.area_id


def _numbered(workspace: Workspace, drawn: Drawn) -> tuple[Boundaries, dict[str, str]]:
    """Give new grids their codes, where the others have some."""
    state = drawn.boundaries
    fresh = [key for key in state.grids if key not in drawn.base.grids and not state.grids[key].code]
    if not fresh or not workspace.profile.code_pattern or not any(grid.code for grid in state.grids.values()):
        return state, {}
    numbers = number_grids(state, workspace.profile.code_scheme, used=workspace.codes_used())
    codes = {key: numbers[key] for key in fresh if key in numbers}
    grids = {key: replace(grid, code=codes[key]) if key in codes else grid for key, grid in state.grids.items()}
    return replace(state, grids=grids), codes


def plan_named(workspace: Workspace, name: str) -> Plan:
    """Return an open plan by its name or id.

    Raises
    ------
    NotFoundError
        When there is none; the message lists those that there are.
    """
    try:
        return workspace.plan(name)
    except NotFoundError as error:
        known = workspace.plans()["name"].tolist()
        raise NotFoundError(_NO_PLAN.fill(plan=name, known=", ".join(known) or "-")) from error


_MOVED_ON = Text(
    "方案“{plan}”基于第 {base} 版，工作区已是第 {head} 版；请先把方案移到最新版上（geogrid plan rebase）。",
    "plan {plan!r} rests on version {base}, the workspace is at version {head}; move it to the newest version first "
    "(geogrid plan rebase).",
)
_EMPTY = Text("方案“{plan}”没有改变任何网格，不能采纳。", "plan {plan!r} changes no grid and cannot be adopted.")
_INCOMPLETE = Text(
    "还有 {area} 平方米没有划给任何网格，不能采纳；请先划完。", "{area} m² belong to no grid yet; hand them over before adopting."
)
_DEFECTS = Text(
    "方案会带来新的边界问题（{kinds}：{grids}）；请改正，或用 --accept 明确接受。",
    "the plan would bring new defects ({kinds}: {grids}); mend them, or accept them with --accept.",
)
_NO_PLAN = Text("没有方案“{plan}”；现有：{known}。", "there is no plan {plan!r}; there are: {known}.")
