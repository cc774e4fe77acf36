"""HTML and SVG built from parts, where text is always text: a plain string is escaped, only what `element` made is markup."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

VOID = frozenset({"meta", "br", "hr", "img", "link", "input", "col"})
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""Characters that no name needs: controls, lone surrogates, and marks that turn the reading direction around."""


class Html(str):
    """A string that is markup already and is not escaped again."""

    __slots__ = ()


def text(value: object) -> Html:
    """Return a value as harmless text, inside an element or a quoted attribute.

    Examples
    --------
    >>> text("<b>{{7*7}}</b>")
    '&lt;b&gt;{{7*7}}&lt;/b&gt;'
    """
    return Html(_escaped(value))


def _escaped(value: object) -> str:
    """Return `text` as a plain string, which costs less; what can be printed has nothing of `UNPRINTABLE`."""
    said = str(value)
    return html.escape(said if said.isprintable() else UNPRINTABLE.sub("\ufffd", said))


def joined(children: Iterable[object]) -> Html:
    """Return children one after the other; None is left out.

    Examples
    --------
    >>> joined([element("b", "1 < 2"), None, " & so on"])
    '<b>1 &lt; 2</b> &amp; so on'
    """
    return Html("".join([child if isinstance(child, Html) else _escaped(child) for child in children if child is not None]))


def element(name: str, /, *children: object, **attributes: object) -> Html:
    """Return one element; an attribute's underscores become hyphens, a last underscore is dropped, None and False leave it out.

    Examples
    --------
    >>> element("td", 'a "b"', class_="num", data_id="<1>")
    '<td class="num" data-id="&lt;1&gt;">a &quot;b&quot;</td>'
    >>> element("br")
    '<br>'
    """
    inside = "".join([_attribute(key, value) for key, value in attributes.items() if value is not None and value is not False])
    if name in VOID:
        return Html(f"<{name}{inside}>")
    return Html(f"<{name}{inside}>{joined(children)}</{name}>")


def raw(name: str, content: str, /, **attributes: object) -> Html:
    """Return a style or script element around content of our own; content that could close the element is refused.

    Examples
    --------
    >>> raw("style", "a{b:c}")
    '<style>a{b:c}</style>'
    """
    if "</" in content:
        raise ValueError(f"content of <{name}> must not hold '</': keep it in strings that are split")
    inside = "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f"<{name}{inside}>{content}</{name}>")


def _attribute(key: str, value: object) -> str:
    name = _written(key)
    return f" {name}" if value is True else f' {name}="{_escaped(value)}"'


@cache
def _written(key: str) -> str:
    """Return an attribute's name as a page has it; there are few."""
    return key.rstrip("_").replace("_", "-")
