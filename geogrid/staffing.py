"""Who is responsible for what, who covers several places, and what has nobody."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.facts import STREETS, matching
from geogrid.measures.duties import NO_STAFF, STAFF_OF
from geogrid.subjects import chosen, subjects_of
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.facts import Facts, Subjects
    from geogrid.profileparts import Level

    Bools = npt.NDArray[np.bool_]

SHORTEST_PHONE = 7
"""Digits from which a number is taken for a phone of its own; shorter ones are extensions, or a mark for none."""

PARTNER = "partner"
"""The role of organisations that help; they are nobody's grid members."""

SETS = "households"
DUTY_COLUMNS = ("staff_id", "name", "role", "of_kind", "of_id", "level", "subject", "party_member")
OFFICE_COLUMNS = (*DUTY_COLUMNS, "phone", "is_known")
PEOPLE_COLUMNS = ("staff_id", "name", "roles", "subjects", "places", "households", "persons", "party_member")
VACANT_COLUMNS = ("level", "subject_id", "name", "role", "households", "persons")
PROBABLE_COLUMNS = (*PEOPLE_COLUMNS, "remark")
ROLE_COLUMNS = ("level", "role", "people", "subjects_with", "subjects", "is_needed")
ALL_COLUMNS = (OFFICE_COLUMNS, PEOPLE_COLUMNS, VACANT_COLUMNS, ROLE_COLUMNS)
PROBABLE = Text("同名同电话，可能是一人", "same name and phone, probably one person")
STREET_COLUMNS = ("street_id", "name", "length_m", "geometry")


@dataclass(frozen=True, eq=False)
class Staffing:
    """Who is responsible for what; names of people, so for the office only.

    Attributes
    ----------
    missing : Text or None
        What is lacking to tell anything: a table of staff.
    office : DataFrame
        A row per person (or partner organisation), role and subject, with phones: `OFFICE_COLUMNS`. ``level`` is a level of the
        profile or streets, NA where none holds the subject; ``subject`` its name, or the id where nothing of this id is known.
    people : DataFrame
        A row per person, partner organisations apart: `PEOPLE_COLUMNS`. ``roles`` and ``subjects`` are tuples, ``places`` counts
        the subjects, ``households`` and ``persons`` those who name this person as theirs.
    vacant : DataFrame
        A row per subject and role that its level needs and nobody has, most persons first: `VACANT_COLUMNS`.
    roles : DataFrame
        A row per level and role that people have or the level needs: `ROLE_COLUMNS`.
    streets : GeoDataFrame or None
        Streets with nobody, longest first: `STREET_COLUMNS`. None where neither staff nor a standard is about streets; only those
        that the standards choose, where there are any.
    """

    missing: Text | None
    office: pd.DataFrame
    people: pd.DataFrame
    vacant: pd.DataFrame
    roles: pd.DataFrame
    streets: gpd.GeoDataFrame | None

    @property
    def duties(self) -> pd.DataFrame:
        """Return a row per person, role and subject, without phones: `DUTY_COLUMNS`."""
        return self._without_phones(self.office["role"] != PARTNER)

    @property
    def partners(self) -> pd.DataFrame:
        """Return a row per partner organisation and subject, without phones: `DUTY_COLUMNS`."""
        return self._without_phones(self.office["role"] == PARTNER)

    @property
    def several(self) -> pd.DataFrame:
        """Return the people with two or more places, those with most first."""
        rows = self.people[self.people["places"] > 1]
        return rows.sort_values(["places", "staff_id"], ascending=[False, True], ignore_index=True)

    @property
    def probable(self) -> pd.DataFrame:
        """Return people of different ids but one name and phone, with all their places: a row for each, `PROBABLE_COLUMNS`.

        They stay several people wherever people are counted.
        """
        rows = self.office[(self.office["role"] != PARTNER) & self.office["phone"].notna()]
        rows = rows.assign(phone=rows["phone"].astype(str).map(_digits))
        rows = rows[rows["phone"].str.len() >= SHORTEST_PHONE]
        people = rows.drop_duplicates(["staff_id", "name", "phone"])
        doubtful = people.loc[people.duplicated(["name", "phone"], keep=False), "staff_id"]
        same = rows[rows["staff_id"].isin(list(doubtful))].groupby(["name", "phone"], sort=False)
        found = [self._together(group) for _, group in same if len(group.drop_duplicates("staff_id")) > 1]
        return pd.DataFrame([one for one in found if one["places"] > 1], columns=list(PROBABLE_COLUMNS))

    def _together(self, rows: pd.DataFrame) -> dict[str, Any]:
        """Return the rows of people who are probably one as one."""
        own = self.people[self.people["staff_id"].isin(list(rows["staff_id"]))]
        places = rows.drop_duplicates(["of_kind", "of_id"])
        return {
            "staff_id": tuple(own["staff_id"]),
            "name": rows["name"].iloc[0],
            "roles": tuple(dict.fromkeys(rows["role"])),
            "subjects": tuple(places["subject"]),
            "places": len(places),
            "households": int(own["households"].sum()),
            "persons": int(own["persons"].sum()),
            "party_member": own["party_member"].max(),
            "remark": PROBABLE,
        }

    @property
    def unknown(self) -> pd.DataFrame:
        """Return the rows about something that no table holds."""
        return self._without_phones(~self.office["is_known"].astype(bool))

    def _without_phones(self, wanted: pd.Series) -> pd.DataFrame:
        return self.office.loc[wanted, list(DUTY_COLUMNS)].reset_index(drop=True)


