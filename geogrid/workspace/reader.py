"""An open workspace as those see it who only read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from geogrid.boundaries import Boundaries
from geogrid.workspace import asking, ledger, planning, statuses
from geogrid.workspace.backup import backup
from geogrid.workspace.outside import verify_all
from geogrid.workspace.reading import held_keys, key_names, read_table, require_table

if TYPE_CHECKING:
    import datetime as dt
    from types import TracebackType

    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import sqlalchemy as sa

    from geogrid.plans import Plan
    from geogrid.workspace.asking import Whereabouts
    from geogrid.workspace.ledger import Act, InForce, Version
    from geogrid.workspace.opening import Opened
    from geogrid.workspace.verification import Verification


class Reader:
    """What `geogrid.store.Workspace` can be asked, each question in a transaction of its own that sees one state.

    Without a day or version `read` and `boundaries` return the newest version, on which writers build; it may take effect later.
    What is in force today is ``version=workspace.in_force().version.version``.
    """

    def __init__(self, opened: Opened, *, key: bytes | None) -> None:
        self._access, self._definitions, self._key = opened.access, opened.definitions, key
        self._meta = opened.meta
        self.path, self.crs, self.profile = opened.access.path, opened.crs, opened.profile
        self.profile_id, self.name = self.profile.id, opened.meta.get("name", "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._access.close()

    @property
    def head(self) -> Version:
        """Return the newest version; it may take effect later than today, see `in_force`."""
        with self._access.reading() as connection:
            return ledger.head_of(connection, self._definitions)

    def in_force(self) -> InForce:
        """Return the version in force today, in the profile's time zone, and those that take effect later."""
        with self._access.reading() as connection:
            return ledger.in_force(connection, self._definitions, time_zone=self.profile.time_zone)

    def require_day(self, act: Act) -> None:
        """Refuse a day of effect before any work is done for it.

        Raises
        ------
        InputError
            When it goes back, or must be said because the newest version takes effect later than today.
        """
        ledger.next_entry(self.head, "import", act, base=None, time_zone=self.profile.time_zone)

    def versions(self) -> pd.DataFrame:
        """Return the ledger, a row per version, with the columns of `Version`."""
        with self._access.reading() as connection:
            return ledger.all_versions(connection, self._definitions)

    def version_on(self, day: dt.date) -> Version:
        """Return the version that held on a day: of several with effect from one day, the last.

        Raises
        ------
        NotFoundError
            When the day is before the first version's.
        """
        with self._access.reading() as connection:
            return ledger.version_on(connection, self._definitions, day)

    def read(self, table: str, *, on: dt.date | None = None, version: int | None = None) -> Any:
        """Return a table as it is in the newest version, on a day, or in another version.

        Parameters
        ----------
        table : str
            A canonical table; all but ``points``.
        on : date, optional
            The day.
        version : int, optional
            The version; it goes before ``on``.

        Returns
        -------
        GeoDataFrame
            All canonical columns, with a RangeIndex, in the workspace's CRS; a DataFrame for a table without shapes.

        Raises
        ------
        NotFoundError
            When there is no such table, day or version.
        """
        require_table(self._definitions, table)
        with self._access.reading() as connection:
            return read_table(connection, self._definitions, table, version=self._number(connection, on, version), crs=self.crs)

    def key_names(self, table: str) -> tuple[str, ...]:
        """Return the columns that name a row of a table: its id, or those that no two rows share."""
        return key_names(self._definitions, table)

    def keys(self, table: str) -> list[tuple[str, ...]]:
        """Return what names each row of a table in the newest version: the values of `key_names`, as text."""
        with self._access.reading() as connection:
            return held_keys(connection, self._definitions, table)

    def boundaries(self, *, on: dt.date | None = None, version: int | None = None) -> Boundaries:
        """Return grids and areas as they are in the newest version, on a day, or in another version."""
        with self._access.reading() as connection:
            number = self._number(connection, on, version)
            grids, areas = (
                read_table(connection, self._definitions, table, version=number, crs=self.crs) for table in ("grids", "areas")
            )
        return Boundaries.of(grids, areas, crs=self.crs)

    def as_of(self, day: dt.date) -> Boundaries:
        """Return grids and areas as they were on a day."""
        return self.boundaries(on=day)

    def history(self, grid_id: str) -> pd.DataFrame:
        """Return what became of a grid.

        Returns
        -------
        DataFrame
            A row for every version in which the grid began, changed or ended: version, effective, kind (of the version), change
            (began, changed, ended; "" where it only passed land on), columns (that changed), area_m2, area_change_m2,
            predecessors, successors (ids), succession (split, merge, replace, redraw), who, reason, approval, plan_id,
            recorded_at.

        Raises
        ------
        NotFoundError
            When there never was such a grid.
        """
        with self._access.reading() as connection:
            return asking.history(connection, self._definitions, str(grid_id), crs=self.crs)

    def where(self, household_id: str, on: dt.date) -> Whereabouts:
        """Return which grid a household was in on a day, by its place and the borders of that day.

        Raises
        ------
        NotFoundError
            When the day is before the workspace's first.
        """
        with self._access.reading() as connection:
            return asking.where(connection, self._definitions, str(household_id), on, crs=self.crs, meta=self._meta)

    def codes_used(self) -> dict[str, str]:
        """Return every code that a grid ever had, and the grid that had it first."""
        with self._access.reading() as connection:
            return asking.codes_used(connection, self._definitions)

    def ids_used(self) -> frozenset[str]:
        """Return every id that a grid ever had."""
        with self._access.reading() as connection:
            return asking.ids_used(connection, self._definitions)

    def plans(self) -> pd.DataFrame:
        """Return every plan, a row each: its id, name, base version, revision, status, locked grids, how many operations ..."""
        with self._access.reading() as connection:
            return planning.all_plans(connection, self._definitions)

    def plan(self, name_or_id: str) -> Plan:
        """Return a plan by its name or id.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        with self._access.reading() as connection:
            return planning.open_plan(connection, self._definitions, name_or_id)

    def verify(self, key: bytes | None = None, *, expected_head: str | None = None) -> Verification:
        """Recompute the chain from the rows, and say what does not fit; see `geogrid.workspace.verification` and `.outside`.

        Parameters
        ----------
        key : bytes, optional
            Of the HMACs; by default the one that the workspace was opened with.
        expected_head : str, optional
            A hash from an adoption sheet.
        """
        with self._access.reading() as connection:
            return verify_all(connection, self._definitions, self.crs, key=key or self._key, expected_head=expected_head)

    def backup(self, target: str | Path) -> Path:
        """Copy the workspace as it is at one moment, while others read and write; return the copy's path."""
        return backup(self.path, Path(target))

    def cached_statuses(self, key: str) -> dict[str, npt.NDArray[np.uint8]]:
        """Return what was kept under a key with `cache_statuses`, by service; nothing where there is none."""
        with self._access.reading() as connection:
            return statuses.cached(connection, self._definitions, key)

    def _number(self, connection: sa.Connection, on: dt.date | None, version: int | None) -> int | None:
        """Return the number of the version asked for; None for the newest."""
        if version is not None:
            return ledger.numbered(connection, self._definitions, version).version
        return None if on is None else ledger.version_on(connection, self._definitions, on).version
