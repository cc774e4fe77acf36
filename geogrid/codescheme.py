"""How a place writes the codes of its grids: one line of its profile, such as ``{county:6}{township:3}{village:3}{sequence:3}``.

A pattern is text with fields in braces. ``{sequence:3}`` is the running number inside one area, in so many digits; it stands
in every pattern once. The other fields are levels of the profile, side by side from the top down; together they are the code
of the area on the last of them, here a village's 6 + 3 + 3 digits. A single level without digits is that area's code as it is:
``FN-{village}-{sequence:2}``. Without any level, all grids are numbered as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from geogrid.errors import ProfileError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SEQUENCE = "sequence"
FIELD = re.compile(r"\{([a-z][a-z0-9_]*)(?::0?([1-9][0-9]?))?\}")
FIELD_FORM = r"\{[^{}]*\}"
SEQUENCE_NAME = Text("顺序号", "running number")
MOST_SEQUENCE_DIGITS = 9
AREA, NUMBER, LITERAL = "area", "number", "literal"


class CodeParts(NamedTuple):
    """What a code is made of: the code of its area ("" where the pattern has no level) and its running number."""

    area_code: str
    sequence: int


class Piece(NamedTuple):
    """A piece of a pattern: the area's code, the running number, or text that stands for itself."""

    kind: str
    text: str = ""


@dataclass(frozen=True)
class CodeScheme:
    """How codes are written; made by `code_scheme`.

    Attributes
    ----------
    pattern : str
        As in the profile.
    pieces : tuple of Piece
        In their order.
    digits : mapping
        Digits of the code of an area, by level from the top down, those of the levels above included; empty where the pattern
        takes a code as it is.
    level : str
        The level whose areas are numbered within; "" for all grids as one.
    sequence_digits : int
        Digits of the running number.
    names : mapping
        What the levels are called, where the profile says.
    """

    pattern: str
    pieces: tuple[Piece, ...]
    digits: Mapping[str, int]
    level: str
    sequence_digits: int
    names: Mapping[str, Text] = field(default_factory=dict, compare=False, repr=False)

    @property
    def last(self) -> int:
        """Return the largest running number."""
        return int(10**self.sequence_digits) - 1

    @property
    def area_regex(self) -> str:
        """Return the regular expression of the code of an area on `level`."""
        if not self.level:
            return ""
        return f"[0-9]{{{self.digits[self.level]}}}" if self.digits else r"\S+"

    @property
    def form(self) -> Text:
        """Return how a code looks, in words.

        Examples
        --------
        >>> GENERIC.form.en
        '15 digits: county 6, township 3, village 3, running number 3'
        >>> code_scheme("FN-{village}-{sequence:2}", {"village": Text("村", "village")}).form.zh
        '依次为：“FN-”、村代码、“-”、顺序号 2'
        """
        parts = [self._said(part) for part in re.split(f"({FIELD_FORM})", self.pattern) if part]
        listed = Text("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))
        if any(piece.kind == LITERAL for piece in self.pieces) or (self.level and not self.digits):
            return Text(f"依次为：{listed.zh}", f"in turn: {listed.en}")
        length = self.digits.get(self.level, 0) + self.sequence_digits
        return Text(f"{length} 位数字：{listed.zh}", f"{length} digits: {listed.en}")

    def _said(self, part: str) -> Text:
        """Return a part of the pattern in words."""
        found = FIELD.fullmatch(part)
        if found is None:
            return Text(f"“{part}”", repr(part))
        name = SEQUENCE_NAME if found[1] == SEQUENCE else self.names.get(found[1], Text(found[1], found[1]))
        if not found[2]:
            return Text(f"{name.zh}代码", f"the code of the {name.en}")
        return Text(f"{name.zh} {int(found[2])}", f"{name.en} {int(found[2])}")

    @property
    def regex(self) -> str:
        r"""Return the regular expression of a whole code, with the groups ``area`` and ``number``; numbers begin with 1.

        Examples
        --------
        >>> code_scheme("FN-{village}-{sequence:2}", ["village"]).regex
        'FN\\-(?P<area>\\S+)\\-(?P<number>(?!0{2})[0-9]{2})'
        """
        number = f"(?P<number>(?!0{{{self.sequence_digits}}})[0-9]{{{self.sequence_digits}}})"
        known = {AREA: f"(?P<area>{self.area_regex})", NUMBER: number}
        return "".join(known.get(piece.kind, re.escape(piece.text)) for piece in self.pieces)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.regex)

    def takes(self, area_code: str) -> bool:
        """Return whether the code of an area can be a part of the code of a grid.

        Examples
        --------
        >>> GENERIC.takes("990101100001"), GENERIC.takes("990101100")
        (True, False)
        """
        return re.fullmatch(self.area_regex, area_code) is not None

    def write(self, area_code: str, sequence: int) -> str:
        """Return the code of a grid.

        Examples
        --------
        >>> GENERIC.write("990101100001", 7)
        '990101100001007'
        """
        known = {AREA: area_code, NUMBER: f"{sequence:0{self.sequence_digits}d}"}
        return "".join(known.get(piece.kind, piece.text) for piece in self.pieces)

    def read(self, code: str) -> CodeParts | None:
        """Return the parts of a code, None where it is not written as the pattern says.

        Examples
        --------
        >>> GENERIC.read("990101100001007"), GENERIC.read("99010110000100７")
        (CodeParts(area_code='990101100001', sequence=7), None)
        """
        found = self._compiled.fullmatch(code)
        return None if found is None else CodeParts(found.groupdict().get("area", ""), int(found["number"]))


