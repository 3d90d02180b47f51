"""Landlock: limits the files that a process may open, and blocks ports and processes outside of its domain.

Numbers are from include/uapi/linux/landlock.h (Linux 6.12). Each ABI includes the rights of the earlier ones.
"""

import ctypes
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from generation.confinement import kernel

_LANDLOCK_EXECUTE_RIGHT, _LANDLOCK_READ_FILE_RIGHT, _LANDLOCK_READ_FOLDER_RIGHT, _LANDLOCK_TRUNCATE_RIGHT = (
    1 << 0,
    1 << 2,
    1 << 3,
    1 << 14,
)
#: File rights by ABI: the first set, then REFER, TRUNCATE, IOCTL_DEV.
_LANDLOCK_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
#: Rights that a rule for a single file may contain.
_LANDLOCK_FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
#: BIND_TCP and CONNECT_TCP, from ABI 4; abstract sockets and signals, from ABI 6.
_LANDLOCK_TCP_RIGHTS, _LANDLOCK_SCOPE_BITS = 3, 3
_LANDLOCK_ASK_VERSION_FLAG, _LANDLOCK_RULE_FOR_PATH_BENEATH = 1, 1

LANDLOCK_READ_RIGHTS = _LANDLOCK_READ_FILE_RIGHT | _LANDLOCK_READ_FOLDER_RIGHT
LANDLOCK_RUN_RIGHTS = LANDLOCK_READ_RIGHTS | _LANDLOCK_EXECUTE_RIGHT
LANDLOCK_LIST_RIGHTS = _LANDLOCK_READ_FOLDER_RIGHT
LANDLOCK_FULL_ACCESS_RIGHTS = (1 << 16) - 1


class _LandlockPathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("parent", ctypes.c_int32))


def read_landlock_version() -> int:
    """Return the kernel's Landlock version; 0 without Landlock."""
    try:
        return kernel.make_linux_syscall(kernel.LANDLOCK_CREATE_RULESET_CALL_NUMBER, 0, 0, _LANDLOCK_ASK_VERSION_FLAG)
    except OSError:
        return 0


def apply_landlock_rules(rules: Mapping[Path, int], handles: Iterable[int]) -> None:
    """Limit this process's file access for good to the Landlock rights in `rules`, by path. Raises `OSError`.

    It may also reopen the open files in `handles` to read. Newer kernels also block TCP and signals to outside.
    """
    version = read_landlock_version()
    handled = _LANDLOCK_RIGHTS_BY_ABI[max(one for one in _LANDLOCK_RIGHTS_BY_ABI if one <= max(version, 1))]
    attributes = (ctypes.c_uint64 * 3)(
        handled, _LANDLOCK_TCP_RIGHTS if version >= 4 else 0, _LANDLOCK_SCOPE_BITS if version >= 6 else 0
    )
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = kernel.make_linux_syscall(kernel.LANDLOCK_CREATE_RULESET_CALL_NUMBER, ctypes.byref(attributes), size, 0)
    try:
        for path, rights in rules.items():
            _add_landlock_rule_for_path(ruleset, path, rights & handled)
        for handle in handles:
            _add_landlock_fd_rule(ruleset, handle, _LANDLOCK_READ_FILE_RIGHT)
        kernel.make_linux_syscall(kernel.LANDLOCK_RESTRICT_SELF_CALL_NUMBER, ruleset, 0)
    finally:
        os.close(ruleset)


def _add_landlock_rule_for_path(ruleset: int, path: Path, rights: int) -> None:
    """Add a Landlock rule that allows `rights` on a path and all below it; skip a path that can't be opened."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        _add_landlock_fd_rule(ruleset, opened, rights if path.is_dir() else rights & _LANDLOCK_FILE_RIGHTS)
    finally:
        os.close(opened)


def _add_landlock_fd_rule(ruleset: int, handle: int, rights: int) -> None:
    rule = _LandlockPathRule(rights, handle)
    kernel.make_linux_syscall(
        kernel.LANDLOCK_ADD_RULE_CALL_NUMBER, ruleset, _LANDLOCK_RULE_FOR_PATH_BENEATH, ctypes.byref(rule), 0
    )
