"""System call filters for what no Landlock domain covers; runs inside a box, standard library only.

``seccomp_program`` is for all that runs in a box: nothing of the kernel's administration, no keys, traces, namespaces,
memory files or asynchronous rings, and nothing that changes another process. ``file_program`` is for jobs in a box that
sees this machine's files: it may own some of them, and a domain does not keep an owner from changing their mode, owner,
times or attributes. Such changes have no effect and say nothing, so that copying and unpacking work; attributes and watches
are refused. Not covered: what is read of a path that is known (that it exists, its size).
"""

import os
from collections.abc import Mapping, Sequence

_MACHINES = ("x86_64", "aarch64")
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# Numbers on x86_64 and aarch64; -1 if there is no such call.
_DENIED = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280), "chroot": (161, 51),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "delete_module": (176, 106), "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263), "finit_module": (313, 273), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fsopen": (430, 430), "fspick": (433, 433), "init_module": (175, 105), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "io_uring_setup": (425, 425), "ioperm": (173, -1), "iopl": (172, -1),
    "ioprio_set": (251, 30), "kcmp": (312, 272), "kexec_file_load": (320, 294), "kexec_load": (246, 104),
    "keyctl": (250, 219), "memfd_create": (319, 279), "memfd_secret": (447, 447), "migrate_pages": (256, 238),
    "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429), "move_pages": (279, 239),
    "mq_getsetattr": (245, 185), "mq_notify": (244, 184), "mq_open": (240, 180), "mq_timedreceive": (243, 183),
    "mq_timedsend": (242, 182), "mq_unlink": (241, 181), "msgctl": (71, 187), "msgget": (68, 186), "msgrcv": (70, 188),
    "msgsnd": (69, 189), "name_to_handle_at": (303, 264), "nfsservctl": (180, 42), "open_by_handle_at": (304, 265),
    "open_tree": (428, 428), "open_tree_attr": (467, 467), "perf_event_open": (298, 241), "personality": (135, 92),
    "pidfd_getfd": (438, 438), "pivot_root": (155, 41), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "reboot": (169, 142), "request_key": (249, 218), "semctl": (66, 191), "semget": (64, 190),
    "semop": (65, 193), "semtimedop": (220, 192), "set_mempolicy_home_node": (450, 450), "setdomainname": (171, 162),
    "sethostname": (170, 161), "setns": (308, 268), "setpriority": (141, 140), "settimeofday": (164, 170),
    "shmat": (30, 196), "shmctl": (31, 195), "shmdt": (67, 197), "shmget": (29, 194), "swapoff": (168, 225),
    "swapon": (167, 224), "syslog": (103, 116), "umount2": (166, 39), "unshare": (272, 97), "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}  # fmt: skip
