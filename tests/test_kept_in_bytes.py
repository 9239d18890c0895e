"""What is kept is bounded in bytes, whatever the texts are that it was made of."""

from hone.kept import ENTRY_BYTES, Kept


def test_what_is_kept_is_bounded_in_bytes_and_the_oldest_goes_first():
    kept = Kept[bytes](10 * ENTRY_BYTES)
    for number in range(100):
        kept.put(bytes(ENTRY_BYTES), ENTRY_BYTES, str(number))
        assert kept.get("95" if number >= 95 else str(number)) is not None
    assert [number for number in range(100) if kept.get(str(number))] == [95, 96, 97, 98, 99]
    kept.put(b"", 11 * ENTRY_BYTES, "too large")
    assert kept.get("too large") is None
    assert kept.get("99") is not None


def test_texts_that_run_together_are_told_apart():
    kept = Kept[str](2**20)
    kept.put("first", 5, "ab", "c")
    assert kept.get("a", "bc") is None
    assert kept.get("ab", "c") == "first"
