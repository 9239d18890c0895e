"""The reward function for TRL, alone and inside `GRPOTrainer` where TRL is installed."""

from typing import Any

import pytest

from hone import Task
from hone.errors import HoneError
from hone.integrations.trl import reward_func
from hone.tasks.task_json import to_json
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome, Verdict

ADD = Task.from_examples(prompt="Add.", entry_point="add", visible=[((1, 2), 3)], hidden=[((2, 2), 4)])
TWICE = Task.from_stdio(prompt="Twice.", visible=[("1\n", "2\n")], hidden=[("4\n", "8\n")])
RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"


def chat(text: object) -> list[dict[str, object]]:
    return [{"role": "assistant", "content": text}]


def fenced(source: str) -> str:
    return f"Sure.\n```python\n{source}```\nDone."


def test_each_completion_earns_the_reward_of_its_own_verdict(judge):
    completions = [RIGHT, fenced(WRONG), "(", fenced("print(2 * int(input()))\n")]
    tasks = [to_json(ADD)] * 3 + [to_json(TWICE)]
    given: list[Any] = list(reward_func(judge)(["p"] * 4, completions, task=tasks, trainer_state=None))
    expected = judge.grade_many([(ADD, RIGHT), (ADD, WRONG), (ADD, "("), (TWICE, "print(2 * int(input()))\n")])
    assert given == [verdict.reward for verdict in expected]
    assert given[0] == given[3] == 1.0
    assert given[2] < given[1] < 0


@pytest.mark.parametrize(
    "completion",
    [
        chat(fenced(RIGHT)),
        chat([{"type": "text", "text": fenced(RIGHT)}]),
        [*chat("I look first."), {"role": "tool", "content": ""}, *chat(fenced(RIGHT)), *chat(None)],
        chat(f"<think>\n{fenced(WRONG)}</think>\n{fenced(RIGHT)}"),
    ],
)
def test_a_chat_is_read_to_its_last_word(judge, completion):
    assert reward_func(judge)([chat("p")], [completion], task=[to_json(ADD)]) == [1.0]


@pytest.mark.parametrize("completion", [[], chat(None), chat([{"type": "image"}, "x"]), chat(7), [{}]])
def test_a_chat_without_text_is_no_program(judge, completion):
    (reward,) = reward_func(judge)([chat("p")], [completion], task=[to_json(ADD)])
    assert reward is not None
    assert reward < 0


def test_a_prompt_may_open_the_block_itself(judge):
    prompts = ["Add.\n```python\n", "Example:\n```\nx\n```"]
    completions = [f"{RIGHT}```\nThat is all.", RIGHT]
    assert reward_func(judge)(prompts, completions, task=[to_json(ADD)] * 2) == [1.0, 1.0]


def test_tasks_may_be_named_by_id(judge):
    reward = reward_func(judge, {"add": ADD}, column="which", name="judge")
    assert getattr(reward, "__name__", None) == "judge"  # by which TRL logs it
    assert reward(["p"], [RIGHT], which=["add"]) == [1.0]
    with pytest.raises(HoneError, match="there is no task 'sub'"):
        reward(["p"], [RIGHT], which=["sub"])
    with pytest.raises(HoneError, match="the data set has no column 'which'"):
        reward(["p"], [RIGHT], task=["add"])
    with pytest.raises(HoneError, match="not of one length: prompts 2, completions 2, which 1: give each completion"):
        reward(["p", "p"], [RIGHT, RIGHT], which=["add"])
    with pytest.raises(HoneError, match="a row's task is a int"):
        reward(["p"], [RIGHT], which=[3])


def test_a_program_that_was_not_graded_earns_none():
    class Broken(Judge):
        def __init__(self):
            pass

        def grade_many(self, pairs, **_options):
            return [Verdict(task.id, Outcome.NOT_GRADED, ()) for task, _ in pairs]

    assert reward_func(Broken())(["p"] * 2, [RIGHT, WRONG], task=[to_json(ADD)] * 2) == [None, None]


@pytest.mark.parametrize("conversational", [False, True])
def test_grpo_trainer_trains_on_it(judge, tmp_path, conversational):
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    transformers = pytest.importorskip("transformers")
    from hone.policy.tokenizer import train_tokenizer

    tokenizer = train_tokenizer([RIGHT, "Add two numbers."] * 5, 320)
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
    shape = transformers.LlamaConfig(
        vocab_size=320,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=3,
    )
    seen: list[list[float | None]] = []
    inner = reward_func(judge)

    def hone(prompts, completions, **columns):
        seen.append(inner(prompts, completions, **columns))
        # A graded group and one with an ungraded member: TRL must take both.
        return [None, *seen[-1][1:]] if len(seen) == 2 else seen[-1]

    prompt = [{"role": "user", "content": "Add two numbers."}] if conversational else "Add two numbers."
    rows = [{"prompt": prompt, "task": to_json(ADD), "level": 1}] * 4
    settings = trl.GRPOConfig(
        output_dir=str(tmp_path),
        max_steps=2,
        per_device_train_batch_size=2,
        num_generations=2,
        max_completion_length=8,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        logging_steps=1,
    )
    trainer = trl.GRPOTrainer(
        model=transformers.LlamaForCausalLM(shape),
        reward_funcs=hone,
        args=settings,
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trainer.train()
    assert trainer.state.global_step == 2
    assert len(seen) == 2
    assert all(reward is not None and reward < 0 for group in seen for reward in group)  # noise is no program
    assert any("rewards/hone/mean" in entry for entry in trainer.state.log_history)
