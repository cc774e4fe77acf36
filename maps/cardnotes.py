"""What whoever prints notice cards has to know: no codes and why, what is private, vacant, missing or cut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.words import Text
from maps.cardfacts import has_phones
from maps.cardwords import COLUMNS, NOTES, ROLES, told
from maps.qr import modules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maps.cardfacts import Notice
    from maps.cardset import Card, CardSet

FINEST = 80
"""Most modules, the free ones included, of a code on a contact card: at 21 mm one is a quarter of a millimetre."""


def card_notes(cards: CardSet) -> tuple[Text, ...]:
    """Return what to know of some cards before they are put up."""
    found = [_of_the_place(cards), _of_grids([card.notice for card in cards.cards])]
    return tuple(note for notes in (*found, _of_texts(cards.cards), _of_sizes(cards.cards)) for note in notes)


def _of_the_place(cards: CardSet) -> list[Text]:
    """Return notes about what was not given, or is not public."""
    facts, columns, found = cards.facts, cards.private, []
    if not any(card.notice.url for card in cards.cards):
        found.append(NOTES["no_url"])
    if facts.staff is None:
        found.append(NOTES["no_staff"])
    elif "phone" in facts.staff and not has_phones(facts):
        found.append(NOTES["phones"])
    if columns:
        zh, en = ("、".join(COLUMNS[c].zh for c in columns), ", ".join(COLUMNS[c].en for c in columns))
        found.append(Text(NOTES["private"].zh.format(columns=zh), NOTES["private"].en.format(columns=en)))
    return found


def _of_grids(notices: Sequence[Notice]) -> list[Text]:
    """Return notes about grids that lack something."""
    lacking = {
        "supervision": [one.name for one in notices if not one.supervision_phone],
        "no_duties": [one.name for one in notices if not one.duties],
        "no_shape": [one.name for one in notices if one.shape is None],
    }
    vacant = {role: [one.name for one in notices if role in one.vacant] for role in ROLES}
    found = [told("vacant", names, role=ROLES[role]) for role, names in vacant.items() if names]
    return found + [told(key, names) for key, names in lacking.items() if names]


def _of_texts(cards: Sequence[Card]) -> list[Text]:
    """Return a note about grids of whose name, code or phone only the beginning is printed."""
    cut = [card.notice.name for card in cards if replace(card.notice, above=card.whole.above) != card.whole]
    return [told("cut_text", cut)] if cut else []


def _of_sizes(cards: Sequence[Card]) -> list[Text]:
    """Return notes about cards that cannot hold everything."""
    sides = [(card.notice, modules(card.notice.url)) for card in cards]
    wrong = {
        "cut_notice": [card.notice.name for card in cards if card.sheet.is_cut],
        "cut_pocket": [card.notice.name for card in cards if card.pocket.is_cut],
        "fine": [one.name for one, wide in sides if wide > FINEST],
        "long": [one.name for one, wide in sides if one.url and not wide],
    }
    return [told(key, names) for key, names in wrong.items() if names]
