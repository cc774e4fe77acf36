"""A town with everybody placed on the streets of each mode in use: all that questions about travel need.

`geogrid.check` builds one; `save_town` keeps it in the private part of a check's folder and `open_town` takes it from there, so
that later questions need none of the original files. It holds household rows: for the office only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geogrid.graph import Graph, Places, measure, prepare
from geogrid.network import build_network
from geogrid.saved import Shelf, network_key, placement_key
from geogrid.settings import NOW
from geogrid.totals import offers
from geogrid.townfile import read_tables, saved_folder, write_tables
from geogrid.travel import nearest_facility, snap_to_streets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd
    from pyproj import CRS

    from geogrid.results import Network, Placement
    from geogrid.settings import Paces, Settings

__all__ = ["Placed", "Streets", "Town", "open_town", "place_all", "save_town", "saved_folder", "streets_by_mode", "trips"]


@dataclass(frozen=True, eq=False)
class Placed:
    """The streets of one mode with everyone placed on them, in the order of the town's tables."""

    graph: Graph
    at_home: Placement
    at_facility: Placement

    @property
    def network(self) -> Network:
        """Return the streets."""
        return self.graph.network

    @cached_property
    def homes(self) -> Places:
        """Return what it costs to leave each household."""
        return measure(self.graph, self.at_home)

    @cached_property
    def stops(self) -> Places:
        """Return what it costs to come to each facility."""
        return measure(self.graph, self.at_facility)


@dataclass(frozen=True, eq=False)
class Town:
    """Everything that questions about travel need; household rows, so for the office only.

    All frames are in ``crs`` (projected, metres), with a RangeIndex.

    Attributes
    ----------
    settings : Settings
        What was asked: services, their modes, paces and cutoffs.
    crs : CRS
        Of every frame.
    grids : GeoDataFrame
        With ``parent_id``.
    areas, units : GeoDataFrame or None
        None where the check was given none.
    households, facilities : GeoDataFrame
        With ``grid_id`` (NA outside all grids).
    roads : GeoDataFrame
        As used: a planner's own streets joined, streets under a closure marked ``blocked``.
    placed : mapping
        The streets of every mode in use, with everyone on them.
    """

    settings: Settings
    crs: CRS
    grids: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame | None
    units: gpd.GeoDataFrame | None
    households: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    placed: Mapping[str, Placed]

    def of(self, service: str) -> Placed:
        """Return the streets of a service's mode."""
        return self.placed[self.settings.mode[service]]


@dataclass(frozen=True, eq=False)
class Streets:
    """The streets of one mode, ready to search, and the key they are saved under ("" where nothing is saved)."""

    graph: Graph
    key: str


def streets_by_mode(roads: gpd.GeoDataFrame, settings: Settings, shelf: Shelf) -> dict[str, Streets]:
    """Build, or take from the shelf, the network of every mode that some service is reached by.

    Parameters
    ----------
    roads : GeoDataFrame
        Streets as used, projected.
    settings : Settings
        Modes and paces of the services.
    shelf : Shelf
        Where networks are saved.

    Returns
    -------
    dict
        By mode, in the order of the services.

    Raises
    ------
    InputError
        If a mode can use no street.
    """
    return {mode: _streets(roads, mode, settings.paces(mode), shelf) for mode in settings.modes}


def _streets(roads: gpd.GeoDataFrame, mode: str, paces: Paces, shelf: Shelf) -> Streets:
    key = network_key(roads, mode=mode, **paces) if shelf.folder else ""
    return Streets(prepare(shelf.network(key, lambda: build_network(roads, mode=mode, **paces))), key)


