"""No code of the candidate's runs in the tests' process, whichever way it got there.

What runs there comes from the read-only runtime, from the task's libraries, or is a text of the tests' own
(`own_text.py`). In the scratch, where the candidate's files are, an import finds nothing else, wherever `sys.path`
leads; bytecode is not taken from there at all. And at whatever way a text is compiled and run (`exec`, `eval`, `runpy`,
`doctest`, `timeit`, annotations, an import by hand, a zip file), an audit hook stops what is neither. A test in which
it had to has not passed, whatever it caught.

What a library outside the standard one does with the text that tests give it (a query, a template) is not looked at.
"""

import __future__

import ast
import builtins
import contextlib
import importlib.machinery
import itertools
import os
import posixpath
import re
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

from ..runner import SITE
from . import shared
from .forward import TESTS_FILE, TESTS_MODULE
from .own_text import OwnText, can_do_nothing

_normal, _get_place = posixpath.normpath, os.getcwd
"""As they are before tests patch them."""
_ALIAS = "/dev/shm"  # noqa: S108  # in the jail, a link to the scratch
_LIBRARY = posixpath.dirname(ast.__file__) + "/"
_OURS = posixpath.dirname(__file__) + "/pickles.py"
_OF_CHILDREN = _LIBRARY + "multiprocessing/"
_UNGUARDED_CHILDREN = re.compile(r"spawn|forkserver")
"""Words in tests that start processes which do not begin as copies of this one: there nothing is stopped."""
_RUNNERS = frozenset({"exec", "eval", "compile", "marshal", "FunctionType"})
IN_ANY_PICKLE: dict[str, frozenset[str]] = {
    "builtins": frozenset({
        *("bool", "bytearray", "bytes", "complex", "dict", "Ellipsis", "float", "frozenset", "int", "list", "object"),
        *("NotImplemented", "range", "set", "slice", "str", "tuple"),
    }),
    "_codecs": frozenset({"encode"}),
    "array": frozenset({"array", "_array_reconstructor"}),
    "datetime": frozenset({"date", "datetime", "time", "timedelta", "timezone"}),
    "decimal": frozenset({"Decimal"}),
}  # fmt: skip
"""What any unpickler may look up: harmless things that, being written in C, no pickle can change."""
_MAKERS = ("collections/__init__.py", "dataclasses.py", "unittest/mock.py", "gettext.py")
"""Modules of the standard library that run text of their own making, with nothing but checked names in it."""
_READS_FILES, _READS_ZIPS = "<frozen importlib._bootstrap_external>", "<frozen zipimport>"
_IMPORTS = "<frozen importlib."
_LARGEST = 2**24