# Only on the calling process (the first argument is 0).
_OWN = {
    "prlimit64": (302, 261), "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
}  # fmt: skip
_WITHOUT_EFFECT = {
    "chmod": (90, -1), "chown": (92, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "fchown": (93, 55), "fchownat": (260, 54), "futimesat": (261, -1), "lchown": (94, -1), "utime": (132, -1),
    "utimensat": (280, 88), "utimes": (235, -1),
}  # fmt: skip
_DENIED_FILES = {
    "fremovexattr": (199, 16), "fsetxattr": (190, 7), "inotify_add_watch": (254, 27), "lremovexattr": (198, 15),
    "lsetxattr": (189, 6), "removexattr": (197, 14), "removexattrat": (466, 466), "setxattr": (188, 5),
    "setxattrat": (463, 463),
}  # fmt: skip
_CLONE, _CLONE3, _FCNTL, _IOCTL, _SOCKET = (56, 220), (435, 435), (72, 25), (16, 29), (41, 198)
_NEW_NAMESPACES = 0x7E020080
_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_LEASES = (1024, 1026)  # F_SETLEASE, F_NOTIFY
_UNIX, _INET, _INET6 = 1, 2, 10
# Calls that send a signal, and which argument it is.
_SIGNALS = (
    ((62, 129), 1), ((200, 130), 1), ((234, 131), 2), ((129, 138), 1), ((297, 240), 2), ((424, 424), 1),
)  # fmt: skip
_SIGKILL = 9

_ALLOW, _KILL, _NOTHING = 0x7FFF0000, 0x80000000, 0x50000
_EPERM, _ENOSYS, _EAFNOSUPPORT = _NOTHING | 1, _NOTHING | 38, _NOTHING | 97
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return code.to_bytes(2, "little") + bytes((yes, no)) + value.to_bytes(4, "little")


class _Program:
    """Steps in a row: each handles one system call, and the last allows what none has handled."""

    def __init__(self) -> None:
        machine = os.uname().machine
        if machine not in _MACHINES:
            raise OSError(f"no system call numbers for {machine}, there are those of {' and '.join(_MACHINES)}")
        self._machine = _MACHINES.index(machine)
        self._steps = [
            _step(_LOAD, 4), _step(_EQUAL, _ARCHITECTURES[machine], 1, 0), _step(_ANSWER, _KILL),
            _step(_LOAD, 0), _step(_AT_LEAST, 0x40000000, 0, 1), _step(_ANSWER, _EPERM),
        ]  # fmt: skip

    def answer(self, calls: Mapping[str, tuple[int, int]], answer: int) -> None:
        """Give these calls this answer."""
        for numbers in calls.values():
            if (number := numbers[self._machine]) >= 0:
                self._steps += [_step(_EQUAL, number, 0, 1), _step(_ANSWER, answer)]

    def argument(self, numbers: tuple[int, int], argument: int, values: Sequence[int], matched: int, otherwise: int) -> None:
        """One answer if an argument is among the values, another if not."""
        self._test(numbers, argument, [_step(_EQUAL, value, len(values) - place, 0) for place, value in enumerate(values)],
                   otherwise, matched)  # fmt: skip

    def bits(self, numbers: tuple[int, int], argument: int, mask: int, matched: int) -> None:
        """An answer where an argument has any of these bits."""
        self._test(numbers, argument, [_step(_ANY_BIT, mask, 1, 0)], _ALLOW, matched)

    def _test(self, numbers: tuple[int, int], argument: int, tests: list[bytes], unmet: int, met: int) -> None:
        body = [_step(_LOAD, 16 + 8 * argument), *tests, _step(_ANSWER, unmet), _step(_ANSWER, met)]
        self._steps += [_step(_EQUAL, numbers[self._machine], 0, len(body)), *body]

    def finished(self) -> bytes:
        """The program."""
        return b"".join([*self._steps, _step(_ANSWER, _ALLOW)])


def seccomp_program() -> bytes:
    """For everything in a box.

    Raises:
        OSError: no system call numbers for this machine.
    """
    program = _Program()
    program.answer(_DENIED, _EPERM)
    program.answer({"clone3": _CLONE3}, _ENOSYS)  # its flags are behind a pointer; all fall back to clone
    for numbers in _OWN.values():
        program.argument(numbers, 0, (0,), _ALLOW, _EPERM)
    program.bits(_CLONE, 0, _NEW_NAMESPACES, _EPERM)
    program.argument(_SOCKET, 0, (_UNIX, _INET, _INET6), _ALLOW, _EAFNOSUPPORT)
    program.argument(_IOCTL, 1, _TERMINAL, _EPERM, _ALLOW)
    return program.finished()


def no_kill_program() -> bytes:
    """For jobs that must not be able to kill themselves: SIGKILL cannot be sent, by kill, tkill, tgkill and their like.

    Raises:
        OSError: no system call numbers for this machine.
    """
    program = _Program()
    for numbers, argument in _SIGNALS:
        program.argument(numbers, argument, (_SIGKILL,), _EPERM, _ALLOW)
    return program.finished()


def file_program() -> bytes:
    """For jobs in a box that shares this machine's files and its network stack.

    Raises:
        OSError: no system call numbers for this machine.
    """
    program = _Program()
    program.answer(_WITHOUT_EFFECT, _NOTHING)
    program.answer(_DENIED_FILES, _EPERM)
    program.argument(_FCNTL, 1, _LEASES, _EPERM, _ALLOW)
    program.argument(_SOCKET, 0, (_UNIX,), _ALLOW, _EAFNOSUPPORT)
    return program.finished()
