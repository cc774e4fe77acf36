"""The few questions that are put to the Linux kernel directly, through the C library."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
NICE = 10
"""A tenth of what the service gets of a processor that both want; with less, honest files would not be read in time."""
IDLE = 3 << 13
"""The class of reading and writing that waits for everybody else's."""

_C = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: int) -> int:
    """Return what a system call answers; -1 where it fails."""
    return int(_C.syscall(ctypes.c_long(number), *(ctypes.c_ulong(each) for each in arguments)))


def prctl(option: int, *arguments: int) -> bool:
    """Set something of this process; return whether it was."""
    if not hasattr(_C, "prctl"):
        return False
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return bool(_C.prctl(option, *(ctypes.c_ulong(each) for each in padded)) == 0)


def no_new_privileges() -> bool:
    """Let no program that is started gain privileges; filters and rules of files take that."""
    return prctl(PR_SET_NO_NEW_PRIVS, 1)


def leave_networks() -> bool:
    """Move into a network of one's own in which there is nothing, where that is permitted; return whether it is."""
    if not hasattr(_C, "unshare"):
        return False
    return any(_C.unshare(flags) == 0 for flags in (CLONE_NEWUSER | CLONE_NEWNET, CLONE_NEWNET))


def die_with(parent: int) -> None:
    """End when the parent ends; at once when it has ended already."""
    if prctl(PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != parent:
        os._exit(1)


def wait_for_others() -> None:
    """Give way to everybody else in computing, and read from the disk only when nobody else does."""
    os.setpriority(os.PRIO_PROCESS, 0, max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
    number = IOPRIO_SET.get(os.uname().machine)
    if number is not None:
        syscall(number, 1, 0, IDLE)
