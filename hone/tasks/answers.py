"""How a program stands in a policy's answer, and how it is taken out. Text only: no tokenizer is needed."""

from enum import StrEnum


class Style(StrEnum):
    """The form of a prompt. A checkpoint's `config.json` names it as `hone_style`; without it, `chat`."""

    PLAIN = "plain"
    CHAT = "chat"


def extract_program(text: str, style: Style, *, opened: bool = False) -> str:
    """The program in a policy's answer.

    Plain style: the text itself. Chat style: the last fenced block that is closed (a model may think aloud, or show a
    draft first); else the last block left open, to its end; else the whole text. Only a line that starts with three
    backticks opens or closes a block. A `<think>` section is dropped. One pass over the lines.

    Args:
        opened: the prompt itself ended with the opening fence, so the text begins inside a block.
    """
    if style is Style.PLAIN:
        return text
    text = text.rpartition("</think>")[2]
    closed: list[str] | None = None
    current: list[str] | None = [] if opened else None
    for line in text.splitlines(keepends=True):
        fence = line.lstrip(" ").startswith("```")
        if fence and (current is None or (opened and not "".join(current).strip())):
            current = []
        elif fence:
            closed, current = current, None
            if opened:
                break
        elif current is not None:
            current.append(line)
    block = closed if closed is not None else current
    return text if block is None else "".join(block)


def answer_with(source: str, style: Style, *, opened: bool = False) -> str:
    """The answer from which `extract_program` takes `source`; `opened` as there."""
    if style is Style.PLAIN:
        return source
    body = source if source.endswith("\n") else f"{source}\n"
    return f"{body}```" if opened else f"```python\n{body}```"
