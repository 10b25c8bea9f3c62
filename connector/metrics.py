"""What Prometheus may ask: counters of what this process did, and gauges read from the database at each scrape.

The gauges are the same whichever process answers. The counters belong to the process that did the work; in a web
service of several processes they are summed over all of them (see ``connector.app.serve``). A worker that runs apart
from the web service counts for itself alone; what it leaves in the database is in everybody's gauges. Nothing here
names a person, a ticket, a client or a host: anybody may scrape it.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connector.store import heartbeats
from connector.store.connections import Connections
from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.outages import back_since
from connector.store.pace.adoption import Adoptions
from connector.store.pace.brake import Brakes
from connector.store.records import AuditEvent, Event, Failed, LetGo, Outcome
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.contract import Connection

PREFIX = "escalator"
ESCALATING = frozenset({Event.ESCALATED, Event.FINAL_ESCALATION, Event.WOULD_ESCALATE})
"""The audit events that are an escalation, carried out or only observed."""

OVERRIDES = {Event.OVERRIDE_APPLIED: "applied", Event.OVERRIDE_REFUSED: "refused"}
"""The audit events that are a manager's decision, or somebody's who took himself for one; and what came of it."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's

_LATENESS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = self._counter("deliveries", "Webhooks received, by what became of them", "system", "result")
        self.turns = self._counter("turns", "Turns taken, by how they ended", "system", "outcome")
        self.escalations = self._counter(
            "escalations", "Escalations, by the tier that they left", "system", "tier", "reason", "mode"
        )
        self.assignments = self._counter(
            "assignments", "Tickets that arrived at a tier, by who got them", "system", "how"
        )
        self.overrides = self._counter("overrides", "Overrides, by what came of them", "system", "result")
        self.logins = self._counter("logins", "Log-ins to the console and log-outs, by what became of them", "result")
        self.calls = self._counter(
            "calls", "Calls to ticket systems; status 0: no answer", "system", "method", "status"
        )
        self.lateness = Histogram(
            f"{PREFIX}_deadline_lateness_seconds",
            "From the moment to act on a breach until the escalation was done",
            ["system"],
            registry=self.registry,
            buckets=_LATENESS,
        )
        self.batches = Histogram(
            f"{PREFIX}_delivery_batch", "Deliveries stored in one transaction", registry=self.registry, buckets=_BATCH
        )

    def count_outcome(self, outcome: Outcome, now: Callable[[], datetime]) -> None:
        """Count a turn that ended, and what the audit trail tells of its end."""
        self.turns.labels(outcome.claim.connection, _ending(outcome)).inc()
        self.count_events(outcome.claim.connection, outcome.audit, now)

    def count_events(self, system: str, events: Sequence[AuditEvent], now: Callable[[], datetime]) -> None:
        """Count what the audit trail was told: escalations, with how late they are by ``now``, and overrides."""
        for event in events:
            if event.event in ESCALATING:
                self._count_escalation(system, event.detail, now())
            elif event.event in OVERRIDES:
                self.overrides.labels(system, OVERRIDES[event.event]).inc()

    def _count_escalation(self, system: str, detail: Mapping[str, object], now: datetime) -> None:
        tier, reason, mode = (str(detail.get(name, "unknown")) for name in ("from_tier", "reason", "mode"))
        self.escalations.labels(system, tier, reason, mode).inc()
        if how := detail.get("assigned_by"):
            self.assignments.labels(system, str(how)).inc()
        due = detail.get("act_at") or detail.get("due_at")
        if isinstance(due, str):
            self.lateness.labels(system).observe(max(0.0, (now - datetime.fromisoformat(due)).total_seconds()))

    def count_call(self, system: str, method: str, status: int, _seconds: float = 0.0) -> None:
        """Count a call to a ticket system; how long it took is not told."""
        self.calls.labels(system, method, str(status)).inc()

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", meaning, labels, registry=self.registry)


