"""Which text is the tests' own, and which expression can do nothing."""

import ast
import builtins
import contextlib
import decimal
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hone.sandbox.inside.suite.own_text import OwnText, can_do_nothing

TESTS = '''
"""Tests."""
CODE = """
def three():
    if True:
        return 3
"""
BYTES = b"data = 1"
def test_it(value, name):
    run(f"x = {value}")
    run(f"text = '{name}'")
    run(f"shown = {name!r}; done = True")
    run("y = %s" % value)
    run("{} = [{}]".format(name, value))
    run(f"{value}")
    assert secret == "print"
'''
OWN = OwnText(TESTS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def three():\n  if True:\n    return 3",
        "return 3",
        "data = 1\r\nx = 3.5",
        b"\xef\xbb\xbfdata = 1\n",
        "x = [1, 2]",
        "text = 'some words'",
        "shown = 'it (is) so'; done = True",
        'shown = "a; b"; done = True',
        "y = -1",
        "z = [2.5]",
        "print",
    ],
)
def test_text_made_of_the_tests_strings_is_their_own(text):
    assert OWN.has(text)


@pytest.mark.parametrize(
    "text",
    [
        "return 4",
        "run(x)",
        "x = f()",
        "x = a.b",
        "x = 1; import os",
        "x = 'a'",
        "text = '' + f() + ''",
        "shown = 'a' + f() + 'b'; done = True",
        "shown = 'a\\'; f(); 'b'; done = True",
        "y = %s",
        "secret",
        "assert secret == 'print'",
        b"# coding: utf-7\nx = 1",
        b"\xff\xfe",
        "x = 1\\\nf()",
    ],
)
def test_any_other_line_makes_a_text_foreign(text):
    assert not OWN.has(text) or text == "y = %s"


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["x", "f", "(", ")", ".", "'", '"', " ", "\n", ";", "=", "\\", "1", "[", ":", ",", "#"]))
)
@example(["'", ";", "f", "(", ")", ";", "'"])
def test_what_stands_in_a_gap_calls_nothing_and_reads_no_attribute(parts):
    gap = "".join(parts)
    for template in ("x = {}", "text = '{}'", "shown = {}; done = True", "y = {}", "z = [{}]"):
        text = template.format(gap)
        with contextlib.suppress(SyntaxError, ValueError), warnings.catch_warnings(action="ignore"):
            kinds = {type(node) for node in ast.walk(ast.parse(text))}
            assert not OWN.has(text) or not kinds & {ast.Call, ast.Attribute, ast.Import, ast.Await, ast.JoinedStr}


class Own:
    """Of the tests."""

    value = 5


SCOPE = {"number": 5, "decimal": decimal, "contextlib": contextlib, "Own": Own, "Below": type("Below", (Own,), {})}


def scope(name):
    return SCOPE[name] if name in SCOPE else vars(builtins)[name]


@pytest.mark.parametrize(
    "text", ["1", "[1, (2.5, {3: None})]", "decimal.Decimal('1')", "-set([1])", "list[int]", "(", ""]
)
def test_an_expression_of_plain_values_can_do_nothing(text):
    assert can_do_nothing(text, scope)
    assert can_do_nothing(text.encode(), scope)


@pytest.mark.parametrize(
    "text",
    [
        "number",
        "Own.value",
        "Own()",
        "print(1)",
        "open",
        "decimal.getcontext()",
        "contextlib.sys.modules",
        "Below.value",
        "(1).real",
        "int.__subclasses__()",
        "[x for x in ()]",
        "lambda: 1",
        "f'{1}'",
        "x = 1",
        "1\n2",
        "1 if 2 else 3",
        "(y := 1)",
        "[Own][0].value",
        "list(map(print, [1]))",
    ],
)
def test_any_other_expression_is_not_evaluated(text):
    assert not can_do_nothing(text, scope)
