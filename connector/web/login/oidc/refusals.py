"""Why somebody is not let in who came by way of the identity provider."""

from __future__ import annotations

NOT_PROVEN = "not proven"


class NotLetIn(Exception):
    """A refusal. ``reason`` and ``detail``: for the log, in words of ours; ``words``: for whoever stands there;
    ``status``: of HTTP.
    """

    def __init__(self, reason: str, words: str, status: int = 403, detail: str = "") -> None:
        self.reason = reason
        self.words = words
        self.status = status
        self.detail = detail
        super().__init__(reason)

    @property
    def is_counted(self) -> bool:
        """Whether somebody may have tried something."""
        return self.reason == NOT_PROVEN


def away(why: str) -> NotLetIn:
    """The provider cannot be asked, or what it answers is of no use. ``why``: a sentence's end, in our own words."""
    words = f"The identity provider cannot be used at this moment: {why}. Nobody was logged in; try again in a minute."
    return NotLetIn("provider away", words, 503, why)


def busy() -> NotLetIn:
    """Too many ask the provider at this moment."""
    return NotLetIn("provider busy", "Too many people log in at this moment. Try again in a few seconds.", 503)


def not_proven(what: str) -> NotLetIn:
    """What the provider is said to have signed does not prove anybody. ``what``: that is wrong with it."""
    words = (
        "What came back from the identity provider does not prove who you are, so nobody was logged in. Please try "
        "again; if it stays so, the log of this service says what is wrong."
    )
    return NotLetIn(NOT_PROVEN, words, 403, what)