def duties(facts: Facts) -> Staffing:
    """Find who is responsible for what, and what has nobody.

    Parameters
    ----------
    facts : Facts
        The place.

    Returns
    -------
    Staffing
        Without a table of staff empty, with ``missing`` said.
    """
    if facts.staff is None:
        office, people, vacant, roles = (pd.DataFrame(columns=list(each)) for each in ALL_COLUMNS)
        return Staffing(NO_STAFF, office, people, vacant, roles, None)
    office = _office(facts, facts.staff)
    people = office[office["role"] != PARTNER]
    return Staffing(None, office, _people(facts, people), _vacant(facts, people), _roles(facts, office), _streets(facts, people))


def _office(facts: Facts, staff: pd.DataFrame) -> pd.DataFrame:
    """Return the table of staff, each row once, with the level and name of what it is about."""
    rows = staff.drop_duplicates(["staff_id", "role", "of_kind", "of_id"]).reset_index(drop=True)
    known = _known(facts, set(rows.loc[rows["of_kind"] == SETS, "of_id"]))
    found = known.reindex(pd.MultiIndex.from_frame(rows[["of_kind", "of_id"]]))
    level = found["level"].to_numpy(dtype=object, copy=True)
    is_known = found["subject"].notna().to_numpy(dtype=bool, copy=True)
    of_set = (rows["of_kind"] == SETS).to_numpy(dtype=bool)
    level[of_set] = _set_levels(facts, rows[of_set])
    is_known |= of_set & rows["staff_id"].isin(set(facts.households.get("staff_id", pd.Series(dtype=object)).dropna())).to_numpy()
    subject = np.where(found["subject"].notna(), found["subject"].to_numpy(dtype=object), rows["of_id"].to_numpy(dtype=object))
    return pd.DataFrame(
        {
            **{column: rows[column].to_numpy(dtype=object) for column in DUTY_COLUMNS[:5]},
            "level": level,
            "subject": subject,
            "party_member": _column(rows, "party_member").astype("boolean"),
            "phone": _column(rows, "phone").to_numpy(dtype=object),
            "is_known": is_known,
        },
        columns=list(OFFICE_COLUMNS),
    )


