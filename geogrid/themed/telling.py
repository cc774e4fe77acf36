"""For which subjects of a standard the public may learn whether they meet it.

What is not about people is told. Of a measure of people only pass and fail are, never a value or an advice, and only where that
is worked out from counts which are public already, or leaves every count that it is about more than ``suppress_below`` values:

- numbers of households and persons: places whose own number is public, if every bound, in households or persons, lies above the
  threshold;
- the share that services cover, and the minutes most households need: places whose count of covered households is public, for
  exactly these services; minutes only against the cutoff of the services, and where more than twice the threshold live;
- households shared out: places whose number is public, if what either outcome leaves for those with somebody and for those with
  nobody is none at all or more than the threshold; evenness: where, besides, a mean share is above the threshold and so is what
  the largest allowed share leaves for the others;
- all else of people (party members, seasons, matters): of nobody. Neither is it told whether somebody responsible is a party
  member: their names may be public.

A place is a node of the tree of areas and grids; units and sets of households, projects, and areas beside the tree are none, even
if they are called like one. Of households shared out one rule alone is told, that with the largest places: two would bracket what
is left over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.measuretable import MEASURES
from geogrid.settings import ALL, LATER, NOW
from geogrid.themed.stage import of_nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from geogrid.facts import Subjects
    from geogrid.profileparts import Rule
    from geogrid.themed.stage import Stage

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]
    Teller = Callable[[Stage, Subjects, Rule], Flags]

PERSONAL = frozenset(name for name, each in MEASURES.items() if each.is_personal)
"""Measures that count people, households or matters."""

HALF = 0.5


def tells(stage: Stage, rule: Rule) -> Flags:
    """Return for each subject of a rule's kind whether the public may learn if it meets the rule.

    Parameters
    ----------
    stage : Stage
        The place.
    rule : Rule
        A standard, or a size with a bound.

    Returns
    -------
    array of bool
        In the order of the subjects.
    """
    subjects = stage.subjects(rule.of)
    drawn = stage.is_drawn(subjects, is_public=True)
    if is_told(rule):
        return drawn
    teller = _TELLERS.get(rule.measure, _nobody)
    return np.asarray(teller(stage, subjects, rule) & drawn)


def is_told(rule: Rule) -> bool:
    """Return whether a rule tells the public about every subject alike: it is not about people."""
    return rule.measure not in PERSONAL and "party_member" not in rule.options


def _nobody(stage: Stage, subjects: Subjects, rule: Rule) -> Flags:
    del stage, rule
    return np.zeros(len(subjects), dtype=bool)


def _number(stage: Stage, subjects: Subjects, rule: Rule) -> Flags:
    """Tell of numbers with bounds that are no small numbers."""
    told = stage.told.get(rule.measure, frozenset()) if "season" not in rule.options else frozenset()
    return _public(stage, subjects, told) & _are_large(stage, [rule.min, rule.max])


def _deviation(stage: Stage, subjects: Subjects, rule: Rule) -> Flags:
    target = stage.profile.household_target
    bounds = [None if each is None else abs(target * (1 + sign * each)) for each in (rule.min, rule.max) for sign in (-1, 1)]
    return _public(stage, subjects, stage.told["households"]) & _are_large(stage, [each for each in bounds if each != 0])


def _covered(stage: Stage, subjects: Subjects, rule: Rule) -> Flags:
    when = LATER if rule.options.get("when") == LATER else NOW
    return ~np.isnan(_counts(stage, subjects, rule, when)[1])


def _minutes(stage: Stage, subjects: Subjects, rule: Rule) -> Flags:
    homes, covered = _counts(stage, subjects, rule, NOW)
    cutoffs = {stage.profile.services[each].cutoff_min for each in rule.options["services"] if each in stage.profile.services}
    is_cutoff = cutoffs == {rule.max} and rule.min is None
    return np.asarray(~np.isnan(covered) & (np.nan_to_num(homes) * HALF > stage.threshold) & is_cutoff)


def _shared(stage: Stage, subjects: Subjects, rule: Rule) -> Flags:
    homes, least = subjects.count(), rule.min
    if least is None or rule.max is not None or _shared_key(rule) != _widest(stage):
        return _nobody(stage, subjects, rule)
    leaves = [homes * least, homes * (1 - least)]
    is_wide = [(each > stage.threshold) | (each == 0) for each in leaves]
    told = _public(stage, subjects, stage.told["households"])
    return np.asarray(told & (homes > stage.threshold) & is_wide[0] & is_wide[1])


def _shared_key(rule: Rule) -> tuple[str, str, float | None]:
    return rule.of, str(rule.options["level"]), rule.min


def _widest(stage: Stage) -> tuple[str, str, float | None] | None:
    """Return which rule on households shared out is told: the one whose places are the largest, of equals the first."""
    every = (*stage.profile.standards.values(), *stage.profile.stated.values())
    known = [rule for rule in every if rule.measure == "shared" and rule.min is not None and rule.max is None]
    homes = {rule.of: stage.subjects(rule.of).count() for rule in known if stage.is_on_tree(stage.subjects(rule.of))}
    mean = {of: float(each.mean()) for of, each in homes.items() if len(each)}
    return max((_shared_key(rule) for rule in known if rule.of in mean), key=lambda key: mean[key[0]], default=None)


def _spread(stage: Stage, subjects: Subjects, rule: Rule) -> Flags:
    if rule.max is None or rule.min is not None:
        return _nobody(stage, subjects, rule)
    number = members(stage, subjects, str(rule.options["level"]))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(number > 0, subjects.count() / number, 0.0)
    others = np.where(number > 1, (number - rule.max) * mean, np.inf)
    told = _public(stage, subjects, stage.told["households"])
    return np.asarray(told & (mean > stage.threshold) & (others > stage.threshold))


def members(stage: Stage, subjects: Subjects, level: str) -> Floats:
    """Return how many sets of households of a level each subject has."""
    sets = stage.subjects(level)
    number = np.zeros(len(subjects))
    for above in sets.above:
        for key in above & subjects.position.keys():
            number[subjects.position[key]] += 1
    return number


def _counts(stage: Stage, subjects: Subjects, rule: Rule, when: str) -> tuple[Floats, Floats]:
    """Return the public counts of households and of those covered by a rule's services; NaN where withheld or never counted."""
    asked = tuple(rule.options.get("services", stage.facts.services))
    together = len(asked) > 1 and set(asked) == set(stage.facts.services)
    service = ALL if together else asked[0] if len(asked) == 1 else ""
    counts = of_nodes(stage.public_reached, subjects.rows["id"], service, when)
    homes, covered = (counts[column].to_numpy(dtype=float, na_value=np.nan) for column in counts)
    return (homes, covered) if stage.is_on_tree(subjects) else (np.full(len(homes), np.nan), np.full(len(homes), np.nan))


def _public(stage: Stage, subjects: Subjects, told: frozenset[str]) -> Flags:
    return np.asarray(subjects.rows["id"].isin(told).to_numpy(dtype=bool) & stage.is_on_tree(subjects))


def _are_large(stage: Stage, bounds: list[float | None]) -> bool:
    return all(each is None or each > stage.threshold for each in bounds)


_TELLERS: Mapping[str, Teller] = {
    **dict.fromkeys(("households", "persons", "aged_65", "children_0_14"), _number),
    "deviation": _deviation,
    "share_covered": _covered,
    "minutes": _minutes,
    "shared": _shared,
    "shares_spread": _spread,
}
