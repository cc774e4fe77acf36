"""A place's profile: its levels, services, numbers, standards and what it makes public, read from a TOML file.

Adding a service, a level, a standard or a public column is adding rows to a file in ``data/profiles``; no code changes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it runs
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from geogrid.codescheme import CodeScheme, code_scheme
from geogrid.errors import ProfileError
from geogrid.modetable import MODES, OLDER_KMH, WALKING_KMH
from geogrid.profilebase import read_with_base
from geogrid.profilechecks import CHECKS, NUMBERS, require_few
from geogrid.profilefile import file_text
from geogrid.profileparts import (
    STATUSES,
    WALKED,
    Cards,
    Coloured,
    Count,
    Grade,
    Id,
    Level,
    MatterKind,
    Name,
    Part,
    Positive,
    Season,
    ServiceSpec,
    Standard,
    Stated,
    Status,
    UnwalkedMode,
    Words,
)
from geogrid.profilewords import problems_text
from geogrid.words import Text

__all__ = [
    "NUMBERS",
    "STATUSES",
    "Level",
    "Profile",
    "Season",
    "ServiceSpec",
    "data_dir",
    "load_profile",
    "profile_names",
    "profiles_said",
]

BY_ID = ("services", "standards", "stated", "matters")
"""Tables of a profile whose keys are the ids of their rows."""


def _with_ids(table: Any) -> Any:
    if not isinstance(table, dict):
        return table
    return {key: {"id": key, **entry} if isinstance(entry, dict) else entry for key, entry in table.items()}


class Profile(Part):
    """What a place decides for itself; lengths in metres, times in minutes, speed in kilometres per hour.

    ``sources`` says where each number comes from; ``suppress_below`` is the largest count that is hidden (1 to it; 0 is shown).
    ``circle`` names the services that count all at once; ``graded`` the level that ``grades`` are given to; ``kinds`` and
    ``classes`` the words of grids' ``kind`` and units' ``class``; ``themes`` what the map of the place shows, the first one at
    once; ``note`` what the place is.
    """

    id: Id
    name: Words
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    services: Annotated[Mapping[Id, ServiceSpec], Field(min_length=1)]
    household_range: tuple[Count, Count] = (300, 500)
    household_target: Annotated[int, Field(strict=True, gt=0)] = 400
    code_pattern: Annotated[str, Field(max_length=200)] = ""
    public_fields: Mapping[Literal["areas", "grids", "facilities", "staff"], tuple[Id, ...]] = Field(default_factory=dict)
    walking_speed_kmh: Positive = WALKING_KMH
    older_walking_speed_kmh: Positive = OLDER_KMH
    speeds_kmh: Mapping[UnwalkedMode, Positive] = Field(default_factory=dict)
    radius_m: Positive = 1000.0
    max_snap_m: Positive = 200.0
    gap_distance_m: Positive = 200.0
    sliver_width_m: Positive = 1.0
    defect_width_m: Positive = 0.01
    suppress_below: Count = 10
    time_zone: Annotated[str, Field(pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$")] = "Asia/Shanghai"
    now_statuses: tuple[Status, ...] = ("built", "upgrading", "improving")
    later_statuses: tuple[Status, ...] = ("planned",)
    seasons: tuple[Season, ...] = ()
    circle: tuple[Id, ...] = ()
    standards: Mapping[Id, Standard] = Field(default_factory=dict)
    stated: Mapping[Id, Stated] = Field(default_factory=dict)
    grades: tuple[Grade, ...] = ()
    graded: str = ""
    kinds: tuple[Coloured, ...] = ()
    classes: tuple[Coloured, ...] = ()
    matters: Mapping[Id, MatterKind] = Field(default_factory=dict)
    cards: Cards = Cards()
    themes: tuple[Name, ...] = ()
    note: Words | None = None
    sources: Mapping[str, Words] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _name_tables(cls, data: Any) -> Any:
        """Give each ``[services.x]`` table its id, and those of the other tables by name."""
        if not isinstance(data, dict):
            return data
        require_few(data)
        return {**data, **{table: _with_ids(data[table]) for table in BY_ID if table in data}}

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        """Refuse keys that contradict one another."""
        for check in CHECKS:
            check(self)
        return self

    @property
    def circled(self) -> tuple[str, ...]:
        """Return the services that a household is covered by all at once: those of ``circle``, by default every one."""
        return self.circle or tuple(self.services)

    def level(self, level_id: str) -> Level:
        """Return a level by its id; a KeyError where there is none."""
        return {level.id: level for level in self.levels}[level_id]

    def table_of(self, subject: str) -> str:
        """Return the table whose rows a subject of standards is: that of a level, or the subject itself."""
        return next((level.of for level in self.levels if level.id == subject), subject)

    @property
    def code_scheme(self) -> CodeScheme:
        """Return how the codes of grids are written; a ProfileError where ``code_pattern`` is empty."""
        return code_scheme(self.code_pattern, {level.id: level.name for level in self.levels})

    @property
    def walking_speed_source(self) -> Text:
        """Return where the walking speed comes from."""
        return self.sources["walking_speed_kmh"]

    def pace_kmh(self, mode: str) -> float:
        """Return the pace of a way of travelling, a key of ``modes.MODES``.

        Examples
        --------
        >>> load_profile().pace_kmh("walk_older"), load_profile().pace_kmh("bicycle")
        (3.6, 15.0)
        """
        if mode in WALKED:
            return float(getattr(self, WALKED[mode]))
        return self.speeds_kmh.get(mode, MODES[mode].speed_kmh)

    def pace_source(self, mode: str) -> Text:
        """Return where the pace of a way of travelling comes from."""
        key = WALKED.get(mode, "speeds_kmh")
        stated = key in WALKED.values() or mode in self.speeds_kmh
        return self.sources[key] if stated and key in self.sources else MODES[mode].source


def data_dir() -> Path:
    """Return the folder of the data that comes with the product, in a checkout or installed from a wheel.

    Examples
    --------
    >>> (data_dir() / "profiles" / "generic.toml").is_file()
    True
    """
    package = Path(__file__).resolve().parent
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent / "data"


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that come with the product.

    Examples
    --------
    >>> "generic" in profile_names()
    True
    """
    return tuple(sorted(path.stem for path in (data_dir() / "profiles").glob("*.toml")))


