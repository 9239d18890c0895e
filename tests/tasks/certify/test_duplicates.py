"""Near-duplicates are found, in words or in code, and tasks that only look a little alike are not."""

from dataclasses import replace

from hone.tasks.certify.duplicates import Others, across_splits
from hone.tasks.families import Split, TaskMix
from hone.tasks.task import Task

PROMPT = (
    "Given a list of numbers, return the sum of those at even positions that are odd. The positions count from zero, "
    "and an empty list gives zero. Negative numbers count as well."
)
REFERENCE = """def total(numbers):
    result = 0
    for position, number in enumerate(numbers):
        if position % 2 == 0 and number % 2 == 1:
            result += number
    return result
"""


def task(name: str, prompt: str = PROMPT, reference: str = REFERENCE, source: str = "user") -> Task:
    return Task.from_examples(
        id=name,
        prompt=prompt,
        entry_point="total",
        visible=[(([1],), 1)],
        hidden=[(([2],), 0)],
        reference=reference,
        source=source,
    )


def test_a_prompt_with_a_few_words_changed_is_found():
    near = task("near", PROMPT.replace("an empty list gives zero", "an empty list yields zero"), "")
    (alike,) = Others([task("public", reference="")]).near([near])
    assert (alike.task, alike.other, alike.by) == ("near", "public", "prompt")
    assert 0.75 <= alike.similarity < 1


def test_a_solution_with_every_name_changed_is_found():
    renamed = REFERENCE.replace("result", "s").replace("numbers", "xs").replace("number", "x").replace("total", "solve")
    (alike,) = Others([task("public", "Something else.")]).near([task("near", "Add things up.", renamed)])
    assert (alike.other, alike.by, alike.similarity) == ("public", "reference", 1.0)


def test_what_is_alike_in_few_words_or_too_short_to_tell_is_left_alone():
    other = PROMPT.replace("sum", "product").replace("even", "odd").replace("zero", "one").replace("numbers", "words")
    assert Others([task("public", reference="")]).near([task("other", other, "")]) == []
    short = "def total(x):\n    return x\n"
    assert Others([task("public", "Same.", short)]).near([task("same", "Same.", short)]) == []


def test_a_held_out_task_whose_program_is_trained_on_is_found_whatever_its_name():
    trained = task("trained", source=f"hone ({Split.TRAIN})")
    held = task("held", source=f"hone ({Split.HELD_OUT_PARAMETERS})")
    renamed = replace(held, entry_point="summed", reference=REFERENCE.replace("total", "summed"))
    assert [(alike.task, alike.other) for alike in across_splits([trained, renamed])] == [("held", "trained")]
    assert across_splits([trained, replace(trained, id="again")]) == []


def test_composed_tasks_of_different_splits_are_different_programs():
    mix = TaskMix.parse("composed:2-3")
    tasks = [t for split in Split for level in mix.levels_in(split) for t in mix.some_tasks(split, level, 60)]
    assert across_splits(tasks) == []
