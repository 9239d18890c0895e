"""A small WSGI application: paths, methods, statuses, headers and bodies of a store of texts."""

import random
from typing import Any

from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.services.machine import ServiceDraft
from hone.tasks.families.splits import Rules

_WORDS = ("notes", "files", "texts", "pages", "docs", "items", "drafts", "memos", "posts", "songs", "tags", "logs")
_TYPES = ("text/plain", "text/plain; charset=utf-8", "application/octet-stream")

_ASKED = {
    "base": (
        "An instance is a WSGI application that keeps bodies of requests under keys. GET of /{word}/KEY answers "
        "200 OK, with what is kept under KEY as the body, or 404 Not Found if nothing is. PUT of /{word}/KEY keeps the "
        "body of the request under KEY and answers 201 Created if nothing was kept there, and 204 No Content if "
        "something was, which it replaces. KEY is any text of one or more characters without a slash. {paths}, "
        "whatever the method, is answered 404 Not Found. The body of an answer is empty where nothing else is said. "
        "Every answer has the header Content-Type with the value {kind}, and Content-Length with the number of bytes "
        "in its body; {others}.{methods}",
    ),
    "method": (
        "On /{word}/KEY{and_list} a method that is not described for that path is answered 405 Method Not Allowed, "
        "with the further header Allow: the methods described for that path, in alphabetical order, with a comma and a "
        "space between two.",
    ),
    "delete": (
        "DELETE of /{word}/KEY forgets what is kept under KEY and answers 204 No Content, or 404 Not Found if nothing "
        "is.",
    ),
    "list": (
        "GET of /{word} (with no slash at the end) answers 200 OK; the body has all keys in alphabetical order, each "
        "followed by a line feed.",
    ),
    "prefix": (
        "With a query string prefix=TEXT only those keys are listed that begin with TEXT, which may be empty. The "
        "query string is either of that form, without escapes, or empty.",
    ),
    "head": (
        "HEAD is answered as GET of the same path, with the same status and headers (Content-Length, too), but with an "
        "empty body.",
    ),
    "large": ("PUT of a body of more than {most} bytes is answered 413 Content Too Large and changes nothing.",),
    "match": (
        'A key has a tag: "1" with its quotes after a PUT under a key where nothing was kept, "2" after the next PUT '
        "that is not refused, and so on, one up each time. "
        "Answers 200, 201 and 204 to {tagged} of a key have the further header ETag with "
        "the tag that the key has after the request. If a PUT{deleted} has the header If-Match (HTTP_IF_MATCH in "
        "`environ`) and its value is not the tag of the key (a key without a body has none), it is answered 412 "
        "Precondition Failed and changes nothing. With other methods If-Match does not matter.",
    ),
}
_THROUGH = """
def request(service, method, target, body{parameter}):
    path, _, query = target.partition("?")
    environ = {{
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }}{given}
    started = []

    def start_response(status, headers, exc_info=None):
        started.append((status, dict(headers)))

    answer = b"".join(service(environ, start_response))
    ((status, headers),) = started  # called once
    return status, headers, answer
"""
_GIVEN = """
    if match is not None:
        environ["HTTP_IF_MATCH"] = match"""


def _draw(rng: random.Random, rules: Rules) -> ServiceDraft:
    word, kind, most = rng.choice(_WORDS), rng.choice(_TYPES), rng.randint(2, 9)
    name = rng.choice(("Application", "App", "Service"))
    targets = [f"/{word}/a"] * 5 + [f"/{word}/b"] * 4 + [f"/{word}/ab", "/", f"/{word}/", f"/{word}/a/b", "/other/a"]
    targets += [f"/{word}"] * (3 if "list" in rules else 1)
    targets += [f"/{word}?prefix={text}" for text in ("a", "ab", "", "b", "a")] if "prefix" in rules else []
    methods = ["GET", "GET", "PUT", "PUT", "PUT"]
    methods += ["DELETE", "DELETE"] if "delete" in rules else []
    methods += ["HEAD"] if "head" in rules else []
    methods += ["POST", "PATCH", *({"DELETE", "HEAD"} - set(methods))] if "method" in rules else []
    bodies = [b"x", b"yes", b"", "Größe".encode(), *([b"m" * most, b"n" * (most + 1)] if "large" in rules else [])]
    tags: list[list[Any]] = [[None, None, '"1"', '"1"', '"2"', '"3"', "1"]] if "match" in rules else []
    through = _THROUGH.format(parameter=", match" if "match" in rules else "", given=_GIVEN if "match" in rules else "")
    return ServiceDraft(
        parameters=(word, kind, *((most,) if "large" in rules else ())),
        name=name,
        interface=f"class {name}:\n    def __call__(self, environ: dict, start_response) -> list[bytes]: ...",
        asked=_said(rng, rules, word, kind, most),
        reference=_reference(rng, rules, name, word, kind, most),
        model=_model(rules, name, word, kind, most),
        operations={"request": (sorted(methods), targets, bodies, *tags)},
        through=f"import io\n\n{through}",
        examples=20,
    )


