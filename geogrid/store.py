"""The workspace of an office: one GeoPackage file with every table at every version, and a ledger of who wrote what and why.

Nothing that was written is ever changed: a new version ends rows and begins others, so that any past day can be asked about. A
write is one transaction; a writer whose knowledge is out of date is refused. The file opens in QGIS and GDAL (layers ``*_now``),
where it can be read; what another program writes would not be in the ledger, and is refused.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
from pyproj import CRS

from geogrid.crs import require_projected
from geogrid.errors import InputError, NotFoundError
from geogrid.profile import Profile, load_profile
from geogrid.words import Text
from geogrid.workspace import erasing, ledger, migration, opening, planning, statuses
from geogrid.workspace.access import meaning
from geogrid.workspace.asking import Whereabouts
from geogrid.workspace.coding import not_kept, to_rows
from geogrid.workspace.definitions import FORMAT
from geogrid.workspace.gpkg_layout import touch
from geogrid.workspace.ledger import Act, InForce, Version
from geogrid.workspace.reader import Reader
from geogrid.workspace.reading import require_table
from geogrid.workspace.redrawing import note_codes, require_complete, write_boundaries
from geogrid.workspace.verification import Verification
from geogrid.workspace.vouching import WITHOUT_KEY, require_key
from geogrid.workspace.writing import replace_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import sqlalchemy as sa

    from geogrid.boundaries import Boundaries
    from geogrid.operations import Operation
    from geogrid.plans import Plan

__all__ = ["WITHOUT_KEY", "Act", "InForce", "Verification", "Version", "Whereabouts", "Workspace", "create", "open_workspace"]

WAIT_S = 30.0
"""How long a writer waits for others."""

WRITTEN_KINDS = ("repair", "correct", "import")
NO_KIND = Text("没有“{kind}”这种写入；可用：{known}。", "boundaries are not written as {kind!r}; as one of: {known}.")
NONE_OF_THEM = Text(
    "工作区里没有这 {n} 户中的任何一户；请检查编号。", "the workspace holds none of these {n} households; check the ids."
)


def create(
    path: str | Path,
    *,
    crs: Any,
    profile: str | Path | Profile = "generic",
    name: str = "",
    act: Act | None = None,
    key: bytes | None = None,
) -> Workspace:
    """Make a workspace, empty but for the record of its making, and open it.

    Parameters
    ----------
    path : path
        Of a file that does not exist yet, on a local disk; usually ends in ``.gpkg``. Only its owner may read it.
    crs : CRS
        Projected, in metres: every shape in the workspace is in it.
    profile : str, Path or Profile
        The place's; it is kept in the workspace.
    name : str
        Of the office or place, for people.
    act : Act, optional
        Who makes it; its day is the first that can be asked about.
    key : bytes, optional
        Of the HMACs of versions; kept elsewhere.

    Raises
    ------
    StoreError
        When there is something at the path already.
    CrsError
        When the CRS is not in metres.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, create(Path(folder, "a.gpkg"), crs=4548, name="贵溪") as made:
    ...     made.head.version, made.head.kind, made.name
    (0, 'create', '贵溪')
    """
    path, known = Path(path), CRS.from_user_input(crs)
    require_projected(gpd.GeoDataFrame(geometry=[], crs=known))
    place = profile if isinstance(profile, Profile) else load_profile(profile)
    with meaning(path):
        opening.make(path, crs=known, profile=place, name=name, act=act or Act(), key=key)
    return open_workspace(path, key=key)


def open_workspace(path: str | Path, *, key: bytes | None = None, wait_s: float = WAIT_S, migrate: bool = False) -> Workspace:
    """Open a workspace. Nothing is made or changed, unless an older format is to be migrated.

    Parameters
    ----------
    path : path
        Of the file.
    key : bytes, optional
        Of the HMACs of versions that are written. After a version that has one, nothing is written without its key, unless
        this is `WITHOUT_KEY`.
    wait_s : float
        Seconds that a writer waits for others.
    migrate : bool
        Whether to bring a file of an older format to this one's; a copy of the file as it was is kept beside it.

    Raises
    ------
    StoreError
        When there is no file, it is no workspace, damaged, of a newer format, or of an older one without ``migrate``.
    """
    with ExitStack() as undone:
        access = undone.enter_context(closing(opening.find(Path(path), wait_s=wait_s)))
        meta = opening.read_meta(access)
        if opening.format_of(meta, access.path.name) < FORMAT:
            meta = migration.migrate(access, meta, key=key, is_wanted=migrate)
        definitions = opening.tables_of(meta, access.path.name)
        opening.check_schema(access, definitions)
        undone.pop_all()
    return Workspace(opening.Opened(access, definitions, meta), key=key)


class Workspace(Reader):
    """An open workspace: read any version, write the next. A context manager; an object per thread.

    Attributes
    ----------
    path : Path
        Of the file.
    crs : CRS
        Of every shape.
    profile : Profile
        The place's; ``profile_id`` is its id.
    name : str
        Of the office or place.
    """

    def import_table(self, table: str, frame: pd.DataFrame, *, act: Act, base: int) -> Version:
        """Replace a table, in one step; rows that stay the same go on, the others end or begin.

        Parameters
        ----------
        table : str
            A canonical table; all but ``points``.
        frame : DataFrame
            Canonical columns, in any CRS; as geogrid's readers return it. Other columns are left out.
        act : Act
            Who, from which day, why.
        base : int
            The version that the writer has seen.

        Raises
        ------
        ConflictError
            When the workspace is at another version; nothing was written.
        InputError
            When the table cannot be kept as it is, or the effective day goes back.
        BusyError, FullError
            When another writes for too long, or there is no room.
        """
        return self.import_tables({table: frame}, act=act, base=base)

    def import_tables(self, frames: Mapping[str, pd.DataFrame], *, act: Act, base: int) -> Version:
        """Replace several tables by one version: all of them, or none; see `import_table`."""
        rows = {}
        for table, frame in frames.items():
            require_table(self._definitions, table)
            rows[table] = to_rows(self._definitions, table, frame, self.crs)

        def work(connection: sa.Connection, entry: ledger.Entry) -> Collection[str]:
            for table, each in rows.items():
                replace_rows(connection, self._definitions, table, each, version=entry.version, effective=entry.effective)
            if "grids" in rows:
                note_codes(connection, self._definitions, entry.version)
            return list(rows)

        return self._write("import", act, base, work)

    def not_kept(self, table: str, frame: pd.DataFrame) -> tuple[str, ...]:
        """Return the columns of a table that `import_table` would leave out, so that somebody can be told."""
        require_table(self._definitions, table)
        return not_kept(self._definitions, table, frame)

    def write_boundaries(
        self, after: Boundaries, *, kind: str, act: Act, base: int, operations: Sequence[Operation] = ()
    ) -> Version:
        """Write grids and areas as a version: those that differ end and begin, with the successions that follow.

        Parameters
        ----------
        after : Boundaries
            All grids and areas, as they are to be.
        kind : str
            ``repair``, ``correct`` or ``import``; a plan is adopted with `adopt`.
        act, base
            As for `import_table`.
        operations : sequence of Operation
            What was done, for the record.

        Raises
        ------
        ConflictError
            When the workspace is at another version.
        InputError
            When land belongs to no grid, or the effective day goes back.
        """
        if kind not in WRITTEN_KINDS:
            raise InputError(NO_KIND.fill(kind=kind, known=", ".join(WRITTEN_KINDS)))
        require_complete(after)
        said = ledger.Carried("", tuple(each.to_record() for each in operations))
        return self._write(kind, act, base, lambda connection, entry: self._redraw(connection, entry, after), said)

    def adopt(self, plan_id: str, after: Boundaries, *, act: Act, base: int, operations: Sequence[Operation]) -> Version:
        """Make a saved plan the record, in one step: its rows, its successions and codes, its end, and why.

        Parameters
        ----------
        plan_id : str
            Of an open plan.
        after : Boundaries
            What comes of it.
        act : Act
            Who and why must be said.
        base : int
            The version that it was drawn on.
        operations : sequence of Operation
            Those of the plan, as saved.

        Raises
        ------
        ConflictError
            When the workspace is at another version, or the plan was changed or closed meanwhile.
        InputError
            When who or why is not said, land belongs to no grid, or the effective day goes back.
        NotFoundError
            When there is no such plan.
        """
        require_complete(after)

        def work(connection: sa.Connection, entry: ledger.Entry) -> Collection[str]:
            planning.require_same_operations(planning.open_plan(connection, self._definitions, plan_id), operations)
            planning.close_plan(connection, self._definitions, plan_id, planning.ADOPTED, adopted_in=entry.version)
            return self._redraw(connection, entry, after)

        said = ledger.Carried(plan_id, tuple(each.to_record() for each in operations))
        return self._write("adopt", act, base, work, said)

    def save_plan(self, plan: Plan, *, who: str = "") -> Plan:
        """Save a plan, and return it with its id and its next revision.

        Raises
        ------
        ConflictError
            When somebody else saved it since (``plan.revision`` is not the newest), it is closed, or its name is taken.
        """
        with self._writing() as connection:
            return planning.save_plan(connection, self._definitions, plan, who=who)

    def drop_plan(self, name_or_id: str) -> None:
        """Give an open plan up; it stays readable."""
        with self._writing() as connection:
            planning.close_plan(connection, self._definitions, name_or_id, planning.DROPPED)

    def erase(self, household_ids: Iterable[str], *, act: Act) -> Version:
        """Take households out of every version, for good; that there were some, and in which versions, stays provable.

        Raises
        ------
        NotFoundError
            When the workspace holds none of them.
        BusyError
            When the file could not be rid of their traces because somebody reads an old state: erase again. They are out of every
            table nonetheless.
        """
        ids = [str(each) for each in household_ids]

        def work(connection: sa.Connection, entry: ledger.Entry) -> Collection[str]:
            counts = erasing.erase(
                connection, self._definitions, ids, version=entry.version, effective=entry.effective, salt=self._meta["salt"]
            )
            if not counts:
                raise NotFoundError(NONE_OF_THEM.fill(n=len(ids)))
            return list(counts)

        try:
            version = self._write("erase", act, None, work)
        except NotFoundError:  # an erasure that was cut off before its end may have left traces
            self._scrub()
            raise
        self._scrub()
        return version

    def _scrub(self) -> None:
        self._access.outside(lambda connection: erasing.scrub(connection, wait_s=self._access.wait_s))

    def cache_statuses(self, key: str, codes: Mapping[str, npt.NDArray[np.uint8]]) -> None:
        """Keep codes of households' travel statuses by service, for speed; only the newest keys are kept."""
        with self._writing() as connection:
            statuses.keep(connection, self._definitions, key, codes)

    def _redraw(self, connection: sa.Connection, entry: ledger.Entry, after: Boundaries) -> Collection[str]:
        return write_boundaries(connection, self._definitions, after, entry, crs=self.crs)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that may write, unless a newer program has changed the format meanwhile."""
        with self._access.writing() as connection:
            opening.require_format(connection, self.path.name)
            yield connection

    def _write(
        self,
        kind: str,
        act: Act,
        base: int | None,
        work: Callable[[sa.Connection, ledger.Entry], Collection[str]],
        carried: ledger.Carried = ledger.NOTHING_CARRIED,
    ) -> Version:
        """Write a version: what some work writes, and its record, in one transaction."""
        with self._writing() as connection:
            head = ledger.head_of(connection, self._definitions)
            require_key(head, self._key)
            entry = ledger.next_entry(head, kind, act, base=base, time_zone=self.profile.time_zone, carried=carried)
            tables = work(connection, entry)
            touch(connection, self._definitions, tables)
            return ledger.record(connection, self._definitions, entry, tables=tables, key=self._key)
