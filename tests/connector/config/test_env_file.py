"""The file ``.env`` is read as people expect, or refused with the line that is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connector.config.env_file import EnvFile, read_env_file
from connector.errors import ConfigError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def problems_of(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_env_file(path)
    return [problem.replace(str(path), ".env") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("PORT=80", "80"),
        ("PORT = 80  ", "80"),
        ("export PORT=80", "80"),
        ("PORT='80' # the usual one", "80"),
        ('PORT="80"', "80"),
        ("PORT=80 # the usual one", "80"),
        ("PORT=a#b", "a#b"),
        ("PORT=Service Desk > First Touch", "Service Desk > First Touch"),
        ("PORT='Service Desk > First Touch'", "Service Desk > First Touch"),
        ("PORT='it''s'", None),
        (r'PORT="a\"b\\c"', r'a"b\c'),
        ("PORT='$HOME ${HOME} \\ #'", "$HOME ${HOME} \\ #"),
        ("PORT=", ""),
        ("PORT=Größe", "Größe"),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_line_says_what_people_expect_of_it(
    path: Path, written: str, value: str | None, ends: str, mark: str
) -> None:
    path.write_bytes(f"{mark}# ours{ends}{ends}{written}{ends}HOST=::1{ends}".encode())
    if value is None:
        assert problems_of(path)[0].startswith(".env, line 3: cannot be read")
    else:
        assert read_env_file(path) == EnvFile(str(path), {"PORT": value, "HOST": "::1"}, {"PORT": 3, "HOST": 4})


def test_where_there_is_no_file_nothing_is_set(path: Path) -> None:
    assert read_env_file(path) == EnvFile(str(path))


def test_every_line_that_cannot_be_understood_is_named_and_none_is_told(path: Path) -> None:
    path.write_text('PORT=1\n\n=geheim\nexport HOST\n\nRT_TOKEN="geheim\nPORT=2\nGeHeIm+/=x\nGeHeIm+/=y\n')
    assert problems_of(path) == [
        ".env, line 3: cannot be read: expected NAME=value, and a quote that is opened to be closed",
        ".env, line 4: sets nothing: expected NAME=value",
        ".env, line 6: cannot be read: expected NAME=value, and a quote that is opened to be closed",
        ".env, line 7: PORT is set in line 1 already: take one of them out",
        ".env, line 9: a name (not told, as no variable is called like that) is set in line 8 already: "
        "take one of them out",
    ]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("PORT=80\n".encode("utf-16"), "is no UTF-8 text, but UTF-16 or no text at all: save it as UTF-8"),
        ("PORT=80\n".encode("utf-16-le"), "is no UTF-8 text, but UTF-16 or no text at all: save it as UTF-8"),
        ("PORT=80\nX=Größe\n".encode("latin-1"), "is no UTF-8 text (line 2): save it as UTF-8"),
        (b"#" * 1_048_577, "is larger than 1024 KiB: it is hardly the file that is meant"),
    ],
)
def test_a_file_that_is_no_text_of_ours_is_refused(path: Path, content: bytes, what: str) -> None:
    path.write_bytes(content)
    assert problems_of(path) == [f".env in {path.parent} {what}"]


def test_what_is_no_file_is_refused_and_waits_for_nobody(path: Path) -> None:
    path.mkdir()
    assert problems_of(path) == [f".env in {path.parent} is a folder, not a file with text: put one in its place"]
    path.rmdir()
    os.mkfifo(path)
    assert problems_of(path) == [f".env in {path.parent} is a pipe, not a file with text: put one in its place"]
    path.unlink()
    path.symlink_to("/dev/null")
    assert problems_of(path) == [
        f".env in {path.parent} is no ordinary file, not a file with text: put one in its place"
    ]
    path.unlink()
    path.symlink_to(path.parent / "gone")
    assert problems_of(path) == [f".env in {path.parent} is not there: make it, or correct its path"]


def test_a_file_that_the_system_refuses_is_told_with_its_reason(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("PORT=1")
    for error, what in (
        (PermissionError(13, "Permission denied"), "may not be read by the account that runs escalator"),
        (OSError(5, "Input/output error"), "cannot be read (Input/output error)"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(os, "open", lambda *_, error=error: (_ for _ in ()).throw(error))
            assert what in problems_of(path)[0]
    looped = path.with_name("loop")
    looped.symlink_to(looped)
    assert "cannot be read" in problems_of(looped / ".env")[0]
