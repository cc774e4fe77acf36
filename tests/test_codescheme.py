"""How codes are written: patterns that can be read, what they say, and every way in which one can be wrong."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogrid.codescheme import GENERIC, CodeParts, code_scheme
from geogrid.errors import ProfileError
from geogrid.profile import load_profile

LEVELS = ("county", "township", "village", "grid")


def test_the_generic_profile_has_fifteen_digits() -> None:
    profile = load_profile()
    scheme = profile.code_scheme
    assert scheme == GENERIC
    assert (scheme.level, dict(scheme.digits), scheme.last) == ("village", {"county": 6, "township": 9, "village": 12}, 999)
    assert re.fullmatch(scheme.regex, "990101100001001")
    assert "待核" in profile.sources["code_pattern"].zh
    assert (scheme.form.zh, scheme.form.en) == (
        "15 位数字：县（市、区） 6、乡镇（街道） 3、村（社区） 3、顺序号 3",
        "15 digits: county 6, township 3, village 3, running number 3",
    )


@pytest.mark.parametrize(
    ("pattern", "area_code", "number", "code"),
    [
        ("{county:6}{township:3}{village:3}{sequence:3}", "990101100001", 7, "990101100001007"),
        ("{village}{sequence:3}", "990101100001", 7, "990101100001007"),
        # 20 digits as of objects in CJ/T 349: 6 of the kind of object, 6 + 3 + 3 of the place, 2 of the sequence.
        ("010101{county:6}{township:3}{village:3}{sequence:2}", "990101100001", 42, "01010199010110000142"),
        ("FN-{village}-{sequence:2}", "V7", 3, "FN-V7-03"),
        ("FN-{village}-{sequence:02}", "V-7", 3, "FN-V-7-03"),
        ("第{sequence:4}号", "", 12, "第0012号"),
        ("{sequence:2}.{township:3}", "100", 9, "09.100"),
    ],
)
def test_codes_are_written_and_read_back(pattern: str, area_code: str, number: int, code: str) -> None:
    scheme = code_scheme(pattern, LEVELS)
    assert scheme.takes(area_code)
    assert scheme.write(area_code, number) == code
    assert scheme.read(code) == CodeParts(area_code, number)
    assert not set("{}") & {*scheme.form.zh, *scheme.form.en}


def test_a_pattern_with_text_is_said_part_by_part() -> None:
    scheme = code_scheme("010101{county:6}{village:06}-{sequence:2}", LEVELS)
    assert scheme.form.en == "in turn: '010101', county 6, village 6, '-', running number 2"
    assert code_scheme("{village}{sequence:3}", LEVELS).form.zh == "依次为：village代码、顺序号 3"


@pytest.mark.parametrize(
    "code",
    [
        "",
        "99010110000100",
        "9901011000010011",
        "99010110000100A",
        "990101100001 01",
        "99010110000100１",
        "990101100001000",
        "x\n",
    ],
)
def test_what_is_not_written_so_is_not_read(code: str) -> None:
    assert GENERIC.read(code) is None


def test_a_dot_stands_for_itself() -> None:
    assert code_scheme("{village:2}.{sequence:1}", LEVELS).read("12x3") is None


@given(st.integers(0, 10**12 - 1), st.integers(1, 999))
def test_every_code_reads_back(area: int, number: int) -> None:
    assert GENERIC.read(GENERIC.write(f"{area:012d}", number)) == CodeParts(f"{area:012d}", number)


ONE_NUMBER = "exactly one running number"
TOP_DOWN = "must be levels of the profile (county, township, village, grid), from the top down, each once"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", "the profile has no code_pattern, so grids have no codes"),
        ("{village:3}", ONE_NUMBER),
        ("{village:3}{sequence}", ONE_NUMBER),
        ("{village:3}{sequence:0}", ONE_NUMBER),
        ("{village:3}{sequence:10}", ONE_NUMBER),
        ("{sequence:3}{sequence:3}", ONE_NUMBER),
        ("{village:3{sequence:3}", ONE_NUMBER),
        ("{Village:3}{sequence:3}", ONE_NUMBER),
        (" {village:3}{sequence:3}", ONE_NUMBER),
        ("{hamlet:3}{sequence:3}", TOP_DOWN),
        ("{village:3}{county:6}{sequence:3}", TOP_DOWN),
        ("{village:3}{village:3}{sequence:3}", TOP_DOWN),
        ("{county:6}-{village:3}{sequence:3}", "levels must stand side by side"),
        ("{county:6}{village}{sequence:3}", "levels must stand side by side"),
        ("{county:6}{sequence:3}{village:3}", "levels must stand side by side"),
    ],
)
def test_a_wrong_pattern_is_named_with_what_is_expected(pattern: str, expected: str) -> None:
    with pytest.raises(ProfileError) as caught:
        code_scheme(pattern, LEVELS)
    assert expected in str(caught.value)
    assert "code_pattern" in caught.value.say("zh")
    assert repr(pattern) in str(caught.value) or not pattern
