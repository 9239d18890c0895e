"""`hone suite add`: files come whole, checked and from where the user said, or not at all."""

import gzip
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hone.cli import main
from hone.errors import HoneError
from hone.tasks.suites import load_suite
from hone.tasks.suites.add import add_suite
from hone.tasks.suites.checksums import RECORD
from hone.tasks.suites.readers import READERS
from tests.tasks.test_suites_broken import CRUXEVAL, EXERCISM, GRADING, HUMANEVAL


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


PLAIN = lines(HUMANEVAL)
PACKED = gzip.compress(PLAIN)
EXERCISM_FILES = {"exercises.jsonl.gz": gzip.compress(lines(EXERCISM)), "grading.jsonl": lines(GRADING)}


def tar(files: dict[str, bytes], *more: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # ty: ignore[no-matching-overload]  # a mode is any text here
        for member in more:
            archive.addfile(member)
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(files: dict[str, bytes], *more: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for member, data in more:
            archive.writestr(member, data)
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, target
    return found


Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Answer]], str]]:
    """A server on the loopback device that gives these answers; it returns the address of its root."""
    servers: list[ThreadingHTTPServer] = []

    def start(answers: dict[str, Answer]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Tests are silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def refused(origin: str | Path, folder: Path, name: str = "humaneval", sha256: str = "") -> str:
    """What is said, once it is clear that nothing was put there."""
    with pytest.raises(HoneError) as caught:
        add_suite(name, str(origin), folder, sha256)
    assert sorted(path.name for path in folder.iterdir()) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "data", [PLAIN, PACKED, tar({"a/HumanEval.jsonl": PLAIN}), zipped({"HumanEval.jsonl.gz": PACKED})]
)
def test_a_file_comes_in_the_suites_own_form_however_it_is_packed(tmp_path: Path, data: bytes):
    (tmp_path / "given").write_bytes(data)
    suite, folder = add_suite("humaneval", str(tmp_path / "given"), tmp_path / "suites")
    assert load_suite("humaneval", tmp_path / "suites").tasks == suite.tasks
    assert sorted(path.name for path in folder.iterdir()) == ["HumanEval.jsonl.gz", RECORD]
    assert gzip.decompress((folder / "HumanEval.jsonl.gz").read_bytes()) == PLAIN


@pytest.mark.parametrize("kind", ["folder", "tar", "tar.gz", "zip"])
def test_a_suite_of_several_files_comes_from_a_folder_or_an_archive(tmp_path: Path, kind: str):
    origin = tmp_path / "given"
    if kind == "folder":
        origin.mkdir()
        for name, data in EXERCISM_FILES.items():
            (origin / name).write_bytes(data)
    else:
        inside = {f"exercism-1/data/{name}": data for name, data in EXERCISM_FILES.items()} | {"README": b"hello"}
        made = {"tar": tar(inside, mode="w"), "tar.gz": tar(inside), "zip": zipped(inside)}
        origin.write_bytes(made[kind])
    suite, folder = add_suite("exercism", str(origin), tmp_path / "suites")
    assert [task.id for task in load_suite("exercism", tmp_path / "suites")] == [task.id for task in suite]
    assert {path.name for path in folder.iterdir()} == {*EXERCISM_FILES, RECORD}


def test_an_address_is_fetched_through_redirects_and_the_command_says_what_came(tmp_path: Path, serve, capsys):
    root = serve({"/old": (302, {"Location": "/new"}, b""), "/new": (200, {}, PACKED)})
    digest = hashlib.sha256(PACKED).hexdigest()
    arguments = ["suite", "add", "humaneval", "--from", f"{root}/old", "--sha256", digest, "--suites", str(tmp_path)]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("humaneval: 1 tasks, MIT, in ")
    record = json.loads((tmp_path / "humaneval" / RECORD).read_text())["files"]["HumanEval.jsonl.gz"]
    assert record == {"sha256": digest, "bytes": len(PACKED), "origin": f"{root}/old"}


