"""The text in a pickle that holds one text and nothing else, read without unpickling anything.

LiveCodeBench publishes tests as base64 of zlib of a pickle of a JSON text. A pickle is a program; unpickling a
stranger's runs it. Here its instructions are only listed, and any but those that spell one text are refused.
"""

import base64
import binascii
import pickletools
import zlib

_SPELLS = ("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")
_BESIDE = ("PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STOP")
"""What a pickler writes around a text: they make no value, and the memo is never read."""


def packed_text(packed: str, most_bytes: int) -> str:
    """The text in base64 of zlib of a pickle of a text.

    Args:
        most_bytes: of the unpacked pickle.

    Raises:
        ValueError: it is something else, or unpacks to more.
    """
    try:
        data = base64.b64decode(packed, validate=True)
        unpacker = zlib.decompressobj()
        pickled = unpacker.decompress(data, most_bytes + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError(f"not base64 of zlib: {error}") from error
    if len(pickled) > most_bytes:
        raise ValueError(f"it unpacks to more than {most_bytes >> 20} MiB")
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("not one whole zlib stream")
    return pickled_text(pickled)


def pickled_text(pickled: bytes) -> str:
    """The text in a pickle of a text.

    Raises:
        ValueError: the pickle holds another instruction, not exactly one text, or something after its end.
    """
    texts: list[str] = []
    end = 0
    for code, argument, position in pickletools.genops(pickled):
        if code.name in _SPELLS and isinstance(argument, str):
            texts.append(argument)
        elif code.name not in _BESIDE:
            raise ValueError(f"a pickle with the instruction {code.name}, where one text is expected")
        end = position or 0
    if len(texts) != 1 or end + 1 != len(pickled):
        raise ValueError("a pickle of something else than one text")
    return texts[0]
