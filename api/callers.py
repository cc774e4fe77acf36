"""Who calls: a role, and the areas that it holds in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.boundaries import Boundaries

Role = Literal["public", "viewer", "planner", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From least to most: each may do what those before it may."""

ROLE_NAMES: Mapping[Role, Text] = {
    "public": Text("公众", "the public"),
    "viewer": Text("查看者", "a viewer"),
    "planner": Text("规划者", "a planner"),
    "admin": Text("管理员", "an administrator"),
}

Via = Literal["none", "key", "session", "loopback"]


@dataclass(frozen=True)
class Caller:
    """Somebody who calls.

    Attributes
    ----------
    role : Role
    areas : tuple of str
        Ids of the areas in which the role holds, with all below them; empty is everywhere. Outside them a caller is the public.
    key_id : str
        Of the key; "" for the public, "loopback" for callers on this machine.
    name : str
        Whose the key is, for people.
    via : Via
        How the caller said who it is; a session needs the CSRF token to write.

    Examples
    --------
    >>> Caller("viewer", ("T1",), "k1", "张三", "key").may("planner"), PUBLIC.may("public")
    (False, True)
    """

    role: Role
    areas: tuple[str, ...] = ()
    key_id: str = ""
    name: str = ""
    via: Via = "none"

    def may(self, role: Role) -> bool:
        """Return whether the caller may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def is_everywhere(self) -> bool:
        """Return whether the role holds in every area."""
        return not self.areas


PUBLIC = Caller("public")


@dataclass(frozen=True)
class Scope:
    """The grids and areas in which a caller's role holds; None is all of them."""

    grids: frozenset[str] | None = None
    areas: frozenset[str] | None = None

    def has_grid(self, grid_id: object) -> bool:
        """Return whether a grid is in it; a household in no grid is in nobody's part."""
        return self.grids is None or grid_id in self.grids

    def has_area(self, area_id: object) -> bool:
        """Return whether an area is in it."""
        return self.areas is None or area_id in self.areas


def scope_of(caller: Caller, state: Boundaries) -> Scope:
    """Return where a caller's role holds among the grids and areas of one state."""
    return scope_within(
        caller.areas,
        areas={area_id: area.parent_id for area_id, area in state.areas.items()},
        grids={grid_id: grid.parent_id for grid_id, grid in state.grids.items()},
    )


def scope_within(area_ids: tuple[str, ...], *, areas: Mapping[str, str | None], grids: Mapping[str, str | None]) -> Scope:
    """Return the areas and grids at or below some areas, given each one's parent; no area ids are all.

    Examples
    --------
    >>> parents = {"T1": None, "V1": "T1", "T2": None}
    >>> scope = scope_within(("T1",), areas=parents, grids={"G1": "V1", "G2": "T2", "G11": "G1"})
    >>> sorted(scope.grids), sorted(scope.areas)
    (['G1', 'G11'], ['T1', 'V1'])
    """
    if not area_ids:
        return Scope()
    parents = {**areas, **grids}
    wanted = set(area_ids)
    inside = {each for each in parents if wanted & _line(each, parents)}
    return Scope(frozenset(inside & grids.keys()), frozenset(inside & areas.keys()))


def _line(each: str, parents: Mapping[str, str | None]) -> set[str]:
    """Return an id with all above it; a circle ends where it began."""
    line: set[str] = set()
    here: str | None = each
    while here and here not in line:
        line.add(here)
        here = parents.get(here)
    return line
