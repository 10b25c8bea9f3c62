"""JSON from outside: what the standard leaves open is closed, and nothing in it exhausts a stack or the memory."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.json_text import DEEPEST, MOST_VALUES, sound_json
from tests.soak import examples

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=60,
)
BRACKETS = st.text(alphabet='[]{}",:\\ a1\N{GRINNING FACE}')


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", '{"a": [1, NaN]}'])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"is no number|too large"):
        sound_json(written.encode())


@pytest.mark.parametrize(
    "body",
    [
        nested(DEEPEST + 1),
        nested(200_000),
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'[{"a":' * 500 + b"1" + b"}]" * 500,
        b"[" * 200_000,
        b'{"text": "a \\" [", "deep": ' + nested(DEEPEST + 1) + b"}",
    ],
)
def test_what_is_nested_too_deeply_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        sound_json(body)


@pytest.mark.parametrize(
    "text", ["[" * 5_000, '"[\\"{' * 5_000, "\\" * 5_001 + "[" * 500, "\N{GRINNING FACE}[{" * 500, ",{" * 5_000]
)
def test_what_stands_in_a_text_is_no_nesting(text: str) -> None:
    found = {"a": [text, {text: text}], "b": text}
    assert sound_json(json.dumps(found).encode()) == found
    assert sound_json(json.dumps(found, ensure_ascii=False).encode()) == found


def test_the_deepest_that_is_allowed_is_read() -> None:
    assert sound_json(nested(DEEPEST)) == json.loads(nested(DEEPEST))


def test_more_values_than_fit_into_memory_are_refused_before_they_are_made() -> None:
    body = b"[" + b"{}," * MOST_VALUES + b"{}]"
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"more than {MOST_VALUES} values"):
        sound_json(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * len(body)
    commas = json.dumps({"text": "," * 2 * MOST_VALUES}).encode()
    assert len(sound_json(commas)["text"]) == 2 * MOST_VALUES


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    assert sound_json(b'{"id": 1, "id": 2}') == {"id": 2}


def test_another_encoding_is_read_and_measured_as_well() -> None:
    assert sound_json('{"a": "\N{GRINNING FACE}"}'.encode("utf-16")) == {"a": "\N{GRINNING FACE}"}
    with pytest.raises(ValueError, match="nested too deeply"):
        sound_json(("[" * 100 + "]" * 100).encode("utf-32"))
    with pytest.raises(ValueError, match="byte 1"):
        sound_json(b'"\xff"')


@given(JSON)
@settings(max_examples=examples(150))
def test_whatever_is_json_is_read_as_the_standard_library_reads_it(found: Any) -> None:
    for body in (json.dumps(found), json.dumps(found, ensure_ascii=False, indent=1)):
        wire = body.encode("utf-8", "surrogatepass")
        if "\\u0000" not in body:
            assert sound_json(wire) == json.loads(body)
        else:
            sound_json(wire)


@given(BRACKETS)
@settings(max_examples=examples(300))
def test_whatever_it_is_it_is_read_or_refused_as_a_value_error(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):
            sound_json(text.encode())
    else:
        assert sound_json(text.encode()) == expected
