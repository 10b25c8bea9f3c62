"""What can go wrong, by what is to be done about it; ground that everybody may stand on.

Adapters translate every exception of their libraries into the tree below:

    ConnectorError
    ├── ConfigError            the configuration is wrong; nothing was tried
    ├── PayloadError           outside data is not of the expected form; names the field
    ├── SignatureError         a webhook is not from whom it says it is
    ├── KeyUnknown             a webhook's signing key is not known yet; a worker must learn it
    │   └── KeyOutdated        … is known, but old, and does not fit: a worker must fetch it anew
    └── AdapterError           a call to the ticket system did not do what was asked
        ├── Temporary          may work later; carries retry_after in seconds, where the system said so
        │   ├── Busy           the call limit, the system's or our own: hold still; nothing failed
        │   └── Unreachable    perhaps the whole system: no connection, no answer, a server error, credentials refused
        ├── Permanent          will not work until somebody changes something; ``cause`` says what, for everybody's eyes
        │   ├── Forbidden      a right is missing; names it
        │   ├── NotFound       proven not to exist (never: "the look-up failed")
        │   ├── VisibleNote    a note that was to be internal came back visible to the client
        │   └── UnknownName    a configured name does not resolve; carries near matches
        └── OutcomeUnknown     sent, but no answer: it may or may not have happened
"""

from __future__ import annotations

from collections.abc import Sequence


class ConnectorError(Exception):
    """The base of every error that the connector raises on purpose."""


class ConfigError(ConnectorError):
    """The configuration is wrong. ``problems`` holds every problem found, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class PayloadError(ConnectorError):
    """Outside data is not of the expected form. ``field`` is the path of the offending field."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


class SignatureError(ConnectorError):
    """A webhook is not signed by whom it claims to come from."""


class KeyUnknown(ConnectorError):
    """The signing key that a webhook refers to is not known yet.

    ``reference`` is what ``TicketSystem.learn_key`` takes to fetch it; the host was already found to be allowed.
    """

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__("the signing key of this webhook has not been fetched yet")


class KeyOutdated(KeyUnknown):
    """A webhook does not fit its signing key, which was fetched so long ago that it may have been changed since."""


class AdapterError(ConnectorError):
    """A call to the ticket system did not do what was asked."""


class Temporary(AdapterError):
    """It may work later. ``retry_after``: seconds that the system asked us to wait, if it did."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Busy(Temporary):
    """The call limit, the system's or our own, is reached: hold still for ``retry_after`` seconds. Nothing failed.

    ``lane``: the number of the only lane that is out of calls; None where nobody may call.
    """

    def __init__(self, message: str, retry_after: float, lane: int | None = None) -> None:
        self.lane = lane
        super().__init__(message, retry_after)


class Unreachable(Temporary):
    """The ticket system may not serve us at all: no connection, no answer, a server error, or it refuses who we are.

    Whether that is so of all tickets or of this one, ``Line.probe`` tells. ``cause``: which of these it is, in a few
    words for everybody's eyes: without a ticket, a person, a client or a host.
    """

    def __init__(self, message: str, retry_after: float | None = None, *, cause: str = "") -> None:
        self.cause = cause
        super().__init__(message, retry_after)


class Permanent(AdapterError):
    """It will not work until somebody changes something.

    ``cause``: in a few words what is refused and why (a right, a field, a status, a place), without a ticket, a person,
    a client or a host; empty where that cannot be said.
    """

    def __init__(self, message: str, cause: str = "") -> None:
        self.cause = cause
        super().__init__(message)


class Forbidden(Permanent):
    """A right is missing; the message names it."""


class NotFound(Permanent):
    """The thing is proven not to exist."""


class VisibleNote(Permanent):
    """ALARM: a note that was to be internal came back visible to the client. It must not be repeated."""


class UnknownName(Permanent):
    """A configured name does not resolve. ``near`` lists similar names that exist."""

    def __init__(self, kind: str, name: str, near: Sequence[str] = ()) -> None:
        self.kind = kind
        self.name = name
        self.near = tuple(near)
        hint = f"; did you mean {' or '.join(repr(n) for n in self.near)}?" if self.near else ""
        is_person = any(word in kind for word in ("member", "user", "agent"))
        cause = f"a configured {kind} is not known" if is_person else f"there is no {kind} named {name!r}"
        super().__init__(f"there is no {kind} named {name!r}{hint}", cause)


class OutcomeUnknown(AdapterError):
    """The call was sent and no answer came: it may or may not have happened."""
