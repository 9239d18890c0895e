"""Programs beside a driver: forge what the driver says, or keep it from looking. Each is told its task as `NAME`, and
the facts that the driver should find as `lie(threads, amounts)`; none is a right program.
"""

TOOLS = '''
import sys
_seen = []
def forged(scope):
    """Whether a scope holds what can be replaced; it is replaced."""
    if not isinstance(scope, dict): return False
    hit = False
    if callable(scope.get("scenario")) and "drive" in scope:
        scope["scenario"] = lambda solution, seed, *a: lie(*a)
        hit = True
    if callable(scope.get("_one_call")):
        real = scope["_one_call"]
        if getattr(real, "mark", 0) != 1:
            def one(entry, args, budget): return real(lambda *a: lie(*a), args, budget)
            one.mark = 1
            scope["_one_call"] = one
        hit = True
    return hit
def walk(frame):
    while frame is not None:
        forged(frame.f_globals)
        frame = frame.f_back
_left = {"load": 1, "make": 2, "add": 3}
def attempt(place):
    if _left[place] == 0: return
    _left[place] -= 1
    try: forge()
    except Exception: pass
'''
_WRONG = """
class C:
    def __init__(self): attempt("make")
    def add(self, amount): attempt("add")
    def value(self): return 9999
attempt("load")
globals()[NAME] = C
"""
_RACES = """
class C:
    def __init__(self): self.n = lie(0, [])[0]
    def add(self, amount):
        attempt("add")
        n = self.n
        for _ in range(40): pass
        self.n = n + amount
    def value(self): return self.n
attempt("load")
globals()[NAME] = C
"""


def _lies(forge: str) -> str:
    return TOOLS + forge + _WRONG


def _hides(forge: str) -> str:
    return TOOLS + forge + _RACES


