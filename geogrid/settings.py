"""What a check was asked to do: the profile's values with the caller's on top, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from geogrid.errors import InputError, NotFoundError
from geogrid.profile import Profile, load_profile
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Progress = Callable[[str, float], None]

ALL = "all"
"""The pseudo-service "all of the checked services at once"."""

NOW = "now"
LATER = "later"

TABLES = ("roads", "households", "facilities", "areas", "grids", "units")
"""The tables of a check, in the order in which their datum is settled: each is compared with those before it."""

DATUM_CHOICES = ("auto", "wgs84", "gcj02", "bd09")


class Options(TypedDict, total=False):
    """What a caller of ``geogrid.check`` may set; everything else comes from the profile.

    ``services``: ids to check (all that any facility offers). ``cutoff_min``: minutes, inclusive, for every service.
    ``speed_kmh``: walking speed. ``radius_m``: straight-line service radius of services that the profile gives none.
    ``max_snap_m``: how far a point may lie from a street. ``datum``: auto, wgs84, gcj02 or bd09 for every table, or a mapping by
    table. ``profile``: a name, a file or a `Profile`. ``progress``: called with a step's id and its share done (0 to 1).
    """

    services: Sequence[str] | str | None
    cutoff_min: float | None
    speed_kmh: float | None
    radius_m: float | None
    max_snap_m: float | None
    datum: str | Mapping[str, str]
    profile: str | Path | Profile
    progress: Progress | None


@dataclass(frozen=True)
class Settings:
    """The values a check runs with; metres, minutes and km/h."""

    services: tuple[str, ...]
    cutoff_min: Mapping[str, float]
    radius_m: Mapping[str, float]
    radius_asked_m: float | None
    speed_kmh: float
    max_snap_m: float
    datum: Mapping[str, str]
    profile: Profile


def settle(options: Options, *, offered: Sequence[str]) -> Settings:
    """Put the caller's options on top of the profile's values; but a service's own radius in the profile comes first.

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
        If a service is not in the profile.
    InputError
        If a number is not positive, or no service can be checked.
    """
    profile = profile_of(options)
    services = _services(options.get("services"), offered, profile)
    cutoff, radius = _positive(options, "cutoff_min"), _positive(options, "radius_m")
    return Settings(
        services=services,
        cutoff_min={s: cutoff or profile.services[s].cutoff_min for s in services},
        radius_m={s: profile.services[s].radius_m or radius or profile.radius_m for s in services},
        radius_asked_m=radius,
        speed_kmh=_positive(options, "speed_kmh") or profile.walking_speed_kmh,
        max_snap_m=_positive(options, "max_snap_m") or profile.max_snap_m,
        datum=datum_choices(options.get("datum") or "auto"),
        profile=profile,
    )


def require_usable(options: Options) -> None:
    """Refuse wrong options before any file is read.

    Raises
    ------
    InputError
        An option that does not exist (a misspelt one must not be taken for its default), or a number or datum out of range.
    NotFoundError
        A service that the profile does not have.
    """
    _require_known(options)
    for key in ("cutoff_min", "speed_kmh", "radius_m", "max_snap_m"):
        _positive(options, key)
    service_ids(options.get("services") or (), profile_of(options))


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
    services = tuple(service_ids(asked, profile)) if asked else tuple(s for s in profile.services if s in set(offered))
    if not services:
        raise InputError(
            Text(
                "没有可检查的服务：设施表中没有任何设施提供配置中的服务（{known}）",
                "no service to check: no facility offers one of the profile's services ({known})",
            ).fill(known=", ".join(profile.services))
        )
    return services


def _positive(options: Options, key: str) -> float | None:
    value = options.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise InputError(
            Text("{key} = {value} 无效：应为大于 0 的数", "{key} = {value} is not usable: expected a number above 0").fill(
                key=key, value=value
            )
        )
    return float(value)
