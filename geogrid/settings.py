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

DATUM_CHOICES = ("auto", "wgs84", "gcj02", "bd09")


class Options(TypedDict, total=False):
    """What a caller of ``geogrid.check`` may set; everything else comes from the profile.

    ``services``: ids to check (all that any facility offers). ``cutoff_min``: minutes, inclusive, for every service.
    ``speed_kmh``: walking speed. ``radius_m``: straight-line service radius for every service.
    ``max_snap_m``: how far a point may lie from a street. ``datum``: auto, wgs84, gcj02 or bd09 for every table, or a mapping by
    table. ``profile``: a name, a file or a `Profile`. ``progress``: called with a step's id and its share done (0 to 1).
    """

    services: Sequence[str] | None
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
    speed_kmh: float
    max_snap_m: float
    datum: Mapping[str, str]
    profile: Profile


def settle(options: Options, *, offered: Sequence[str]) -> Settings:
    """Put the caller's options on top of the profile's values.

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
        radius_m={s: radius or profile.services[s].radius_m for s in services},
        speed_kmh=_positive(options, "speed_kmh") or profile.walking_speed_kmh,
        max_snap_m=_positive(options, "max_snap_m") or profile.max_snap_m,
        datum=datum_choices(options.get("datum") or "auto"),
        profile=profile,
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
        If a datum is unknown.

    Examples
    --------
    >>> datum_choices("gcj02")
    {'*': 'gcj02'}
    """
    choices = {"*": choice} if isinstance(choice, str) else {"*": "auto", **choice}
    for value in choices.values():
        if value not in DATUM_CHOICES:
            raise InputError(
                Text("坐标基准“{value}”无效：请用 {known} 之一", "datum {value!r} is unknown: use one of {known}").fill(
                    value=value, known=", ".join(DATUM_CHOICES)
                )
            )
    return choices


def _services(asked: Sequence[str] | None, offered: Sequence[str], profile: Profile) -> tuple[str, ...]:
    for service in asked or ():
        if service not in profile.services:
            raise NotFoundError(
                Text("方案中没有服务“{s}”：可选 {known}", "service {s!r} is not in the profile: it has {known}").fill(
                    s=service, known=", ".join(profile.services)
                )
            )
    services = tuple(dict.fromkeys(asked)) if asked else tuple(s for s in profile.services if s in set(offered))
    if not services:
        raise InputError(
            Text(
                "没有可检查的服务：设施表中没有任何设施提供方案中的服务（{known}）",
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
