"""Use up what others need: memory, stack, processes, threads, descriptors, inodes, disk, output, the compiler."""

ATTACKS = {
    "memory": "def f(x):\n    kept = []\n    while True: kept.append(bytearray(2**24))",
    "memory at once": "def f(x): return bytearray(2**40)",
    "memory by mmap": "import mmap\ndef f(x):\n    kept = []\n    while True:\n        m = mmap.mmap(-1, 2**26)\n        m[::4096] = b'x' * len(m[::4096])\n        kept.append(m)",
    "memory by memfd": "import os\ndef f(x):\n    fd = os.memfd_create('m')\n    while True: os.write(fd, bytes(2**20))",
    "memory in pipes": "import os\ndef f(x):\n    while True:\n        r, w = os.pipe()\n        os.set_blocking(w, False)\n        os.write(w, bytes(65536))",
    "memory in socket pairs": "import socket\ndef f(x):\n    kept = []\n    while True:\n        a, b = socket.socketpair()\n        a.setblocking(False)\n"
    "        a.send(bytes(2**17))\n        kept += [a, b]",
    "stack": "def f(x): return f(x)",
    "stack beyond the interpreter's limit": "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return f(x)",
    "stack in C": "def f(x):\n    a = None\n    for _ in range(10**6): a = [a]\n    return repr(a)",
    "a fork bomb": "import os\ndef f(x):\n    while True:\n        try: os.fork()\n        except OSError: pass",
    "a thread bomb": "import threading, time\ndef f(x):\n    while True:\n        try: threading.Thread(target=time.sleep, args=(99,)).start()\n"
    "        except RuntimeError: pass",
    "a subprocess bomb": "import subprocess, sys\ndef f(x):\n    while True:\n        try: subprocess.Popen([sys.executable, '-c', 'input()'])\n"
    "        except OSError: pass",
    "descriptors": "def f(x):\n    kept = []\n    while True: kept.append(open('/dev/null'))",
    "inodes": "def f(x):\n    n = 0\n    while True:\n        open(f'n{n}', 'w').close()\n        n += 1",
    "directories without end": "import os\ndef f(x):\n    while True:\n        os.mkdir('d')\n        os.chdir('d')",
    "one large file": "def f(x):\n    with open('big', 'wb') as b:\n        while True: b.write(bytes(2**20))",
    "many files that fill the disk": "import os\ndef f(x):\n    n = 0\n    while True:\n        open(f'b{n}', 'wb').write(bytes(2**18))\n        n += 1",
    "a sparse file of a terabyte": "def f(x):\n    with open('s', 'wb') as s: s.truncate(2**40)",
    "output": "def f(x):\n    while True: print('x' * 10**6)",
    "output by descriptor": "import os\ndef f(x):\n    while True:\n        os.write(1, b'x' * 65536)\n        os.write(2, b'x' * 65536)",
    "a huge answer": "def f(x): return 'x' * 10**9",
    "an answer of many small parts": "def f(x): return [[]] * 10**7",
    "CPU": "def f(x):\n    while True: pass",
    "CPU in C": "def f(x): return sum(range(10**12))",
    "CPU in every thread": "import threading\ndef spin():\n    while True: pass\ndef f(x):\n    for _ in range(3): threading.Thread(target=spin, daemon=True).start()\n    spin()",
    "a slow regular expression": "import re\ndef f(x): return re.match('(a+)+$', 'a' * 60 + 'b')",
    "a power": "def f(x): return 9 ** 9 ** 9",
    "the compiler": "x = " + "(" * 90 + "1" + ")" * 90 + "\ny = " + "-" * 50_000 + "1\ndef f(x): return 0",
    "a constant too large to fold": "def f(x): return 'a' * (2**31)",
    "a compiler bomb in the call": "def f(x): return eval('[' * 5000)",
    "import without end": "def f(x):\n    while True:\n        open('m.py', 'w').write('import m')\n        import importlib, sys\n        sys.path.insert(0, '.')\n"
    "        sys.modules.pop('m', None)\n        importlib.import_module('m')",
}
