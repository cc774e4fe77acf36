"""The list of print files of notice cards: whose grids are in each, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from maps.cardpages import document, heading, page_count
from maps.markup import Html, element

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maps.cardset import CardSet


def index_page(cards: CardSet, files: Sequence[tuple[str, CardSet]]) -> str:
    """Return a page that lists print files.

    Parameters
    ----------
    cards : CardSet
        All cards.
    files : sequence of pair of str and CardSet
        The name of each file, which stands beside this page, and its cards.
    """
    rows = [_row(number, name, part) for number, (name, part) in enumerate(files, 1)]
    listed = element("div", element("ul", *rows), class_="contents files")
    pages = sum(page_count(part) for _, part in files)
    body = element("section", *heading(cards, pages), element("h2", cards.label("files", n=len(files))), listed, class_="cover")
    return document(cards, f"{cards.place} {cards.title}", [body])


def _row(number: int, name: str, part: CardSet) -> Html:
    link = element("a", part.place, href=quote(name))
    return element("li", element("b", number), element("span", link), element("i", part.label("grids", n=len(part.cards))))
