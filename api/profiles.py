"""The commands on profiles: thin, each calls what does the work and says what came of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.terminal import Terminal, clean
from geogrid.late import Late
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api import profilenew, toldprofiles
    from geogrid import profile
    from geogrid.words import Lang
else:
    profilenew, toldprofiles, profile = map(Late, ("api.profilenew", "api.toldprofiles", "geogrid.profile"))

LangOption = Annotated[str | None, typer.Option("--lang")]
FileArgument = Annotated[Path, typer.Argument(metavar="F.toml")]
Answer = str | None

WRITTEN = Text(
    "写好了 {file}。看看：geogrid profiles {file}；使用：geogrid check --profile {file} …",
    "Wrote {file}. See it: geogrid profiles {file}; use it: geogrid check --profile {file} …",
)


def profiles(
    context: typer.Context,
    profile_name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    *,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """List the profiles, or explain one."""
    terminal = Terminal.open(context.obj)
    if profile_name is None:
        terminal.out.print(toldprofiles.listed([*map(profile.load_profile, _generic_first())], terminal.lang, terminal.out.width))
    else:
        terminal.out.print(toldprofiles.explained(profile.load_profile(profile_name), terminal.lang))


def new(
    context: typer.Context,
    profile_file: FileArgument,
    *,
    profile_id: Annotated[Answer, typer.Option("--id")] = None,
    place_zh: Annotated[Answer, typer.Option("--zh")] = None,
    place_en: Annotated[Answer, typer.Option("--en")] = None,
    base_profile: Annotated[Answer, typer.Option("--base")] = None,
    asked_levels: Annotated[Answer, typer.Option("--levels")] = None,
    asked_code: Annotated[Answer, typer.Option("--code")] = None,
    asked_services: Annotated[Answer, typer.Option("--services")] = None,
    asked_mode: Annotated[Answer, typer.Option("--mode")] = None,
    asked_cutoff: Annotated[Answer, typer.Option("--cutoff")] = None,
    asked_range: Annotated[Answer, typer.Option("--range")] = None,
    asked_target: Annotated[Answer, typer.Option("--target")] = None,
    asked_leaders: Annotated[Answer, typer.Option("--leaders")] = None,
    asked_members: Annotated[Answer, typer.Option("--members")] = None,
    asked_floor: Annotated[Answer, typer.Option("--floor-area")] = None,
    asked_phones: Annotated[Answer, typer.Option("--phones")] = None,
    source_zh: Annotated[Answer, typer.Option("--source-zh")] = None,
    source_en: Annotated[Answer, typer.Option("--source-en")] = None,
    defaults: Annotated[bool, typer.Option("--yes")] = False,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Write a profile by asking."""
    given = {"id": profile_id, "zh": place_zh, "en": place_en, "base": base_profile, "levels": asked_levels, "code": asked_code}
    given |= {"circle": asked_services, "mode": asked_mode, "cutoff": asked_cutoff, "range": asked_range, "target": asked_target}
    given |= {"leaders": asked_leaders, "members": asked_members, "floor": asked_floor, "phones": asked_phones}
    given |= {"source_zh": source_zh, "source_en": source_en}
    terminal = Terminal.open(context.obj)
    profilenew.require_new(profile_file)
    ask = _take_default if defaults else partial(_ask, terminal.lang)
    answers = profilenew.answered(profile_file.stem, given, ask, terminal.fail)
    profilenew.write(profile_file, profilenew.draft_of(answers))
    terminal.say(WRITTEN.fill(file=profile_file))


def _generic_first() -> tuple[str, ...]:
    """Return the names of all profiles, the places after what they build on."""
    return tuple(sorted(profile.profile_names(), key=lambda name: (name != "generic", name)))


def _take_default(_: Text, default: str) -> str:
    return default


def _ask(lang: Lang, question: Text, default: str) -> str | None:
    """Ask on the terminal; None where nobody is there to answer."""
    try:
        return input(clean(f"{question.say(lang)} [{default}] "))
    except EOFError:
        return None


PROFILES: Mapping[str, Callable[..., None]] = {"new": new}
"""Every command ``geogrid profile …`` by its name."""
