"""The streets as a check uses them: a planner's own joined in, closures blocked, and what is said of what nobody uses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.closures import block
from geogrid.joining import add_streets, join_crossings
from geogrid.modes import MODES, street_use
from geogrid.validity import of_day
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.inputs import Inputs
    from geogrid.settings import Settings

ADDED, CLOSURES = "add_streets", "closures"
"""The tables, besides the streets themselves, that change them."""

BARRED = {
    "class": Text("{n} 条街道的等级不供步行，未用", "{n} streets of classes not for walking are left out"),
    "access": Text("{n} 条街道禁止行人通行，未用", "{n} streets that bar pedestrians are left out"),
    "closed": Text("{n} 条街道已封闭，未用", "{n} closed streets are left out"),
}
"""What is said of streets that are not walked, by the reason of `modes.street_use`."""

BARRED_TO = {
    "class": Text("{n} 条街道的等级不能{mode}，未用", "{n} streets of classes not travelled {mode} are left out"),
    "access": Text("{n} 条街道禁止{mode}，未用", "{n} streets that may not be travelled {mode} are left out"),
    "closed": BARRED["closed"],
}
"""The same of other modes."""

ON_FOOT = ("walk", "walk_older")

CROSSED = Text("{n} 处交叉已连通", "{n} crossings without a junction were joined")
JOINED = Text(
    "新增街道有 {n} 个端点接到街道，{loose} 个没有接上，{crossed} 处交叉已连通",
    "{n} ends of added streets were joined to streets, {loose} were not; {crossed} crossings were joined",
)
BLOCKED = Text("{n} 条街道全部或部分在封闭范围内，不能通行", "{n} streets are wholly or partly closed to everybody")


def as_used(inputs: Inputs, settings: Settings) -> Inputs:
    """Join a planner's own streets, join crossings if asked, block what is under a closure, and say what that did.

    Parameters
    ----------
    inputs : Inputs
        As read; tables ``add_streets`` and ``closures`` may be among them.
    settings : Settings
        A planner's streets are joined to streets that a mode in use may use; ``join_crossings`` says whether streets of one level
        that cross without a shared vertex are joined; of closures only those in force on the day ``on`` count.

    Returns
    -------
    Inputs
        With the streets as used under ``roads``, and notes about them.
    """
    roads, modes = inputs["roads"], settings.modes
    notes = {name: list(said) for name, said in inputs.notes.items()}
    notes["roads"] = [*_barred(roads, modes), *notes.get("roads", [])]
    if ADDED in inputs:
        joined = add_streets(roads, inputs[ADDED], usable=usable_streets(roads, modes))
        said = JOINED.fill(n=len(joined.joined), loose=len(joined.loose), crossed=joined.crossings)
        roads, notes[ADDED] = joined.roads, [*_barred(inputs[ADDED], modes), said, *notes.get(ADDED, [])]
    if settings.join_crossings:
        roads, crossed = join_crossings(roads)
        notes["roads"].append(CROSSED.fill(n=crossed))
    if CLOSURES in inputs:
        held, said_of_day = of_day(inputs[CLOSURES], settings.on, time_zone=settings.profile.time_zone)
        roads = block(roads, held)
        notes[CLOSURES] = [*said_of_day, BLOCKED.fill(n=_blocked_streets(roads)), *notes.get(CLOSURES, [])]
    told = {name: tuple(said) for name, said in notes.items()}
    return replace(inputs, projected={**inputs.projected, "roads": roads}, notes=told)


def usable_streets(roads: gpd.GeoDataFrame, modes: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return True for streets that one of the modes may use: those that a planner's own paths may be joined to."""
    use = [street_use(roads, mode)["reason"].eq("").to_numpy(dtype=bool) for mode in modes]
    return np.asarray(np.any(use, axis=0))


def _blocked_streets(roads: gpd.GeoDataFrame) -> int:
    """Count the streets with a blocked part, by id where the file has ids."""
    blocked = roads[roads["blocked"].to_numpy(dtype=bool)]
    return int(blocked["road_id"].nunique()) if "road_id" in blocked else len(blocked)


def _barred(roads: gpd.GeoDataFrame, modes: Sequence[str]) -> list[Text]:
    """Say how many streets nobody may use, by mode and reason; what two modes have in common is said once."""
    said = []
    for mode in modes:
        reasons = street_use(roads, mode)["reason"]
        texts = BARRED if mode in ON_FOOT else BARRED_TO
        name = MODES[mode].name
        for reason, text in texts.items():
            n = int((reasons == reason).sum())
            said += [Text(text.zh.format(n=n, mode=name.zh), text.en.format(n=n, mode=name.en))] if n else []
    return list(dict.fromkeys(said))
