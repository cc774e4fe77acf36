"""How each answer of a new profile is read, and what it is by default: as in the base."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from geogrid.codescheme import SEQUENCE, code_scheme
from geogrid.modetable import MODES
from geogrid.profile import load_profile
from geogrid.profileparts import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.profile import Profile
    from geogrid.profileparts import Standard

PIECE = re.compile(r"\{([a-z0-9_]+)(?::\d+)?\}")
NO_CODE = frozenset({"none", "无", ""})
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
YES, NO = frozenset({"yes", "y", "是", "true"}), frozenset({"no", "n", "否", "false"})

Answers = dict[str, Any]


def name(text: str, _: Answers) -> str:
    """Read a name."""
    if not 0 < len(text) <= 100:  # noqa: PLR2004 - as long as a profile allows
        raise ValueError(text)
    return text


def place_id(text: str, _: Answers) -> str:
    """Read an id."""
    if not ID.fullmatch(text):
        raise ValueError(text)
    return text


def base(text: str, _: Answers) -> Profile:
    """Read which profile that comes with the product is built on."""
    if text.endswith(".toml") or ":" in text:
        raise ValueError(text)
    return load_profile(text)


def levels(text: str, answers: Answers) -> tuple[Level, ...]:
    """Read ``id:zh:en,…``; each lies in the one before, and those called grid, large, medium or small are grids."""
    base: Profile = answers["base"]
    if not text or text == usual_levels(answers):
        return ()
    found: list[Level] = []
    for part in text.split(","):
        key, zh, en = (piece.strip() for piece in part.split(":"))
        known = next((level for level in base.levels if level.id == key), None)
        kept = {} if known is None else {"aliases": _free(known, (zh, en)), "staff": known.staff}
        of = "grids" if key in ("grid", "large", "medium", "small") else "areas"
        parent = found[-1].id if found else None
        found.append(Level.model_validate({"id": key, "zh": zh, "en": en, "of": of, "parent": parent, **kept}))
    if len({level.id for level in found}) < len(found) or not any(level.of == "grids" for level in found):
        raise ValueError(text)
    return tuple(found)


def _free(known: Level, names: tuple[str, str]) -> tuple[str, ...]:
    """Return the names by which files call a level of the base, but those that it has now."""
    taken = {name.casefold() for name in (*names, known.id)}
    return tuple(name for name in dict.fromkeys(known.names) if name.casefold() not in taken)


def code(text: str, answers: Answers) -> str:
    """Read a pattern of codes, which must fit the levels."""
    if text in NO_CODE:
        return ""
    code_scheme(text, _level_ids(answers))
    return text


def usual_code(answers: Answers) -> str:
    """Return the base's pattern without the levels that are not there."""
    known = {*_level_ids(answers), SEQUENCE}
    kept = PIECE.sub(lambda match: match[0] if match[1] in known else "", answers["base"].code_pattern)
    return kept or "none"


def _level_ids(answers: Answers) -> list[str]:
    return [level.id for level in answers["levels"] or answers["base"].levels]


def usual_levels(answers: Answers) -> str:
    """Return the base's levels as they are asked for."""
    return ",".join(f"{level.id}:{level.zh}:{level.en}" for level in answers["base"].levels)


def services(text: str, answers: Answers) -> tuple[str, ...]:
    """Read services of the base by their names; every one of them is no choice where the base makes none."""
    known = {name.casefold(): service.id for service in answers["base"].services.values() for name in service.names}
    if text.casefold() in ("", "all", "全部"):
        return tuple(answers["base"].services) if answers["base"].circle else ()
    return tuple(dict.fromkeys(known[part.strip().casefold()] for part in re.split("[,，、]", text)))


def mode(text: str, _: Answers) -> str:
    """Read a way of travelling."""
    if text not in MODES:
        raise ValueError(text)
    return text


def above_0(text: str, _: Answers) -> float:
    """Read a number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


def households(text: str, _: Answers) -> tuple[int, int]:
    """Read a range of households."""
    low, high = (int(part) for part in re.split("[-–—~～,]", text))
    if not 0 <= low <= high <= 1_000_000 or high == 0:  # noqa: PLR2004 - as much as a profile allows
        raise ValueError(text)
    return low, high


def target(text: str, answers: Answers) -> int:
    """Read a number of households within the range."""
    low, high = answers["range"]
    if not max(low, 1) <= int(text) <= high:
        raise ValueError(text)
    return int(text)


def count(text: str, _: Answers) -> int:
    """Read a number of people."""
    if not 0 <= int(text) <= 1_000:  # noqa: PLR2004 - more people than any grid has
        raise ValueError(text)
    return int(text)


def from_0(text: str, _: Answers) -> float:
    """Read a number from 0 up."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value


def is_yes(text: str, _: Answers) -> bool:
    """Read yes or no."""
    if text.casefold() not in YES | NO:
        raise ValueError(text)
    return text.casefold() in YES


def usual_target(answers: Answers) -> str:
    """Return the base's target for the base's range, of another range the middle."""
    base: Profile = answers["base"]
    return str(base.household_target if answers["range"] == base.household_range else max(sum(answers["range"]) // 2, 1))


def usual_staff(role: str) -> Callable[[Answers], str]:
    """Return what says how many of a role the base asks for in a grid; one where it has no standards at all."""

    def least(answers: Answers) -> str:
        rule = staff_rule(answers, role)
        return f"{rule.min:.0f}" if rule else "0" if answers["base"].standards else "1"

    return least


def staff_rule(answers: Answers, role: str) -> Standard | None:
    """Return the standard of the base that says how many of a role a grid has."""
    grid = grid_level(answers)
    rules = (each for each in answers["base"].standards.values() if each.measure == "staff" and each.of == grid)
    return next((r for r in rules if r.is_judged and r.min and not r.scope and list(r.options.get("roles", ())) == [role]), None)


def grid_level(answers: Answers) -> str:
    """Return the level of the smallest standing grids."""
    levels = answers["levels"] or answers["base"].levels
    return str(next(level.id for level in reversed(levels) if level.of == "grids" and not level.grid_set))


def said(text: str) -> Callable[[Answers], str]:
    """Return what gives the same default whatever was answered."""
    return lambda _: text
