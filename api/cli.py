"""The command ``geogrid``: thin, every command calls the library and says what came of it."""

from __future__ import annotations

import math
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from api import words
from api.embedcli import embed_folder
from api.help import Command, Group, written
from api.keyscli import KEYS, audit
from api.options import by_service, datum_option, listed, minutes_by_service
from api.planning import PLANNING
from api.profiles import PROFILES, profiles
from api.proposing import PROPOSALS
from api.questions import QUESTIONS
from api.terminal import Terminal, can_show, write_traceback
from api.workspaces import NOT_GOOD, WORKSPACES
from geogrid import __version__
from geogrid.errors import GeogridError, InputError
from geogrid.late import Late
from geogrid.words import LANGS, Lang, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from api import jobs, places
    from api import staff as tokens
    from geogrid import settings
else:
    jobs, places, tokens, settings = map(Late, ("api.jobs", "api.places", "api.staff", "geogrid.settings"))

DONE, UNUSABLE, INTERRUPTED = 0, 2, 130
app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True, rich_markup_mode=None)
plans = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True, rich_markup_mode=None)
proposals = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True, rich_markup_mode=None)
key_commands = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True, rich_markup_mode=None)
profile_commands = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True, rich_markup_mode=None)
command = partial(app.command, cls=Command)

LangOption = Annotated[str | None, typer.Option("--lang")]
PortOption = Annotated[int | None, typer.Option("--port", min=0, max=65535)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 2 unusable input or usage, 1 our fault, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    asked = _language_asked(given)
    lang: Lang = asked if asked in LANGS else "zh"
    terminal = Terminal.open(lang)
    sys.excepthook = partial(_fault, terminal)
    try:
        if asked not in LANGS:
            raise InputError(words.LANG_WRONG.fill(lang=asked))
        return _ended(
            terminal, typer.main.get_command(app).main(args=given, prog_name="geogrid", standalone_mode=False, obj=lang)
        )
    except TyperException as error:
        return _usage_error(terminal, error, given)
    except GeogridError as error:
        terminal.fail(error.message, kind=type(error).__name__)
    except OSError as error:
        if error.errno not in words.REASONS:
            raise
        terminal.fail(_refused(error), kind=type(error).__name__)
    return UNUSABLE


def positive(value: float | None) -> float | None:
    """Refuse a number that is not above 0, before any file is read."""
    if value is None or 0 < value < math.inf:
        return value
    raise typer.BadParameter(str(value))


def minutes(value: str | None) -> str | None:
    """Refuse what is neither minutes nor minutes by service, before any file is read."""
    if value is not None:
        try:
            minutes_by_service(value)
        except InputError as error:
            raise typer.BadParameter(value) from error
    return value


def _show_version(asked: bool) -> None:  # noqa: FBT001 -- the library calls it so
    if asked:
        typer.echo(f"geogrid {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=False)
def program(
    *,
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_show_version)] = False,
    lang: LangOption = None,
) -> None:
    """Stand above the commands."""