def load_profile(name_or_path: str | Path = "generic") -> Profile:
    """Return the profile of this name, or the one in this TOML file.

    Parameters
    ----------
    name_or_path
        A name from ``profile_names()``, what the place is called or a part of that which no other has (福山), or the path of a
        file that ends in ``.toml``; ``name:variant`` for one of its variants.

    Raises
    ------
    ProfileError
        The name is unknown, the file cannot be read, or a key or value is wrong; the message lists every problem of the file.

    Examples
    --------
    >>> profile = load_profile()
    >>> profile.services["medical"].name.say("zh"), profile.services["medical"].cutoff_min
    ('医疗', 15.0)
    """
    name, variant = _without_variant(name_or_path)
    path = _path_of(name)
    try:
        return Profile.model_validate(read_with_base(path, variant, _path_of))
    except ValidationError as error:
        raise ProfileError(file_text(path, problems_text(error.errors(include_url=False)))) from error


def _without_variant(name_or_path: str | Path) -> tuple[str | Path, str]:
    """Split ``name:variant``; a colon elsewhere in a path is none."""
    if isinstance(name_or_path, Path):
        return name_or_path, ""
    name, colon, variant = name_or_path.rpartition(":")
    return (name, variant) if colon and (name.endswith(".toml") or _id_of(name)) else (name_or_path, "")


def _path_of(name_or_path: str | Path) -> Path:
    """Return the file of a profile's name or path."""
    if isinstance(name_or_path, Path) or name_or_path.endswith(".toml"):
        return Path(name_or_path)
    if key := _id_of(name_or_path):
        return _file_of(key)
    listed = profiles_said()
    text = Text(
        "没有名为“{name}”的配置；可用：{zh}，或给出一个 .toml 文件",
        "no profile is called {name!r}; known: {en}, or give a .toml file",
    )
    raise ProfileError(text.fill(name=name_or_path, zh=listed.zh, en=listed.en))


def profiles_said() -> Text:
    """Return the ids of all profiles, each with what its place is called.

    Examples
    --------
    >>> profiles_said().zh.split("、")[0]
    'beidaihe 秦皇岛市北戴河区'
    """
    named = _titles().items()
    return Text("、".join(f"{key} {name.zh}" for key, name in named), ", ".join(f"{key} ({name.en})" for key, name in named))


def _file_of(key: str) -> Path:
    return data_dir() / "profiles" / f"{key}.toml"


@cache
def _titles() -> Mapping[str, Text]:
    """Return what the place of each profile is called."""
    return {key: Text(**tomllib.loads(_file_of(key).read_text(encoding="utf-8"))["name"]) for key in profile_names()}


def _id_of(said: str) -> str:
    """Return the id of a profile by its id, by what its place is called, or by a part of that which no other has; "" if none."""
    if said in profile_names():
        return said
    wanted = said.strip().casefold()
    whole = [key for key, name in _titles().items() if wanted in (name.zh.casefold(), name.en.casefold())]
    parts = [key for key, name in _titles().items() if wanted and any(wanted in each.casefold() for each in name)]
    return next((found[0] for found in (whole, parts) if len(found) == 1), "")
