"""Notice cards (公示牌): for each grid an A4 page to hang up and a contact card to hand out, in print files of one township each.

Contact cards are 90 × 54 mm, printed as front and back beside each other: cut along the marks, fold in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 -- part of a public dataclass
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geogrid.words import Text  # noqa: TC001 -- part of a public dataclass
from maps.cardareas import print_areas
from maps.cardindex import index_page
from maps.cardnotes import card_notes
from maps.cardpages import print_file
from maps.cardset import CardSet, card_set

if TYPE_CHECKING:
    from geogrid.facts import Facts
    from geogrid.words import Lang


@dataclass(frozen=True)
class Cards:
    """Notice cards of some grids.

    Attributes
    ----------
    html : str
        One page to print on A4: a cover that lists the grids, a notice per grid, then the contact cards.
    grids : int
        How many grids have a card.
    notes : tuple of Text
        What whoever prints them has to know: no codes and why, what is private, vacant or cut.
    """

    html: str
    grids: int
    notes: tuple[Text, ...]


@dataclass(frozen=True, eq=False)
class CardFile:
    """One print file: its name, whose grids are in it, and how many."""

    name: str
    title: str
    grids: int
    cards: CardSet = field(repr=False)

    def html(self) -> str:
        """Make the page; it is large, so write it before the next one is made."""
        return print_file(self.cards)


@dataclass(frozen=True, eq=False)
class CardFolder:
    """Notice cards of a place, in one print file per area.

    Attributes
    ----------
    files : tuple of CardFile
        Every grid is in exactly one.
    level : Text or None
        What the areas are called; None where all grids are in one file.
    index : str
        A page that lists the files.
    notes : tuple of Text
        What whoever prints them has to know, of all files together.
    """

    files: tuple[CardFile, ...]
    level: Text | None
    index: str
    notes: tuple[Text, ...]


def grid_cards(
    facts: Facts,
    grid_ids: Sequence[str] | None,
    *,
    public_url: str = "",
    lang: Lang = "zh",
    footnotes: Sequence[Text] = (),
) -> Cards:
    """Make the notice cards of grids as one print file.

    Parameters
    ----------
    facts : Facts
        The place, of the office; only what the profile makes public of its grids is printed.
    grid_ids : sequence of str or None
        Which grids, larger ones and those of projects too; None for all of the smallest standing ones.
    public_url : str
        Where grids' public pages stand (``GEOGRID_PUBLIC_URL``): a code leads to ``{public_url}/grids/{grid_id}``; "" for none.
    lang : "zh" or "en"
        Language of the cards; names stay as they are in the data.
    footnotes : sequence of Text
        Printed small on every notice: whose data the streets are, or that all is made up.

    Returns
    -------
    Cards
        The print file, and what to know of it.

    Raises
    ------
    NotFoundError
        If there is no grid of an id.
    InputError
        If there is no grid at all, or ``public_url`` is no address of a page.
    """
    cards = card_set(facts, grid_ids, public_url=public_url, lang=lang, footnotes=footnotes)
    return Cards(print_file(cards), len(cards.cards), card_notes(cards))


def card_folder(facts: Facts, *, public_url: str = "", lang: Lang = "zh", footnotes: Sequence[Text] = ()) -> CardFolder:
    """Make the notice cards of all of the smallest standing grids, a print file per township.

    There is one per area of the highest level of which several hold grids: townships, else villages; else all are in one. Grids
    in no such area have a file of their own.

    Parameters
    ----------
    facts, public_url, lang, footnotes
        As of `grid_cards`.

    Returns
    -------
    CardFolder
        The files, whose pages are made one at a time, and a page that lists them.

    Raises
    ------
    InputError
        If there is no grid at all, or ``public_url`` is no address of a page.
    """
    cards = card_set(facts, None, public_url=public_url, lang=lang, footnotes=footnotes)
    level, areas = print_areas(facts, [card.whole for card in cards.cards], lang)
    parts = [(area, cards.part(area.positions, area.where)) for area in areas]
    files = tuple(CardFile(f"{area.file}.html", part.place, len(part.cards), part) for area, part in parts)
    return CardFolder(files, level, index_page(cards, [(one.name, one.cards) for one in files]), card_notes(cards))
