"""What an office has published: numbered folders of public files, each in force from its day until the next one's.

A publication is made of a check's public files and never changed; the index names them all, and is replaced in one step. From the
second one on it is held against all earlier ones (`geogrid.republish`), and withholds what their differences would tell.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import geopandas as gpd
import pandas as pd

from geogrid.beside import held_back
from geogrid.errors import InputError
from geogrid.outputs import EXACT, HOUSEHOLDS, LAYERS, SUMMARY, read_public, write_public
from geogrid.replacing import PRIVATE, PRIVATE_FILE, locked, private_folder, replacing
from geogrid.republish import Earlier, Exact, guarded
from geogrid.withheld import MostlyWithheldError, Withheld, compared
from geogrid.withholding import noted, with_more_withheld
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from geogrid.words import Lang


class Counted(NamedTuple):
    """The households that count: of which version of the workspace, and who tells those of an earlier publication."""

    version: int
    then: Callable[[Publication], gpd.GeoDataFrame]


INDEX = "index.json"
PUBLIC_FILES = (SUMMARY, *LAYERS.values(), "report.xlsx")

NOT_EXACT = Text(
    "{folder} 缺少与此前发布相比所需的文件（private/）：请重新检查，再发布。",
    "{folder} lacks the files to compare it with what was published before (private/): check again, then publish.",
)


@dataclass(frozen=True)
class Publication:
    """One publication.

    Attributes
    ----------
    number : int
        From 1.
    version : int
        Of the workspace that was checked.
    people_version : int
        The version whose households were counted; an earlier one where only land or facilities were to be new.
    effective : date
        From when it is in force; of several with effect from one day, the last.
    made_at : str
        UTC, ISO text.
    digest : str
        SHA-256 over its files.
    withheld : int
        Figures (counts, gaps, rows) that are withheld only because of earlier publications.
    still_told : int
        Small counts that earlier publications tell together, whatever this one withholds.
    """

    number: int
    version: int
    effective: dt.date
    made_at: str
    digest: str
    withheld: int = 0
    still_told: int = 0
    people_version: int = -1

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the publication that a record of the index states."""
        day = dt.date.fromisoformat(record["effective"])
        return cls(**{"people_version": record["version"], **record, "effective": day})

    def to_record(self) -> dict[str, Any]:
        """Return what the index keeps."""
        return {**asdict(self), "effective": self.effective.isoformat()}


def publications(root: Path) -> tuple[Publication, ...]:
    """Return all publications below a folder, oldest first; none where there is no index."""
    path = root / INDEX
    if not path.is_file():
        return ()
    return tuple(Publication.of(record) for record in json.loads(path.read_text(encoding="utf-8")))


def folder_of(root: Path, publication: Publication) -> Path:
    """Return where the public files of a publication lie."""
    return root / str(publication.number)


