"""Binary records: read packed structures with checksums, choose, and write them in the same form."""

import functools
import operator
import random
import zlib
from collections.abc import Mapping
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.files.folder import Files, Raised, file_draft
from hone.tasks.families.files.surface import program
from hone.tasks.families.rules import worded
from hone.tasks.families.splits import Rules

_MAGIC = ("HREC", "DATA", "LOG1", "PACK", "BIN2", "ROWS", "STO", "KV")
_SIZES = {"B": 1, "H": 2, "I": 4, "h": 2, "i": 4, "q": 8}
_SUMS = {
    "the CRC-32 of these bytes, as `zlib.crc32` gives it, as an unsigned 32-bit number": ("I", "zlib.crc32({0})"),
    "their Adler-32 checksum, as `zlib.adler32` gives it, as an unsigned 32-bit number": ("I", "zlib.adler32({0})"),
    "the sum of these bytes modulo 256, as one byte": ("B", "sum({0}) % 256"),
    "the sum of these bytes modulo 65536, as an unsigned 16-bit number": ("H", "sum({0}) % 65536"),
    "the exclusive or of all these bytes, as one byte": ("B", "xor"),
}
_ASKED = {
    "base": (
        "The file `source` begins with the {length} bytes {magic}.",
        "`source` is a binary file that starts with the bytes {magic} ({length} of them).",
    ),
    "count": (
        "Then comes the number of records, as an unsigned 16-bit number, and so many records.",
        "An unsigned 16-bit number follows that says how many records come after it.",
    ),
    "open": ("Then come records, to the end of the file.", "What follows, up to its end, are records."),
    "record": (
        "A record is its id, an unsigned {id_bits}-bit number, and its value, a signed {value_bits}-bit number",
        "Each record has an id (unsigned, {id_bits} bits) and then a value (signed, {value_bits} bits)",
    ),
    "names": (
        ", then one byte that says how long its name is, and the name in UTF-8",
        ", and after them a name: a byte with its length in bytes, and that many bytes of UTF-8",
    ),
    "sum": (", and after all these bytes {sum}",),
    "order": (
        ". All numbers are {order}-endian, and nothing stands between.",
        ". Numbers are {order}-endian; there is no padding.",
    ),
    "skip": (
        "A record whose checksum is wrong is left out; the next one begins where it ends all the same.",
        "Pass over records with a wrong checksum: their length is right, and the next record follows.",
    ),
    "least": (
        "Choose the records with a value of {least} or more.",
        "Records whose value is at least {least} are chosen.",
    ),
    "most": (
        "Choose the records with a value of {least} or less.",
        "Records whose value is at most {least} are chosen.",
    ),
    "last": (
        "Of chosen records with one id only the last in the file is kept.",
        "Where chosen records share an id, drop all but the one that comes last in the file.",
    ),
    "sort": (
        "Put them in ascending order of their ids; those with the same id stay in the order of the file.",
        "They are ordered by id, the smallest first, and by their place in the file among equals.",
    ),
    "torn": (
        "If the file ends within a record, that record is ignored.",
        "A last record that is cut short is passed over.",
    ),
    "reject": (
        "If the file does not begin so, or ends too early, or goes on after its records, raise ValueError and leave "
        "everything as it was.",
        "Raise ValueError, and write nothing, for a file with another beginning, one that is cut short anywhere, and "
        "one that goes on after its records.",
    ),
    "cut": (
        "If the file does not begin so, or ends within a record, raise ValueError and leave everything as it was.",
        "Raise ValueError, and write nothing, for a file with another beginning and for one that ends within a record.",
    ),
    "end": (
        "Write at `target` (replaced if it is there) a file of the same form with the records that are left, in the "
        "order of the file unless another is asked for, and return the sum of their values.",
        "`target` is written anew, in the same form, with what is chosen, in the file's order where nothing else is "
        "said. Return the sum of the values written.",
    ),
    "absent": (
        "If there is no file `source`, raise FileNotFoundError and write nothing.",
        "Where `source` does not exist, raise FileNotFoundError; `target` is not touched then.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    magic, order = rng.choice(_MAGIC), rng.choice(("little", "big"))
    told = rng.choice(list(_SUMS))
    kind, value = rng.choice("BHI"), rng.choice("hiq")
    least = rng.randint(-40, 90)
    drawn: dict[str, Any] = {
        "magic": repr(magic.encode()),
        "length": len(magic),
        "order": order,
        "id_bits": 8 * _SIZES[kind],
        "value_bits": 8 * _SIZES[value],
        "least": least,
        "sum": told,
        "form": (">" if order == "big" else "<", kind, value, *_SUMS[told]),
        "head": magic.encode(),
    }
    name = rng.choice(("select", "filter_records", "rewrite", "extract"))
    signature = f"{name}(source: str, target: str) -> int"

    def model(files: Files, source: str, target: str) -> tuple[int, Mapping[str, Any]]:
        if source not in files:
            raise Raised("FileNotFoundError")
        content = files[source]
        data = content.encode() if isinstance(content, str) else bytes(content)  # ty: ignore[invalid-argument-type]
        strict = "reject" in rules or "cut" in rules
        head = magic.encode()
        if strict and not data.startswith(head):
            raise Raised("ValueError")
        data = data[len(head) :]
        wanted = None
        if "count" in rules:
            if len(data) < 2:
                raise Raised("ValueError")
            wanted, data = int.from_bytes(data[:2], order), data[2:]
        chosen: list[tuple[int, int, bytes]] = []
        while data if wanted is None else wanted:
            end = _SIZES[kind] + _SIZES[value]
            number = int.from_bytes(data[: _SIZES[kind]], order)
            amount = int.from_bytes(data[_SIZES[kind] : end], order, signed=True)
            if "names" in rules:
                end += 1 + (data[end] if end < len(data) else 0)
            body, size = data[:end], _SIZES[drawn["form"][3]] if "sum" in rules else 0
            whole, data = data[: end + size], data[end + size :]
            if len(whole) < end + size:
                if strict:
                    raise Raised("ValueError")
                break
            wanted = None if wanted is None else wanted - 1
            right = "sum" not in rules or whole[end:] == _checksum(body, drawn["form"][4]).to_bytes(size, order)
            if right and (amount >= least if "least" in rules else amount <= least):
                chosen.append((number, amount, whole))
        if "count" in rules and data:
            raise Raised("ValueError")
        if "last" in rules:
            chosen = [one for at, one in enumerate(chosen) if one[0] not in [later[0] for later in chosen[at + 1 :]]]
        if "sort" in rules:
            chosen.sort(key=lambda one: one[0])
        count = len(chosen).to_bytes(2, order) if "count" in rules else b""
        return sum(one[1] for one in chosen), files | {target: head + count + b"".join(one[2] for one in chosen)}

    layout = [rule for rule in ("names", "sum") if rule in rules]
    before = ("base", "count" if "count" in rules else "open")
    record = "".join(rng.choice(_ASKED[part]).format(**drawn) for part in ("record", *layout, "order"))
    rest = [*(["skip"] if "sum" in rules else []), *(rule for rule in rules if rule not in ("names", "sum", "count"))]
    closing = ("end", *(("absent",) if {"reject", "cut", "torn"} & set(rules) else ()))
    asked = " ".join([worded(rng, _ASKED, before, **drawn), record, worded(rng, _ASKED, (*rest, *closing), **drawn)])
    return file_draft(
        parameters=(magic, order, kind, value, least, *((told,) if "sum" in rules else ())),
        signature=signature,
        asked=asked,
        reference=program(signature, _body(rng, rules, drawn)),
        model=model,
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _checksum(data: bytes, how: str) -> int:
    if how == "xor":
        return functools.reduce(operator.xor, data, 0)
    if how.startswith("zlib"):
        return zlib.crc32(data) if "crc32" in how else zlib.adler32(data)
    return sum(data) % int(how.rpartition(" ")[2])


def _body(rng: random.Random, rules: Rules, drawn: Mapping[str, Any]) -> list[str]:
    sign, kind, value, form, how = drawn["form"]
    head = f'b"{drawn["head"].decode()}"'
    strict = "reject" in rules or "cut" in rules
    lines = rng.choice(
        (
            ['with open(source, "rb") as file:', "    data = file.read()"],
            ["data = Path(source).read_bytes()"],
        )
    )
    if strict:
        tests = rng.choice((f"not data.startswith({head})", f"data[:{drawn['length']}] != {head}"))
        if "count" in rules:
            tests += f" or len(data) < {drawn['length'] + 2}"
        lines += [f"if {tests}:", '    raise ValueError("not such a file")']
    lines += [f"at = {drawn['length']}", "chosen = []"]
    if "count" in rules:
        lines += [f'(count,) = struct.unpack_from("{sign}H", data, at)', "at += 2", "for _ in range(count):"]
    else:
        lines += ["while at < len(data):"]
    size = _SIZES[kind] + _SIZES[value]
    each = [f"end = at + {size}"]
    if "names" in rules:
        each += ["end += 1 + (data[end] if end < len(data) else 0)"]
    after = _SIZES[form] if "sum" in rules else 0
    whole = f"end + {after}" if after else "end"
    if strict or "torn" in rules:
        each += [f"if {whole} > len(data):", '    raise ValueError("a record is cut short")' if strict else "    break"]
    each += [f'number, value = struct.unpack_from("{sign}{kind}{value}", data, at)']
    if after:
        each += ["body = data[at:end]"]
        if how == "xor":
            each += ["check = 0", "for byte in body:", "    check ^= byte"]
        else:
            each += [f"check = {how.format('body')}"]
        each += [f'right = data[end : {whole}] == struct.pack("{sign}{form}", check)']
    each += [f"record = data[at : {whole}]", f"at = {whole}"]
    if after:
        each += ["if not right:", "    continue"]
    each += [f"if value {'>=' if 'least' in rules else '<='} {drawn['least']}:"]
    each += ["    chosen.append((number, value, record))"]
    lines += [f"    {line}" for line in each]
    if "count" in rules:
        lines += ["if at != len(data):", '    raise ValueError("the file goes on")']
    if "last" in rules:
        lines += rng.choice(
            (
                [
                    "last = {one[0]: at for at, one in enumerate(chosen)}",
                    "chosen = [one for at, one in enumerate(chosen) if last[one[0]] == at]",
                ],
                [
                    "by_id = {}",
                    "for one in chosen:",
                    "    by_id.pop(one[0], None)",
                    "    by_id[one[0]] = one",
                    "chosen = list(by_id.values())",
                ],
            )
        )
    if "sort" in rules:
        lines += ["chosen.sort(key=lambda one: one[0])"]
    lines += ['with open(target, "wb") as file:', f"    file.write({head})"]
    if "count" in rules:
        lines += [f'    file.write(struct.pack("{sign}H", len(chosen)))']
    lines += ["    for _, _, record in chosen:", "        file.write(record)"]
    return [*lines, "return sum(value for _, value, _ in chosen)"]


def _inputs(rng: random.Random, rules: Rules, drawn: Mapping[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    _, kind, value, form, how = drawn["form"]
    order, least, head = drawn["order"], drawn["least"], drawn["head"]
    most = 2 ** (8 * _SIZES[value] - 1)

    def record(number: int, amount: int, name: str = "", wrong: bool = False) -> bytes:
        data = number.to_bytes(_SIZES[kind], order) + amount.to_bytes(_SIZES[value], order, signed=True)
        if "names" in rules:
            data += bytes([len(name.encode())]) + name.encode()
        if "sum" in rules:
            check = _checksum(data, how) ^ wrong
            data += check.to_bytes(_SIZES[form], order)
        return data

    def given(records: list[bytes], cut: int = 0, more: bytes = b"", start: bytes = head, count: int = 0) -> Arguments:
        counted = (len(records) + count).to_bytes(2, order) if "count" in rules else b""
        data = start + counted + b"".join(records) + more
        there = {"out.bin": "old"} if rng.random() < 0.4 else {}
        return {"in.bin": data[: len(data) - cut], "notes.txt": "keep me\n", **there}, "in.bin", "out.bin"

    def drawn_records(count: int) -> list[bytes]:
        ids = [rng.randrange(256) for _ in range(3)]
        names = ("", "a", "größe", "two words", "\n")
        return [
            record(rng.choice(ids), least + rng.randint(-9, 9), rng.choice(names), rng.random() < 0.2)
            for _ in range(count)
        ]

    def some(count: int) -> Arguments:
        return given(drawn_records(count), rng.choice((0, 0, 1)) if {"torn", "cut", "reject"} & set(rules) else 0)

    near = [record(number, least + step, "n") for number, step in ((9, -1), (8, 0), (7, 1))]
    twice = [record(5, least, "a"), record(3, least, "b"), record(5, least, "c"), record(4, least, "d")]
    hidden = [
        given([]),
        given(near),
        given(twice),
        given([record(5, least), record(5, -most), record(5, most - 1), record(6, least)]),
        given([record(255, most - 1, "x" * 255), record(0, -most, "é" * 100), record(1, least, "\x00")]),
        given([record(2 ** (8 * _SIZES[kind]) - 1, least, "b"), record(1, least + 1, "a"), record(256 % 2**8, least)]),
        given([record(10, least, "\n"), record(13, least, "\r\n"), record(26, least + 1, "\x1a")]),
        given([record(number % 256, least + number % 7 - 3, "x" * (number % 3)) for number in range(0, 700, 5)]),
    ]
    if "sum" in rules:
        hidden += [given([record(1, least, "a", wrong=True), record(2, least, "b"), record(3, least, wrong=True)])]
        hidden += [given([record(1, least, "a"), record(1, least, "b", wrong=True)])]
    if {"torn", "reject", "cut"} & set(rules):
        hidden += [given(near, cut) for cut in range(1, len(near[-1]) + 1)]
        hidden += [given(near, more=b"\x00"), ({"out.bin": "old"}, "in.bin", "out.bin")]
    if "reject" in rules or "cut" in rules:
        other = head[:-1] + bytes([head[-1] ^ 1])
        hidden += [
            given(near, start=other),
            given([], start=b"", cut=2 * ("count" in rules)),
            given(near, start=b" " + head),
        ]
    if "count" in rules:
        hidden += [given(near, count=1), given(near, count=-1), given([], cut=1), given([], cut=2), given([], count=7)]
    return [some(rng.randint(1, 3)) for _ in range(6)], [*hidden, *(some(rng.randint(3, 8)) for _ in range(5))]


FAMILY = DraftedFamily(
    name="files.binary_records",
    about="packed records with checksums read, chosen and written",
    skills=("file IO", "binary formats", "parsing"),
    compositions={
        1: (("least",), ("most",)),
        2: (("sum", "least"), ("names", "most"), ("least", "sort"), ("most", "torn"), ("sum", "most")),
        3: (
            ("names", "sum", "least"),
            ("sum", "most", "last"),
            ("names", "least", "last", "sort"),
            ("names", "most", "torn"),
        ),
        4: (
            ("count", "names", "least", "reject"),
            ("sum", "most", "sort", "cut"),
            ("count", "sum", "least", "last", "reject"),
            ("names", "most", "last", "cut"),
        ),
        5: (
            ("count", "names", "sum", "least", "last", "sort", "reject"),
            ("count", "names", "sum", "most", "last", "sort", "reject"),
            ("names", "sum", "least", "last", "sort", "cut"),
        ),
    },
    draw=_draw,
)
