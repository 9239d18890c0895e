"""The embedded tokenizer: byte-level BPE, trained here, that keeps short Python and short English short.

Any text round-trips exactly (unknown characters fall back to bytes). Digits are split one by one, and a digit never
carries a space, so that one symbol has one form. A newline and the indentation after it may be one token.
"""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from hone.errors import Boundary, HoneError

PAD, BOS, SEP, END = "<|pad|>", "<|bos|>", "<|sep|>", "<|end|>"
SPECIALS = (PAD, BOS, SEP, END)
"""Ids 0 to 3, in this order. `SEP` ends the prompt and begins the program; `END` ends the program."""

PATTERNS = {
    "words": r"\n[ \t]*| ?[\p{L}_]+|\p{N}| ?[^\s\p{L}\p{N}_]+(?: (?=\p{N}))?|[ \t]+|\s",
    "lines": r"\n[ \t]*|\p{N}|[^\n\p{N}]+",
}
"""Where merges stop. `words`: inside a word or a run of punctuation. `lines`: at a digit or the end of the line."""


def train_tokenizer(texts: Iterable[str], vocab_size: int, pattern: str = "words") -> PreTrainedTokenizerFast:
    """Learn merges from `texts`; the same texts give the same tokenizer.

    Args:
        texts: what to learn from; prompts and programs alike.
        vocab_size: entries in all, the 4 specials and the 256 bytes included.
        pattern: a name in `PATTERNS`, or a regular expression (Oniguruma) that matches one piece.

    Raises:
        HoneError: the vocabulary has no room for the bytes.
    """
    smallest = len(SPECIALS) + 256
    if vocab_size < smallest:
        raise HoneError(Boundary.USER, f"vocabulary of {vocab_size}", f"give at least {smallest}: specials and bytes")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERNS.get(pattern, pattern)), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(SPECIALS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        sep_token=SEP,
        eos_token=END,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
