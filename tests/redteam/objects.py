"""Answers that are not answers: objects that equal everything, subclasses, the numeric tower, lazy and endless ones."""

_EQUAL = "    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    __hash__ = {base}.__hash__\n"


def _subclass(base: str, made: str) -> str:
    return f"class A({base}):\n{_EQUAL.format(base=base)}def f(x): return {made}"


ATTACKS = {
    "an object that equals everything": _subclass("object", "A()"),
    "an int that equals everything": _subclass("int", "A(0)"),
    "a float that equals everything": _subclass("float", "A(0)"),
    "a str that equals everything": _subclass("str", "A('')"),
    "a list that equals everything": _subclass("list", "A()"),
    "a tuple that equals everything": _subclass("tuple", "A()"),
    "a dict that equals everything": _subclass("dict", "A()"),
    "a bytes that equals everything": _subclass("bytes", "A()"),
    "a complex that equals everything": _subclass("complex", "A(0)"),
    "a frozenset that equals everything": _subclass("frozenset", "A()"),
    "a Decimal that equals everything": "from decimal import Decimal\n" + _subclass("Decimal", "A(0)"),
    "a Fraction that equals everything": "from fractions import Fraction\n" + _subclass("Fraction", "A(0)"),
    "an object that compares as greater and less": "class A:\n    def __lt__(s, o): return True\n    __gt__ = __le__ = __ge__ = __eq__ = __lt__\n"
    "    __hash__ = object.__hash__\ndef f(x): return A()",
    "an object that is a number to the tower": "import numbers\nclass A(numbers.Integral):\n    pass\n"
    "A.__abstractmethods__ = frozenset()\nA.__eq__ = lambda s, o: True\nA.__int__ = A.__index__ = lambda s: 0\n"
    "A.__hash__ = lambda s: 0\ndef f(x): return A()",
    "an object that lies about its class": "class A:\n    @property\n    def __class__(self): return int\n"
    "    def __eq__(self, o): return True\ndef f(x): return A()",
    "a metaclass that is an instance of everything": "class M(type):\n    def __instancecheck__(c, o): return True\n"
    "    def __eq__(c, o): return True\n    __hash__ = type.__hash__\nclass A(metaclass=M): pass\ndef f(x): return A",
    "a mock": "from unittest.mock import MagicMock\ndef f(x):\n    m = MagicMock()\n    m.__eq__.return_value = True\n    return m",
    "unittest.mock.ANY": "from unittest.mock import ANY\ndef f(x): return ANY",
    "NotImplemented": "def f(x): return NotImplemented",
    "not a number": "def f(x): return float('nan')",
    "True for one": "def f(x): return True",
    "an endless generator": "def f(x):\n    while True: yield x",
    "an endless iterator that is its own length": "class A:\n    def __iter__(s): return s\n    def __next__(s): return 0\n"
    "    def __len__(s): return 2**62\ndef f(x): return A()",
    "a lazy object that hangs when compared": "class A:\n    def __eq__(s, o):\n        while True: pass\ndef f(x): return A()",
    "a list that holds itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "a very deep list": "def f(x):\n    a = []\n    for _ in range(10**5): a = [a]\n    return a",
    "keys that collide": "def f(x): return {i * (2**61 - 1): 0 for i in range(30000)}",
    "an integer too long to print": "def f(x): return 1 << 10**7",
    "a Decimal of a huge exponent": "from decimal import Decimal\ndef f(x): return Decimal('1E+999999999')",
    "lone surrogates": "def f(x): return '\\ud800' * 1000",
    "a value that reduces to code": "class A:\n    def __reduce__(s):\n        import os\n"
    "        return os.system, ('true',)\ndef f(x): return A()",
    "a coroutine": "async def f(x): return x",
    "the function itself": "def f(x): return f",
    "an exception instance": "def f(x): return AssertionError()",
    "a patched int": "import ctypes\nclass A(int):\n    pass\nint_eq = A.__eq__\nA.__eq__ = lambda s, o: True\ndef f(x): return A(x)",
}
