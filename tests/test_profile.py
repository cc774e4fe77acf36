"""The profile loader: the generic profile, and every way in which a file can be wrong."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from geogrid import profile as module
from geogrid.errors import ProfileError
from geogrid.modes import MODES
from geogrid.profile import NUMBERS, Profile, data_dir, load_profile, profiles_said
from geogrid.profilewords import problem_text
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

OF_PLACES = {"circle", "standards", "stated", "grades", "graded", "kinds", "classes", "cards", "note"}
"""Keys that the profile of no place leaves empty."""
GENERIC = data_dir() / "profiles" / "generic.toml"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a copy of the generic profile with one text replaced."""

    def copy(old: str = "", new: str = "", *, name: str = "town.toml") -> Path:
        text = GENERIC.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / name
        path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
        return path

    return copy


def test_generic_profile_says_what_the_design_says() -> None:
    profile = load_profile()
    assert list(profile.services) == ["education", "medical", "sport", "day_care", "courier_rest", "party_service", "convenience"]
    assert {(s.mode, s.cutoff_min, s.radius_m) for s in profile.services.values()} == {("walk", 15.0, None)}
    assert profile.radius_m == 1000.0
    assert [(level.id, level.parent) for level in profile.levels] == [
        ("county", None),
        ("township", "county"),
        ("village", "township"),
        ("grid", "village"),
    ]
    assert profile.levels[1].name == Text("乡镇（街道）", "township")
    assert (profile.household_range, profile.household_target) == ((300, 500), 400)
    assert (profile.walking_speed_kmh, profile.max_snap_m, profile.gap_distance_m) == (5.0, 200.0, 200.0)
    assert (profile.sliver_width_m, profile.defect_width_m, profile.suppress_below) == (1.0, 0.01, 10)
    assert (profile.now_statuses, profile.later_statuses) == (("built", "upgrading", "improving"), ("planned",))
    assert (profile.time_zone, profile.name) == ("Asia/Shanghai", Text("通用", "Generic"))


def test_paces_are_those_of_the_modes() -> None:
    profile = load_profile()
    assert {mode: profile.pace_kmh(mode) for mode in MODES} == {mode: row.speed_kmh for mode, row in MODES.items()}
    assert profile.older_walking_speed_kmh == 3.6
    assert "OSRM" in profile.pace_source("walk").en
    assert "待核" in profile.pace_source("walk_older").zh
    assert "GB 17761" in profile.pace_source("ebike").en


def test_paces_may_be_left_to_the_modes_without_a_source(write: Write) -> None:
    text = write().read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(("older_walking_speed_kmh", "speeds_kmh"))]
    bare = "\n".join(kept)
    for key in ("older_walking_speed_kmh", "speeds_kmh"):
        start = bare.index(f"[sources.{key}]")
        bare = bare[:start] + bare[bare.index("[sources.", start + 1) :]
    path = write(name="bare.toml")
    path.write_text(bare, encoding="utf-8")
    profile = load_profile(path)
    assert [profile.pace_kmh(mode) for mode in MODES] == [5.0, 3.6, 15.0, 20.0, 90.0]
    assert [profile.pace_source(mode) for mode in list(MODES)[1:]] == [row.source for row in list(MODES.values())[1:]]
    path.write_text("older_walking_speed_kmh = 3.0\n" + bare, encoding="utf-8")
    with pytest.raises(ProfileError, match=r"sources\.older_walking_speed_kmh is missing: say where"):
        load_profile(path)
    path.write_text("speeds_kmh = { car = 60.0 }\n" + bare, encoding="utf-8")
    with pytest.raises(ProfileError, match=r"sources\.speeds_kmh is missing: say where"):
        load_profile(path)


def test_a_place_sets_its_own_paces_and_modes(write: Write) -> None:
    path = write("car = 90.0", "car = 60.0")
    path.write_text(
        path.read_text(encoding="utf-8").replace("[services.medical]", '[services.medical]\nmode = "car"', 1), "utf-8"
    )
    profile = load_profile(path)
    assert profile.services["medical"].mode == "car"
    assert profile.pace_kmh("car") == 60.0
    assert profile.pace_source("car") == profile.sources["speeds_kmh"]


def test_seasons_of_the_generic_profile() -> None:
    seasons = load_profile().seasons
    assert [(season.id, season.name, season.column) for season in seasons] == [
        ("summer", Text("夏季", "summer"), "persons_summer"),
        ("winter", Text("冬季", "winter"), "persons_winter"),
    ]
    assert seasons[1].names == ("winter", "冬季", "winter", "冬天", "冬")


