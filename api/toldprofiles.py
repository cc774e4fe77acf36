"""What the terminal shows of profiles: all of them a line each, and one of them explained with where everything comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line
from rich.tree import Tree

from api.help import Wrapped
from api.profilewords import ACROSS, FIELDS, FILLED_BY, HEADINGS, PARTIAL, SAYS, SUBJECTS, role_name
from api.terminal import clean, columns
from api.toldwork import TABLES
from geogrid.measuretable import MEASURES
from geogrid.profileparts import THEMES
from geogrid.standards import bound_text, is_confirmed
from maps import figures
from maps.view import mode_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from geogrid.profile import Profile
    from geogrid.profileparts import Coloured, Level, Rule
    from geogrid.words import Lang, Text

MARK = "●"
BESIDE, LEAST = 6, 20
"""Columns between the columns of the list, and the least that is left of a note."""


def listed(profiles: Sequence[Profile], lang: Lang, width: int) -> RenderableType:
    """Return all profiles, a line each, cut to the width of the terminal: id, name, what the place is."""
    table = columns(lang, HEADINGS["list"], right=())
    ids, names = [each.id for each in profiles], [clean(each.name.say(lang)) for each in profiles]
    left = width - max(map(cell_len, ids)) - max(map(cell_len, names)) - BESIDE
    for key, name, profile in zip(ids, names, profiles, strict=True):
        note = clean((profile.note or SAYS["no_note"]).say(lang)).split({"zh": "；", "en": ". "}[lang], maxsplit=1)[0]
        table.add_row(Line(key, "bold cyan"), name, Line(_cut(note, max(left, LEAST)), "dim"))
    for column in table.columns:
        column.no_wrap = True
    return Group("", table, "", Line(SAYS["more"].say(lang), "dim"))


def _cut(text: str, width: int) -> str:
    """Return text that fits a width, its end marked where it was cut."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1).rstrip()}…"


class Sources:
    """The sources of a profile, numbered in the order in which they are named; the same one has one number."""

    def __init__(self, lang: Lang) -> None:
        self._lang, self._found = lang, dict[str, tuple[int, bool]]()

    def number(self, source: Text) -> str:
        """Return the mark of a source, a new one for a new source."""
        place, _ = self._found.setdefault(source.say(self._lang), (len(self._found) + 1, is_confirmed(source)))
        return f"[{place}]"

    def __iter__(self) -> Iterator[tuple[int, str, bool]]:
        return ((place, said, sure) for said, (place, sure) in self._found.items())


def explained(profile: Profile, lang: Lang) -> RenderableType:
    """Return everything that a profile says, each number with the number of its source; the sources stand at the end."""
    sources = Sources(lang)
    parts: list[RenderableType] = [_heading(profile, lang), _levels(profile, lang), _services(profile, lang, sources)]
    parts += [_numbers(profile, lang, sources), *_standards(profile, lang, sources), *_stated(profile, lang, sources)]
    parts += [*_colours(profile, lang), *_matters(profile, lang, sources), _public(profile, lang), *_themes(profile, lang)]
    parts += [*_unsure(profile, lang), _sources(sources, lang)]
    return Group(*(piece for part in parts for piece in ("", part)), "")


def _section(key: str, lang: Lang, *parts: RenderableType) -> Group:
    return Group(Line(SAYS[key].say(lang), "bold"), *parts)


def _inset(line: Line) -> Padding:
    return Padding(Wrapped(line), (0, 0, 0, 2))


def _with_id(name: Text, key: str, lang: Lang, style: str = "") -> Line:
    """Return a name, and the id where that says more."""
    shown = clean(name.say(lang))
    return Line.assemble((shown, style), ("" if shown.lower() == key.replace("_", " ") else f" {key}", "dim"))


def _heading(profile: Profile, lang: Lang) -> Group:
    name = Line.assemble((clean(profile.name.say(lang)), "bold cyan"), (f"   {profile.id}", "dim"))
    return Group(name, *([Wrapped(Line(clean(profile.note.say(lang))))] if profile.note else []))


def _levels(profile: Profile, lang: Lang) -> Group:
    """Return the levels as a tree: what fills each, who must be there."""
    root = Tree("", hide_root=True, guide_style="dim")
    nodes: dict[str, Tree] = {}
    for level in profile.levels:
        above = nodes[level.parent] if level.parent else root
        nodes[level.id] = above.add(Wrapped(_level(level, lang)))
    return _section("levels", lang, root)


