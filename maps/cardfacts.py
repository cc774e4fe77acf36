"""What a notice card says of a grid: taken from the office's tables, and only what the profile lets the public see.

Nothing of a household comes here, not even a count. A grid's own code, duties and supervision phone are printed where
``public_fields.grids`` has them; names of people whose role ``cards.roles`` lists; their phones where ``public_fields.staff`` has
``phone``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pandas as pd

from geogrid.errors import InputError, NotFoundError
from geogrid.facts import matching
from maps.cardwords import BAD_URL, COLUMNS, NO_GRIDS, UNKNOWN_GRID
from maps.figures import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

    from geogrid.facts import Facts
    from geogrid.profileparts import Level
    from geogrid.words import Lang

STANDING = ""
"""The peers of the smallest standing grids."""


@dataclass(frozen=True)
class Person:
    """Somebody on a card; ``roles`` are ids of roles, ``phone`` is "" where it is not public or not known."""

    name: str
    roles: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True)
class Notice:
    """What one grid's card says; texts are "" where there are none.

    ``areas`` and ``above`` are ids and names of what the grid lies in, from the top; ``vacant`` are roles that the grid should
    have and has not; ``peers`` says which grids are drawn beside it.
    """

    grid_id: str
    name: str
    peers: str
    shape: Any
    code: str = ""
    areas: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    vacant: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    supervision_phone: str = ""
    url: str = ""


def card_grids(facts: Facts) -> gpd.GeoDataFrame:
    """Return every grid that can have a card, with ``peers``: standing ones, larger ones, those of projects; each id once."""
    frames = [facts.grids.assign(peers=STANDING)]
    if facts.areas is not None:
        frames += [_larger(facts.areas, level) for level in _grid_levels(facts) if not level.grid_set]
    if facts.projects is not None:
        named = facts.projects.get("grid_set", pd.Series("project", index=facts.projects.index))
        frames.append(facts.projects.assign(peers="set " + named.astype(str)))
    everything = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    return everything.drop_duplicates("grid_id").reset_index(drop=True)


def notices(facts: Facts, rows: gpd.GeoDataFrame, *, public_url: str, lang: Lang) -> list[Notice]:
    """Return what the cards of some grids say, those of one village after another.

    Parameters
    ----------
    facts : Facts
        Of the office.
    rows : GeoDataFrame
        Rows of `card_grids`.
    public_url : str
        As `checked_url` returns it; "" for no codes.
    lang : "zh" or "en"
        Of the duties that the profile states.
    """
    names = _area_names(facts)
    people = _people(facts, rows["grid_id"])
    made = [_notice(facts, row, lang) for row in rows.to_dict("records")]
    above = [tuple(area for area in areas if area in names) for areas in _above(facts, rows)]
    made = [replace(one, areas=ids, above=tuple(names[i] for i in ids)) for one, ids in zip(made, above, strict=True)]
    made = [replace(one, people=people.get(one.grid_id, ()), url=_address(public_url, one.grid_id)) for one in made]
    made = [replace(one, vacant=_vacant(facts, one, level)) for one, level in zip(made, _levels_of(facts, rows), strict=True)]
    order = {above: position for position, above in reversed(list(enumerate(one.above for one in made)))}
    return sorted(made, key=lambda one: order[one.above])


def chosen_grids(everything: gpd.GeoDataFrame, grid_ids: Sequence[str] | None) -> gpd.GeoDataFrame:
    """Return the grids that are asked for, each once; of None the smallest standing ones.

    Raises
    ------
    NotFoundError
        If there is no grid of an id.
    InputError
        If that is no grid at all.
    """
    if grid_ids is None:
        rows = everything[everything["peers"] == STANDING]
    else:
        known = {grid: position for position, grid in enumerate(everything["grid_id"])}
        lost = next((grid for grid in grid_ids if grid not in known), None)
        if lost is not None:
            raise NotFoundError(UNKNOWN_GRID.fill(grid=lost, known=", ".join(list(known)[:20])))
        rows = everything.iloc[[known[grid] for grid in dict.fromkeys(grid_ids)]]
    if not len(rows):
        raise InputError(NO_GRIDS)
    return rows.reset_index(drop=True)


def checked_url(public_url: str) -> str:
    """Return the address that grids' pages stand under, without a slash at its end; "" stays "".

    Raises
    ------
    InputError
        If a code with this address would not lead to a page.

    Examples
    --------
    >>> checked_url("https://grids.example/east/")
    'https://grids.example/east'
    """
    if not public_url:
        return ""
    try:
        parts = urlsplit(public_url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_good = False
    if not is_good or not public_url.isprintable() or any(sign in public_url for sign in " ?#"):
        raise InputError(BAD_URL.fill(url=public_url))
    return public_url.rstrip("/")


def private_columns(facts: Facts, rows: gpd.GeoDataFrame) -> list[str]:
    """Return the columns that cards would print and the profile does not make public, where a grid has something there."""
    public = facts.profile.public_fields.get("grids", ())
    return [column for column in COLUMNS if column in rows and column not in public and any(map(_said, rows[column]))]


def has_phones(facts: Facts) -> bool:
    """Return whether the profile makes the phones of staff public."""
    return "phone" in facts.profile.public_fields.get("staff", ())


def _notice(facts: Facts, row: Mapping[str, Any], lang: Lang) -> Notice:
    cards, public = facts.profile.cards, facts.profile.public_fields.get("grids", ())
    own = {column: _said(row.get(column)) if column in public else "" for column in COLUMNS}
    duties = own["duties"] or (cards.duties.say(lang) if cards.duties else "")
    shape = row["geometry"]
    return Notice(
        grid_id=row["grid_id"],
        name=_said(row.get("name")) or row["grid_id"],
        peers=row["peers"],
        shape=None if shape is None or shape.is_empty else shape,
        code=own["code"],
        duties=tuple(line for line in map(str.strip, duties.splitlines()) if line),
        supervision_phone=own["supervision_phone"] or cards.supervision_phone,
    )


def _said(cell: object) -> str:
    """Return a cell's text; "" where it holds nothing."""
    return "" if is_missing(cell) else str(cell).strip()


