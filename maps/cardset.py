"""Everything that print files of notice cards are made of: what each card says and how much of it fits, and its facilities."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 -- part of a dataclass
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from geogrid.words import Text
from maps.cardfacts import card_grids, checked_url, chosen_grids, notices, private_columns
from maps.cardground import Ground
from maps.cardlayout import Fit, fit_notice, fit_pocket, trimmed
from maps.cardwords import LABELS, ROLES
from maps.qr import qr_code

if TYPE_CHECKING:
    from geogrid.facts import Facts
    from geogrid.words import Lang
    from maps.cardfacts import Notice
    from maps.cardground import Site
    from maps.markup import Html


@dataclass(frozen=True, eq=False)
class Card:
    """One grid's notice and contact card: all that it could say, what fits, and its facilities."""

    whole: Notice
    notice: Notice
    sites: Sequence[Site]
    sheet: Fit
    pocket: Fit

    @cached_property
    def code(self) -> Html | None:
        """Return the QR code of the grid's page, None where there is none; it stands on both cards."""
        return qr_code(self.notice.url) if self.notice.url else None


@dataclass(frozen=True, eq=False)
class CardSet:
    """The cards of one print file, or of several.

    ``private`` are columns that cards would print if the profile made them public; ``where`` says which grids these are, "" where
    what lies above them all says it.
    """

    facts: Facts
    ground: Ground
    cards: Sequence[Card]
    lang: Lang
    footnotes: Sequence[Text]
    private: Sequence[str]
    where: str = ""

    def part(self, positions: Sequence[int], where: str = "") -> CardSet:
        """Return some of the cards, for a print file of their own."""
        return replace(self, cards=[self.cards[at] for at in positions], where=where)

    def label(self, key: str, **values: object) -> str:
        """Return words that cards say, in their language."""
        return LABELS[key].fill(**values).say(self.lang)

    def roles(self, roles: Sequence[str]) -> str:
        """Return the names of roles in a row."""
        return Text("、", ", ").say(self.lang).join(ROLES[role].say(self.lang) for role in roles)

    @property
    def title(self) -> str:
        """Return what the profile calls a notice card."""
        return self.facts.profile.cards.title.say(self.lang)

    @property
    def place(self) -> str:
        """Return the names of what all grids lie in, from the top; the place's own where there is nothing."""
        common: list[str] = []
        for names in zip(*(card.notice.above for card in self.cards), strict=False):
            if len(set(names)) > 1:
                break
            common.append(names[0])
        return self.where or " · ".join(common) or self.facts.profile.name.say(self.lang)


def card_set(facts: Facts, grid_ids: Sequence[str] | None, *, public_url: str, lang: Lang, footnotes: Sequence[Text]) -> CardSet:
    """Return the cards of grids; parameters and errors as of `maps.cards.grid_cards`."""
    everything = card_grids(facts)
    rows = chosen_grids(everything, grid_ids)
    wholes = notices(facts, rows, public_url=checked_url(public_url), lang=lang)
    ground = Ground(facts, everything)
    sites = ground.sites(wholes)
    cards = [_card(whole, own) for whole, own in zip(wholes, sites, strict=True)]
    return CardSet(facts, ground, cards, lang, footnotes, private_columns(facts, rows))


def _card(whole: Notice, sites: Sequence[Site]) -> Card:
    notice = trimmed(whole)
    return Card(whole, notice, sites, fit_notice(notice, sites), fit_pocket(notice))
