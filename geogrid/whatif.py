"""What if a facility were here: changes tried out on a town, one on top of the other, and undone.

A what-if never touches the town it started from; every change makes a new one that remembers the one before. Its answers equal a
check of the changed facilities to the last household.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self, cast, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid import reroute
from geogrid.effects import Answers, Baseline, Effect, baseline, effect
from geogrid.errors import InputError, NotFoundError
from geogrid.graph import Places, measure
from geogrid.plain import plain
from geogrid.settings import NOW, service_ids
from geogrid.totals import offers
from geogrid.travel import rank_of, snap_to_streets
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geogrid.reroute import Standing
    from geogrid.town import Town

Kind = Literal["add", "move", "close", "open"]
SHOWN = 8
"""How many facilities a message names."""
KINDS: tuple[Kind, ...] = get_args(Kind)
COLUMNS = ("facility_id", "name", "services", "status")
"""What a what-if needs to know of a facility, beside its place."""
OPEN = "built"
"""The status that an opened or added facility has."""


@dataclass(frozen=True)
class Change:
    """One change of one facility.

    ``add`` needs a new ``facility_id``, ``services``, ``lon`` and ``lat`` (WGS 84); ``move`` needs ``lon`` and ``lat``; ``close``
    and ``open`` (a planned one, or one that was closed) need only the id.
    """

    kind: Kind
    facility_id: str
    name: str = ""
    services: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Make a change of a record, such as one of a JSON file.

        Raises
        ------
        InputError
            An unknown key, a kind that does not exist, or a value of the wrong type.

        Examples
        --------
        >>> Change.of({"kind": "close", "facility_id": "F1"})
        Change(kind='close', facility_id='F1', name='', services=(), lon=None, lat=None)
        """
        unknown = sorted(set(record) - set(cls.__dataclass_fields__))
        if unknown:
            raise InputError(_UNKNOWN_KEY.fill(keys=", ".join(unknown), known=", ".join(cls.__dataclass_fields__)))
        if record.get("kind") not in KINDS:
            raise InputError(_UNKNOWN_KIND.fill(kind=record.get("kind"), known=", ".join(KINDS)))
        services = record.get("services") or ()
        listed = services.replace("；", ";").split(";") if isinstance(services, str) else services
        return cls(
            cast("Kind", record["kind"]),
            str(record.get("facility_id") or "").strip(),
            str(record.get("name") or "").strip(),
            tuple(str(each).strip() for each in listed),
            *(_degrees(record.get(key), key) for key in ("lon", "lat")),
        )

    def to_record(self) -> dict[str, Any]:
        """Return the change as a record for JSON; ``of`` takes it back."""
        return {key: plain(value) for key, value in vars(self).items() if value not in (None, "", ())}


