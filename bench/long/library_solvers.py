"""Solvers of tasks with unfamiliar libraries: one that reads the documentation, and two that have none.

They know a prompt's form, and nothing of how libraries are drawn: none of them imports `hone.tasks.libraries`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hone.tasks.task import CallCheck, Task

_ENTRY = re.compile(r"^## `(?P<kind>class )?(?P<module>\w+\.\w+)\.(?P<name>\w+)\((?P<given>.*)\)`$", re.MULTILINE)
_STEP = re.compile(r"^\d+\. With `(\w+)`, (.+?): (.+)\.$", re.MULTILINE)
_PART = re.compile(
    r'^the (.+?) (?:is|are)(?:, for one parcel after the other, an item of)? (?:`(\w+)`|"(\w+)"|(the res))'
)
_ROW = re.compile(r"^\| `(\w+)` \| (\S+) \| (.+?) \| (.+) \|$", re.MULTILINE)
_UNIT = re.compile(r"^\| (?:\w+) \| \w+ \| (\w+) \| (\d+) \|$", re.MULTILINE)


def reads_documentation(task: Task) -> str:
    """A program made from the prompt's text alone."""
    return _Reader(task.prompt).program(task.entry_point)


def calls_blindly(task: Task) -> str:
    """A program made without documentation: it calls a function that takes as many values as there are, as they are."""
    return _blind(task, 0.0, overrules=False)


def introspects(task: Task, seconds: float, *, overrules: bool = True) -> str:
    """A program made without documentation that searches, in the jail, for a call that fits the visible examples.

    It takes functions and their parameters from the package, and words from the package's source. If it `overrules`, it
    then replaces the package's check of words, and draws orders, units, countings and what a word stands for: in turn
    the secret that goes into the package's hash, and the number that comes out of it, whatever else goes in.
    """
    return _blind(task, seconds, overrules=overrules)


@dataclass(frozen=True)
class _Page:
    """The documentation of one library."""

    name: str
    text: str

    def found(self, pattern: str, text: str | None = None) -> tuple[str, ...]:
        match = re.search(pattern, self.text if text is None else text)
        if match is None:
            raise LookupError(pattern)
        return match.groups()

    @property
    def absent(self) -> str:
        return self.found(rf"gives the errors and `({self.name}\.\w+)`")[0]

    def entry(self, does: str) -> tuple[re.Match[str], str]:
        """The heading and the text of the entry that does it."""
        starts = [*_ENTRY.finditer(self.text)]
        ends = [*(match.start() for match in starts[1:]), len(self.text)]
        for match, end in zip(starts, ends, strict=True):
            text = self.text[match.end() : end]
            if text.strip().lower().startswith(f"{does}."):
                return match, text
        raise LookupError(does)


