"""What a candidate cannot reach: each test is one attack from inside, and then honest work on the same worker."""

import errno
import os
import socket
from pathlib import Path

import pytest

import hone
from hone.errors import HoneError
from hone.sandbox.jobs import CallJob, Status, StdioJob
from hone.sandbox.pool import Pool
from hone.tasks.task import Limits

DEFAULT = Limits()
CALL = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def inside(pool, source, *args, limits=DEFAULT):
    """What `f(*args)` gives inside; the attack itself must run to its end."""
    result = pool.run(CallJob(source, "f", (args,), limits))
    assert result.cases[0].status is Status.DONE, result.cases[0]
    return result.cases[0].value


@pytest.fixture(autouse=True)
def honest_work_afterwards(pool):
    yield
    result = pool.run(CallJob("def f(x):\n    return x * 2", "f", ((2,), ([1],))))
    assert [case.value for case in result.cases] == [4, [1, 1]]
    assert result.jail == "full"


def test_candidate_sees_no_host_file(pool):
    secrets = ["/etc/passwd", "/etc/hostname", "/root/.bashrc", "/home", "/var", "/run", "/proc/self", "/sys", "/mnt"]
    secrets += [str(Path(__file__)), str(Path(hone.__path__[0])), str(Path.cwd()), "/dev/tty", "/dev/vda", "/bin/sh"]
    assert inside(pool, "import os\ndef f(paths): return [p for p in paths if os.path.exists(p)]", secrets) == []


def test_candidate_can_write_only_in_its_scratch(pool):
    source = """
import errno
import os
def f():
    written = []
    for top in os.listdir('/'):
        for place, _folders, _files in os.walk('/' + top):
            try:
                os.close(os.open(place + '/x', os.O_CREAT | os.O_WRONLY)); written.append(place)
            except OSError: pass
    return sorted(written)
"""
    assert inside(pool, source) == ["/tmp", "/tmp/work"]


def test_working_directory_starts_empty_and_earlier_scratch_is_gone(pool):
    source = """
import os, tempfile
def f():
    before = os.listdir('.'), os.listdir('/tmp'), os.listdir('/dev/shm')
    for place in ('.', '/tmp', '/dev/shm', tempfile.gettempdir()):
        open(place + '/left_behind', 'w').close()
    return before
"""
    for _ in range(2):
        assert inside(pool, source) == ([], ["work"], ["work"])


@pytest.mark.parametrize("call", ["shmget(4242, 4096, 0o1600)", "semget(4242, 1, 0o1600)", "msgget(4242, 0o1600)"])
def test_system_v_objects_which_would_outlive_a_candidate_cannot_be_made(pool, call):
    assert inside(pool, CALL + f"def f(): return libc.{call}") == -1


def test_a_very_deep_directory_tree_is_gone_with_its_candidate(pool):
    source = "import os\ndef f():\n    for _ in range(2000):\n        os.mkdir('d'); os.chdir('d')\n    return 'deep'"
    assert inside(pool, source) == "deep"


def test_environment_and_arguments_are_empty(pool):
    os.environ["HONE_TEST_SECRET"] = "hunter2"
    source = "import os, sys\ndef f(): return dict(os.environ), sys.argv[1:], libc.getenv(b'HONE_TEST_SECRET')"
    assert inside(pool, CALL + source) == ({}, [], 0)


def test_network_is_unreachable_even_on_the_hosts_loopback_and_abstract_sockets(pool):
    source = """
import socket
def f(port, name):
    reached = []
    for family, address in ((2, ('127.0.0.1', port)), (2, ('10.0.0.1', 80)), (10, ('::1', port)), (1, name)):
        try:
            with socket.socket(family) as s:
                s.settimeout(0.5); s.connect(address); reached.append(address)
        except OSError: pass
    try: reached.append(socket.getaddrinfo('example.com', 80))
    except OSError: pass
    return reached
"""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        name = f"\0hone-{os.getpid()}"
        local.bind(name)
        local.listen()
        assert inside(pool, source, server.getsockname()[1], name) == []


