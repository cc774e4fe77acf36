"""Values of tables as JSON and spreadsheets can hold them."""

from __future__ import annotations

import datetime as dt
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from geogrid.words import Text


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: numbers, text, lists; NA, NaN and what is infinite as None.

    Examples
    --------
    >>> plain(np.float64("nan")), plain(np.int64(3)), plain((1, pd.NA, float("inf")))
    (None, 3, [1, None, None])
    """
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if pd.isna(value) or (isinstance(value, float) and not isfinite(value)) else value


def as_json(value: Any) -> Any:
    """Return settings, a profile or a part of them as JSON holds it: from what is returned, the same can be made again.

    Examples
    --------
    >>> as_json({"name": Text("村", "village"), "on": dt.date(2024, 5, 1), "levels": (1, 2)})
    {'name': {'zh': '村', 'en': 'village'}, 'on': '2024-05-01', 'levels': [1, 2]}
    """
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return as_json(dict(value))
    if hasattr(value, "items"):
        return {str(key): as_json(each) for key, each in value.items()}
    return [as_json(each) for each in value] if isinstance(value, tuple | list) else value


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as JSON holds them, without geometry."""
    columns = [c for c in frame.columns if c != "geometry"]
    return [plain(dict(zip(columns, row, strict=True))) for row in frame[columns].itertuples(index=False, name=None)]


def both(text: Text) -> dict[str, str]:
    """Return a message in both languages as JSON holds it."""
    return {"zh": text.zh, "en": text.en}