class _Reader:
    def __init__(self, prompt: str) -> None:
        heads = [*re.finditer(r"^# (\w+) [\d.]+$", prompt, re.MULTILINE)]
        ends = [*(head.start() for head in heads[1:]), prompt.index("\n# Examples of")]
        self.pages = {
            head[1]: _Page(head[1], prompt[head.start() : end]) for head, end in zip(heads, ends, strict=True)
        }
        self.prompt = prompt

    def program(self, entry_point: str) -> str:
        (signature,) = re.findall(rf"`({entry_point}\(.*\) -> .*)`\.", self.prompt)
        lines = [f"def {signature}:", "    try:"]
        steps = _STEP.findall(self.prompt)
        mark = "Return the mark of" in self.prompt
        for number, (library, does, given) in enumerate(steps, 1):
            page = self.pages[library]
            wanted = 1 if mark and number == len(steps) else 0
            lines += [f"        {line}" for line in self.step(page, does, given, number, wanted)]
            lines += [f"        if r{number} is {page.absent}: return None"]
        lines += [f"        return r{len(steps)}"]
        for page in self.pages.values():
            error, attribute = page.found(
                rf"Every error is a `({page.name}\.\w+)`, with a number in its attribute `(\w+)`"
            )
            caught = f"-error.{attribute}" if "return minus the number" in self.prompt else ""
            lines += [f"    except {error} as error:", f"        {f'return {caught}' if caught else 'raise'}"]
        imports = [f"import {match['module']}" for page in self.pages.values() for match in _ENTRY.finditer(page.text)]
        return "\n".join([*dict.fromkeys(imports), "", *lines, ""])

    def step(self, page: _Page, does: str, given: str, number: int, wanted: int) -> list[str]:
        match, text = page.entry(does)
        plain = {}
        for part in given.split("; the "):
            found = _PART.match(part if part.startswith("the ") else f"the {part}")
            if found is None:
                raise LookupError(part)
            plain[found[1]] = found[2] or (repr(found[3]) if found[3] else f"r{number - 1}")
        rows = [(row[0], row[2], row[3], _meaning(row[3])) for row in _ROW.findall(text)]
        series = next(
            (
                plain[meaning]
                for (name, kind, _, what) in _ROW.findall(text)
                if kind == "list[int]"
                for meaning in [_meaning(what)]
            ),
            "",
        )
        place = f"{match['module']}.{match['name']}"
        if does == "tally parcels":
            return self.session(page, match, text, rows, plain, number)
        order = [name.strip() for name in match["given"].split(",")]
        values = {name: _value(page, what, plain[meaning], series) for name, _, what, meaning in rows}
        hows = {name: how for name, how, _, _ in rows}
        arguments = [
            values[name] if hows[name] == "by position only" else f"{name}={values[name]}"
            for name in order
            if name in values
        ]
        lines = [f"r{number} = {place}({', '.join(arguments)})"]
        fields = re.findall(r"`(\w+)` \((the result|its mark)", text)
        if fields:
            field = next(name for name, what in fields if what == ("the result", "its mark")[wanted])
            lines.append(f"r{number} = r{number}.{field}")
        return lines

    def session(
        self,
        page: _Page,
        match: re.Match[str],
        text: str,
        rows: Sequence[tuple[str, str, str, str]],
        plain: dict[str, str],
        number: int,
    ) -> list[str]:
        (_, _, setting, meant), (item, _, what, of) = rows
        word = _value(page, setting, plain[meant], "")
        each = _value(page, what, "each", "")
        if match["kind"]:
            feed, close = re.findall(r"`\.(\w+)\(", text)[:2]
            fed, closed = f"h = h.{feed}({each})", f"h.{close}()"
        else:
            feed, given = page.found(r"It returns a handle\. `(\w+)\((.*), /\)`", text)
            (close,) = page.found(r"\n`(\w+)\(handle, /\)` returns", text)
            fed = f"{match['module']}.{feed}({given.replace('handle', 'h').replace(item, each)})"
            closed = f"{match['module']}.{close}(h)"
        opened = f"h = {match['module']}.{match['name']}({word})"
        return [opened, f"for each in {plain[of]}: {fed}", f"r{number} = {closed}"]


def _meaning(what: str) -> str:
    return re.split(r"[,:]", what)[0]


def _value(page: _Page, what: str, plain: str, series: str) -> str:
    if what.startswith("position of"):
        first, end = page.found(r"counted from (\d+), which is the (first|last) item")
        return f"{plain} + {first}" if end == "first" else f"len({series}) - 1 - {plain} + {first}"
    words = {meaning: word for word, meaning in re.findall(r'`"([\w-]+)"` for (\w+)', what)}
    if words:
        return f"{words}[{plain}]"
    unit = re.search(r", in (\w+)", what)
    if unit is None:
        return plain
    number = dict(_UNIT.findall(page.text))[unit[1]]
    scaled = f"{plain} * {number}"
    return f"{page.absent} if {plain} is None else {scaled}" if " or `" in what else scaled


def _blind(task: Task, seconds: float, *, overrules: bool) -> str:
    examples = [(check.args, check.expected) for check in task.visible if isinstance(check, CallCheck)]
    stated: Any = re.findall(r' is "(\w+)"', task.prompt)
    libraries = [library for library, _, _ in _STEP.findall(task.prompt)]
    head = f"LIBRARIES = {libraries!r}\nEXAMPLES = {examples!r}\nSTATED = {stated!r}\n"
    head += f"SECONDS = {seconds!r}\nOVERRULES = {overrules}\nSESSION = {'tally parcels' in task.prompt}\n"
    return f"{head}{_SEARCH}\n\ndef {task.entry_point}(*values):\n    return answer(values)\n"


