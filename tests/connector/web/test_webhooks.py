"""Webhooks: what is accepted, what is refused and in which order, and what is stored of it."""

from __future__ import annotations

import io
import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from connector.errors import KeyOutdated, KeyUnknown, PayloadError
from connector.store.database.errors import StoreUnavailable
from connector.store.group_commit import GroupCommit
from connector.store.records import ROW_BYTES, Finished, Source, key_row, unpack
from connector.systems.addresses import networks
from connector.systems.contract import Sender
from connector.web import unverified as unverified_webhooks
from connector.web import webhooks
from connector.web.keys import KeysAtHand
from connector.web.unverified import ANEW_SECONDS, BOUND_SECONDS, MOST_BYTES_MEANWHILE
from connector.web.webhooks import LONGEST_DELIVERY, MOST_BYTES, SAID_ONE_BY_ONE, WINDOW_SECONDS, bounded
from tests.connector.web.fakes import KEY
from tests.doubles import a_connection

GOOD = {"x-sign": "good"}
JSON = "application/json"
SECRET = "the client's secret words"


def post(client, body=None, headers=GOOD, content_type=JSON, path="/webhooks/psa", **more):
    data = json.dumps({"tickets": [4711]} if body is None else body) if not isinstance(body, bytes) else body
    return client.post(path, data=data, headers=headers, content_type=content_type, **more)


def claimed(desk, limit=10):
    return desk.mailbox.claim("worker", limit, timedelta(minutes=1), ["psa"])


def assert_problem(answer, status, code):
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert (answer.json["status"], answer.json["code"]) == (status, code)


def test_a_good_webhook_is_stored_and_wakes_the_worker(desk):
    answer = post(desk.client(), {"tickets": [4711, 4712]})
    assert (answer.status_code, answer.json) == (202, {"accepted": 2})
    assert len(desk.nudges) == 1
    claims = claimed(desk)
    assert [claim.ticket for claim in claims] == ["4711", "4712"]
    assert [(mail.source, mail.delivery, mail.body) for mail in claims[0].mail] == [(Source.WEBHOOK, "d1:4711", None)]


def test_a_replay_is_answered_202_with_nothing_accepted_and_nobody_woken(desk):
    client = desk.client()
    post(client)
    answer = post(client)
    assert (answer.status_code, answer.json) == (202, {"accepted": 0})
    assert len(desk.nudges) == 1


def test_a_webhook_about_no_ticket_is_accepted_and_stores_nothing(desk):
    answer = post(desk.client(), {"tickets": []})
    assert (answer.status_code, answer.json) == (202, {"accepted": 0})
    assert claimed(desk) == []


def test_the_adapter_sees_the_raw_body_lower_case_headers_and_the_last_query_value(desk):
    body = b'{ "tickets" : [1] }'
    post(desk.client(), body, path="/webhooks/psa?token=a&token=b")
    [seen] = desk.system.requests
    assert (seen.body, seen.headers["x-sign"], seen.query) == (body, "good", {"token": "b"})


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "application/vnd.psa+json", "Application/JSON"]
)
def test_json_media_types_are_accepted(desk, media_type):
    assert post(desk.client(), content_type=media_type).status_code == 202


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "image/svg+json"])
def test_other_media_types_are_refused_before_the_signature(desk, media_type):
    assert_problem(post(desk.client(), headers={}, content_type=media_type), 415, "unsupported_media_type")
    assert desk.system.requests == []


def test_a_wrong_signature_is_401_before_the_payload_is_looked_at(desk):
    answer = post(desk.client(), b"not json", headers={"x-sign": "bad"})
    assert_problem(answer, 401, "signature")
    assert "WWW-Authenticate" in answer.headers
    assert claimed(desk) == []


def test_a_wrong_payload_is_400_and_says_where(desk):
    answer = post(desk.client(), {"other": SECRET})
    assert_problem(answer, 400, "payload")
    assert (answer.json["field"], answer.json["detail"]) == ("$.tickets", "missing")