@command("demo")
def demo(
    context: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option("--out")] = None,
    serve: Annotated[bool, typer.Option("--serve")] = False,
    host: Annotated[str | None, typer.Option("--host")] = None,
    port: PortOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Check the sample town."""
    terminal = Terminal.open(context.obj)
    folder = out or jobs.DEMO
    jobs.run_demo(terminal, folder)
    if serve:
        jobs.run_serve(terminal, {"folder": folder, "host": host, "port": port})


@command("check")
def check(
    context: typer.Context,
    *,
    grids: Annotated[Path, typer.Option("--grids")],
    households: Annotated[Path, typer.Option("--households")],
    facilities: Annotated[Path, typer.Option("--facilities")],
    roads: Annotated[Path, typer.Option("--roads")],
    out: Annotated[Path, typer.Option("--out")],
    areas: Annotated[Path | None, typer.Option("--areas")] = None,
    units: Annotated[Path | None, typer.Option("--units")] = None,
    buildings: Annotated[Path | None, typer.Option("--buildings")] = None,
    staff_table: Annotated[Path | None, typer.Option("--staff")] = None,
    events: Annotated[Path | None, typer.Option("--events")] = None,
    grades: Annotated[Path | None, typer.Option("--grades")] = None,
    area_members: Annotated[Path | None, typer.Option("--area-members")] = None,
    cards: Annotated[bool, typer.Option("--cards")] = False,
    strict: Annotated[bool, typer.Option("--strict")] = False,
    services: Annotated[str, typer.Option("--services")] = "",
    mode: Annotated[str | None, typer.Option("--mode")] = None,
    cutoff: Annotated[str | None, typer.Option("--cutoff", callback=minutes)] = None,
    speed: Annotated[float | None, typer.Option("--speed", callback=positive)] = None,
    radius: Annotated[float | None, typer.Option("--radius", callback=positive)] = None,
    max_snap: Annotated[float | None, typer.Option("--max-snap", callback=positive)] = None,
    add_streets: Annotated[Path | None, typer.Option("--add-streets")] = None,
    closures: Annotated[Path | None, typer.Option("--closures")] = None,
    on: Annotated[str | None, typer.Option("--on")] = None,
    join_crossings: Annotated[bool, typer.Option("--join-crossings")] = False,
    datum: Annotated[str, typer.Option("--datum")] = "auto",
    profile: Annotated[str, typer.Option("--profile")] = "generic",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Check a town's files and write the result."""
    files = {"grids": grids, "households": households, "facilities": facilities, "roads": roads, "areas": areas, "units": units}
    options: settings.Options = {
        "services": listed(services) or None,
        "mode": None if mode is None else by_service(mode),
        "cutoff_min": None if cutoff is None else minutes_by_service(cutoff),
        "speed_kmh": speed,
        "radius_m": radius,
        "max_snap_m": max_snap,
        "on": on,
        "join_crossings": join_crossings,
        "datum": datum_option(datum),
        "profile": profile,
    }
    settings.require_usable(options)
    files |= {"add_streets": add_streets, "closures": closures, "buildings": buildings, "staff": staff_table}
    files |= {"events": events, "grades": grades, "area_members": area_members}
    report = jobs.run_check(Terminal.open(context.obj), out, {**files, **options}, has_cards=cards)
    if strict and places.fails(report):
        raise typer.Exit(NOT_GOOD)


