"""What the service answers: verdicts, refusals in one clear line, health, metrics, its own description."""

import json

import pytest
from live_service import RIGHT, TASK, WRONG, serving
from prometheus_client.parser import text_string_to_metric_families

from hone.verdict.verdict import Outcome, Verdict

TESTS = "from solution import f\ndef test_open():\n    assert f() == 1\ndef test_s3cret():\n    assert f() == 2\n"
SUITE = {
    "form": "suite",
    "entry_point": "solution",
    "tests": TESTS,
    "visible": [{"name": "test_open"}],
}


def test_a_verdict_comes_back_whole(service):
    answer = service.grade(RIGHT)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    verdict = Verdict.from_json(answer.body.decode())
    assert (verdict.outcome, verdict.jail, len(verdict.checks)) == (Outcome.PASSED, "full", 2)
    assert verdict.reward == answer.json["reward"] > 0


def test_a_failing_program_is_explained_unless_asked_otherwise(service):
    assert "returned -1" in service.grade(WRONG).json["checks"][0]["detail"]
    assert "returned" not in service.grade(WRONG, explain=False).json["checks"][0]["detail"]


def test_many_programs_are_answered_in_order(service):
    items = [{"task": 0, "program": WRONG}, {"task": TASK, "program": RIGHT}, {"task": 0, "program": "("}]
    answer = service.ask("POST", "/v1/grade_many", {"tasks": [TASK], "items": items})
    outcomes = [verdict["outcome"] for verdict in answer.json["verdicts"]]
    assert outcomes == ["wrong answer", "passed", "does not compile"]
    assert service.ask("POST", "/v1/grade_many", {"items": []}).json == {"verdicts": []}


def test_every_form_of_task_is_judged(service):
    stdio = {"form": "stdio", "hidden": [{"stdin": "3\n", "stdout": "6\n"}]}
    assert service.grade("print(2 * int(input()))", stdio).json["passed"]
    assert service.grade("def f():\n    return 1\n", SUITE).json["outcome"] == "wrong answer"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "the body is not JSON: Expecting value at line 1, column 1"),
        ("[]", "the body must be an object"),
        ({"task": TASK}, "the body lacks the field program"),
        ({"task": TASK, "program": 1}, "program must be a string"),
        ({"task": TASK, "program": RIGHT, "explain": 1}, "explain must be true or false"),
        ({"task": TASK, "program": RIGHT, "token": ""}, "the body has no field 'token'"),
        ({"task": TASK | {"hidden": [{"args": [1]}]}, "program": RIGHT}, "task.hidden[0] lacks the field expected"),
        ({"task": TASK | {"limits": {"wall_seconds": 1e9}}, "program": RIGHT}, "task.limits.wall_seconds is more than"),
        ({"task": TASK | {"limits": {"sockets": True}}, "program": RIGHT}, "task.limits.sockets is not allowed here"),
        ("[" * 50_000, "the body is nested too deep"),
    ],
    ids=str,
)
def test_a_bad_body_is_400_with_one_clear_line(service, body, said):
    answer = service.ask("POST", "/v1/grade", body)
    assert answer.status == 400
    assert answer.error.startswith(said)
    assert "\n" not in answer.error


def test_a_body_that_is_no_json_is_its_sender_s_fault(service):
    answer = service.ask("POST", "/v1/grade", "{")
    error = answer.json["error"]
    assert (answer.status, error["boundary"]) == (400, "user")
    assert error["hint"] == "send one JSON object, as /openapi.json says"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"items": [{"task": 1, "program": ""}], "tasks": [TASK]}, "items[0].task names no task: tasks has 1"),
        ({"items": [{"task": 0, "program": ""}]}, "items[0].task names no task: the body has no tasks"),
        ({"items": [{"task": True, "program": ""}], "tasks": [TASK]}, "items[0].task must be an object"),
        ({"items": [{"task": 0}], "tasks": [TASK]}, "items[0] lacks the field program"),
        ({"items": [{"task": 0, "program": ""}] * 21, "tasks": [TASK]}, "items are 21, and this service takes 20"),
        ({"items": {}}, "items must be a list"),
        ({"items": [{"task": 0, "program": ""}, {"task": 1, "program": ""}],
          "tasks": [TASK | {"id": "a"}, TASK | {"id": "a", "level": 2}]}, "two different tasks bear one id"),
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_batch_is_400_with_one_clear_line(service, body, said):
    answer = service.ask("POST", "/v1/grade_many", body)
    assert answer.status == 400
    assert answer.error.startswith(said)


def test_paths_and_methods_that_are_not_there_are_told(service):
    assert service.get("/v1/graed").status == service.get("/healthz/").status == 404
    wrong = service.get("/v1/grade")
    assert (wrong.status, wrong.headers["Allow"], wrong.error) == (405, "POST", "this path takes another method")
    assert service.ask("DELETE", "/healthz").status == 405


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_web_page_could_send_unasked_is_refused(service, kind):
    answer = service.ask("POST", "/v1/grade", {"task": TASK, "program": RIGHT}, {"Content-Type": kind})
    assert answer.status == 415