def test_leaders_are_public_by_name_and_phones_are_not() -> None:
    fields = load_profile().public_fields
    assert "leader" in fields["grids"]
    assert not [field for field in fields["grids"] if "phone" in field or field == "member"]


def test_every_number_has_a_source_in_both_languages() -> None:
    profile = load_profile()
    assert set(profile.sources) == set(NUMBERS)
    assert all(source.zh and source.en for source in profile.sources.values())
    assert all(service.source.zh and service.source.en for service in profile.services.values())
    assert "OSRM" in profile.walking_speed_source.en
    assert "to be confirmed" in profile.sources["household_range"].en
    assert "待核" in profile.services["medical"].source.zh


def test_every_key_of_the_generic_file_is_used() -> None:
    raw = tomllib.loads(GENERIC.read_text(encoding="utf-8"))
    assert set(raw) - {"variants"} == set(Profile.model_fields) - OF_PLACES


def test_profile_cannot_be_changed() -> None:
    profile = load_profile()
    with pytest.raises(ValidationError, match="frozen"):
        profile.household_target = 1


def test_a_profile_can_be_made_of_itself() -> None:
    profile = load_profile()
    assert Profile(**{name: getattr(profile, name) for name in Profile.model_fields}) == profile


def test_service_names_hold_id_both_languages_and_aliases() -> None:
    assert load_profile().services["sport"].names[:4] == ("sport", "体育", "sport", "体育健身")


def test_a_path_is_read_as_a_name_is(write: Write) -> None:
    path = write()
    assert load_profile(path) == load_profile(str(path)) == load_profile("generic")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GENERIC.read_bytes())
    assert load_profile(path).id == "generic"


@pytest.mark.parametrize("name", ["nowhere", "../generic", "", "/etc/passwd"])
def test_unknown_name_lists_known_ones(name: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile(name)
    assert str(caught.value) == f"no profile is called {name!r}; known: {profiles_said().en}, or give a .toml file"
    assert "generic" in caught.value.say("zh")


def test_unreadable_files_are_one_clear_error_without_the_folder(tmp_path: Path) -> None:
    cases = {"gbk.toml": '名 = "贵溪"'.encode("gbk"), "broken.toml": b"id = ", "gone.toml": None}
    said = {}
    for name, content in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ProfileError) as caught:
            load_profile(tmp_path / name)
        said[name] = str(caught.value)
        assert str(tmp_path) not in said[name]
    assert said["gbk.toml"] == "profile gbk.toml: not UTF-8 text; save it as UTF-8"
    assert said["broken.toml"].startswith("profile broken.toml: not valid TOML: Invalid value")
    assert said["gone.toml"] == "profile gone.toml: there is no such file; check the path"