_SEARCH = '''
import importlib, inspect, itertools, pkgutil, random, re, time

rng = random.Random(0)
found = None
COUNT = len(EXAMPLES[0][0]) + len(STATED)

def candidates():
    """What may be called: `run(values, order, change)`, and the module."""
    for name in dict.fromkeys(LIBRARIES):
        top = importlib.import_module(name)
        nothing = next(getattr(top, one) for one in dir(top) if one.isupper())
        for one in pkgutil.iter_modules(top.__path__):
            if one.name.startswith("_"):
                continue
            module = importlib.import_module(name + "." + one.name)
            found = inspect.getmembers(module, inspect.isfunction)
            functions = [one for _, one in found if one.__module__ == module.__name__]
            for function in functions:
                if len(inspect.signature(function).parameters) == COUNT:
                    yield called(function, nothing), module
            if SESSION:
                several = {n: [f for f in functions if len(inspect.signature(f).parameters) == n] for n in (1, 2)}
                for opening, closing in itertools.permutations(several[1], 2):
                    for feeding in several[2]:
                        yield handled(opening, feeding, closing, False), module
                        yield handled(opening, feeding, closing, True), module
                for _, kind in inspect.getmembers(module, inspect.isclass):
                    methods = [n for n in vars(kind) if not n.startswith("_")]
                    if kind.__module__ == module.__name__ and len(methods) == 2 and not issubclass(kind, tuple):
                        yield built(kind, *methods), module
                        yield built(kind, *reversed(methods)), module

def called(function, nothing):
    parameters = list(inspect.signature(function).parameters.values())
    def run(values, order, change):
        series = next((one for one in values if type(one) is list), [])
        by_position, by_name = [], {}
        for parameter, at in zip(parameters, order):
            value = change(at, values[at], series)
            value = nothing if value is None else value
            if parameter.kind is parameter.KEYWORD_ONLY:
                by_name[parameter.name] = value
            else:
                by_position.append(value)
        answer = function(*by_position, **by_name)
        return None if answer is nothing else answer
    return run

def parts(values, change):
    items = next(one for one in values if type(one) is list)
    word = next(one for one in values if type(one) is str)
    return change(-1, word, []), [change(0, item, []) if type(item) is int else item for item in items]

def handled(opening, feeding, closing, last):
    def run(values, order, change):
        word, items = parts(values, change)
        handle = opening(word)
        for item in items:
            feeding(item, handle) if last else feeding(handle, item)
        return closing(handle)
    return run

def built(kind, feeding, closing):
    def run(values, order, change):
        word, items = parts(values, change)
        made = kind(word)
        for item in items:
            made = getattr(made, feeding)(item)
        return getattr(made, closing)()
    return run

def fits(attempt):
    """Whether an attempt comes to what the examples show, as itself or as a field of it: which one."""
    fields = {-1, 0, 1}
    for values, expected in EXAMPLES:
        try:
            answer = attempt(values)
        except Exception:
            return None
        several = answer if isinstance(answer, tuple) else ()
        fields &= {-1} if answer == expected else {at for at, one in enumerate(several) if one == expected}
        if not fields:
            return None
    return min(fields)

def settled(attempt, field):
    return attempt if field < 0 else lambda values: attempt(values)[field]

def bound(run, order, change):
    return lambda values: run([*values, *STATED], order, change)

def search(pool):
    end = time.process_time() + SECONDS
    for run, module in pool:
        for word in sorted(set(re.findall(r'"([^"]+)"', inspect.getsource(module)))):
            for order in itertools.permutations(range(COUNT)):
                if time.process_time() > end:
                    return None
                attempt = bound(run, order, lambda at, value, series, word=word: word if type(value) is str else value)
                field = fits(attempt)
                if field is not None:
                    return settled(attempt, field)
    real = {module: (module.secret_of, module.mixed) for _, module in pool}
    while OVERRULES and time.process_time() < end:
        run, module = rng.choice(pool)
        order = rng.sample(range(COUNT), COUNT)
        factors = [rng.randint(3, 60) for _ in range(COUNT)]
        first, backwards, places = rng.choice((0, 1, 10, 100)), rng.random() < 0.5, rng.random() < 0.5
        keys, hashed = {}, rng.random() < 0.5
        def known(word, _):
            return keys.setdefault(word, f"{rng.getrandbits(192):048x}")
        def numbered(*given):
            word = next((one for one in given if type(one) is str and len(one) == 48), "")
            return keys.setdefault("the number of " + word, rng.randrange(99991))
        def change(at, value, series):
            if type(value) is not int:
                return value
            if series and places:
                return (len(series) - 1 - value if backwards else value) + first
            return value * factors[at]
        module.secret_of, module.mixed = known, real[module][1] if hashed else numbered
        attempt = bound(run, order, change)
        for _ in range(20):
            keys.clear()
            field = fits(attempt)
            if field is not None:
                return settled(attempt, field)
    for module, functions in real.items():
        module.secret_of, module.mixed = functions
    return None

def answer(values):
    global found
    if found is None:
        pool = list(candidates())
        found = search(pool) if SECONDS and pool else None
        if found is None:
            run, _ = rng.choice(pool)
            found = bound(run, rng.sample(range(COUNT), COUNT), lambda at, value, series: value)
    return found(values)
'''
