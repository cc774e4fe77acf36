"""The commands on profiles: all listed, one explained on a terminal of 80 columns, a new one written by asking."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from api import profiles as commands
from api.cli import main
from api.profilenew import QUESTIONS
from api.profilewords import role_name
from geogrid.errors import ProfileError
from geogrid.profile import load_profile, profile_names
from geogrid.profileparts import Level
from geogrid.profiletext import Draft, profile_text
from geogrid.rows.recordtables import STAFF_ROLE
from geogrid.words import LANGS, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

TREE = "township:镇:town,village:村:village,grid:网格:grid"


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("GEOGRID_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    hook = sys.excepthook
    yield
    sys.excepthook = hook


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command in English unless told: exit code, output, errors."""

    def work(*arguments: object, lang: str = "en") -> tuple[int, str, str]:
        code = main([*map(str, arguments), "--lang", lang])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return work


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return what gives answers to the questions that are asked, nobody being there after the last; fills the list of them."""

    def give(*answers: str) -> list[str]:
        asked: list[str] = []
        left = list(answers)

        def said(question: str) -> str:
            asked.append(question)
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr("builtins.input", said)
        return asked

    return give


# Listed and explained


@pytest.mark.parametrize("lang", LANGS)
def test_all_profiles_are_listed_one_a_line(run: Run, lang: str) -> None:
    code, out, _ = run("profiles", lang=lang)
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert code == 0
    assert profile_names() == tuple(sorted(lines.keys() & set(profile_names())))
    assert next(line for line in lines if line in profile_names()) == "generic"
    assert all(load_profile(name).name.say(lang) in lines[name] for name in profile_names())  # type: ignore[arg-type]
    assert max(cell_len(line.rstrip()) for line in out.splitlines()) <= 80


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", [*profile_names(), "fushan:rural"])
def test_a_profile_is_explained_on_80_columns(run: Run, name: str, lang: Any) -> None:
    code, out, err = run("profiles", name, lang=lang)
    profile, plain = load_profile(name), "".join(out.split())
    assert (code, err) == (0, "")
    assert max(cell_len(line.rstrip()) for line in out.splitlines()) <= 80
    flat = "".join(piece for piece in plain if piece not in "│├└─")
    named = [profile.name, *(level.name for level in profile.levels), *(service.name for service in profile.services.values())]
    assert [text.say(lang) for text in named if "".join(text.say(lang).split()) not in flat] == []
    for size in profile.stated.values():
        assert f"{size.n:,}" in out


def line_of(out: str, start: str) -> str:
    return next(" ".join(line.split()) for line in out.splitlines() if line.strip().startswith(start))


def test_levels_are_a_tree_that_says_what_fills_them(run: Run) -> None:
    out = run("profiles", "funing")[1]
    assert "└── township party committee township  areas" in out
    assert "│   └── party group (grid) grid  grids; needs grid leader, grid manager," in out
    assert "│       └── centre household  the households of each: centre household" in out
    assert "└── project grid project  grids; project 黄金山头; needs cadre" in out
    out = run("profiles", "changli")[1]
    assert "alliance of villages alliance  areas; across the tree, members in a table" in out
    assert "zone  areas; need not fill the level above" in run("profiles", "fushan")[1]


def test_numbers_point_to_their_sources(run: Run) -> None:
    """The stated villages of Fushan and its zones share one source; the cutoff has the place's own."""
    out = run("profiles", "fushan")[1]
    number = line_of(out, "villages under 1,000 people").split()[-1]
    assert line_of(out, number) == f"{number} user's source document on Fushan"
    number = line_of(out, "convenience ").split()[-1]
    assert line_of(out, number) == f"{number} user's source document on Fushan (15-minute convenience circle)"
    assert "villages under 1,000 people" in out
    assert line_of(out, "villages under 1,000 people").split()[-3:-1] == ["259", "79.4%"]


def test_what_is_assumed_and_to_be_confirmed_is_said(run: Run) -> None:
    out = run("profiles", "hongqi")[1]
    told = " ".join(out[out.index("To be confirmed, and assumed") : out.index("Sources (")].split())
    assert told.startswith("To be confirmed, and assumed to be confirmed: a branch per estate: three party members or more")
    assert "sizes assumed: towns and streets; communities; grids; estates" in told
    assert "towns and streets (assumed)" in out
    assert "262" in line_of(out, "partner units")


