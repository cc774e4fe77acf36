"""Proposals asked for over HTTP, as the library's questions take them, and bound to the areas of who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.access import require_everywhere
from geogrid.errors import NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.callers import Caller, Scope
    from api.queue.asking import Wish

RENAMED: Mapping[str, Mapping[str, str]] = {
    "merge": {"unit_kind": "kind"},
    "zones": {"inside": "within"},
    "sites": {"cheapest": "is_cheapest"},
}
"""Names of options that the library calls otherwise."""
SAID_APART = ("kind", "effort", "seconds")
SIGNED = frozenset({"grids", "even", "merge"})
"""Kinds whose plans say who asked for them."""
NO_SEED = "sites"
LOCAL = frozenset({"grids", "even", "merge", "shares"})
"""Kinds that can keep within some areas."""
NOT_THERE = Text("没有这样的区域或网格：{ids}", "there are no such areas or grids: {ids}")


def asked_of(wish: Wish, caller: Caller, scope: Scope) -> dict[str, Any]:
    """Return what a proposal's job is asked.

    Parameters
    ----------
    wish : Wish
    caller : Caller
    scope : Scope
        Of the caller. Whoever has rights in some areas gets proposals within these only.

    Raises
    ------
    ForbiddenError
        When the kind looks at every area, and the caller may not.
    NotFoundError
        When something is named that is not in the caller's areas, or nowhere.
    """
    kind = wish.kind
    options = wish.model_dump(exclude=set(SAID_APART))
    if kind not in LOCAL or (kind == "merge" and options["of"] == "units"):
        require_everywhere(caller)
    elif scope.grids is not None:
        _require_named(options, scope)
        options["within"] = options["within"] or sorted(caller.areas)
    names = RENAMED.get(kind, {})
    options = {names.get(name, name): value for name, value in options.items()}
    options |= {"kind": kind} if kind in ("grids", "even") else {}
    options |= {"who": caller.name} if kind in SIGNED else {}
    if kind == NO_SEED:
        del options["seed"]
    return {"kind": kind, "effort": wish.effort, "seconds": wish.seconds, "options": options}


def _require_named(options: Mapping[str, Any], scope: Scope) -> None:
    named = [*options.get("within", ()), *options.get("locked", ()), *options.get("grids", ())]
    unknown = [each for each in named if not (scope.has_area(each) or scope.has_grid(each))]
    if unknown:
        raise NotFoundError(NOT_THERE.fill(ids=", ".join(unknown[:5])))
