"""What a check was asked to do: precedence of caller and profile, by service, and every way in which options can be wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from geogrid.errors import InputError, NotFoundError
from geogrid.profile import Profile, load_profile
from geogrid.settings import Options, day_asked, require_usable, settle
from geogrid.townfile import settings_json, settings_of

if TYPE_CHECKING:
    from geogrid.settings import Settings

OFFERED = ("education", "medical", "sport")


def settled(**options: Any) -> Settings:
    """Settle options for a town that offers three services."""
    return settle(cast("Options", options), offered=OFFERED)


def profile(**services: dict[str, Any]) -> Profile:
    """Return the generic profile with some services changed, older people at 3.2 and cars at 60 km/h."""
    base = load_profile()
    changed = {key: spec.model_copy(update=services.get(key, {})) for key, spec in base.services.items()}
    return base.model_copy(update={"services": changed, "older_walking_speed_kmh": 3.2, "speeds_kmh": {"car": 60.0}})


def test_the_profile_decides_what_nobody_asks_for() -> None:
    settings = settled()
    assert settings.services == OFFERED
    assert settings.mode == dict.fromkeys(OFFERED, "walk")
    assert settings.speed_kmh == dict.fromkeys(OFFERED, 5.0)
    assert settings.cutoff_min == dict.fromkeys(OFFERED, 15.0)
    assert (settings.walking_speed_kmh, settings.join_crossings, settings.saved) == (5.0, False, None)
    assert settings.modes == ("walk",)


def test_a_service_has_its_own_mode_and_cutoff_in_the_profile() -> None:
    settings = settled(profile=profile(medical={"mode": "car", "cutoff_min": 30.0}, sport={"mode": "walk_older"}))
    assert settings.mode == {"education": "walk", "medical": "car", "sport": "walk_older"}
    assert settings.speed_kmh == {"education": 5.0, "medical": 60.0, "sport": 3.2}
    assert settings.cutoff_min == {"education": 15.0, "medical": 30.0, "sport": 15.0}
    assert settings.modes == ("walk", "car", "walk_older")
    assert [settings.pace_kmh(mode) for mode in ("walk", "ebike", "car")] == [5.0, 20.0, 60.0]


def test_the_callers_word_for_a_service_comes_before_the_profiles() -> None:
    place = profile(medical={"mode": "car", "cutoff_min": 30.0})
    settings = settled(profile=place, mode={"医疗": "bicycle"}, cutoff_min={"Medical": 20, "sport": 5.5}, speed_kmh=4)
    assert settings.mode == {"education": "walk", "medical": "bicycle", "sport": "walk"}
    assert settings.cutoff_min == {"education": 15.0, "medical": 20.0, "sport": 5.5}
    assert settings.speed_kmh == {"education": 4.0, "medical": 15.0, "sport": 4.0}


def test_one_word_is_for_every_service() -> None:
    settings = settled(profile=profile(medical={"mode": "car"}), mode="walk_older", cutoff_min=10, services=["medical", "sport"])
    assert settings.mode == {"medical": "walk_older", "sport": "walk_older"}
    assert settings.cutoff_min == {"medical": 10.0, "sport": 10.0}


def test_the_speed_option_is_for_general_walking_only() -> None:
    settings = settled(mode={"medical": "walk_older", "sport": "ebike"}, speed_kmh=6.0)
    assert settings.speed_kmh == {"education": 6.0, "medical": 3.6, "sport": 20.0}
    assert settings.walking_speed_kmh == 6.0


def test_choices_that_are_carried_through(tmp_path: Path) -> None:
    settings = settled(join_crossings=True, saved=str(tmp_path))
    assert (settings.join_crossings, settings.saved) == (True, tmp_path)
    assert settled(saved=Path("a"), join_crossings=None).saved == Path("a")


WRONG: list[tuple[dict[str, Any], type[Exception], str, str]] = [
    ({"mode": "fly"}, NotFoundError, "there is no mode 'fly'; use one of: walk, walk_older", "没有出行方式“fly”"),
    ({"mode": {"medical": "fly"}}, NotFoundError, "there is no mode 'fly'", "没有出行方式“fly”"),
    ({"mode": ["walk"]}, NotFoundError, "there is no mode ", "没有出行方式"),
    ({"mode": {"library": "walk"}}, NotFoundError, "the profile has no service 'library'", "配置中没有服务“library”"),
    ({"cutoff_min": {"library": 5}}, NotFoundError, "the profile has no service 'library'", "配置中没有服务“library”"),
    ({"cutoff_min": {"medical": 0}}, InputError, "cutoff_min = 0 is not usable: expected a number above 0", "应为大于 0 的数"),
    ({"cutoff_min": {"medical": "5"}}, InputError, "cutoff_min = 5 is not usable", "应为大于 0 的数"),
    ({"cutoff_min": -1}, InputError, "cutoff_min = -1 is not usable", "应为大于 0 的数"),
    ({"speed_kmh": float("inf")}, InputError, "speed_kmh = inf is not usable", "应为大于 0 的数"),
    (
        {"cutoff_min": {"medical": 5, "医疗": 6}},
        InputError,
        "cutoff_min gives service 'medical' two values: keep one",
        "cutoff_min 对服务“medical”给了两个值",
    ),
    ({"join_crossings": "yes"}, InputError, "join_crossings = yes is not usable: expected True or False", "应为 True 或 False"),
    ({"saved": 3}, InputError, "saved = 3 is not usable: expected a folder", "应为文件夹"),
]


@pytest.mark.parametrize(("options", "kind", "en", "zh"), WRONG)
def test_wrong_options_are_refused_before_any_file_is_read(options: dict[str, Any], kind: type[Any], en: str, zh: str) -> None:
    for refuse in (lambda: require_usable(cast("Options", options)), lambda: settled(**options)):
        with pytest.raises(kind) as caught:
            refuse()
        assert en in str(caught.value)
        assert zh in caught.value.say("zh")


def test_one_value_said_twice_is_one_value() -> None:
    assert settled(cutoff_min={"medical": 5, "医疗": 5.0}).cutoff_min["medical"] == 5.0


@pytest.mark.parametrize(("key", "value"), [("mode", "car"), ("cutoff_min", 20)])
def test_a_mapping_that_names_a_service_which_is_not_checked_is_refused(key: str, value: Any) -> None:
    options = {key: {"day_care": value}}
    require_usable(cast("Options", options))
    with pytest.raises(
        InputError, match=rf"{key} names service 'day_care', which is not checked \(checked: education,"
    ) as caught:
        settled(**options)
    assert f"{key} 提到的服务“day_care”不在检查之列" in caught.value.say("zh")


def test_a_town_without_any_service_cannot_be_checked() -> None:
    with pytest.raises(InputError, match="no service to check: no facility offers one of the profile's services"):
        settle({}, offered=["bakery"])


@pytest.mark.parametrize(
    ("datum", "said"), [("mars", "datum 'mars' is unknown"), ({"trees": "wgs84"}, "datum names a table 'trees': use roads")]
)
def test_datum_choices_are_known(datum: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        settled(datum=datum)


def test_a_misspelt_option_is_not_taken_for_its_default() -> None:
    with pytest.raises(InputError, match="there is no option 'modes': use services, mode, cutoff_min"):
        require_usable(cast("Options", {"modes": "walk"}))


def test_a_day_is_kept_as_asked() -> None:
    asked = settle({"on": "2026-07-02"}, offered=["medical"])
    assert asked.on == dt.date(2026, 7, 2) == day_asked(dt.date(2026, 7, 2))
    assert settings_of(settings_json(asked)) == asked
    assert settle({}, offered=["medical"]).on is None
    for wrong in ("2026-02-30", "soon", "", dt.datetime(2026, 7, 2, tzinfo=dt.UTC)):
        with pytest.raises(InputError, match=r"on = .* is not usable: expected a date, such as 2026-07-02"):
            require_usable({"on": wrong})


def test_legs_to_a_vehicle_are_walked_at_the_walking_pace() -> None:
    assert settle({"speed_kmh": 4.0}, offered=["medical"]).paces("car") == {"speed_kmh": 90.0, "leg_kmh": 4.0}
