"""What the API is handed besides what the console has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.connection.paces import Pace
    from connector.web.api.access import TokenDoor


@dataclass(frozen=True, slots=True)
class ApiParts:
    """``token_door``: makes what lets tokens in; None for one that counts wrong ones by itself. ``pace``: how fast
    tickets are taken up and go up; None where nobody can tell.
    """

    token_door: Callable[[], TokenDoor] | None = None
    pace: Pace | None = None


NO_PARTS = ApiParts()