MAKE_SOCKET = "import socket\ndef f(n):\n    try: socket.socket(n, 1)\n    except OSError as e: return e.errno"


@pytest.mark.parametrize("family", [1, 2, 10, 16, 17, 38, 40])
def test_no_socket_can_be_made(pool, family):
    assert inside(pool, MAKE_SOCKET, family) == errno.EPERM


def test_sockets_that_a_task_allows_reach_nothing_and_know_the_network_namespace(pool):
    families = tuple((n,) for n in (1, 2, 16, 17, 38, 40))
    result = pool.run(CallJob(MAKE_SOCKET, "f", families, Limits(sockets=True)))
    assert [case.value for case in result.cases] == [None, None, *[errno.EAFNOSUPPORT] * 4]
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = "import socket\ndef f(port): socket.create_connection(('127.0.0.1', port), 0.5)"
        result = pool.run(CallJob(source, "f", ((server.getsockname()[1],),), Limits(sockets=True)))
    assert result.cases[0].error_types[0] == "ConnectionRefusedError"


RUN = """
import subprocess
def f(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout
"""


def test_commands_are_there_where_a_task_allows_them_and_as_shut_in(pool):
    commands = (
        ("sh", "-c", "echo hi > a && tar -czf b.tgz a && ls"),
        ("python", "-c", "print(1 + 1)"),
        ("sh", "-c", "ls /home /etc/passwd /proc /sys 2>/dev/null; echo > /usr/bin/new || echo no"),
        ("python", "-c", "import socket; socket.socket()"),
    )
    result = pool.run(CallJob(RUN, "f", commands, Limits(commands=True)))
    assert [case.value for case in result.cases] == [(0, "a\nb.tgz\n"), (0, "2\n"), (0, "no\n"), (1, "")]
    result = pool.run(CallJob(RUN, "f", commands[:2]))
    assert [case.error_types[0] for case in result.cases] == ["FileNotFoundError"] * 2


def test_refused_calls_are_reported(pool):
    source = CALL + "def f(): return [libc.unshare(0x10000000), libc.ptrace(0, 1), libc.umount2(b'/tmp', 0)]"
    result = pool.run(CallJob(source, "f", ((),)))
    assert result.cases[0].value == [-1, -1, -1]
    assert result.tripwires == ("ptrace", "umount2", "unshare")
    assert (
        pool.run(CallJob("import asyncio\ndef f(): return asyncio.run(asyncio.sleep(0, 1))", "f", ((),))).tripwires
        == ()
    )


def test_a_flood_of_refused_calls_stands_still_until_its_deadline(pool):
    source = CALL + "def f():\n    while True: libc.unshare(0x10000000)"
    result = pool.run(CallJob(source, "f", ((),), Limits(cpu_seconds=5, wall_seconds=1)))
    assert result.cases[0].status is Status.TIMED_OUT


def test_packages_are_there_for_programs_where_the_pool_was_given_them(pool):
    source = "import pluggy\ndef f(): return pluggy.__file__.startswith('/jail/site')"
    assert "ModuleNotFoundError" in pool.run(CallJob(source, "f", ((),))).error
    with Pool(1, packages=["pluggy"]) as other:
        assert inside(other, source) is True
    with pytest.raises(HoneError, match="no_such_package is not installed"):
        Pool(1, packages=["no_such_package"])


def test_candidate_holds_no_capability_and_can_gain_none(pool):
    source = """
class Header(ctypes.Structure): _fields_ = [('version', ctypes.c_uint32), ('pid', ctypes.c_int)]
def f():
    data = (ctypes.c_uint32 * 6)()
    libc.capget(ctypes.byref(Header(0x20080522, 0)), data)
    bounding = [c for c in range(41) if libc.prctl(23, c, 0, 0, 0) == 1]
    return list(data), bounding, libc.prctl(39, 0, 0, 0, 0)
"""
    assert inside(pool, CALL + source) == ([0] * 6, [], 1)


