"""Get out: the network, mounts, users, devices, links, namespaces, other candidates, the worker."""

_LIBC = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def _succeeds(call: str) -> str:
    """`f` answers only if the call succeeds; and answers wrongly, so that neither way is a pass."""
    return _LIBC + f"def f(x):\n    assert {call} >= 0, ctypes.get_errno()\n    open('/tmp/escaped', 'w')\n    return 0"


ATTACKS = {
    "connect to the world": "import socket\ndef f(x):\n    socket.create_connection(('1.1.1.1', 53), 0.3)\n    return 0",
    "connect to the host's loopback": "import socket\ndef f(x):\n    socket.create_connection(('127.0.0.1', 22), 0.3)\n    return 0",
    "listen": "import socket\ndef f(x):\n    socket.create_server(('0.0.0.0', 0))\n    return 0",
    "resolve a name": "import socket\ndef f(x): return socket.gethostbyname('localhost') and 0",
    "fetch a page": "import urllib.request\ndef f(x): return urllib.request.urlopen('http://1.1.1.1', timeout=0.3).status",
    "a netlink socket": "import socket\ndef f(x):\n    socket.socket(16, 3)\n    return 0",
    "a vsock": "import socket\ndef f(x):\n    socket.socket(40, 1)\n    return 0",
    "mount": _succeeds("libc.mount(b'x', b'/tmp', b'tmpfs', 0, 0)"),
    "mount as the warm interpreter does": _succeeds("libc.mount(b'x', b'/tmp', b'tmpfs', 14, 0)"),
    "bind the root": _succeeds("libc.mount(b'/', b'/tmp', 0, 4096, 0)"),
    "unmount": _succeeds("libc.umount2(b'/tmp', 2)"),
    "a user namespace": _succeeds("libc.unshare(0x10000000)"),
    "a mount namespace": _succeeds("libc.unshare(0x00020000)"),
    "a PID namespace as the warm interpreter has": _succeeds("libc.unshare(0x20000000)"),
    "a clone into a user namespace": _succeeds("libc.syscall(56, 0x10000011, 0, 0, 0, 0)"),
    "clone3": _succeeds("libc.syscall(435, bytes(64), 64)"),
    "enter another namespace": "import os\n" + _succeeds("libc.setns(os.pidfd_open(1), 0x20000000)"),
    "pivot the root": _succeeds("libc.syscall(155, b'/tmp', b'/tmp')"),
    "chroot": _succeeds("libc.chroot(b'/tmp')"),
    "become root": _succeeds("libc.setuid(0)"),
    "become root by groups": _succeeds("libc.setgid(0)"),
    "gain capabilities": _succeeds(
        "libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[2**32 - 1] * 6))"
    ),
    "a set-user-id file": "import os\ndef f(x):\n    open('s', 'w').close()\n    os.chmod('s', 0o4777)\n    os.chown('s', 0, 0)\n    return 0",
    "a device node": "import os\ndef f(x):\n    os.mknod('mem', 0o20666, os.makedev(1, 1))\n    return open('mem', 'rb').read(1)",
    "the machine's memory": "def f(x): return open('/dev/mem', 'rb').read(1)",
    "the terminal": "import fcntl, os\ndef f(x):\n    fd = os.open('/dev/tty', os.O_RDWR)\n    fcntl.ioctl(fd, 0x5412, b'x')\n    return 0",
    "the host's files": "def f(x): return open('/etc/passwd').read()",
    "the host's home": "import os\ndef f(x): return os.listdir('/root') and 0",
    "a link out of the scratch": "import os\ndef f(x):\n    os.symlink('/etc/passwd', 'p')\n    return open('p').read()",
    "a hard link to the runtime": "import os\ndef f(x):\n    os.link(os.__file__, 'o')\n    open('o', 'a').write('#')\n    return 0",
    "the runtime rewritten": "import os\ndef f(x):\n    open(os.__file__, 'a').write('#')\n    return 0",
    "the jail's package rewritten": "def f(x):\n    open('/jail/inside/runner.py', 'a').write('#')\n    return 0",
    "the root written to": "def f(x):\n    open('/escaped', 'w').write('x')\n    return 0",
    "a raised limit": "import resource\ndef f(x):\n    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\n    return 0",
    "a higher priority": "import os\ndef f(x):\n    os.nice(-20)\n    return 0",
    "the clock set": "import time\ndef f(x):\n    time.clock_settime(time.CLOCK_REALTIME, 0)\n    return 0",
    "the host's name set": "import socket\ndef f(x):\n    socket.sethostname('owned')\n    return 0",
    "bpf": _succeeds("libc.syscall(321, 5, 0, 0)"),
    "perf": _succeeds("libc.syscall(298, 0, 0, -1, -1, 0)"),
    "io_uring": _succeeds("libc.syscall(425, 1, bytes(120))"),
    "userfaultfd": _succeeds("libc.syscall(323, 1)"),
    "a kernel module": _succeeds("libc.syscall(175, b'', 0, b'')"),
    "the kernel's log": _succeeds("libc.klogctl(3, ctypes.create_string_buffer(9), 9)"),
    "a system call of the future": _succeeds("libc.syscall(480)"),
    "the 32-bit door": _LIBC
    + "import mmap\ndef f(x):\n    m = mmap.mmap(-1, 4096, prot=7)\n    m.write(b'\\xb8\\x1a\\x00\\x00\\x00\\xcd\\x80\\xc3')\n"
    "    g = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))\n    g()\n    return 0",
    "another candidate's process": "import os, signal\ndef f(x):\n    for p in range(2, 400):\n        try: os.kill(p, signal.SIGKILL)\n"
    "        except OSError: pass\n    return 0",
    "proc mounted by itself": _succeeds("libc.mount(b'proc', b'/tmp', b'proc', 0, 0)"),
}
