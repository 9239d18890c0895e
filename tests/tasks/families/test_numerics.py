"""Numerics: the textbook's formula fails, and stable programs of another make pass within the bound that is stated."""

import re

import pytest

from hone.tasks.families import Split, levels_of, task_from_id, task_id
from hone.tasks.task import CallCheck, Compare, Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome


@pytest.fixture(scope="module")
def judge(uncalibrated_judge: Judge) -> Judge:
    return uncalibrated_judge


def some(name: str, level: int, wanted: str = "", unwanted: str = "\0", most: int = 4) -> list[Task]:
    """The first tasks of a level whose prompt has what is wanted."""
    family = f"numerics.{name}"
    splits = [split for split in Split if level in levels_of(family, split)]
    tasks = (task_from_id(task_id(family, level, split, index)) for index in range(12) for split in splits)
    found = [task for task in tasks if wanted in task.prompt and unwanted not in task.prompt][:most]
    assert found
    return found


def number(task: Task, pattern: str) -> str:
    match = re.search(pattern, task.prompt)
    assert match, pattern
    return match[1]


def variance(task: Task, body: str) -> str:
    """`body` gives `total`, the sum of the squares, from the list `v`."""
    factor, less = number(task, r"Return (\S+) times"), 1 if "one less" in task.prompt else 0
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    root = "** 0.5" if "standard deviation" in task.prompt else ""
    return f"def {task.entry_point}(v):\n{lines}\n    return {factor} * (total / (len(v) - {less})) {root}\n"


TEXTBOOK = "total = sum(x * x for x in v) - sum(v) ** 2 / len(v)"
RUNNING = """mean = total = 0.0
for n, x in enumerate(v, 1):
    d = x - mean
    mean += d / n
    total += d * (x - mean)"""
SHIFTED_RUNNING = "v = [x - v[0] for x in v]\n" + RUNNING
EXACTLY = """from fractions import Fraction
w = [Fraction(x) for x in v]
m = sum(w) / len(w)
total = float(sum((x - m) ** 2 for x in w))"""
TWICE = "m = sum(v) / len(v)\ntotal = sum((x - m) ** 2 for x in v) - sum(x - m for x in v) ** 2 / len(v)"


@pytest.mark.parametrize("body", [TEXTBOOK, RUNNING])
def test_a_difference_of_sums_and_a_rounded_running_mean_lose_the_variance(judge: Judge, body: str):
    verdicts = judge.grade_many([(task, variance(task, body)) for task in some("variance", 2)])
    assert {verdict.outcome for verdict in verdicts} <= {Outcome.WRONG_ANSWER, Outcome.RAISED}


@pytest.mark.parametrize("body", [SHIFTED_RUNNING, EXACTLY, TWICE])
def test_variances_of_shifted_exact_and_corrected_sums_pass(judge: Judge, body: str):
    tasks = some("variance", 2) + some("variance", 1)
    assert all(verdict.passed for verdict in judge.grade_many([(task, variance(task, body)) for task in tasks]))


def polynomial(task: Task, body: str) -> str:
    """`body` gives `value` at `x` from `c`, all coefficients, the highest first."""
    rest = "list(coefficients)" if "highest power first" in task.prompt else "list(coefficients)[::-1]"
    constant = number(task, r"constant term is (\S+) and")
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    several = "xs: list" in task.prompt
    inner = f"def at(x, c):\n{lines}\n    return value\n\n\ndef {task.entry_point}(coefficients, x):\n"
    given = f"    c = {rest} + [{constant}]\n"
    return inner + given + ("    return [at(one, c) for one in x]\n" if several else "    return at(x, c)\n")


HORNER = "value = 0.0\nfor a in c:\n    value = value * x + a"
POWERS = "value = sum(a * x ** k for k, a in enumerate(reversed(c)))"
IN_DECIMALS = """from decimal import Decimal, localcontext
with localcontext(prec=900, Emax=10**6, Emin=-10**6):
    total = Decimal(0)
    for a in c:
        total = total * Decimal(x) + Decimal(a)
    value = float(total)
if value in (float("inf"), -float("inf")):
    raise OverflowError"""
COMPENSATED = """def split(a):
    t = 134217729.0 * a
    high = t - (t - a)
    return high, a - high
value, lost = c[0], 0.0
for a in c[1:]:
    product = value * x
    (h, l), (p, q) = split(value), split(x)
    error = l * q - (((product - h * p) - l * p) - h * q)
    total = product + a
    back = total - product
    lost = lost * x + (error + ((product - (total - back)) + (a - back)))
    value = total
value += lost"""


@pytest.mark.parametrize("body", [HORNER, POWERS])
def test_horner_s_scheme_and_powers_lose_the_value_near_a_root(judge: Judge, body: str):
    tasks = some("polynomials", 3, "root", "derivative")
    assert not any(v.passed for v in judge.grade_many([(task, polynomial(task, body)) for task in tasks]))


@pytest.mark.parametrize("body", [HORNER, POWERS])
def test_powers_beyond_the_range_of_floats_are_not_forgiven(judge: Judge, body: str):
    tasks = some("polynomials", 2, "overflow", "derivative")
    assert not any(v.passed for v in judge.grade_many([(task, polynomial(task, body)) for task in tasks]))