def _level(level: Level, lang: Lang) -> Line:
    notes = [FILLED_BY[level.of].say(lang)]
    if level.of == "households" and level.select:
        notes = [SAYS["share_of"].fill(roles=_names(level.select, lang)).say(lang)]
    notes += [SAYS["project"].fill(name=level.grid_set).say(lang)] if level.grid_set else []
    notes += [flag.say(lang) for flag, is_so in ((ACROSS, level.cuts_across), (PARTIAL, level.is_partial)) if is_so]
    notes += [SAYS["needs"].fill(roles=_names(level.staff, lang)).say(lang)] if level.staff else []
    between = {"zh": "；", "en": "; "}[lang]
    return _with_id(level.name, level.id, lang, "cyan").append(f"  {clean(between.join(notes))}")


def _names(roles: Iterable[str], lang: Lang) -> str:
    return {"zh": "、", "en": ", "}[lang].join(role_name(role).say(lang) for role in roles)


def _services(profile: Profile, lang: Lang, sources: Sources) -> Group:
    table = columns(lang, HEADINGS["services"], right=(2, 3))
    for service in profile.services.values():
        radius = figures.number(service.radius_m or profile.radius_m)
        mark = "✓" if service.id in profile.circle else ""
        name = _with_id(service.name, service.id, lang)
        number = sources.number(service.source)
        mode = mode_name(service.mode).say(lang)
        table.add_row(Wrapped(name), mode, figures.number(service.cutoff_min), radius, mark, number)
    note = SAYS["circle"] if profile.circle else SAYS["no_circle"]
    return _section("services", lang, table, Wrapped(Line(note.say(lang), "dim")))


def _numbers(profile: Profile, lang: Lang, sources: Sources) -> Group:
    """Return the targets, radius, pace and codes of the profile."""
    low, high = profile.household_range
    said = {
        "household_range": SAYS["range"].fill(low=low, high=high),
        "household_target": SAYS["target"].fill(n=profile.household_target),
        "walking_speed_kmh": SAYS["pace"].fill(n=figures.number(profile.walking_speed_kmh)),
        "radius_m": SAYS["radius"].fill(n=figures.number(profile.radius_m)),
        "max_snap_m": SAYS["snap"].fill(n=figures.number(profile.max_snap_m)),
        "code_pattern": SAYS["code"].fill(pattern=profile.code_pattern or "—"),
    }
    rows = [
        Line.assemble(clean(text.say(lang)), (f"  {sources.number(profile.sources[key])}", "dim")) for key, text in said.items()
    ]
    return _section("numbers", lang, *map(_inset, rows))


def _standards(profile: Profile, lang: Lang, sources: Sources) -> list[RenderableType]:
    if not profile.standards:
        return [_section("standards", lang, Line(SAYS["none"].say(lang), "dim"))]
    table = columns(lang, HEADINGS["standards"], right=())
    for rule in profile.standards.values():
        name = Line(clean(rule.name.say(lang)))
        name.append("" if rule.is_judged else f" {SAYS['reported'].say(lang)}", "yellow")
        asked = Line(f"{_measured(rule, profile, lang)} {bound_text(rule, profile).say(lang)}", "dim")
        table.add_row(Wrapped(name), Wrapped(asked), sources.number(rule.source))
    table.columns[0].ratio, table.columns[1].ratio, table.expand = 5, 4, True
    return [_section("standards", lang, table)]


def _measured(rule: Rule, profile: Profile, lang: Lang) -> str:
    """Return what is measured of what: of which roles, services, functions, levels."""
    said = f"{_subject(rule, profile, lang)}{SAYS['colon'].say(lang)}{MEASURES[rule.measure].name.say(lang)}"
    levels = {level.id: level.name.say(lang) for level in profile.levels}
    known = {**levels, **{service.id: service.name.say(lang) for service in profile.services.values()}}
    known |= {role: role_name(role).say(lang) for role in rule.options.get("roles", ())}
    known |= {name: FIELDS[name].say(lang) for name in rule.options.get("columns", ()) if name in FIELDS}
    words = [
        rule.options[name] for name in ("level", "levels", "services", "roles", "functions", "columns") if name in rule.options
    ]
    flat = [each for word in words for each in ([word] if isinstance(word, str) else word)]
    flat = [known.get(each, each) for each in flat] + ([SAYS["party"].say(lang)] if rule.options.get("party_member") else [])
    return said + (SAYS["inside"].fill(where={"zh": "、", "en": ", "}[lang].join(flat)).say(lang) if flat else "")