def in_force_on(made: Sequence[Publication], day: dt.date) -> Publication | None:
    """Return the publication in force on a day; None before the first.

    Examples
    --------
    >>> made = [Publication(n, n, dt.date(2026, n, 1), "", "") for n in (1, 2)]
    >>> in_force_on(made, dt.date(2026, 1, 31)).number, in_force_on(made, dt.date(2025, 12, 31))
    (1, None)
    """
    begun = [each for each in made if each.effective <= day]
    return max(begun, key=lambda each: (each.effective, each.number), default=None)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A publication that is ready to be made, and what it withholds; see `preparing`.

    Attributes
    ----------
    withheld : Withheld
        Because of earlier publications.
    made : tuple of Publication
        These.
    """

    root: Path
    part: Path
    made: tuple[Publication, ...]
    withheld: Withheld
    people_version: int | None

    @property
    def refusal(self) -> MostlyWithheldError:
        """Return what to raise where so much is withheld (`Withheld.is_much`) that somebody must accept it."""
        return MostlyWithheldError(self.withheld)

    def publish(self, *, version: int, effective: dt.date) -> Publication:
        """Make it what the public sees from a day on."""
        number = max((each.number for each in self.made), default=0) + 1
        made_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        counted = version if self.people_version is None else self.people_version
        lost = sum(self.withheld.withheld.values()), self.withheld.still_told
        new = Publication(number, version, effective, made_at, _digest(self.part), *lost, counted)
        shutil.rmtree(self.root / str(number), ignore_errors=True)  # of a publication that was cut off before its end
        self.part.rename(self.root / str(number))
        with replacing(self.root / INDEX, mode=PRIVATE_FILE) as file:
            file.write_text(json.dumps([each.to_record() for each in (*self.made, new)], indent=1), encoding="utf-8")
        return new


@contextmanager
def preparing(root: Path, check: Path, *, people: Counted | None = None, lang: Lang = "zh") -> Iterator[Prepared]:
    """Hold a check's public files against everything published before; nothing is published unless `Prepared.publish` is called.

    Parameters
    ----------
    root : Path
        Of all publications; made where it is not. Nobody else publishes meanwhile.
    check : Path
        A folder that `geogrid.report.Report.write` wrote.
    people : Counted, optional
        Whose households the check counted, and those that earlier publications counted, as the workspace has them. Without it
        every small difference of counts is taken for one of few households, and withheld.
    lang : "zh" or "en"
        Language of the workbook, where it must be written again.

    Raises
    ------
    InputError
        When there are earlier publications and the check's private files, which the comparison needs, are not there.
    """
    private_folder(root)
    with locked(root):
        made = publications(root)
        part = Path(tempfile.mkdtemp(dir=root, prefix=".making-"))
        try:
            withheld = _fill(part, check, [_earlier(root, each, people) for each in made], lang)
            yield Prepared(root, part, made, withheld, None if people is None else people.version)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def add(
    root: Path,
    check: Path,
    *,
    version: int,
    effective: dt.date,
    people: Counted | None = None,
    lang: Lang = "zh",
) -> Publication:
    """Publish the public files of a check's folder, less what would tell of few households beside earlier publications.

    However much that is; see `preparing` for the question first.

    Parameters
    ----------
    root, check, people, lang
        As `preparing` takes them.
    version : int
        Of the workspace that was checked.
    effective : date
        From when it is in force.
    """
    with preparing(root, check, people=people, lang=lang) as prepared:
        return prepared.publish(version=version, effective=effective)


def _earlier(root: Path, publication: Publication, people: Counted | None) -> Earlier:
    return Earlier(read_public(folder_of(root, publication)), None if people is None else people.then(publication))


def _fill(part: Path, check: Path, earlier: Sequence[Earlier], lang: Lang) -> Withheld:
    """Copy a check's public files, or write those with more withheld; return what is withheld."""
    for name in PUBLIC_FILES:
        shutil.copyfile(check / name, part / name)
    alone, still_told = read_public(check), 0
    public = alone
    if earlier:
        exact = exact_of(check)
        found = guarded(exact, earlier)
        public, still_told = with_more_withheld(alone, found.coverage) if found.withheld else alone, found.still_told
        public, _ = held_back(public, alone, exact.households, earlier)
    withheld = compared(alone, public, still_told)
    if public is not alone:
        write_public(noted(public, sum(withheld.withheld.values())), part, lang=lang)
    return withheld


def exact_of(check: Path) -> Exact:
    """Read what a check's folder holds, with its private files.

    Raises
    ------
    InputError
        When the private files are not there.
    """
    private = check / PRIVATE
    if not (private / EXACT).is_file() or not (private / HOUSEHOLDS).is_file():
        raise InputError(NOT_EXACT.fill(folder=check.name))
    return Exact(read_public(check), pd.read_parquet(private / EXACT), gpd.read_parquet(private / HOUSEHOLDS))


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for name in PUBLIC_FILES:
        total.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return total.hexdigest()