def place_all(
    streets: Mapping[str, Streets],
    households: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    max_snap_m: float,
    shelf: Shelf,
) -> dict[str, Placed]:
    """Place every household and facility on the streets of every mode, or take their places from the shelf.

    Parameters
    ----------
    streets : mapping of Streets
        By mode, from `streets_by_mode`.
    households, facilities : GeoDataFrame
        Points in the CRS of the streets.
    max_snap_m : float
        Points farther than this from every street of a mode are unreached by it.
    shelf : Shelf
        Where places are saved.

    Returns
    -------
    dict
        By mode.
    """

    def at(one: Streets, points: gpd.GeoDataFrame) -> Placement:
        key = placement_key(one.key, points, max_snap_m=max_snap_m) if shelf.folder else ""
        return shelf.placement(key, lambda: snap_to_streets(points, one.graph.network, max_snap_m=max_snap_m))

    return {mode: Placed(one.graph, at(one, households), at(one, facilities)) for mode, one in streets.items()}


def trips(town: Town, service: str, when: str = NOW) -> pd.DataFrame:
    """Find every household's nearest facility that offers a service, by the service's mode.

    Parameters
    ----------
    town : Town
        From `geogrid.check` (``Report.town``) or `open_town`.
    service : str
        One of the town's services.
    when : "now" or "later"
        Which statuses of facilities count.

    Returns
    -------
    DataFrame
        A row per household: metres (at the mode's pace), minutes, facility (position in ``town.facilities``, or -1), reason; see
        `travel.nearest_facility`.
    """
    placed = town.of(service)
    offering = np.flatnonzero(offers(town.facilities, service, when, town.settings))
    ids = town.facilities["facility_id"].to_numpy()[offering]
    nearest = nearest_facility(placed.graph, placed.homes, placed.stops.take(offering), facility_ids=ids)
    return nearest.assign(facility=_whole_positions(nearest["facility"].to_numpy(), offering))


def _whole_positions(position: npt.NDArray[np.int64], offering: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Turn positions among the facilities that offer a service into positions among all; -1 stays."""
    return np.where(position >= 0, np.append(offering, -1)[position], -1)


def save_town(town: Town, folder: Path) -> Path:
    """Save a town in the private part of a check's folder: tables, settings, networks and places, readable by its owner alone.

    Parameters
    ----------
    town : Town
        What to save.
    folder : Path
        The check's folder, which exists.

    Returns
    -------
    Path
        The folder with the files, ``private/saved`` in it. What stood there before is replaced in one step.
    """
    tables = {name: getattr(town, name) for name in ("grids", "areas", "units", "households", "facilities", "roads")}
    write_tables({k: v for k, v in tables.items() if v is not None}, town.settings, town.crs, folder)
    shelf = Shelf(saved_folder(folder))
    for mode, one in town.placed.items():
        key = network_key(town.roads, mode=mode, **town.settings.paces(mode))
        shelf.keep_network(key, one.network)
        for points, placement in ((town.households, one.at_home), (town.facilities, one.at_facility)):
            shelf.keep_placement(placement_key(key, points, max_snap_m=town.settings.max_snap_m), placement)
    return saved_folder(folder)


def open_town(folder: Path, *, shelf: Shelf | None = None) -> Town:
    """Open the town that a check left in its folder.

    Parameters
    ----------
    folder : Path
        The check's folder.
    shelf : Shelf, optional
        Where networks and places are taken from, and which hears what had to be made anew; by default ``private/saved``.

    Returns
    -------
    Town
        Equal to the one that was saved.

    Raises
    ------
    InputError
        If nothing was saved there, or it is damaged or another version's.
    """
    tables, settings, crs = read_tables(folder)
    shelf = shelf or Shelf(saved_folder(folder))
    streets = streets_by_mode(tables["roads"], settings, shelf)
    households, facilities = tables["households"], tables["facilities"]
    placed = place_all(streets, households, facilities, max_snap_m=settings.max_snap_m, shelf=shelf)
    return Town(
        settings=settings,
        crs=crs,
        grids=tables["grids"],
        areas=tables.get("areas"),
        units=tables.get("units"),
        households=households,
        facilities=facilities,
        roads=tables["roads"],
        placed=placed,
    )
