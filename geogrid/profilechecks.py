"""What the parts of a profile must agree on: every rule is a function of the whole profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.errors import ProfileError
from geogrid.measuretable import MEASURES, OPTIONS
from geogrid.profileparts import STATUSES, THEMES, problem
from geogrid.rows.recordtables import STAFF_ROLE
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.profile import Profile
    from geogrid.profileparts import Named, Standard, Stated

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

MOST: Mapping[str, int] = {
    **dict.fromkeys(("levels", "services", "seasons", "grades", "kinds", "classes"), 50),
    **dict.fromkeys(("standards", "stated", "matters"), 200),
    "themes": len(THEMES),
}
"""How many parts a profile can have of each; every one costs work, and nobody can read more."""

TOO_MANY = Text("{table} 有 {n:,} 项，最多 {most} 项；请精简", "{table} has {n:,} entries; at most {most}, leave some out")

BOTH = 2

SEVERAL = ("services", "roles", "functions", "statuses", "levels", "columns")
"""Options of measures that are lists."""

TAKEN_MATTERS = frozenset({"all", "other"})
"""What no kind of matters can be called: see `geogrid.matters`."""

OTHER_SUBJECTS = ("facilities", "streets", "services", "place")
"""What a standard can be about beside a level: every facility, every street, every service, the place as one."""


def require_few(tables: Mapping[str, Any]) -> None:
    """Refuse more parts than `MOST` before any of them is read.

    Raises
    ------
    PydanticCustomError
        Naming the table, how many there are and how many there can be.
    """
    for table, most in MOST.items():
        parts = tables.get(table)
        if isinstance(parts, dict | list | tuple) and len(parts) > most:
            raise problem("many", TOO_MANY.fill(table=table, n=len(parts), most=most))


def check_levels(profile: Profile) -> None:
    """Levels stand top to bottom: a parent before its child, no id twice, none called like another subject."""
    seen: set[str] = set()
    for level in profile.levels:
        if level.id in seen:
            raise problem("levels", Text(f"levels 中“{level.id}”出现两次", f"level {level.id!r} appears twice under levels"))
        if level.id in OTHER_SUBJECTS or level.id in ("total", "all"):
            raise problem(
                "levels", Text(f"levels：“{level.id}”另有所指，请换一个 id", f"levels: {level.id!r} is taken; use another id")
            )
        if level.parent is not None and level.parent not in seen:
            zh = f"levels 中“{level.id}”的上级“{level.parent}”应写在它前面"
            raise problem("levels", Text(zh, f"levels: parent {level.parent!r} of {level.id!r} must stand before it"))
        seen.add(level.id)
    for table in ("areas", "grids", "units", "households"):
        require_one_owner("levels", (level for level in profile.levels if level.of == table))


def check_services(profile: Profile) -> None:
    """Keep ``all`` free for all services at once, let no name mean two services, and know those of the circle."""
    for key, service in profile.services.items():
        if key == "all":
            raise problem(
                "services", Text("“all”指全部服务，请换一个 id", "services: 'all' means all services at once; use another id")
            )
        if service.id != key:
            raise problem("services", Text(f"services.{key} 的 id 应为“{key}”", f"the id of services.{key} must be {key!r}"))
    require_one_owner("services", profile.services.values())
    require_known("circle", profile.circle, profile.services)


def check_codes(profile: Profile) -> None:
    """Read the pattern of codes by the profile's levels; none means that grids have no codes."""
    try:
        _ = profile.code_pattern and profile.code_scheme
    except ProfileError as error:
        raise problem("codes", error.message) from error


def check_households(profile: Profile) -> None:
    """Keep the target inside the household range."""
    low, high = profile.household_range
    if not low <= profile.household_target <= high:
        text = Text(
            f"household_target = {profile.household_target} 应在 household_range = [{low}, {high}] 之内",
            f"household_target = {profile.household_target} must lie within household_range = [{low}, {high}]",
        )
        raise problem("households", text)


def check_statuses(profile: Profile) -> None:
    """No status counts both as now and as later."""
    both = sorted(set(profile.now_statuses) & set(profile.later_statuses))
    if both:
        zh = f"状态“{both[0]}”不能同时属于 now_statuses 和 later_statuses"
        raise problem("statuses", Text(zh, f"status {both[0]!r} cannot be in both now_statuses and later_statuses"))


def check_seasons(profile: Profile) -> None:
    """No name means two seasons, grades, kinds, classes or kinds of matter; every theme is known."""
    for table in ("seasons", "grades", "kinds", "classes"):
        require_one_owner(table, getattr(profile, table))
    require_known("themes", profile.themes, THEMES)
    _require_once("themes", profile.themes)
    require_one_owner("matters", profile.matters.values())


def check_subjects(profile: Profile) -> None:
    """Standards and stated sizes are about levels or other subjects that exist, and their bounds are no nonsense."""
    known = (*(level.id for level in profile.levels), *OTHER_SUBJECTS)
    for table, rules in (("standards", profile.standards), ("stated", profile.stated)):
        for key, rule in rules.items():
            where = f"{table}.{key}"
            require_known(f"{where}.of", (rule.of,), known)
            if rule.measure:
                _check_measure(where, rule, profile)
            _check_bound(where, rule)
    if profile.graded:
        require_known("graded", (profile.graded,), known)


