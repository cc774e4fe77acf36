"""A place's profile: its levels, services, numbers and what it makes public, read from a TOML file.

Adding a service, a level or a public column is adding rows to a file in ``data/profiles``; no code changes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it runs
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from geogrid.codescheme import CodeScheme, code_scheme
from geogrid.errors import ProfileError
from geogrid.modetable import MODES, OLDER_KMH, WALKING_KMH
from geogrid.profilewords import problem_text
from geogrid.words import Text

STATUSES = ("built", "upgrading", "improving", "planned")
"""Every status a facility can have."""

NUMBERS = (
    "household_range",
    "household_target",
    "code_pattern",
    "walking_speed_kmh",
    "older_walking_speed_kmh",
    "speeds_kmh",
    "radius_m",
    "max_snap_m",
    "gap_distance_m",
    "sliver_width_m",
    "defect_width_m",
    "suppress_below",
)
"""Keys that need an entry under ``[sources]``; those of ``UNSAID`` only where they differ from their default."""

UNSAID = frozenset({"older_walking_speed_kmh", "speeds_kmh"})
"""Numbers that a profile may leave to the rows of ``geogrid.modetable``, whose sources then hold."""

WALKED = {"walk": "walking_speed_kmh", "walk_older": "older_walking_speed_kmh"}
"""The keys of the paces that have one of their own; ``speeds_kmh`` holds the others by mode."""


def _problem(kind: str, text: Text) -> PydanticCustomError:
    """Return an error that carries both languages through pydantic."""
    return PydanticCustomError("geogrid_" + kind, "{en}", {"zh": text.zh, "en": text.en})


def _text(value: object) -> Text:
    """Return a ``{ zh = ..., en = ... }`` table as a Text."""
    if isinstance(value, Text):
        return value
    if isinstance(value, dict) and set(value) == {"zh", "en"} and all(isinstance(part, str) and part for part in value.values()):
        return Text(value["zh"], value["en"])
    raise _problem("text", Text('应写成 { zh = "中文", en = "英文" }', 'write { zh = "Chinese", en = "English" }'))


def _mode(value: object) -> object:
    """Refuse what is no way of travelling."""
    return _one_of(value, tuple(MODES))


def _unwalked(value: object) -> object:
    """Refuse a way of travelling whose pace does not stand under ``speeds_kmh``."""
    return _one_of(value, tuple(mode for mode in MODES if mode not in WALKED))


def _one_of(value: object, known: tuple[str, ...]) -> object:
    if isinstance(value, str) and value in known:
        return value
    listed = ", ".join(known)
    raise _problem("mode", Text(f"只能用 {listed}", f"must be one of {listed}"))


Words = Annotated[Text, BeforeValidator(_text)]
ModeId = Annotated[str, BeforeValidator(_mode)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Status = Literal["built", "upgrading", "improving", "planned"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(_Frozen):
    """One level of the tree of areas; ``parent`` is the id of the level above."""

    id: Id
    zh: Name
    en: Name
    parent: Id | None = None

    @property
    def name(self) -> Text:
        """Return the level's name in both languages."""
        return Text(self.zh, self.en)


class Season(_Frozen):
    """A season in which other numbers of people live in the households; ``aliases`` are other names that files use for it."""

    id: Id
    zh: Name
    en: Name
    aliases: tuple[Name, ...] = ()

    @property
    def name(self) -> Text:
        """Return the season's name in both languages."""
        return Text(self.zh, self.en)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name a file may use for this season."""
        return (self.id, self.zh, self.en, *self.aliases)

    @property
    def column(self) -> str:
        """Return the households' column that counts the people of this season."""
        return f"persons_{self.id}"


class ServiceSpec(_Frozen):
    """A service: how it is reached, the largest acceptable time, its own straight-line radius if it has one, and who says so.

    ``aliases`` are other names that files use for it.
    """

    id: Id
    zh: Name
    en: Name
    mode: ModeId = "walk"
    cutoff_min: Positive = 15.0
    radius_m: Positive | None = None
    source: Words
    aliases: tuple[Name, ...] = ()

    @property
    def name(self) -> Text:
        """Return the service's name in both languages."""
        return Text(self.zh, self.en)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name a file may use for this service."""
        return (self.id, self.zh, self.en, *self.aliases)


class Profile(_Frozen):
    """What a place decides for itself; lengths in metres, times in minutes, speed in kilometres per hour.

    ``sources`` says where each number comes from; ``suppress_below`` is the largest count that is hidden (1 to it; 0 is shown).
    """

    id: Id
    name: Words
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    services: Annotated[Mapping[Id, ServiceSpec], Field(min_length=1)]
    household_range: tuple[Count, Count] = (300, 500)
    household_target: Annotated[int, Field(strict=True, gt=0)] = 400
    code_pattern: Annotated[str, Field(max_length=200)] = ""
    public_fields: Mapping[Literal["areas", "grids", "facilities"], tuple[Id, ...]] = Field(default_factory=dict)
    walking_speed_kmh: Positive = WALKING_KMH
    older_walking_speed_kmh: Positive = OLDER_KMH
    speeds_kmh: Mapping[Annotated[str, BeforeValidator(_unwalked)], Positive] = Field(default_factory=dict)
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
    sources: Mapping[str, Words] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _name_services(cls, data: Any) -> Any:
        """Give each ``[services.x]`` table its id."""
        services = data.get("services") if isinstance(data, dict) else None
        if not isinstance(services, dict):
            return data
        named = {key: {"id": key, **entry} if isinstance(entry, dict) else entry for key, entry in services.items()}
        return {**data, "services": named}

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        """Refuse keys that contradict one another."""
        for check in CHECKS:
            check(self)
        return self

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


def _check_levels(profile: Profile) -> None:
    """Levels stand top to bottom: a parent before its child, no id twice."""
    seen: set[str] = set()
    for level in profile.levels:
        if level.id in seen:
            raise _problem("levels", Text(f"levels 中“{level.id}”出现两次", f"level {level.id!r} appears twice under levels"))
        if level.parent is not None and level.parent not in seen:
            zh = f"levels 中“{level.id}”的上级“{level.parent}”应写在它前面"
            raise _problem("levels", Text(zh, f"levels: parent {level.parent!r} of {level.id!r} must stand before it"))
        seen.add(level.id)


def _check_services(profile: Profile) -> None:
    """Keep ``all`` free for all services at once, and let no name mean two services."""
    owner: dict[str, str] = {}
    for key, service in profile.services.items():
        if key == "all":
            raise _problem(
                "services", Text("“all”指全部服务，请换一个 id", "services: 'all' means all services at once; use another id")
            )
        if service.id != key:
            raise _problem("services", Text(f"services.{key} 的 id 应为“{key}”", f"the id of services.{key} must be {key!r}"))
        for name in service.names:
            other = owner.setdefault(name.casefold(), key)
            if other != key:
                zh = f"名称“{name}”同时属于服务“{other}”和“{key}”"
                raise _problem("services", Text(zh, f"{name!r} names both service {other!r} and {key!r}"))


def _check_codes(profile: Profile) -> None:
    """Read the pattern of codes by the profile's levels; none means that grids have no codes."""
    try:
        _ = profile.code_pattern and profile.code_scheme
    except ProfileError as error:
        raise _problem("codes", error.message) from error


