"""What the page of a proposal is made of: aggregates by grid, site and zone for the office, never a household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.provenance import Provenance

HOUSEHOLDS = Text("户", "households")
COVERED = Text("覆盖", "Covered")
ZONE = Text("片区", "zone")
GRID = Text("网格", "grid")

Figures = Mapping[str, float | None]
"""Figures of an answer by their keys; `maps.proposalwords.FIGURES` has a row for each. None stands for one that is not known."""


@dataclass(frozen=True)
class Head:
    """What every page of a proposal says first and last.

    Attributes
    ----------
    kind : str
        "grids", "even", "merge", "shares", "sites" or "zones".
    place : Text
        The place's name.
    summary : sequence of Text
        What came out, in sentences; the first is the headline.
    provenance : Provenance
        What it was made from.
    notes : sequence of Text
        What a reader must know: what was assumed, left out or repaired.
    streets : GeoDataFrame, optional
        As `geogrid.publish.streets_of` returns them.
    is_osm : bool
        Whether the streets come from OpenStreetMap, which must then be named.
    """

    kind: str
    place: Text
    summary: Sequence[Text]
    provenance: Provenance
    notes: Sequence[Text] = ()
    streets: gpd.GeoDataFrame | None = None
    is_osm: bool = False


@dataclass(frozen=True)
class Trouble:
    """A place that the wishes cannot be met for, or a village that no zone takes.

    Attributes
    ----------
    name : str
        Of the village, area or grid.
    why : Text
        Which limit stops it, with its numbers.
    release : sequence of Text
        What would release it, each alone.
    shape : geometry, optional
        Where it is, in the CRS of the page's frames: a polygon or a point.
    """

    name: str
    why: Text
    release: Sequence[Text] = ()
    shape: Any = field(default=None, repr=False)


# Grids: from scratch, from today, merged, shared out


@dataclass(frozen=True)
class Division:
    """One alternative: how land is divided.

    Attributes
    ----------
    id : str
        The plan's name in the workspace.
    name : Text
        What the alternative is called.
    grids : GeoDataFrame
        ``grid_id``, ``name``, ``households`` (or what else is balanced), polygons; optionally ``persons``, ``moved_in``,
        ``moved_out`` (households), ``is_locked``, ``area`` (the village's name).
    figures : mapping
        By key of `maps.proposalwords.FIGURES`.
    moved : GeoDataFrame, optional
        Land that changes hands: ``from_id``, ``to_id``, ``households``, polygons.
    notes : sequence of Text
        What sets it apart.
    provenance : Provenance, optional
        Its own, where the page's does not hold.
    """

    id: str
    name: Text
    grids: gpd.GeoDataFrame
    figures: Figures
    moved: gpd.GeoDataFrame | None = None
    notes: Sequence[Text] = ()
    provenance: Provenance | None = None


@dataclass(frozen=True)
class DivisionsPage:
    """Today and the alternatives side by side; the first alternative is the one proposed.

    Attributes
    ----------
    head : Head
    alternatives : sequence of Division
        At least one, or none where nothing could be proposed; then ``today`` or ``areas`` is drawn with what stops it.
    today : GeoDataFrame, optional
        Today's grids, with the columns of `Division.grids`; None from scratch.
    areas : GeoDataFrame, optional
        ``name`` and polygons: villages that nothing crosses.
    barriers : GeoDataFrame, optional
        Lines or polygons that divide: rivers, railways, trunk roads.
    low, high, target : int or None
        The range and the aim, in what is balanced; None where there is none (shares).
    unit : Text
        What is balanced.
    thing : Text
        What is divided or merged.
    troubles : sequence of Trouble
        Places that cannot be brought into range.
    """

    head: Head
    alternatives: Sequence[Division]
    today: gpd.GeoDataFrame | None = None
    areas: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    low: int | None = None
    high: int | None = None
    target: int | None = None
    unit: Text = HOUSEHOLDS
    thing: Text = GRID
    troubles: Sequence[Trouble] = ()


# Sites


@dataclass(frozen=True)
class Site:
    """A chosen site.

    Attributes
    ----------
    id, name : str
        The candidate's.
    gain : float
        What it adds after those before it, in the page's unit (or in cost saved).
    lost : float or None
        What would be lost without it, all others kept.
    price : float or None
        What it costs.
    covers : mapping
        By grid id, how many of the unit become covered by it: counts, never who.
    """

    id: str
    name: str
    gain: float
    lost: float | None = None
    price: float | None = None
    covers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CurvePoint:
    """What so many sites reach, what no choice of as many can beat, and whether it is proven the best."""

    sites: int
    value: float
    bound: float | None = None
    is_proven: bool = True


@dataclass(frozen=True)
class Remains:
    """How many of a grid stay uncovered for one reason."""

    grid_id: str
    count: float
    why: Text


@dataclass(frozen=True)
class SitesPage:
    """Existing facilities, candidates and chosen sites, with coverage by grid before and after.

    Attributes
    ----------
    head : Head
    service : Text
        What the sites offer.
    unit : Text
        What is counted, such as ("人", "persons").
    grids : GeoDataFrame
        ``grid_id``, ``name``, ``weight`` (all of the unit), ``covered_before``, ``covered_after``, polygons.
    existing : GeoDataFrame
        ``name`` and points.
    candidates : GeoDataFrame
        ``candidate_id``, ``name`` and points.
    sites : sequence of Site
        Those chosen, in the order of their gain; their ids are candidates'.
    figures : mapping
        By key of `maps.proposalwords.FIGURES`.
    curve : sequence of CurvePoint
        Coverage, or another aim, against the number of new sites.
    curve_label : Text
        What the curve shows, such as ("覆盖人口", "Persons covered").
    curve_total : float or None
        What all would be, drawn as a line; None where there is no such thing.
    remains : sequence of Remains
        Who stays uncovered and why, by grid.
    troubles : sequence of Trouble
        Candidates that could not be used, and the like.
    """

    head: Head
    service: Text
    unit: Text
    grids: gpd.GeoDataFrame
    existing: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    sites: Sequence[Site]
    figures: Figures = field(default_factory=dict)
    curve: Sequence[CurvePoint] = ()
    curve_label: Text = COVERED
    curve_total: float | None = None
    remains: Sequence[Remains] = ()
    troubles: Sequence[Trouble] = ()


# Zones


@dataclass(frozen=True)
class Zoning:
    """One answer: which villages make up which zone.

    Attributes
    ----------
    id : str
    name : Text
        Such as ("最少片区", "Fewest zones").
    zones : GeoDataFrame
        ``zone_id``, ``name``, ``centre`` (its village's or facility's name), ``radius_m``, ``villages``, ``households``,
        ``persons``; the geometry is the centre's point.
    members : mapping
        By village id, its zone's id; villages without one stand in ``troubles`` or are simply not chosen.
    figures : mapping
        By key of `maps.proposalwords.FIGURES`.
    troubles : sequence of Trouble
        Villages that no zone takes, and what stops them.
    notes : sequence of Text
    provenance : Provenance, optional
        Its own, where the page's does not hold.
    """

    id: str
    name: Text
    zones: gpd.GeoDataFrame
    members: Mapping[str, str]
    figures: Figures
    troubles: Sequence[Trouble] = ()
    notes: Sequence[Text] = ()
    provenance: Provenance | None = None


@dataclass(frozen=True)
class ZonesPage:
    """Villages and the zones proposed; the first answer is shown first.

    Attributes
    ----------
    head : Head
    villages : GeoDataFrame
        ``village_id``, ``name``, ``households``, ``persons``; polygons or points.
    answers : sequence of Zoning
    zone : Text
        What the profile calls a zone.
    areas : GeoDataFrame, optional
        ``name`` and polygons of the townships.
    today : mapping or None
        By village id, the name of its zone of today.
    """

    head: Head
    villages: gpd.GeoDataFrame
    answers: Sequence[Zoning]
    zone: Text = ZONE
    areas: gpd.GeoDataFrame | None = None
    today: Mapping[str, str] | None = None


Page = DivisionsPage | SitesPage | ZonesPage