def test_decimals_and_compensated_schemes_find_the_value_near_a_root(judge: Judge):
    near = some("polynomials", 2, "root", "derivative")
    far = some("polynomials", 2, "overflow", "derivative")
    programs = [(task, polynomial(task, COMPENSATED)) for task in near]
    programs += [(task, polynomial(task, IN_DECIMALS)) for task in near + far]
    assert all(verdict.passed for verdict in judge.grade_many(programs))


def norm(task: Task, body: str) -> str:
    """`body` returns the norm of order `p` of `v`."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    order = number(task, r"root of order (\S+?)[.,]? ")
    return f"import math\n\n\ndef {task.entry_point}(v):\n    p = {order}\n{lines}\n"


POWER_SUM = "return sum(abs(x) ** p for x in v) ** (1 / p)"
BY_LOGARITHM = "return math.exp(math.log(sum(math.exp(p * math.log(abs(x))) for x in v if x)) / p) if any(v) else 0.0"
BY_EXPONENT = """big = max(map(abs, v), default=0.0)
if not big:
    return 0.0
e = math.frexp(big)[1]
scaled = [math.ldexp(abs(x), -e) if e > -1000 else abs(x) / 2.0**-537 / 2.0**(e + 537) for x in v]
return math.ldexp(math.fsum(s**p for s in scaled) ** (1 / p), e)"""


@pytest.mark.parametrize("body", [POWER_SUM, BY_LOGARITHM])
def test_powers_overflow_and_logarithms_lose_digits_of_a_norm(judge: Judge, body: str):
    tasks = some("vector_norms", 2, "any size")
    assert not any(v.passed for v in judge.grade_many([(task, norm(task, body)) for task in tasks]))


def test_a_norm_scaled_by_a_power_of_two_passes(judge: Judge):
    tasks = some("vector_norms", 2, "5e-324")
    assert all(verdict.passed for verdict in judge.grade_many([(task, norm(task, BY_EXPONENT)) for task in tasks]))


def system(task: Task, chosen: str) -> str:
    """Gauss and Jordan, with the row that `chosen` names as the next one."""
    factor = number(task, r"return (\S+) times x")
    return f"""
def {task.entry_point}(rows, b):
    m = [[*row, y] for row, y in zip({"list(zip(*rows))" if "transposed" in task.prompt else "rows"}, b)]
    n = len(m)
    for k in range(n):
        p = {chosen}
        if not m[p][k]:
            raise ValueError
        m[k], m[p] = m[p], m[k]
        m[k] = [x / m[k][k] for x in m[k]]
        for i in range(n):
            if i != k:
                m[i] = [x - m[i][k] * y for x, y in zip(m[i], m[k])]
    return [{factor} * row[n] for row in m]
"""


IN_ORDER = "k"
NOT_ZERO = "next((i for i in range(k, n) if m[i][k]), k)"
LARGEST = "max(range(k, n), key=lambda i: abs(m[i][k]))"
LARGEST_OF_ITS_ROW = "max(range(k, n), key=lambda i: abs(m[i][k]) / (max(map(abs, m[i][k:n])) or 1))"


@pytest.mark.parametrize("chosen", [IN_ORDER, NOT_ZERO])
def test_elimination_without_a_choice_of_pivots_fails(judge: Judge, chosen: str):
    tasks = some("linear_systems", 2, "Solve", "larger in size")
    assert not any(v.passed for v in judge.grade_many([(task, system(task, chosen)) for task in tasks]))


@pytest.mark.parametrize("chosen", [LARGEST, LARGEST_OF_ITS_ROW])
def test_elimination_with_another_choice_of_pivots_passes(judge: Judge, chosen: str):
    tasks = some("linear_systems", 2, "Solve") + some("linear_systems", 4, "b is `right`", "long", most=3)
    assert all(verdict.passed for verdict in judge.grade_many([(task, system(task, chosen)) for task in tasks]))


def test_the_same_textbook_s_programs_pass_where_nothing_is_hard(judge: Judge):
    programs = [(task, variance(task, TEXTBOOK)) for task in some("variance", 1)]
    programs += [(task, polynomial(task, body)) for task in some("polynomials", 1) for body in (HORNER, POWERS)]
    programs += [(task, norm(task, POWER_SUM)) for task in some("vector_norms", 1, unwanted="weight")]
    programs += [(task, system(task, IN_ORDER)) for task in some("linear_systems", 1, "b is `right`")]
    assert all(verdict.passed for verdict in judge.grade_many(programs))


NEW = ("variance", "polynomials", "vector_norms", "linear_systems")
YIELDING = """
class Yielding(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
    def __float__(self): return 0.0
    def __abs__(self): return 0.0
"""


@pytest.mark.parametrize("name", NEW)
def test_a_number_that_is_near_to_everything_is_no_answer(judge: Judge, name: str):
    (task,) = some(name, 2, most=1)
    forged = f"{YIELDING}\ndef {task.entry_point}(*given):\n    return Yielding(1.0)\n"
    nans = f"def {task.entry_point}(*given):\n    return float('nan')\n"
    assert not any(verdict.passed for verdict in judge.grade_many([(task, forged), (task, nans)]))


@pytest.mark.parametrize("name", NEW)
def test_what_must_raise_and_what_must_be_infinite_is_among_the_checks(name: str):
    checks = [check for task in some(name, 4, most=9) for check in task.hidden if isinstance(check, CallCheck)]
    assert any(check.compare is Compare.RAISES for check in checks)
    assert any(check.compare is Compare.ULPS for check in checks)