def _check_households(profile: Profile) -> None:
    """Keep the target inside the household range."""
    low, high = profile.household_range
    if not low <= profile.household_target <= high:
        text = Text(
            f"household_target = {profile.household_target} 应在 household_range = [{low}, {high}] 之内",
            f"household_target = {profile.household_target} must lie within household_range = [{low}, {high}]",
        )
        raise _problem("households", text)


def _check_statuses(profile: Profile) -> None:
    """No status counts both as now and as later."""
    both = sorted(set(profile.now_statuses) & set(profile.later_statuses))
    if both:
        zh = f"状态“{both[0]}”不能同时属于 now_statuses 和 later_statuses"
        raise _problem("statuses", Text(zh, f"status {both[0]!r} cannot be in both now_statuses and later_statuses"))


def _check_seasons(profile: Profile) -> None:
    """No name means two seasons."""
    owner: dict[str, str] = {}
    for season in profile.seasons:
        names = {name.casefold(): name for name in season.names}
        for shared in owner.keys() & names.keys():
            zh = f"seasons：名称“{names[shared]}”同时属于“{owner[shared]}”和“{season.id}”"
            raise _problem("seasons", Text(zh, f"seasons: {names[shared]!r} names both {owner[shared]!r} and {season.id!r}"))
        owner |= dict.fromkeys(names, season.id)


def _needs_source(profile: Profile, key: str) -> bool:
    """Return whether a number must say where it comes from: it differs from what its mode's row says."""
    return key not in UNSAID or getattr(profile, key) != Profile.model_fields[key].get_default(call_default_factory=True)


def _check_sources(profile: Profile) -> None:
    """Every number says where it comes from, and nothing else does."""
    for key in NUMBERS:
        if key not in profile.sources and _needs_source(profile, key):
            raise _problem(
                "sources", Text(f"缺少 sources.{key}：请写明出处", f"sources.{key} is missing: say where {key} comes from")
            )
    for key in profile.sources:
        if key not in NUMBERS:
            known = ", ".join(NUMBERS)
            raise _problem(
                "sources", Text(f"sources 中没有“{key}”，可用：{known}", f"sources has no key {key!r}; known: {known}")
            )


CHECKS = (_check_levels, _check_codes, _check_services, _check_households, _check_statuses, _check_seasons, _check_sources)


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
        A name from ``profile_names()``, or the path of a file that ends in ``.toml``.

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
    path = _path_of(name_or_path)
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        return Profile.model_validate(data)
    except OSError as error:
        raise ProfileError(_file_text(path, Text("无法读取，请检查文件", "cannot be read; check the file"))) from error
    except UnicodeDecodeError as error:
        raise ProfileError(
            _file_text(path, Text("不是 UTF-8 文本，请另存为 UTF-8", "not UTF-8 text; save it as UTF-8"))
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(_file_text(path, Text(f"不是正确的 TOML：{error}", f"not valid TOML: {error}"))) from error
    except ValidationError as error:
        problems = [problem_text(dict(problem)) for problem in error.errors(include_url=False)]
        joined = Text("；".join(text.zh for text in problems), "; ".join(text.en for text in problems))
        raise ProfileError(_file_text(path, joined)) from error


def _path_of(name_or_path: str | Path) -> Path:
    """Return the file of a profile's name or path."""
    if isinstance(name_or_path, Path) or name_or_path.endswith(".toml"):
        return Path(name_or_path)
    known = profile_names()
    if name_or_path in known:
        return data_dir() / "profiles" / f"{name_or_path}.toml"
    listed = ", ".join(known)
    text = Text(
        "没有名为“{name}”的配置；可用：{listed}，或给出一个 .toml 文件",
        "no profile is called {name!r}; known: {listed}, or give a .toml file",
    )
    raise ProfileError(text.fill(name=name_or_path, listed=listed))


def _file_text(path: Path, text: Text) -> Text:
    """Return a message that starts with the file's name (never its folder)."""
    return Text(f"配置文件 {path.name}：{text.zh}", f"profile {path.name}: {text.en}")
