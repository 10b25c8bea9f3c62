"""Stories of a service desk: what people do to a ticket, and what the connector is to do, and not to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tests.e2e.rt.api import CLIENT, JUDGE
from tests.e2e.rt.telling import DIAGNOSIS, FIRST, FIX, LAST, SECOND, SLACK, Story, after


def no_plan(story: Story) -> None:
    """Taken, and no plan: up at the limit. There a plan and a fix in time."""
    touched = story.taken()
    arrived = story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.until(after(arrived, DIAGNOSIS), before=SLACK)
    planned = story.comments("sam", "Plan: a new fuser")
    story.until(after(planned, FIX), before=SLACK)
    story.stays(after(story.becomes("resolved", "sam"), DIAGNOSIS))


def plan_and_fix_in_time(story: Story) -> None:
    """A plan in time, a fix in time: nothing."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS), before=SLACK)
    planned = story.comments("tess", "Diagnosis plan: look at the beacon")
    story.until(after(planned, FIX), before=SLACK)
    story.stays(after(story.becomes("resolved"), DIAGNOSIS))


def plan_but_no_fix(story: Story) -> None:
    """A plan in time and no fix: up at the limit of the fix, counted from the plan."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS / 4))
    planned = story.comments("tess", "I looked at it.\nPlan: swap the cable")
    story.goes_up(after(planned, FIX), FIRST, SECOND)
    story.becomes("resolved", "sam")


def resolved_just_before(story: Story) -> None:
    """Resolved just before the limit, without any plan: nothing."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS), before=SLACK)
    story.becomes("resolved")
    story.stays(after(touched, DIAGNOSIS + FIX))


def pause(story: Story) -> None:
    """Waiting does not count: the limit moves by as long as it lasted."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS / 3))
    stalled = story.becomes("stalled")
    story.stays(after(touched, DIAGNOSIS))
    opened = story.becomes("open")
    paused = (opened - stalled).total_seconds()
    story.goes_up(after(touched, DIAGNOSIS + paused), FIRST, SECOND)
    story.becomes("resolved", "sam")


def silent_to_the_end(story: Story) -> None:
    """Nobody ever touches it again: up, up, the final escalation, a word to the client, a reminder."""
    touched = story.taken()
    second = story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    last = story.goes_up(after(second, DIAGNOSIS), SECOND, LAST)
    story.ends_in_final_escalation(after(last, DIAGNOSIS))
    story.becomes("resolved", "irene")


def moved_by_a_person(story: Story) -> None:
    """A person moves it: the old limit is gone, the new tier's counts from the move."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS / 3))
    moved = story.moved(SECOND)
    story.until(after(touched, DIAGNOSIS))
    story.goes_up(after(moved, DIAGNOSIS), SECOND, LAST)
    story.becomes("resolved", "irene")


def moved_away(story: Story) -> None:
    """A person moves it to where no tier lives: nothing."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS / 3))
    story.moved("Projects")
    story.stays(after(touched, DIAGNOSIS + FIX))
    story.becomes("resolved")


def merged(story: Story) -> None:
    """Merged into another ticket: that one's clock goes on, and nothing is written twice."""
    kept = Story(story.instance)
    kept.opened("The same, and kept")
    touched = kept.taken("tom")
    story.taken()
    story.until(after(touched, DIAGNOSIS / 3))
    story.api("tess").merge(story.ticket, kept.ticket)
    kept.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    kept.becomes("resolved", "sam")
    kept.stays(after(touched, DIAGNOSIS + FIX))
    story.lateness += kept.lateness
    story.ticket, story.escalations = kept.ticket, kept.escalations


def deleted(story: Story) -> None:
    """Deleted before the limit: nothing."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS / 3))
    story.becomes("deleted", "maria")
    story.stays(after(touched, DIAGNOSIS + FIX))


def the_client_writes(story: Story) -> None:
    """The client's reply neither stops a clock nor starts it anew."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS / 3))
    story.replies(CLIENT, "Is anybody there?")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def the_clients_plan(story: Story) -> None:
    """A plan in the client's words is no plan."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS / 4))
    story.replies(CLIENT, "Plan: you call me back")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def given_to_a_colleague(story: Story) -> None:
    """Another technician of the same tier gets no new time."""
    touched = story.taken("tess")
    story.until(after(touched, DIAGNOSIS / 3))
    story._act("tess", lambda api: api.change(story.ticket, Owner="tom"))
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def reopened(story: Story) -> None:
    """The client's reply opens a resolved ticket again: the clock counts from there."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS / 4))
    story.becomes("resolved")
    story.stays(after(touched, DIAGNOSIS))
    again = story.replies(CLIENT, "It smokes again")
    assert story.api(JUDGE).ticket(story.ticket)["Status"] == "open"
    story.goes_up(after(again, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def untouched(story: Story) -> None:
    """Nobody has touched it: no clock on the first tier. The first comment starts it."""
    story.stays(after(datetime.now(UTC), DIAGNOSIS + SLACK))
    touched = story.comments("tom", "Calling the client back")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def by_command(story: Story) -> None:
    """A technician asks for it, with what it takes: up at once."""
    story.taken()
    asked = story.comments(
        "tess", "/escalate knowledge\nSteps attempted:\n- new cable\nError codes: none\nResearch: none found"
    )
    story.goes_up(asked, FIRST, SECOND)
    story.becomes("resolved", "sam")


def by_command_and_incomplete(story: Story) -> None:
    """What is missing is asked for once; the limit stays what it was."""
    touched = story.taken()
    story.is_answered(story.comments("tess", "/escalate permission"), "permission")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def overridden(story: Story) -> None:
    """A manager says why the limit does not apply: confirmed, and nothing goes up."""
    touched = story.taken()
    story.is_answered(story.comments("maria", "/override none because the vendor calls back today"), "Maria Desk")
    story.stays(after(touched, DIAGNOSIS + FIX))
    story.becomes("resolved")


def overridden_by_anybody(story: Story) -> None:
    """Who is no manager gets an answer, and the limit stays what it was."""
    touched = story.taken()
    story.is_answered(story.comments("tess", "/override none because I am nearly there"), "manager")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def the_clients_commands(story: Story) -> None:
    """What a client writes is no command."""
    touched = story.taken()
    story.replies(CLIENT, "/escalate urgency the whole office\n/override none because we are in no hurry")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


STORIES: tuple[Callable[[Story], None], ...] = (
    no_plan,
    plan_and_fix_in_time,
    plan_but_no_fix,
    resolved_just_before,
    pause,
    silent_to_the_end,
    moved_by_a_person,
    moved_away,
    merged,
    deleted,
    the_client_writes,
    the_clients_plan,
    given_to_a_colleague,
    reopened,
    untouched,
    by_command,
    by_command_and_incomplete,
    overridden,
    overridden_by_anybody,
    the_clients_commands,
)
