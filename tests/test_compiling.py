"""Which modules are compiled before they are collected."""

from __future__ import annotations

from pathlib import Path

from tests.compiling import modules


def test_they_are_those_that_are_asked_for_without_those_left_out(tmp_path: Path) -> None:
    for path in ("a/test_one.py", "a/helper.py", "a/b/test_two.py", "a/c/test_three.py", "test_four.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert modules(tmp_path, [tmp_path / "a"], [tmp_path / "a/b"]) == ["a.c.test_three", "a.test_one"]
    assert modules(tmp_path, [tmp_path / "test_four.py", tmp_path / "a/b"], []) == ["a.b.test_two", "test_four"]