def _subject(rule: Rule, profile: Profile, lang: Lang) -> str:
    """Return what a rule is about, and where it holds."""
    known = {**SUBJECTS, **{level.id: level.name for level in profile.levels}}
    where = {"zh": "、", "en": ", "}[lang].join(rule.scope)
    return clean(known[rule.of].say(lang) + (SAYS["within"].fill(where=where).say(lang) if where else ""))


def _stated(profile: Profile, lang: Lang, sources: Sources) -> list[RenderableType]:
    if not profile.stated:
        return []
    table = columns(lang, HEADINGS["stated"], right=(1, 2))
    for size in profile.stated.values():
        share = "" if size.share is None else f"{size.share:.1%}"
        name = Line(clean(size.name.say(lang)))
        name.append(f" {SAYS['assumed'].say(lang)}" if size.is_assumed else "", "yellow")
        table.add_row(Wrapped(name), f"{size.n:,}", share, sources.number(size.source))
    return [_section("stated", lang, table)]


def _colours(profile: Profile, lang: Lang) -> list[RenderableType]:
    """Return grades, kinds and classes, each with its colour."""
    parts: Mapping[str, Sequence[Coloured]] = {"grades": profile.grades, "kinds": profile.kinds, "classes": profile.classes}
    return [_section(key, lang, _swatches(row, lang)) for key, row in parts.items() if row]


def _swatches(row: Sequence[Coloured], lang: Lang) -> Padding:
    line = Line()
    for part in row:
        line.append(MARK, part.colour).append(f" {clean(part.name.say(lang))}   ")
    return _inset(line)


def _matters(profile: Profile, lang: Lang, sources: Sources) -> list[RenderableType]:
    """Return the kinds of matters by how long they may stay open."""
    kinds: dict[tuple[int, str], list[str]] = {}
    for kind in profile.matters.values():
        kinds.setdefault((kind.days, sources.number(kind.source)), []).append(clean(kind.name.say(lang)))
    rows = [
        Line.assemble(
            f"{SAYS['days'].fill(n=days).say(lang)}  {({'zh': '、', 'en': ', '}[lang]).join(names)}", (f"  {number}", "dim")
        )
        for (days, number), names in sorted(kinds.items())
    ]
    return [_section("matters", lang, *map(_inset, rows))] if rows else []


def _public(profile: Profile, lang: Lang) -> Group:
    """Return what anybody may see."""
    between = {"zh": "、", "en": ", "}[lang]
    shown = [
        (figures.say(TABLES, table, lang), between.join(figures.say(FIELDS, field, lang) for field in fields))
        for table, fields in profile.public_fields.items()
        if fields
    ]
    rows = [_inset(Line.assemble((f"{clean(table)}  ", "cyan"), clean(fields))) for table, fields in shown]
    hidden = SAYS["suppressed"].fill(n=profile.suppress_below).say(lang)
    phones = SAYS["phones" if "phone" in profile.public_fields.get("staff", ()) else "no_phones"].say(lang)
    return _section("public", lang, *rows, _inset(Line(f"{hidden} {phones}")))


def _themes(profile: Profile, lang: Lang) -> list[RenderableType]:
    said = {"zh": "、", "en": ", "}[lang].join(THEMES[theme].say(lang) for theme in profile.themes)
    return [_section("themes", lang, _inset(Line(said)))] if said else []


def _unsure(profile: Profile, lang: Lang) -> list[RenderableType]:
    """Return what rests on a text that was not read, and what is assumed."""
    between = {"zh": "；", "en": "; "}[lang]
    rules = [rule.name for rule in (*profile.standards.values(), *profile.stated.values()) if not is_confirmed(rule.source)]
    services = [service.name for service in profile.services.values() if not is_confirmed(service.source)]
    numbers = [FIELDS[key] for key, source in profile.sources.items() if not is_confirmed(source)]
    days = [] if all(is_confirmed(kind.source) for kind in profile.matters.values()) else [SAYS["open_days"]]
    assumed = [size.name for size in profile.stated.values() if size.is_assumed]
    named = {"to_confirm": [*rules, *services, *numbers, *days], "are_assumed": assumed}
    lines = [(key, clean(between.join(text.say(lang) for text in texts))) for key, texts in named.items() if texts]
    said = [_inset(Line.assemble((SAYS[key].say(lang), "yellow"), text)) for key, text in lines]
    return [_section("unsure", lang, *said)] if said else []


def _sources(sources: Sources, lang: Lang) -> Group:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True, style="cyan")
    table.add_column()
    for place, said, sure in sources:
        table.add_row(f"  [{place}]", Wrapped(Line(clean(said), "" if sure else "yellow")))
    return _section("sources", lang, table)
