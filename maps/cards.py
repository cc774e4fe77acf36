"""Notice cards (公示牌): for each grid an A4 page to hang up and a contact card to hand out, all in one file for the printer.

The page has no script and asks no other host for anything; texts of the data are text. Contact cards are 90 × 54 mm, printed as
front and back beside each other: cut along the marks, fold in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 -- part of a public dataclass
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geogrid.words import Text
from maps import assets
from maps.cardfacts import Notice, card_grids, checked_url, chosen_grids, has_phones, notices, private_columns
from maps.cardground import Ground
from maps.cardlayout import (
    LONG_PHONE,
    MOST_CONTACT,
    SHEET_MM,
    Fit,
    fit_notice,
    fit_pocket,
    name_size,
    people_across,
    shortened,
    trimmed,
    width,
)
from maps.cardmap import badge, picture
from maps.cardwords import COLUMNS, LABELS, NOTES, ROLES, told
from maps.document import HTML_LANG, content_security_policy
from maps.markup import Html, element, joined, raw
from maps.qr import modules, qr_code
from maps.style import CARD

if TYPE_CHECKING:
    from geogrid.facts import Facts
    from geogrid.words import Lang
    from maps.cardfacts import Person
    from maps.cardground import Site

PER_PAGE = 5
"""Contact cards on a page: front and back beside each other, five rows of 54 mm."""
CARD_MM = (90.0, 54.0)
POCKET_MAP_MM = (43.0, 54.0)
MOST_TITLE, MOST_WHERE = 14, 44
"""Characters of a title, and of the areas above, that a notice has in large letters."""
FINEST = 80
"""Most modules, the free ones included, of a code on a contact card: at 21 mm one is a quarter of a millimetre."""


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
class _Set:
    """Everything that one print file is made of."""

    facts: Facts
    ground: Ground
    notices: list[Notice]
    sites: list[list[Site]]
    lang: Lang
    footnotes: Sequence[Text]

    def label(self, key: str, **values: object) -> str:
        return LABELS[key].fill(**values).say(self.lang)

    def roles(self, roles: Sequence[str]) -> str:
        return Text("、", ", ").say(self.lang).join(ROLES[role].say(self.lang) for role in roles)

    @property
    def title(self) -> str:
        return self.facts.profile.cards.title.say(self.lang)


def grid_cards(
    facts: Facts,
    grid_ids: Sequence[str] | None,
    *,
    public_url: str = "",
    lang: Lang = "zh",
    footnotes: Sequence[Text] = (),
) -> Cards:
    """Make the notice cards of grids, for instance those of one township.

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
    everything = card_grids(facts)
    rows = chosen_grids(everything, grid_ids)
    whole = notices(facts, rows, public_url=checked_url(public_url), lang=lang)
    made = [trimmed(one) for one in whole]
    ground = Ground(facts, everything)
    cards = _Set(facts, ground, made, [ground.sites(one) for one in made], lang, footnotes)
    fits = [fit_notice(one, sites) for one, sites in zip(made, cards.sites, strict=True)]
    pockets = [fit_pocket(one) for one in made]
    columns = private_columns(facts, rows)
    notes = (*_of_the_place(cards, columns), *_of_grids(cards), *_of_texts(whole), *_of_sizes(made, fits, pockets))
    return Cards(_document(cards, fits, pockets, notes), len(made), notes)


def _of_the_place(cards: _Set, columns: Sequence[str]) -> list[Text]:
    """Return notes about what was not given, or is not public."""
    facts, found = cards.facts, []
    if not any(one.url for one in cards.notices):
        found.append(NOTES["no_url"])
    if facts.staff is None:
        found.append(NOTES["no_staff"])
    elif "phone" in facts.staff and not has_phones(facts):
        found.append(NOTES["phones"])
    if columns:
        zh, en = ("、".join(COLUMNS[c].zh for c in columns), ", ".join(COLUMNS[c].en for c in columns))
        found.append(Text(NOTES["private"].zh.format(columns=zh), NOTES["private"].en.format(columns=en)))
    return found


def _of_grids(cards: _Set) -> list[Text]:
    """Return notes about grids that lack something."""
    lacking = {
        "supervision": [one.name for one in cards.notices if not one.supervision_phone],
        "no_duties": [one.name for one in cards.notices if not one.duties],
        "no_shape": [one.name for one in cards.notices if one.shape is None],
    }
    vacant = {role: [one.name for one in cards.notices if role in one.vacant] for role in ROLES}
    found = [told("vacant", names, role=ROLES[role]) for role, names in vacant.items() if names]
    return found + [told(key, names) for key, names in lacking.items() if names]


