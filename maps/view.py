"""A published report as seen by a page: one language, names by id, and the coverage rows found by what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from geogrid.modetable import MODES
from geogrid.stepnames import STEP_NAMES
from geogrid.words import Text
from maps import figures
from maps.markup import Html, element

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang

Row = dict[str, Any]

WALK = "walk"


def mode_of(service: Mapping[str, Any]) -> str:
    """Return the mode of a service of report.json; reports from before there were several walk.

    Examples
    --------
    >>> mode_of({"id": "medical"}), mode_of({"mode": "car"})
    ('walk', 'car')
    """
    return str(service.get("mode") or WALK)


def mode_name(mode: str) -> Text:
    """Return how somebody travels, to stand in a sentence: "on foot"; an unknown mode's id.

    Examples
    --------
    >>> mode_name("car").en, mode_name("sledge").en
    ('by car', 'sledge')
    """
    return MODES[mode].name if mode in MODES else Text(mode, mode)


def pace(mode: str, speed_kmh: float) -> Text:
    """Return how fast somebody travels: walkers keep their pace, for others it is the most that streets let them reach.

    Examples
    --------
    >>> pace("walk_older", 3.6).en, pace("car", 90.0).en
    ('3.6 km/h', 'up to 90 km/h')
    """
    text = Text("{n} 公里/小时", "{n} km/h") if mode.startswith(WALK) else Text("最高 {n} 公里/小时", "up to {n} km/h")
    return text.fill(n=figures.number(speed_kmh))


class Column(NamedTuple):
    """One column of a table: its heading and whether it holds numbers."""

    heading: Text
    numeric: bool = False


@dataclass(frozen=True)
class View:
    """A report in one language."""

    public: PublicReport
    lang: Lang

    def say(self, zh: str, en: str, **values: object) -> str:
        """Return one of two messages, with values put into its placeholders."""
        return Text(zh, en).fill(**values).say(self.lang) if values else Text(zh, en).say(self.lang)

    def pick(self, pair: Row) -> str:
        """Return the page's language of a ``{"zh": ..., "en": ...}`` pair."""
        return str(pair[self.lang])

    @property
    def summary(self) -> Row:
        """Return what report.json holds."""
        return self.public.summary

    @property
    def services(self) -> list[str]:
        """Return the ids of the checked services, and "all" when there are several."""
        ids = [row["id"] for row in self.summary["services"]]
        return [*ids, "all"] if len(ids) > 1 else ids

    @property
    def headline(self) -> str:
        """Return the service that stands for the whole: all at once, or the only one."""
        return self.services[-1]

    def service(self, service: str) -> str:
        """Return the name of a service."""
        if service == "all":
            return figures.ALL.say(self.lang)
        return next((self.pick(row) for row in self.summary["services"] if row["id"] == service), service)

    @property
    def modes(self) -> dict[str, float]:
        """Return the pace of every mode in use, in the order of the services."""
        walking = self.summary["settings"]["speed_kmh"]
        return {mode_of(row): row.get("speed_kmh", walking) for row in self.summary["services"]}

    @property
    def is_walked(self) -> bool:
        """Return whether every service is reached on foot at the general pace."""
        return set(self.modes) <= {WALK}

    @property
    def by(self) -> str:
        """Return how all services are reached, "" where they differ."""
        return mode_name(next(iter(self.modes))).say(self.lang) if len(self.modes) == 1 else ""

    def within(self, service: Row, minutes: str) -> str:
        """Return a cutoff with how the service is reached, where that is not on foot throughout."""
        if self.is_walked:
            return minutes
        return self.say("{by} {min}", "{min} {by}", min=minutes, by=mode_name(mode_of(service)).say(self.lang))

    @property
    def place(self) -> str:
        """Return the name of the place, "" where it has none."""
        return self.pick(self.summary["place"])

    @property
    def steps(self) -> list[tuple[str, float]]:
        """Return what each step is called and the seconds it took, in order; a step without a name by its id."""
        taken = self.summary["seconds"].items()
        return [(STEP_NAMES[step].say(self.lang) if step in STEP_NAMES else step, float(seconds)) for step, seconds in taken]

    @cached_property
    def _coverage(self) -> dict[tuple[str, str, str, str], Row]:
        keys = ("level", "id", "service", "when")
        return {(row["level"], str(row["id"]), row["service"], row["when"]): row for row in self.summary["coverage"] if keys}

    def coverage(self, level: str, place_id: str, service: str, when: str = "now") -> Row:
        """Return the counts of one place and service; nothing known when there is no such row."""
        return self._coverage.get((level, place_id, service, when), {})

    def total(self, service: str, when: str = "now") -> Row:
        """Return the counts of one service over every household."""
        found = [row for key, row in self._coverage.items() if key[0] == "total" and key[2:] == (service, when)]
        return found[0] if found else {}

    @cached_property
    def grid_names(self) -> dict[str, str]:
        """Return the name of every grid."""
        return dict(zip(self.public.grids["grid_id"].astype(str), self.public.grids["name"].astype(str), strict=True))

    def grids(self, ids: Iterable[str]) -> str:
        """Return the names of grids, one after the other."""
        return self.say("、", ", ").join(self.grid_names.get(str(grid_id), str(grid_id)) for grid_id in ids)

    @cached_property
    def gaps(self) -> list[Row]:
        """Return the gaps that are not withheld, of all services together, largest first."""
        shown = [row for row in self.summary["gaps"] if not row.get("suppressed")]
        return sorted(shown, key=lambda row: (-(row["persons"] or 0), -(row["households"] or 0), row["rank"], str(row["gap_id"])))

    def count(self, row: Row, key: str) -> str:
        """Return a count of a row that knows whether it withholds something."""
        return figures.count(row.get(key), withheld=bool(row.get("suppressed")))

    def share(self, row: Row, key: str = "share") -> str:
        """Return a share of a row that knows whether it withholds something."""
        return figures.share(row.get(key), withheld=bool(row.get("suppressed")))

    def not_covered(self, row: Row) -> str:
        """Return how many households a service does not cover: uncovered and unreached together."""
        known = not any(figures.is_missing(row.get(key)) for key in ("households", "covered"))
        left = row["households"] - row["covered"] if known else None
        return figures.count(left, withheld=bool(row.get("suppressed")))

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[object]], *, nothing: Text | None = None) -> Html:
        """Return a table, or a sentence when it has no rows."""
        if not rows:
            said = nothing or Text("没有。", "None.")
            return element("p", said.say(self.lang), class_="nothing")
        head = element(
            "tr", *(element("th", column.heading.say(self.lang), scope="col", class_=_kind(column)) for column in columns)
        )
        body = [element("tr", *map(_cell, columns, row)) for row in rows]
        return element("div", element("table", element("thead", head), element("tbody", *body)), class_="scroll")


def _cell(column: Column, value: object) -> Html:
    return element("td", value, class_=_kind(column))


def _kind(column: Column) -> str | None:
    return "num" if column.numeric else None
