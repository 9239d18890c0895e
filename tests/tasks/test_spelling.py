"""Ids and keys that follow from content: the same in every process, and what they were where no set is in it."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from hone import Task
from hone.tasks.checks import CallCheck
from hone.tasks.spelling import spelled
from tests.hash_seeds import same_in_every_process

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@dataclass(frozen=True)
class Part:
    shown: object
    left_out: object = field(default=None, repr=False)


@given(VALUES)
def test_without_sets_the_spelling_is_that_of_repr(value: object) -> None:
    for one in (value, Part(value, 3), {"a": Part(value)}, CallCheck((value, {}), value)):
        assert spelled(one) == repr(one)


def test_sets_are_spelled_in_order_wherever_they_are() -> None:
    assert spelled([{9, 10, 8}, (frozenset(), set(), frozenset({"b", "a"}))]) == (
        "[{10, 8, 9}, (frozenset(), set(), frozenset({'a', 'b'}))]"
    )
    assert spelled({1: Part({"b", "a"})}) == "{1: Part(shown={'a', 'b'})}".replace("Part", Part.__qualname__)


def test_ids_and_keys_of_tasks_with_sets_are_the_same_in_every_process() -> None:
    code = (
        "from hone import Task\n"
        "from hone.tasks.certify.journal import _key\n"
        "words = {str(n) for n in range(50)}\n"
        "task = Task.from_examples(prompt='p', entry_point='f', visible=[], hidden=[((words,), {1: words})])\n"
        "print(task.id, _key(task, ''))\n"
    )
    assert same_in_every_process(code).startswith("task:")


def test_ids_of_tasks_without_sets_are_what_they_always_were() -> None:
    hidden = [(([1.5], (2,)), {"a": None})]
    task = Task.from_examples(prompt="Add.", entry_point="add", visible=[((1, 2), 3)], hidden=hidden)
    assert task.id == "task:23d7272d9553"
    program = Task.from_stdio(prompt="Add.", visible=[("1 2\n", "3\n")], hidden=[("3 2\n", "5\n")])
    assert program.id == "task:c17a16f0b187"