def test_candidate_cannot_make_namespaces_mounts_or_keys(pool):
    source = """
def f():
    flags = (0x10000000, 0x20000, 0x20000000, 0x40000000)
    tried = [libc.unshare(flag) for flag in flags]
    tried += [libc.syscall(56, flag | 17, 0, 0, 0, 0) for flag in flags]
    tried += [libc.mount(b't', b'/tmp', b'tmpfs', 0, None), libc.umount2(b'/tmp', 2), libc.chroot(b'/tmp')]
    tried += [libc.syscall(248, b'user', b'name', b'data', 4, -4), libc.ptrace(0, 0, 0, 0)]
    return set(tried)
"""
    assert inside(pool, CALL + source) == {-1}


def test_candidate_is_alone_in_its_process_namespace(pool):
    source = """
import errno
import os
def f():
    alive = []
    for pid in range(1, 300):
        try: os.kill(pid, 0); alive.append(pid)
        except OSError: pass
    for group in (0, -1):
        try: os.kill(group, 10) if group else None
        except OSError: pass
    return os.getpid(), os.getppid(), alive
"""
    assert inside(pool, source) == (1, 0, [1])


def test_signals_to_its_group_or_to_everyone_do_not_leave_the_candidate(pool):
    source = """
import errno
import os
def f():
    for who in (0, -1):
        try: os.kill(who, 9)
        except OSError: pass
    return 1
"""
    assert pool.run(CallJob(source, "f", ((),))).cases[0].status in (Status.DONE, Status.KILLED)


def test_only_the_reply_link_is_open_and_it_is_no_way_out(pool):
    source = """
import errno
import os
def f():
    found = []
    for fd in range(1024):
        try: os.fstat(fd); found.append(fd)
        except OSError: pass
    return found
"""
    assert inside(pool, source) == [0, 1, 2, 3]


def test_nothing_of_an_earlier_job_is_in_the_memory_a_candidate_inherits(pool):
    marker = "PURPLE" + "-ELEPHANT"
    pool.run(CallJob(f"SECRET = {marker!r}\ndef f(x): return x", "f", ((marker,),)))
    source = """
import gc
def f(half):
    whole = half + '-' + 'TNAHPELE'[::-1]
    gc.unfreeze()
    strings = [o for o in gc.get_objects() for o in gc.get_referents(o) if isinstance(o, (str, bytes))]
    return sum((whole in s) if isinstance(s, str) else (whole.encode() in s) for s in strings if s is not whole)
"""
    assert inside(pool, source, "PURPLE") == 0


LOOKS = {
    "import gc\ndef f(): return len(gc.get_objects()) > 0": {"searches the garbage collector"},
    "import sys\ndef f(): return sys._getframe(1) is not None": {"walks the frames"},
    "def f():\n    try: 1 / 0\n    except ZeroDivisionError as e: return e.__traceback__.tb_frame is not None": {
        "walks the frames"
    },
    "import os\ndef f(): return os.path.exists('/etc') and os.listdir('/jail') is not None or True": {
        "looks outside its scratch"
    },
    "def f():\n    try: open('/proc/self/maps')\n    except OSError: return True": {"looks outside its scratch"},
    "import os, signal\ndef f(): return os.kill(os.getpid(), 0) is None": {"signals a process"},
    "import collections, dataclasses, enum, logging, traceback\nP = collections.namedtuple('P', 'x y')\n"
    "@dataclasses.dataclass\nclass D: x: int = 1\nclass E(enum.Enum): A = 1\ndef f():\n"
    "    open('note', 'w').write('x'); logging.warning('w')\n    try: 1 / 0\n"
    "    except ZeroDivisionError: return bool(traceback.format_exc())": set(),
}


@pytest.mark.parametrize("source", LOOKS)
def test_a_program_that_looks_around_is_reported_and_an_ordinary_one_is_not(pool, source):
    result = pool.run(CallJob(source, "f", ((),)))
    assert result.cases[0].value is True
    assert set(result.tripwires) == LOOKS[source]
    main = pool.run(StdioJob(f"{source}\nprint(f())", ("",)))
    assert main.cases[0].value.split() == ["True"]
    assert set(main.tripwires) == LOOKS[source]
