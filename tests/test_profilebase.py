"""Profiles that build on others: what is taken, replaced, left out; variants; and standards that make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geogrid.errors import ProfileError
from geogrid.profile import load_profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., str]

HEAD = 'id = "town"\nbase = "generic"\nname = { zh = "镇", en = "Town" }\n'
STATED = '[stated.x]\nname = { zh = "村", en = "villages" }\nof = "village"\n'
SOURCE = 'source = { zh = "某文件", en = "a paper" }\n'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a profile that builds on the generic one."""

    def file(text: str = "", *, name: str = "town.toml", head: str = HEAD) -> str:
        (tmp_path / name).write_text(head + text, encoding="utf-8")
        return str(tmp_path / name)

    return file


def refusal(path: str) -> str:
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    assert caught.value.message.zh != caught.value.message.en
    return caught.value.message.en


def rule(**keys: str) -> str:
    """Return a standard about floor area, some of its lines replaced."""
    lines = {
        "name": '{ zh = "面积", en = "area" }',
        "of": '"facilities"',
        "measure": '"floor_area"',
        "min": "90.0",
        "unit": '"m2"',
    }
    body = "".join(f"{key} = {value}\n" for key, value in {**lines, **keys}.items() if value)
    return "[standards.x]\n" + body + SOURCE


def test_what_a_file_does_not_say_comes_from_its_base(write: Write) -> None:
    generic, town = load_profile(), load_profile(write())
    assert (town.id, town.name.en) == ("town", "Town")
    assert town.model_dump(exclude={"id", "name"}) == generic.model_dump(exclude={"id", "name"})


def test_tables_are_joined_key_by_key_and_all_else_is_replaced(write: Write) -> None:
    town = load_profile(write('now_statuses = ["built"]\n[services.medical]\ncutoff_min = 20.0\n[public_fields]\ngrids = []\n'))
    assert town.services["medical"].cutoff_min == 20
    assert town.services["medical"].name.zh == "医疗"
    assert town.now_statuses == ("built",)
    assert (town.public_fields["grids"], town.public_fields["areas"]) == ((), ("code",))


def test_a_text_in_both_languages_is_one_value(write: Write) -> None:
    town = load_profile(write('radius_m = 800.0\n[sources.radius_m]\nzh = "某文件"\nen = "a paper"\n'))
    assert town.sources["radius_m"].zh == "某文件"


def test_keys_of_the_base_can_be_left_out(write: Write) -> None:
    town = load_profile(write('without = ["services.day_care", "seasons"]\n'))
    assert "day_care" not in town.services
    assert town.seasons == ()


def test_a_number_of_its_own_needs_a_source_of_its_own(write: Write) -> None:
    said = "radius_m differs from that of generic; say where it comes from under [sources.radius_m] of this file"
    assert refusal(write("radius_m = 800.0\n")) == f"profile town.toml: {said}"
    assert load_profile(write("radius_m = 1000.0\n")).radius_m == 1000


def test_variants_replace_keys_where_they_are_asked_for(write: Write) -> None:
    path = write('[variants.rural.services.medical]\nmode = "ebike"\n[variants.hills.services.medical]\nmode = "car"\n')
    modes = [load_profile(f"{path}{variant}").services["medical"].mode for variant in ("", ":rural", ":hills")]
    assert modes == ["walk", "ebike", "car"]
    assert refusal(f"{path}:flat") == "profile town.toml: has no variant 'flat'; known: urban, rural, hills"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ('base = "nowhere"\n', "no profile is called 'nowhere'"),
        ("base = 3\n", "profile town.toml: base must be the name of a profile"),
        ('base = "generic"\nwithout = "seasons"\n', "profile town.toml: without must be a list"),
        ('base = "generic"\nwithout = ["services.bank"]\n', "without: there is no 'services.bank' to leave out"),
        ('base = "generic"\nwithout = ["seasons.x.y"]\n', "without: there is no 'seasons.x.y' to leave out"),
        ('base = "generic"\nvariants = 3\n', "variants must be a table"),
    ],
)
def test_wrong_bases_are_one_clear_message(write: Write, head: str, said: str) -> None:
    assert said in refusal(write(head=head))


def test_bases_in_a_ring(write: Write, tmp_path: Path) -> None:
    first = write(name="a.toml", head=f'base = "{tmp_path / "b.toml"}"\n')
    write(name="b.toml", head=f'base = "{tmp_path / "a.toml"}"\n')
    assert "base goes round in a ring" in refusal(first)


