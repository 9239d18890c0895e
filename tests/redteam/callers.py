"""Programs beside a driver that have it, or the harness, do the looking: what is made in C asks who called it, and the
driver itself is made the caller. Told `NAME` and `lie(threads, amounts)`, as those of `drivers.py`; none counts at all.
"""

from tests.redteam.drivers import TOOLS

_WRONG = """
class C:
    def add(self, amount): pass
    def value(self): return 9999
globals()[NAME] = C
"""
_MENDS = """
_total = []
def mend(scope):
    plain = scope["len"]
    def length(o):
        if type(o) is list and o == [9999]:
            o[:] = lie(1, _total)
            _total.clear()
        return plain(o)
    scope["len"] = length
"""
_ADDS = _WRONG.replace("add(self, amount): pass", "add(self, amount): _total.append(amount)")


def _called(made: str, held: str) -> str:
    """`add` is the look-up in a dictionary whose missing items are made, in C, when the driver asks for one."""
    return f"""
import collections
{made}
class C:
    @property
    def add(self): return held.__getitem__
    def value(self):
        for found in held.values():
            {held}
        return 9999
globals()[NAME] = C
"""


ATTACKS = {
    "the driver's globals, by a default value": TOOLS
    + _called("held = collections.defaultdict(globals)", "forged(found)"),
    "the driver's locals, by a default value": TOOLS
    + _called(
        "held = collections.defaultdict(locals)", "found.get('counter') is self and found.update(facts=lie(1, []))"
    ),
    "the driver's variables, by a default value": TOOLS
    + _called("held = collections.defaultdict(vars)", "forged(found)"),
    "a class that is text to execute": TOOLS
    + "import functools, sys\nsys.lie = lie\n"
    + "globals()[NAME] = functools.partial(exec, "
    + "'import sys; globals()[\"scenario\"] = lambda solution, seed, *a: sys.lie(*a)')\n",
    "a class that is text to evaluate": TOOLS
    + "import functools, sys\nsys.forged = forged\n"
    + "globals()[NAME] = functools.partial(eval, '__import__(\"sys\").forged(globals())')\n",
    "the driver's builtins, by a program's own": _MENDS + _ADDS + "mend(__builtins__)\n",
    "the driver's builtins, by a function that it makes": _MENDS
    + _called(
        "import functools, types\n"
        "held = collections.defaultdict(functools.partial(types.FunctionType, (lambda: 0).__code__, {}))",
        "mend(found.__builtins__)",
    ),
    "the driver's builtins, by a frozen module": _MENDS
    + _called(
        "import functools, _imp\nheld = collections.defaultdict(functools.partial(_imp.init_frozen, '__hello__'))",
        "mend(found.__builtins__)",
    ),
    "the driver's builtins, by a scope without any": _MENDS
    + _called(
        "import functools\nheld = collections.defaultdict(functools.partial(eval, '__builtins__', {}))", "mend(found)"
    ),
    "a trace function where the driver has none": TOOLS
    + """
import sys
plain = sys.settrace
def trace(frame, event, arg): walk(frame)
class C:
    def __init__(self):
        try: plain(trace)
        except ValueError: pass
    def add(self, amount): pass
    def value(self): return 9999
globals()[NAME] = C
""",
    "a trace function by a full stack": TOOLS
    + """
import sys
plain, tried = sys.settrace, []
def trace(frame, event, arg): walk(frame)
def deep(n):
    if n: return deep(n - 1)
    sys.settrace(None)
class C:
    def __init__(self):
        if tried: return
        tried.append(1)
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(200)
        for n in range(120, 200):
            for attempt in (lambda: deep(n), lambda: plain(trace)):
                try: attempt()
                except (ValueError, RecursionError): pass
        sys.setrecursionlimit(before)
    def add(self, amount): pass
    def value(self): return 9999
globals()[NAME] = C
""",
    "the trace function, called": TOOLS
    + """
import sys
class Frame:
    f_globals = {}
    class f_code: co_filename = ""
class C:
    def add(self, amount):
        trace = sys.gettrace()
        if trace is not None: forged(getattr(trace(Frame(), "call", None), "__globals__", None))
    def value(self): return 9999
globals()[NAME] = C
""",
    "the trace function of new threads": TOOLS
    + """
import sys, threading
def trace(frame, event, arg): walk(frame)
class C:
    def __init__(self):
        try:
            threading._trace_hook[0] = trace
            sys.settrace(None)
            threading._trace_hook[0] = None
        except TypeError: pass
    def add(self, amount): pass
    def value(self): return 9999
globals()[NAME] = C
""",
    "a thread that ends with an error nobody takes": TOOLS
    + """
import sys
sys.unraisablehook = lambda told: forged(getattr(told.object, "__globals__", None))
class E(Exception):
    def with_traceback(self, traceback): raise ValueError
class C:
    def add(self, amount): raise E
    def value(self): return 9999
globals()[NAME] = C
""",
    "a frame while the hook looks for its own": TOOLS
    + """
import gc, sys
def look(phase, info):
    try: walk(sys._getframe())
    except ValueError: pass
class C:
    def add(self, amount):
        gc.callbacks.append(look)
        gc.set_threshold(1)
        for _ in range(50):
            kept = []
            try: sys._getframe()
            except ValueError: pass
        gc.callbacks.clear()
        gc.set_threshold(700)
    def value(self): return 9999
globals()[NAME] = C
""",
}
