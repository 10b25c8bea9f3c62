"""The registration of our webhook at the site: exactly one, found again and repaired.

The site disables a callback that failed for three days, and anybody with the right may edit it. The site's
filters are not trusted: what is ours is decided here, by the address up to its query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from adapters.absence import NotThere
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.mapping import record_id
from adapters.connectwise.refusals import Refused
from adapters.connectwise.variables import ConnectWiseSettings
from adapters.payloads import address_alone, is_at, looks_at, text
from connector.errors import ConfigError, NotFound, Permanent
from connector.model import Registration

DESCRIPTION = "Escalation connector: tells it which tickets changed"
RIGHT = "the right to manage callbacks (System > API members; all rights where unsure)"
_WANTED = {"type": "ticket", "level": "owner", "objectId": 1}


class Callbacks:
    """The callbacks at one site that point to our public address."""

    def __init__(self, client: ConnectWiseClient, settings: ConnectWiseSettings, webhook_url: str) -> None:
        self._client = client
        self._webhook_url = webhook_url
        self._token = settings.webhook_token[0] if settings.webhook_token else ""

    def registrations(self) -> list[Registration]:
        """Ours, in the order of their ids; tokens in their addresses are masked."""
        return [self._registration(row) for row in self._ours()]

    def register(self) -> Registration:
        """Leave exactly one active registration; steps in this order:

        1. find ours; 2. without any, add one (if the site says that it exists, find it without a filter);
        3. delete all but the best one, which might stand in its way; 4. repair that one.
        """
        ours = self._ours()
        if not ours:
            ours = self._added()
        kept = next((row for row in ours if self._is_right(row)), ours[0])
        for row in ours:
            if row["id"] != kept["id"]:
                self._delete(row)
        return self._registration(kept if self._is_right(kept) else self._repaired(kept))

    def remove(self) -> int:
        """Delete ours; how many there were."""
        ours = self._ours()
        for row in ours:
            self._delete(row)
        return len(ours)

    def elsewhere(self) -> list[Registration]:
        """See the contract."""
        return [
            replace(self._registration(row), url=address_alone(text(row.get("url"))))
            for row in self._rows()
            if not is_at(text(row.get("url")), self._base())
            and (text(row.get("description")) == DESCRIPTION or looks_at(text(row.get("url")), self._base()))
        ]

    def remove_elsewhere(self, registration: str) -> None:
        """See the contract."""
        if registration not in {one.id for one in self.elsewhere()}:
            raise NotFound(f"there is no callback {registration} elsewhere that looks like ours")
        self._delete({"id": int(registration)})

    def list_readable(self) -> None:
        """Read the list, to see whether that is allowed."""
        for _ in self._rows():
            return

    @property
    def url(self) -> str:
        """The address to register. The site appends the record's id to it as raw text."""
        token = f"token={quote(self._token, safe='')}&" if self._token else ""
        return f"{self._base()}?{token}recordId="

    def _base(self) -> str:
        if not self._webhook_url:
            raise ConfigError(
                [
                    "PUBLIC_URL is not set: it is what webhooks are registered with, such as https://escalator.example.com"
                ]
            )
        return self._webhook_url

    def _rows(self, conditions: str = "") -> list[dict[str, Any]]:
        what = "read the callbacks"
        rows = list(self._client.pages("system/callbacks", what, RIGHT, conditions))
        for row in rows:
            record_id(row, "system/callbacks")
        return sorted(rows, key=lambda row: int(row["id"]))

    def _ours(self) -> list[dict[str, Any]]:
        host = urlsplit(self._base()).hostname or ""
        return [row for row in self._rows(f'url contains "{host}"') if is_at(text(row.get("url")), self._base())]

    def _is_right(self, row: Mapping[str, Any]) -> bool:
        return (
            text(row.get("type")).casefold() == _WANTED["type"]
            and text(row.get("level")).casefold() == _WANTED["level"]
            and row.get("objectId") == _WANTED["objectId"]
            and row.get("url") == self.url
            and row.get("inactiveFlag") is not True
        )

    def _added(self) -> list[dict[str, Any]]:
        payload = {
            **_WANTED,
            "url": self.url,
            "description": DESCRIPTION,
            "payloadVersion": "3.0.0",
            "inactiveFlag": False,
        }
        what = "register the webhook"
        try:
            return [_record(self._client.send("POST", "system/callbacks", what, RIGHT, payload), what)]
        except Refused as error:
            if "ObjectExists" not in error.codes:
                raise
            ours = [row for row in self._rows() if is_at(text(row.get("url")), self._base())]
            if not ours:
                raise Permanent(
                    f"{what}: the site says that there is one already, but lists none with this address; "
                    "look for a callback of another integration with the same level"
                ) from error
            return ours

    def _repaired(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Set what is wrong in place, keeping the site's id; a registration that refuses is replaced."""
        what = f"repair the webhook registration {row['id']}"
        wanted = {**_WANTED, "url": self.url, "inactiveFlag": False}
        changes = [{"op": "replace", "path": name, "value": value} for name, value in wanted.items()]
        try:
            path = f"system/callbacks/{row['id']}"
            repaired = _record(self._client.send("PATCH", path, what, RIGHT, changes), what)
        except Refused:
            self._delete(row)
            repaired = self._added()[0]
        if not self._is_right(repaired):
            raise Permanent(f"{what}: the site answered well, but the registration is not as it was sent")
        return repaired

    def _delete(self, row: Mapping[str, Any]) -> None:
        try:
            path = f"system/callbacks/{row['id']}"
            self._client.send("DELETE", path, f"delete the webhook registration {row['id']}", RIGHT)
        except NotThere:
            # Somebody else deleted it at the same moment: what was wanted holds, if it is really gone.
            if any(left["id"] == row["id"] for left in self._rows()):
                raise

    def _registration(self, row: Mapping[str, Any]) -> Registration:
        parts = urlsplit(text(row.get("url")))
        shown = "token=***&recordId=" if "token=" in parts.query else parts.query
        return Registration(
            str(row["id"]), urlunsplit(parts._replace(query=shown)), row.get("inactiveFlag") is not True
        )


def _record(answer: Any, what: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise Permanent(f"{what}: the answer is no record")
    record_id(answer, what)
    return answer