class Guard:
    """Knows what is the tests' own, and stops what is not."""

    def __init__(self, scratch: str, tests: str, site: list[tuple[str, bytes]], refuse: Callable[[str], None]) -> None:
        """`site` has the files of the task's libraries; `refuse` raises, and the test has not passed."""
        self._scratch = scratch
        self._site = f"{scratch}/{SITE}"
        self._of_libraries = frozenset(content for _path, content in site)
        self._own_text = OwnText(tests)
        self._pickles_of = (_OURS,) if _UNGUARDED_CHILDREN.search(tests) else (_OURS, _OF_CHILDREN)
        self._refuse = refuse
        self._own = set[types.CodeType]()
        self._known = set[str | bytes]()
        self._foreign = set[str]()
        self._claimed = False
        self._makes: dict[str, bool] = {}
        self._passed_over: dict[str, str] = {}

    def install(self) -> None:
        """For good: from now on."""
        sys.path_hooks.insert(0, self._hook)
        sys.meta_path.append(self)
        loader: Any = importlib.machinery.SourceFileLoader
        stats = loader.path_stats

        def path_stats(own: Any, path: str) -> Any:
            if self._is_inside(path):
                raise OSError("no bytecode is read in the scratch")
            return stats(own, path)

        loader.path_stats = path_stats
        checks = {
            "compile": self._on_compile,
            "exec": self._on_exec,
            "function.__new__": self._on_exec,
            "pickle.find_class": self._on_find_class,
            "marshal.load": self._on_marshal,
            "marshal.loads": self._on_marshal,
        }

        def hook(event: str, args: tuple[Any, ...]) -> None:
            check = checks.get(event)
            if check is not None:
                check(sys._getframe(1), *args)

        sys.addaudithook(hook)

    # Imports: a path hook for places in the scratch, and the last of the finders, which says why.

    def _hook(self, place: str) -> "_OwnFiles":
        if not self._is_inside(place) or self._is_of_site(place) or shared._kind_of(place) == shared.FILE:
            raise ImportError("the next hook's")  # a zip file's modules are looked at as they are compiled
        return _OwnFiles(place, self)

    def may_import(self, name: str, path: str) -> bool:
        """Whether the file is the tests' own."""
        try:
            text = shared._read(path, _LARGEST)
        except OSError:
            return False
        if self._own_text.has(text):
            return True
        self._passed_over[name] = path
        return False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """The last of the finders: no other has found it. Raises ImportError where a file was there."""
        del path, target
        if name in self._passed_over:
            place = self._passed_over.pop(name)
            raise ImportError(f"{place} is not imported: its lines are not the tests' own", name=name, path=place)

    # What is compiled and run.

    def _on_compile(self, frame: types.FrameType, source: Any, filename: Any) -> None:
        caller = frame.f_code.co_filename
        if caller == ast.__file__ or self._makes_text(frame):  # a tree does not run by itself
            return
        name = "" if filename is None else os.fsdecode(filename)  # a syntax tree has none
        if caller.startswith(_IMPORTS) and self._is_runtime(name):
            return
        is_text = isinstance(source, str | bytes)
        if is_text and source in self._known:
            return
        is_own = is_text and (self._own_text.has(source) or self._is_of_libraries(name, source))
        if source is not None and (is_own or can_do_nothing(source, _Scope(frame))):
            is_import = caller.startswith(_IMPORTS)
            self._own.update(_compiled(source, is_import=is_import))
            if is_own and not is_import:
                self._known.add(source)
        else:
            self._claimed = self._claimed or not name
            self._foreign.add(name)

    def _on_exec(self, frame: types.FrameType, code: Any) -> None:
        if self._makes_text(frame):
            return
        name = code.co_filename
        is_claimed = name in self._foreign or (self._claimed and not frame.f_code.co_filename.startswith(_IMPORTS))
        if (is_claimed or not self._is_runtime(name)) and code not in self._own:
            self._refuse(f"{name} is not run beside the tests: its lines are not the tests' own")

    def _on_marshal(self, frame: types.FrameType, *_data: Any) -> None:
        caller = frame.f_code.co_filename
        if self._makes_text(frame):
            return
        known = frame.f_locals if caller in (_READS_FILES, _READS_ZIPS) else {}
        place = known.get("bytecode_path") or known.get("pathname")
        if not isinstance(place, str) or self._is_inside(place):
            self._refuse("bytecode is not loaded beside the tests")

    def _on_find_class(self, frame: types.FrameType, module: Any, name: Any) -> None:
        caller = frame.f_code.co_filename
        if not (caller.startswith(self._pickles_of) or name in IN_ANY_PICKLE.get(module, ())):
            self._refuse(f"{module}.{name} is not loaded from a pickle beside the tests")

    # Places.

    def _is_inside(self, path: str) -> bool:
        """In the scratch. A way up counts as such: past a link it leads elsewhere than it seems."""
        if ".." in path.split("/"):
            return True
        whole = "/" + _normal(path if path.startswith("/") else f"{self._place()}/{path}").lstrip("/")
        return f"{whole}/".startswith((f"{self._scratch}/", f"{_ALIAS}/"))

    def _place(self) -> str:
        try:
            return _get_place()
        except OSError:  # it was removed
            return self._scratch

    def _is_of_site(self, path: str) -> bool:
        return f"{_normal(path)}/".startswith(f"{self._site}/")

    def _is_of_libraries(self, name: str, source: str | bytes) -> bool:
        return self._is_of_site(name) and isinstance(source, bytes) and source in self._of_libraries

    def _is_runtime(self, name: str) -> bool:
        return name == TESTS_FILE or name.startswith("<frozen ") or (name.startswith("/") and not self._is_inside(name))

    def _makes_text(self, frame: types.FrameType) -> bool:
        """Whether this is a function that runs text of its own making only: Hone's, some of Python's, or a package's.

        One that names none of what runs text was given it (`Mock(wraps=eval)`, `pytest.raises(Error, eval, text)`).
        """
        code = frame.f_code
        if _RUNNERS.isdisjoint(code.co_names):
            return False
        caller = code.co_filename
        known = self._makes.get(caller)
        if known is None:
            of_python = caller.startswith(_LIBRARY) and "-packages/" not in caller
            known = caller.startswith("/") and (
                caller.removeprefix(_LIBRARY) in _MAKERS
                if of_python
                else not self._is_inside(caller) or self._is_of_site(caller)
            )
            self._makes[caller] = known
        return known


def _compiled(source: Any, *, is_import: bool) -> list[types.CodeType]:
    """What may come of a text: code equals code where it does the same, whatever file it claims to be from."""
    made = []
    modes = ("exec",) if is_import else ("exec", "eval", "single")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are told when the tests compile it
        for mode, flags in itertools.product(modes, (0,) if is_import else (0, __future__.annotations.compiler_flag)):
            with contextlib.suppress(SyntaxError, ValueError, TypeError, RecursionError, MemoryError, OverflowError):
                made.append(compile(source, "", mode, flags, dont_inherit=True))
    return made


class _OwnFiles(importlib.machinery.FileFinder):
    """The finder of a folder in the scratch."""

    def __init__(self, place: str, guard: Guard) -> None:
        super().__init__(place, (importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES))
        self._guard = guard

    def find_spec(self, fullname: str, target: types.ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        """The tests' own module of that name, or the part of a namespace package."""
        found = super().find_spec(fullname, target)
        if found is None or found.loader is None or self._guard.may_import(fullname, str(found.origin)):
            return found
        return None


class _Scope:
    """What a name means where a frame is, or in the tests, for which it may be at work."""

    def __init__(self, frame: types.FrameType) -> None:
        self._frame = frame

    def __call__(self, name: str) -> Any:
        tests = vars(sys.modules.get(TESTS_MODULE, builtins))
        for scope in (self._frame.f_locals, self._frame.f_globals, tests, vars(builtins)):
            if name in scope:
                return scope[name]
        raise KeyError(name)
