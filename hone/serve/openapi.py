"""The service's own description, built from the dataclasses that it reads and writes, so that it cannot fall behind."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any, Union

import hone
from hone.serve.config import ServeConfig
from hone.tasks.task import CallCheck, StdioCheck, SuiteCheck, Task
from hone.verdict.verdict import Verdict

_JSON = "application/json"
_REFUSALS = {
    "400": "the body is not what was asked for; one line says where and why",
    "401": "the bearer token is missing or wrong",
    "408": "the body was sent too slowly",
    "413": "the body is too large",
    "415": "the body is not plain JSON",
    "429": "the queue is full: wait as long as Retry-After says",
    "503": "the service is shutting down or cannot run programs: try again after Retry-After",
    "504": "no verdict in time",
}


def document(config: ServeConfig, *, needs_token: bool) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a service with these settings."""
    grade = _operation(
        "Judge one program.",
        {"task": _reference("Task"), "program": {"type": "string"}, "explain": _flag(default=True)},
        ["task", "program"],
        _reference("Verdict"),
    )
    item = {
        "type": "object",
        "required": ["task", "program"],
        "additionalProperties": False,
        "properties": {
            "task": {"anyOf": [{"type": "integer", "description": "index into tasks"}, _reference("Task")]},
            "program": {"type": "string"},
        },
    }
    grade_many = _operation(
        "Judge many programs; the verdicts are in the items' order.",
        {
            "tasks": {"type": "array", "items": _reference("Task")},
            "items": {"type": "array", "items": item, "maxItems": config.max_batch},
            "explain": _flag(default=False),
        },
        ["items"],
        {"type": "object", "properties": {"verdicts": {"type": "array", "items": _reference("Verdict")}}},
    )
    paths = {
        "/v1/grade": {"post": grade},
        "/v1/grade_many": {"post": grade_many},
        "/healthz": {"get": _plain("200 as long as the service runs.", {})},
        "/readyz": {"get": _plain("200 while it takes work.", {"503": "it is shutting down"})},
        "/metrics": {"get": _plain("Counters in the text format of Prometheus.", {})},
        "/openapi.json": {"get": _plain("This document.", {})},
    }
    token = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}} if needs_token else {}
    about = "Tasks are written as hone.tasks.task_json says; hidden checks never appear in an answer or in a log."
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hone judge", "version": hone.__version__, "description": about},
        "paths": paths,
        "components": {"schemas": _schemas(), **token},
        **({"security": [{"token": []}]} if needs_token else {}),
    }


def _schemas() -> dict[str, Any]:
    parts = {part for root in (Task, Verdict, CallCheck, StdioCheck, SuiteCheck) for part in _parts_of(root)}
    schemas = {part.__name__: _schema(part) for part in sorted(parts - {Task, Verdict}, key=lambda part: part.__name__)}
    task = _schema(Task)
    checks = {
        "type": "array",
        "items": {"anyOf": [_reference(c.__name__) for c in (CallCheck, StdioCheck, SuiteCheck)]},
    }
    task["properties"] |= {"visible": checks, "hidden": checks}
    task["required"] = ["form"]
    verdict = _schema(Verdict)
    derived = {
        "passed": {"type": "boolean"},
        "flaky": {"type": "boolean"},
        "reward": {"type": ["number", "null"], "description": "null where the program was not graded: no reward"},
        "components": {"type": ["object", "null"], "additionalProperties": {"type": "number"}},
    }
    del verdict["properties"]["scored"]
    verdict["properties"] |= derived
    verdict["required"] = list(verdict["properties"])
    error = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("boundary", "what", "hint")},
    }
    return schemas | {"Task": task, "Verdict": verdict, "Error": {"properties": {"error": error}}}


def _parts_of(cls: type) -> set[type]:
    """The dataclass and all that its fields are made of."""
    found, waiting = {cls}, list(typing.get_type_hints(cls).values())
    while waiting:
        hint = waiting.pop()
        waiting += typing.get_args(hint)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint) and hint not in found:
            found.add(hint)
            waiting += typing.get_type_hints(hint).values()
    return found


def _schema(cls: type) -> dict[str, Any]:
    assert dataclasses.is_dataclass(cls), cls
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)
    required = [one.name for one in fields if one.default is one.default_factory is dataclasses.MISSING]
    properties = {one.name: _type(hints[one.name]) for one in fields}
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}


def _type(hint: Any) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    plain = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    if hint in plain:
        return {"type": plain[hint]}
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0])}
    if origin is Mapping and arguments == (str, str):
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_type(one) for one in arguments]}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _reference(hint.__name__)
    return {"description": "a plain value: JSON, or an object with one $tag (see hone.tasks.plain_json)"}


def _operation(summary: str, properties: dict[str, Any], required: list[str], answer: dict[str, Any]) -> dict[str, Any]:
    body = {"type": "object", "additionalProperties": False, "properties": properties, "required": required}
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {_JSON: {"schema": body}}},
        "responses": {"200": {"description": "judged", "content": {_JSON: {"schema": answer}}}} | _errors(_REFUSALS),
    }


def _plain(summary: str, refusals: dict[str, str]) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": summary}} | _errors(refusals)}


def _errors(refusals: dict[str, str]) -> dict[str, Any]:
    content = {_JSON: {"schema": _reference("Error")}}
    return {status: {"description": text, "content": content} for status, text in refusals.items()}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _flag(*, default: bool) -> dict[str, Any]:
    text = "quote what failing programs returned or raised on visible checks"
    return {"type": "boolean", "default": default, "description": text}
