"""The embedded tokenizer."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from hone.errors import HoneError
from hone.policy.prompts import encode_text
from hone.policy.tokenizer import PATTERNS, SPECIALS, train_tokenizer
from tests.hash_seeds import same_in_every_process

TEXTS = [
    "def solve(xs: list[int]) -> list[int]:\n    for x in xs:\n        x = x + 1\n    return xs[-2:]\n",
    "Keep the numbers above 3, then add 12 to each.\nsolve([1, -2, 3]) == [13]\n",
] * 20
TOKENIZERS = {pattern: train_tokenizer(TEXTS, 400, pattern) for pattern in PATTERNS}


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=st.text(max_size=60) | st.sampled_from([*SPECIALS, "\r\n\t  x\n\n\n   ", "<|end|>漢🙂\x00"]))
@settings(max_examples=150, deadline=None)
def test_any_text_round_trips_without_special_tokens(pattern, text):
    ids = encode_text(TOKENIZERS[pattern], text)
    assert TOKENIZERS[pattern].decode(ids) == text
    assert all(token >= len(SPECIALS) for token in ids)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_saved_and_loaded_by_plain_transformers_it_is_the_same(pattern, tmp_path):
    tokenizer = TOKENIZERS[pattern]
    tokenizer.save_pretrained(tmp_path)
    loaded: Any = AutoTokenizer.from_pretrained(tmp_path)
    assert encode_text(loaded, TEXTS[0]) == encode_text(tokenizer, TEXTS[0])
    assert loaded.decode(encode_text(loaded, TEXTS[0])) == TEXTS[0]
    assert loaded.convert_tokens_to_ids(list(SPECIALS)) == [0, 1, 2, 3]
    assert (loaded.pad_token_id, loaded.eos_token_id) == (0, 3)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_digit_is_a_token_of_its_own(pattern):
    tokenizer = TOKENIZERS[pattern]
    pieces = [tokenizer.decode([token]) for token in encode_text(tokenizer, "x = 120 + y[37]")]
    assert [piece for piece in pieces if any(map(str.isdigit, piece))] == list("12037")


def test_newline_and_indentation_are_one_token():
    pieces = [TOKENIZERS["words"].decode([token]) for token in encode_text(TOKENIZERS["words"], TEXTS[0])]
    assert "\n    " in pieces
    assert "\n        " in pieces


def test_lines_are_shorter_than_words():
    length = {pattern: len(encode_text(tokenizer, TEXTS[0])) for pattern, tokenizer in TOKENIZERS.items()}
    assert length["lines"] < length["words"] < len(TEXTS[0]) / 2


def test_same_texts_give_the_same_tokenizer_in_another_process(tmp_path):
    script = (
        "import sys; from hone.policy.tokenizer import train_tokenizer;"
        "texts = [f'def f{i % 7}(x):\\n    return x * {i} + y{i % 5}\\n' for i in range(300)];"
        "sys.stdout.write(train_tokenizer(texts, 420, 'lines').backend_tokenizer.to_str())"
    )
    assert same_in_every_process(script)


def test_a_vocabulary_without_room_for_bytes_is_one_clear_line():
    with pytest.raises(HoneError, match="vocabulary of 100"):
        train_tokenizer(["x"], 100)
