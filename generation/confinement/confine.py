"""Confinement of the process that calls it: no network, few files, no other process, for good.

Each child that reads a stranger's file calls `confine` once, before it reads. It keeps its descriptors. A
part that the host doesn't have is left out: `missing` names it, and processes that start children warn of it
once (`domain/operations/host_warnings.py`).
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from generation.confinement import kernel, landlock, seccomp

#: Programs and libraries of the system, and the files of it that Python and libc read.
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime")
#: Facts of the machine and of this process. The environment of another process is not among them.
_KERNEL = (
    "/sys/devices/system/cpu",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)
_ITSELF, _SINK = Path("/proc/self"), Path("/dev/null")

LANDLOCK, SECCOMP = "landlock", "seccomp"


def confine(
    *, folder: Path | None = None, handles: Iterable[int] = (), programs: Sequence[Path] | None = None
) -> list[str]:
    """Names the parts that the host doesn't have.

    `folder` is the only one that may be written to. `handles` are open files that may be opened again by
    path. With `programs` it may start processes: of those, and of the system's own; without, it starts none.
    """
    starts = programs is not None
    rules = {**readable(starts=starts), _ITSELF: landlock.READ}
    rules |= {path.resolve().parent: landlock.RUN for path in programs or ()}
    if folder:
        rules[folder] = landlock.ALL
    lacking = []
    try:
        kernel.give_up_privileges()
        landlock.restrict(rules, handles)
    except OSError:
        lacking.append(LANDLOCK)
    try:
        seccomp.restrict(starts=starts)
    except OSError:
        lacking.append(SECCOMP)
    return lacking


def prepare() -> None:
    """Compute now what `confine()` needs: a process that forks spares each child of it a millisecond."""
    readable(starts=False)
    with suppress(OSError):
        seccomp.program(starts=False)


def missing() -> list[str]:
    """Parts of the confinement that this host doesn't have, without confining anything."""
    return [LANDLOCK] * (landlock.abi() == 0) + [SECCOMP] * (not seccomp.is_there())


@cache
def readable(*, starts: bool) -> Mapping[Path, int]:
    """Rights over the files of the system and of the product."""
    rights = landlock.RUN if starts else landlock.READ
    found = dict.fromkeys(map(Path, (*_SYSTEM, *_KERNEL, *_libraries())), rights)
    return found | _own_packages() | {_SINK: landlock.ALL}


def _libraries() -> set[str]:
    """Folders that hold only Python and installed packages."""
    roots, checkout = {sys.prefix, sys.base_prefix}, str(_checkout())
    within = tuple(f"{one}/" for one in roots)
    others = {one for one in sys.path if one and not one.startswith(within)}
    return roots | {one for one in others if not f"{checkout}/".startswith(f"{one.rstrip('/')}/")}


def _own_packages() -> dict[Path, int]:
    """The product's packages where they aren't installed: of a checkout's other files the names alone."""
    checkout = _checkout()
    packages = {checkout / name.partition(".")[0] for name in sys.modules}
    return {checkout: landlock.LIST} | dict.fromkeys((one for one in packages if one.is_dir()), landlock.READ)


def _checkout() -> Path:
    """The folder that has the product's packages: of a checkout, or `site-packages`."""
    return Path(__file__).resolve().parents[2]
