"""The file of past tickets: appended to, read once a ticket, cut short by a death, and made to forget."""

from __future__ import annotations

import errno
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from connector.backtest.ticket import PastTicket
from connector.errors import ConfigError
from connector.model import TicketId
from connector.past.file import PastFile, PastPlace
from connector.past.form import line_of
from tests.builders import DESK, ELSEWHERE, NEW, NINE, TIER_3, WORKING, a_ticket, at, moved, turned


def a_past(ticket: str = "1", connection: str = "psa", **given: object) -> PastTicket:
    return PastTicket(connection, a_ticket(id=TicketId(ticket), contact="", **given), ())


def kept(path: Path, *tickets: PastTicket) -> PastFile:
    file = PastFile(path)
    with file.writer() as writer:
        for ticket in tickets:
            writer.append(ticket)
    return file


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "past.jsonl"


def test_what_is_appended_is_read_by_whoever_opens_it(path):
    first, second = a_past("1"), a_past("2", "other")
    file = kept(path, first, second)
    for one in (file, PastFile(path)):
        assert list(one.tickets()) == [first, second]
        assert list(one.tickets(frozenset({"other"}))) == [second]
        assert (len(one), one.connections()) == (2, {"psa", "other"})
        assert one.version("psa", "1") == NINE.isoformat()
        assert one.version("psa", "2") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_knows_every_place_at_which_a_ticket_was(path):
    went = PastTicket(
        "psa", a_ticket(place=TIER_3, contact=""), (moved(DESK, TIER_3, NINE), turned(NEW, WORKING, NINE))
    )
    file = kept(path, went, a_past("2", "other", place=ELSEWHERE))
    assert file.places("psa") == {DESK, TIER_3}
    assert file.places("none") == set()
    path.write_text(line_of(went).replace('"place":[', '"place":7,"old":['))
    with path.open("a") as added:
        added.write("\n")
    with pytest.raises(ConfigError, match="line 1: place: expected the path"):
        PastFile(path).places("psa")


def test_nothing_is_there_before_anything_was_kept(path):
    file = PastFile(path)
    assert (len(file), list(file.tickets()), file.forget("psa", "1")) == (0, [], False)
    assert not path.exists()


def test_of_a_ticket_that_was_read_again_the_last_line_counts(path):
    newer = a_past("1", updated_at=at("10:00"))
    file = kept(path, a_past("1"), a_past("2"))
    with file.writer() as writer:
        writer.append(newer)
    assert list(PastFile(path).tickets()) == [a_past("2"), newer]
    assert PastFile(path).version("psa", "1") == at("10:00").isoformat()


def test_a_line_that_was_cut_short_was_never_there_and_is_written_over(path):
    kept(path, a_past("1"))
    with path.open("ab") as file:
        file.write(line_of(a_past("2")).encode()[:40])
    cut = PastFile(path)
    assert len(cut) == 1
    with cut.writer() as writer:
        writer.append(a_past("3"))
    assert [one.record.id for one in PastFile(path).tickets()] == ["1", "3"]


def test_a_last_line_that_only_lacks_its_end_counts_and_gets_one(path):
    path.write_text(f"{line_of(a_past('1'))}\n{line_of(a_past('2'))}")
    file = PastFile(path)
    assert [one.record.id for one in file.tickets()] == ["1", "2"]
    with file.writer() as writer:
        writer.append(a_past("3"))
    for one in (file, PastFile(path)):
        assert [ticket.record.id for ticket in one.tickets()] == ["1", "2", "3"]
    path.write_text(f"{line_of(a_past('1'))}\n{line_of(a_past('2'))}")
    assert PastFile(path).forget("psa", "1")
    assert path.read_text() == f"{line_of(a_past('2'))}\n"


def test_two_do_not_write_at_once(path):
    with PastFile(path).writer(), pytest.raises(ConfigError, match="another process"), PastFile(path).writer():
        pass


def test_what_another_process_wrote_meanwhile_is_kept(path):
    early = PastFile(path)
    kept(path, a_past("1"))
    with early.writer() as writer:
        writer.append(a_past("2"))
    assert [one.record.id for one in PastFile(path).tickets()] == ["1", "2"]


