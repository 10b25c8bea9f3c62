"""Files that the environment names: what is no text of a sensible size is a problem, never a hang or a crash."""

from __future__ import annotations

import os

import pytest

from connector.config.files import text_of
from connector.config.settings import load_settings
from connector.errors import ConfigError


def test_a_text_is_read_whole_and_without_its_mark(tmp_path):
    (tmp_path / "file").write_bytes("\N{BYTE ORDER MARK}größer\n".encode())
    assert text_of(tmp_path / "file") == "größer\n"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is a pipe, not a file with text: put one in its place"):
        text_of(tmp_path / "pipe")


def test_what_has_no_end_is_not_read():
    with pytest.raises(ValueError, match="is no ordinary file, not a file with text"):
        text_of("/dev/zero")


def test_so_much_is_read_and_no_more(tmp_path):
    (tmp_path / "file").write_text("a" * 2048)
    assert text_of(tmp_path / "file", 2048) == "a" * 2048
    with pytest.raises(ValueError, match="is larger than 1 KiB"):
        text_of(tmp_path / "file", 2047)


@pytest.mark.parametrize("name", ["ESCALATION_POLICY", "RT_TOKEN_FILE", "DATABASE_URL_FILE"])
@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_a_problem_by_its_variables_name(name, path):
    with pytest.raises(ConfigError) as refused:
        load_settings({name: path})
    [problem] = [one for one in refused.value.problems if one.startswith(f"{name}: ")]
    assert "is no ordinary file" in problem


def test_an_empty_file_of_a_secret_that_is_needed_is_a_problem_and_no_crash(tmp_path):
    (tmp_path / "empty").write_text("")
    with pytest.raises(ConfigError) as refused:
        load_settings({"RT_URL": "https://rt.example.com", "RT_TOKEN_FILE": str(tmp_path / "empty")})
    assert "RT_TOKEN_FILE: the file that it names is empty: write the secret into it" in refused.value.problems