WRONG = [
    (
        "walking_speed_kmh = 5.0",
        "walking_sped_kmh = 5.0",
        "walking_sped_kmh = 5.0: no such key; remove it or correct its spelling",
    ),
    ("walking_speed_kmh = 5.0", 'walking_speed_kmh = "5"', "walking_speed_kmh = '5': must be a number (without quotes)"),
    ("walking_speed_kmh = 5.0", "walking_speed_kmh = 0", "walking_speed_kmh = 0: must be more than 0"),
    ("walking_speed_kmh = 5.0", "walking_speed_kmh = nan", "walking_speed_kmh = nan: must be a finite number"),
    ("household_target = 400", "household_target = 400.5", "household_target = 400.5: must be a whole number (without quotes)"),
    ("household_target = 400", "household_target = 600", "household_target = 600 must lie within household_range = [300, 500]"),
    ("household_range = [300, 500]", "household_range = [300]", "household_range.1 is missing; add it"),
    ("household_range = [300, 500]", "household_range = 300", "household_range = 300: must be a list [ ... ]"),
    ("suppress_below = 10", "suppress_below = -1", "suppress_below = -1: must be at least 0"),
    ('id = "generic"\n', "", "id is missing; add it"),
    ('id = "generic"', 'id = "Gen eric"', "id = 'Gen eric': must match ^[a-z][a-z0-9_]*$"),
    ('zh = "通用", en', 'zh = "", en', 'write { zh = "Chinese", en = "English" }'),
    ("{sequence:3}", "", "code_pattern '{county:6}{township:3}{village:3}' must be text, levels such as {village:3} and"),
    ("{county:6}{township", "{hamlet:6}{township", "its levels must be levels of the profile (county, township, village, grid)"),
    ('code_pattern = "', 'code_pattern = 3 # "', "code_pattern = 3: must be text"),
    (
        '"built", "upgrading"',
        '"built", "open"',
        "now_statuses.1 = 'open': must be 'built', 'upgrading', 'improving' or 'planned'",
    ),
    ('later_statuses = ["planned"]', 'later_statuses = ["built"]', "status 'built' cannot be in both"),
    ("[sources.max_snap_m]", "[sources.max_snap_km]", "sources.max_snap_m is missing: say where max_snap_m comes from"),
    ("[[levels]]  #", "[sources.extra]\nzh='a'\nen='b'\n[[levels]]  #", "sources has no 'extra'; known: household_range,"),
    ('parent = "village"', 'parent = "hamlet"', "levels: parent 'hamlet' of 'grid' must stand before it"),
    ('id = "township"', 'id = "county"', "level 'county' appears twice under levels"),
    ("cutoff_min = 15.0", "cutoff_min = -1", "services.education.cutoff_min = -1: must be more than 0"),
    ("[services.education]", '[services.education]\nid = "school"', "the id of services.education must be 'education'"),
    ('"学校", "教学"', '"学校", "医疗"', "services: '医疗' names both 'education' and 'medical'"),
    ("older_walking_speed_kmh = 3.6", "older_walking_speed_kmh = -1", "older_walking_speed_kmh = -1: must be more than 0"),
    ("car = 90.0", "plane = 90.0", "speeds_kmh.plane = 'plane': must be one of bicycle, ebike, car"),
    ("car = 90.0", "walk = 90.0", "speeds_kmh.walk = 'walk': must be one of bicycle, ebike, car"),
    ("car = 90.0", "car = 0", "speeds_kmh.car = 0: must be more than 0"),
    ("speeds_kmh = {", "speeds_kmh = 3 # {", "speeds_kmh = 3: must be a table"),
    (
        "[services.education]",
        '[services.education]\nmode = "fly"',
        "services.education.mode = 'fly': must be one of walk, walk_older, bicycle, ebike, car",
    ),
    ("[services.education]", '[services.education]\nmode = ["walk"]', "services.education.mode = ['walk']: must be one of walk,"),
    ('id = "winter"', 'id = "Winter"', "seasons.1.id = 'Winter': must match"),
    ('id = "winter"', 'id = "summer"', "seasons: 'summer' names both 'summer' and 'summer'"),
    ('"冬天", "冬"', '"冬天", "夏天"', "seasons: '夏天' names both 'summer' and 'winter'"),
    ('en = "winter"\n', "", "seasons.1.en is missing; add it"),
    ("[services.education]", "[services.all]", "services: 'all' means all services at once; use another id"),
    ("[services.education]", "[services]\nsport2 = 3\n[services.education]", "services.sport2 = 3: must be a table"),
]


@pytest.mark.parametrize(("old", "new", "expected"), WRONG)
def test_wrong_key_or_value_names_file_key_value_and_remedy(write: Write, old: str, new: str, expected: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile(write(old, new))
    message = str(caught.value)
    assert message.startswith("profile town.toml: ")
    assert expected in message
    assert caught.value.say("zh").startswith("配置文件 town.toml：")


def test_services_must_be_a_table(write: Write) -> None:
    text = GENERIC.read_text(encoding="utf-8")
    path = write()
    path.write_text("services = 3\n" + text[: text.index("# One source of cutoff_min")], encoding="utf-8")
    with pytest.raises(ProfileError, match="services = 3: must be a table"):
        load_profile(path)


def test_every_problem_is_collected(write: Write) -> None:
    path = write("max_snap_m = 200.0", "max_snap_m = 0")
    path.write_text(path.read_text(encoding="utf-8").replace("gap_distance_m = 200.0", 'gap_distance_m = "x"'), encoding="utf-8")
    with pytest.raises(ProfileError, match=r"max_snap_m = 0: .*; gap_distance_m = 'x': "):
        load_profile(path)


def test_long_values_are_cut(write: Write) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile(write('id = "generic"', f'id = "{"x" * 500}"'))
    assert "x" * 70 + "...: is too long" in str(caught.value)
    assert "x" * 90 not in str(caught.value)


def test_unlisted_pydantic_errors_keep_their_own_words() -> None:
    problem: dict[str, Any] = {"type": "new_kind", "loc": ("a", 1), "msg": "odd", "input": 3}
    assert problem_text(problem) == Text("a.1 = 3：odd", "a.1 = 3: odd")


def test_installed_data_wins_over_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "geogrid"
    package.mkdir()
    monkeypatch.setattr(module, "__file__", str(package / "profile.py"))
    assert data_dir() == tmp_path / "data"
    (package / "_data").mkdir()
    assert data_dir() == package / "_data"
