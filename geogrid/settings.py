"""What a check was asked to do: the profile's values with the caller's on top, checked once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from geogrid.errors import InputError, NotFoundError
from geogrid.modes import require_mode
from geogrid.profile import Profile, load_profile
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geogrid.inputs import Given

    Progress = Callable[[str, float], None]

ALL = "all"
"""The pseudo-service "all of the checked services at once"."""

NOW = "now"
LATER = "later"

TABLES = ("roads", "households", "facilities", "areas", "grids", "units", "buildings", "events", "add_streets", "closures")
"""The tables of a check, in the order in which their datum is settled: each is compared with those before it."""

DATUM_CHOICES = ("auto", "wgs84", "gcj02", "bd09")

WALK = "walk"
BY_SERVICE = ("mode", "cutoff_min")
"""Options that take one value for every service, or a mapping by service."""


class Options(TypedDict, total=False):
    """What a caller of ``geogrid.check`` may set; everything else comes from the profile.

    ``services``: ids to check (all that any facility offers). ``mode``: how every service is reached, or a mapping by service.
    ``cutoff_min``: minutes, inclusive, for every service, or a mapping by service. ``speed_kmh``: speed of the mode "walk" and of
    the straight legs to and from a vehicle's street (the paces of the other modes come from the profile). ``radius_m``:
    straight-line service radius of services that the profile gives none. ``max_snap_m``: how far a point may lie from a street.
    ``join_crossings``: join streets that cross without a shared vertex on one level. ``datum``: auto, wgs84, gcj02 or bd09 for
    every table, or a mapping by table. ``profile``: a name, a file or a `Profile`. ``add_streets``: a planner's own paths, a file
    or frame like the roads. ``closures``: polygons or lines under which streets are closed. ``on``: the day whose closures count,
    a date or text such as 2026-07-02 (by default today, in the profile's time zone). ``saved``: folder of private files to reuse
    the streets and placements of an earlier check from. ``progress``: called with a step's id and its share done (0 to 1).

    Mappings by service may use any of a service's names; a service that they leave out keeps what the profile says.
    """

    services: Sequence[str] | str | None
    mode: str | Mapping[str, str] | None
    cutoff_min: float | Mapping[str, float] | None
    speed_kmh: float | None
    radius_m: float | None
    max_snap_m: float | None
    join_crossings: bool
    datum: str | Mapping[str, str]
    profile: str | Path | Profile
    add_streets: Given | None
    closures: Given | None
    buildings: Given | None
    staff: Given | None
    events: Given | None
    grades: Given | None
    area_members: Given | None
    on: dt.date | str | None
    saved: str | Path | None
    progress: Progress | None


class Paces(TypedDict):
    """The pace of a mode, and that of the straight legs between a point and its street, in km/h."""

    speed_kmh: float
    leg_kmh: float


@dataclass(frozen=True)
class Settings:
    """The values a check runs with; metres, minutes and km/h.

    ``mode``, ``speed_kmh`` (the pace of that mode), ``cutoff_min`` and ``radius_m`` are by service; ``walking_speed_kmh`` is the
    pace of the mode "walk", used by some service or not, and of the straight legs to and from a vehicle's street. ``on`` is the
    day whose closures count; None means the day of the run.
    """

    services: tuple[str, ...]
    mode: Mapping[str, str]
    speed_kmh: Mapping[str, float]
    cutoff_min: Mapping[str, float]
    radius_m: Mapping[str, float]
    radius_asked_m: float | None
    walking_speed_kmh: float
    max_snap_m: float
    join_crossings: bool
    datum: Mapping[str, str]
    profile: Profile
    saved: Path | None = None
    on: dt.date | None = None

    @property
    def modes(self) -> tuple[str, ...]:
        """Return the modes in use, in the order of the services."""
        return tuple(dict.fromkeys(self.mode[service] for service in self.services))

    def pace_kmh(self, mode: str) -> float:
        """Return the pace of a mode, in use or not."""
        return self.walking_speed_kmh if mode == WALK else self.profile.pace_kmh(mode)

    def paces(self, mode: str) -> Paces:
        """Return what `network.build_network` needs to know: the mode's pace, and the walking pace of its straight legs."""
        return {"speed_kmh": self.pace_kmh(mode), "leg_kmh": self.walking_speed_kmh}


def settle(options: Options, *, offered: Sequence[str]) -> Settings:
    """Put the caller's options on top of the profile's values; but a service's own radius in the profile comes first.

    For mode and cutoff, what the caller says of a service (or of all) comes before what the profile says of it.

    Parameters
    ----------
    options : Options
        What the caller set.
    offered : sequence of str
        Services that some facility offers: checked when the caller names none.

    Returns
    -------
    Settings

    Raises
    ------
    NotFoundError
        If a service is not in the profile, or a mode does not exist.
    InputError
        If a number is not positive, no service can be checked, or a mapping names a service that is not checked.
    """
    profile = profile_of(options)
    services = _services(options.get("services"), offered, profile)
    said = {key: _said(options, key, profile) for key in BY_SERVICE}
    _require_checked({key: one for key, one in said.items() if isinstance(options.get(key), Mapping)}, services)
    modes = {s: said["mode"].get(s, profile.services[s].mode) for s in services}
    walking, radius = _positive(options, "speed_kmh") or profile.walking_speed_kmh, _positive(options, "radius_m")
    return Settings(
        services=services,
        mode=modes,
        speed_kmh={s: walking if mode == WALK else profile.pace_kmh(mode) for s, mode in modes.items()},
        cutoff_min={s: said["cutoff_min"].get(s, profile.services[s].cutoff_min) for s in services},
        radius_m={s: profile.services[s].radius_m or radius or profile.radius_m for s in services},
        radius_asked_m=radius,
        walking_speed_kmh=walking,
        max_snap_m=_positive(options, "max_snap_m") or profile.max_snap_m,
        join_crossings=_yes_or_no(options, "join_crossings"),
        datum=datum_choices(options.get("datum") or "auto"),
        profile=profile,
        saved=_folder(options, "saved"),
        on=day_asked(options.get("on")),
    )


def require_usable(options: Options) -> None:
    """Refuse wrong options before any file is read.

    Raises
    ------
    InputError
        An option that does not exist (a misspelt one must not be taken for its default), or a number or datum out of range.
    NotFoundError
        A service that the profile does not have, or a mode that does not exist.
    """
    _require_known(options)
    for key in ("speed_kmh", "radius_m", "max_snap_m"):
        _positive(options, key)
    _yes_or_no(options, "join_crossings")
    _folder(options, "saved")
    day_asked(options.get("on"))
    profile = profile_of(options)
    service_ids(options.get("services") or (), profile)
    for key in BY_SERVICE:
        _said(options, key, profile)


def _require_known(options: Options) -> None:
    known = Options.__annotations__
    for key in options:
        if key not in known:
            raise InputError(
                Text("没有选项“{key}”：可用 {known}", "there is no option {key!r}: use {known}").fill(
                    key=key, known=", ".join(known)
                )
            )


def profile_of(options: Options) -> Profile:
    """Return the profile that the options name or carry."""
    profile = options.get("profile") or "generic"
    return profile if isinstance(profile, Profile) else load_profile(profile)


def datum_choices(choice: str | Mapping[str, str]) -> dict[str, str]:
    """Return the datum choice per table; ``"*"`` stands for tables not named.

    Raises
    ------
    InputError
        If a datum or a table is unknown.

    Examples
    --------
    >>> datum_choices("gcj02")
    {'*': 'gcj02'}
    """
    choices = {"*": choice} if isinstance(choice, str) else {"*": "auto", **choice}
    _require_tables(choices)
    for value in choices.values():
        if value not in DATUM_CHOICES:
            raise InputError(
                Text("坐标基准“{value}”无效：请用 {known} 之一", "datum {value!r} is unknown: use one of {known}").fill(
                    value=value, known=", ".join(DATUM_CHOICES)
                )
            )
    return choices


def _require_tables(choices: Mapping[str, str]) -> None:
    for table in choices:
        if table not in ("*", *TABLES):
            raise InputError(
                Text("坐标基准指给了不存在的表“{table}”：可用 {known}", "datum names a table {table!r}: use {known}").fill(
                    table=table, known=", ".join(TABLES)
                )
            )


def service_ids(asked: Sequence[str] | str, profile: Profile) -> list[str]:
    """Return the ids of services, which may be given by any of their names, each once.

    Raises
    ------
    NotFoundError
        If the profile has none of that name.

    Examples
    --------
    >>> service_ids(["教育", "Medical"], load_profile())
    ['education', 'medical']
    """
    names = [asked] if isinstance(asked, str) else list(asked)
    ids = {name.casefold(): service.id for service in profile.services.values() for name in service.names}
    unknown = [name for name in names if name.casefold() not in ids]
    if unknown:
        message = Text("配置中没有服务“{names}”：可选 {known}", "the profile has no service {names!r}: choose {known}")
        known = ", ".join(f"{service.id} {service.zh}" for service in profile.services.values())
        raise NotFoundError(message.fill(names=", ".join(unknown), known=known))
    return list(dict.fromkeys(ids[name.casefold()] for name in names))


def _services(asked: Sequence[str] | str | None, offered: Sequence[str], profile: Profile) -> tuple[str, ...]:
    services = tuple(service_ids(asked, profile)) if asked else tuple(s for s in profile.circled if s in set(offered))
    if not services:
        raise InputError(
            Text(
                "没有可检查的服务：设施表中没有任何设施提供配置中的服务（{known}）",
                "no service to check: no facility offers one of the profile's services ({known})",
            ).fill(known=", ".join(profile.services))
        )
    return services


def _said(options: Options, key: str, profile: Profile) -> dict[str, Any]:
    """Return what the caller says of each service in one option: a value for all, or a mapping by service."""
    value: Any = options.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return dict.fromkeys(profile.services, _checked(key, value))
    said: dict[str, Any] = {}
    for name, one in value.items():
        service = service_ids([str(name)], profile)[0]
        if said.setdefault(service, _checked(key, one)) != one:
            raise InputError(
                Text("{key} 对服务“{service}”给了两个值：只留一个", "{key} gives service {service!r} two values: keep one").fill(
                    key=key, service=service
                )
            )
    return said


def _checked(key: str, value: Any) -> Any:
    """Return a mode or a number of minutes, if it is one."""
    if key == "mode":
        require_mode(value)
        return value
    return _number(key, value)


def _require_checked(said: Mapping[str, Mapping[str, Any]], services: Sequence[str]) -> None:
    """Refuse a mapping that names a service which is not checked: what it asks for would be lost."""
    for key, by_service in said.items():
        lost = [service for service in by_service if service not in services]
        if lost:
            raise InputError(
                Text(
                    "{key} 提到的服务“{lost}”不在检查之列（检查：{services}）：请去掉，或加入要检查的服务",
                    "{key} names service {lost!r}, which is not checked (checked: {services}): leave it out, or check it too",
                ).fill(key=key, lost=", ".join(lost), services=", ".join(services))
            )


def _yes_or_no(options: Options, key: str) -> bool:
    value = options.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise InputError(
        Text("{key} = {value} 无效：应为 True 或 False", "{key} = {value} is not usable: expected True or False").fill(
            key=key, value=value
        )
    )


def _folder(options: Options, key: str) -> Path | None:
    value = options.get(key)
    if value is None or isinstance(value, str | Path):
        return None if value is None else Path(value)
    raise InputError(
        Text("{key} = {value} 无效：应为文件夹", "{key} = {value} is not usable: expected a folder").fill(key=key, value=value)
    )


def day_asked(value: dt.date | str | None) -> dt.date | None:
    """Return a day given as a date or as text; None stays None.

    Raises
    ------
    InputError
        If it is no date.

    Examples
    --------
    >>> day_asked("2026-07-02")
    datetime.date(2026, 7, 2)
    """
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError as error:
        text = Text(
            "on = {value} 无效：应为日期，如 2026-07-02", "on = {value} is not usable: expected a date, such as 2026-07-02"
        )
        raise InputError(text.fill(value=value)) from error


def _positive(options: Options, key: str) -> float | None:
    value = options.get(key)
    return None if value is None else _number(key, value)


def _number(key: str, value: object) -> float:
    if isinstance(value, int | float) and 0 < value < float("inf"):
        return float(value)
    raise InputError(
        Text("{key} = {value} 无效：应为大于 0 的数", "{key} = {value} is not usable: expected a number above 0").fill(
            key=key, value=value
        )
    )
