"""Parsing in several threads at once, which the interpreter alone cannot do."""

import gc
import threading
import time

import pytest

from hone.syntax import parse

SOURCE = "\n".join(
    f"def f{n}(x, y=[1, (2, 3)]):\n    return [x for x in y if x > {n}] + [{{'a': y}}]" for n in range(60)
)


@pytest.fixture
def eager():
    """A garbage collector that often runs, and lets another thread go on when it does."""

    def give_way(phase: str, info: dict[str, int]) -> None:
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("eager")
def test_threads_that_parse_at_the_same_time_all_get_their_trees():
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                assert len(parse(SOURCE).body) == 60
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
