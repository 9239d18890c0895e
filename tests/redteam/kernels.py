"""Programs that would have a kernel accepted which computes nothing, or by means that no GPU has. Each is an answer to
`x -> FORMULA` for the buffers x and y; `KERNEL` stands for the kernel's name.
"""

FORMULA = "1.03125 * v * v + 2.71875 * v"
_HEAD = "import triton\nimport triton.language as tl\n"
_DEF = "\n@triton.jit\ndef KERNEL(x_ptr, y_ptr, n, BLOCK: tl.constexpr):\n"
_LOAD = """    cols = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = cols < n
    x = tl.load(x_ptr + cols, mask=mask)
"""
_NOTHING = _DEF + "    pass\n"
_SQUARE = _DEF + _LOAD + "    tl.store(y_ptr + cols, x * x, mask=mask)\n"
_RIGHT = _DEF + _LOAD + "    tl.store(y_ptr + cols, 1.03125 * x * x + 2.71875 * x, mask=mask)\n"


def _inside(lines: str, before: str = "") -> str:
    """The right kernel, with lines at the start of its body that it can do without."""
    return _HEAD + before + _RIGHT.replace("    cols =", f"{lines}    cols =", 1)


PATCHES = {
    "the functions of numpy": _HEAD
    + f"""
import numpy as np
_resize, _array, _held = np.resize, np.array, {{"x": None, "out": [], "fresh": False}}
def array(value, *a, **k):
    if _held["fresh"] and isinstance(value, list) and value and isinstance(value[0], float):
        _held["fresh"], _held["x"] = False, list(value)
    return _array(value, *a, **k)
def resize(value, size):
    _held["out"].append(_resize(value, size))
    _held["fresh"] = len(_held["out"]) % 2 == 1
    return _held["out"][-1]
def flatnonzero(mask):
    for i, v in enumerate(_held["x"]): _held["out"][-1][64 + i] = {FORMULA}
    return _array([], dtype=np.int64)
np.array, np.resize, np.flatnonzero = array, resize, flatnonzero
"""
    + _DEF
    + "    tl.store(y_ptr, 1.0)\n",
    "the driver's classes": _HEAD
    + f"""
todo, known = [object], set()
while todo:
    c = todo.pop()
    if c in known or c is type: continue
    known.add(c)
    todo += type.__subclasses__(c)
    if c.__name__ == "_Memory":
        def launch(self, function, constants, most):
            x, y = self.buffers
            for a, b in zip(x.places, y.places):
                v = float(x.storage[a])
                y.storage[b] = {FORMULA}
        c.launch.__globals__["_interpreted"] = lambda *a: None
        c.launch = launch
"""
    + _NOTHING,
    "a builtin that is a local name elsewhere": _HEAD
    + _DEF
    + "    if BLOCK < 0:\n        getattr = 1\n"
    + '    getattr(getattr(getattr(tl.load, "__globals__"), "get")("__builtins__"), "get")("exec")('
    + repr(
        f"""
def launch(self, function, constants, most):
    x, y = self.buffers
    for a, b in zip(x.places, y.places):
        v = float(x.storage[a])
        y.storage[b] = {FORMULA}
for c in object.__subclasses__():
    if c.__name__ == "_Memory": c.launch = launch
    if c.__name__ == "_Device": c.fn = 1
"""
    )
    + ")\n",
    "the interpreter's builder": _HEAD
    + f"""
from triton.runtime import interpreter
def multiply(self, lhs, rhs):
    v = lhs.data.astype("f8")
    return interpreter.TensorHandle(({FORMULA}).astype("f4"), lhs.dtype.scalar)
interpreter.InterpreterBuilder.create_fmul = multiply
"""
    + _SQUARE,
    "the class of tensors": _HEAD
    + f"""
_mul = tl.tensor.__mul__
def multiply(self, other):
    v = self.handle.data.astype("f8")
    self.handle.data = ({FORMULA}).astype("f4")
    return self
tl.tensor.__mul__ = multiply
"""
    + _SQUARE,
    "the rewriting of kernels": _HEAD
    + """
import ast
from triton.runtime import interpreter
RIGHT = '''"""
    + _RIGHT
    + """'''
def visit(self, tree): return ast.parse(RIGHT.replace("@triton.jit", "")) if isinstance(tree, ast.Module) else tree
interpreter.ASTTransformer.visit = visit
"""
    + _NOTHING,
    "a function's own text": _HEAD
    + _SQUARE
    + "\nKERNEL._unsafe_update_src(KERNEL.src.replace('x * x', '1.03125 * x * x + 2.71875 * x'))\n",
    "a line that is two": _HEAD
    + _DEF
    + _LOAD
    + "    # \u2028    tl.store(y_ptr + cols, 1.03125 * x * x + 2.71875 * x, mask=mask)\n",
}
"""Programs whose kernel is wrong, and that put other code where the kernel, the memory or the answer is made."""

