"""The environment becomes one Settings, or one message with every problem."""

from __future__ import annotations

import json
import os

import pytest

from adapters.connectwise.variables import ConnectWiseSettings
from connector.config.env_file import EnvFile
from connector.config.settings import ConfiguredConnection, load_settings
from connector.errors import ConfigError
from connector.model import Mode, Ref, Status, StatusGroup
from connector.policy.policy import EndOfDay, FixStartsAt, StartsAt
from connector.systems.variables import Secret, Variable

CONNECTED = {
    "CONNECTWISE_URL": "https://na.myconnectwise.net/",
    "CONNECTWISE_COMPANY": "acme",
    "CONNECTWISE_PUBLIC_KEY": "public-1234",
    "CONNECTWISE_PRIVATE_KEY": "private-1234",
    "CONNECTWISE_CLIENT_ID": "client-1234",
}
ZONE = {"WORK_TIME_ZONE": "Europe/Berlin"}
HOMES = {"TIER_1_HOME": "Desk > First", "TIER_2_HOME": "Tier 3", "TIER_3_HOME": "Sr IT", **ZONE}
TIER_HOMES = [HOMES[f"TIER_{n}_HOME"] for n in (1, 2, 3)]


def problems_of(environ, **more):
    with pytest.raises(ConfigError) as caught:
        load_settings(environ, **more)
    return list(caught.value.problems)


class OtherSystem:
    """A second ticket system, connected when its address is set."""

    variables = (Variable("OTHER_URL", "the site", "an address", "https://other.example"),)

    def settings_from(self, values):
        return values.get("OTHER_URL")


# --- what it says ---------------------------------------------------------------------------------------------


@pytest.mark.process("observe-default")
def test_nothing_set_is_the_defaults_and_nothing_connected():
    settings = load_settings({})
    assert settings.database_url == "sqlite:///escalator.db"
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "")
    assert (settings.log_level, settings.log_format) == ("info", "auto")
    assert (settings.modes_of("connectwise").most(settings.policy), settings.adopt) == (Mode.OBSERVE, "now")
    assert settings.mode_said == "observe"
    assert (settings.dead_letter_hours, settings.reconcile_seconds) == (24, 60)
    assert (settings.adopt_per_hour, settings.escalations_per_hour) == (12, 60)
    assert settings.connections == {}
    assert [tier.name for tier in settings.policy.tiers][2] == "Sr IT Manager"


