"""Times and zones cross as themselves; no zone's name on the wire becomes a path, an import or a crash."""

import datetime as dt
import subprocess
import sys
import time
from typing import Any
from zoneinfo import ZoneInfo

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.sandbox.inside.codec import UnplainError, WireError, decode, encode

ZONES = st.one_of(
    st.none(),
    st.timezones(no_cache=False),
    st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)).map(dt.timezone),
)


@given(st.datetimes(timezones=ZONES) | st.times(timezones=ZONES), st.integers(0, 1))
def test_every_time_and_zone_comes_back_as_itself(moment: Any, fold: int):
    moment = moment.replace(fold=fold)
    (back,) = decode(encode((moment,)))
    assert type(back) is type(moment)
    assert (back.replace(tzinfo=None), back.fold) == (moment.replace(tzinfo=None), fold)
    assert back.tzinfo == moment.tzinfo
    assert repr(back) == repr(moment)


class Somewhere(dt.tzinfo):
    key = "UTC"

    def utcoffset(self, moment: dt.datetime | None, /) -> dt.timedelta:
        del moment
        return dt.timedelta(0)

    dst = utcoffset

    def tzname(self, moment: dt.datetime | None, /) -> str:
        del moment
        return self.key


class Sub(dt.time):
    pass


@pytest.mark.parametrize(
    "value",
    [
        Sub(12),
        dt.time(12, tzinfo=Somewhere()),
        dt.datetime(2020, 1, 1, tzinfo=Somewhere()),
        dt.datetime(2020, 1, 1, tzinfo=type("Zone", (ZoneInfo,), {})("UTC")),
        dt.UTC,
        ZoneInfo("UTC"),
    ],
)
def test_zones_of_the_candidates_own_are_not_plain(value: Any):
    with pytest.raises(UnplainError):
        encode([value])


@pytest.mark.parametrize(
    "zone",
    [
        *("", "Nowhere/Else", "../../../etc/passwd", "/etc/passwd", "Europe", "Europe/", "zone.tab", "UTC\0", "tzdata"),
        *(".", "a" * 65, "a" * 10**6, "Europe/Paris/../Paris", "Ünïcode"),
        *(b"UTC", 10**20, 86_400_000_000, True, 1.5, [1]),
    ],
    ids=lambda zone: repr(zone)[:30],
)
def test_a_zone_that_is_none_is_a_wire_error(zone: Any):
    started = time.perf_counter()
    for tag, moment in ((11, [2024, 1, 1, 0, 0, 0, 0, 0]), (20, [0, 0, 0, 0, 0])):
        assert decode(b"\x01" + msgpack.packb([tag, *moment, "UTC"])).tzinfo == ZoneInfo("UTC")
        packed = zone if type(zone) is not int or zone < 2**63 else [6, hex(zone)]
        with pytest.raises(WireError):
            decode(b"\x01" + msgpack.packb([tag, *moment, packed]))
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "parts", [[24, 0, 0, 0, 0, None], [0, 0, 0, 0, 2, None], [0, 0, 0, 0, None], [0.0, 0, 0, 0, 0, None]]
)
def test_an_impossible_time_is_a_wire_error(parts: list[Any]):
    with pytest.raises(WireError):
        decode(b"\x01" + msgpack.packb([20, *parts]))


def test_the_codec_loads_neither_zoneinfo_nor_numpy_by_itself():
    code = (
        "import sys, datetime as dt\nfrom hone.sandbox.inside.codec import decode, encode, UnplainError\n"
        "decode(encode((dt.datetime.now(dt.timezone.utc), dt.time(1), {1: (2.5,)})))\n"
        "try: encode([object()])\nexcept UnplainError: pass\n"
        "print([name for name in ('zoneinfo', 'numpy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