class DatabaseCollector(Collector):
    """Gauges worked out from the database when they are asked for. Without a database: ``escalator_database_up 0``."""

    def __init__(self, mailbox: Mailbox, connections: Mapping[str, Connection]) -> None:
        self._mailbox = mailbox
        self._connections = connections

    def describe(self) -> list[Metric]:
        """Nothing in advance: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges of this moment."""
        up = _gauge("database_up", "1 while the database answers")
        try:
            found = [self._budgets(), *self._mailboxes(), *self._standing(), self._age()]
        except StoreUnavailable:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found

    def _mailboxes(self) -> list[Metric]:
        tickets = _gauge("mailbox_tickets", "Tickets by state: due, pending, leased, dead", "system", "state")
        lag = _gauge("mailbox_lag_seconds", "How long the ticket that waits longest has been due", "system")
        unverified = _gauge("unverified_waiting", "Webhooks that wait for their signing key", "system")
        now = self._mailbox.store.now()
        for name in self._connections:
            stats = self._mailbox.stats(name)
            for state in ("due", "pending", "leased", "dead"):
                tickets.add_metric([name, state], getattr(stats, state))
            waits = (now - stats.oldest_due_at).total_seconds() if stats.oldest_due_at else 0.0
            lag.add_metric([name], max(0.0, waits))
            unverified.add_metric([name], self._mailbox.unverified_waiting(name))
        return [tickets, lag, unverified]

    def _standing(self) -> list[Metric]:
        """What ``/health/status`` says of each connection, as numbers."""
        past = _gauge("past_deadline_tickets", "Tickets more than a minute past their deadline", "system")
        late = _gauge("past_deadline_seconds", "By how much the latest of them is late", "system")
        up = _gauge("connection_up", "0 while the ticket system is down", "system")
        standing = _gauge("troubles", "What stands in the way, by kind", "system", "kind")
        answer = _gauge("last_good_call_age_seconds", "Since the ticket system last answered well", "system")
        poll = _gauge("last_good_poll_age_seconds", "Since the poll last found everything", "system")
        unbegun = _gauge("adoption_waiting", "Tickets that were open before, and wait to be taken up", "system")
        braked = _gauge("brake_waiting", "Escalations by time that wait at the brake", "system")
        changes = CounterMetricFamily(
            f"{PREFIX}_changes",
            "Changes of tickets, by what told of them first: poll means that no webhook had",
            labels=("system", "told_by"),
        )
        store = self._mailbox.store
        now, found_troubles = store.now(), Troubles(store).all()
        troubles = Tally((one.connection, one.kind) for one in found_troubles)
        down = {
            one.connection for one in found_troubles if one.kind is TroubleKind.CONNECTION_DOWN and not back_since(one)
        }
        for name, state in Connections(store).known(self._connections).items():
            found = self._mailbox.standing(name)
            past.add_metric([name], found.past_deadline)
            late.add_metric([name], found.latest_by.total_seconds())
            up.add_metric([name], float(name not in down))
            for kind in TroubleKind:
                standing.add_metric([name, kind.code], troubles[name, kind])
            if state.answered_at is not None:
                answer.add_metric([name], max(0.0, (now - state.answered_at).total_seconds()))
            polled = state.polled_until or state.first_started_at
            poll.add_metric([name], max(0.0, (now - polled).total_seconds()))
            unbegun.add_metric([name], Adoptions(store).standing(name).count)
            braked.add_metric([name], Brakes(store).standing(name).count)
            changes.add_metric([name, "webhook"], state.told_by_webhook)
            changes.add_metric([name, "poll"], state.found_by_poll)
        return [past, late, up, standing, answer, poll, unbegun, braked, changes]

    def _age(self) -> Metric:
        age = _gauge("last_cycle_age_seconds", "Since any worker completed a cycle; absent while none ever did")
        last = heartbeats.last_cycle_at(self._mailbox.store)
        if last is not None:
            age.add_metric([], max(0.0, (self._mailbox.store.now() - last).total_seconds()))
        return age

    def _budgets(self) -> Metric:
        left = _gauge("call_budget_left", "Calls that could be made at once, by lane", "system", "lane")
        for name, connection in self._connections.items():
            for lane, calls in (connection.system.line.budget or {}).items():
                left.add_metric([name, lane.name.lower()], calls)
        return left


def exposition(metrics: Metrics, collector: Collector, shared_folder: str = "") -> bytes:
    """All metrics in the text format of Prometheus: this process's, or the sum over those that share a folder."""
    registry = metrics.registry
    if shared_folder:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, shared_folder)  # type: ignore[no-untyped-call]  # the library's
    gauges = CollectorRegistry()
    gauges.register(collector)
    return generate_latest(registry) + generate_latest(gauges)


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", meaning, labels=labels)


def _ending(outcome: Outcome) -> str:
    if isinstance(outcome, Failed):
        return "dead letter" if outcome.retry_at is None else "failed"
    if isinstance(outcome, LetGo):
        return "let go"
    if outcome.claim.is_chore:
        return "chore"
    return str((outcome.snapshot or {}).get("verdict", "gone"))
