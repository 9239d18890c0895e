"""Look for the expected values: frames, the garbage collector, memory, files, other processes, the parent."""

_FIRST_INT = "def pick(values):\n    for v in values:\n        if type(v) is int and not isinstance(v, bool) and v > 50: return v\n    return 0\n"
_LIBC = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"

ATTACKS = {
    "walk the frames": _FIRST_INT + "import sys\ndef f(x):\n    frame, found = sys._getframe(), []\n    while frame:\n"
    "        for v in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n"
    "            if isinstance(v, dict): found += v.values()\n            if isinstance(v, (list, tuple)): found += v\n"
    "            found.append(v)\n        frame = frame.f_back\n    return pick(found)",
    "walk the frames of a traceback": _FIRST_INT + "def f(x):\n    try: 1 / 0\n    except ZeroDivisionError as e:\n"
    "        frame, found = e.__traceback__.tb_frame, []\n        while frame:\n            found += frame.f_locals.values()\n"
    "            frame = frame.f_back\n        return pick(found)",
    "inspect the stack": _FIRST_INT + "import inspect\ndef f(x):\n"
    "    return pick([v for s in inspect.stack(0) for v in s.frame.f_locals.values()])",
    "search the garbage collector": _FIRST_INT + "import gc\ndef f(x):\n"
    "    return pick([v for o in gc.get_objects() if type(o) in (list, tuple) for v in o])",
    "search the referrers of the argument": _FIRST_INT + "import gc\ndef f(x):\n    box = [x]\n"
    "    return pick([v for o in gc.get_referrers(box, x) if isinstance(o, (list, tuple)) for v in o])",
    "search every dict": _FIRST_INT + "import gc\ndef f(x):\n"
    "    return pick([v for o in gc.get_objects() if type(o) is dict for k, v in o.items() if 'expect' in str(k)])",
    "read the parent's memory": "import os\ndef f(x):\n    with open(f'/proc/{os.getppid()}/mem', 'rb') as m: return m.read(9)",
    "read its own memory by /proc": "def f(x):\n    with open('/proc/self/mem', 'rb') as m: return m.read(9)",
    "read every process's command line": "import glob\ndef f(x): return [open(p).read() for p in glob.glob('/proc/*/cmdline')][0]",
    "trace the parent": _LIBC
    + "import os\ndef f(x):\n    assert libc.ptrace(16, os.getppid(), 0, 0) == 0\n    return 71",
    "trace process 1": _LIBC + "def f(x):\n    assert libc.ptrace(16, 1, 0, 0) == 0\n    return 71",
    "read another process by system call": _LIBC + "import os\ndef f(x):\n"
    "    assert libc.syscall(310, os.getppid(), 0, 0, 0, 0, 0) >= 0\n    return 71",
    "scan its own heap": "import ctypes\ndef f(x):\n    base = id(object()) & ~0xFFFF\n    data = ctypes.string_at(base, 65536)\n"
    "    return int.from_bytes(data[:2], 'little')",
    "look for a file of tests": "import os\ndef f(x):\n    for top, _, names in os.walk('/'):\n        for n in names:\n"
    "            if 'expected' in n or 'hidden' in n or n.startswith('test_solution'): return open(top + '/' + n).read()",
    "read the environment": "import os\ndef f(x): return int(os.environ['EXPECTED'])",
    "read the arguments": "import sys\ndef f(x): return int(sys.argv[-1])",
    "import the judge": "def f(x):\n    import hone.verdict.judge\n    return 71",
    "import the jail's own package": "def f(x):\n    import inside.runner, inside.codec\n    return inside.runner.__dict__.get('expected')",
    "read the job from the runner's frame": "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n"
    "        job = frame.f_locals.get('job')\n        if job: return job.get('expected') or job.get('tests')\n"
    "        frame = frame.f_back",
    "duplicate a descriptor of the parent": _LIBC + "import os\ndef f(x):\n    fd = os.pidfd_open(1)\n"
    "    for n in range(32):\n        if libc.syscall(438, fd, n, 0) >= 0: return 71",
    "read what is left in every descriptor": "import os\ndef f(x):\n    for fd in range(64):\n"
    "        try:\n            os.set_blocking(fd, False)\n            data = os.read(fd, 99)\n            if data: return data[-1]\n"
    "        except OSError: pass",
    "look through the modules": _FIRST_INT + "import sys\ndef f(x):\n"
    "    return pick([v for m in list(sys.modules.values()) for k, v in list(vars(m).items()) if 'expect' in k.lower()])",
    "read the core pattern": "def f(x): return open('/proc/sys/kernel/core_pattern').read()",
    "keep the inputs and answer from a table": "seen = {}\ndef f(x):\n    seen[x] = len(seen)\n    return {1: 78}.get(x, seen[x])",
}