def _digits(phone: str) -> str:
    """Return a phone number without what stands between its digits."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", phone) if sign.isdigit())


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series(pd.NA, index=rows.index, dtype=object)


def _known(facts: Facts, homes: set[str]) -> pd.DataFrame:
    """Return level and name of all that staff can be about, by kind and id: subjects of levels first, then other rows."""
    parts = [_named(level.of, subjects_of(facts, level.id).rows, "id", level.id) for level in _held(facts)]
    tables = (
        *(("areas", facts.areas, "area_id"), ("grids", facts.areas, "area_id"), ("grids", facts.grids, "grid_id")),
        *(("grids", facts.projects, "grid_id"), ("units", facts.units, "unit_id")),
    )
    parts += [_named(table, frame, key, pd.NA) for table, frame, key in tables if frame is not None]
    if facts.streets is not None:
        parts.append(_named(STREETS, facts.streets, "road_id", STREETS))
    own = facts.households[facts.households["household_id"].isin(homes)] if homes else facts.households.iloc[:0]
    parts.append(_named(SETS, own, "household_id", pd.NA))
    return pd.concat(parts).drop_duplicates(["of_kind", "of_id"]).set_index(["of_kind", "of_id"])


def _held(facts: Facts) -> Iterator[Level]:
    """Return the levels that staff rows can be about by their ids."""
    return (level for level in facts.profile.levels if level.of in STAFF_OF)


def _named(table: str, rows: pd.DataFrame, key: str, level: Any) -> pd.DataFrame:
    ids = rows[key].to_numpy(dtype=object)
    names = _column(rows, "name").to_numpy(dtype=object)
    named = {"of_kind": STAFF_OF.get(table, table), "of_id": ids, "level": level}
    return pd.DataFrame({**named, "subject": np.where(pd.isna(names), ids, names)}, dtype=object)


def _set_levels(facts: Facts, rows: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return the level of households that each person's set is one of; NA where it is of none."""
    levels = np.full(len(rows), pd.NA, dtype=object)
    for level in reversed([level for level in facts.profile.levels if level.of == SETS]):
        levels[rows["staff_id"].isin(list(subjects_of(facts, level.id).position)).to_numpy(dtype=bool)] = level.id
    return levels