def _check_measure(where: str, rule: Standard | Stated, profile: Profile) -> None:
    """Refuse a measure that is not known, cannot be measured of the subject, or is not told what it must know."""
    require_known(f"{where}.measure", (rule.measure,), MEASURES)
    measure, table = MEASURES[rule.measure], profile.table_of(rule.of)
    if table not in measure.of:
        zh = f"{where}：{rule.measure} 不能用于“{rule.of}”（{table}），可用于 {', '.join(measure.of)}"
        en = f"{where}: {rule.measure} cannot be measured of {rule.of!r} ({table}); of {', '.join(measure.of)}"
        raise problem("measure", Text(zh, en))
    require_known(f"{where}.options", rule.options, measure.options)
    for name in measure.required:
        if name not in rule.options:
            said = OPTIONS[name]
            raise problem("measure", Text(f"{where}.options 缺少 {name}：{said.zh}", f"{where}.options lacks {name}: {said.en}"))
    _check_options(where, rule.options, profile)


def _check_options(where: str, options: Mapping[str, Any], profile: Profile) -> None:
    """Every option names what exists."""
    known: Mapping[str, Iterable[str]] = {
        "services": profile.services,
        "roles": STAFF_ROLE,
        "statuses": STATUSES,
        "level": [level.id for level in profile.levels],
        "levels": [level.id for level in profile.levels],
        "when": ("now", "later"),
        "season": [season.id for season in profile.seasons],
    }
    for name, value in options.items():
        several = name in SEVERAL
        if several and not (isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value)):
            said = OPTIONS[name]
            raise problem("measure", Text(f"{where}.options.{name}：应为{said.zh}", f"{where}.options.{name} must be {said.en}"))
        if name in known:
            require_known(f"{where}.options.{name}", value if several else (str(value),), known[name])
        if name == "party_member" and not isinstance(value, bool):
            said = OPTIONS[name]
            raise problem("measure", Text(f"{where}.options.{name}：应为{said.zh}", f"{where}.options.{name} must be {said.en}"))


def _check_bound(where: str, rule: Standard | Stated) -> None:
    """Refuse a bound without a measure, in another unit than its measure, or with its lowest value above its highest."""
    bounds = [each for each in (rule.min, rule.max) if each is not None]
    if bounds and not rule.measure:
        raise problem("bound", Text(f"{where}：有 min 或 max 就要有 measure", f"{where}: min or max needs a measure"))
    unit = MEASURES[rule.measure].unit if rule.measure else ""
    if bounds and rule.unit != unit:
        zh = f'{where}.unit = "{rule.unit}"：{rule.measure} 的单位是 "{unit}"'
        raise problem("bound", Text(zh, f"{where}.unit = {rule.unit!r}: {rule.measure} is in {unit!r}"))
    if len(bounds) == BOTH and bounds[0] > bounds[1]:
        zh = f"{where}：min = {rule.min:g} 大于 max = {rule.max:g}"
        raise problem("bound", Text(zh, f"{where}: min = {rule.min:g} is more than max = {rule.max:g}"))


def check_sources(profile: Profile) -> None:
    """Every number says where it comes from, and nothing else does."""
    for key in NUMBERS:
        if key not in profile.sources and _needs_source(profile, key):
            raise problem(
                "sources", Text(f"缺少 sources.{key}：请写明出处", f"sources.{key} is missing: say where {key} comes from")
            )
    require_known("sources", profile.sources, NUMBERS)


def _needs_source(profile: Profile, key: str) -> bool:
    """Return whether a number must say where it comes from: it differs from what its mode's row says."""
    field = type(profile).model_fields[key]
    return key not in UNSAID or getattr(profile, key) != field.get_default(call_default_factory=True)


def _require_once(table: str, words: Iterable[str]) -> None:
    """Refuse a word that stands in a list twice."""
    seen: set[str] = set()
    for word in words:
        if word in seen:
            zh = f"{table}：“{word}”出现两次，请删去一个"
            raise problem("twice", Text(zh, f"{table}: {word!r} appears twice; remove one"))
        seen.add(word)


def check_matters(profile: Profile) -> None:
    """Keep the words that reports have for all matters and for the rest of them."""
    for key in profile.matters.keys() & TAKEN_MATTERS:
        zh = f"matters：“{key}”另有所指，请换一个 id"
        raise problem("matters", Text(zh, f"matters: {key!r} is taken; use another id"))


def require_one_owner(table: str, parts: Iterable[Named]) -> None:
    """Refuse a name that means two parts of a table; upper and lower case are one.

    Raises
    ------
    PydanticCustomError
        Naming the table, the name and both ids.
    """
    owner: dict[str, str] = {}
    for part in parts:
        names = {name.casefold(): name for name in part.names}
        for shared in owner.keys() & names.keys():
            zh = f"{table}：名称“{names[shared]}”同时属于“{owner[shared]}”和“{part.id}”"
            raise problem("names", Text(zh, f"{table}: {names[shared]!r} names both {owner[shared]!r} and {part.id!r}"))
        owner |= dict.fromkeys(names, part.id)


def require_known(where: str, asked: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a word that is none of the known ones.

    Raises
    ------
    PydanticCustomError
        Naming the key, the word and what is known.
    """
    listed = tuple(known)
    for word in asked:
        if word not in listed:
            said = ", ".join(listed)
            raise problem("unknown", Text(f"{where} 中没有“{word}”，可用：{said}", f"{where} has no {word!r}; known: {said}"))


CHECKS = (
    check_levels,
    check_codes,
    check_services,
    check_households,
    check_statuses,
    check_seasons,
    check_matters,
    check_subjects,
    check_sources,
)
"""Every rule, in the order in which they are tested."""
