"""What commands on a workspace say of days: which version they answer by, and what takes effect later. See `ledger.InForce`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt

    from geogrid.store import InForce, Version, Workspace


class Asked(NamedTuple):
    """The version that a question is about, the day that it is for, and what there is to say of both."""

    version: Version
    day: dt.date
    notes: list[Text]

    @property
    def aside(self) -> Text:
        """Return what a heading says of it."""
        return Text(f"第 {self.version.version} 版，{self.day}", f"version {self.version.version}, {self.day}")


def asked_of(workspace: Workspace, on: dt.date | None) -> Asked:
    """Return what a question is about: a day, else what is in force today, with what takes effect later.

    Raises
    ------
    NotFoundError
        When the day is before the workspace's first.
    """
    if on is not None:
        return Asked(workspace.version_on(on), on, [])
    held = workspace.in_force()
    return Asked(held.version, held.day, [*_not_begun(held), *later(held)])


def _not_begun(held: InForce) -> list[Text]:
    return [_NOT_BEGUN.fill(day=held.day, today=held.today)] if held.day > held.today else []


def later(held: InForce) -> list[Text]:
    """Say what takes effect later."""
    return [_LATER.fill(v=version.version, day=version.effective) for version in held.later]


def in_the_ledger(held: InForce) -> list[Text]:
    """Say which version of several is in force today."""
    if not held.later and held.day == held.today:
        return []
    now = [] if held.day > held.today else [_IN_FORCE.fill(v=held.version.version, today=held.today)]
    return [*now, *(_TO_COME.fill(v=version.version, day=version.effective) for version in held.later)]


def built_on(held: InForce) -> list[Text]:
    """Say that what is done builds on a version that is not in force yet."""
    return [_BUILT_ON.fill(v=held.later[-1].version, day=held.later[-1].effective)] if held.later else []


def ahead(version: Version, held: InForce) -> list[Text]:
    """Say what follows from writing a version that takes effect later than today."""
    return [_AHEAD.fill(v=version.version, day=version.effective)] if version.effective > held.today else []


_LATER = Text(
    "第 {v} 版自 {day} 起生效，这里还没有算它；看那时的情形：--on {day}。",
    "Version {v} takes effect on {day} and does not count here yet; to look at it: --on {day}.",
)
_IN_FORCE = Text("今天（{today}）有效的是第 {v} 版。", "In force today ({today}) is version {v}.")
_TO_COME = Text("第 {v} 版自 {day} 起生效。", "Version {v} takes effect on {day}.")
_NOT_BEGUN = Text(
    "工作区自 {day} 起才有效（今天是 {today}）；这里是 {day} 的情形。",
    "The workspace begins on {day} (today is {today}); this is how it will be on {day}.",
)
_BUILT_ON = Text(
    "以最新的第 {v} 版为基础，它自 {day} 起才生效；写入时须写明 --effective {day} 或以后的日期。",
    "This builds on version {v}, the newest, which takes effect on {day} only; what is written must say --effective {day}, or a "
    "later day.",
)
_AHEAD = Text(
    "第 {v} 版到 {day} 才生效：在此之前 export、validate、where 和 QGIS 的 *_now 图层仍按现行版本；"
    "再写入须写明 --effective {day} 或以后的日期。",
    "Version {v} takes effect on {day} only: until then export, validate, where and the layers *_now in QGIS show the version in "
    "force now, and what is written must say --effective {day}, or a later day.",
)
