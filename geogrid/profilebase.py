"""A profile's file with what it takes from its base: everything it does not say itself.

Tables are joined key by key, all else (numbers, texts, lists) is replaced whole. ``without`` lists keys of the base to leave out
(``"services.day_care"``). ``[variants.rural]`` holds keys that replace others when the profile is asked for as ``name:rural``.
A number that replaces the base's needs a source of its own in the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.errors import ProfileError
from geogrid.profilechecks import NUMBERS
from geogrid.profilefile import file_text, parsed
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

BASE, WITHOUT, VARIANTS = "base", "without", "variants"
DEEPEST = 10
LOOP = Text("base 互相引用：{chain}；请删去其中一个 base", "base goes round in a ring: {chain}; remove one of these bases")
TOO_DEEP = Text("base 一个接一个超过 {n} 层：{chain}；请减少层数", "more than {n} bases build on one another: {chain}; use fewer")
NO_TABLE = Text("{key} 应为{zh}", "{key} must be {en}")
NOT_THERE = Text("without：没有“{key}”可去掉", "without: there is no {key!r} to leave out")
NO_VARIANT = Text("没有“{variant}”这个变体；可用：{listed}", "has no variant {variant!r}; known: {listed}")
NO_SOURCE = Text(
    "{key} 与 {base} 不同，请在本文件的 [sources.{key}] 写明出处",
    "{key} differs from that of {base}; say where it comes from under [sources.{key}] of this file",
)


def read_with_base(path: Path, variant: str, find: Callable[[str], Path]) -> dict[str, Any]:
    """Return the keys of a profile's file and of the files it builds on.

    Parameters
    ----------
    path : Path
        A TOML file.
    variant : str
        A key under ``variants``, or "".
    find : callable
        Gives the file of a base's name.

    Raises
    ------
    ProfileError
        A file cannot be read, or ``base``, ``without`` or ``variant`` names what is not there.
    """
    merged = _read(path, find, ())
    variants = merged.pop(VARIANTS, {})
    if not variant:
        return merged
    if variant not in variants:
        raise ProfileError(file_text(path, NO_VARIANT.fill(variant=variant, listed=", ".join(variants) or "—")))
    return _joined(merged, variants[variant])


def _read(path: Path, find: Callable[[str], Path], below: tuple[Path, ...]) -> dict[str, Any]:
    own = parsed(path)
    base, without = own.pop(BASE, ""), own.pop(WITHOUT, [])
    for key, value, kind, zh, en in (
        (BASE, base, str, "一个配置的名称", "the name of a profile"),
        (WITHOUT, without, list, "列表", "a list"),
        (VARIANTS, own.get(VARIANTS, {}), dict, "一个表", "a table"),
    ):
        if not isinstance(value, kind):
            raise ProfileError(file_text(path, NO_TABLE.fill(key=key, zh=zh, en=en)))
    if not base:
        return own
    chain, file = (*below, path), _beside(path, base, find)
    _require_end(file, chain)
    known = _read(file, find, chain)
    _require_sources(path, own, known, base)
    for key in without:
        _leave_out(path, known, str(key))
    return _joined(known, own)


def _beside(path: Path, base: str, find: Callable[[str], Path]) -> Path:
    """Return the file of a base; one given by its path is meant from the folder of the file that names it."""
    return path.parent / base if base.endswith(".toml") else find(base)


def _require_end(file: Path, chain: tuple[Path, ...]) -> None:
    """Refuse a base that is one of the files that build on it, however they are written, and a chain of too many."""
    said = " → ".join(each.stem for each in (*chain, file))
    if file.resolve() in {each.resolve() for each in chain}:
        raise ProfileError(file_text(chain[-1], LOOP.fill(chain=said)))
    if len(chain) > DEEPEST:
        raise ProfileError(file_text(chain[-1], TOO_DEEP.fill(chain=said, n=DEEPEST)))


def _require_sources(path: Path, own: Mapping[str, Any], known: Mapping[str, Any], base: str) -> None:
    """Refuse a number that differs from the base's and would borrow its source."""
    sources = own.get("sources", {})
    for key in NUMBERS:
        if key in own and own[key] != known.get(key) and isinstance(sources, dict) and key not in sources:
            raise ProfileError(file_text(path, NO_SOURCE.fill(key=key, base=base)))


def _leave_out(path: Path, known: dict[str, Any], key: str) -> None:
    *above, last = key.split(".")
    table: Any = known
    for part in above:
        table = table.get(part) if isinstance(table, dict) else None
    if not isinstance(table, dict) or last not in table:
        raise ProfileError(file_text(path, NOT_THERE.fill(key=key)))
    del table[last]


def _joined(known: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, table by table; a text in both languages is one value."""
    joined = dict(known)
    for key, value in own.items():
        there = joined.get(key)
        if isinstance(value, dict) and isinstance(there, dict) and value.keys() != {"zh", "en"}:
            joined[key] = _joined(there, value)
        else:
            joined[key] = value
    return joined
