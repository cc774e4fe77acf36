"""Writing a profile by asking: every question has a default, and an option that answers it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from api import profileread
from api.profileread import ID
from geogrid.errors import InputError, ProfileError, RefusedError
from geogrid.modetable import MODES
from geogrid.profile import load_profile, profiles_said
from geogrid.profileparts import TO_CONFIRM
from geogrid.profiletext import Draft, profile_text
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.profileread import Answers
    from geogrid.profile import Profile

THERE = Text("{name} 已经存在，不会覆盖；请换一个文件名", "{name} is there already and is not overwritten; choose another name")
ENDING = Text("{name} 应以 .toml 结尾", "{name} must end in .toml")
FOLDER = Text("没有文件夹 {name}；请先建立", "there is no folder {name}; make it first")
WRONG = Text("“{answer}”不对：应为{zh}", "{answer!r} will not do: expected {en}")
UNANSWERED = Text(
    "没有人回答“{zh}”：请用 {option} 给出，或用 --yes 取默认值",
    "nobody answers {en!r}: give {option}, or take defaults with --yes",
)
NOT_UTF8 = Text("答案中有不能保存的字符", "an answer holds characters that cannot be saved")


class Question(NamedTuple):
    """One question: what is asked, its option, what the answer must be, its reader, its default, and what there is to choose."""

    says: Text
    option: str
    expected: Text
    read: Callable[[str, Answers], Any]
    default: Callable[[Answers], str]
    known: Callable[[], Text] | None = None


A_NAME = Text("1～100 个字", "1 to 100 characters")
AT_LEAST_0 = Text("不小于 0 的整数", "a whole number from 0 up")
LEVELS_LIKE = Text(
    "编号:中文:英文，用逗号分开，从上到下，至少有一个 grid",
    "id:Chinese:English, separated by commas, top to bottom, one of them grid",
)

QUESTIONS: Mapping[str, Question] = {
    "id": Question(
        Text("编号", "Id"),
        "--id",
        Text("小写字母开头的字母、数字、下划线", "small letters, digits and _"),
        profileread.place_id,
        lambda a: a["stem"],
    ),
    "zh": Question(Text("地方的中文名", "Name in Chinese"), "--zh", A_NAME, profileread.name, lambda a: a["id"]),
    "en": Question(Text("地方的英文名", "Name in English"), "--en", A_NAME, profileread.name, lambda a: a["id"].capitalize()),
    "base": Question(
        Text("以哪个配置为基础", "Profile to build on"),
        "--base",
        Text("一个配置的名称", "the name of a profile"),
        profileread.base,
        profileread.said("generic"),
        profiles_said,
    ),
    "levels": Question(Text("层级", "Levels"), "--levels", LEVELS_LIKE, profileread.levels, profileread.usual_levels),
    "code": Question(
        Text("网格编码规则（none 为不编码）", "Pattern of codes (none: no codes)"),
        "--code",
        Text("如 {township:3}{village:3}{sequence:3}，或 none", "such as {township:3}{village:3}{sequence:3}, or none"),
        profileread.code,
        profileread.usual_code,
    ),
    "circle": Question(
        Text("要同时达到的服务", "Services that count all at once"),
        "--services",
        Text("基础配置中的服务，用逗号分开，或 all", "services of the base, separated by commas, or all"),
        profileread.services,
        lambda a: ",".join(a["base"].circle) or "all",
    ),
    "mode": Question(
        Text("怎么去", "How people get there"),
        "--mode",
        Text(", ".join(MODES), "one of " + ", ".join(MODES)),
        profileread.mode,
        profileread.said("walk"),
    ),
    "cutoff": Question(
        Text("时限（分钟）", "Cutoff in minutes"),
        "--cutoff",
        Text("大于 0 的数字", "a number above 0"),
        profileread.above_0,
        profileread.said("15"),
    ),
    "range": Question(
        Text("每网格户数范围", "Households a grid"),
        "--range",
        Text("两个数，如 300-500", "two numbers, such as 300-500"),
        profileread.households,
        lambda a: "{}-{}".format(*a["base"].household_range),
    ),
    "target": Question(
        Text("每网格户数目标", "Households a grid aimed at"),
        "--target",
        Text("范围之内的整数", "a whole number within that range"),
        profileread.target,
        profileread.usual_target,
    ),
    "leaders": Question(
        Text("每网格至少几名网格长", "Leaders a grid, at least"),
        "--leaders",
        AT_LEAST_0,
        profileread.count,
        profileread.usual_staff("leader"),
    ),
    "members": Question(
        Text("每网格至少几名网格员", "Members a grid, at least"),
        "--members",
        AT_LEAST_0,
        profileread.count,
        profileread.usual_staff("member"),
    ),
    "floor": Question(
        Text("党群服务中心至少多少平方米（0 为不要求）", "Floor area of service centres at least, in m² (0: none)"),
        "--floor-area",
        Text("不小于 0 的数字", "a number from 0 up"),
        profileread.from_0,
        profileread.said("0"),
    ),
    "phones": Question(
        Text("公示牌是否公开电话（yes 或 no）", "Do cards show phones to everybody (yes or no)"),
        "--phones",
        Text("yes 或 no", "yes or no"),
        profileread.is_yes,
        profileread.said("no"),
    ),
    "source_zh": Question(
        Text("这些数字的出处（中文）", "Where the numbers come from, in Chinese"),
        "--source-zh",
        A_NAME,
        profileread.name,
        profileread.said(TO_CONFIRM.zh),
    ),
    "source_en": Question(
        Text("这些数字的出处（英文）", "Where the numbers come from, in English"),
        "--source-en",
        A_NAME,
        profileread.name,
        profileread.said(TO_CONFIRM.en),
    ),
}
"""Every question, in the order in which it is asked."""


def require_new(file: Path) -> None:
    """Refuse a file that is there, has another ending or has no folder, before anything is asked.

    Raises
    ------
    RefusedError
        The file is there.
    InputError
        It cannot be written there.
    """
    if file.suffix != ".toml":
        raise InputError(ENDING.fill(name=file.name))
    if file.exists() or file.is_symlink():
        raise RefusedError(THERE.fill(name=file.name))
    if not file.parent.is_dir():
        raise InputError(FOLDER.fill(name=file.parent.name))


def answered(
    stem: str, given: Mapping[str, str | None], ask: Callable[[Text, str], str | None], retry: Callable[[Text], None]
) -> Answers:
    """Return the answers to all questions.

    Parameters
    ----------
    stem : str
        The file's name without its ending, of which the default id is made.
    given : mapping
        What options answer, by the question's key; None is asked.
    ask : callable
        Gets a question and its default, and gives the answer, None where nobody answers.
    retry : callable
        Is told what was wrong with an answer that is asked for again.

    Raises
    ------
    InputError
        An option's answer will not do, or nobody answers.
    """
    plain = re.sub(r"[^a-z0-9_]+", "_", stem.lower()).strip("_")[:40]
    answers: Answers = {"stem": plain if ID.fullmatch(plain) else "place"}
    for key, question in QUESTIONS.items():
        text = given.get(key)
        if text is not None:
            answers[key] = _read(question, text, answers)
            continue
        answers[key] = _asked(question, answers, ask, retry)
    return answers


def _asked(question: Question, answers: Answers, ask: Callable[[Text, str], str | None], retry: Callable[[Text], None]) -> Any:
    """Ask until the answer will do."""
    default = question.default(answers)
    says = question.says if question.known is None else _with_known(question.says, question.known())
    while True:
        text = ask(says, default)
        if text is None:
            said = UNANSWERED.fill(zh=question.says.zh, en=question.says.en, option=question.option)
            raise InputError(said)
        try:
            return _read(question, text.strip() or default, answers)
        except InputError as error:
            retry(error.message)


def _with_known(says: Text, known: Text) -> Text:
    return Text(f"{says.zh}（{known.zh}）", f"{says.en} ({known.en})")


def _read(question: Question, text: str, answers: Answers) -> Any:
    try:
        return question.read(text.strip(), answers)
    except ProfileError as error:
        raise InputError(error.message) from error
    except (ValueError, KeyError) as error:
        expected = question.expected
        raise InputError(
            WRONG.fill(answer=text, zh=f"{expected.zh}（{question.option}）", en=f"{expected.en} ({question.option})")
        ) from error


def draft_of(answers: Answers) -> Draft:
    """Return the draft that the answers make: what is as in the base is left to the base, and to its sources."""
    base: Profile = answers["base"]
    numbers = {"household_range": answers["range"], "household_target": answers["target"], "code_pattern": answers["code"]}
    terms = answers["mode"], answers["cutoff"]
    wanted = [base.services[key] for key in answers["circle"] or base.services]
    rules = {role: profileread.staff_rule(answers, role) for role in ("leader", "member")}
    kept = {role for role, rule in rules.items() if rule and rule.min == answers[f"{role}s"]}
    return Draft(
        answers["id"],
        Text(answers["zh"], answers["en"]),
        base.id,
        Text(answers["source_zh"], answers["source_en"]),
        answers["levels"],
        {key: value for key, value in numbers.items() if value != getattr(base, key)},
        [service.id for service in wanted if (service.mode, service.cutoff_min) != terms],
        answers["circle"],
        *terms,
        grid=profileread.grid_level(answers),
        leaders=0 if "leader" in kept else answers["leaders"],
        members=0 if "member" in kept else answers["members"],
        floor_area_m2=answers["floor"],
        phones=answers["phones"],
        without=[f"standards.{rule.id}" for role, rule in rules.items() if rule and role not in kept],
    )


def write(file: Path, draft: Draft) -> Profile:
    """Write a profile to a new file, and return it as it loads from there.

    Raises
    ------
    ProfileError
        What was answered makes no profile; nothing is written.
    RefusedError
        The file has come to be there.
    """
    try:
        text = profile_text(draft).encode()
    except UnicodeEncodeError as error:
        raise InputError(NOT_UTF8) from error
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder, file.name)
        trial.write_bytes(text)
        profile = load_profile(trial)
    try:
        with file.open("xb") as target:
            target.write(text)
    except FileExistsError as error:
        raise RefusedError(THERE.fill(name=file.name)) from error
    return profile
