"""The switches that make the simulated system fail, be slow, or behave in one of the ways that are not known.

All are off (or at the likeliest behaviour) in a new simulator. Everything that is chosen by method and path takes a
regular expression that is searched in the path below ``apis/3.0/``, such as ``tickets/493/notes$``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.connectwise.simulation.refusal import forbidden, no_endpoint, too_many
from adapters.simulation.faults import CallFaults
from adapters.simulation.refusal import Refusal


class Faults(CallFaults):
    """The switches of ``CallFaults``, where an ``outage`` is 404 for everything, and those of this system.

    Calls: ``cloud_mode``: a host without ``api-`` is answered "SSL is required."; ``bad_auth_status``: 401, 404 or
    400 ("Cannot route") for wrong credentials; ``page_size_cut``: the largest page; ``unknown_members``: fields that
    the version which is asked for does not know; ``date_filters_find_nothing``, as was seen on one site.
    Notes: ``all_notes_missing``: no such endpoint, or the refusal itself; ``all_notes_dates``: where ``allNotes``
    tells times, empty for nowhere, also ``dateCreated``; ``all_notes_name_no_ticket``; ``all_notes_number_apart``:
    time entries have numbers of their own there; ``notes_readable_after``: seconds of the clock until a note
    that came in over HTTP can be read; ``note_comes_back_public``: the detail flag is set whatever was sent;
    ``newlines_become_blanks``.
    Tickets: ``subpath_patch_works``: else 200 and no change; ``owner_removal``: which of ``remove``, ``null``
    and ``empty`` unset an owner, the others being refused, or with ``owner_removal_is_ignored`` answered 200
    without effect; ``board_move_needs_status``: else the new board's default is set;
    ``board_move_refuses``: which of ``type``, ``subType`` and ``item`` stay with a ticket that has them and are refused
    there, else they are unset; and ``customFields``, for one that is required where the ticket has a type;
    ``removal_is_ignored``: fields of which a ``remove`` has no effect;
    ``closed_tickets_refuse_patch``. A workflow rule runs after each PATCH over HTTP, ``workflow_times`` often
    (None: always), behind its answer: ``workflow_reverts`` names what it puts back (``owner``, ``status``,
    ``board``, ``team``, ``priority``), ``workflow_sets`` gives fields their raw values.
    Callbacks: ``skip_callback_honoured``, ``self_suppression_honoured``; ``callbacks_wrong_signature``;
    ``callbacks_key_url``: told in place of the true one.
    """

    NOTES = ("POST", re.compile(r"^service/tickets/\d+/notes$", re.IGNORECASE))

    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        **CallFaults.DEFAULTS,
        "cloud_mode": False,
        "bad_auth_status": 401,
        "page_size_cut": None,
        "unknown_members": frozenset(),
        "date_filters_find_nothing": False,
        "all_notes_missing": False,
        "all_notes_dates": frozenset({"_info/dateEntered", "_info/lastUpdated", "timeStart", "timeEnd"}),
        "all_notes_name_no_ticket": False,
        "all_notes_number_apart": False,
        "notes_readable_after": 0.0,
        "note_comes_back_public": False,
        "newlines_become_blanks": False,
        "subpath_patch_works": False,
        "owner_removal": frozenset({"remove"}),
        "owner_removal_is_ignored": False,
        "board_move_needs_status": False,
        "board_move_refuses": frozenset(),
        "removal_is_ignored": frozenset(),
        "closed_tickets_refuse_patch": False,
        "workflow_reverts": frozenset(),
        "workflow_sets": {},
        "workflow_times": None,
        "skip_callback_honoured": False,
        "self_suppression_honoured": False,
        "callbacks_wrong_signature": False,
        "callbacks_key_url": None,
    }

    cloud_mode: bool
    bad_auth_status: int
    page_size_cut: int | None
    unknown_members: frozenset[str]
    date_filters_find_nothing: bool
    all_notes_missing: bool | Refusal
    all_notes_dates: frozenset[str]
    all_notes_name_no_ticket: bool
    all_notes_number_apart: bool
    notes_readable_after: float
    note_comes_back_public: bool
    newlines_become_blanks: bool
    subpath_patch_works: bool
    owner_removal: frozenset[str]
    owner_removal_is_ignored: bool
    board_move_needs_status: bool
    board_move_refuses: frozenset[str]
    removal_is_ignored: frozenset[str]
    closed_tickets_refuse_patch: bool
    workflow_reverts: frozenset[str]
    workflow_sets: dict[str, Any]
    workflow_times: int | None
    skip_callback_honoured: bool
    self_suppression_honoured: bool
    callbacks_wrong_signature: bool
    callbacks_key_url: str | None

    def outage_refusal(self) -> Refusal:
        return no_endpoint()

    def failure(self, status: int) -> Refusal:
        return Refusal(status, {"code": "ConnectWiseApi", "message": f"The simulator was told to answer {status}."})

    def forbidden(self) -> Refusal:
        return forbidden()

    def too_many(self, retry_after: int | None) -> Refusal:
        return too_many(retry_after)

    def take_workflow_run(self) -> bool:
        """Whether the workflow rule runs now; counted down."""
        with self._lock:
            if not (self.workflow_reverts or self.workflow_sets) or self.workflow_times == 0:
                return False
            if self.workflow_times is not None:
                self.workflow_times -= 1
            return True