def _degrees(value: Any, key: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        degrees = float(value)
    except (TypeError, ValueError, OverflowError):
        degrees = np.nan
    if not abs(degrees) <= {"lon": 180.0, "lat": 90.0}[key]:
        raise InputError(_WRONG_DEGREES.fill(key=key, value=value))
    return degrees


@dataclass(frozen=True, eq=False)
class WhatIf:
    """A town with changes tried out.

    Attributes
    ----------
    base : Baseline
        The town as it is.
    sites : DataFrame
        Every row that ever stood: those of the town, then those added or moved, with `COLUMNS`, x and y in ``town.crs``;
        ``stands`` says which stand now.
    changes : tuple of Change
        What was tried out, in order.
    standings : mapping
        The nearest facilities by service.
    felt : mapping of int arrays
        By service, the households whose answer may differ from the base.
    previous : WhatIf or None
        The one that the last `apply` started from.
    """

    base: Baseline
    sites: pd.DataFrame
    changes: tuple[Change, ...]
    standings: Mapping[str, Standing]
    stops: Mapping[str, Places]
    felt: Mapping[str, npt.NDArray[np.int64]]
    previous: WhatIf | None = None

    @property
    def town(self) -> Town:
        """Return the town as it is."""
        return self.base.town

    def apply(self, *changes: Change) -> WhatIf:
        """Try out changes, in order; recompute what they can affect.

        Parameters
        ----------
        *changes : Change
            All of them, or none if one cannot be made.

        Returns
        -------
        WhatIf
            A new one; this one stays as it is.

        Raises
        ------
        InputError, NotFoundError
            A facility that does not exist, or exists already; a service or place that cannot be; a place too far from any street.
        """
        sites, touched = self.sites, set[str]()
        for change in changes:
            sites, services = APPLY[change.kind](self.town, sites, change)
            touched |= set(services)
        stops = {mode: _grown(self.town, mode, places, sites) for mode, places in self.stops.items()}
        standings, felt = dict(self.standings), dict(self.felt)
        rank = rank_of(sites["facility_id"].tolist())
        for service in self.town.settings.services:
            if service in touched:
                standings[service], rows = reroute.change(
                    self.standings[service],
                    stops=stops[self.town.settings.mode[service]],
                    rank=rank,
                    counts=_counts(self.town, sites, service),
                )
                felt[service] = np.union1d(felt[service], rows)
        return replace(
            self,
            sites=sites,
            changes=(*self.changes, *changes),
            standings=standings,
            stops=stops,
            felt=felt,
            previous=self,
        )

    def undo(self) -> WhatIf:
        """Return the what-if as it was before the last `apply`.

        Raises
        ------
        InputError
            Nothing was applied.
        """
        if self.previous is None:
            raise InputError(_NOTHING_TO_UNDO)
        return self.previous

    def answers(self) -> Answers:
        """Return the nearest facilities of all households."""
        nearest = {service: standing.households for service, standing in self.standings.items()}
        return Answers(nearest, self.sites["facility_id"].tolist())

    @property
    def facilities(self) -> gpd.GeoDataFrame:
        """Return the facilities that stand now, in ``town.crs``."""
        now = self.sites[self.sites["stands"]].drop(columns="stands").reset_index(drop=True)
        return gpd.GeoDataFrame(now.drop(columns=["x", "y"]), geometry=gpd.points_from_xy(now["x"], now["y"]), crs=self.town.crs)

    def effect(self) -> Effect:
        """Say who gains and who loses against the town as it is."""
        return effect(self.base, self.answers(), self.felt)


def start(town: Town) -> WhatIf:
    """Begin to try out changes on a town.

    Parameters
    ----------
    town : Town
        From `geogrid.check` (``Report.town``) or `town.open_town`.

    Returns
    -------
    WhatIf
        Without changes.

    Examples
    --------
    >>> import geogrid
    >>> sample = geogrid.data_dir() / "sample"
    >>> tables = ("grids.geojson", "households.csv", "facilities.csv", "roads.geojson", "areas.geojson")
    >>> report = geogrid.check(**{name.split(".")[0]: sample / name for name in tables}, services=["medical"])
    >>> nothing = start(report.town)
    >>> without = nothing.apply(Change("close", report.facilities["facility_id"].iloc[0]))
    >>> len(without.changes), without.undo() is nothing
    (1, True)
    """
    places = {"x": town.facilities.geometry.x.to_numpy(), "y": town.facilities.geometry.y.to_numpy()}
    sites = pd.DataFrame(town.facilities[list(COLUMNS)]).assign(stands=True, **places).reset_index(drop=True)
    rank = rank_of(sites["facility_id"].tolist())
    stops = {mode: placed.stops for mode, placed in town.placed.items()}
    standings = {}
    for service in town.settings.services:
        placed = town.of(service)
        standings[service] = reroute.stand(placed.graph, placed.homes, placed.stops, rank, _counts(town, sites, service))
        reroute.make_ready(standings[service])
    nearest = {service: standing.households for service, standing in standings.items()}
    base = baseline(town, Answers(nearest, sites["facility_id"].tolist()))
    base.make_ready()
    nobody = np.empty(0, dtype=np.int64)
    return WhatIf(base, sites, (), standings, stops, dict.fromkeys(town.settings.services, nobody))


def _counts(town: Town, sites: pd.DataFrame, service: str) -> npt.NDArray[np.bool_]:
    """Return which rows count for a service: those that stand, offer it, and are of a status that counts now."""
    return np.asarray(offers(sites, service, NOW, town.settings) & sites["stands"].to_numpy(dtype=bool))


def _grown(town: Town, mode: str, stops: Places, sites: pd.DataFrame) -> Places:
    """Place and measure the rows that are new."""
    new = sites.iloc[len(stops) :]
    if new.empty:
        return stops
    network, limit = town.placed[mode].network, town.settings.max_snap_m
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(new["x"], new["y"]), crs=town.crs)
    placement = snap_to_streets(points, network, max_snap_m=limit)
    for row in np.flatnonzero(placement.unreached):
        if mode in {town.settings.mode.get(service) for service in new["services"].iloc[row]}:
            far = {"metres": f"{placement.leg_m[row]:.0f}", "limit": f"{limit:g}"}
            raise InputError(_TOO_FAR.fill(id=new["facility_id"].iloc[row], mode=mode, **far))
    return stops.followed_by(measure(town.placed[mode].graph, placement))


def _standing_row(sites: pd.DataFrame, facility_id: str) -> int | None:
    rows = np.flatnonzero((sites["facility_id"] == facility_id).to_numpy(dtype=bool))
    return int(rows[-1]) if len(rows) else None


def _known_row(sites: pd.DataFrame, facility_id: str) -> int:
    row = _standing_row(sites, facility_id)
    if row is None:
        known = sites.loc[sites["stands"], "facility_id"].tolist()
        raise NotFoundError(_NO_FACILITY.fill(id=facility_id[:80], known=", ".join([*known[:SHOWN], "…"][: len(known)])))
    return row