def code_scheme(pattern: str, levels: Collection[str] | Mapping[str, Text]) -> CodeScheme:
    """Read a pattern.

    Parameters
    ----------
    pattern : str
        See the module.
    levels : collection of str, or mapping
        Ids of the profile's levels; with what they are called, if it is a mapping.

    Raises
    ------
    ProfileError
        When the pattern is empty, or cannot be understood.

    Examples
    --------
    >>> scheme = code_scheme("{county:6}{township:3}{village:3}{sequence:3}", ["county", "township", "village", "grid"])
    >>> scheme.level, dict(scheme.digits), scheme.last
    ('village', {'county': 6, 'township': 9, 'village': 12}, 999)
    """
    fields = [(match[1], int(match[2] or 0)) for match in FIELD.finditer(pattern)]
    named = [field for field in fields if field[0] != SEQUENCE]
    sequences = [digits for name, digits in fields if name == SEQUENCE]
    _require_sequence(pattern, sequences)
    _require_levels(pattern, [name for name, _ in named], levels)
    pieces = _pieces(pattern)
    _require_together(pattern, named, pieces)
    names = dict(levels) if isinstance(levels, Mapping) else {}
    digits, total = {}, 0
    for name, width in named:
        total += width
        digits[name] = total
    return CodeScheme(pattern, pieces, digits if total else {}, named[-1][0] if named else "", sequences[0], names)


def _pieces(pattern: str) -> tuple[Piece, ...]:
    """Cut a pattern; levels side by side are one piece."""
    pieces: list[Piece] = []
    end = 0
    for match in FIELD.finditer(pattern):
        if match.start() > end:
            pieces.append(Piece(LITERAL, pattern[end : match.start()]))
        kind = NUMBER if match[1] == SEQUENCE else AREA
        if kind == NUMBER or not pieces or pieces[-1].kind != AREA:
            pieces.append(Piece(kind))
        end = match.end()
    return (*pieces, Piece(LITERAL, pattern[end:])) if end < len(pattern) else tuple(pieces)


def _require_sequence(pattern: str, sequences: Sequence[int]) -> None:
    if not pattern:
        raise ProfileError(
            Text(
                "配置没有写 code_pattern（网格代码的写法）；请补上，如 {village}{sequence:3}",
                "the profile has no code_pattern, so grids have no codes; add one, e.g. {village}{sequence:3}",
            )
        )
    is_numbered = len(sequences) == 1 and 0 < sequences[0] <= MOST_SEQUENCE_DIGITS
    if not is_numbered or set("{}") & set(FIELD.sub("", pattern)) or pattern != pattern.strip():
        text = Text(
            "code_pattern“{pattern}”应由文字、各级区域如 {{village:3}} 和恰好一个顺序号如 {{sequence:3}}（1～9 位）组成，"
            "前后不留空格",
            "code_pattern {pattern!r} must be text, levels such as {{village:3}} and exactly one running number such as "
            "{{sequence:3}} (1 to 9 digits), without blanks around it",
        )
        raise ProfileError(text.fill(pattern=pattern))


def _require_levels(pattern: str, names: Sequence[str], levels: Collection[str]) -> None:
    known = list(levels)
    unknown = [name for name in names if name not in known]
    places = [known.index(name) for name in names if name in known]
    if unknown or places != sorted(set(places)):
        text = Text(
            "code_pattern“{pattern}”中的级别应为配置的 levels（{known}），自上而下，各写一次",
            "code_pattern {pattern!r}: its levels must be levels of the profile ({known}), from the top down, each once",
        )
        raise ProfileError(text.fill(pattern=pattern, known=", ".join(known)))


def _require_together(pattern: str, named: Sequence[tuple[str, int]], pieces: Sequence[Piece]) -> None:
    areas = sum(piece.kind == AREA for piece in pieces)
    if areas > 1 or (len(named) > 1 and not all(digits for _, digits in named)):
        text = Text(
            "code_pattern“{pattern}”中的各级区域应紧挨着写，并都写明位数；只写一级时可不写位数",
            "code_pattern {pattern!r}: levels must stand side by side, each with its digits; a single one may go without",
        )
        raise ProfileError(text.fill(pattern=pattern))


GENERIC = code_scheme("{county:6}{township:3}{village:3}{sequence:3}", ("county", "township", "village"))
"""15 digits, as in the generic profile."""
