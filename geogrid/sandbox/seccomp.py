"""Linux system calls that a process gives up for good: those that reach a network, other processes or more of the kernel.

A filter of the kernel's own little language (classic BPF, see seccomp(2)): it is asked at every call and cannot be taken off.
"""

from __future__ import annotations

import ctypes
import errno
import platform
from typing import NamedTuple

from geogrid.sandbox.kernel import prctl

PR_SET_SECCOMP = 22
MODE_FILTER = 2
LOAD, JUMP_EQUAL, JUMP_SET, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
"""Instructions: load a word, jump if it equals, has a bit, is at least; answer."""
NUMBER_AT, MACHINE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
"""Where in the description of a call its number, its machine and the low half of its first argument lie."""
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
CLONE_THREAD = 0x00010000
OTHER_NUMBERS = 0x40000000
"""From here on a 64-bit Intel kernel takes a second set of numbers for the same calls."""


class Machine(NamedTuple):
    """What a kind of processor calls itself in a filter, and its numbers of calls."""

    audit: int
    refused: tuple[int, ...]
    clone: int
    clone3: int = 435


MACHINES = {
    "x86_64": Machine(
        0xC000003E,
        (
            *(41, 53, 425),  # socket, socketpair, io_uring_setup (which can make sockets)
            *(57, 58, 59, 322),  # fork, vfork, execve, execveat
            *(62, 200, 234, 129, 297, 424, 434, 438),  # kill, tkill, tgkill, the sigqueueinfo pair, pidfd_*
            *(101, 310, 311),  # ptrace, process_vm_readv, process_vm_writev
            *(165, 272, 308, 304),  # mount, unshare, setns, open_by_handle_at
            *(321, 298, 323, 248, 249, 250),  # bpf, perf_event_open, userfaultfd, add_key, request_key, keyctl
        ),
        56,
    ),
    "aarch64": Machine(
        0xC00000B7,
        (
            *(198, 199, 425),
            *(221, 281),
            *(129, 130, 131, 138, 240, 424, 434, 438),
            *(117, 270, 271),
            *(40, 97, 268, 265),
            *(280, 241, 282, 217, 218, 219),
        ),
        220,
    ),
}


class Step(ctypes.Structure):
    """One instruction of a filter."""

    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class Program(ctypes.Structure):
    """A filter as the kernel takes it."""

    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(Step)))


def give_up_calls() -> bool:
    """Refuse the calls from here on, in this thread and all that it starts; return whether the kernel does.

    They fail as if not permitted (EPERM). Threads can be started, processes cannot. It takes that no privileges can be gained
    (`kernel.no_new_privileges`).
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return False
    lines = steps_of(machine)
    program = Program(len(lines), (Step * len(lines))(*(Step(*line) for line in lines)))
    return prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(program))


def steps_of(machine: Machine) -> list[tuple[int, int, int, int]]:
    """Return the filter: its instructions, each with how many to skip where it holds and where it does not.

    Examples
    --------
    >>> steps_of(Machine(1, (41,), 56))[3]
    (32, 0, 0, 0)
    """
    no_such_call = [(JUMP_EQUAL, 0, 1, machine.clone3), (RETURN, 0, 0, REFUSE | errno.ENOSYS)]
    only_threads = [
        *((JUMP_EQUAL, 0, 4, machine.clone), (LOAD, 0, 0, FIRST_ARGUMENT_AT)),
        *((JUMP_SET, 0, 1, CLONE_THREAD), (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE | errno.EPERM)),
    ]
    refused = [step for number in machine.refused for step in ((JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE | errno.EPERM))]
    return [
        *((LOAD, 0, 0, MACHINE_AT), (JUMP_EQUAL, 1, 0, machine.audit)),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_AT),
        *((JUMP_AT_LEAST, 0, 1, OTHER_NUMBERS), (RETURN, 0, 0, REFUSE | errno.EPERM)),
        *no_such_call,
        *only_threads,
        *refused,
        (RETURN, 0, 0, ALLOW),
    ]
