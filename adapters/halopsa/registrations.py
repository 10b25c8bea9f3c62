"""The registration of our webhook at the instance: one webhook with its events, found again by its address.

An event is a notification of its own that names the webhook. The instance disables a webhook after repeated failures
(https://github.com/redanthrax/halopsa-node), and anybody with the right may edit it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from adapters.absence import NotThere
from adapters.halopsa.client import HaloClient
from adapters.halopsa.events import CATALOGUE, Event, lacking, numbers_of
from adapters.halopsa.mapping import optional_whole
from adapters.halopsa.variables import HaloSettings, WebhookBasic, WebhookBearer, WebhookProof
from adapters.payloads import address_alone, is_at, looks_at, text
from connector.errors import AdapterError, ConfigError, Forbidden, NotFound, OutcomeUnknown, PayloadError, Permanent
from connector.model import Registration
from connector.systems.kept import Kept

NAME = "Escalation connector"
_RIGHT = "administrator access to webhooks and notifications"
_SUBSCRIBE = "subscribe the webhook to its events"
_WEBHOOK, _BY_WEBHOOK = -2, 6


class Registrations:
    """The webhooks at one instance that point to our public address."""

    def __init__(self, client: HaloClient, settings: HaloSettings, webhook_url: str) -> None:
        self._client = client
        self._webhook_url = webhook_url
        self._proof = settings.proof
        self._catalogue = Kept(self._read_catalogue, client.http.options.monotonic)

    def registrations(self) -> list[Registration]:
        """Ours, in the order of their ids."""
        return [self._registration(row) for row in self._ours()]

    def register(self) -> Registration:
        """Leave exactly one active webhook with all events that the instance has; steps in this order:

        1. find ours; 2. without any, add one; 3. delete all but the best one; 4. send that one what it is to be,
        because its secret is never given out and may be an old one; 5. add the events that it lacks.
        """
        ours = self._ours()
        kept = next((row for row in ours if self._is_right(row)), ours[0] if ours else None)
        for row in ours:
            if kept is not None and row["id"] != kept["id"]:
                self._delete(row)
        if kept is None:
            kept = self._sent("register the webhook", self._wanted())
        else:
            kept = self._sent(f"set up the webhook {kept['id']}", {"id": kept["id"], **self._wanted()})
        self._add_events(text(kept.get("id")))
        return self._registration(kept)

    def remove(self) -> int:
        """Delete ours with their events; how many there were."""
        ours = self._ours()
        for row in ours:
            self._delete(row)
        return len(ours)

    def elsewhere(self) -> list[Registration]:
        """See the contract."""
        return [
            Registration(str(row["id"]), address_alone(text(row.get("url"))), _is_active(row))
            for row in self._rows()
            if not is_at(text(row.get("url")), self.url)
            and (text(row.get("name")) == NAME or looks_at(text(row.get("url")), self.url))
        ]

    def remove_elsewhere(self, registration: str) -> None:
        """See the contract."""
        if registration not in {one.id for one in self.elsewhere()}:
            raise NotFound(f"there is no webhook {registration} elsewhere that looks like ours")
        self._delete({"id": registration})

    def list_readable(self) -> None:
        """Read the list, to see whether that is allowed."""
        self._rows()

    @property
    def url(self) -> str:
        """The address to register."""
        if not self._webhook_url:
            raise ConfigError(
                [
                    "PUBLIC_URL is not set: it is what webhooks are registered with, such as https://escalator.example.com"
                ]
            )
        return self._webhook_url

    def _wanted(self) -> dict[str, Any]:
        return {
            "name": NAME,
            "url": self.url,
            "type": 0,
            "method": 0,
            "content_type": "application/json",
            "active": True,
            "disabled": False,
            **_authentication(self._proof),
        }

    def _rows(self) -> list[dict[str, Any]]:
        rows = self._client.rows("Webhook", "read the webhooks", _RIGHT, "webhooks")
        return sorted((row for row in rows if text(row.get("id"))), key=lambda row: str(row["id"]))

    def _ours(self) -> list[dict[str, Any]]:
        wanted = self.url
        return [row for row in self._rows() if is_at(text(row.get("url")), wanted)]

    def _is_right(self, row: Mapping[str, Any]) -> bool:
        """Whether a webhook is as it is to be, as far as it shows: secrets are not given out."""
        kind = optional_whole(row.get("authentication_type"), "Webhook: authentication_type")
        return (
            _is_active(row)
            and row.get("url") == self.url
            and kind == _authentication(self._proof)["authentication_type"]
            and optional_whole(row.get("method"), "Webhook: method") in (0, None)
        )

    def _sent(self, what: str, webhook: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post("Webhook", [webhook], what, _RIGHT)
        if not text(answer.get("id")) or not _is_active(answer) or text(answer.get("url")) != self.url:
            raise Permanent(f"{what}: the instance answered well, but the webhook is not as it was sent")
        return answer

    def _add_events(self, webhook: str) -> None:
        """Add the events that a webhook lacks, one by one: of several, one bad number refuses all.

        Raises what refused the first one, when the webhook has none in the end.
        """
        numbers = self._numbers()
        there = self._events_of(webhook)
        refusals: list[AdapterError] = []
        for event, number in numbers.items():
            if number not in there:
                try:
                    self._client.post("Notification", [_notification(webhook, event, number)], _SUBSCRIBE, _RIGHT)
                except Forbidden:
                    raise
                except (Permanent, OutcomeUnknown) as error:
                    refusals.append(error)
        if refusals and not self._events_of(webhook):
            raise refusals[0]

    def _events_of(self, webhook: str) -> set[int | None]:
        """The numbers of the events that a webhook is sent for."""
        params = {"webhook_id": webhook, "showall": "true"}
        rows = self._client.rows("Notification", _SUBSCRIBE, _RIGHT, "notifications", params)
        return {optional_whole(row.get("eventno"), "Notification: eventno") for row in rows if _is_of(row, webhook)}

    def _numbers(self) -> dict[Event, int]:
        return numbers_of(self._catalogue.get())

    def _read_catalogue(self) -> dict[int, str] | None:
        """The instance's events by number, None where it does not tell them."""
        what = "read the catalogue of events"
        try:
            rows = self._client.rows("Lookup", what, _RIGHT, "lookups", {"lookupid": CATALOGUE})
        except (NotThere, Permanent, PayloadError):
            return None
        found = ((optional_whole(row.get("id"), what), text(row.get("name"))) for row in rows)
        return {number: name for number, name in found if number is not None and name}

    def _registration(self, row: Mapping[str, Any]) -> Registration:
        address = urlsplit(text(row.get("url")))._replace(query="", fragment="").geturl()
        lacks = lacking(self._numbers(), self._events_of(str(row["id"])))
        return Registration(str(row["id"]), address, _is_active(row), lacks)

    def _delete(self, row: Mapping[str, Any]) -> None:
        what = f"delete the webhook {row['id']}"
        try:
            self._client.delete(f"Webhook/{quote(str(row['id']), safe='')}", what, _RIGHT)
        except NotThere:
            # Somebody else deleted it at the same moment: what was wanted holds, if it is really gone.
            if any(left["id"] == row["id"] for left in self._rows()):
                raise


