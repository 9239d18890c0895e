"""Time zones on the wire: a fixed offset in microseconds, or a name of the IANA database."""

import contextlib
import datetime as dt
import re
import sys
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_LONGEST_NAME = 64


def lowered(zone: Any) -> int | str | None:
    """What crosses for a zone; None for one of any other kind. `zoneinfo` is not imported for a candidate's sake."""
    if type(zone) is dt.timezone:
        return zone.utcoffset(None) // dt.timedelta(microseconds=1)
    zoneinfo = sys.modules.get("zoneinfo")
    if zoneinfo is None or type(zone) is not zoneinfo.ZoneInfo or type(zone.key) is not str:
        return None
    return zone.key


def prepare() -> None:
    """Import what `lifted` may need of a zone that is known, or is not: where nothing may be imported later."""
    import zoneinfo

    for name in ("UTC", "No/Such"):
        with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError):
            zoneinfo.ZoneInfo(name)


def lifted(crossed: object) -> dt.tzinfo:
    """The zone that crossed so. Raises an exception of some kind for what is none, or is not known on this machine."""
    if type(crossed) is int:
        return dt.timezone(dt.timedelta(microseconds=crossed))
    # zoneinfo makes a path of the name, so nothing but names get that far.
    if type(crossed) is not str or len(crossed) > _LONGEST_NAME or not _NAME.fullmatch(crossed):
        raise ValueError("no name of a time zone")
    from zoneinfo import ZoneInfo

    return ZoneInfo(crossed)
