"""Forge the answers' way home: messages, partial and huge frames, replays, descriptors, the other case's answer."""

_NONCE = (
    "import sys, os, struct\n"
    "def nonce():\n    frame = sys._getframe()\n    while frame:\n        c = frame.f_locals.get('channel') or frame.f_locals.get('wire')\n"
    "        if c is not None: return c._nonce\n        frame = frame.f_back\n    return bytes(16)\n"
)
_FRAME = (
    "def frame(value):\n    from msgpack import packb\n    data = b'\\x00' + packb(value)\n"
    "    return struct.pack('>I', 16 + len(data)) + nonce() + data\n"
)


def _write(expression: str) -> str:
    return f"import os\ndef f(x):\n    for fd in range(3, 10):\n        try: os.write(fd, {expression})\n        except OSError: pass\n    return 0"


def _forge(expression: str) -> str:
    return (
        _NONCE + _FRAME + "def f(x):\n    try: data = " + expression + "\n    except ImportError: data = b''\n"
        "    for fd in (3, 4):\n        try: os.write(fd, data)\n        except OSError: pass\n    return 0"
    )


ATTACKS = {
    "garbage on every descriptor": _write("b'garbage' * 99"),
    "zeros on every descriptor": _write("bytes(4096)"),
    "a frame of four gigabytes announced": _write("b'\\xff\\xff\\xff\\xff' + bytes(64)"),
    "half a frame": _write("b'\\x00\\x00\\x10\\x00' + bytes(20)"),
    "a flood on every descriptor": "import os\ndef f(x):\n    while True:\n        for fd in (3, 4):\n"
    "            try: os.write(fd, b'x' * 65536)\n            except OSError: pass",
    "all cases reported as done": _forge(
        "b''.join(frame({'i': i, 's': 'done', 'v': b'\\x00\\x00'}) for i in range(9))"
    ),
    "negative and repeated cases": _forge(
        "b''.join(frame({'i': i, 's': 'done', 'v': b'\\x00\\x00'}) for i in (-1, 0, 0, 99))"
    ),
    "a verdict in place of an answer": _forge("frame({'i': 0, 's': 'passed', 'passed': True, 'verdict': 'passed'})"),
    "a stop that says passed": _forge("frame({'stop': 'passed'})"),
    "ready twice and a done": _forge("frame({'ready': True}) * 3 + frame({'i': 1, 's': 'done'})"),
    "the referee's words": _forge("frame({'i': 0, 's': 'done'}) + frame({'i': 1, 's': 'done'})"),
    "a message that is a list": _forge("frame(['i', 0])"),
    "a message nested deep": _forge("frame({'i': 0, 's': 'done', 'v': b'\\x01' + b'\\x91' * 5000})"),
    "a message of colliding keys": _forge("frame({i * (2**61 - 1): 0 for i in range(2000)})"),
    "the sealed byte again": _write("b'SSSS'"),
    "an answer and then an exit": _forge("frame({'i': 0, 's': 'done', 'v': b'\\x00\\x00'})").replace(
        "return 0", "os._exit(0)"
    ),
    "the link closed": "import os\ndef f(x):\n    os.closerange(3, 64)\n    return 0",
    "the link shut down": "import socket\ndef f(x):\n    for fd in (3, 4):\n        try: socket.socket(fileno=fd).shutdown(2)\n"
    "        except OSError: pass\n    return 0",
    "the link replaced by a pipe": "import os\ndef f(x):\n    r, w = os.pipe()\n    os.dup2(w, 3)\n    return 0",
    "descriptors sent over the link": "import socket, os\ndef f(x):\n    try: socket.send_fds(socket.socket(fileno=3), [b'x'], [0, 1, 2])\n"
    "    except OSError: pass\n    return 0",
    "a child that keeps the link open": "import os, time\ndef f(x):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(60)\n    return 0",
    "a child that answers in its parent's name": "import os\ndef f(x):\n    if os.fork() == 0: return 0\n    os.wait()\n    return 1",
    "a thread that answers first": _NONCE
    + _FRAME
    + "import threading\ndef go(n):\n    while True:\n        try: os.write(3, n)\n"
    "        except OSError: return\ndef f(x):\n    n = nonce()\n    threading.Thread(target=go, args=(n * 9,), daemon=True).start()\n    return 0",
}