def test_a_damaged_base_is_named_by_its_own_file(write: Write, tmp_path: Path) -> None:
    write("x = [", name="broken.toml")
    assert refusal(write(head=f'base = "{tmp_path / "broken.toml"}"\n')).startswith("profile broken.toml: not valid TOML")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule(of='"hamlet"'), "standards.x.of has no 'hamlet'; known: county, township, village, grid, facilities, streets"),
        (rule(measure='"height"'), "standards.x.measure has no 'height'; known: households, persons"),
        (rule(of='"grid"'), "standards.x: floor_area cannot be measured of 'grid' (grids); of facilities"),
        (rule(unit='"m"'), "standards.x.unit = 'm': floor_area is in 'm2'"),
        (rule(unit=""), "standards.x.unit = '': floor_area is in 'm2'"),
        (rule(max="80.0"), "standards.x: min = 90 is more than max = 80"),
        (rule(min='"90"'), "standards.x.min = '90': must be a number (without quotes)"),
        (rule(options='{ season = "summer" }'), "standards.x.options has no 'season'; known: "),
        (rule(of='"grid"', measure='"facilities"', unit='"count"'), "standards.x.options lacks services: ids of services"),
        (
            rule(of='"grid"', measure='"facilities"', unit='"count"', options='{ services = ["bank"] }'),
            "standards.x.options.services has no 'bank'; known: education",
        ),
        (
            rule(of='"grid"', measure='"facilities"', unit='"count"', options='{ services = "medical" }'),
            "standards.x.options.services must be ids of services, a list",
        ),
        (
            rule(of='"grid"', measure='"staff"', unit='"people"', options='{ party_member = "yes" }'),
            "standards.x.options.party_member must be true or false",
        ),
        (rule(colour='"red"'), "standards.x.colour = 'red': no such key"),
        ('circle = ["medical", "bank"]\n', "circle has no 'bank'; known: education"),
        ('graded = "hamlet"\n', "graded has no 'hamlet'"),
        (STATED + "n = 3\nmin = 1.0\n" + SOURCE, "stated.x: min or max needs a measure"),
        (STATED + "n = -3\n" + SOURCE, "stated.x.n = -3: must be at least 0"),
        ("[services.medical]\ncutoff_min = 0.0\n", "services.medical.cutoff_min = 0.0: must be more than 0"),
    ],
)  # fmt: skip
def test_wrong_rules_are_one_clear_message(write: Write, text: str, said: str) -> None:
    assert said in refusal(write(text))


def test_a_rule_that_makes_sense(write: Write) -> None:
    standard = load_profile(write(rule(where='{ level = "village" }', scope='["郾城区"]'))).standards["x"]
    assert (standard.id, standard.measure, standard.min, standard.max) == ("x", "floor_area", 90, None)
    assert (standard.where, standard.scope, standard.is_judged) == ({"level": ("village",)}, ("郾城区",), True)


def test_levels_that_need_not_fill_the_one_above(write: Write) -> None:
    tree = '[[levels]]\nid = "town"\nzh = "镇"\nen = "town"\n'
    zone = '[[levels]]\nid = "zone"\nzh = "片"\nen = "zone"\nparent = "town"\n'
    grid = '[[levels]]\nid = "grid"\nzh = "网格"\nen = "grid"\nparent = "town"\nof = "grids"\n'
    codes = 'code_pattern = ""\n[sources.code_pattern]\nzh = "无"\nen = "none"\n'

    def filled(*texts: str) -> list[bool]:
        return [level.must_fill for level in load_profile(write(codes + "".join(texts))).levels]

    assert filled(tree, zone, grid) == [False, True, True]
    assert filled(tree, zone + "is_partial = true\n", grid + 'grid_set = "P"\n') == [False, False, False]
    assert filled(tree, zone + "cuts_across = true\n", grid) == [False, False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('themes = ["levels", "weather"]\n', "themes has no 'weather'; known: levels, standards"),
        ('kinds = [{ id = "a", zh = "甲", en = "a", colour = "red" }]\n', "kinds.0.colour = 'red': must match"),
        (
            "".join(f'[[classes]]\nid = "{key}"\nzh = "甲"\nen = "{key}"\ncolour = "#112233"\n' for key in "ab"),
            "classes: '甲' names both 'a' and 'b'",
        ),
        (
            rule(of='"place"', measure='"subjects"', unit='"count"', options='{ levels = ["hamlet"] }'),
            "standards.x.options.levels has no 'hamlet'; known: county",
        ),
        (
            rule(of='"grid"', measure='"filled"', unit='"count"', options='{ columns = "duties" }'),
            "standards.x.options.columns must be names of columns, a list",
        ),
        (rule(of='"grid"', measure='"shared"', unit='"share"'), "standards.x.options lacks level: id of a level"),
    ],
)  # fmt: skip
def test_wrong_themes_colours_and_lists_are_one_clear_message(write: Write, text: str, said: str) -> None:
    assert said in refusal(write(text))