def _of_texts(whole: Sequence[Notice]) -> list[Text]:
    """Return a note about grids of whose name, code or phone only the beginning is printed."""
    cut = [short.name for one in whole if replace(short := trimmed(one), above=one.above) != one]
    return [told("cut_text", cut)] if cut else []


def _of_sizes(made: Sequence[Notice], fits: Sequence[Fit], pockets: Sequence[Fit]) -> list[Text]:
    """Return notes about cards that cannot hold everything."""
    sides = [modules(one.url) for one in made]
    wrong = {
        "cut_notice": [one.name for one, fit in zip(made, fits, strict=True) if fit.is_cut],
        "cut_pocket": [one.name for one, fit in zip(made, pockets, strict=True) if fit.is_cut],
        "fine": [one.name for one, wide in zip(made, sides, strict=True) if wide > FINEST],
        "long": [one.name for one, wide in zip(made, sides, strict=True) if one.url and not wide],
    }
    return [told(key, names) for key, names in wrong.items() if names]


def _document(cards: _Set, fits: Sequence[Fit], pockets: Sequence[Fit], notes: Sequence[Text]) -> str:
    style = _stylesheet()
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=content_security_policy(style)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{_where(cards)} {cards.title}"),
        raw("style", style),
    ]
    sheets = (_notice(cards, number, fit) for number, fit in enumerate(fits, 1))
    starts = range(0, len(pockets), PER_PAGE)
    handed = (_pocket_page(cards, start, pockets[start : start + PER_PAGE]) for start in starts)
    body = element("body", _cover(cards, len(starts), notes), *sheets, *handed)
    return f"<!DOCTYPE html>\n{element('html', element('head', *head), body, lang=HTML_LANG[cards.lang])}\n"


def _stylesheet() -> str:
    colours = "".join(f"--{name}:{colour};" for name, colour in CARD.items())
    return f":root{{{colours}}}\n{assets.static('card.css')}"


def _where(cards: _Set) -> str:
    """Return the names of what all grids lie in, from the top; the place's own where there is nothing."""
    common: list[str] = []
    for names in zip(*(one.above for one in cards.notices), strict=False):
        if len(set(names)) > 1:
            break
        common.append(names[0])
    return " · ".join(common) or cards.facts.profile.name.say(cards.lang)


def _cover(cards: _Set, pages: int, notes: Sequence[Text]) -> Html:
    """Return the list of all cards, and what to know before they are put up."""
    held = cards.label("held", n=len(cards.notices), pages=pages, per=PER_PAGE)
    told_notes = [element("h2", cards.label("before")), element("ul", *(element("li", note.say(cards.lang)) for note in notes))]
    return element(
        "section",
        element("header", element("p", _where(cards), class_="where"), element("h1", cards.title)),
        element("p", held, Text("", " ").say(cards.lang), cards.label("paper"), class_="held"),
        element("p", cards.label("day", day=cards.facts.on.isoformat()), class_="held"),
        *_footnotes(cards),
        element("div", *told_notes, class_="notes") if notes else None,
        element("h2", cards.label("contents")),
        element("div", *_contents(cards), class_="contents"),
        class_="cover",
    )


def _contents(cards: _Set) -> list[Html]:
    """Return the grids, those of one village together, with the numbers that stand on their cards."""
    groups: dict[tuple[str, ...], list[Html]] = {}
    for number, one in enumerate(cards.notices, 1):
        first = element("em", one.people[0].name) if one.people else None
        row = [element("b", number), element("span", one.name), first, element("i", one.code) if one.code else None]
        groups.setdefault(one.above, []).append(element("li", *row))
    return [
        joined([element("h3", " · ".join(above[-2:])) if above else None, element("ul", *rows)]) for above, rows in groups.items()
    ]


def _notice(cards: _Set, number: int, fit: Fit) -> Html:
    """Return the A4 page of one grid."""
    one, sites = cards.notices[number - 1], cards.sites[number - 1]
    drawn = picture(cards.ground, one, sites, (SHEET_MM, round(fit.map_mm)), cards.lang)
    code = element("p", cards.label("code", code=one.code), class_="code") if one.code else None
    return element(
        "section",
        _banner(cards, one),
        element("div", element("h2", one.name, class_=f"name {name_size(one.name)}"), code, class_="head"),
        element("figure", drawn),
        _sites(cards, sites, fit),
        _people(cards, one, fit.people),
        element("div", _duties(cards, fit.duties, fit.size), _code(cards, one), class_="below"),
        _supervision(cards, one),
        element("footer", *_footnotes(cards), element("span", cards.label("number", n=number, all=len(cards.notices)))),
        class_="sheet",
    )