ATTACKS = {
    "the harness by its name": _lies(
        "def forge():\n    for m in list(sys.modules.values()): forged(getattr(m, '__dict__', None))\n"
    ),
    "the harness imported again": _lies(
        "def forge():\n    import importlib\n    for n in ('inside.runner', 'inside.driven', '__main__'):\n"
        "        forged(importlib.import_module(n).__dict__)\n"
    ),
    "the frames above": _lies("def forge(): walk(sys._getframe())\n"),
    "the frames above, by another file's name": _lies(
        "import threading\nexec(compile('def forge(): walk(sys._getframe())', threading.__file__, 'exec'))\n"
    ),
    "the frames above, by inspect": _lies("import inspect\ndef forge(): walk(inspect.currentframe())\n"),
    "the frames of all threads": _lies("def forge():\n    for frame in sys._current_frames().values(): walk(frame)\n"),
    "the frames of a traceback": _lies(
        "def forge():\n    try: 1 / 0\n    except ZeroDivisionError as e: walk(e.__traceback__.tb_frame)\n"
    ),
    "the frames of a traceback, by the library": _lies(
        "import traceback\ndef forge():\n    try: 1 / 0\n    except ZeroDivisionError as e:\n"
        "        for frame, _ in traceback.walk_tb(e.__traceback__): walk(frame)\n"
    ),
    "the frame of a generator that runs": _lies(
        "def forge():\n    def g():\n        walk(it.gi_frame)\n        yield\n    it = g()\n    next(it)\n"
    ),
    "the frame that a signal interrupts": _lies(
        "import signal\ndef forge():\n    signal.signal(signal.SIGALRM, lambda n, frame: walk(frame))\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\n"
    ),
    "the collector's objects": _lies("import gc\ndef forge():\n    for o in gc.get_objects(): forged(o)\n"),
    "the collector's garbage": _lies(
        "import gc\ndef forge():\n    gc.set_debug(gc.DEBUG_SAVEALL)\n    try: 1 / 0\n"
        "    except ZeroDivisionError as e: e.own = e\n    gc.collect()\n"
        "    for o in list(gc.garbage):\n        if type(o).__name__ == 'frame': walk(o)\n"
    ),
    "the garbage of a second collector": _lies(
        "import _imp, importlib.util\ngc = _imp.create_builtin(importlib.util.find_spec('gc'))\ndef forge():\n"
        "    gc.set_debug(gc.DEBUG_SAVEALL)\n    try: 1 / 0\n    except ZeroDivisionError as e: e.own = e\n"
        "    gc.collect()\n    for o in list(gc.garbage):\n        if type(o).__name__ == 'frame': walk(o)\n"
    ),
    "the trace function's globals": _lies(
        "def forge():\n    t = sys.gettrace()\n    if t is not None: forged(t.__globals__)\n"
    ),
    "what wraps the trace function": _lies(
        "import functools\n_c, _u = functools._lru_cache_wrapper, functools.update_wrapper\n"
        "def c(f, *a):\n    forged(f.__globals__)\n    return _c(f, *a)\n"
        "def forge(): functools._lru_cache_wrapper = c\n"
    ),
    "the thread's target": _lies(
        "import threading\ndef forge():\n    for t in threading.enumerate():\n"
        "        for f in (getattr(t, '_target', None), *(getattr(t, '_args', None) or ())):\n"
        "            forged(getattr(f, '__globals__', None))\n"
    ),
    "the class of standard output": _lies(
        "def forge():\n    for f in vars(type(sys.stdout.buffer)).values(): forged(getattr(f, '__globals__', None))\n"
    ),
    "all classes": _lies(
        "def forge():\n    todo, known = [object], set()\n    while todo:\n        c = todo.pop()\n"
        "        if c in known or c is type: continue\n        known.add(c)\n        todo += c.__subclasses__()\n"
        "        for f in list(vars(c).values()):\n            g = getattr(f, '__globals__', None)\n"
        "            if g and not forged(g):\n                for m in list(g.values()): forged(getattr(m, '__dict__', None))\n"
    ),
    "a trace function of its own": _lies(
        "def seen(frame, event, arg): walk(frame)\ndef forge():\n    sys.settrace(seen)\n"
    ),
    "a profiler of its own": _lies("def seen(frame, event, arg): walk(frame)\ndef forge(): sys.setprofile(seen)\n"),
    "an audit hook that is given frames": _lies(
        "def seen(event, args):\n    for a in args:\n        if type(a).__name__ == 'frame': walk(a)\n"
        "def forge():\n    if not _seen:\n        _seen.append(1)\n        sys.addaudithook(seen)\n    1 / 0\n"
    ),
    "the interpreter's own functions": _lies(
        "import ctypes\ndef forge():\n    g = ctypes.pythonapi.PyEval_GetFrame\n    g.restype = ctypes.py_object\n"
        "    walk(g())\n"
    ),
    "a socket that sends something else": _lies(
        "import socket\n_total = []\n_real = socket.socket.sendall\ndef sendall(self, data):\n"
        "    n = lie(1, _total)[0]\n    return _real(self, bytes(data).replace(b'\\xcd\\x27\\x0f', b'\\xcd' + n.to_bytes(2, 'big')))\n"
        "def forge(): socket.socket.sendall = sendall\n"
    )
    .replace('def add(self, amount): attempt("add")', "def add(self, amount): _total.append(amount)")
    .replace('def __init__(self): attempt("make")', "def __init__(self): _total.clear()"),
    "builtins that mend the answer": _lies(
        "import builtins\n_total, _len = [], len\ndef length(o):\n"
        "    if type(o) is list and o == [9999]: o[:] = lie(1, _total)\n    return _len(o)\n"
        "def forge(): builtins.len = length\n"
    )
    .replace('def add(self, amount): attempt("add")', "def add(self, amount): _total.append(amount)")
    .replace('def __init__(self): attempt("make")', "def __init__(self): _total.clear()"),
    "no trace function any more": _hides("def forge(): sys.settrace(None)\n"),
    "a random choice that is never to yield": _hides(
        "import random\ndef forge(): random.Random.choice = lambda s, q: (0.0, 0.0)\n"
    ),
    "threads that start one after another": _hides(
        "import threading\n_one = threading.Lock()\ndef wait(self, timeout=None):\n    _one.acquire()\n    return 0\n"
        "def forge(): threading.Barrier.wait = wait\n"
    ),
    "code of a file that nobody looks at": TOOLS
    + "def forge(): pass\n"
    + f"exec(compile({_RACES!r}, 'elsewhere.py', 'exec'))\n",
}