def test_a_body_in_which_no_signature_can_be_looked_for_is_400(desk, monkeypatch):
    def unreadable(request):
        raise PayloadError("$", "not JSON")

    monkeypatch.setattr(desk.system, "verify", unreadable)
    assert_problem(post(desk.client(), b"{"), 400, "payload")


@pytest.mark.parametrize("name", ["unknown", "other"])
def test_a_system_that_is_not_connected_is_404(desk, name):
    assert_problem(post(desk.client(), path=f"/webhooks/{name}"), 404, "unknown_system")


def test_only_post_is_allowed(desk):
    answer = desk.client().get("/webhooks/psa")
    assert_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


# -- size ------------------------------------------------------------------------------------------------------


class Counting(io.BytesIO):
    taken = 0

    def read(self, size=-1):
        part = super().read(size)
        self.taken += len(part)
        return part


def chunked(client, stream, headers=GOOD):
    environ = {"wsgi.input": stream, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return client.post("/webhooks/psa", headers=headers, content_type=JSON, environ_overrides=environ)


def padded(size):
    body = json.dumps({"tickets": [1]}).encode()
    return body + b" " * (size - len(body))


def test_the_largest_body_is_accepted_and_one_byte_more_is_413(desk):
    client = desk.client()
    assert post(client, padded(MOST_BYTES)).status_code == 202
    assert_problem(post(client, padded(MOST_BYTES + 1), headers={}, content_type="text/plain"), 413, "too_large")


def test_a_body_announced_as_too_large_is_not_read(desk):
    stream = Counting(b"x" * 100)
    environ = {"wsgi.input": stream, "CONTENT_LENGTH": str(MOST_BYTES + 1)}
    answer = desk.client().post("/webhooks/psa", headers=GOOD, content_type=JSON, environ_overrides=environ)
    assert_problem(answer, 413, "too_large")
    assert stream.taken == 0


def test_a_chunked_body_is_read_up_to_the_limit_and_no_further(desk):
    client = desk.client()
    assert chunked(client, io.BytesIO(padded(MOST_BYTES))).status_code == 202
    stream = Counting(b"x" * (3 * MOST_BYTES))
    assert_problem(chunked(client, stream), 413, "too_large")
    assert stream.taken == MOST_BYTES + 1


def test_a_body_without_length_that_is_not_terminated_counts_as_empty(desk):
    environ = {"wsgi.input": io.BytesIO(b"x" * 10), "CONTENT_LENGTH": ""}
    answer = desk.client().post("/webhooks/psa", headers=GOOD, content_type=JSON, environ_overrides=environ)
    assert_problem(answer, 400, "payload")
    assert desk.system.requests[0].body == b""


def test_a_body_that_ends_too_early_is_400(desk):
    environ = {"wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": "10"}
    answer = desk.client().post("/webhooks/psa", headers=GOOD, content_type=JSON, environ_overrides=environ)
    assert_problem(answer, 400, "incomplete")


def test_a_client_that_hangs_up_is_400(desk):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise ConnectionResetError("gone")

    assert_problem(chunked(desk.client(), Broken()), 400, "incomplete")


# -- unknown signing keys --------------------------------------------------------------------------------------


def unverified(client, number=1, **headers):
    return post(client, {"tickets": [number]}, headers={"x-sign": "unknown", **headers})


def test_with_an_unknown_key_the_webhook_waits_unverified_without_what_it_proved_itself_with(desk):
    body = b'{"tickets": [1]}'
    answer = post(desk.client(), body, headers={"x-sign": "unknown"}, path="/webhooks/psa?token=t")
    assert (answer.status_code, answer.json) == (202, {"accepted": 1})
    [claim] = claimed(desk)
    [mail] = claim.mail
    assert claim.ticket.startswith("@key:")
    assert mail.source is Source.UNVERIFIED
    request = unpack(mail)
    assert (request.body, request.headers["x-sign"], request.is_kept) == (body, "unknown", True)
    assert "token" not in json.dumps(dict(mail.headers))
    assert mail.headers["reference"] == KEY


def test_the_same_unverified_webhook_waits_once(desk):
    client = desk.client()
    unverified(client)
    assert unverified(client).json == {"accepted": 0}


def test_webhooks_that_wait_for_different_keys_wait_apart(desk, monkeypatch):
    client = desk.client()
    unverified(client, 1)

    def other(request):
        raise KeyUnknown("https://psa.example/key/2")

    monkeypatch.setattr(desk.system, "verify", other)
    unverified(client, 2)
    assert len({claim.ticket for claim in claimed(desk)}) == 2


def test_credentials_and_a_flood_of_headers_are_not_kept(desk):
    unverified(
        desk.client(),
        Authorization="Basic c2VjcmV0",
        Cookie="a=b",
        **{"X-Forwarded-For": "192.0.2.1", "X-Big": "x" * 9000},
    )
    [claim] = claimed(desk)
    assert set(unpack(claim.mail[0]).headers) == {"x-sign"}


def test_only_so_many_bytes_may_wait_unverified(desk):
    client = desk.client(most_unverified_bytes=3 * ROW_BYTES)
    assert [unverified(client, number).status_code for number in (1, 2)] == [202, 202]
    desk.later(2)
    answer = unverified(client, 3)
    assert_problem(answer, 503, "too_many_unverified")
    assert int(answer.headers["Retry-After"]) > 0
    assert post(client).status_code == 202


def test_a_flood_of_large_webhooks_with_unknown_keys_is_bounded_between_two_looks_too(desk):
    client = desk.client()
    answers = [post(client, padded(MOST_BYTES - n), headers={"x-sign": "unknown"}).status_code for n in range(40)]
    assert answers.count(202) * MOST_BYTES <= MOST_BYTES_MEANWHILE
    for _ in range(20):
        desk.later(BOUND_SECONDS)
        answers += [
            post(client, padded(MOST_BYTES - len(answers) - n), headers={"x-sign": "unknown"}).status_code
            for n in range(5)
        ]
    assert desk.mailbox.unverified_bytes("psa") <= 8 * 1024 * 1024
    assert answers[-5:] == [503] * 5


def test_a_webhook_that_does_not_fit_an_old_key_adds_nothing_and_has_the_key_fetched_anew_once(desk, monkeypatch):
    def outdated(request):
        raise KeyOutdated(KEY)

    monkeypatch.setattr(desk.system, "verify", outdated)
    client = desk.client()
    answers = [post(client, {"tickets": [number]}) for number in range(20)]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(503, "key_outdated")}
    assert desk.mailbox.unverified_waiting("psa") == 0
    [claim] = claimed(desk)
    assert (claim.ticket, claim.mail) == (key_row(KEY), ())
    assert len(desk.nudges) == 1
    desk.mailbox.finish([Finished(claim, None, is_gone=True)])
    post(client)
    assert claimed(desk) == []
    desk.later(ANEW_SECONDS)
    post(client)
    assert [one.ticket for one in claimed(desk)] == [key_row(KEY)]


