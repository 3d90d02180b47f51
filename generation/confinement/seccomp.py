"""seccomp: system calls that no parser, decoder or renderer needs fail with EPERM.

Numbers are for x86-64 and arm64. Other machines get no filter.
"""

import ctypes
import errno
import struct
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from generation.confinement import kernel

#: Access to other hosts and processes, kernel subsystems, mounts, namespaces, keys and clocks.
_DENIED_SYSTEM_CALLS = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "kcmp": (312, 272), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "move_mount": (429, 429), "open_tree": (428, 428),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "unshare": (272, 97), "setns": (308, 268), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "quotactl": (179, 60),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "personality": (135, 92),
    "fanotify_init": (300, 262), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "semget": (64, 190),
    "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192), "mq_open": (240, 180),
    "mq_unlink": (241, 181), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "settimeofday": (164, 170), "syslog": (103, 116), "sethostname": (170, 161), "setdomainname": (171, 162),
    "vhangup": (153, 58), "iopl": (172, -1), "ioperm": (173, -1), "modify_ldt": (154, -1),
}  # fmt: skip
#: Starts of processes and programs.
_PROCESS_START_SYSCALLS = {"fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281)}
_CLONE_CALL_NUMBERS, _CLONE3_CALL_NUMBERS, _PRLIMIT_CALL_NUMBERS = (56, 220), (435, 435), (302, 261)
_CLONE_THREAD_FLAG, _NEW_NAMESPACE_FLAGS = 0x10000, 0x7E020000

#: From linux/seccomp.h, linux/audit.h and linux/filter.h.
_SECCOMP_SET_FILTER_OPERATION, _SECCOMP_ACTION_AVAILABLE_OPERATION, _SECCOMP_ALL_THREADS_FLAG = 1, 2, 1
_SECCOMP_KILL_ACTION, _SECCOMP_FAIL_ACTION, _SECCOMP_ALLOW_ACTION = 0x80000000, 0x00050000, 0x7FFF0000
_SECCOMP_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_BPF_LOAD_OPCODE, _BPF_EQUAL_OPCODE, _BPF_AT_LEAST_OPCODE, _BPF_ANY_BIT_OPCODE, _BPF_RETURN_OPCODE = (
    0x20,
    0x15,
    0x35,
    0x45,
    0x06,
)
_SYSCALL_NUMBER_OFFSET, _SYSCALL_ARCHITECTURE_OFFSET, _SYSCALL_FIRST_ARGUMENT_OFFSET = 0, 4, 16
_X32_CALL_BIT = 0x40000000


class _BpfInstruction(NamedTuple):
    """A BPF instruction: its code, its two jumps in steps, and its operand."""

    code: int
    if_true: int
    if_false: int
    number: int


class SeccompFilter(ctypes.Structure):
    """A filter in the kernel's layout: the number of its steps, of eight bytes each, and their address."""

    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.c_char_p))


def is_seccomp_available() -> bool:
    action = ctypes.c_uint32(_SECCOMP_FAIL_ACTION)
    try:
        kernel.make_linux_syscall(
            kernel.SECCOMP_CALL_NUMBER, _SECCOMP_ACTION_AVAILABLE_OPERATION, 0, ctypes.byref(action)
        )
    except OSError:
        return False
    return kernel.KERNEL_ARCHITECTURE in _SECCOMP_ARCHITECTURES


def restrict_system_calls(*, starts: bool) -> None:
    """Filter this process's system calls for good; `starts` permits new processes. Raises `OSError`."""
    kernel.make_linux_syscall(
        kernel.SECCOMP_CALL_NUMBER,
        _SECCOMP_SET_FILTER_OPERATION,
        _SECCOMP_ALL_THREADS_FLAG,
        ctypes.byref(build_seccomp_filter(starts=starts)),
    )


