"""How a task is put to a policy.

`plain` is the embedded default's form: prompt text, `<|sep|>`, program, `<|end|>`. `chat` is for every other
checkpoint: an instruction, through the chat template where there is one, and an answer in one fenced block.
"""

from transformers import PreTrainedTokenizerBase

from hone.errors import Boundary, HoneError
from hone.policy.tokenizer import BOS, SEP
from hone.tasks.answers import Style
from hone.tasks.task import Form, Task

INSTRUCTION = "Answer with one ```python block that holds the whole program, and nothing else."


def encode_prompt(task: Task, tokenizer: PreTrainedTokenizerBase, style: Style) -> list[int]:
    """Token ids of the prompt, ready to be continued. Text of the task never becomes a special token.

    Raises:
        HoneError: a plain-style tokenizer without `<|bos|>` or `<|sep|>`, or a chat template that fails.
    """
    if style is Style.PLAIN:
        bos, sep = (tokenizer.convert_tokens_to_ids(token) for token in (BOS, SEP))
        if not isinstance(bos, int) or not isinstance(sep, int):
            raise HoneError(
                Boundary.POLICY, f"the tokenizer lacks {BOS} or {SEP}", "train it with Hone, or use chat style"
            )
        return [bos, *encode_text(tokenizer, request_text(task, style)), sep]
    request = request_text(task, style, has_template=tokenizer.chat_template is not None)
    if tokenizer.chat_template is None:
        ids = encode_text(tokenizer, request)
        return [tokenizer.bos_token_id, *ids] if tokenizer.bos_token_id is not None else ids
    try:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": request}], add_generation_prompt=True, tokenize=False, enable_thinking=False
        )
    except Exception as error:  # templates are code of the checkpoint's author: they may raise anything
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HoneError(
            Boundary.POLICY, f"the chat template failed: {first}", "mend the checkpoint's template"
        ) from error
    return list(tokenizer.encode(str(text), add_special_tokens=False))


def request_text(task: Task, style: Style, *, has_template: bool = False) -> str:
    """What is asked for, in words: all of the prompt but its special tokens and the chat template."""
    if style is Style.PLAIN:
        return task.prompt
    request = f"{task.prompt.rstrip()}\n\n{_form_hint(task)}{INSTRUCTION}"
    return request if has_template else f"{request}\n\n```python\n"


def encode_text(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Ids of `text`, where even `<|end|>` is ordinary text. Lone surrogates become `?`."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return list(tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True))


def _form_hint(task: Task) -> str:
    match task.form:
        case Form.CALL:
            return f"Write the function `{task.entry_point}`. "
        case Form.STDIO:
            return "Write a program that reads standard input and writes standard output. "
        case Form.SUITE:
            return f"Write the module `{task.entry_point}`. "
