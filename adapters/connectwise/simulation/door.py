"""Around every call to the simulated system: who may call, lists, errors and headers."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from adapters.connectwise.simulation.conditions import Query
from adapters.connectwise.simulation.listing import Source, answer_list, count, partial
from adapters.connectwise.simulation.refusal import bad_request, no_endpoint, not_found
from adapters.connectwise.simulation.state import ROUTER, State
from adapters.connectwise.simulation.vocabulary import (
    TICKET,
    Vocabulary,
)
from adapters.simulation.door import FrontDoor, as_json
from adapters.simulation.refusal import Json, Refusal

LONGEST_QUERY = 10_000
_API = "/<codebase>/apis/3.0/"


class Access:
    """Who may call: pairs of keys with the member that each stands for."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.keys: dict[str, tuple[str, int]] = {}

    def add(self, public_key: str, private_key: str, member: int) -> None:
        self.keys[public_key] = (private_key, member)


class Door(FrontDoor):
    """Serves views at addresses below ``apis/3.0`` to those who may call."""

    def __init__(self, app: Flask, state: State, access: Access) -> None:
        super().__init__(app, state)
        self.state = state
        self._access = access

    def on(self, method: str, path: str, answer: Callable[..., Any]) -> None:
        """Serve ``answer`` at an address below ``apis/3.0``: JSON, (JSON, status) or a Response."""

        def view(codebase: str, **parts: Any) -> Response:
            self._let_in(codebase)
            self._check_members()
            found = answer(**parts)
            if isinstance(found, Response):
                return found
            body, status = found if isinstance(found, tuple) else (found, 200)
            return as_json(body, status)

        self.serve(method, _API + path, view)

    def list(self, path: str, vocabulary: Vocabulary, source: Callable[..., Source], counted: bool = True) -> None:
        def listed(**parts: Any) -> Response:
            return self.answer_list(vocabulary, source(**parts), request.args)

        self.on("GET", path, listed)
        if counted:
            self.on("GET", f"{path}/count", lambda **parts: count(vocabulary, source(**parts), request.args))

    def _let_in(self, codebase: str) -> None:
        """Raise Refusal for a call from whom or where it may not come."""
        state = self.state
        if state.faults.cloud_mode and not request.host.startswith("api-"):
            raise Refusal(403, {"code": "Security", "message": "SSL is required.", "errors": None})
        if codebase + "/" not in (state.codebase, ROUTER):
            raise no_endpoint()
        g.member = self._authenticated()
        if request.headers.get("clientId", "") != self._access.client_id:
            raise Refusal(403, {"code": "Security", "message": "The clientId header is missing or not known."})
        if len(request.query_string) > LONGEST_QUERY:
            raise Refusal(414, {"code": "ConnectWiseApi", "message": "The request address is too long."})

    def _check_members(self) -> None:
        """Raise Refusal for a field that the version which is asked for does not know."""
        unknown = self.state.faults.unknown_members
        sent = request.get_json(silent=True) if unknown else None
        for name in sorted(unknown & set(sent if isinstance(sent, dict) else ())):
            message = f"Could not find member '{name}' on object; check your accept header."
            raise bad_request("ConnectWiseApi", message)

    def _authenticated(self) -> Json:
        """The member that calls. Wrong company: 404; wrong keys: as the switch says."""
        header = request.headers.get("Authorization", "")
        try:
            text = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
        user, _, private_key = text.partition(":")
        company, _, public_key = user.partition("+")
        known = self._access.keys.get(public_key)
        is_company = company.lower() == self.state.company.lower()
        if known is None or not hmac.compare_digest(known[0].encode(), private_key.encode()):
            raise self._bad_auth()
        if not is_company:
            raise no_endpoint() if self.state.faults.bad_auth_status == 401 else self._bad_auth()
        return self.state.members[known[1]]

    def _bad_auth(self) -> Refusal:
        status = self.state.faults.bad_auth_status
        if status == 404:
            return no_endpoint()
        if status == 400:
            return bad_request("ConnectWiseApi", "Cannot route. Codebase/company is invalid")
        return Refusal(401, {"code": "Unauthorized", "message": "Unauthorized: bad credentials."})

    def http_error(self, error: HTTPException) -> Response:
        if error.code == 404:
            return self.refused(no_endpoint())
        body = {"code": "ConnectWiseApi", "message": error.name}
        return as_json(body, error.code or 500)

    def headed(self, answer: Response) -> Response:
        answer = super().headed(answer)
        answer.headers["x-cw-request-id"] = str(uuid.uuid4())
        answer.headers["x-server-name"] = "simulator"
        answer.headers["api-current-version"] = "2025.1"
        return answer

    def actor(self) -> str:
        return str(g.member["identifier"])

    def answer_list(self, vocabulary: Vocabulary, source: Source, args: Mapping[str, str]) -> Response:
        is_forward = request.headers.get("pagination-type", "").lower() == "forward-only"
        cut = self.state.faults.page_size_cut
        if self.state.faults.date_filters_find_nothing and "[" in args.get("conditions", ""):
            source = _nothing
        records, headers = answer_list(vocabulary, source, args, is_forward, request.base_url, cut)
        if vocabulary is TICKET and self.state.distortions:
            records = [self.state.shown(record) if "id" in record else record for record in records]
        answer = as_json(records)
        answer.headers.extend(headers)
        return answer

    def cut(self, vocabulary: Vocabulary, record: Json) -> Json:
        return partial(vocabulary, record, request.args.get("fields", ""))

    def one(self, table: Mapping[int, Json], number: int, what: str) -> Json:
        if number not in table:
            raise not_found(what, number)
        return table[number]


def sent_json() -> Any:
    """The JSON that was sent. Raises Refusal (415 for another media type, 400 for what is no JSON)."""
    if request.mimetype != "application/json":
        raise Refusal(415, {"code": "ConnectWiseApi", "message": "Unsupported Media Type"})
    try:
        return json.loads(request.get_data())
    except ValueError:
        raise bad_request("InvalidBody", "The body is not JSON.") from None


def sent_object() -> Json:
    """The JSON object that was sent. Raises Refusal."""
    found = sent_json()
    if not isinstance(found, dict):
        raise bad_request("InvalidBody", "The body must be an object.")
    return found


def _nothing(query: Query) -> list[Json]:
    return []