# -- the store is away -----------------------------------------------------------------------------------------


def away(*_):
    raise StoreUnavailable("the disk is full", retry_after=7.2)


def test_a_webhook_that_cannot_be_stored_is_503_with_retry_after(desk):
    answer = post(desk.client(deliver=away))
    assert_problem(answer, 503, "not_stored")
    assert answer.headers["Retry-After"] == "8"
    assert desk.nudges == []


def test_an_outage_of_the_database_is_a_line_when_it_begins_and_one_when_it_is_over(desk):
    """However many webhooks, of however many systems, and whatever of theirs fails."""
    is_away = [False]

    def deliver(deliveries, within):
        if is_away[0]:
            with desk.mailbox.store.reading():
                raise OperationalError("SELECT 1", {}, Exception("the server is gone"))
        return desk.mailbox.deliver(deliveries)

    client = desk.client(deliver=deliver, connections={name: a_connection(desk.system) for name in ("psa", "other")})
    with capture_logs() as lines:
        post(client)
        is_away[0] = True
        for number in range(100):
            assert_problem(post(client, {"tickets": [number]}, path="/webhooks/other"), 503, "not_stored")
            assert_problem(unverified(client, number), 503, "not_stored")
            desk.later(0.5)
        is_away[0] = False
        for number in range(40):  # it comes back with two set-backs
            is_away[0] = number in (5, 10)
            post(client, {"tickets": [1000 + number]})
            desk.later(0.5)
    told = [line for line in lines if line["log_level"] != "debug" and not line["event"].startswith("database")]
    assert [line["event"] for line in told] == ["webhooks not stored", "webhooks stored again"]
    assert "the server is gone" in told[0]["error"]
    assert (told[1]["refused"], told[1]["seconds"]) == (202, 55.0)


