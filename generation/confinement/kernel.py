"""System calls without a function in Python or libc."""

import ctypes
import os

KERNEL_ARCHITECTURE = os.uname().machine
#: Numbers of the Landlock calls, equal on all machines, and of seccomp, by machine.
LANDLOCK_CREATE_RULESET_CALL_NUMBER, LANDLOCK_ADD_RULE_CALL_NUMBER, LANDLOCK_RESTRICT_SELF_CALL_NUMBER = 444, 445, 446
SECCOMP_CALL_NUMBER = {"x86_64": 317, "aarch64": 277}.get(KERNEL_ARCHITECTURE, -1)
_PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def make_linux_syscall(number: int, *arguments: object) -> int:
    """Make a system call by its number, and return its result. Raises `OSError`."""
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def set_no_new_privileges() -> None:
    """Set no_new_privs, which Landlock and seccomp require: no child program gains privileges. Raises `OSError`."""
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
