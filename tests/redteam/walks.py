"""A right program that looks at all that a driver leaves within reach: what is loaded, and whatever it is handed.

It goes from object to object, by attributes alone. A scope whose builtins are not everybody's is a driver's or that of
the harness; it raises where it comes by one, and otherwise does what it is asked. Its own code goes by the name of a
library's, which is not interleaved: it would take too long.
"""

from hone.tasks.task import Task

WALKER = '''
import asyncio, builtins, collections, sys, types

_ATTRIBUTES = (
    "__dict__", "__globals__", "__closure__", "__self__", "__func__", "__wrapped__",
    "__builtins__", "cell_contents", "func", "args", "keywords", "cr_await", "gi_yieldfrom", "ag_await",
    "__traceback__", "tb_next", "__context__", "__cause__", "obj", "fget", "fset", "fdel", "_callback", "_args",
    "_selector", "_scheduled", "_ready", "_exception_handler", "_callbacks",
)
seen, kept = set(), []
driven = "globals" in vars(builtins) and type(globals) is not type(len)


def wrong(o):
    if type(o) is dict:
        own = dict.get(o, "__builtins__", vars(builtins))
        if type(own) is dict and "len" in own and own is not vars(builtins): return "a scope with builtins of its own"
        if "__build_class__" in o and o is not vars(builtins): return "builtins of its own"
    if type(o) is type(len) and driven and o.__self__ is builtins and o.__name__ in _NAMES: return "a plain " + o.__name__
    if type(o) is types.CodeType and o.co_filename == "driver.py": return "code of the driver"
    return None


_NAMES = ("globals", "locals", "vars", "eval", "exec")


def named(way):
    parts = []
    while type(way) is tuple: way, parts[:0] = way[0], [way[1]]
    return ".".join(str(part)[:40] for part in parts[-12:])


def look(*roots):
    """Raises AssertionError where the roots lead to what nothing should lead to."""
    todo = collections.deque((root, "given") for root in roots)
    while todo:
        o, way = todo.popleft()
        if id(o) in seen or o is seen or o is kept or o is todo: continue
        seen.add(id(o))
        kept.append(o)
        if found := wrong(o): raise AssertionError(found + ": " + named(way))
        kind = type(o)
        if kind in (str, bytes, int, float, bool, type(None), types.CodeType): continue
        if issubclass(kind, dict): todo += [(x, (way, k)) for k, x in list(dict.items(o))]
        elif issubclass(kind, (list, tuple, set, frozenset)): todo += [(x, (way, "[]")) for x in list(o)]
        if issubclass(kind, type):
            todo += [(x, (way, " < ")) for x in type.__subclasses__(o)] if o is not type else []
            todo += [(x, (way, k)) for k, x in list(type.__dict__["__dict__"].__get__(o).items())]
            continue
        todo.append((kind, (way, " is ")))
        for name in _ATTRIBUTES:
            try: x = object.__getattribute__(o, name)
            except Exception: continue
            todo.append((x, (way, name)))


def around():
    """Whatever is loaded, all classes, what hooks and the running loop lead to."""
    look(object, dict(sys.modules), sys.gettrace(), sys.settrace, sys.unraisablehook, sys.excepthook)
    loop = asyncio._get_running_loop()
    if loop is not None:
        tasks = list(asyncio.all_tasks(loop))
        look(loop, vars(loop), tasks, [task.get_coro() for task in tasks])


first, wrapped = [], {}


def handed(o):
    """What stands for what a program was handed: it is looked at, and so is what comes of calling it."""
    look(o)
    if type(o) is list: return [handed(x) for x in o]
    if not callable(o): return o
    if o not in wrapped: wrapped[o] = calling(o)
    return wrapped[o]


def calling(function):
    def call(*given):
        try: result = function(*given)
        except BaseException as error:
            look(error, sys.exc_info())
            raise
        if not first:
            first.append(1)
            seen.clear()
            around()
        look(result)
        return result
    return call


def method(function):
    def call(*given): return function(*map(handed, given))
    return call


def watched(entry):
    """The same class or function, with what it is handed looked at."""
    around()
    if not isinstance(entry, type): return method(entry)
    for name, function in list(vars(entry).items()):
        if type(function) is type(watched): setattr(entry, name, method(function))
    return entry
'''


def watching(task: Task) -> str:
    """The task's reference, which raises AssertionError where it comes by what it should not."""
    return (
        f"{task.reference}\n_walker = {{'__name__': 'walker'}}\n"
        f"exec(compile({WALKER!r}, '<frozen walker>', 'exec'), _walker)\n"
        f"globals()[{task.entry_point!r}] = _walker['watched'](globals()[{task.entry_point!r}])\n"
    )
