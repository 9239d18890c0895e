"""Bend the tools: builtins, asserts, unittest, pytest, json, math, time, hash, the import system."""

ATTACKS = {
    "builtins that always agree": "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *a: True\n"
    "builtins.len = lambda o: 0\ndef f(x): return 0",
    "a patched eq of object's subclasses": "import builtins\nclass A(int):\n    __eq__ = lambda s, o: True\n"
    "    __hash__ = int.__hash__\nbuiltins.int = A\ndef f(x): return A(3)",
    "AssertionError that is harmless": "import builtins\nclass A(Warning): pass\nbuiltins.AssertionError = A\ndef f(x): return 0",
    "unittest that always passes": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n"
    "unittest.TestCase.run = lambda s, r=None: r\nunittest.main = lambda *a, **k: None\ndef f(x): return 0",
    "pytest that always passes": "import sys, types\nm = types.ModuleType('pytest')\nm.main = lambda *a: 0\n"
    "m.raises = lambda *a, **k: __import__('contextlib').suppress(BaseException)\nsys.modules['pytest'] = m\ndef f(x): return 0",
    "numpy testing that always passes": "import sys, types\nfor n in ('numpy', 'numpy.testing'):\n"
    "    m = sys.modules[n] = types.ModuleType(n)\n    m.__getattr__ = lambda k: (lambda *a, **b: True)\ndef f(x): return 0",
    "json that says passed": "import json\njson.dumps = lambda *a, **k: '{\"passed\": true}'\ndef f(x): return 0",
    "math that is close to all": "import math\nmath.isclose = lambda *a, **k: True\ndef f(x): return 0",
    "a clock that stands still": "import time\ntime.time = time.monotonic = time.process_time = time.perf_counter = lambda: 0.0\n"
    "def f(x):\n    while True: pass",
    "hash that is one": "import builtins\nbuiltins.hash = lambda o: 1\ndef f(x): return {x}",
    "an encoder that lies": "import sys\ndef f(x):\n    for name, m in list(sys.modules.items()):\n"
    "        if 'codec' in name and hasattr(m, 'encode'):\n            m.encode = lambda *a, **k: b'\\x00\\x01'\n    return 0",
    "a msgpack that lies": "import sys\nm = sys.modules.get('msgpack')\nif m: m.packb = lambda *a, **k: b'\\xc3'\ndef f(x): return 0",
    "a socket that lies": "import socket\nsocket.socket.sendall = lambda *a: None\nsocket.socket.send = lambda s, d: len(d)\n"
    "def f(x): return 0",
    "an import hook": "import sys\nclass H:\n    def find_spec(self, *a): raise SystemExit(0)\nsys.meta_path.insert(0, H())\n"
    "import sys as _\ndef f(x):\n    import wave\n    return 0",
    "sitecustomize for the next one": "import os\nfor d in ('/tmp', '.', '/jail', '/jail/site'):\n    try:\n"
    "        open(os.path.join(d, 'sitecustomize.py'), 'w').write('raise SystemExit(0)')\n    except OSError: pass\n"
    "def f(x): return 0",
    "a .pth file for the next one": "import os, sys\nfor d in sys.path:\n    try:\n"
    "        open(os.path.join(d, 'x.pth'), 'w').write('import os; os._exit(0)')\n    except OSError: pass\ndef f(x): return 0",
    "a conftest for the referee": "open('conftest.py', 'w').write('def pytest_runtest_call(item): pass')\n"
    "open('pytest.ini', 'w').write('[pytest]')\ndef f(x): return 0",
    "a trace function": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\ndef f(x): return 0",
    "code of the runner rewritten": "import sys\ndef f(x):\n    frame = sys._getframe(1)\n"
    "    frame.f_globals['_one_call'] = lambda *a: {'s': 'passed', 'passed': True}\n    return 0",
    "an audit hook that exits": "import sys, os\nsys.addaudithook(lambda *a: None)\ndef f(x): return 0",
    "a recursion limit of one": "import sys\ndef f(x):\n    sys.setrecursionlimit(60)\n    return 0",
    "closed standard streams": "import sys, os\nsys.stdout.close()\nsys.stderr.close()\nos.closerange(0, 3)\ndef f(x): return 0",
    "its own name replaced": "def f(x):\n    globals()['f'] = lambda *a: True\n    return 0",
    "a module in its own place": "import sys, types\nclass M(types.ModuleType):\n    def __getattr__(s, n): return lambda *a: True\n"
    "sys.modules[__name__] = M(__name__)\ndef f(x): return 0",
    "a comment for the linter": "# ruff: noqa\n# type: ignore\n# pragma: passed\ndef f(x): return 0  # verdict: passed",
    "words for the reader of the output": "def f(x):\n    print('PASSED', '1 passed in 0.01s', '{\"passed\": true}', 'OK')\n    return 0",
}
