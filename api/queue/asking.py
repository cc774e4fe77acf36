"""What may be asked of jobs, as JSON: strict about names, types and sizes."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 -- pydantic reads it
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from geogrid.errors import InputError
from geogrid.words import Text

Table = Literal[
    "areas",
    "grids",
    "staff",
    "events",
    "units",
    "households",
    "facilities",
    "roads",
    "buildings",
    "barriers",
    "candidates",
    "closures",
    "grades",
    "area_members",
]
Layer = Literal["grids", "areas", "gaps", "facilities", "defects", "streets", "service_radii"]
Format = Literal["gpkg", "geojson", "csv", "xlsx", "kml"]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Names = Annotated[list[Name], Field(max_length=10_000)]
Minutes = Annotated[float, Field(ge=0.1, le=1440, allow_inf_nan=False)]
Metres = Annotated[float, Field(ge=0.1, le=1_000_000, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
Some = Annotated[int, Field(ge=1, le=1_000_000)]
Version = Annotated[int, Field(ge=0, le=1_000_000_000)]
Seed = Annotated[int, Field(ge=0, le=1_000_000_000)]


ONE_OF_THEM = Text("table 和 layer 应给且只给其一", "give either table or layer")
ONE_STATE = Text("version 只用于 table，且不能与 on 同给", "version goes with tables only, and not with on")
ONE_PEOPLE = Text("people_version 和 same_people 只给其一", "give either people_version or same_people")
PEOPLE_VERSION = "The version whose households are counted; that which is checked unless said."
SAME_PEOPLE = "Count the households that the newest publication counted, so that only borders and facilities are new."
DRY_RUN = "Publish nothing: the job's result says how many figures of each table earlier publications make it withhold."
ACCEPT = "Publish even where more than a fifth of the figures is withheld because of earlier publications."


def shown(**example: Any) -> ConfigDict:
    """Return what gives a body its example in the description of the service."""
    return ConfigDict(json_schema_extra={"example": example})


class Asked(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CheckAsked(Asked):
    """A check of the workspace; what is left out is as the profile says."""

    model_config = shown(services=["medical"], cutoff_min={"medical": 15}, version=5)

    services: Annotated[list[Name], Field(max_length=100)] | None = None
    mode: Name | dict[Name, Name] | None = None
    cutoff_min: Minutes | dict[Name, Minutes] | None = None
    speed_kmh: Annotated[float, Field(ge=0.1, le=200, allow_inf_nan=False)] | None = None
    radius_m: Metres | None = None
    max_snap_m: Metres | None = None
    join_crossings: bool = False
    on: dt.date | None = None
    version: Version | None = None
    people_version: Annotated[Version | None, Field(description=PEOPLE_VERSION)] = None
    same_people: Annotated[bool, Field(description=SAME_PEOPLE)] = False

    def require_clear(self) -> None:
        """Refuse what names the people to count twice.

        Raises
        ------
        InputError
            When it does.
        """
        if self.same_people and self.people_version is not None:
            raise InputError(ONE_PEOPLE)


class PublicationAsked(Asked):
    """A finished check that is to be published, from a day on (today unless said); or only what that would withhold."""

    model_config = shown(check="5f0c1d9c8e6b3a7d2f41", effective="2026-12-01", dry_run=True)

    check: Name
    effective: dt.date | None = None
    dry_run: Annotated[bool, Field(description=DRY_RUN)] = False
    accept_withheld: Annotated[bool, Field(description=ACCEPT)] = False


class ExportAsked(Asked):
    """A table of the workspace in a version (that of a day; today's unless said), or a public layer of a publication."""

    model_config = shown(table="facilities", format="gpkg", version=5)

    table: Table | None = None
    layer: Layer | None = None
    format: Format = "gpkg"
    on: dt.date | None = None
    version: Version | None = None
    datum: Literal["wgs84", "gcj02", "bd09"] = "wgs84"

    def require_clear(self) -> None:
        """Refuse what names no table or layer, or two, or two states of it.

        Raises
        ------
        InputError
            When it does.
        """
        if (self.table is None) == (self.layer is None):
            raise InputError(ONE_OF_THEM)
        if self.version is not None and (self.on is not None or self.layer is not None):
            raise InputError(ONE_STATE)


class _Searching(Asked):
    """What every proposal may be told: how hard to search, for how long, and where chances begin."""

    effort: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 1.0
    seconds: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] | None = None
    seed: Seed = 0


class _Dividing(_Searching):
    low: Some | None = None
    high: Some | None = None
    target: Positive | None = None
    within: Names = []
    locked: Names = []
    alternatives: Annotated[int, Field(ge=1, le=9)] = 3
    plan: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class GridsWish(_Dividing):
    """Villages divided into grids anew."""

    kind: Literal["grids"]
    parts: Some | None = None


class EvenWish(_Dividing):
    """Today's grids evened out."""

    kind: Literal["even"]
    moves: Some | None = None


class MergeWish(_Searching):
    """What is below a minimum merged with its neighbours."""

    kind: Literal["merge"]
    minimum: Some
    by: Name = "households"
    of: Literal["grids", "units"] = "grids"
    unit_kind: Annotated[str, Field(max_length=100)] = ""
    most: Some | None = None
    within: Names = []
    locked: Names = []
    plan: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class SharesWish(_Searching):
    """A grid's households shared out among its members."""

    kind: Literal["shares"]
    grids: Names = []
    within: Names = []
    role: Name = "member"
    parts: Some | None = None


class ZonesWish(_Searching):
    """Villages grouped into zones."""

    kind: Literal["zones"]
    number: Some | None = None
    villages: tuple[Some, Some] | None = None
    radius_m: Metres | None = None
    along: Name = "straight"
    inside: Name | None = None
    persons: tuple[Positive, Positive] | None = None
    touching: bool = False
    centres: Literal["villages", "facilities"] = "villages"
    level: Annotated[str, Field(max_length=100)] = ""


class SitesWish(_Searching):
    """Sites for new facilities of a service."""

    kind: Literal["sites"]
    service: Name
    model: Literal["mclp", "lscp", "p_median", "p_centre", "backup", "capacitated_mclp"] = "mclp"
    sites: Some | None = None
    budget: Positive | None = None
    weight: Name = "persons"
    mode: Name | None = None
    cutoff_min: Minutes | None = None
    spacing_m: Annotated[float, Field(ge=20, le=100_000, allow_inf_nan=False)] = 250.0
    capacity: Some | None = None
    cheapest: bool = False
    curve: Annotated[int, Field(ge=0, le=1000)] | None = None


Wish = GridsWish | EvenWish | MergeWish | SharesWish | ZonesWish | SitesWish


class ProposalAsked(RootModel[Annotated[Wish, Field(discriminator="kind")]]):
    """One of the kinds of proposals."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"kind": "even", "low": 250, "high": 350, "moves": 20}})
