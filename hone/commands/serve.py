"""`hone serve judge`: the judge as an HTTP service."""

from hone.commands.parse import parse
from hone.errors import Boundary, HoneError, install

_LIBRARIES = ("prometheus_client", "starlette", "uvicorn")
_HELP = """\
usage: hone serve judge [OPTIONS]     (hone serve judge --help tells them)

  judge    verdicts over HTTP: POST /v1/grade and /v1/grade_many, GET /healthz, /readyz, /metrics, /openapi.json
"""


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT, finish what is inside, and return 0."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_HELP, end="")
        return 0
    if arguments[0] != "judge":
        raise HoneError(Boundary.USER, f"there is no service {arguments[0]!r}", "did you mean hone serve judge?")
    from hone.serve.config import ServeConfig

    options = parse(
        ServeConfig,
        arguments[1:],
        prog="hone serve judge",
        description="Judge programs over HTTP. SIGTERM finishes what is inside and ends with 0; a second one at once.",
        default=ServeConfig(),
    )
    try:
        from hone.serve.server import serve
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARIES:
            raise
        raise HoneError(Boundary.USER, f"{error.name} is not installed", install("serve")) from error
    serve(options)
    return 0