def _known(rules: Rules) -> tuple[list[str], list[str]]:
    """Methods of a key's path, and of the list's."""
    head = ["HEAD"] if "head" in rules else []
    return sorted(["GET", "PUT", *head, *(["DELETE"] if "delete" in rules else [])]), ["GET", *head]


def _said(rng: random.Random, rules: Rules, word: str, kind: str, most: int) -> str:
    of_key, _ = _known(rules)
    tagged = [method for method in of_key if method != "DELETE"]
    further = {"method": "Allow", "match": "ETag"}
    others = "it has no others" + "".join(f", but for {further[rule]} below" for rule in rules if rule in further)
    checks = ["404 because of the path", *(["405"] if "method" in rules else [])]
    checks += ["413"] if "large" in rules else []
    checks += ["412"] if "match" in rules else []
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules).format(
        word=word,
        kind=kind,
        most=most,
        paths=f"Any path but these and /{word}" if "list" in rules else "Any other path",
        others=others.replace("Allow below, but for ETag", "Allow and ETag"),
        methods=""
        if "method" in rules
        else f" No other methods than those named here are used{_on_list(rules, word)}.",
        and_list=f" and /{word}" if "list" in rules else "",
        tagged=f"{', '.join(tagged[:-1])} and {tagged[-1]}",
        deleted=" or a DELETE" if "delete" in rules else "",
    )
    if len(checks) > 1:
        said += f" Where several of these fit, the first counts: {', '.join(checks)}, 404 because nothing is kept."
    return said


def _on_list(rules: Rules, word: str) -> str:
    if "list" not in rules:
        return ""
    return f"; of /{word} methods other than {' and '.join(_known(rules)[1])} are answered 404 Not Found"


def _reference(rng: random.Random, rules: Rules, name: str, word: str, kind: str, most: int) -> str:
    of_key, of_list = _known(rules)
    head, match, listed = "head" in rules, "match" in rules, "list" in rules
    refused = '"405 Method Not Allowed", b"", [("Allow", "{}")]' if "method" in rules else '"404 Not Found", b"", []'
    lines = ["from typing import Any", "", "Answer = tuple[str, bytes, list[tuple[str, str]]]", ""]
    lines += ["", f"class {name}:", "    def __init__(self) -> None:", "        self.bodies: dict[str, bytes] = {}"]
    lines += ["        self.tags: dict[str, int] = {}"] if match else []
    lines += ["", "    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:"]
    lines += ["        status, body, more = self._answer(environ)"]
    fixed = [f'("Content-Type", "{kind}")', '("Content-Length", str(len(body)))']
    lines += [f"        start_response(status, [{', '.join(fixed)}, *more])"]
    lines += [
        '        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]' if head else "        return [body]"
    ]
    lines += [
        "",
        "    def _answer(self, environ: dict[str, Any]) -> Answer:",
        '        method = environ["REQUEST_METHOD"]',
    ]
    lines += ['        if method == "HEAD":', '            method = "GET"'] if head else []
    lines += ['        parts = environ["PATH_INFO"].split("/")']
    if listed:
        lines += [f'        if parts == ["", "{word}"]:']
        lines += ['            if method != "GET":', f"                return {refused.format(', '.join(of_list))}"]
        lines += ["            return self._list(environ)" if "prefix" in rules else "            return self._list()"]
    whole = rng.random() < 0.5
    lines += [
        f'        if len(parts) != 3 or parts[:2] != ["", "{word}"] or not parts[2]:'
        if whole
        else f'        if parts[:-1] != ["", "{word}"] or parts[-1] == "":'
    ]
    lines += ['            return "404 Not Found", b"", []', "        key = parts[-1]"]
    lines += ['        if method == "PUT":', "            return self._put(key, environ)"]
    if "delete" in rules:
        lines += ['        if method == "DELETE":']
        lines += [f"            return self._delete(key{', environ' if match else ''})"]
    if "method" in rules:
        lines += ['        if method != "GET":', f"            return {refused.format(', '.join(of_key))}"]
    lines += ["        if key not in self.bodies:", '            return "404 Not Found", b"", []']
    tag = "self._tag(key)" if match else "[]"
    lines += [f'        return "200 OK", self.bodies[key], {tag}']
    if match:
        lines += ["", "    def _tag(self, key: str) -> list[tuple[str, str]]:"]
        lines += ['        return [("ETag", f\'"{self.tags[key]}"\')]']
        lines += ["", "    def _differs(self, key: str, environ: dict[str, Any]) -> bool:"]
        lines += ['        if "HTTP_IF_MATCH" not in environ:', "            return False"]
        lines += ['        return key not in self.tags or environ["HTTP_IF_MATCH"] != f\'"{self.tags[key]}"\'']
    lines += _putting(rules, most)
    if "delete" in rules:
        lines += ["", f"    def _delete(self, key: str{', environ: dict[str, Any]' if match else ''}) -> Answer:"]
        lines += _unmatched() if match else []
        lines += ["        if key not in self.bodies:", '            return "404 Not Found", b"", []']
        lines += ["        del self.bodies[key]", *(["        del self.tags[key]"] if match else [])]
        lines += ['        return "204 No Content", b"", []']
    if listed:
        lines += ["", f"    def _list(self{', environ: dict[str, Any]' if 'prefix' in rules else ''}) -> Answer:"]
        kept = "self.bodies"
        if "prefix" in rules:
            lines += ['        start = environ["QUERY_STRING"].removeprefix("prefix=")']
            kept = "[key for key in self.bodies if key.startswith(start)]"
        lines += rng.choice(
            (
                [f"        keys = sorted({kept})", '        body = "".join(f"{key}\\n" for key in keys)'],
                ['        body = ""', f"        for key in sorted({kept}):", '            body += key + "\\n"'],
            )
        )
        lines += ['        return "200 OK", body.encode(), []']
    return "\n".join(lines) + "\n"


