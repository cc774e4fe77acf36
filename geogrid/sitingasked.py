"""What is asked of a proposal of sites: which service, by which model, how many, for whom, and where sites may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError, NotFoundError
from geogrid.modes import require_mode
from geogrid.saved import Shelf
from geogrid.settings import service_ids
from geogrid.town import place_all, streets_by_mode
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.town import Town

MODELS: Mapping[str, Text] = {
    "mclp": Text("覆盖最多（MCLP）", "most covered (MCLP)"),
    "lscp": Text("全部覆盖所需最少（LSCP）", "fewest to cover all (LSCP)"),
    "p_median": Text("平均路程最短（p-median）", "shortest mean way (p-median)"),
    "p_centre": Text("最远者最近（p-centre）", "shortest longest way (p-centre)"),
    "backup": Text("双重覆盖最多", "most covered twice (backup coverage)"),
    "capacitated_mclp": Text("容量内服务最多", "most served within capacities"),
}
"""The models by their names, in the order in which they are offered."""
BY_WAY = ("p_median", "p_centre")
"""Models of how far people have to go; the others are of who is within the cutoff."""
SPACING_M = 250.0
LEAST_SPACING_M = 20.0


@dataclass(frozen=True)
class SitesAsked:
    """What is asked.

    Attributes
    ----------
    service : str
        Any name of a service that the check has.
    model : str
        A key of `MODELS`.
    sites : int or None
        At most so many new ones; ``lscp`` finds how many.
    budget : float or None
        What they may cost together, in the unit of the candidates' ``cost``; those without a cost are left out then.
    weight : str
        Who counts: persons, households, aged_65, children_0_14, or persons_<season> with a season of the profile.
    mode, cutoff_min : str, float or None
        Another mode of travel or cutoff than the check's.
    spacing_m : float
        Metres between candidates that are made along streets.
    capacity : int or None
        Of candidates that state none, where capacities count.
    is_cheapest : bool
        Whether ``lscp`` looks for the least cost instead of the fewest sites.
    curve : int or None
        Up to how many sites coverage is drawn; by default as many as are chosen, and at least 10. 0 draws none.
    """

    service: str
    model: str = "mclp"
    sites: int | None = None
    budget: float | None = None
    weight: str = "persons"
    mode: str | None = None
    cutoff_min: float | None = None
    spacing_m: float = SPACING_M
    capacity: int | None = None
    is_cheapest: bool = False
    curve: int | None = None

    @property
    def needs_cost(self) -> bool:
        """Return whether only candidates with a cost can be chosen."""
        return self.budget is not None or self.is_cheapest

    def to_record(self) -> dict[str, Any]:
        """Return what was asked, without what was not."""
        return {key: value for key, value in vars(self).items() if value is not None}


def settled(town: Town, asked: SitesAsked) -> tuple[Town, SitesAsked]:
    """Check what is asked, and return the town with the mode and the cutoff asked for, and the service by its id.

    Raises
    ------
    NotFoundError
        No such model, mode or service.
    InputError
        The check does not have the service, a number is not usable, or the model does not take what was given.
    """
    if asked.model not in MODELS:
        raise NotFoundError(_NO_MODEL.fill(model=asked.model, known=", ".join(MODELS)))
    _require_numbers(asked)
    service = service_ids([asked.service], town.settings.profile)[0]
    if service not in town.settings.services:
        raise InputError(_NO_SERVICE.fill(service=service, known=", ".join(town.settings.services)))
    return _retimed(town, service, asked), replace(asked, service=service)


def _require_numbers(asked: SitesAsked) -> None:
    if asked.model == "lscp" and (asked.sites is not None or asked.budget is not None):
        raise InputError(_TAKES_NONE)
    if asked.model != "lscp" and asked.sites is None and asked.budget is None:
        raise InputError(_TAKES_SOME.fill(model=asked.model))
    if asked.is_cheapest and asked.model != "lscp":
        raise InputError(_NOT_CHEAPEST.fill(model=asked.model))
    least = {"sites": 0, "budget": 0.0, "cutoff_min": 0.0, "capacity": 0, "curve": 0, "spacing_m": LEAST_SPACING_M}
    for key, bound in least.items():
        value = getattr(asked, key)
        if value is not None and not bound <= value < float("inf"):
            raise InputError(_BAD_NUMBER.fill(key=key, value=value, least=f"{bound:g}"))


def _retimed(town: Town, service: str, asked: SitesAsked) -> Town:
    """Return the town with another mode or cutoff for one service; the town itself where nothing differs."""
    settings = town.settings
    mode = asked.mode or settings.mode[service]
    cutoff = settings.cutoff_min[service] if asked.cutoff_min is None else asked.cutoff_min
    if (mode, cutoff) == (settings.mode[service], settings.cutoff_min[service]):
        return town
    require_mode(mode)
    changed = replace(
        settings,
        services=(service,),
        mode={service: mode},
        speed_kmh={service: settings.pace_kmh(mode)},
        cutoff_min={service: cutoff},
    )
    if mode in town.placed:
        return replace(town, settings=changed, placed={mode: town.placed[mode]})
    streets = streets_by_mode(town.roads, changed, Shelf())
    placed = place_all(streets, town.households, town.facilities, max_snap_m=settings.max_snap_m, shelf=Shelf())
    return replace(town, settings=changed, placed=placed)


_NO_MODEL = Text("没有选址模型“{model}”：可用 {known}", "there is no model {model!r}: use {known}")
_NO_SERVICE = Text(
    "检查中没有服务“{service}”：可选 {known}；或先用 geogrid check 检查该服务",
    "the check has no service {service!r}: choose from {known}, or check that service first (geogrid check)",
)
_TAKES_NONE = Text(
    "模型 lscp 自己求所需的点数：请去掉点数和预算，或改用 mclp",
    "the model lscp finds how many sites it takes: leave out the number and the budget, or use mclp",
)
_TAKES_SOME = Text(
    "模型 {model} 需要知道新增几个点，或有多少预算：请给出其一",
    "the model {model} needs a number of sites or a budget: give one of them",
)
_NOT_CHEAPEST = Text(
    "“费用最省”只用于模型 lscp，不用于 {model}：请去掉，或给预算",
    "the cheapest can only be asked of the model lscp, not of {model}: leave it out, or give a budget",
)
_BAD_NUMBER = Text(
    "{key} = {value} 无效：应为不小于 {least} 的数", "{key} = {value} is not usable: expected a number of at least {least}"
)