def _add(town: Town, sites: pd.DataFrame, change: Change) -> tuple[pd.DataFrame, tuple[str, ...]]:
    row = _standing_row(sites, change.facility_id)
    if not change.facility_id or (row is not None):
        raise InputError(_ID_TAKEN.fill(id=change.facility_id or "“”"))
    services = tuple(service_ids(change.services, town.settings.profile))
    unchecked = [service for service in services if service not in town.settings.services]
    if unchecked or not services:
        raise InputError(_NO_SERVICE.fill(services=", ".join(unchecked) or "“”", known=", ".join(town.settings.services)))
    new = {"facility_id": change.facility_id, "name": change.name or change.facility_id, "services": services, "status": OPEN}
    return _with_row(town, sites, new, change), services


def _move(town: Town, sites: pd.DataFrame, change: Change) -> tuple[pd.DataFrame, tuple[str, ...]]:
    row = _known_row(sites, change.facility_id)
    old = sites.iloc[row]
    if not old["stands"]:
        raise InputError(_IS_CLOSED.fill(id=change.facility_id))
    return _with_row(town, _marked(sites, row, stands=False), {name: old[name] for name in COLUMNS}, change), old["services"]


def _close(town: Town, sites: pd.DataFrame, change: Change) -> tuple[pd.DataFrame, tuple[str, ...]]:
    row = _known_row(sites, change.facility_id)
    if not sites["stands"].iloc[row] or sites["status"].iloc[row] not in town.settings.profile.now_statuses:
        raise InputError(_IS_CLOSED.fill(id=change.facility_id))
    return _marked(sites, row, stands=False), sites["services"].iloc[row]


def _open(town: Town, sites: pd.DataFrame, change: Change) -> tuple[pd.DataFrame, tuple[str, ...]]:
    row = _known_row(sites, change.facility_id)
    if sites["stands"].iloc[row] and sites["status"].iloc[row] in town.settings.profile.now_statuses:
        raise InputError(_IS_OPEN.fill(id=change.facility_id))
    return _marked(sites, row, stands=True, status=OPEN), sites["services"].iloc[row]


APPLY = {"add": _add, "move": _move, "close": _close, "open": _open}
"""How each kind of change is made: from the town, the sites and the change to the sites after it and the services it touches."""


def _marked(sites: pd.DataFrame, row: int, **values: Any) -> pd.DataFrame:
    """Return the sites with some cells of one row replaced."""
    marked = sites.copy()
    for column, value in values.items():
        marked.loc[marked.index[row], column] = value
    return marked


def _with_row(town: Town, sites: pd.DataFrame, new: Mapping[str, Any], change: Change) -> pd.DataFrame:
    """Return the sites with one more, which stands where the change says."""
    if change.lon is None or change.lat is None:
        raise InputError(_NO_PLACE.fill(id=change.facility_id))
    there = gpd.GeoSeries([shapely.Point(change.lon, change.lat)], crs=4326).to_crs(town.crs).iloc[0]
    row = pd.DataFrame([{**new, "stands": True, "x": there.x, "y": there.y}])
    return pd.concat([sites, row[sites.columns]], ignore_index=True)


_UNKNOWN_KEY = Text("变更中有不认识的项 {keys}：可用 {known}", "a change has unknown keys {keys}: use {known}")
_UNKNOWN_KIND = Text("没有变更类型“{kind}”：可用 {known}", "there is no kind of change {kind!r}: use {known}")
_WRONG_DEGREES = Text(
    "{key} = {value} 无效：应为经纬度（度，WGS 84）",
    "{key} = {value} is not usable: expected degrees of longitude or latitude (WGS 84)",
)
_NOTHING_TO_UNDO = Text("没有可撤销的变更", "there is no change to undo")
_NO_FACILITY = Text("没有设施“{id}”：已有 {known}", "there is no facility {id!r}: there are {known}")
_ID_TAKEN = Text("设施编号 {id} 已被使用或为空：请换一个新编号", "the facility id {id} is taken or empty: choose a new one")
_NO_SERVICE = Text("本次检查没有服务 {services}：可选 {known}", "the check has no service {services}: choose from {known}")
_IS_CLOSED = Text("设施 {id} 现在没有开放", "facility {id} is not open now")
_IS_OPEN = Text("设施 {id} 已经开放", "facility {id} is open already")
_NO_PLACE = Text("设施 {id} 没有给出位置：请给 lon 和 lat", "facility {id} is given no place: give lon and lat")
_TOO_FAR = Text(
    "设施 {id} 的位置离最近的街道（{mode}）{metres} 米，超过 {limit} 米：请移近街道",
    "facility {id} would be {metres} m from the nearest street ({mode}), more than {limit} m: move it nearer to one",
)