def _authentication(proof: WebhookProof) -> dict[str, Any]:
    """How a webhook of ours proves itself, in Halo's fields (numbers: django-psa, halopsa-node)."""
    if isinstance(proof, WebhookBasic):
        return {"authentication_type": 1, "basic_username": proof.user, "basic_password": proof.passwords[0]}
    if isinstance(proof, WebhookBearer):
        return {"authentication_type": 2, "basic_password": proof.tokens[0]}
    return {
        "authentication_type": 3,
        "authentication_header": proof.header,
        "basic_password": proof.secrets[0],
        "algorithm": 0,
    }


def _notification(webhook: str, event: Event, number: int) -> dict[str, Any]:
    return {
        "webhook_id": webhook,
        "type": _WEBHOOK,
        "delivery_method": _BY_WEBHOOK,
        "name": f"{NAME}: {event.name}",
        "eventno": number,
        "conditions": [],
    }


def _is_of(notification: Mapping[str, Any], webhook: str) -> bool:
    """Whether an event is the webhook's: by the id, or by our name where a list does not tell the id."""
    told = text(notification.get("webhook_id"))
    if told:
        return told.casefold() == webhook.casefold()
    return text(notification.get("name")).startswith(f"{NAME}: ")


def _is_active(row: Mapping[str, Any]) -> bool:
    return row.get("active") is not False and row.get("disabled") is not True
