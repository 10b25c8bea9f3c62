"""What the commands that look back share: since when, the answer on a terminal, files for their owner alone."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from connector.cli import common
from connector.report.figures import Figures
from connector.report.lengths import Lengths
from connector.report.page import because
from connector.report.sentences import sentences
from connector.report.sheet import HEADINGS, lines_of, written
from connector.report.story import Story
from connector.report.tone import Tone, tone_of
from connector.report.words import day_since, length_text, moment_text, name, owed, ranked

_MOST_ROWS = 10
"""So many rows of a table are shown; a page and a sheet have more."""


def since_when(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """From when on: so many days back (``7d``), or a day (``2026-10-19``); both from midnight in the zone, as UTC.

    Raises click.BadParameter with what is expected.
    """
    try:
        return day_since(text, now, zone)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}") from None


def require_different(*files: Path | None) -> None:
    """Raise UsageError where two of the files are one: what is written later would take the place of the other."""
    places = [os.path.realpath(file) for file in files if file is not None]
    for place in places:
        if places.count(place) > 1:
            raise click.UsageError(f"{place} is named for two things: give each a file of its own")


@contextmanager
def private_file(path: Path) -> Iterator[Path]:
    """A file to write in the place of ``path``, for its owner alone: there as a whole, or not at all.

    A link to it stays one. Raises click.FileError where it cannot be written, and for what is no file, as a device is.
    """
    place = Path(os.path.realpath(path))
    try:
        if place.exists() and not place.is_file():
            raise click.FileError(str(path), "it cannot be written anew, as it is no regular file")
        handle, made = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    except OSError as error:
        raise click.FileError(str(path), f"it cannot be written here: {error.strerror}") from error
    os.close(handle)  # made for its owner alone
    new = Path(made)
    try:
        yield new
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(place)
    except OSError as error:
        raise click.FileError(str(path), f"it could not be written: {error.strerror}") from error
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def also_in_sheet(stories: Iterable[Story], path: Path | None) -> Iterator[Iterable[Story]]:
    """The stories, and each also in a sheet while they pass, where there is to be one; nothing in it is a formula."""
    if path is None:
        yield stories
        return
    with private_file(path) as new, new.open("w", encoding="utf-8", newline="") as file:
        file.write(written([HEADINGS]))

        def passing() -> Iterator[Story]:
            for story in stories:
                file.write(written(lines_of(story)))
                yield story

        yield passing()


def save_text(path: Path, text: str) -> None:
    """A text as a file for its owner alone. Raises click.FileError."""
    with private_file(path) as new:
        new.write_text(text, encoding="utf-8")


def print_report(figures: Figures) -> None:
    """The five sentences, then the figures as compact tables."""
    for n, one in enumerate(sentences(figures), 1):
        common.say(f"{n}. {one.text}")
    tone = tone_of(figures)
    up = {Tone.DID: "went up", Tone.WOULD: "would have gone up", Tone.BOTH: "went up, or would have"}[tone]
    _table(("stage", "limit", "half took", "in time", "took longer"), _stages(figures))
    _table(
        ("client", "tickets", up),
        [
            (name(client), f"{figures.tickets_by_client[client]:,}", f"{number:,}")
            for client, number in ranked(figures.by_client)
        ],
    )
    _table(
        ("board", "tickets", up),
        [
            (f"{board[0]}, {name(board[1])}", f"{figures.tickets_by_board[board]:,}", f"{number:,}")
            for board, number in ranked(figures.by_board)
        ],
    )
    _table(("not written down", "notes"), [(section, f"{number:,}") for section, number in ranked(figures.missing)])
    _table(
        ("overrides by", "applied", "refused"),
        [
            (name(by), f"{figures.applied_by[by]:,}", f"{figures.refused_by[by]:,}")
            for by, _ in ranked(figures.applied_by + figures.refused_by)
        ],
    )
    _table(
        ("training for", "in", "requests"),
        [(name(who), name(topic), f"{number:,}") for (who, topic), number in ranked(figures.trainings_of)],
    )
    _table(("left alone", "tickets"), [(why.value, f"{number:,}") for why, number in ranked(figures.alone)])
    _table((up, "ticket", "client", "from", "because", "then"), _listed(figures))


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if not rows:
        return
    common.say("")
    if not sys.stdout.isatty():  # a table has headings of its own there
        common.say(f"{headings[0].capitalize()}:")
    common.table(headings, rows[:_MOST_ROWS])
    if len(rows) > _MOST_ROWS:
        common.say(f"and {len(rows) - _MOST_ROWS:,} more: see --html or --csv")


def _stages(figures: Figures) -> list[tuple[str, ...]]:
    rows = []
    for (ladder, tier, stage), lengths in figures.lengths.items():
        where = f"{name(tier)}, {name(ladder)}" if ladder else name(tier)
        rows.append((f"{where}: to the {owed(stage)}", *_numbers(lengths)))
    return rows


def _numbers(lengths: Lengths) -> tuple[str, ...]:
    half = "-" if lengths.median is None else length_text(lengths.median)
    return (length_text(lengths.limit), half, f"{lengths.count - lengths.past:,}", f"{lengths.past:,}")


def _listed(figures: Figures) -> list[tuple[str, ...]]:
    slowest = sorted(figures.listed, key=lambda one: one.rise.limit_minutes - (one.after_minutes or 0))
    return [
        (
            moment_text(one.rise.at, figures.zone),
            f"{one.subject.connection} {one.subject.ticket}{' †' if one.subject.assumed else ''}",
            name(one.subject.client),
            name(one.rise.tier),
            because(one.rise),
            f"{one.came_of_it}{f' after {length_text(one.after_minutes)}' if one.after_minutes is not None else ''}",
        )
        for one in slowest
    ]
