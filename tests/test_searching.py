"""Searches in front of people: the best so far beside the bar, and Ctrl-C that ends a search with what it has."""

from __future__ import annotations

import io
import signal
import threading

import pytest
from rich.console import Console

from api.searching import at_search, said
from api.terminal import Terminal
from geogrid.effort import Effort, Incumbent


def shown() -> Terminal:
    """A terminal that keeps what it is shown."""
    console = Console(file=io.StringIO(), force_terminal=True, width=120, markup=False, highlight=False, emoji=False)
    return Terminal("en", console, console)


def text_of(terminal: Terminal) -> str:
    return str(terminal.err.file.getvalue())  # type: ignore[attr-defined]


def test_the_best_so_far_stands_beside_the_bar() -> None:
    terminal = shown()
    with at_search(terminal) as (_, effort):
        effort.report(0.25, 120.0, 150.0)
        effort.report(0.5, 140.0, 150.0)
    assert "Searching" in text_of(terminal)
    assert "best so far 140, no answer beats 150 (7.1 % off)" in text_of(terminal)


@pytest.mark.parametrize(
    ("found", "zh"),
    [
        (Incumbent(0.1), ""),
        (Incumbent(0.1, 3.25), "目前最好 3.25"),
        (Incumbent(0.1, 1234.0, float("inf")), "目前最好 1,234"),
        (Incumbent(0.1, 0.0, 0.0), "目前最好 0，任何方案不会好过 0（相差 0.0 %）"),
    ],
)
def test_what_is_said_of_the_best_so_far(found: Incumbent, zh: str) -> None:
    assert said(found, "zh") == zh


def test_the_first_interruption_ends_the_search_and_the_second_the_program() -> None:
    terminal, before = shown(), signal.getsignal(signal.SIGINT)
    with at_search(terminal) as (_, effort):
        assert effort.goes_on()
        signal.raise_signal(signal.SIGINT)
        assert not effort.goes_on()
        assert not effort.is_reproducible
        assert "Ctrl-C again ends at once" in text_of(terminal)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


def test_a_search_in_another_thread_leaves_ctrl_c_alone() -> None:
    found: list[Effort] = []

    def search() -> None:
        with at_search(shown(), work=2.0, seconds=5.0) as (_, effort):
            found.append(effort)

    thread = threading.Thread(target=search)
    thread.start()
    thread.join()
    assert (found[0].work, found[0].seconds, found[0].goes_on()) == (2.0, 5.0, True)


def test_time_that_is_up_ends_a_search_and_is_not_reproducible() -> None:
    effort = Effort(seconds=0.0)
    assert not effort.goes_on()
    assert (effort.stopped, effort.is_reproducible, effort.left_s) == ("time", False, 0.0)


def test_work_that_is_done_is_reproducible() -> None:
    effort = Effort()
    effort.ran_out()
    assert effort.goes_on()
    assert (effort.stopped, effort.is_reproducible) == ("work", True)