REACHES = {
    "the data of a tensor": _inside("    d = x_ptr.handle.data\n"),
    "an attribute by its name": _inside('    d = getattr(x_ptr, "handle")\n'),
    "an attribute of a type": _inside("    d = x_ptr.__class__\n"),
    "an attribute by a format": _inside('    tl.static_print("{0.handle.data}".format(x_ptr))\n'),
    "a module of Triton's": _inside("    d = tl.core.math.pi\n"),
    "the interpreter": _inside("    d = triton.runtime.interpreter\n"),
    "a module of Python's": _inside("    os.getpid()\n", "import os\n"),
    "a module's builtins": _inside("    d = __builtins__\n"),
    "a builtin": _inside("    d = open\n"),
    "an import": _inside("    import os\n"),
    "a lambda": _inside("    f = lambda a: a\n"),
    "a function within": _inside("    def f(a):\n        return a\n"),
    "a class within": _inside("    class C:\n        pass\n"),
    "a try": _inside("    try:\n        pass\n    except:\n        pass\n"),
    "a with": _inside("    with tl.static_range(2):\n        pass\n"),
    "a global": _inside("    global SEEN\n    SEEN = 1\n"),
    "an attribute that is set": _inside("    x_ptr.handle = 1\n"),
    "an element that is set": _inside("    x_ptr[0] = 1\n"),
    "arguments by a star": _inside("    d = tl.program_id(*(0,))\n"),
    "arguments by two stars": _inside('    d = tl.program_id(**{"axis": 0})\n'),
    "a keyword of the interpreter's": _inside("    d = tl.abs(n, member=float)\n"),
    "an argument of the interpreter's": _inside("    d = tl.abs(n, _semantic=1)\n"),
    "a default that is computed": _inside("    d = 1\n", "@triton.jit\ndef f(a=print(1)):\n    return a\n"),
    "an annotation that is computed": _inside("    d = 1\n", "@triton.jit\ndef f(a: print(1)):\n    return a\n"),
    "a decorator of its own": _inside(
        "    d = f(n)\n", "def no(f): return f\n@no\n@triton.jit\ndef f(a):\n    return a\n"
    ),
    "a function that is none of Triton's": _inside("    d = f(n)\n", "def f(a):\n    return a\n"),
    "the name of what the interpreter calls": _inside("    interpreter_semantic = n\n"),
    "a module by a local name": _inside("    d = tl.core\n    if BLOCK < 0:\n        tl = 1\n"),
    "the interpreter's name for a constant": _inside(
        "    if BLOCK < 0:\n        d = interpreter_semantic\n", "interpreter_semantic = 1\n"
    ),
    "what is the same only for Python": _inside("    d = 1 if BLOCK is BLOCK + 0 else 2\n"),
    "a format that only Python heeds": _inside("    tl.static_assert(f'{BLOCK:>9}' != f'{BLOCK}')\n"),
    "a branch that is never compiled": _inside("    if BLOCK < 0:\n        d = x_ptr.handle.data\n"),
}
"""Programs whose kernel is right, and has a part that no kernel may have."""
