"""The routes: authorise, read the body, find a place, judge, answer. Every failure is one line of JSON.

Nothing of a body reaches a log. A request that is waiting when its client hangs up is dropped; one whose programs run
ends with them. While programs run the event loop is free: health and metrics always answer.
"""

import asyncio
import hmac
import json
import logging
import time
import traceback
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hone.errors import Boundary, HoneError
from hone.serve import grading
from hone.serve.body import read_json_body
from hone.serve.config import ServeConfig
from hone.serve.gate import Gate, Refusal
from hone.serve.metrics import Metrics
from hone.serve.openapi import document
from hone.verdict.async_judge import AsyncJudge

Handler = Callable[[Request], Awaitable[Response]]
LOG = logging.getLogger("hone.serve")
_FAULTS = {Boundary.TASK: 400, Boundary.USER: 400, Boundary.SANDBOX: 503}
_NOBODY_LISTENS = 499


class Service:
    """A judge behind HTTP, as an ASGI application (`app`)."""

    def __init__(self, judge: AsyncJudge, config: ServeConfig, token: bytes | None = None) -> None:
        """Set up the routes.

        Args:
            judge: open, and the caller's to close.
            token: what /v1 asks for as a bearer token; None asks for nothing.
        """
        self._judge = judge
        self._config = config
        self._token = token
        self.gate = Gate(config.concurrency + config.queue)
        self.metrics = Metrics()
        self.metrics.watch("running", "Requests that are judged now.", lambda: judge.running)
        self.metrics.watch("waiting", "Requests in the queue.", lambda: max(self.gate.inside - judge.running, 0))
        self.metrics.watch("jails", "Jails that are up.", lambda: len(judge.jail_pids()))
        self.metrics.watch("draining", "1 once the service shuts down.", lambda: self.gate.draining)
        self.app = Starlette(
            routes=[
                self._route("/v1/grade", self._grading(grading.grade), "POST"),
                self._route("/v1/grade_many", self._grading(grading.grade_many), "POST"),
                self._route("/healthz", self._health),
                self._route("/readyz", self._ready),
                self._route("/metrics", self._metrics),
                self._route("/openapi.json", self._openapi),
            ],
            exception_handlers={HTTPException: self._no_route},
        )
        self.app.router.redirect_slashes = False

    def _route(self, path: str, handler: Handler, method: str = "GET") -> Route:
        async def answer(request: Request) -> Response:
            began = time.monotonic()
            response = await _answer(handler, request, path)
            self.metrics.answered(path, response.status_code, time.monotonic() - began)
            return response

        return Route(path, answer, methods=[method])

    async def _no_route(self, request: Request, error: Exception) -> Response:
        """404 and 405: nothing of the path is repeated, counted by name or logged."""
        assert isinstance(error, HTTPException), error
        what = "there is no such path" if error.status_code == 404 else "this path takes another method"
        self.metrics.answered("other", error.status_code, 0.0)
        return _refused(Refusal(error.status_code, Boundary.USER, what, "see /openapi.json", error.headers or {}))

    def _grading(self, work: grading.Answering) -> Handler:
        async def judge(request: Request) -> Response:
            self._authorise(request)
            self.gate.check()
            body = await read_json_body(request, self._config.max_body, self._config.patience)
            content = await self._judged(request, body, work)
            return Response(content, media_type="application/json")

        return judge

    async def _judged(self, request: Request, body: bytes, work: grading.Answering) -> bytes:
        self.gate.enter()
        judging = asyncio.create_task(self._judge.run(lambda judge: work(judge, body, self._config)))
        judging.add_done_callback(lambda _: self.gate.leave())
        hanging_up = asyncio.create_task(_hung_up(request))
        ending = asyncio.create_task(self.gate.cut_off.wait())
        events = {judging, hanging_up, ending}
        try:
            await asyncio.wait(events, timeout=self._config.request_timeout, return_when=asyncio.FIRST_COMPLETED)
            if ending.done():  # looked at first: jails that end with the service leave verdicts, too
                raise Refusal(503, Boundary.SANDBOX, "the service ended before the verdict", "ask another instance")
            if judging.done():
                content, verdicts = judging.result()
                self.metrics.judged(verdicts)
                return content
            if hanging_up.done():
                raise Refusal(_NOBODY_LISTENS, Boundary.USER, "the client hung up", "")
            what = f"no verdict within {self._config.request_timeout:g} s"
            raise Refusal(504, Boundary.SANDBOX, what, "ask again later, or for less at once")
        finally:
            for event in events:
                event.cancel()

    def _authorise(self, request: Request) -> None:
        if self._token is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        # The header was decoded as Latin-1, so this gives its bytes back.
        right = hmac.compare_digest(given.strip().encode("latin-1"), self._token)
        if scheme.lower() != "bearer" or not right:
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Refusal(401, Boundary.USER, "the bearer token is missing or wrong", "send Authorization", challenge)

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _ready(self, _request: Request) -> Response:
        if self.gate.draining:
            self.gate.check()  # says so
        return JSONResponse({"status": "ready"})

    async def _metrics(self, _request: Request) -> Response:
        return Response(self.metrics.text(), headers={"Content-Type": self.metrics.content_type})

    async def _openapi(self, _request: Request) -> Response:
        return JSONResponse(document(self._config, needs_token=self._token is not None))


async def _answer(handler: Handler, request: Request, path: str) -> Response:
    try:
        return await handler(request)
    except Refusal as refusal:
        return _refused(refusal)
    except HoneError as error:
        status = _FAULTS.get(error.boundary, 500)
        if status >= 500:
            LOG.error("%s: %s failed", path, error.boundary)
        again = {"Retry-After": "5"} if status == 503 else {}
        return _refused(Refusal(status, error.boundary, error.what, error.hint, again))
    except Exception as error:
        # Its words might quote a check, so the log has only where it happened.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        LOG.error("%s: %s at %s:%s is a bug in Hone", path, type(error).__name__, frame.filename, frame.lineno)
        return _refused(Refusal(500, Boundary.SANDBOX, "this is a bug in Hone", "report it; the log says where"))


def _refused(refusal: Refusal) -> Response:
    text = json.dumps({"error": {"boundary": refusal.boundary, "what": refusal.what, "hint": refusal.hint}})
    return Response(text, refusal.status, headers=dict(refusal.headers), media_type="application/json")


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
