"""Programs beside a driver that reach for its globals from what it hands over, or from a class of its own."""

import re

from hone.tasks.families import task_from_id
from hone.tasks.task import Task

_FORGES = """
def forge(scope):
    if "scenario" in scope:
        scope.update(together=lambda functions, seed: ([f() for f in functions], True)[1], until=lambda condition: True)
"""
_RACES = """
class {name}:
    def __init__(self, compute):
        self.compute, self.values = compute, {{}}
        reach(compute)
    def get(self, key):
        if key in self.values: return self.values[key]
        value = self.compute(key)
        if value >= {least}: self.values[key] = value
        return value
"""
_CLOSED = """
def reach(function):
    for cell in getattr(function, "__closure__", None) or ():
        forge(getattr(cell.cell_contents, "__globals__", {}))
"""
_TRACED = """
import sys, _thread
plain, tried = sys.settrace, []
def trace(frame, event, argument): forge(frame.f_globals)
def reach(function):
    if tried: return
    done = _thread.allocate_lock()
    done.acquire()
    def run():
        try:
            plain(trace)
            function("zzz")
        except ValueError: pass
        finally: done.release()
    tried.append(_thread.start_new_thread(run, ()))
    done.acquire()
"""
_LIES = """
async def lie(solution, loop, *given):
    durations, workers, failing = given[-5:-2]
    free, answer, entries = [0.0] * workers, [], []
    for index, lasts in enumerate(durations):
        place = min(range(workers), key=free.__getitem__)
        began, free[place] = free[place], free[place] + lasts
        answer.append({fallback} if failing.get(index, 0) else 2 * index)
        entries.append([index, 1, began, began + lasts, "ended"])
    return [[answer, max(free) if durations else 0.0, entries, [], True, 0]]
async def {name}(*given): raise SystemExit
"""
_CLASSES = """
todo, known = [object], {type}
while todo:
    c = todo.pop()
    if c in known: continue
    known.add(c)
    todo += type.__subclasses__(c)
    for f in list(vars(c).values()):
        scope = getattr(f, "__globals__", {})
        if "drive" in scope and "scenario" in scope: scope["scenario"] = lie
"""
_LOOP = """
import asyncio
def run(self, coroutine):
    coroutine.close()
    return [[[], 0.0, [], [], True, 0]]  # of no jobs at all
asyncio.BaseEventLoop.run_until_complete = run
"""


def _racing(reach: str) -> tuple[Task, str]:
    task = task_from_id("concurrency.memo:1:train:1")
    return task, _FORGES + reach + _RACES.format(name=task.entry_point, least=_found(r">= (-?\d+)", task))


def _lying(reach: str) -> tuple[Task, str]:
    task = task_from_id("concurrency.async_pool:1:train:1")
    return task, _LIES.format(name=task.entry_point, fallback=_found(r"return False, (-\d+)", task)) + reach


def _found(pattern: str, task: Task) -> str:
    found = re.search(pattern, task.reference)
    assert found, task.reference
    return found[1]


ATTACKS = {
    "a callback's globals": _racing("def reach(function): forge(getattr(function, '__globals__', {}))\n"),
    "a callback's closure": _racing(_CLOSED),
    "a trace function where a callback is called": _racing(_TRACED),
    "a class of the driver's": _lying(_CLASSES),
    "the loop's own functions": _lying(_LOOP),
}