@command("place")
def place(
    context: typer.Context,
    place_id: Annotated[str, typer.Argument(metavar="PLACE")],
    *,
    out: Annotated[Path, typer.Option("--out")],
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Make the example of a place, check it and write report, maps and cards."""
    places.run_place(Terminal.open(context.obj), place_id, out, {})


for _name, _command in {**QUESTIONS, **WORKSPACES}.items():
    command(_name)(_command)


@plans.callback(invoke_without_command=False)
def planning(*, lang: LangOption = None) -> None:
    """Stand above the commands on plans."""


for _name, _command in PLANNING.items():
    plans.command(_name, cls=Command)(_command)
app.add_typer(plans, name="plan")


@proposals.callback(invoke_without_command=False)
def proposing(*, lang: LangOption = None) -> None:
    """Stand above the commands that propose."""


for _name, _command in PROPOSALS.items():
    proposals.command(_name, cls=Command)(_command)
app.add_typer(proposals, name="propose")
command("profiles")(profiles)


@profile_commands.callback(invoke_without_command=False)
def profiling(*, lang: LangOption = None) -> None:
    """Stand above the commands on profiles."""


for _name, _command in PROFILES.items():
    profile_commands.command(_name, cls=Command)(_command)
app.add_typer(profile_commands, name="profile")


@key_commands.callback(invoke_without_command=False)
def administering(*, lang: LangOption = None) -> None:
    """Stand above the commands on keys."""


for _name, _command in KEYS.items():
    key_commands.command(_name, cls=Command)(_command)
app.add_typer(key_commands, name="key")
command("audit")(audit)
command("embed-folder")(embed_folder)


@command("draft-grids")
def draft_grids(
    context: typer.Context,
    *,
    points: Annotated[Path, typer.Option("--points")],
    areas: Annotated[Path, typer.Option("--areas")],
    target: Annotated[Path, typer.Option("--out")],
    from_datum: Annotated[str, typer.Option("--datum")] = "wgs84",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Draft grids from points inside areas."""
    jobs.run_draft(Terminal.open(context.obj), points, areas, target, datum=from_datum)


@command("convert")
def convert(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="IN")],
    target: Annotated[Path, typer.Argument(metavar="OUT")],
    *,
    from_datum: Annotated[str, typer.Option("--datum")] = "wgs84",
    to_datum: Annotated[str, typer.Option("--to-datum")] = "wgs84",
    crs: Annotated[str | None, typer.Option("--crs")] = None,
    table: Annotated[str | None, typer.Option("--table")] = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Turn one file into another."""
    jobs.run_convert(Terminal.open(context.obj), source, target, datums=(from_datum, to_datum), crs=crs, table=table)


@command("serve")
def serve_command(
    context: typer.Context,
    served: Annotated[Path | None, typer.Argument(metavar="SERVED")] = None,
    *,
    host: Annotated[str | None, typer.Option("--host")] = None,
    port: PortOption = None,
    frame_ancestors: Annotated[str | None, typer.Option("--frame-ancestors")] = None,
    config: Annotated[Path | None, typer.Option("--config")] = None,
    key: Annotated[Path | None, typer.Option("--key")] = None,
    staff: Annotated[bool, typer.Option("--staff")] = False,
    lang: LangOption = None,
) -> None:
    """Serve a check or a workspace."""
    if config is not None:
        os.environ["GEOGRID_CONFIG"] = str(config)
    what = "workspace" if served is not None and served.is_file() else "folder"
    given = {what: served, "host": host, "port": port, "frame_ancestors": frame_ancestors, "key_file": key, "lang": lang}
    given |= {"staff_token": tokens.new_token()} if staff else {}
    jobs.run_serve(Terminal.open(context.obj), given)


def _language_asked(arguments: Sequence[str]) -> str:
    """Return the language that the arguments ask for, else that of the environment, else Chinese where it can be shown."""
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return os.environ.get("GEOGRID_LANG", "").strip() or ("zh" if can_show(words.ERROR.zh) else "en")


def _ended(terminal: Terminal, code: int | None) -> int:
    if code == INTERRUPTED:
        terminal.say(words.INTERRUPTED)
    return code or DONE


def _usage_error(terminal: Terminal, error: TyperException, given: Sequence[str]) -> int:
    """Say what is wrong with the arguments; the library's classes are private, so they are told apart by name."""
    kind, context = type(error).__name__, getattr(error, "ctx", None)
    if kind == "NoArgsIsHelpError":
        typer.echo(error.message)
        return UNUSABLE
    parameter = getattr(error, "param", None)
    name = getattr(error, "option_name", "") if parameter is None else written(parameter)
    message = words.USAGE_ERRORS.get(kind, words.USAGE_ERRORS["UsageError"])
    if kind == "BadParameter" and parameter is not None:
        message = words.WRONG_VALUES.get(words.OPTIONS[parameter.name].value, _limits(parameter) or message)
    if kind == "MissingParameter" and context is not None:
        name = ", ".join(_missing(context.command, given)) or name
    terminal.fail(message.fill(name=name, detail=error.message), kind="UsageError", hint=_see_help(context))
    return UNUSABLE


def _limits(parameter: Any) -> Text | None:
    """Say between which whole numbers a value must lie; None where it has no limits."""
    low, high = getattr(parameter, "min", None), getattr(parameter, "max", None)
    if low is None:
        return None
    return (words.FROM_ON if high is None else words.WITHIN).fill(name="{name}", low=low, high=high)


def _missing(command: Any, given: Sequence[str]) -> list[str]:
    """Return every required option that is not among the arguments."""
    required = [p.opts[0] for p in command.params if p.required and p.param_type_name == "option"]
    return [option for option in required if not any(part.partition("=")[0] == option for part in given)]


def _refused(error: OSError) -> Text:
    """Say which file the system refused, and why."""
    why, name = words.reason(error), Path(str(error.filename or "")).name
    return Text(f"{name}：{why.zh}", f"{name}: {why.en}") if name else why


def _see_help(context: Any) -> Text | None:
    return None if context is None else words.SEE_HELP.fill(command=context.command_path)


def _fault(terminal: Terminal, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say that the fault is ours and where the traceback is; Python then ends with exit code 1."""
    if issubclass(kind, KeyboardInterrupt):
        terminal.say(words.INTERRUPTED)
        return
    file = write_traceback(error.with_traceback(trace))
    terminal.fail(words.FAULT.fill(kind=kind.__name__, file=file, version=__version__), kind=kind.__name__)


if __name__ == "__main__":
    sys.exit(main())