@cache
def build_seccomp_filter(*, starts: bool) -> SeccompFilter:
    """Return the seccomp filter for this machine. Raises `OSError` for an unknown architecture."""
    if kernel.KERNEL_ARCHITECTURE not in _SECCOMP_ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no filter for {kernel.KERNEL_ARCHITECTURE}")
    return pack_seccomp_filter(
        _build_bpf_instructions(*_SECCOMP_ARCHITECTURES[kernel.KERNEL_ARCHITECTURE], starts=starts)
    )


def pack_seccomp_filter(steps: Sequence[_BpfInstruction]) -> SeccompFilter:
    return SeccompFilter(len(steps), b"".join(struct.pack("=HBBI", *step) for step in steps))


def _build_bpf_instructions(column: int, machine: int, *, starts: bool) -> list[_BpfInstruction]:
    denied = _DENIED_SYSTEM_CALLS if starts else _DENIED_SYSTEM_CALLS | _PROCESS_START_SYSCALLS
    steps = [
        _BpfInstruction(_BPF_LOAD_OPCODE, 0, 0, _SYSCALL_ARCHITECTURE_OFFSET),
        _BpfInstruction(_BPF_EQUAL_OPCODE, 1, 0, machine),
        _BpfInstruction(_BPF_RETURN_OPCODE, 0, 0, _SECCOMP_KILL_ACTION),
        _BpfInstruction(_BPF_LOAD_OPCODE, 0, 0, _SYSCALL_NUMBER_OFFSET),
        _BpfInstruction(_BPF_AT_LEAST_OPCODE, 0, 1, _X32_CALL_BIT),
        _BpfInstruction(_BPF_RETURN_OPCODE, 0, 0, _SECCOMP_FAIL_ACTION | errno.ENOSYS),
        # clone3 has its flags in memory, which a filter can't read: ENOSYS makes libc fall back to clone.
        *_build_bpf_denial_of_syscall(_CLONE3_CALL_NUMBERS[column], errno.ENOSYS),
    ]
    for numbers in denied.values():
        steps += _build_bpf_denial_of_syscall(numbers[column], errno.EPERM) if numbers[column] >= 0 else []
    if starts:
        steps += _build_bpf_test_of_syscall_argument(
            _CLONE_CALL_NUMBERS[column], _BpfInstruction(_BPF_ANY_BIT_OPCODE, 1, 0, _NEW_NAMESPACE_FLAGS)
        )
    else:
        steps += _build_bpf_test_of_syscall_argument(
            _CLONE_CALL_NUMBERS[column], _BpfInstruction(_BPF_ANY_BIT_OPCODE, 0, 1, _CLONE_THREAD_FLAG)
        )
        # prlimit is allowed for this process only: its pid argument must be 0.
        steps += _build_bpf_test_of_syscall_argument(
            _PRLIMIT_CALL_NUMBERS[column], _BpfInstruction(_BPF_EQUAL_OPCODE, 0, 1, 0)
        )
    return [*steps, _BpfInstruction(_BPF_RETURN_OPCODE, 0, 0, _SECCOMP_ALLOW_ACTION)]


def _build_bpf_denial_of_syscall(number: int, code: int) -> list[_BpfInstruction]:
    return [
        _BpfInstruction(_BPF_EQUAL_OPCODE, 0, 1, number),
        _BpfInstruction(_BPF_RETURN_OPCODE, 0, 0, _SECCOMP_FAIL_ACTION | code),
    ]


def _build_bpf_test_of_syscall_argument(number: int, test: _BpfInstruction) -> list[_BpfInstruction]:
    """Return BPF steps that test a system call's first argument: they allow the call, or fail it with EPERM.

    A test that skips one step fails the call. Other calls skip all these steps.
    """
    return [
        _BpfInstruction(_BPF_EQUAL_OPCODE, 0, 4, number),
        _BpfInstruction(_BPF_LOAD_OPCODE, 0, 0, _SYSCALL_FIRST_ARGUMENT_OFFSET),
        test,
        _BpfInstruction(_BPF_RETURN_OPCODE, 0, 0, _SECCOMP_ALLOW_ACTION),
        _BpfInstruction(_BPF_RETURN_OPCODE, 0, 0, _SECCOMP_FAIL_ACTION | errno.EPERM),
    ]