def test_bases_that_name_files_beside_them_end_at_a_ring_from_any_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here a.toml → b.toml → a.toml; from another folder the second is found beside the first."""
    first = write(name="a.toml", head='base = "b.toml"\n')
    write(name="b.toml", head='base = "./a.toml"\n')
    monkeypatch.chdir(tmp_path.parent)
    assert refusal(first) == "profile b.toml: base goes round in a ring: a → b → a; remove one of these bases"


def test_a_base_beside_its_file_is_read_from_any_folder(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(name="below.toml")
    monkeypatch.chdir(tmp_path.parent)
    assert load_profile(write(head='base = "below.toml"\nid = "x"\n')).id == "x"


def test_more_bases_than_anybody_follows(write: Write) -> None:
    for n in range(12):
        write(name=f"p{n}.toml", head=f'base = "p{n + 1}.toml"\n')
    assert "more than 10 bases build on one another: p0 → p1" in refusal(write(name="p0.toml", head='base = "p1.toml"\n'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"x = {'9' * 5_000}\n", "has a number of thousands of digits; correct it"),
        (".".join(["a"] * 20_000) + " = 1\n", "has tables nested more than 20 deep; use fewer"),
        ('x = { "a b" . ' + "a." * 40 + "b = 1 }\n", "has tables nested more than 20 deep; use fewer"),
        (f"[{'.'.join('a' * 15)}]\n{'.'.join('b' * 15)} = 1\n", "has tables nested more than 20 deep; use fewer"),
        (f"x = {'[' * 30}{']' * 30}\n", "has tables nested more than 20 deep; use fewer"),
        (f"x = {'[' * 9_000}{']' * 9_000}\n", "has tables nested more than 20 deep; use fewer"),
        ("#" * 2_000_001, "is larger than 2 MB, more than any profile needs; shorten it"),
    ],
    ids=["digits", "dotted key", "inline", "table", "lists", "many lists", "size"],
)
def test_files_that_no_profile_needs_are_refused(write: Write, text: str, said: str) -> None:
    assert refusal(write(text)) == f"profile town.toml: {said}"


def test_dots_in_texts_are_no_keys(write: Write) -> None:
    dots = "a." * 50
    assert load_profile(write(f'note = {{ zh = "{dots}", en = "{dots}" }}\n')).note == (dots, dots)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("".join(f"[standards.s{n}]\n" for n in range(201)), "standards has 201 entries; at most 200, leave some out"),
        ("[[levels]]\n" * 51, "levels has 51 entries; at most 50, leave some out"),
        (f"themes = {['levels'] * 10_000}\n", "themes has 10,000 entries; at most 21, leave some out"),
        ('themes = ["levels", "staff", "levels"]\n', "themes: 'levels' appears twice; remove one"),
        (
            '[matters.all]\nzh = "甲"\nen = "a"\ndays = 1\n' + SOURCE,
            "matters: 'all' is taken; use another id",
        ),
        (
            '[matters.other]\nzh = "甲"\nen = "a"\ndays = 1\n' + SOURCE,
            "matters: 'other' is taken; use another id",
        ),
    ],
)  # fmt: skip
def test_too_much_and_what_is_taken_are_one_clear_message(write: Write, text: str, said: str) -> None:
    assert refusal(write(text)) == f"profile town.toml: {said}"


def test_of_many_problems_the_first_are_told(write: Write) -> None:
    said = refusal(write("".join(f"key_{n} = 1\n" for n in range(1_000))))
    assert said.count("no such key") == 20
    assert said.endswith("; and 980 more problems")


def test_marks_that_turn_the_direction_of_writing_are_left_out_of_a_profile(write: Write) -> None:
    text = 'note = { zh = "甲\u202e乙", en = "a\\u202Eb" }\n[[seasons]]\nid = "x"\nzh = "冬\u2066"\nen = "winter"\n'
    town = load_profile(write(text))
    assert (town.note, town.seasons[0].zh) == (("甲乙", "ab"), "冬")
