"""What is written about a fault of ours: its kind, and where it arose; never its text or a value, which may be a household's."""

from __future__ import annotations

import traceback


def told(error: BaseException) -> str:
    """Return the kind of an error with the file, line and function of each frame, and those of the errors that it came of.

    Of one in a process of ours, those there too.

    Examples
    --------
    >>> told(ValueError("甲家庭"))
    'ValueError'
    """
    chain: list[BaseException] = []
    of: BaseException | None = error
    while of is not None and of not in chain:
        chain.append(of)
        of = of.__cause__ or of.__context__
    return "\n".join(line for each in chain for line in _lines(each))


def places_of(error: BaseException | None) -> tuple[str, ...]:
    """Return where an error arose in a process of ours that reads files, if that is known."""
    return tuple(getattr(error, "places", ()))


def _lines(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [type(error).__name__, *(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)]
    return [*own, *places_of(error)]