def test_a_server_that_misbehaves_is_one_line_and_nothing_is_added(tmp_path: Path, serve, monkeypatch):
    secret = tmp_path / "secret"
    secret.write_bytes(PACKED)
    folder = tmp_path / "suites"
    root = serve(
        {
            "/short": (200, {"Content-Length": str(len(PACKED) + 9)}, PACKED),
            "/file": (302, {"Location": f"file://{secret}"}, b""),
            "/ftp": (302, {"Location": "ftp://127.0.0.1/x"}, b""),
            "/loop": (302, {"Location": "/loop"}, b""),
            "/page": (200, {}, b"<html>sign in</html>"),
            "/promises": (200, {"Content-Length": str(2**40)}, b""),
        }
    )
    for path, said in {
        "/none": "status 404",
        "/short": "broke off after",
        "/file": "",
        "/ftp": "",
        "/loop": "",
        "/page": "row 1",
        "/promises": "more than 128 MiB",
    }.items():
        assert said in refused(root + path, folder)
        assert root + path in refused(root + path, folder)
    assert "only http and https" in refused(f"file://{secret}", folder)
    assert "cannot fetch" in refused("http://127.0.0.1:1/x", folder)
    monkeypatch.setattr("hone.tasks.suites.fetch._CHUNK", 16)
    endless = serve({"/": (200, {"Content-Length": ""}, PACKED)})
    monkeypatch.setitem(READERS, "humaneval", _with_limit("humaneval", 40))
    assert "more than" in refused(f"{endless}/", folder)


def _with_limit(name: str, most: int) -> Any:
    import dataclasses

    return dataclasses.replace(READERS[name], largest_bytes=most)


def test_encryption_is_not_given_up_by_a_redirect():
    from urllib.error import URLError
    from urllib.request import Request

    from hone.tasks.suites.fetch import _SameSafety

    with pytest.raises(URLError, match="https"):
        _SameSafety().redirect_request(Request("https://a.example/x"), None, 302, "", {}, "http://a.example/x")


