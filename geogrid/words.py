"""Text in the interface's two languages.

A message stands where it is used, as a pair; nothing else in the product knows how many languages there are.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")

DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks that turn the direction of what follows them: no name needs one, and with one a text reads as another."""
_NO_DIRECTIONS = dict.fromkeys(map(ord, DIRECTIONS))


def undirected(text: str) -> str:
    r"""Return a text without marks that turn its direction.

    Examples
    --------
    >>> undirected("网格\u202e一")
    '网格一'
    """
    return text.translate(_NO_DIRECTIONS)


class Text(NamedTuple):
    """One message in Chinese and in English.

    Examples
    --------
    >>> Text("{n} 户", "{n} households").fill(n=3).say("zh")
    '3 户'
    """

    zh: str
    en: str

    def say(self, lang: Lang) -> str:
        """Return the message in one language."""
        return self.zh if lang == "zh" else self.en

    def fill(self, **values: object) -> Text:
        """Put values into the placeholders of both languages; the values are data and are never formatted again."""
        return Text(self.zh.format(**values), self.en.format(**values))