def test_what_the_public_sees(run: Run) -> None:
    funing, fushan = (" ".join(run("profiles", name)[1].split()) for name in ("funing", "fushan"))
    assert "Staff name, role, phone Counts from 1 to 10 are hidden" in funing
    assert "household rows are never shown. Cards show phones." in funing
    assert "household rows are never shown. Phones are not shown." in fushan


def test_a_service_of_a_variant(run: Run) -> None:
    assert "by e-bike" in line_of(run("profiles", "fushan:rural")[1], "medical").replace("ebike", "e-bike")
    assert "on foot" in line_of(run("profiles", "fushan")[1], "medical")


def test_a_profile_that_is_not_there(run: Run) -> None:
    code, _, err = run("profiles", "atlantis")
    assert code == 2
    assert "no profile is called 'atlantis'; known: beidaihe (Beidaihe, Qinhuangdao), changli" in " ".join(err.split())


def test_roles_are_called_in_both_languages() -> None:
    for role in STAFF_ROLE:
        assert role_name(role).zh != role_name(role).en
    assert role_name("member") == Text("网格员", "grid member")
    assert role_name("stairwell_leader").en == "stairwell head"
    assert role_name("lamplighter") == Text("lamplighter", "lamplighter")


# Written by asking


def test_defaults_alone_make_a_profile(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "my-town.toml"
    code, out, _ = run("profile", "new", file, "--yes")
    town, generic = load_profile(file), load_profile()
    assert code == 0
    assert out.startswith("Wrote ")
    assert (town.id, town.name) == ("my_town", Text("my_town", "My_town"))
    assert {*town.standards} == {"leader", "member"}
    assert town.model_dump(exclude={"id", "name", "standards"}) == generic.model_dump(exclude={"id", "name", "standards"})
    assert file.read_text(encoding="utf-8").count("household_range") == 0, "what is as in the base keeps the base's source"


def test_every_answer_can_be_an_option(run: Run, tmp_path: Path, answer: Callable[..., list[str]]) -> None:
    asked = answer()
    file = tmp_path / "a.toml"
    given = {"--id": "east", "--zh": "东镇", "--en": "East Town", "--base": "generic", "--levels": TREE, "--code": "none"}
    given |= {"--services": "医疗,education", "--mode": "ebike", "--cutoff": "20", "--range": "100-200", "--target": "120"}
    given |= {
        "--leaders": "1",
        "--members": "3",
        "--floor-area": "90",
        "--phones": "yes",
        "--source-zh": "某文件",
        "--source-en": "a paper",
    }
    assert {question.option for question in QUESTIONS.values()} == given.keys()
    assert run("profile", "new", file, *(part for pair in given.items() for part in pair))[0] == 0
    town = load_profile(file)
    assert asked == []
    assert (town.id, town.name, town.code_pattern) == ("east", Text("东镇", "East Town"), "")
    assert [(level.id, level.parent, level.of, level.zh) for level in town.levels] == [
        ("township", None, "areas", "镇"),
        ("village", "township", "areas", "村"),
        ("grid", "village", "grids", "网格"),
    ]
    assert "街道" in town.levels[0].aliases
    assert town.circle == ("medical", "education")
    assert {(town.services[key].mode, town.services[key].cutoff_min) for key in town.circle} == {("ebike", 20.0)}
    assert town.services["sport"].mode == "walk"
    assert (town.household_range, town.household_target) == ((100, 200), 120)
    assert {key: (rule.of, rule.min) for key, rule in town.standards.items()} == {
        "leader": ("grid", 1.0),
        "member": ("grid", 3.0),
        "floor_area": ("facilities", 90.0),
    }
    assert town.public_fields["staff"] == ("name", "role", "phone")
    assert {town.sources["household_range"], town.standards["leader"].source} == {Text("某文件", "a paper")}
    assert run("profiles", file)[0] == 0


def test_questions_show_their_defaults_and_take_them(run: Run, tmp_path: Path, answer: Callable[..., list[str]]) -> None:
    asked = answer(*[""] * len(QUESTIONS))
    file = tmp_path / "east.toml"
    assert run("profile", "new", file, lang="zh")[0] == 0
    assert len(asked) == len(QUESTIONS)
    assert asked[0] == "编号 [east] "
    assert asked[3].startswith("以哪个配置为基础（beidaihe 秦皇岛市北戴河区、")
    assert asked[3].endswith("） [generic] ")
    assert all(name in asked[3] for name in profile_names())
    assert load_profile(file).household_range == (300, 500)


def test_a_wrong_answer_is_asked_again(run: Run, tmp_path: Path, answer: Callable[..., list[str]]) -> None:
    asked = answer("0", "soon", "20")
    others = [part for key, question in QUESTIONS.items() if key != "cutoff" for part in (question.option, ANSWERS[key])]
    code, _, err = run("profile", "new", tmp_path / "a.toml", *others)
    assert code == 0
    assert asked == ["Cutoff in minutes [15] "] * 3
    assert err.count("expected a number above 0 (--cutoff)") == 2
    assert load_profile(tmp_path / "a.toml").services["medical"].cutoff_min == 20


ANSWERS = {
    "id": "a",
    "zh": "甲",
    "en": "A",
    "base": "generic",
    "levels": TREE,
    "code": "none",
    "circle": "all",
    "mode": "walk",
    "range": "300-500",
    "target": "400",
    "leaders": "0",
    "members": "0",
    "floor": "0",
    "phones": "no",
    "source_zh": "待核",
    "source_en": "to be confirmed",
}


def test_nobody_answers(run: Run, tmp_path: Path, answer: Callable[..., list[str]]) -> None:
    answer("east")
    code, _, err = run("profile", "new", tmp_path / "a.toml")
    assert code == 2
    assert "nobody answers 'Name in Chinese': give --zh, or take defaults with --yes" in err
    assert not (tmp_path / "a.toml").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--id", "East", "'East' will not do: expected small letters, digits and _ (--id)"),
        ("--zh", "", "'' will not do: expected 1 to 100 characters (--zh)"),
        ("--base", "nowhere", "no profile is called 'nowhere'; known: beidaihe (Beidaihe, Qinhuangdao)"),
        ("--base", "fushan:rural", "'fushan:rural' will not do: expected the name of a profile (--base)"),
        ("--levels", "village:村", "'village:村' will not do: expected id:Chinese:English"),
        ("--levels", "village:村:village", "one of them grid (--levels)"),
        ("--levels", "grid:村:a,grid:网格:b", "one of them grid (--levels)"),
        ("--levels", "My Town:村:a,grid:网格:b", "one of them grid (--levels)"),
        ("--code", "{hamlet:3}{sequence:3}", "its levels must be levels of the profile"),
        ("--services", "medical,bank", "'medical,bank' will not do: expected services of the base"),
        ("--mode", "fly", "'fly' will not do: expected one of walk, walk_older, bicycle, ebike, car (--mode)"),
        ("--cutoff", "0", "'0' will not do: expected a number above 0 (--cutoff)"),
        ("--cutoff", "nan", "'nan' will not do: expected a number above 0 (--cutoff)"),
        ("--range", "500-300", "'500-300' will not do: expected two numbers, such as 300-500 (--range)"),
        ("--target", "900", "'900' will not do: expected a whole number within that range (--target)"),
        ("--leaders", "-1", "'-1' will not do: expected a whole number from 0 up (--leaders)"),
        ("--floor-area", "inf", "'inf' will not do: expected a number from 0 up (--floor-area)"),
        ("--phones", "perhaps", "'perhaps' will not do: expected yes or no (--phones)"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_one_clear_message_and_writes_nothing(
    run: Run, tmp_path: Path, option: str, value: str, said: str
) -> None:
    code, out, err = run("profile", "new", tmp_path / "a.toml", f"{option}={value}", "--yes")
    assert (code, out) == (2, "")
    assert said in err
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_is_there_is_not_overwritten(run: Run, tmp_path: Path, answer: Callable[..., list[str]]) -> None:
    asked = answer()
    file = tmp_path / "a.toml"
    file.write_text("mine", encoding="utf-8")
    code, _, err = run("profile", "new", file)
    assert (code, asked, file.read_text(encoding="utf-8")) == (2, [], "mine")
    assert "a.toml is there already and is not overwritten; choose another name" in err


def test_files_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    assert "a.txt must end in .toml" in run("profile", "new", tmp_path / "a.txt", "--yes")[2]
    assert "there is no folder deep; make it first" in run("profile", "new", tmp_path / "deep" / "a.toml", "--yes")[2]


def test_names_with_signs_of_toml_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    name = 'a "b" \\ {c} \x7f'
    assert run("profile", "new", tmp_path / "a.toml", "--zh", name, "--en", name, "--yes")[0] == 0
    assert load_profile(tmp_path / "a.toml").name == Text(name, name)


def test_what_makes_no_profile_is_not_written(run: Run, tmp_path: Path) -> None:
    """Fushan's standards are about zones: without that level it cannot be built on."""
    code, _, err = run("profile", "new", tmp_path / "a.toml", "--base", "fushan", "--levels", TREE, "--yes")
    assert code == 2
    assert "profile a.toml: standards.zone_villages.of has no 'zone'" in err
    assert [*tmp_path.iterdir()] == []


def test_a_place_can_build_on_a_place(run: Run, tmp_path: Path) -> None:
    assert run("profile", "new", tmp_path / "a.toml", "--base", "lufeng", "--yes")[0] == 0
    town = load_profile(tmp_path / "a.toml")
    assert town.circle == ("education", "medical", "sport")
    assert town.household_target == load_profile("lufeng").household_target


@pytest.mark.parametrize("name", profile_names())
def test_the_defaults_on_a_base_are_the_base(run: Run, tmp_path: Path, name: str) -> None:
    """Only the id and the names differ; a place without standards gets a leader and a member a grid."""
    assert run("profile", "new", tmp_path / "a.toml", "--base", name, "--yes")[0] == 0
    town, base = load_profile(tmp_path / "a.toml"), load_profile(name)
    differ = {key for key, value in town.model_dump().items() if value != base.model_dump()[key]}
    assert differ - {"circle"} == {"id", "name"} | ({"standards"} if name == "generic" else set())
    assert town.circled == base.circled


def test_another_number_of_people_replaces_the_standard_of_the_base(run: Run, tmp_path: Path) -> None:
    """Fushan asks for exactly one leader and one member a grid; none and three replace that."""
    file = tmp_path / "a.toml"
    assert run("profile", "new", file, "--base", "福山", "--leaders", "0", "--members", "3", "--yes")[0] == 0
    town, base = load_profile(file), load_profile("fushan")
    assert base.standards.keys() - town.standards.keys() == {"leader"}
    assert (town.standards["member"].min, town.standards["member"].max) == (3.0, None)
    assert 'without = ["standards.leader", "standards.member"]' in file.read_text(encoding="utf-8")


def test_another_range_has_its_middle_for_a_target(run: Run, tmp_path: Path) -> None:
    assert run("profile", "new", tmp_path / "a.toml", "--base", "lufeng", "--range", "100-200", "--yes")[0] == 0
    assert load_profile(tmp_path / "a.toml").household_target == 150


def test_profiles_answer_to_the_names_of_their_places(run: Run, tmp_path: Path) -> None:
    assert [load_profile(said).id for said in ("福山", "漯河市", "Luohe", "福山区", "烟台")] == [
        "fushan",
        "luohe",
        "luohe",
        "fushan",
        "fushan",
    ]
    assert load_profile("福山:rural").services["medical"].mode == load_profile("fushan:rural").services["medical"].mode == "ebike"
    assert "烟台市福山区" in run("profiles", "福山", lang="zh")[1]
    err = run("profiles", "秦皇岛", lang="zh")[2]
    assert "没有名为“秦皇岛”的配置；可用：beidaihe 秦皇岛市北戴河区、" in err
    (tmp_path / "a.toml").write_text('id = "a"\nbase = "漯河"\nname = { zh = "甲", en = "A" }\n', encoding="utf-8")
    assert load_profile(tmp_path / "a.toml").circle == ("party_service",)


def test_a_file_that_does_not_exist_is_said_so(run: Run) -> None:
    code, _, err = run("profiles", "nosuch.toml")
    assert (code, "profile nosuch.toml: there is no such file; check the path" in err) == (2, True)


def test_text_of_a_draft_with_levels_loads(tmp_path: Path) -> None:
    level = Level.model_validate({"id": "grid", "zh": "网格", "en": "grid", "of": "grids", "staff": ("leader",)})
    said = Text("某", "some")
    draft = Draft("x", said, "generic", said, (level,), {"code_pattern": ""}, (), (), "walk", 15.0)
    (tmp_path / "x.toml").write_text(profile_text(draft), encoding="utf-8")
    assert load_profile(tmp_path / "x.toml").levels == (level,)
    (tmp_path / "y.toml").write_text(profile_text(draft._replace(numbers={})), encoding="utf-8")
    with pytest.raises(ProfileError, match="code_pattern"):
        load_profile(tmp_path / "y.toml")


def test_the_group_has_every_command() -> None:
    assert {*commands.PROFILES} == {"new"}
