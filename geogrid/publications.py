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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import geopandas as gpd
import pandas as pd

from geogrid.errors import InputError
from geogrid.outputs import EXACT, HOUSEHOLDS, LAYERS, SUMMARY, read_public, write_public
from geogrid.replacing import PRIVATE, PRIVATE_FILE, locked, private_folder, replacing
from geogrid.republish import Earlier, Exact, guarded
from geogrid.withholding import with_more_withheld, without_outside
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geogrid.privacy import PublicReport
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
        Counts that are withheld only because of earlier publications.
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

    Parameters
    ----------
    root : Path
        Of all publications; made where it is not.
    check : Path
        A folder that `geogrid.report.Report.write` wrote.
    version : int
        Of the workspace that was checked.
    effective : date
        From when it is in force.
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
        number = max((each.number for each in made), default=0) + 1
        part = Path(tempfile.mkdtemp(dir=root, prefix=".making-"))
        try:
            withheld = _fill(part, check, [_earlier(root, each, people) for each in made], lang)
            made_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            counted = version if people is None else people.version
            new = Publication(number, version, effective, made_at, _digest(part), *withheld, counted)
            shutil.rmtree(root / str(number), ignore_errors=True)  # of a publication that was cut off before its end
            part.rename(root / str(number))
        finally:
            shutil.rmtree(part, ignore_errors=True)
        with replacing(root / INDEX, mode=PRIVATE_FILE) as file:
            file.write_text(json.dumps([each.to_record() for each in (*made, new)], indent=1), encoding="utf-8")
    return new


def _earlier(root: Path, publication: Publication, people: Counted | None) -> Earlier:
    return Earlier(read_public(folder_of(root, publication)), None if people is None else people.then(publication))


def _fill(part: Path, check: Path, earlier: Sequence[Earlier], lang: Lang) -> tuple[int, int]:
    """Copy a check's public files, or write those with more withheld; return how many counts are withheld, and still told."""
    for name in PUBLIC_FILES:
        shutil.copyfile(check / name, part / name)
    if not earlier:
        return 0, 0
    exact = exact_of(check)
    found = guarded(exact, earlier)
    public = exact.public
    if found.withheld:
        public = with_more_withheld(public, found.coverage, withheld=found.withheld)
    if _tells_outside(public, [each.public for each in earlier]):
        public = without_outside(public)
    if public is not exact.public:
        write_public(public, part, lang=lang)
    return found.withheld, found.still_told


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


def _tells_outside(public: PublicReport, earlier: Sequence[PublicReport]) -> bool:
    """Return whether the households in no grid, less those of an earlier publication, are few."""
    known = public.summary["totals"]["outside"]
    small = public.summary["settings"]["suppress_below"]
    others = [each.summary["totals"]["outside"] for each in earlier]
    return known is not None and any(1 <= abs(known - other) <= small for other in others if other is not None)


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for name in PUBLIC_FILES:
        total.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return total.hexdigest()