def test_the_service_is_set_by_its_variables():
    settings = load_settings(
        {
            "DATABASE_URL": "postgres://me:secret@host/db?sslmode=require",
            "HOST": "0.0.0.0",
            "PORT": " 9000 ",
            "PUBLIC_URL": "https://desk.example.com/escalator/",
            "TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/24",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json",
            "ESCALATION_MODE": "enforce",
            "ADOPT": "history",
            "ADOPT_PER_HOUR": "0",
            "ESCALATIONS_PER_HOUR": "600",
            "DEAD_LETTER_HOURS": "1.5",
            "RECONCILE_SECONDS": "1",
            "NOTIFY_URLS": "slack://a/b, mailto://me@example.com",
        }
    )
    assert settings.database_url == "postgresql+psycopg://me:secret@host/db?sslmode=require"
    assert (settings.host, settings.port) == ("0.0.0.0", 9000)
    assert settings.public_url == "https://desk.example.com/escalator"
    assert [str(one) for one in settings.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/24"]
    assert (settings.log_level, settings.log_format) == ("debug", "json")
    assert (settings.mode, settings.adopt) == ("enforce", "history")
    assert (settings.adopt_per_hour, settings.escalations_per_hour) == (0, 600)
    assert (settings.dead_letter_hours, settings.reconcile_seconds) == (1.5, 1)
    assert [target.reveal() for target in settings.notify_urls] == ["slack://a/b", "mailto://me@example.com"]


def revealed(targets):
    return [target.reveal() for target in targets]


def test_alarms_go_where_notifications_go_unless_said_otherwise():
    assert revealed(load_settings({"NOTIFY_URLS": "slack://a/b"}).alarm_urls) == ["slack://a/b"]
    settings = load_settings({"NOTIFY_URLS": "slack://a/b", "ALARM_URLS": "mailto://me@example.com"})
    assert revealed(settings.notify_urls) == ["slack://a/b"]
    assert revealed(settings.alarm_urls) == ["mailto://me@example.com"]


def test_a_tiers_targets_are_no_part_of_the_policy():
    settings = load_settings({"TIER_2_NOTIFY_URLS": "slack://a/b"})
    assert {number: revealed(targets) for number, targets in settings.tier_notify_urls.items()} == {2: ["slack://a/b"]}
    assert settings.policy.version == load_settings({}).policy.version
    assert "slack" not in f"{settings.policy_document}{settings!r}"


def test_a_tiers_targets_may_stand_beside_a_written_policy():
    written = '{"tiers": [{"name": "All", "homes": {}}]}'
    assert load_settings({"ESCALATION_POLICY": written, "TIER_1_NOTIFY_URLS": "slack://a/b"}).tier_notify_urls
    assert problems_of({"ESCALATION_POLICY": written, "TIER_2_NOTIFY_URLS": "slack://a/b"}) == [
        "TIER_2_NOTIFY_URLS: there is no tier 2: the longest ladder has 1"
    ]


def test_targets_make_no_ladder_longer():
    named = {"TIER_1_NAME": "One", "TIER_2_NAME": "Two"}
    assert problems_of({**named, "TIER_3_NOTIFY_URLS": "slack://a/b"}) == [
        "TIER_3_NOTIFY_URLS: there is no tier 3: the longest ladder has 2"
    ]


def test_a_watcher_and_a_workers_port_are_set_by_their_variables():
    settings = load_settings({"HEARTBEAT_URL": "https://hc.example/ping?token=geheim", "WORKER_METRICS_PORT": "9100"})
    assert settings.heartbeat_url.reveal() == "https://hc.example/ping?token=geheim"
    assert settings.worker_metrics_port == 9100
    assert "geheim" not in repr(settings)
    assert (load_settings({}).heartbeat_url, load_settings({}).worker_metrics_port) == (None, None)


@pytest.mark.parametrize(
    "text", ["ftp://hc.example/geheim", "https://", "hc.example/geheim", "https://[geheim", "https://a b"]
)
def test_a_watcher_that_is_no_web_address_is_refused_without_saying_it(text):
    (problem,) = problems_of({"HEARTBEAT_URL": text})
    assert problem.startswith("HEARTBEAT_URL: is no address of the web")
    assert "geheim" not in problem


def test_a_secret_may_be_what_a_file_holds(tmp_path):
    (tmp_path / "url").write_text("slack://a/b\n")
    (tmp_path / "key").write_text("private-from-file\n")
    environ = {**CONNECTED, **HOMES, "NOTIFY_URLS_FILE": str(tmp_path / "url")}
    del environ["CONNECTWISE_PRIVATE_KEY"]
    settings = load_settings({**environ, "CONNECTWISE_PRIVATE_KEY_FILE": str(tmp_path / "key")})
    assert revealed(settings.notify_urls) == ["slack://a/b"]
    assert "private-from-file" not in f"{settings!r}"
    assert settings.connections["connectwise"].settings.private_key == "private-from-file"


def test_a_secrets_file_that_gives_none_is_a_problem(tmp_path):
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfa")
    (tmp_path / "two").write_text("slack://a/b\nslack://c/d\n")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "huge").write_bytes(b"x" * 65537)
    assert problems_of({"NOTIFY_URLS": "slack://a/b", "NOTIFY_URLS_FILE": "/x"}) == [
        "NOTIFY_URLS_FILE: must not be set together with NOTIFY_URLS: take one of them out"
    ]
    reasons = {
        "empty": "is empty: write the secret into it",
        "binary": "is no UTF-8 text, but UTF-16 or no text at all: save it as UTF-8",
        "none": "is not there: make it, or correct its path",
        "two": "holds several lines: write the secret into it, and nothing else",
        "folder": "is a folder, not a file with text: put one in its place",
        "pipe": "is a pipe, not a file with text: put one in its place",
        "huge": "is larger than 64 KiB: it is hardly the file that is meant",
    }
    for name, why in reasons.items():
        assert problems_of({"ALARM_URLS_FILE": str(tmp_path / name)}) == [
            f"ALARM_URLS_FILE: the file that it names {why}"
        ]
    (problem,) = problems_of({"FINAL_STATUS_FILE": "/x"})
    assert "there is no such variable" in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:////data/e.db", "sqlite:////data/e.db"),
    ],
)
def test_the_database_may_be_named_in_several_ways(text, expected):
    assert load_settings({"DATABASE_URL": text}).database_url == expected