def _unmatched() -> list[str]:
    return ["        if self._differs(key, environ):", '            return "412 Precondition Failed", b"", []']


def _putting(rules: Rules, most: int) -> list[str]:
    lines = ["", "    def _put(self, key: str, environ: dict[str, Any]) -> Answer:"]
    lines += ['        size = int(environ["CONTENT_LENGTH"])']
    if "large" in rules:
        lines += [f"        if size > {most}:", '            return "413 Content Too Large", b"", []']
    lines += _unmatched() if "match" in rules else []
    lines += ['        status = "204 No Content" if key in self.bodies else "201 Created"']
    lines += ['        self.bodies[key] = environ["wsgi.input"].read(size)']
    lines += ["        self.tags[key] = self.tags.get(key, 0) + 1"] if "match" in rules else []
    return [*lines, f'        return status, b"", {"self._tag(key)" if "match" in rules else "[]"}']


def _model(rules: Rules, name: str, word: str, kind: str, most: int) -> str:
    of_key, of_list = _known(rules)
    return f"""
class {name}:
    def __init__(self):
        self.rows = {{}}  # key: (body, number)

    def request(self, method, target, body, match=None):
        code, answer, more = self.answer(method, target, body, match)
        headers = {{"Content-Type": {kind!r}, "Content-Length": str(len(answer)), **more}}
        return code, headers, b"" if method == "HEAD" else answer

    def answer(self, method, target, body, match):
        path, _, query = target.partition("?")
        missing = "404 Not Found", b"", {{}}
        is_list = {"list" in rules} and path == "/{word}"
        key = path[len("/{word}/"):] if path.startswith("/{word}/") else ""
        if not is_list and (key == "" or "/" in key):
            return missing
        known = {of_list} if is_list else {of_key}
        if method not in known:
            return ("405 Method Not Allowed", b"", {{"Allow": ", ".join(known)}}) if {"method" in rules} else missing
        if is_list:
            start = query.partition("=")[2]
            return "200 OK", b"".join(sorted(k.encode() + b"\\n" for k in self.rows if k[:len(start)] == start)), {{}}
        old, number = self.rows.get(key, (None, 0))
        if method == "PUT" and {"large" in rules} and len(body) > {most}:
            return "413 Content Too Large", b"", {{}}
        if method in ("PUT", "DELETE") and match is not None and (old is None or match != '"%d"' % number):
            return "412 Precondition Failed", b"", {{}}
        if method == "PUT":
            self.rows[key] = body, number + 1
            return "201 Created" if old is None else "204 No Content", b"", self.tagged(key)
        if old is None:
            return missing
        if method == "DELETE":
            del self.rows[key]
            return "204 No Content", b"", {{}}
        return "200 OK", old, self.tagged(key)

    def tagged(self, key):
        return {{"ETag": '"%d"' % self.rows[key][1]}} if {"match" in rules} else {{}}
"""


FAMILY = DraftedFamily(
    name="services.web_service",
    about="a WSGI application over a store of texts",
    skills=("HTTP", "routing", "state"),
    compositions={
        1: (("base",),),
        2: (("base", "delete"), ("base", "list"), ("base", "head"), ("base", "large")),
        3: (
            ("base", "method", "delete"),
            ("base", "list", "prefix"),
            ("base", "head", "delete", "list"),
            ("base", "large", "method"),
        ),
        4: (
            ("base", "method", "list", "head"),
            ("base", "match", "delete"),
            ("base", "match", "large"),
            ("base", "method", "delete", "list", "prefix"),
        ),
        5: (
            ("base", "method", "delete", "list", "prefix", "head", "large", "match"),
            ("base", "method", "delete", "head", "large", "match"),
            ("base", "method", "delete", "list", "prefix", "large", "match"),
        ),
    },
    draw=_draw,
)