def _banner(cards: _Set, one: Notice) -> Html:
    """Return the title of a notice, and what the grid lies in; long ones are set smaller."""
    where = " · ".join(one.above)
    long = width(cards.title) > MOST_TITLE or width(where) > MOST_WHERE
    return element("header", element("h1", cards.title), element("p", where, class_="where"), class_="long" if long else None)


def _footnotes(cards: _Set) -> list[Html]:
    return [element("p", note.say(cards.lang), class_="footnote") for note in cards.footnotes]


def _sites(cards: _Set, sites: Sequence[Site], fit: Fit) -> Html | None:
    """Return the legend of the facilities, with the numbers that they have on the map."""
    if not sites:
        return None
    items = [element("li", *_site(cards, site)) for site in sites[: fit.sites]]
    left = len(sites) - fit.sites
    more = element("p", cards.label("more_sites", n=left), class_="more") if left else None
    return element("div", element("ul", *items), more, class_="sites")


def _site(cards: _Set, site: Site) -> list[Html | str]:
    colour = cards.ground.colours.get(next(iter(site.services), ""), "#33424d")
    sign = element("svg", badge(site, colour, (25, 25), 23), viewBox="0 0 50 50")
    offers = [cards.facts.profile.services[s].name.say(cards.lang) for s in site.services if s in cards.facts.profile.services]
    said = [*offers[:2], *([cards.label("planned")] if site.is_planned else [])]
    return [sign, element("span", site.name, " ", element("small", Text("、", ", ").say(cards.lang).join(said)))]


def _people(cards: _Set, one: Notice, shown: int) -> Html | None:
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


def _person(cards: _Set, person: Person) -> list[Html | None]:
    long = "long" if name_size(person.name) != "large" or len(person.name) > 8 else None  # noqa: PLR2004 -- see cardlayout
    phone = element("em", person.phone) if person.phone else None
    return [element("span", cards.roles(person.roles)), element("b", person.name, class_=long), phone]


def _duties(cards: _Set, duties: Sequence[str], size: str) -> Html:
    if not duties:
        return element("div", class_="duties")
    lines = [element("li", duty) for duty in duties]
    return element("div", element("h3", cards.label("duties")), element("ul", *lines), class_=f"duties {size}")


def _code(cards: _Set, one: Notice) -> Html | None:
    code = qr_code(one.url) if one.url else None
    return None if code is None else element("div", code, element("p", cards.label("scan")), class_="scan")


def _supervision(cards: _Set, one: Notice) -> Html | None:
    if not one.supervision_phone:
        return None
    long = " long" if width(one.supervision_phone) > LONG_PHONE else ""
    return element("p", cards.label("supervision"), element("b", one.supervision_phone), class_=f"supervision{long}")


def _pocket_page(cards: _Set, start: int, fits: Sequence[Fit]) -> Html:
    """Return a page of contact cards with its marks."""
    rows = [element("div", _front(cards, at, fit), _back(cards, at, fit), class_="pair") for at, fit in enumerate(fits, start)]
    return element("section", *rows, _marks(len(fits)), element("p", cards.label("cut"), class_="how"), class_="pockets")


def _front(cards: _Set, at: int, fit: Fit) -> Html:
    one = cards.notices[at]
    people = [_contact(cards, person) for person in one.people[: fit.people]]
    nobody = [element("b", cards.label("vacant"), class_="vacant"), element("em")]
    people += [element("li", element("span", cards.roles([role])), *nobody) for role in one.vacant]
    left = len(one.people) - fit.people
    more = element("p", cards.label("more_people", n=left), class_="more") if left else None
    scan = _code(cards, one) if 0 < modules(one.url) <= FINEST else None
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


def _contact(cards: _Set, person: Person) -> Html:
    name = element("b", shortened(person.name, MOST_CONTACT))
    return element("li", element("span", cards.roles(person.roles)), name, element("em", person.phone))


def _back(cards: _Set, at: int, fit: Fit) -> Html:
    one = cards.notices[at]
    drawn = picture(cards.ground, one, cards.sites[at], POCKET_MAP_MM, cards.lang, detailed=False)
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
