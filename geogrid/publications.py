"""What an office has published: numbered folders of public files, each in force from its day until the next one's.

A publication is made of a check's public files and never changed; the index names them all, and is replaced in one step.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from geogrid.outputs import LAYERS, SUMMARY
from geogrid.replacing import PRIVATE_FILE, locked, private_folder, replacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INDEX = "index.json"
PUBLIC_FILES = (SUMMARY, *LAYERS.values(), "report.xlsx")


@dataclass(frozen=True)
class Publication:
    """One publication.

    Attributes
    ----------
    number : int
        From 1.
    version : int
        Of the workspace that was checked.
    effective : date
        From when it is in force; of several with effect from one day, the last.
    made_at : str
        UTC, ISO text.
    digest : str
        SHA-256 over its files.
    """

    number: int
    version: int
    effective: dt.date
    made_at: str
    digest: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the publication that a record of the index states."""
        return cls(**{**record, "effective": dt.date.fromisoformat(record["effective"])})

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


def add(root: Path, check: Path, *, version: int, effective: dt.date) -> Publication:
    """Publish the public files of a check's folder.

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
    """
    private_folder(root)
    with locked(root):
        made = publications(root)
        number = max((each.number for each in made), default=0) + 1
        part = Path(tempfile.mkdtemp(dir=root, prefix=".making-"))
        try:
            for name in PUBLIC_FILES:
                shutil.copyfile(check / name, part / name)
            new = Publication(number, version, effective, dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), _digest(part))
            shutil.rmtree(root / str(number), ignore_errors=True)  # of a publication that was cut off before its end
            part.rename(root / str(number))
        finally:
            shutil.rmtree(part, ignore_errors=True)
        with replacing(root / INDEX, mode=PRIVATE_FILE) as file:
            file.write_text(json.dumps([each.to_record() for each in (*made, new)], indent=1), encoding="utf-8")
    return new


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for name in PUBLIC_FILES:
        total.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return total.hexdigest()
