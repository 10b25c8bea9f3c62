"""What a token may do, by names; and which role may do it in a browser's session."""

from __future__ import annotations

from enum import StrEnum

from connector.web.console.gate import Role


class ApiScope(StrEnum):
    """One thing that a token may be allowed. None of them acts on a ticket: who decides there is a person."""

    READ = "read"
    READ_AUDIT = "read-audit"
    SET_BRAKE = "set-brake"
    REPLAY = "replay-dead-letters"

    @property
    def words(self) -> str:
        """What it lets somebody do."""
        return _WORDS[self]

    @property
    def role(self) -> Role:
        """Who may do it in a session."""
        return _ROLES[self]


_WORDS = {
    ApiScope.READ: "read tickets and why, escalations, overrides, the report, the brake and dead letters",
    ApiScope.READ_AUDIT: "read the whole audit trail, with the hashes that prove it",
    ApiScope.SET_BRAKE: "hold the brake, and release it",
    ApiScope.REPLAY: "have dead letters tried again",
}
_ROLES = {
    ApiScope.READ: Role.VIEWER,
    ApiScope.READ_AUDIT: Role.VIEWER,
    ApiScope.SET_BRAKE: Role.MANAGER,
    ApiScope.REPLAY: Role.ADMINISTRATOR,
}