def test_a_connection_is_made_of_its_systems_variables_and_the_public_address():
    settings = load_settings(
        {
            **CONNECTED,
            **HOMES,
            "PUBLIC_URL": "https://desk.example.com",
            "CONNECTWISE_WEBHOOK_TOKEN": "a-token-that-is-new, a-token-that-was-old",
            "CONNECTWISE_CALLBACK_HOSTS": "keys.example.com:8443",
        }
    )
    assert settings.connections == {
        "connectwise": ConfiguredConnection(
            "connectwise",
            ConnectWiseSettings(
                url="https://na.myconnectwise.net",
                company="acme",
                public_key="public-1234",
                private_key="private-1234",
                client_id="client-1234",
                webhook_token=("a-token-that-is-new", "a-token-that-was-old"),
                callback_hosts=("keys.example.com:8443",),
            ),
        )
    }
    assert [tier.homes for tier in settings.policy.tiers] == [
        {"connectwise": "Desk > First"},
        {"connectwise": "Tier 3"},
        {"connectwise": "Sr IT"},
    ]


def test_secrets_do_not_show_in_the_settings():
    settings = load_settings(
        {
            **CONNECTED,
            **HOMES,
            "DATABASE_URL": "postgres://u:database-1234@h/d",
            "NOTIFY_URLS": "slack://notify-1234",
            "CONNECTWISE_WEBHOOK_TOKEN": "token-1234-of-16-characters",
        }
    )
    assert "-1234" not in f"{settings!r} {settings}"


def test_a_variable_of_blanks_is_not_set():
    assert load_settings({"PORT": "", "CONNECTWISE_URL": "  ", "TIER_1_NMAE": ""}).port == 8000


@pytest.mark.process("ladder-configured")
def test_the_flat_variables_say_all_of_a_policy():
    policy = load_settings(
        {
            "TIER_1_NAME": "Desk",
            "TIER_1_HOME": "Desk",
            "TIER_1_DIAGNOSIS_MINUTES": "0.05",
            "TIER_1_FIX_MINUTES": "100000",
            "TIER_1_STARTS_AT": "ASSIGNMENT",
            "TIER_1_MANAGERS": "a, b",
            "TIER_1_ASSIGN": "tess",
            "TIER_1_STATUS": "Escalated",
            "FINAL_SR_IT_MANAGER": "srit",
            "FINAL_REMINDERS": "2",
            "FINAL_ADD_PEOPLE": "Yes",
            "WORK_HOURS": "mon 08:00-12:00",
            "WORK_TIME_ZONE": "Europe/Berlin",
            "WORK_HOLIDAYS": "DE-BY, 2026-12-24",
            "WAITING_STATUSES": "On hold, Later",
            "PLAN_STATUSES": "Planned",
            "NEW_STATUSES": "Fresh",
            "RESOLVED_STATUSES": "Done",
            "CRITICAL_PRIORITIES": "P1, P0",
            "CRITICAL_FACTOR": ".25",
            "FIX_STARTS_AT": "stint",
            "WARN_AT": "0",
            "UNTOUCHED_MINUTES": "12.5",
            "END_OF_DAY": "ignore",
            "END_OF_DAY_MINUTES": "15",
            "OVERRIDE_MAX_MINUTES": "60",
        }
    ).policy
    (tier,) = policy.tiers
    assert (tier.name, set(tier.homes.values()), tier.starts_at) == ("Desk", {"Desk"}, StartsAt.ASSIGNMENT)
    assert (tier.diagnosis_minutes, tier.fix_minutes) == (0.05, 100000)
    assert (tier.managers, tier.assign, tier.status) == (("a", "b"), "tess", "Escalated")
    assert (policy.final.sr_it_manager, policy.final.reminders, policy.final.add_people) == ("srit", 2, True)
    assert policy.calendars["default"].hours_text == "Mon 08:00-12:00 (Europe/Berlin)"
    assert policy.factor_of(Ref("0", "p0")) == 0.25
    assert policy.group_of(Status("1", "later", StatusGroup.NEW)) is StatusGroup.WAITING
    assert (policy.fix_starts_at, policy.end_of_day) == (FixStartsAt.STINT, EndOfDay.IGNORE)
    assert (policy.warn_at, policy.end_of_day_minutes, policy.override_max_minutes) == (0, 15, 60)
    assert policy.untouched_minutes == 12.5


