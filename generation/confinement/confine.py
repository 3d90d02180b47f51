"""Permanent sandbox of the calling process: no network, few files, no other process.

Each child that reads an untrusted file calls `confine_process` once, before it reads. Open descriptors stay
usable. A mechanism that the host lacks is skipped: `find_missing_kernel_sandbox_parts` names it, and processes that
start children warn about it once (`domain/operations/host_warnings.py`).
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from generation.confinement import kernel, landlock, seccomp

#: Programs and libraries of the system, and the system files that Python and libc read.
_READABLE_PATHS = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime")
#: Facts about the machine and this process, without the environments of other processes.
_READABLE_MACHINE_PATHS = (
    "/sys/devices/system/cpu",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)
_PROC_SELF_FOLDER, _NULL_DEVICE_PATH = Path("/proc/self"), Path("/dev/null")

LANDLOCK_MECHANISM_NAME, SECCOMP_MECHANISM_NAME = "landlock", "seccomp"


def confine_process(
    *, folder: Path | None = None, handles: Iterable[int] = (), programs: Sequence[Path] | None = None
) -> list[str]:
    """Confine the calling process for good, by Landlock and seccomp; return the mechanisms that the host lacks.

    The process can write only to `folder`. `handles` are open files that it may reopen by path. With `programs`
    it may start those and the system's programs; without, it can start no process.
    """
    starts = programs is not None
    rules = {**landlock_rights_of_system_files(starts=starts), _PROC_SELF_FOLDER: landlock.LANDLOCK_READ_RIGHTS}
    rules |= {path.resolve().parent: landlock.LANDLOCK_RUN_RIGHTS for path in programs or ()}
    if folder:
        rules[folder] = landlock.LANDLOCK_FULL_ACCESS_RIGHTS
    lacking = []
    try:
        kernel.set_no_new_privileges()
        landlock.apply_landlock_rules(rules, handles)
    except OSError:
        lacking.append(LANDLOCK_MECHANISM_NAME)
    try:
        seccomp.restrict_system_calls(starts=starts)
    except OSError:
        lacking.append(SECCOMP_MECHANISM_NAME)
    return lacking


def precompute_confinement() -> None:
    """Fill the caches of `confine_process()` without `programs` before a fork: each child saves a millisecond."""
    landlock_rights_of_system_files(starts=False)
    with suppress(OSError):
        seccomp.build_seccomp_filter(starts=False)


def find_missing_kernel_sandbox_parts() -> list[str]:
    """Return the sandbox mechanisms, Landlock or seccomp, that this host lacks. Confine nothing."""
    return [LANDLOCK_MECHANISM_NAME] * (landlock.read_landlock_version() == 0) + [SECCOMP_MECHANISM_NAME] * (
        not seccomp.is_seccomp_available()
    )


@cache
def landlock_rights_of_system_files(*, starts: bool) -> Mapping[Path, int]:
    """Return Landlock rights by path for the files of the system and the product; `starts` adds execution."""
    rights = landlock.LANDLOCK_RUN_RIGHTS if starts else landlock.LANDLOCK_READ_RIGHTS
    rules = dict.fromkeys(map(Path, (*_READABLE_PATHS, *_READABLE_MACHINE_PATHS, *_python_library_folders())), rights)
    return rules | _landlock_rights_of_product_packages() | {_NULL_DEVICE_PATH: landlock.LANDLOCK_FULL_ACCESS_RIGHTS}


def _python_library_folders() -> set[str]:
    """Return Python's prefixes, and the import folders outside of them that don't contain the checkout."""
    roots, checkout = {sys.prefix, sys.base_prefix}, str(_own_code_folder())
    within = tuple(f"{one}/" for one in roots)
    outside = {one for one in sys.path if one and not one.startswith(within)}
    return roots | {one for one in outside if not f"{checkout}/".startswith(f"{one.rstrip('/')}/")}


def _landlock_rights_of_product_packages() -> dict[Path, int]:
    """Return Landlock rights by path: reading for the product's packages, listing for the checkout around them."""
    checkout = _own_code_folder()
    packages = {checkout / name.partition(".")[0] for name in sys.modules}
    return {checkout: landlock.LANDLOCK_LIST_RIGHTS} | dict.fromkeys(
        (one for one in packages if one.is_dir()), landlock.LANDLOCK_READ_RIGHTS
    )


def _own_code_folder() -> Path:
    """Return the folder that contains the product's packages: a checkout or `site-packages`."""
    return Path(__file__).resolve().parents[2]