def test_a_forgotten_ticket_is_gone_from_the_bytes(path):
    secret = replace(a_past("7"), record=replace(a_past("7").record, summary="the bishop's printer"))
    file = kept(path, a_past("1"), secret, replace(secret, not_told=("again",)), a_past("2"))
    with path.open("ab") as torn:
        torn.write(b'{"connection":"psa","ticket":"7"')
    assert PastFile(path).forget("psa", "7")
    assert b"bishop" not in path.read_bytes()
    assert [one.record.id for one in PastFile(path).tickets()] == ["1", "2"]
    assert list(path.parent.iterdir()) == [path]
    assert len(file) == 3  # it looked before


def test_nothing_is_forgotten_while_somebody_writes(path):
    kept(path, a_past("1"), a_past("7"))
    with PastFile(path).writer() as writer:
        with pytest.raises(ConfigError, match="another process"):
            PastFile(path).forget("psa", "7")
        writer.append(a_past("2"))
    assert [one.record.id for one in PastFile(path).tickets()] == ["1", "7", "2"]


def test_who_opened_it_before_something_was_forgotten_neither_writes_nor_reads_what_is_gone(path, monkeypatch):
    kept(path, a_past("1"), a_past("7"))
    file = PastFile(path)
    opened = file._opened

    def opened_too_soon(mode):
        found = opened(mode)
        assert PastFile(path).forget("psa", "7")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(file, "_opened", opened_too_soon)
        with pytest.raises(ConfigError, match="another process"), file.writer():
            pass
    with pytest.raises(ConfigError, match="written anew meanwhile; run it again"):
        list(file.tickets())
    assert [one.record.id for one in PastFile(path).tickets()] == ["1"]


def test_what_is_forgotten_behind_a_link_or_was_left_by_a_kill_is_gone_too(path):
    kept(path, a_past("1"), a_past("7", summary="the bishop's printer"))
    link = path.with_name("link.jsonl")
    link.symlink_to(path)
    left = path.with_name(f"{path.name}.new")
    left.write_text("the bishop's printer")
    assert PastFile(link).forget("psa", "7")
    assert link.is_symlink()
    assert b"bishop" not in path.read_bytes()
    assert not left.exists()


def test_lines_that_others_wrote_are_read_as_well_and_a_wrong_one_is_named(path):
    other = line_of(a_past("5")).replace('{"connection":"psa",', '{ "connection" : "psa", ')
    path.write_text(f"{line_of(a_past('1'))}\n\n{other}\n")
    assert [one.record.id for one in PastFile(path).tickets()] == ["1", "5"]
    path.write_text(f'{line_of(a_past("1"))}\n{{"ticket": 5}}\n')
    with pytest.raises(ConfigError, match=r"past\.jsonl, line 2: \w+: is missing"):
        PastFile(path)
    for wrong in (b'{"connection": "\xff"}\n', b'{"connection":"\xff","ticket":"1","updated_at":"x"}\n'):
        path.write_bytes(wrong)
        with pytest.raises(ConfigError, match=r"line 1: is no UTF-8"):
            PastFile(path)


def test_a_file_in_a_folder_that_may_not_be_entered_says_so(path, monkeypatch):
    def refused(_: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "exists", refused)
    with pytest.raises(ConfigError, match=r"past\.jsonl: Permission denied"):
        PastFile(path)


def test_a_file_that_cannot_be_opened_says_so(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        PastFile(tmp_path)
    with pytest.raises(ConfigError, match="No such file"), PastFile(tmp_path / "none" / "past.jsonl").writer():
        pass


def test_who_forgets_a_ticket_finds_it_in_the_file_once(path):
    kept(path, a_past("1"), a_past("7"))
    place = PastPlace(path)
    assert [place.count(("psa", "7")), place.remove(("psa", "7")), place.count(("psa", "7"))] == [1, 1, 0]
    assert (place.remove(("psa", "7")), len(PastFile(path))) == (0, 1)
    assert PastPlace(path.with_name("none")).count(("psa", "7")) == 0