def test_flat_variables_and_document_of_the_same_policy_have_the_same_version(tmp_path):
    flat = load_settings({**CONNECTED, **HOMES, "WARN_AT": "0.5", "WORK_HOLIDAYS": "US-NY"})
    document = {
        "tiers": [{"homes": {"connectwise": home}} for home in TIER_HOMES],
        "warn_at": 0.5,
        "calendars": {"default": {"holidays": ["US-NY"], "tz": "Europe/Berlin"}},
    }
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document), encoding="utf-8-sig")
    inline = load_settings({**CONNECTED, "ESCALATION_POLICY": json.dumps(document)})
    from_file = load_settings({**CONNECTED, "ESCALATION_POLICY": str(path)})
    assert flat.policy.version == inline.policy.version == from_file.policy.version


# --- the ladder -----------------------------------------------------------------------------------------------


def test_homes_alone_keep_the_default_names_and_limits():
    tiers = load_settings(HOMES).policy.tiers
    assert [(tier.name, tier.diagnosis_minutes) for tier in tiers] == [
        ("First Touch (T1/2)", 30),
        ("Tier 3 / Service Desk Manager", 30),
        ("Sr IT Manager", 60),
    ]


def test_the_ladder_reaches_up_to_the_highest_tier_that_is_named():
    assert len(load_settings({"TIER_1_HOME": "A", "TIER_2_HOME": "B"}).policy.tiers) == 2
    tiers = load_settings({**HOMES, "TIER_4_NAME": "Board", "TIER_4_HOME": "D"}).policy.tiers
    assert (len(tiers), tiers[3].name, tiers[3].diagnosis_minutes) == (4, "Board", 60)


def test_a_limit_alone_changes_the_default_ladder_and_not_its_length():
    tiers = load_settings({"TIER_2_FIX_MINUTES": "45"}).policy.tiers
    assert [tier.fix_minutes for tier in tiers] == [60, 45, 60]


def test_a_tier_left_out_is_named():
    assert problems_of({"TIER_1_HOME": "A", "TIER_3_HOME": "C"}) == [
        "TIER_2_HOME: is missing: tiers are numbered without gaps, and TIER_3_HOME is set; "
        "for example TIER_2_HOME=Service Desk"
    ]


def test_a_tier_beyond_the_default_ladder_needs_a_ladder_of_ones_own():
    (problem,) = problems_of({"TIER_4_FIX_MINUTES": "5"})
    assert problem.startswith("TIER_4_FIX_MINUTES: there is no tier 4: the default ladder has 3")


def test_a_fourth_tier_needs_a_name():
    (problem,) = problems_of({**HOMES, "TIER_4_HOME": "D"})
    assert problem.startswith("TIER_4_NAME: is missing; only the first three tiers have a name by default; expected a ")


def test_a_home_of_one_system_wins_over_the_common_one():
    systems = {"connectwise": OtherSystem(), "other": OtherSystem()}
    environ = {"OTHER_URL": "x", "TIER_1_HOME": "Desk", "TIER_1_HOME_OTHER": "Queue", **ZONE}
    tiers = load_settings(environ, systems).policy.tiers
    assert tiers[0].homes == {"connectwise": "Desk", "other": "Queue"}


def test_the_common_home_stands_for_the_connected_systems_only():
    from connector.systems.catalogue import ticket_systems

    environ = {"OTHER_URL": "x", "TIER_1_HOME": "Queue", **ZONE}
    settings = load_settings(environ, {**ticket_systems(), "other": OtherSystem()})
    assert settings.policy.tiers[0].homes == {"other": "Queue"}


def test_a_tier_without_a_home_in_a_connected_system_is_named_by_its_variable():
    assert problems_of({**CONNECTED, **ZONE, "TIER_1_HOME": "A", "TIER_2_NAME": "B"}) == [
        "TIER_2_HOME: is missing (connectwise is connected); expected a board, or a board and a team, "
        "for example TIER_2_HOME=Service Desk > First Touch"
    ]
    assert len(problems_of({**CONNECTED, **ZONE})) == 3


def test_a_tier_left_out_is_named_once_when_a_system_is_connected():
    problems = problems_of({**CONNECTED, **ZONE, "TIER_1_HOME": "A", "TIER_3_HOME": "C"})
    assert [problem.split(":")[0] for problem in problems] == ["TIER_2_HOME"]


