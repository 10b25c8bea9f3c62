"""``.env`` is replaced at once or not at all, for its owner's eyes alone, and no copy of a secret is left."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from connector.cli.setup import env_saving
from connector.cli.setup.env_saving import found, save
from connector.errors import ConfigError

OLD, NEW = "A=1\n", "A=2\n# é\r\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_its_owners_alone_whatever_the_mask(path: Path) -> None:
    before = os.umask(0)
    try:
        save(path, "", NEW)
    finally:
        os.umask(before)
    assert path.read_bytes().decode() == NEW
    assert mode_of(path) == 0o600
    assert names(path) == [".env"]


def test_a_file_that_others_could_read_is_its_owners_alone_afterwards(path: Path) -> None:
    path.write_text(OLD)
    path.chmod(0o644)
    save(path, OLD, NEW)
    assert (path.read_bytes().decode(), mode_of(path)) == (NEW, 0o600)


def test_it_is_never_readable_by_others_while_it_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077))
    before = os.umask(0)
    try:
        save(path, "", NEW)
    finally:
        os.umask(before)
    assert seen[0] == 0


@pytest.mark.parametrize("at", ["fsync", "fchmod"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_ends_in_the_middle_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, at: str, error: BaseException
) -> None:
    path.write_text(OLD)

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, at, fail)
    with pytest.raises((ConfigError, KeyboardInterrupt)) as raised:
        save(path, OLD, NEW)
    if isinstance(error, OSError):
        assert "could not be written (No space left on device); it is as it was" in str(raised.value)
    assert path.read_text() == OLD
    assert names(path) == [".env"]


def test_what_somebody_else_wrote_meanwhile_stays(path: Path) -> None:
    path.write_text("A=3\n")
    with pytest.raises(ConfigError, match="was changed by somebody else meanwhile"):
        save(path, OLD, NEW)
    assert path.read_text() == "A=3\n"
    assert names(path) == [".env"]


def test_the_owner_of_the_old_file_stays_the_owner(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(OLD)
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _, user, group: given.append((user, group)))
    save(path, OLD, NEW)
    assert given == []
    real = os.fstat

    def made_by_another(descriptor: int) -> os.stat_result:
        seen = real(descriptor)
        return os.stat_result((*seen[:4], seen.st_uid + 1, *seen[5:10]))

    monkeypatch.setattr(os, "fstat", made_by_another)
    with (path.parent / "same").open("w") as descriptor:
        env_saving._give_to_owner(path, descriptor.fileno())
    assert given == [(path.stat().st_uid, path.stat().st_gid)]


def test_a_link_is_not_followed_and_not_replaced(path: Path) -> None:
    target = path.with_name("kept")
    target.write_text(OLD)
    path.symlink_to("kept")
    for do in (lambda: found(path), lambda: save(path, OLD, NEW)):
        with pytest.raises(ConfigError, match="leads to another file, kept"):
            do()
    assert (path.is_symlink(), target.read_text(), names(path)) == (True, OLD, [".env", "kept"])


def test_a_folder_that_may_not_be_written_to_is_told_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env_saving.os, "access", lambda *_: False)
    with pytest.raises(ConfigError, match="may not be written to by this account"):
        found(path)


def test_what_is_found_is_the_text_as_it_stands(path: Path) -> None:
    assert found(path).text == ""
    path.write_bytes(b"\xef\xbb\xbfA=1\r\n")
    assert found(path).text == "A=1\r\n"
