"""Notice cards as pages for the printer: a cover, A4 notices, then contact cards of 90 × 54 mm, front and back beside each other.

The pages have no script and ask no other host for anything; texts of the data are text.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geogrid.words import Text
from maps import assets
from maps.cardlayout import LONG_PHONE, MOST_CONTACT, SHEET_MM, name_size, people_across, shortened, width
from maps.cardmap import badge, picture
from maps.cardnotes import FINEST, card_notes
from maps.document import HTML_LANG, content_security_policy
from maps.markup import Html, element, joined, raw
from maps.qr import modules
from maps.style import CARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maps.cardfacts import Notice, Person
    from maps.cardground import Site
    from maps.cardlayout import Fit
    from maps.cardset import Card, CardSet

PER_PAGE = 5
"""Contact cards on a page: front and back beside each other, five rows of 54 mm."""
CARD_MM = (90.0, 54.0)
POCKET_MAP_MM = (43.0, 54.0)
MOST_TITLE, MOST_WHERE = 14, 44
"""Characters of a title, and of the areas above, that a notice has in large letters."""


def print_file(cards: CardSet) -> str:
    """Return one page to print on A4: a cover that lists the grids, a notice per grid, then the contact cards."""
    sheets = (_notice(cards, number, card) for number, card in enumerate(cards.cards, 1))
    starts = range(0, len(cards.cards), PER_PAGE)
    handed = (_pocket_page(cards, cards.cards[start : start + PER_PAGE]) for start in starts)
    return document(cards, f"{cards.place} {cards.title}", [_cover(cards), *sheets, *handed])


def document(cards: CardSet, title: str, sections: Sequence[Html]) -> str:
    """Return a whole page with the style of cards, which nothing else may style, script or frame into."""
    style = _stylesheet()
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=content_security_policy(style)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        raw("style", style),
    ]
    body = element("body", *sections)
    return f"<!DOCTYPE html>\n{element('html', element('head', *head), body, lang=HTML_LANG[cards.lang])}\n"


def page_count(cards: CardSet) -> int:
    """Return how many pages of contact cards there are."""
    return math.ceil(len(cards.cards) / PER_PAGE)


def heading(cards: CardSet, pages: int) -> list[Html | None]:
    """Return what a cover begins with: the place, the day, footnotes, and what to check before cards are put up."""
    notes = [element("li", note.say(cards.lang)) for note in card_notes(cards)]
    held = cards.label("held", n=len(cards.cards), pages=pages, per=PER_PAGE)
    return [
        element("header", element("p", cards.place, class_="where"), element("h1", cards.title)),
        element("p", held, Text("", " ").say(cards.lang), cards.label("paper"), class_="held"),
        element("p", cards.label("day", day=cards.facts.on.isoformat()), class_="held"),
        *_footnotes(cards),
        element("div", element("h2", cards.label("before")), element("ul", *notes), class_="notes") if notes else None,
    ]


def _stylesheet() -> str:
    colours = "".join(f"--{name}:{colour};" for name, colour in CARD.items())
    return f":root{{{colours}}}\n{assets.static('card.css')}"


def _cover(cards: CardSet) -> Html:
    """Return the list of all cards, and what to know before they are put up."""
    listed = element("div", *_contents(cards), class_="contents")
    return element("section", *heading(cards, page_count(cards)), element("h2", cards.label("contents")), listed, class_="cover")


def _contents(cards: CardSet) -> list[Html]:
    """Return the grids, those of one village together, with the numbers that stand on their cards."""
    groups: dict[tuple[str, ...], list[Html]] = {}
    for number, one in enumerate((card.notice for card in cards.cards), 1):
        first = element("em", one.people[0].name) if one.people else None
        row = [element("b", number), element("span", one.name), first, element("i", one.code) if one.code else None]
        groups.setdefault(one.above, []).append(element("li", *row))
    return [
        joined([element("h3", " · ".join(above[-2:])) if above else None, element("ul", *rows)]) for above, rows in groups.items()
    ]


def _notice(cards: CardSet, number: int, card: Card) -> Html:
    """Return the A4 page of one grid."""
    one, sites, fit = card.notice, card.sites, card.sheet
    drawn = picture(cards.ground, one, sites, (SHEET_MM, round(fit.map_mm)), cards.lang)
    code = element("p", cards.label("code", code=one.code), class_="code") if one.code else None
    return element(
        "section",
        _banner(cards, one),
        element("div", element("h2", one.name, class_=f"name {name_size(one.name)}"), code, class_="head"),
        element("figure", drawn),
        _sites(cards, sites, fit),
        _people(cards, one, fit.people),
        element("div", _duties(cards, fit.duties, fit.size), _code(cards, card), class_="below"),
        _supervision(cards, one),
        element("footer", *_footnotes(cards), element("span", cards.label("number", n=number, all=len(cards.cards)))),
        class_="sheet",
    )


def _banner(cards: CardSet, one: Notice) -> Html:
    """Return the title of a notice, and what the grid lies in; long ones are set smaller."""
    where = " · ".join(one.above)
    long = width(cards.title) > MOST_TITLE or width(where) > MOST_WHERE
    return element("header", element("h1", cards.title), element("p", where, class_="where"), class_="long" if long else None)


def _footnotes(cards: CardSet) -> list[Html]:
    return [element("p", note.say(cards.lang), class_="footnote") for note in cards.footnotes]


def _sites(cards: CardSet, sites: Sequence[Site], fit: Fit) -> Html | None:
    """Return the legend of the facilities, with the numbers that they have on the map."""
    if not sites:
        return None
    items = [element("li", *_site(cards, site)) for site in sites[: fit.sites]]
    left = len(sites) - fit.sites
    more = element("p", cards.label("more_sites", n=left), class_="more") if left else None
    return element("div", element("ul", *items), more, class_="sites")


def _site(cards: CardSet, site: Site) -> list[Html | str]:
    colour = cards.ground.colours.get(next(iter(site.services), ""), "#33424d")
    sign = element("svg", badge(site, colour, (25, 25), 23), viewBox="0 0 50 50")
    offers = [cards.facts.profile.services[s].name.say(cards.lang) for s in site.services if s in cards.facts.profile.services]
    said = [*offers[:2], *([cards.label("planned")] if site.is_planned else [])]
    return [sign, element("span", site.name, " ", element("small", Text("、", ", ").say(cards.lang).join(said)))]


def _people(cards: CardSet, one: Notice, shown: int) -> Html | None:
    """Return who is responsible; a role that nobody has says so."""
    people = [element("li", *_person(cards, person)) for person in one.people[:shown]]
    for role in one.vacant:
        nobody = element("b", cards.label("vacant"), class_="vacant")
        people.append(element("li", element("span", cards.roles([role])), nobody))
    if not people:
        return None
    left = len(one.people) - shown
    more = element("p", cards.label("more_people", n=left), class_="more") if left else None
    return element("div", element("ul", *people, class_=f"across-{people_across(one)}"), more, class_="people")


def _person(cards: CardSet, person: Person) -> list[Html | None]:
    long = "long" if name_size(person.name) != "large" or len(person.name) > 8 else None  # noqa: PLR2004 -- see cardlayout
    phone = element("em", person.phone) if person.phone else None
    return [element("span", cards.roles(person.roles)), element("b", person.name, class_=long), phone]


def _duties(cards: CardSet, duties: Sequence[str], size: str) -> Html:
    if not duties:
        return element("div", class_="duties")
    lines = [element("li", duty) for duty in duties]
    return element("div", element("h3", cards.label("duties")), element("ul", *lines), class_=f"duties {size}")


def _code(cards: CardSet, card: Card) -> Html | None:
    return None if card.code is None else element("div", card.code, element("p", cards.label("scan")), class_="scan")


def _supervision(cards: CardSet, one: Notice) -> Html | None:
    if not one.supervision_phone:
        return None
    long = " long" if width(one.supervision_phone) > LONG_PHONE else ""
    return element("p", cards.label("supervision"), element("b", one.supervision_phone), class_=f"supervision{long}")


def _pocket_page(cards: CardSet, some: Sequence[Card]) -> Html:
    """Return a page of contact cards with its marks."""
    rows = [element("div", _front(cards, card), _back(cards, card), class_="pair") for card in some]
    return element("section", *rows, _marks(len(some)), element("p", cards.label("cut"), class_="how"), class_="pockets")


def _front(cards: CardSet, card: Card) -> Html:
    one, fit = card.notice, card.pocket
    people = [_contact(cards, person) for person in one.people[: fit.people]]
    nobody = [element("b", cards.label("vacant"), class_="vacant"), element("em")]
    people += [element("li", element("span", cards.roles([role])), *nobody) for role in one.vacant]
    left = len(one.people) - fit.people
    more = element("p", cards.label("more_people", n=left), class_="more") if left else None
    scan = _code(cards, card) if 0 < modules(one.url) <= FINEST else None
    where = one.above[-1] if one.above else cards.facts.profile.name.say(cards.lang)
    above = [cards.title, element("br"), where] if max(width(cards.title), width(where)) <= MOST_TITLE else [where]
    return element(
        "div",
        element("header", element("h1", cards.label("pocket")), element("p", *above)),
        element("h2", one.name, class_=f"name {name_size(one.name)}"),
        element("div", element("div", element("ul", *people), more, class_=f"contacts {fit.people_size}"), scan, class_="middle"),
        _supervision(cards, one),
        class_="front",
    )


def _contact(cards: CardSet, person: Person) -> Html:
    name = element("b", shortened(person.name, MOST_CONTACT))
    return element("li", element("span", cards.roles(person.roles)), name, element("em", person.phone))


def _back(cards: CardSet, card: Card) -> Html:
    one, fit = card.notice, card.pocket
    drawn = picture(cards.ground, one, card.sites, POCKET_MAP_MM, cards.lang, detailed=False)
    code = element("p", cards.label("code", code=one.code), class_="code") if one.code else None
    heading = element("h3", cards.label("duties")) if fit.duties else None
    words = element("div", heading, element("ul", *(element("li", duty) for duty in fit.duties)), code)
    return element("div", element("figure", drawn), element("div", words, class_=f"words {fit.size}"), class_="back")


def _marks(rows: int) -> Html:
    """Return marks where to cut, and a dashed one where to fold, in millimetres of the page; nothing crosses a card."""
    left, top, right = 15.0, 13.5, 195.0
    bottom = top + CARD_MM[1] * rows
    across = "".join(f"M{left - 8:g} {y:g}h6M{right + 2:g} {y:g}h6" for y in (top + CARD_MM[1] * row for row in range(rows + 1)))
    down = "".join(f"M{x:g} {top - 8:g}v6M{x:g} {bottom + 2:g}v6" for x in (left, right))
    middle = f"M{left + CARD_MM[0]:g} {top - 8:g}v6M{left + CARD_MM[0]:g} {bottom + 2:g}v6"
    lines = [element("path", d=across + down, class_="cut"), element("path", d=middle, class_="fold")]
    return element("svg", *lines, viewBox="0 0 210 297", class_="marks", aria_hidden="true")