def _people(facts: Facts, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per person, in the order of the table."""
    if rows.empty:
        return pd.DataFrame(columns=list(PEOPLE_COLUMNS))
    number, ids = pd.factorize(rows["staff_id"])
    first = rows.drop_duplicates("staff_id").reset_index(drop=True)
    places = rows.drop_duplicates(["staff_id", "of_kind", "of_id"])
    named = facts.households.get("staff_id", pd.Series(pd.NA, index=facts.households.index))
    mine = pd.Index(ids).get_indexer(named.to_numpy(dtype=object))
    persons = facts.households["persons"].to_numpy(dtype=float, na_value=0.0)
    return pd.DataFrame(
        {
            "staff_id": ids,
            "name": first["name"],
            "roles": _tuples(rows.drop_duplicates(["staff_id", "role"]), "role", ids),
            "subjects": _tuples(places, "subject", ids),
            "places": np.bincount(pd.Index(ids).get_indexer(places["staff_id"]), minlength=len(ids)),
            "households": np.bincount(mine[mine >= 0], minlength=len(ids)),
            "persons": np.bincount(mine[mine >= 0], weights=persons[mine >= 0], minlength=len(ids)).astype(np.int64),
            "party_member": rows["party_member"].groupby(number).max(),
        },
        columns=list(PEOPLE_COLUMNS),
    )


def _tuples(rows: pd.DataFrame, column: str, ids: pd.Index) -> pd.Series:
    """Return for each person the values of a column, in the order of the table."""
    number = pd.Index(ids).get_indexer(rows["staff_id"])
    values = rows[column].to_numpy(dtype=object)[np.argsort(number, kind="stable")]
    ends = np.cumsum(np.bincount(number, minlength=len(ids)))[:-1]
    return pd.Series([tuple(part) for part in np.split(values, ends)], dtype=object)


def _vacant(facts: Facts, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the subjects and roles that nobody has."""
    persons = facts.households["persons"].to_numpy(dtype=float, na_value=0.0)
    found = []
    for level in (level for level in facts.profile.levels if level.staff):
        subjects = subjects_of(facts, level.id)
        homes, people = subjects.count().astype(np.int64), subjects.count(persons).astype(np.int64)
        for role in level.staff:
            lonely = ~_has(subjects, rows[rows["role"] == role])
            ids, names = (subjects.rows[column].to_numpy(dtype=object)[lonely] for column in ("id", "name"))
            who = {"level": level.id, "subject_id": ids, "name": names, "role": role}
            found.append(pd.DataFrame({**who, "households": homes[lonely], "persons": people[lonely]}))
    some = [table for table in found if len(table)]
    if not some:
        return pd.DataFrame(columns=list(VACANT_COLUMNS))
    order = {"by": ["persons", "households"], "ascending": False, "kind": "stable", "ignore_index": True}
    return pd.concat(some).sort_values(**order)


def _has(subjects: Subjects, rows: pd.DataFrame) -> Bools:
    """Return which subjects somebody in these rows is responsible for; a set of households is its person's."""
    own = rows["staff_id"] if subjects.table == SETS else rows.loc[rows["of_kind"] == STAFF_OF[subjects.table], "of_id"]
    return np.asarray(subjects.rows["id"].isin(set(own)), dtype=bool)


def _roles(facts: Facts, office: pd.DataFrame) -> pd.DataFrame:
    """Count the people of each role at each level, and the subjects that have one."""
    needed = {level.id: level.staff for level in facts.profile.levels}
    rows = []
    for level in (*needed, *([STREETS] if (office["level"] == STREETS).any() else [])):
        subjects = subjects_of(facts, level)
        here = office[_of_level(facts, subjects, office)]
        for role in dict.fromkeys((*needed.get(level, ()), *here["role"])):
            own = here[here["role"] == role]
            counts = {"people": own["staff_id"].nunique(), "subjects_with": int(_has(subjects, own).sum())}
            is_needed = role in needed.get(level, ())
            rows.append({"level": level, "role": role, **counts, "subjects": len(subjects), "is_needed": is_needed})
    return pd.DataFrame(rows, columns=list(ROLE_COLUMNS))


def _of_level(facts: Facts, subjects: Subjects, office: pd.DataFrame) -> Bools:
    """Return the rows of staff that are about the subjects of a level."""
    if subjects.table != SETS:
        return np.asarray((office["level"] == subjects.kind).fillna(value=False), dtype=bool)
    level = facts.profile.level(subjects.kind)
    selected = matching(office, {"role": level.select or level.names}) | office["role"].isin(level.staff).to_numpy()
    return np.asarray(selected & office["staff_id"].isin(list(subjects.position)).to_numpy())


def _streets(facts: Facts, rows: pd.DataFrame) -> gpd.GeoDataFrame | None:
    """Return the streets that nobody is responsible for; None where nobody asks for any."""
    rules = [*facts.profile.standards.values(), *facts.profile.stated.values()]
    asked = [rule for rule in rules if rule.of == STREETS and rule.measure == "staff"]
    if facts.streets is None or not (asked or (rows["of_kind"] == STAFF_OF[STREETS]).any()):
        return None
    streets = subjects_of(facts, STREETS)
    wanted = np.full(len(streets), not asked)
    for rule in asked:
        wanted[chosen(facts, rule)[1]] = True
    lonely = streets.rows[wanted & ~_has(streets, rows)]
    table = lonely.assign(street_id=lonely["id"], length_m=lonely.geometry.length)[list(STREET_COLUMNS)]
    return table.sort_values("length_m", ascending=False, kind="stable", ignore_index=True)
