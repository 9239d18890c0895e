"""Frames on a socket: four bytes of length, sixteen of nonce, then one encoded value."""

import socket
import struct
from typing import Any

import msgpack

from .codec import BUFFER, WireError, encode

NONCE_BYTES = 16
DRIVER_FAILED = "the driver failed"
"""What a process says of a driver that does not load."""
SEALED = b"S"
"""First byte on a fork's link: it is shut in and about to read its job."""
REPORT = struct.Struct(">iddQQ")
"""What the warm interpreter says of a fork's end: wait status, user and system CPU seconds, peak resident KiB, and its
own peak."""
SCRATCH = struct.Struct(">Q")
"""What the host asks of the warm interpreter: the largest file in the forks' scratch, in bytes."""
_HEAD = struct.Struct(">I")
_MOST_AT_ONCE = 2**16


def frame(nonce: bytes, payload: bytes) -> bytes:
    """One frame around an encoded value."""
    return _HEAD.pack(NONCE_BYTES + len(payload)) + nonce + payload


class FrameReader:
    """Cuts a hostile stream into payloads, and stops at the first byte that is out of order or over the cap."""

    def __init__(self, nonce: bytes, cap: int) -> None:
        self._nonce = nonce
        self._cap = cap
        self._buffer = bytearray()
        self.received = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads completed by `data`.

        Raises:
            WireError: a wrong nonce, or more than `cap` bytes in all.
        """
        self.received += len(data)
        if self.received > self._cap:
            raise WireError(f"more than {self._cap} bytes of reply")
        buffer = self._buffer
        buffer += data
        payloads = []
        while len(buffer) >= _HEAD.size:
            (length,) = _HEAD.unpack_from(buffer)
            if length < NONCE_BYTES or length > self._cap:
                raise WireError(f"a frame of {length} bytes")
            end = _HEAD.size + length
            if len(buffer) < end:
                break
            if buffer[_HEAD.size : _HEAD.size + NONCE_BYTES] != self._nonce:
                raise WireError("a frame without the nonce")
            payloads.append(bytes(buffer[_HEAD.size + NONCE_BYTES : end]))
            del buffer[:end]
        return payloads


class Channel:
    """A blocking, framed socket, for both ends inside the jail."""

    def __init__(self, link: socket.socket, nonce: bytes, cap: int) -> None:
        self._link = link
        self._nonce = nonce
        self._reader = FrameReader(nonce, cap)
        self._ready: list[bytes] = []

    def send(self, payload: bytes) -> None:
        """Send one encoded value."""
        self._link.sendall(frame(self._nonce, payload))

    def send_value(self, value: object) -> None:
        """Encode and send."""
        self.send(encode(value))

    def receive(self) -> bytes:
        """The next payload. Raises EOFError at the end of the stream, WireError for bytes out of order."""
        while not self._ready:
            data = self._link.recv(65536)
            if not data:
                raise EOFError
            self._reader.received = 0  # here the cap bounds one frame, not the whole conversation
            self._ready = self._reader.feed(data)
        return self._ready.pop(0)


def receive_job(link: socket.socket) -> dict[str, Any]:
    """The first message on a fresh link: a length, then one dict as msgpack has it (from the host, so trusted)."""
    data = bytearray(link.recv(_MOST_AT_ONCE))  # most jobs come whole
    while len(data) < _HEAD.size or len(data) < _HEAD.size + _HEAD.unpack_from(data)[0]:
        part = link.recv(_MOST_AT_ONCE)
        if not part:
            raise EOFError
        data += part
    return msgpack.unpackb(memoryview(data)[_HEAD.size :], unicode_errors="surrogatepass")


def job_bytes(job: dict[str, Any]) -> bytes:
    """What `receive_job` reads."""
    data = msgpack.packb(job, unicode_errors="surrogatepass", buf_size=BUFFER)
    return _HEAD.pack(len(data)) + data
