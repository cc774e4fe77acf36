"""Travel statuses of households, kept for speed alone: no part of the record, and gone when somebody is erased."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geogrid.workspace.definitions import Definitions

    Codes = npt.NDArray[np.uint8]

MOST_KEYS = 4
"""How many sets are kept; the oldest go first."""


def cached(connection: sa.Connection, definitions: Definitions, key: str) -> dict[str, Codes]:
    """Return the codes kept under a key, by service; nothing where there are none."""
    kept = definitions["travel_statuses"]
    rows = connection.execute(sa.select(kept.c.service, kept.c.codes).where(kept.c.key == key).order_by(kept.c.service)).all()
    return {service: np.frombuffer(codes, dtype=np.uint8) for service, codes in rows}


def keep(connection: sa.Connection, definitions: Definitions, key: str, codes: Mapping[str, Codes]) -> None:
    """Keep codes under a key, in place of what was there, and drop what is old."""
    kept, now = definitions["travel_statuses"], dt.datetime.now(dt.UTC).isoformat()
    connection.execute(kept.delete().where(kept.c.key == key))
    rows = [
        {"key": key, "service": service, "codes": np.asarray(each, dtype=np.uint8).tobytes(), "kept_at": now}
        for service, each in codes.items()
    ]
    if rows:
        connection.execute(kept.insert(), rows)
    newest = sa.select(kept.c.key).group_by(kept.c.key).order_by(sa.func.max(kept.c.kept_at).desc()).limit(MOST_KEYS)
    recent = list(connection.execute(newest).scalars())
    connection.execute(kept.delete().where(kept.c.key.not_in(recent)))