def test_each_outage_of_the_database_has_its_own_lines(desk):
    is_away = [True]
    client = desk.client(deliver=lambda given, within: away() if is_away[0] else desk.mailbox.deliver(given))
    with capture_logs() as lines:
        for number in range(2):
            is_away[0] = True
            post(client)
            desk.later(30.0)
            is_away[0] = False
            post(client, {"tickets": [number]})
    told = [(line["event"], line.get("refused")) for line in lines if line["log_level"] != "debug"]
    assert told == [("webhooks not stored", None), ("webhooks stored again", 1)] * 2


def test_a_signing_key_that_cannot_be_looked_up_is_503(desk, monkeypatch):
    monkeypatch.setattr(desk.system, "verify", away)
    assert_problem(post(desk.client()), 503, "not_stored")


def test_unverified_webhooks_that_cannot_be_counted_are_503(desk, monkeypatch):
    monkeypatch.setattr(desk.mailbox, "unverified_bytes", away)
    assert_problem(unverified(desk.client()), 503, "not_stored")


@pytest.fixture
def impatient(desk):
    """A client of a system whose sender waits for a moment only, and sends again after 429 alone."""

    def client(patience=30.0, **changes):
        sender = Sender(patience_seconds=patience, busy_status=429)
        return desk.client(connections={"psa": a_connection(desk.system, sender=sender)}, **changes)

    return client


def test_a_sender_is_answered_as_it_understands_where_nothing_can_be_stored(desk, impatient, monkeypatch):
    answer = post(impatient(deliver=away))
    assert_problem(answer, 429, "not_stored")
    assert answer.headers["Retry-After"] == "8"
    assert_problem(unverified(impatient(most_unverified_bytes=0)), 429, "too_many_unverified")
    monkeypatch.setattr(desk.system, "verify", away)
    assert_problem(post(impatient()), 429, "not_stored")


@pytest.fixture
def hanging():
    """A question to a database that does not answer."""
    is_back = threading.Event()
    yield lambda *_: is_back.wait(30.0)
    is_back.set()


def test_a_sender_is_answered_before_its_patience_ends(desk, impatient, hanging, monkeypatch):
    group = GroupCommit(desk.mailbox)
    monkeypatch.setattr(desk.mailbox, "deliver", lambda deliveries: [hanging() for _ in deliveries])
    assert_problem(post(impatient(0.01, deliver=group.deliver)), 429, "not_stored")


def test_what_the_signature_took_is_of_the_senders_patience(desk, impatient, monkeypatch):
    given = []
    monkeypatch.setattr(webhooks, "monotonic", iter([100.0, 102.0]).__next__)
    client = impatient(3.5, deliver=lambda deliveries, within: given.append(within) or [True])
    assert post(client).status_code == 202
    assert given == [1.5]