def test_one_problem_of_a_common_home_is_reported_once_for_several_systems():
    systems = {"connectwise": OtherSystem(), "other": OtherSystem()}
    environ = {"OTHER_URL": "x", "TIER_1_HOME": "A", "TIER_2_HOME": "a", **ZONE}
    assert len(problems_of(environ, systems=systems)) == 1


# --- what is wrong --------------------------------------------------------------------------------------------


def test_every_problem_is_in_one_message():
    problems = problems_of(
        {
            **CONNECTED,
            **ZONE,
            "CONNECTWISE_CLIENT_ID": "",
            "TIER_1_HOME": "A",
            "PORT": "http",
            "WORK_HOURS": "mom 08:00-17:00",
            "TIER_1_FIX_MINUTES": "soon",
            "FINAL_STAUTS": "x",
        }
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "FINAL_STAUTS",
        "PORT",
        "CONNECTWISE_CLIENT_ID",
        "TIER_1_FIX_MINUTES",
        "WORK_HOURS",
    ]
    assert problems[3] == (
        "TIER_1_FIX_MINUTES: must be a number (got 'soon'); expected a number of minutes above 0, decimals allowed, "
        "for example TIER_1_FIX_MINUTES=60"
    )


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("PORT", "0", "is not between 1 and 65535"),
        ("PORT", "80.5", "is not a whole number"),
        ("HOST", "http://x", "is no host name or address"),
        ("TRUSTED_PROXIES", "10.0.0.7, proxy.example", "holds what is neither an address nor a network"),
        ("PUBLIC_URL", "http://desk.example.com", "must begin with https://"),
        ("LOG_LEVEL", "loud", "is none of debug, info, warning, error"),
        ("LOG_FORMAT", "xml", "is none of text, json"),
        ("ESCALATION_MODE", "dry-run", "is none of observe, warn, enforce"),
        ("ADOPT", "never", "is none of now, history"),
        ("ADOPT_PER_HOUR", "-1", "is not between 0 and 3600"),
        ("ESCALATIONS_PER_HOUR", "many", "is not a whole number"),
        ("DEAD_LETTER_HOURS", "0", "is not between 0.01 and 8760"),
        ("RECONCILE_SECONDS", "0.5", "is not between 1 and 86400"),
        ("RECONCILE_SECONDS", "nan", "is not a number"),
        ("TIER_1_DIAGNOSIS_MINUTES", "0", "must be more than 0 (got 0)"),
        ("TIER_1_STARTS_AT", "sunrise", "must be first_touch or assignment (got 'sunrise')"),
        ("FINAL_ADD_PEOPLE", "maybe", "must be true or false (got 'maybe')"),
        ("WORK_HOLIDAYS", "US-NX", "'US-NX' names no part of US"),
        ("WORK_TIME_ZONE", "Berlin", "did you mean 'Europe/Berlin'?"),
        ("CRITICAL_FACTOR", "-1", "must be more than 0 (got -1)"),
        ("UNTOUCHED_MINUTES", "-5", "must be at least 0 (got -5)"),
        ("WARN_AT", "80", "must be less than 1 (got 80)"),
        ("END_OF_DAY", "go home", "must be advise or defer or ignore (got 'go home')"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_wrong_and_what_is_expected(name, text, what):
    (problem,) = problems_of({name: text})
    assert problem.startswith(f"{name}: ")
    assert what in problem
    assert "expected" in problem


@pytest.mark.parametrize(
    "text",
    ["mysql://u:hunter2@h/d", "postgres:hunter2", "postgres://", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x"],
)
def test_a_database_that_is_not_supported_is_refused_without_its_password(text):
    (problem,) = problems_of({"DATABASE_URL": text})
    assert problem.startswith("DATABASE_URL: ")
    assert "hunter2" not in problem


def test_a_target_that_is_no_address_is_refused_without_showing_it():
    (problem,) = problems_of({"NOTIFY_URLS": "slack://a, hunter2"})
    assert problem.startswith("NOTIFY_URLS: holds a target that is no URL")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("TIER_1_HOEM", "there is no such variable; did you mean 'TIER_1_HOME'?"),
        ("TIER_10_NAME", "there is no such variable; did you mean 'TIER_1_NAME'?"),
        ("FINAL_STAUTS", "there is no such variable; did you mean 'FINAL_STATUS'?"),
        ("CONNECTWISE_XYZZYXYZZYXYZZYXYZZY", "there is no such variable"),
        ("HALOPSA_TENNANT", "there is no such variable; did you mean 'HALOPSA_TENANT'?"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest_right_one(name, problem):
    assert f"{name}: {problem}" in problems_of({name: "x"})


def test_names_of_other_programs_are_left_alone():
    assert load_settings({"PATH": "/bin", "TIERS": "5", "RTFM": "1"}).port == 8000


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("ESCALATION_MOD", "ESCALATION_MODE"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("NOTIFY_URL", "NOTIFY_URLS"),
        ("WORKHOURS", "WORK_HOURS"),
        ("WORK_HOLIDAY", "WORK_HOLIDAYS"),
        ("TEIR_2_HOME", "TIER_2_HOME"),
        ("CONECTWISE_URL", "CONNECTWISE_URL"),
        ("DATABASE_URL_FIEL", "DATABASE_URL_FILE"),
    ],
)
def test_a_name_that_is_nearly_ours_is_refused_unless_ours_is_set_as_well(name, ours):
    others = f"if it is another program's, set {ours} as well"
    assert problems_of({name: "x"}) == [f"{name}: there is no such variable; did you mean {ours!r}? ({others})"]
    with pytest.raises(ConfigError) as caught:
        load_settings({name: "x", ours: "", "PORT": "x"})
    assert f"{name}: there" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        load_settings({name: "x", ours: "x", "PORT": "x"})
    assert f"{name}: there" not in str(caught.value)


@pytest.mark.parametrize("name", ["HOME", "GH_TOKEN", "HF_TOKEN", "ADOPTED", "WEB_CONCURRENCY", "DATABASE_HOST"])
def test_a_short_name_and_one_that_is_far_from_ours_are_another_programs(name):
    assert load_settings({name: "x"}).port == 8000


def test_every_name_of_our_own_file_has_to_be_ours_whatever_the_environment_says_of_it():
    lines = {"PORT": 1, "WEB_CONCURRENCY": 2, "POTR": 3, "TIER_1_HOEM": 4, "AbC+/x": 5}
    kept = EnvFile(".env", dict.fromkeys(lines, "9000"), lines)
    assert problems_of({**kept.values, "TIER_1_HOEM": "x"}, kept=kept) == [
        ".env, line 3: POTR: there is no such variable; did you mean 'PORT'?",
        ".env, line 4: TIER_1_HOEM: there is no such variable; did you mean 'TIER_1_HOME'?",
        ".env, line 5: a name (not told, as no variable is called like that): there is no such variable",
    ]


# --- the zone -------------------------------------------------------------------------------------------------


def test_the_zone_has_to_be_said_once_a_system_is_connected_and_the_hosts_is_proposed():
    homes = {name: home for name, home in HOMES.items() if name not in ZONE}
    assert load_settings(homes).policy.calendars["default"].zone.key == "UTC"
    assert problems_of({**CONNECTED, **homes, "TZ": "Europe/Vienna"}) == [
        "WORK_TIME_ZONE: is missing (connectwise is connected); expected the zone of the working hours: "
        "this machine is in Europe/Vienna, so perhaps WORK_TIME_ZONE=Europe/Vienna"
    ]


def test_each_calendar_of_a_document_that_is_used_has_to_say_its_zone():
    document = {
        "tiers": [{"homes": {"connectwise": "A"}, "calendar": "late"}, {"homes": {"connectwise": "B"}}],
        "calendars": {"late": {"hours": "mon 12:00-20:00"}, "of nobody": {}, "client's": {"tz": "Europe/Rome"}},
        "clients": {"Acme": "client's"},
    }
    assert load_settings({"ESCALATION_POLICY": json.dumps(document)}).policy
    problems = problems_of({**CONNECTED, "ESCALATION_POLICY": json.dumps(document), "TZ": "UTC"})
    assert problems == [
        f"ESCALATION_POLICY: calendars.{name}.tz: is missing (connectwise is connected); expected the zone of the "
        'working hours: this machine is in UTC, as most servers are; for example "tz": "America/New_York"'
        for name in ("default", "late")
    ]


@pytest.mark.parametrize("connected", [{}, CONNECTED])
def test_a_zone_that_is_an_offset_is_refused_with_the_region_that_is_meant(connected):
    message = "'EST' names an offset, not the region whose clocks you work by; did you mean 'America/New_York'?"
    assert problems_of({**connected, **HOMES, "WORK_TIME_ZONE": "EST"}) == [f"WORK_TIME_ZONE: {message}"]
    document = {"tiers": [{"homes": {"connectwise": "A"}}], "calendars": {"default": {"tz": "EST"}}}
    assert problems_of({**connected, "ESCALATION_POLICY": json.dumps(document)}) == [
        f"ESCALATION_POLICY: calendars.default.tz: {message}"
    ]


# --- the document ---------------------------------------------------------------------------------------------


def test_a_document_must_not_be_mixed_with_flat_variables_of_the_policy():
    problems = problems_of({"ESCALATION_POLICY": '{"tiers": [{}]}', "TIER_1_NAME": "x", "WARN_AT": "0"})
    assert problems == [
        "TIER_1_NAME: must not be set together with ESCALATION_POLICY; say it there",
        "WARN_AT: must not be set together with ESCALATION_POLICY; say it there",
    ]


def test_problems_of_a_document_have_their_paths():
    assert problems_of({"ESCALATION_POLICY": '{"tiers": [{"fix_minutes": -3}], "warn_at": 2}'}) == [
        "ESCALATION_POLICY: tiers[0].fix_minutes: must be more than 0 (got -3); for example 60",
        "ESCALATION_POLICY: warn_at: must be less than 1 (got 2); for example 0.8",
    ]


def test_a_document_without_a_home_in_a_connected_system_is_refused():
    policy = '{"tiers": [{}], "calendars": {"default": {"tz": "UTC"}}}'
    assert problems_of({**CONNECTED, "ESCALATION_POLICY": policy}) == [
        "ESCALATION_POLICY: tiers[0].homes.connectwise: is missing (connectwise is connected)"
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, " is not there: make it, or correct its path"),
        (b"\xff", "is no UTF-8 text"),
        (b"tiers: []", "is no JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem_of_its_variable(tmp_path, content, problem):
    path = tmp_path / "p.json"
    if content is not None:
        path.write_bytes(content)
    (found,) = problems_of({"ESCALATION_POLICY": str(path)})
    assert found.startswith("ESCALATION_POLICY: ")
    assert problem in found


def test_a_list_is_no_policy():
    assert problems_of({"ESCALATION_POLICY": "[]"})[0].startswith("ESCALATION_POLICY: the document: must be an object")


def test_a_secret_shows_itself_only_when_asked():
    secret = Secret("hunter2")
    assert f"{secret} {secret!r}" == "*** Secret('***')"
    assert secret.reveal() == "hunter2"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("observe", "observe")),
        ({"ESCALATION_MODE": "enforce"}, ("enforce", "enforce")),
        ({"ESCALATION_MODE_RT": "Warn"}, ("observe", "warn")),
        ({"ESCALATION_MODE": "enforce", "ESCALATION_MODE_RT": "observe"}, ("enforce", "observe")),
        ({"ESCALATION_MODE": "warn", "ESCALATION_MODE_RT": "enforce"}, ("warn", "warn")),
        ({"ESCALATION_MODE": "observe", "TIER_1_MODE": "enforce"}, ("observe", "observe")),
        ({"TIER_1_MODE": "enforce"}, ("enforce", "enforce")),
        ({"TIER_1_MODE": "Enforce", "ESCALATION_MODE_RT": "warn"}, ("enforce", "warn")),
    ],
)
def test_of_the_modes_that_are_set_for_a_ticket_the_most_careful_one_counts(given, expected):
    settings = load_settings(given)
    first = settings.policy.tiers[0]
    assert tuple(settings.modes_of(name).at(first) for name in ("connectwise", "rt")) == expected


def test_in_which_mode_what_is_is_said_in_one_word_where_it_is_one():
    assert load_settings({"ESCALATION_MODE": "warn"}).mode_said == "warn"
    assert load_settings({"ESCALATION_MODE": "enforce", "TIER_3_MODE": "warn"}).mode_said == (
        "enforce at First Touch (T1/2), Tier 3 / Service Desk Manager; warn at Sr IT Manager"
    )


def test_a_misspelt_mode_of_a_system_is_refused_with_the_nearest_right_one():
    (problem,) = problems_of({"ESCALATION_MODE_CONECTWISE": "enforce"})
    assert problem == (
        "ESCALATION_MODE_CONECTWISE: there is no such variable; did you mean 'ESCALATION_MODE_CONNECTWISE'?"
    )