def _above(facts: Facts, rows: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    """Return the ids of what each grid lies in, from the top: what its row says, else what it stands in."""
    named = rows.get("parent_id", pd.Series(None, index=rows.index, dtype=object))
    parents = [facts.parents.get(grid, parent) for grid, parent in zip(rows["grid_id"], named, strict=True)]
    lost = [at for at, parent in enumerate(parents) if not isinstance(parent, str)]
    around = facts.around(rows.geometry.iloc[lost].representative_point())
    for at, areas in zip(lost, around, strict=True):
        others = sorted(areas - {rows["grid_id"].iloc[at]})
        parents[at] = max(others, key=lambda area: len(facts.chain(area)), default=None)
    return [facts.chain(parent)[::-1] for parent in parents]


def _area_names(facts: Facts) -> dict[str, str]:
    if facts.areas is None:
        return {}
    return {area: _said(name) or area for area, name in zip(facts.areas["area_id"], facts.areas["name"], strict=True)}


def _people(facts: Facts, grid_ids: Iterable[str]) -> dict[str, tuple[Person, ...]]:
    """Return who is on each grid's card, in the order of the profile's roles; who has several roles once."""
    if facts.staff is None:
        return {}
    roles, wanted = facts.profile.cards.roles, set(grid_ids)
    staff = facts.staff[(facts.staff["of_kind"] == "grid") & facts.staff["role"].isin(list(roles))]
    found: dict[str, dict[str, Person]] = {}
    for row in sorted(staff.to_dict("records"), key=lambda each: roles.index(each["role"])):
        if row["of_id"] in wanted:
            of_grid = found.setdefault(row["of_id"], {})
            before = of_grid.get(row["staff_id"])
            phone = _said(row.get("phone")) if has_phones(facts) else ""
            once = tuple(dict.fromkeys([*(before.roles if before else ()), row["role"]]))
            of_grid[row["staff_id"]] = Person(_said(row["name"]), once, before.phone or phone if before else phone)
    return {grid: tuple(of_grid.values()) for grid, of_grid in found.items()}


def _vacant(facts: Facts, notice: Notice, level: Level | None) -> tuple[str, ...]:
    """Return the roles of the card that the grid's level needs and nobody has; none where no staff is known at all."""
    if facts.staff is None or level is None:
        return ()
    filled = {role for person in notice.people for role in person.roles}
    return tuple(role for role in facts.profile.cards.roles if role in level.staff and role not in filled)


def _grid_levels(facts: Facts) -> list[Level]:
    return [level for level in facts.profile.levels if level.of == "grids"]


def _larger(areas: gpd.GeoDataFrame, level: Level) -> gpd.GeoDataFrame:
    """Return the larger grids of a level, which stand among the areas."""
    rows = areas[matching(areas, {"level": level.select or level.names})]
    return rows.rename(columns={"area_id": "grid_id"}).assign(peers=f"level {level.id}")


def _levels_of(facts: Facts, rows: gpd.GeoDataFrame) -> list[Level | None]:
    """Return each grid's level: that of its project, the one that its row names, else the only one that selects by no size."""
    levels = _grid_levels(facts)
    sets = {f"set {level.grid_set}": level for level in levels if level.grid_set}
    standing = [level for level in levels if not level.grid_set]
    by_name = [(level, matching(rows, {"level": level.select or level.names})) for level in standing]
    plain = standing[0] if len(standing) == 1 else None
    return [
        sets.get(peers, next((level for level, is_named in by_name if is_named[position]), plain))
        for position, peers in enumerate(rows["peers"])
    ]


def _address(public_url: str, grid_id: str) -> str:
    return f"{public_url}/grids/{quote(grid_id, safe='', errors='replace')}" if public_url else ""