def test_a_sender_is_answered_where_no_signing_key_can_be_looked_up_and_nothing_counted(
    desk, impatient, hanging, monkeypatch
):
    class Keys:
        every = staticmethod(hanging)

    keys = KeysAtHand(Keys(), within=0.01)
    monkeypatch.setattr(desk.system, "verify", lambda incoming: keys.get("key"))
    assert_problem(post(impatient()), 429, "not_stored")
    monkeypatch.undo()
    monkeypatch.setattr(unverified_webhooks, "ASKED_SECONDS", 0.01)
    monkeypatch.setattr(desk.mailbox, "unverified_bytes", hanging)
    assert_problem(unverified(impatient()), 429, "not_stored")


def test_an_impatient_senders_webhooks_are_taken_and_refused_like_all_others(desk, impatient):
    client = impatient()
    assert (post(client).status_code, unverified(client).status_code) == (202, 202)
    assert_problem(post(client, headers={"x-sign": "bad"}), 401, "signature")
    assert_problem(post(client, {"odd": 1}), 400, "payload")
    assert len(desk.nudges) == 2


def test_an_unexpected_error_is_500_without_a_word_of_it(desk, monkeypatch):
    def broken(request):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(desk.system, "parse", broken)
    answer = post(desk.client())
    assert_problem(answer, 500, "internal_error")
    assert SECRET not in answer.text


# -- what is told of it ----------------------------------------------------------------------------------------


def test_nothing_of_the_body_gets_into_log_or_answer(desk, caplog, capsys):
    client = desk.client()
    answers = [
        post(client, {"other": SECRET}),
        post(client, SECRET.encode()),
        post(client, {"other": SECRET}, headers={"x-sign": SECRET}),
    ]
    said = caplog.text + "".join(capsys.readouterr()) + "".join(answer.text for answer in answers)
    assert SECRET not in said


def test_webhooks_are_counted_by_what_became_of_them(desk):
    deps = desk.deps()
    client = desk.client(metrics=deps.metrics)
    post(client)
    post(client)
    post(client, headers={})
    post(client, {})
    post(client, {"tickets": []})
    unverified(client, 9)
    counted = {
        result: deps.metrics.registry.get_sample_value(
            "escalator_deliveries_total", {"system": "psa", "result": result}
        )
        for result in ("accepted", "duplicate", "signature", "payload", "irrelevant", "unverified")
    }
    assert counted == dict.fromkeys(counted, 1.0)


def test_an_overlong_delivery_name_is_stored_by_its_digest():
    assert bounded("a" * LONGEST_DELIVERY) == "a" * LONGEST_DELIVERY
    long = bounded("a" * (LONGEST_DELIVERY + 1))
    assert len(long) <= LONGEST_DELIVERY
    assert long != bounded("b" * (LONGEST_DELIVERY + 1))


def refusals_in(logs):
    return [(one["event"], one["code"], one.get("sender"), one.get("count")) for one in logs]


def test_the_log_says_who_sent_what_was_refused_and_believes_a_proxy_of_ours_alone(desk):
    said = {"X-Forwarded-For": "1.1.1.1, 203.0.113.9", "x-sign": "bad"}
    with capture_logs() as logs:
        post(desk.client(), headers=said)
        post(desk.client(trusted_proxies=networks(["127.0.0.1"])), headers=said)
    assert [one[2] for one in refusals_in(logs)] == ["127.0.0.1", "203.0.113.9"]


def test_of_a_flood_the_log_holds_a_few_lines_and_its_number(desk):
    client = desk.client()
    with capture_logs() as logs:
        for _ in range(SAID_ONE_BY_ONE + 500):
            post(client, headers={"x-sign": "bad"})
        post(client, {"odd": 1})
        desk.later(WINDOW_SECONDS)
        post(client, headers={"x-sign": "bad"})
    lines = [one for one in refusals_in(logs) if one[0] != "webhook stored"]
    assert [one[:2] for one in lines[:-2]] == [("webhook refused", "signature")] * SAID_ONE_BY_ONE + [
        ("webhook refused", "payload")
    ]
    assert lines[-2:] == [
        ("more webhooks refused", "signature", None, 500),
        ("webhook refused", "signature", "127.0.0.1", None),
    ]