LINK, HARD, DEVICE = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE
ZIP_LINK = zipfile.ZipInfo("link")
ZIP_LINK.external_attr = 0o120777 << 16
GOOD = {"HumanEval.jsonl.gz": PACKED}
HOSTILE = {
    "traversal": (tar({"../HumanEval.jsonl.gz": PACKED}), "leads out"),
    "traversal of another member": (tar(GOOD, member("a/../../b")), "leads out"),
    "absolute": (tar({"/HumanEval.jsonl.gz": PACKED}), "leads out"),
    "symbolic link": (tar({}, member("HumanEval.jsonl.gz", LINK, "/etc/passwd")), "a link"),
    "hard link beside": (tar(GOOD, member("x", HARD, "/etc/passwd")), "a link"),
    "device": (tar(GOOD, member("x", DEVICE)), "a link or a device"),
    "twice": (tar({"a/HumanEval.jsonl.gz": PACKED, "b/HumanEval.jsonl.gz": PACKED}), "two files"),
    "cut short": (tar(GOOD)[:-30], "no whole"),
    "none of it": (tar({"README": b"hello"}), "holds no HumanEval.jsonl.gz"),
    "zip traversal": (zipped({"..\\HumanEval.jsonl.gz": PACKED}), "leads out"),
    "zip link": (zipped(GOOD, (ZIP_LINK, b"/etc/passwd")), "a link"),
    "zip cut short": (zipped(GOOD)[:-30], "no whole archive"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_or_damaged_archive_adds_nothing(tmp_path: Path, case: str):
    data, said = HOSTILE[case]
    (tmp_path / "given").write_bytes(data)
    folder = tmp_path / "suites"
    assert said in refused(tmp_path / "given", folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "suites"]


@pytest.mark.parametrize("kind", ["gz", "member of a tar", "another member of a tar", "zip"])
def test_what_unpacks_to_too_much_is_cut_off(tmp_path: Path, monkeypatch, kind: str):
    monkeypatch.setitem(READERS, "cruxeval", _with_limit("cruxeval", 2**20))
    bomb = bytes(2**23)
    made = {
        "gz": gzip.compress(bomb),
        "member of a tar": tar({"cruxeval.jsonl": bomb}),
        "another member of a tar": tar({"other": bomb, "cruxeval.jsonl": lines(CRUXEVAL)}),
        "zip": zipped({"cruxeval.jsonl": bomb}),
    }
    (tmp_path / "given").write_bytes(made[kind])
    assert "more than 1 MiB" in refused(tmp_path / "given", tmp_path / "suites", "cruxeval")


def test_a_wrong_checksum_a_wrong_suite_and_a_missing_file_are_one_line_each(tmp_path: Path, capsys):
    (tmp_path / "given").write_bytes(PACKED)
    folder = tmp_path / "suites"
    assert hashlib.sha256(PACKED).hexdigest() in refused(tmp_path / "given", folder, sha256="0" * 64)
    assert f"{tmp_path / 'given'}, row 1" in refused(tmp_path / "given", folder, "cruxeval")
    assert "exercises.jsonl.gz" in refused(tmp_path / "given", folder, "exercism")
    assert "there is no" in refused(tmp_path / "none", folder)
    assert main(["suite", "add", "humanevil", "--from", str(tmp_path / "given"), "--suites", str(folder)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "did you mean humaneval?" in said


def test_a_file_that_changed_since_is_refused_in_one_line_until_it_is_added_again(tmp_path: Path, capsys):
    (tmp_path / "given").write_bytes(PACKED)
    add_suite("humaneval", str(tmp_path / "given"), tmp_path / "suites")
    kept = tmp_path / "suites/humaneval/HumanEval.jsonl.gz"
    kept.write_bytes(gzip.compress(lines(HUMANEVAL | {"canonical_solution": "    return b + a\n"})))
    assert main(["suite", "check", "humaneval", "--suites", str(tmp_path / "suites")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{kept} has changed since it was added" in said
    add_suite("humaneval", str(tmp_path / "given"), tmp_path / "suites")
    assert len(load_suite("humaneval", tmp_path / "suites")) == 1


@pytest.mark.parametrize("record", [b"", b"[]", b'{"files": {"HumanEval.jsonl.gz": 7}}', b"[" * 90_000, bytes(2**21)])
def test_a_damaged_record_is_one_line(tmp_path: Path, record: bytes):
    (tmp_path / "given").write_bytes(PACKED)
    _, folder = add_suite("humaneval", str(tmp_path / "given"), tmp_path / "suites")
    (folder / RECORD).write_bytes(record)
    with pytest.raises(HoneError, match="is no record of checksums"):
        load_suite("humaneval", tmp_path / "suites")


def test_suites_that_share_a_folder_keep_each_other_s_record(tmp_path: Path):
    from tests.tasks.test_suites_broken import MBPP, SANITIZED

    (tmp_path / "a").write_bytes(lines(MBPP))
    (tmp_path / "b").write_text(json.dumps([SANITIZED]))
    add_suite("mbpp", str(tmp_path / "a"), tmp_path / "suites")
    add_suite("mbpp_sanitized", str(tmp_path / "b"), tmp_path / "suites")
    record = json.loads((tmp_path / "suites/mbpp" / RECORD).read_text())["files"]
    assert set(record) == {"mbpp.jsonl.gz", "sanitized-mbpp.json.gz"}
    assert len(load_suite("mbpp", tmp_path / "suites")) == len(load_suite("mbpp_sanitized", tmp_path / "suites")) == 1


def test_an_addition_killed_at_any_instant_leaves_a_whole_suite_or_none(tmp_path: Path):
    rows = [EXERCISM | {"slug": f"add{n}"} for n in range(60)], [GRADING | {"slug": f"add{n}"} for n in range(60)]
    origin, suites = tmp_path / "given", tmp_path / "suites"
    origin.write_bytes(zipped({"exercises.jsonl": lines(*rows[0]), "grading.jsonl": lines(*rows[1])}))
    program = (
        "import pathlib, sys\n"
        "from hone.tasks.suites.add import add_suite\n"
        "print('go', flush=True)\n"
        "add_suite('exercism', sys.argv[1], pathlib.Path(sys.argv[2]))\n"
    )
    seen = set()
    for wait in (0.01, 0.04, 0.1, 3.0):
        child = subprocess.Popen([sys.executable, "-c", program, str(origin), str(suites)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(wait)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        there = (suites / "exercism").is_dir()
        seen.add(len(load_suite("exercism", suites)) if there else 0)
    assert seen <= {0, 60}
    assert 60 in seen
