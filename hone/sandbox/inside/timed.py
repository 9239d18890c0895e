"""The candidate's side of a speed run: the module is loaded first, and the inputs come only then.

So nothing can be prepared for them while the clock does not count. No time is taken here: the host reads the kernel's.
"""

import random
import socket
from typing import Any

from . import runner
from .codec import UnplainError, decode, encode
from .framing import Channel, receive_job


def run_timed(link: socket.socket) -> None:
    """Load the module and say so; receive the calls; answer each in turn."""
    job = receive_job(link)
    channel = Channel(link, job["nonce"], job["reply_bytes"])
    runner.enter(job)
    runner.capture_output(job["output_bytes"])
    random.seed(job["random_seed"])
    module = runner.load(job["source"], "solution", channel)
    if module is None:
        return
    entry = module.__dict__.get(job["entry_point"])
    if not callable(entry):
        channel.send_value({"stop": "missing entry point", "e": f"no callable {job['entry_point']!r}"})
        return
    channel.send_value({"ready": True})
    budget = job["reply_bytes"]
    for index, arguments in receive_job(link)["calls"]:
        answer: dict[str, Any] = {"i": index, "s": "done"}
        try:
            answer["v"] = encode(entry(*decode(arguments)), limit=max(budget, 0))
        except UnplainError as error:
            answer["u"] = error.type_name[:200]
        except BaseException as error:
            text, names = runner.describe(error)
            answer |= {"s": "raised", "e": text, "t": names}
        budget -= len(answer.get("v", b""))
        channel.send_value(answer)