@pytest.mark.parametrize("size", [100_001, 5_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_413(service, size, chunked):
    parts = [b"x" * 10_000] * (size // 10_000) + [b"x" * (size % 10_000)]
    answer = service.ask("POST", "/v1/grade", iter(part for part in parts if part) if chunked else b"".join(parts))
    assert (answer.status, answer.error) == (413, "the body is larger than 100000 bytes")


def test_a_body_that_is_said_to_be_endless_is_refused_unread(service):
    answer = service.ask("POST", "/v1/grade", b"{", {"Content-Length": str(10**15)})
    assert answer.status == 413


def test_health_and_metrics_are_there(service):
    assert service.get("/healthz").json == {"status": "alive"}
    assert service.get("/readyz").json == {"status": "ready"}
    before = service.metric('hone_judge_verdicts_total{outcome="passed"}')
    service.grade(RIGHT)
    assert service.metric('hone_judge_verdicts_total{outcome="passed"}') == before + 1
    assert service.metric("hone_judge_jails") >= 1
    assert service.metric("hone_judge_running") == service.metric("hone_judge_waiting") == 0
    families = {family.name for family in text_string_to_metric_families(service.get("/metrics").body.decode())}
    assert {"hone_judge_requests", "hone_judge_request_seconds", "hone_judge_draining"} <= families


def test_no_client_can_name_a_metric(service):
    service.get("/s3cret-path")
    service.ask("S3CRET", "/v1/grade")
    assert b"s3cret" not in service.get("/metrics").body.lower()


def test_the_description_has_every_route_and_no_loose_reference(service):
    found = service.get("/openapi.json").json
    for path, methods in found["paths"].items():
        for method in ("get", "post"):
            body = {"task": TASK, "program": RIGHT} if method == "post" else None
            assert (service.ask(method.upper(), path, body).status == 405) == (method not in methods)
    text = json.dumps(found)
    for reference in text.split('"$ref": "#/components/schemas/')[1:]:
        assert reference.partition('"')[0] in found["components"]["schemas"]
    verdict = found["components"]["schemas"]["Verdict"]["properties"]
    assert set(verdict) == set(service.grade(RIGHT).json)


SECRET = "s3cret"
TELL_ALL = (
    f"def f(*given):\n    print(given)\n    raise ValueError(repr(given) + open(__file__).read())\n# {SECRET[::-1]}\n"
)
CALL_SECRET = {
    "form": "call",
    "entry_point": "f",
    "visible": [{"args": [1], "expected": 1}],
    "hidden": [{"args": [SECRET], "expected": {"$tuple": [SECRET]}}],
}
STDIO_SECRET = {
    "form": "stdio",
    "visible": [{"stdin": "1", "stdout": "1"}],
    "hidden": [{"stdin": SECRET, "stdout": SECRET}],
}


def test_hidden_checks_are_in_no_answer_and_no_log():
    tell_input = "text = input()\nprint(text)\nraise ValueError(text)\n"
    import_tests = "import sys, gc\ndef f():\n    raise ValueError(str(gc.get_objects())[:10**6] + str(sys.modules))\n"
    broken = [
        CALL_SECRET | {"hidden": [{"args": SECRET, "expected": SECRET}]},
        CALL_SECRET | {"hidden": [{"args": [{"$decimal": SECRET}], "expected": SECRET}]},
        SUITE | {"tests": TESTS + f"\n{SECRET} {SECRET}"},
        STDIO_SECRET | {"hidden": [{"stdin": [SECRET], "stdout": {SECRET: SECRET}}]},
    ]
    with serving() as service:
        answers = [
            service.grade(TELL_ALL, CALL_SECRET),
            service.grade("def f(x):\n    return [x, x]\n", CALL_SECRET),
            service.grade(tell_input, STDIO_SECRET),
            service.grade(import_tests, SUITE),
            service.grade("def f():\n    return 1\n", SUITE),
            *(service.grade("def f():\n    return 1\n", task) for task in broken),
            service.get("/metrics"),
            service.ask("POST", "/v1/grade", f'{{"task": {{"{SECRET}'),
        ]
    assert [answer.status for answer in answers] == [200] * 5 + [400] * 4 + [200, 400]
    assert not any(answer.json["passed"] for answer in answers[:5])
    for answer in answers:
        assert SECRET.encode() not in answer.body, answer.body
    assert SECRET not in service.all_said()


def test_the_token_is_asked_for_where_programs_run_and_only_there(tmp_path):
    (tmp_path / "token").write_text("right-token\n")
    with serving("--token-file", str(tmp_path / "token"), env={"HONE_SERVE_TOKEN": "another"}) as service:
        body = {"task": TASK, "program": RIGHT}

        def ask(given: str) -> int:
            return service.ask("POST", "/v1/grade", body, {"Authorization": given}).status

        refused = service.grade(RIGHT)
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        wrong = ("", "Bearer", "Bearer ", "Bearer another", "Basic right-token", "Bearer right-tokeñ", "right-token")
        assert [ask(given) for given in wrong] == [401] * len(wrong)
        assert ask("Bearer right-token") == ask("bearer  right-token") == 200
        assert service.get("/healthz").status == service.get("/readyz").status == service.get("/metrics").status == 200
        assert service.get("/openapi.json").json["security"] == [{"token": []}]
    assert "right-token" not in service.all_said()
