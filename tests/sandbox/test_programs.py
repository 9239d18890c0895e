"""Whole programs: standard input in, standard output back, one process for each case."""

import pytest

from hone.sandbox.jobs import Status, StdioJob
from hone.tasks.task import Limits

QUICK = Limits(cpu_seconds=0.5, wall_seconds=5.0)


def run(pool, source, *stdins, limits=QUICK):
    result = pool.run(StdioJob(source, stdins, limits))
    assert len(result.cases) == len(stdins)
    return result.cases


@pytest.mark.parametrize(
    "source",
    [
        "print(int(input()) + int(input()))",
        "import sys\na, b = map(int, sys.stdin.read().split())\nsys.stdout.write(f'{a + b}\\n')",
        "import os\na, b = os.read(0, 99).split()\nos.write(1, b'%d\\n' % (int(a) + int(b)))",
        "a, b = open(0).read().split()\nprint(int(a) + int(b))\nexit()",
        "import sys\na, b = open('/dev/stdin')\nprint(int(a) + int(b)); sys.stdout.flush()\nimport os; os._exit(0)",
        "import threading\ndef main(): print(int(input()) + int(input()))\nthreading.Thread(target=main).start()",
        "import atexit\nx = int(input()) + int(input())\natexit.register(lambda: print(x))",
        "def main():\n    print(int(input()) + int(input()))\nif __name__ == '__main__':\n    main()",
        "import sys\nprint(sum(map(int, sys.stdin.buffer)))",
    ],
)
def test_every_usual_way_of_reading_and_writing_works(pool, source):
    cases = run(pool, source, "1\n2\n", "30\n-7\n")
    assert [(case.status, case.value) for case in cases] == [(Status.DONE, "3\n"), (Status.DONE, "23\n")]


def test_non_zero_exits_and_exceptions_are_raised(pool):
    source = """
import os, sys
n = int(input())
print('partial')
sys.stdout.flush()
if n == 0: sys.exit(3)
if n == 1: sys.exit('words')
if n == 2: 1 / 0
if n == 3: os._exit(4)
"""
    cases = run(pool, source, "0", "1", "2", "3", "")
    assert [case.status for case in cases] == [Status.RAISED] * 5
    assert [case.exit_status for case in cases] == [3, 1, 1, 4, 1]
    assert [case.value for case in cases] == ["partial\n"] * 4 + [""]
    assert cases[2].error_types[0] == "ZeroDivisionError"
    assert "partial" in cases[2].output
    assert cases[4].error_types[0] == "EOFError"


def test_a_case_that_hangs_crashes_or_floods_spares_the_others(pool):
    source = """
import os, signal
n = int(input())
while n == 1: pass
if n == 2: import ctypes; ctypes.string_at(0)
while n == 3: os.write(1, b'x' * 4096)
if n == 4: kept = [0] * 10**10
print(n)
"""
    cases = run(pool, source, "0", "1", "2", "3", "4", "5")
    killed_or_raised = cases[3].status
    assert killed_or_raised in (Status.KILLED, Status.RAISED)
    assert [case.status for case in cases[:3]] == [Status.DONE, Status.TIMED_OUT, Status.KILLED]
    assert [case.status for case in cases[4:]] == [Status.OUT_OF_MEMORY, Status.DONE]
    assert cases[5].value == "5\n"
    assert [case.exit_status for case in cases] == [0, None, None, None, None, 0]


def test_too_much_output_is_no_answer(pool):
    cases = run(pool, "print('x' * int(input()))", "10", "100000")
    assert [case.status for case in cases] == [Status.DONE, Status.KILLED]


def test_a_program_that_does_not_compile_is_not_run_again(pool):
    assert {case.status for case in run(pool, "print(", "a", "b")} == {Status.DOES_NOT_COMPILE}


def test_large_and_strange_input_arrives_whole(pool):
    source = "import sys\ndata = sys.stdin.read()\nprint(len(data), data[:1])"
    cases = run(pool, source, "é" * 3_000_000, "\x00", "")
    assert [case.value for case in cases] == ["3000000 é\n", "1 \x00\n", "0 \n"]
