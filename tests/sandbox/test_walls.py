"""What a candidate cannot reach: each test is one attack from inside, and then honest work on the same worker."""

import os
import socket
from pathlib import Path

import pytest

import hone
from hone.sandbox.jobs import CallJob, Status
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


def test_system_v_memory_of_an_earlier_candidate_is_gone(pool):
    source = CALL + "def f(flags): return libc.shmget(4242, 4096, flags) >= 0"
    assert inside(pool, source, 0o1600) is True
    assert inside(pool, source, 0o600) is False


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


@pytest.mark.parametrize("family", [16, 17, 38, 40])
def test_sockets_that_know_no_network_namespace_cannot_be_made(pool, family):
    source = "import socket\ndef f(family):\n    try: socket.socket(family, 1)\n    except OSError as e: return e.errno"
    assert inside(pool, source, family) == 97  # EAFNOSUPPORT


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
