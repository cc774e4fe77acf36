"""Help texts drawn in the language of the caller, from the table in ``words``."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line
from typer.core import TyperCommand, TyperGroup

from api import words
from geogrid.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import ConsoleOptions

    from geogrid.words import Lang

WIDEST = 100
WIDE = "\u2e80-\uffef"
UNBREAKABLE = re.compile(rf"\s*[（“]?(?:[{WIDE}]|[^\s{WIDE}]+)[，。、；：）”]*")
"""A Chinese character or a word of another script, with the marks that must not stand apart from it."""


class Wrapped:
    """Text in lines of whole Chinese characters and whole words, as neither alone would break well."""

    def __init__(self, text: Line) -> None:
        self.text = text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return how narrow and how wide it may be."""
        widest = self.text.cell_len
        return Measurement(min(widest, 20), widest)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Line]:
        """Yield the lines."""
        start, ends = 0, []
        for piece in UNBREAKABLE.finditer(self.text.plain):
            if cell_len(self.text.plain[start : piece.end()].strip()) > options.max_width and piece.start() > start:
                start = piece.start()
                ends.append(start)
        for line in self.text.divide(ends):
            line.rstrip()
            yield line[len(line.plain) - len(line.plain.lstrip()) :]


class Command(TyperCommand):
    """A command whose help is ours."""

    def get_help(self, ctx: Any) -> str:
        """Return the help of this command."""
        return _drawn(ctx, _command_help(self, ctx, ctx.obj))


class Group(TyperGroup):
    """The program, whose help lists the commands."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command, or say which there are."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise NotFoundError(words.NO_COMMAND.fill(name=args[0], known=", ".join(self.commands)))
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        """Return the help of the program."""
        lang: Lang = ctx.obj
        inside = "" if ctx.parent is None else f"{_path(ctx)} "
        listed = [(name, words.COMMANDS[f"{inside}{name}"].say(lang)) for name in self.list_commands(ctx)]
        more = words.MORE_HELP.fill(path=ctx.command_path).say(lang)
        return _drawn(ctx, [*_command_help(self, ctx, lang, listed), Line(more, "dim")])


def _command_help(command: Any, ctx: Any, lang: Lang, listed: Sequence[tuple[str, str]] = ()) -> list[Any]:
    """Return the parts of a help page: usage, what it does, commands, options, exit codes."""
    name = _path(ctx) if ctx.parent else "geogrid"
    usage = Line.assemble((f"{words.USAGE.say(lang)}  ", "bold"), (f"{ctx.command_path} ", "bold cyan"), _usage(command, listed))
    parts: list[Any] = ["", usage, "", Padding(Wrapped(Line(words.COMMANDS[name].say(lang))), (0, 0, 0, 2)), ""]
    if listed:
        parts += [
            Line(words.COMMANDS_TITLE.say(lang), "bold"),
            _rows([(Line(key, "bold cyan"), Line(says)) for key, says in listed]),
            "",
        ]
    parts += [Line(words.OPTIONS_TITLE.say(lang), "bold"), _rows(_options(command.get_params(ctx), lang)), ""]
    return [*parts, Wrapped(Line(words.EXIT_CODES.say(lang), "dim"))]


def _path(ctx: Any) -> str:
    """Return the names of a command and the groups it is in, the program's left out: its key in ``words.COMMANDS``."""
    return f"{_path(ctx.parent)} {ctx.info_name}".strip() if ctx.parent else ""


def _usage(command: Any, listed: Sequence[object]) -> str:
    if listed:
        return "COMMAND ..."
    given = [_argument(p) for p in command.params if p.param_type_name == "argument"]
    required = [
        f"{p.opts[0]} {words.OPTIONS[key_of(p)].value}" for p in command.params if p.param_type_name == "option" and p.required
    ]
    return " ".join([*given, *required, "..."])


def _argument(parameter: Any) -> str:
    return written(parameter) if parameter.required else f"[{written(parameter)}]"


def written(parameter: Any) -> str:
    """Return what stands for a parameter in help and messages."""
    return str(parameter.opts[0]) if parameter.param_type_name == "option" else words.OPTIONS[key_of(parameter)].value


def key_of(parameter: Any) -> str:
    """Return the row of ``words.OPTIONS`` that describes a parameter: its name."""
    return str(parameter.name)


def _options(parameters: Iterable[Any], lang: Lang) -> list[tuple[Line, Line]]:
    rows = []
    for parameter in parameters:
        option = words.OPTIONS[key_of(parameter)]
        is_option = parameter.param_type_name == "option"
        named = f"{written(parameter)} {option.value}" if is_option else written(parameter)
        says = Line(option.says.say(lang))
        if parameter.required:
            says.append(f"  *{words.REQUIRED.say(lang)}", "yellow")
        rows.append((Line(named.strip(), "bold cyan"), says))
    return rows


def _rows(rows: Iterable[tuple[Line, Line]]) -> Table:
    table = Table(box=box.SIMPLE, show_header=False, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, says in rows:
        table.add_row(Padding(name, (0, 0, 0, 2)), Wrapped(says))
    return table


def _drawn(ctx: Any, parts: Iterable[Any]) -> str:
    """Return parts as text with the terminal's width; colours are taken out again where there is no terminal."""
    width = min(Console().width, WIDEST)
    console = Console(
        file=io.StringIO(), width=width, force_terminal=ctx.color is not False, markup=False, highlight=False, emoji=False
    )
    for part in parts:
        console.print(part)
    drawn = str(console.file.getvalue())  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in drawn.splitlines()).rstrip()
