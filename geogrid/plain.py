"""Values of tables as JSON and spreadsheets can hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from geogrid.words import Text


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: numbers, text, lists; NA and NaN as None.

    Examples
    --------
    >>> plain(np.float64("nan")), plain(np.int64(3)), plain((1, pd.NA))
    (None, 3, [1, None])
    """
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if pd.isna(value) else value


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as JSON holds them, without geometry."""
    columns = [c for c in frame.columns if c != "geometry"]
    return [plain(dict(zip(columns, row, strict=True))) for row in frame[columns].itertuples(index=False, name=None)]


def both(text: Text) -> dict[str, str]:
    """Return a message in both languages as JSON holds it."""
    return {"zh": text.zh, "en": text.en}
