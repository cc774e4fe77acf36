"""The ids that a step needs: as text, none missing, none repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 5


def unique_ids(frame: pd.DataFrame, column: str) -> list[str]:
    """Return the ids of a table as text.

    Parameters
    ----------
    frame : DataFrame
        Any table.
    column : str
        Name of its id column.

    Returns
    -------
    list of str
        In the order of the rows, without surrounding blanks.

    Raises
    ------
    InputError
        When the column is missing, or an id is empty or repeated.

    Examples
    --------
    >>> import pandas as pd
    >>> unique_ids(pd.DataFrame({"grid_id": ["007", 8]}), "grid_id")
    ['007', '8']
    """
    if column not in frame:
        raise InputError(
            Text(f"缺少列 {column}；请给每一行一个唯一的编号。", f"column {column} is missing; give every row an id of its own.")
        )
    ids = frame[column].astype("string").fillna("").str.strip()
    empty = int((ids == "").sum())
    repeated = sorted(set(ids[ids.duplicated() & (ids != "")]))
    if empty or repeated:
        shown = ", ".join(repeated[:_SHOWN]) + (" …" if len(repeated) > _SHOWN else "")
        raise InputError(
            Text(
                f"{column} 有 {empty} 行为空，有 {len(repeated)} 个编号重复（{shown or '无'}）；每一行要有唯一的编号。",
                f"{column} is empty in {empty} rows and {len(repeated)} ids are repeated ({shown or 'none'}); "
                "give every row an id of its own.",
            )
        )
    return [str(value) for value in ids]
