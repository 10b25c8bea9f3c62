"""People whom an identity provider vouched for when they logged in, and the proof of that in their session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.web.console.gate import Role, Viewer
from connector.web.login.keys import Signing

OIDC = "oidc"
"""Where such a person is from, in a session."""


@dataclass(frozen=True, slots=True)
class OutsidePerson:
    """Somebody of an identity provider. ``subject``: what that calls them for good."""

    subject: str
    viewer: Viewer


class OutsidePeople:
    """Proves sessions without asking the provider. ``said``: all that the configuration says of it: with another one
    every session is over.
    """

    def __init__(self, signing: Signing, said: tuple[str, ...]) -> None:
        self._signing = signing
        self._said = said

    def proof(self, person: OutsidePerson) -> str:
        """What changes with anything of a person, or of what is configured."""
        viewer = person.viewer
        return self._signing.digest(
            "outside person", *self._said, person.subject, viewer.name, viewer.role.name, viewer.member
        )

    def is_proof(self, given: str, person: OutsidePerson) -> bool:
        """Whether that is the proof, in a time that tells nothing of it."""
        viewer = person.viewer
        return self._signing.is_digest(
            given, "outside person", *self._said, person.subject, viewer.name, viewer.role.name, viewer.member
        )


def kept_in_session(person: OutsidePerson) -> dict[str, str]:
    """What a session holds of a person, besides the name."""
    viewer = person.viewer
    return {"way": OIDC, "subject": person.subject, "role": viewer.role.name, "member": viewer.member}


def person_of_session(name: str, kept: Mapping[str, object]) -> OutsidePerson | None:
    """The person that a session holds; None where it holds none."""
    match kept:
        case {"way": "oidc", "subject": str(subject), "role": str(role), "member": str(member)} if (
            role in Role.__members__
        ):
            return OutsidePerson(subject, Viewer(name, Role[role], member, subject=subject))
    return None
