"""What an administrator gets wrong, planted: each fault is said with what, where and what to do, at once and in words.

Most are told in this process. Where the operating system is what refuses, or a shell reads the file, it is a real one.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from adapters.connectwise.simulator import Simulator
from connector.clock import SystemClock
from connector.store.database import sqlite_file
from tests.connector.cli.faults import MOST_SECONDS, SECRET, Changes, Told, assert_clear, folder
from tests.connector.cli.faults import told as told_of
from tests.connector.quiet_logging import logging_as_before

__all__ = ["folder", "logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before", "folder")

ENVIRON = {
    "CONNECTWISE_URL": "http://127.0.0.1:9",
    "CONNECTWISE_COMPANY": "acme",
    "CONNECTWISE_PUBLIC_KEY": "public-1234",
    "CONNECTWISE_PRIVATE_KEY": SECRET,
    "CONNECTWISE_CLIENT_ID": "client-1234",
    "TIER_1_HOME": "Service Desk",
    "TIER_2_HOME": "Tier 3",
    "TIER_3_HOME": "Sr IT",
    "WORK_TIME_ZONE": "Europe/Berlin",
}
COMMANDS = ("check", "run", "web", "worker", "migrate", "webhooks status")
STARTS = ("run", "web", "worker", "migrate")


@dataclass(frozen=True, slots=True)
class Fault:
    """``make``: plants it in a folder, and says what is different in the environment (None: not set). ``says``: what is
    wrong, where it is and what is to be done, each in the words that have to be there.
    """

    name: str
    make: Callable[[Path], Changes]
    says: Sequence[str]
    code: int = 2
    commands: Sequence[str] = COMMANDS


def variables(**changes: str | None) -> Callable[[Path], Changes]:
    return lambda folder: changes


def env_file(content: bytes | str) -> Callable[[Path], Changes]:
    def make(folder: Path) -> Changes:
        (folder / ".env").write_bytes(content.encode() if isinstance(content, str) else content)
        return {}

    return make


def instead_of_env_file(make: Callable[[Path], object]) -> Callable[[Path], Changes]:
    def made(folder: Path) -> Changes:
        make(folder / ".env")
        return {}

    return made


def secret_file(make: Callable[[Path], object]) -> Callable[[Path], Changes]:
    def made(folder: Path) -> Changes:
        make(folder / "key")
        return {"CONNECTWISE_PRIVATE_KEY": None, "CONNECTWISE_PRIVATE_KEY_FILE": str(folder / "key")}

    return made


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


KEY = "CONNECTWISE_PRIVATE_KEY_FILE: the file that it names"
SEVEN = {
    "PORT": "http",
    "WARN_AT": "80",
    "TIER_1_FIX_MINUTES": "soon",
    "TIER_2_ASSING": "tess",
    "WORK_HOURS": "mom 08:00-17:00",
    "NOTIFY_URL": "slack://a/b/c",
    "CONNECTWISE_CLIENT_ID": "",
}

VARIABLES = [
    *(
        Fault(f"misspelt: {wrong}", variables(**{wrong: "x"}), [f"{wrong}: there is no such variable", f"'{right}'"])
        for wrong, right in {
            "TIER_1_HOEM": "TIER_1_HOME",
            "FINAL_STAUTS": "FINAL_STATUS",
            "CONNECTWISE_TOKEN": "CONNECTWISE_WEBHOOK_TOKEN",
            "HALOPSA_TENNANT": "HALOPSA_TENANT",
            "RT_TOKN": "RT_TOKEN",
            "ESCALATION_MODE_CONECTWISE": "ESCALATION_MODE_CONNECTWISE",
            "ESCALATION_MOD": "ESCALATION_MODE",
            "DATABASE_URI": "DATABASE_URL",
            "NOTIFY_URL": "NOTIFY_URLS",
            "WORKHOURS": "WORK_HOURS",
            "WORK_HOLIDAY": "WORK_HOLIDAYS",
        }.items()
    ),
    Fault(
        "misspelt, in place of the right one",
        variables(TEIR_2_HOME="Tier 3", TIER_2_HOME=None),
        ["TEIR_2_HOME: there is no such variable", "did you mean 'TIER_2_HOME'?", "TIER_2_HOME: is missing"],
    ),
    Fault(
        "misspelt, so that nothing seems connected",
        variables(CONECTWISE_URL="http://127.0.0.1:9", CONNECTWISE_URL=None),
        ["CONECTWISE_URL: there is no such variable", "did you mean 'CONNECTWISE_URL'?"],
    ),
    Fault(
        "a gap", variables(TIER_2_HOME=None), ["TIER_2_HOME: is missing", "without gaps", "for example TIER_2_HOME="]
    ),
    Fault("no name", variables(TIER_4_HOME="D"), ["TIER_4_NAME: is missing", "for example TIER_4_NAME="]),
    *(
        Fault(
            f"a number: {text}",
            variables(TIER_1_FIX_MINUTES=text),
            ["TIER_1_FIX_MINUTES: must be ", f"(got {shown})", "expected a number of minutes above 0", "for example"],
        )
        for text, shown in {"ten": "'ten'", "-5": "-5", "nan": "'nan'", "1e3": "'1e3'", "1,5": "'1,5'"}.items()
    ),
    Fault("seven at once", variables(**SEVEN), [f"escalator: {name}: " for name in SEVEN]),
]

ENV_FILE = [
    Fault(
        "misspelt", env_file("# ours\n\nPOTR=80\n"), [".env, line 3: POTR", "no such variable", "did you mean 'PORT'?"]
    ),
    Fault("another program's", env_file("HTTPS_PROXY=http://p\n"), [".env, line 1: HTTPS_PROXY: there is no such"]),
    Fault(
        "a piece of a secret",
        env_file(f"RT_TOKEN=abc\n{SECRET}+/==\n"),
        [".env, line 2: a name (not told, as no variable is called like that): there is no such variable"],
    ),
    Fault(
        "a broken line",
        env_file(f"PORT=80\nRT_TOKEN='{SECRET}\n"),
        [".env, line 2: cannot be read", "expected NAME=value, and a quote that is opened to be closed"],
    ),
    Fault(
        "no value", env_file(f"\nPORT 80\n{SECRET}\n"), [".env, line 2: cannot be read", ".env, line 3: sets nothing"]
    ),
    Fault(
        "given twice",
        env_file("PORT=80\nHOST=::1\nPORT=81\n"),
        [".env, line 3: PORT is set in line 1 already", "take one of them out"],
    ),
    Fault("UTF-16", env_file("PORT=80\n".encode("utf-16")), [".env in ", "is no UTF-8 text, but UTF-16", "save it as"]),
    Fault("Latin-1", env_file("PORT=80\nX=ü\n".encode("latin-1")), ["is no UTF-8 text (line 2)", "save it as UTF-8"]),
    Fault("huge", env_file(b"#" * 1_100_000), [".env in ", "is larger than 1024 KiB", "hardly the file that is meant"]),
    Fault("a folder", instead_of_env_file(Path.mkdir), [".env in ", "is a folder, not a file", "put one in its place"]),
    Fault("a pipe", instead_of_env_file(os.mkfifo), [".env in ", "is a pipe, not a file", "put one in its place"]),
    Fault(
        "leads nowhere", instead_of_env_file(lambda path: path.symlink_to("x")), ["is not there: make it, or correct"]
    ),
]


def document(**calendar: object) -> Callable[[Path], Changes]:
    homes = [{"homes": {"connectwise": ENVIRON[f"TIER_{n}_HOME"]}} for n in (1, 2, 3)]
    policy = json.dumps({"tiers": homes, "calendars": {"default": calendar}})
    flat: dict[str, str | None] = {name: None for name in ENVIRON if name.startswith(("TIER_", "WORK_"))}
    return variables(**flat, ESCALATION_POLICY=policy)


OFFSET = "names an offset, not the region whose clocks you work by"
TIME = [
    Fault(
        "no zone",
        variables(WORK_TIME_ZONE=None, TZ="Europe/Vienna"),
        ["WORK_TIME_ZONE: is missing (connectwise is connected)", "so perhaps WORK_TIME_ZONE=Europe/Vienna"],
    ),
    Fault(
        "no zone, on a server",
        variables(WORK_TIME_ZONE=None, TZ="UTC"),
        ["WORK_TIME_ZONE: is missing", "in UTC, as most servers are; for example WORK_TIME_ZONE=America/New_York"],
    ),
    Fault(
        "no zone in a document",
        document(hours="mon-fri 08:00-17:00"),
        ["ESCALATION_POLICY: calendars.default.tz: is missing", '"tz": "'],
    ),
    Fault("an offset in a document", document(tz="EST"), [f"ESCALATION_POLICY: calendars.default.tz: 'EST' {OFFSET}"]),
    *(
        Fault(
            f"an offset: {zone}",
            variables(WORK_TIME_ZONE=zone),
            [f"WORK_TIME_ZONE: '{zone}' {OFFSET}", f"did you mean '{region}'?"],
        )
        for zone, region in {
            "EST": "America/New_York",
            "MST": "America/Denver",
            "HST": "Pacific/Honolulu",
            "EST5EDT": "America/New_York",
            "Etc/GMT+5": "America/New_York",
            "GMT": "Europe/London",
        }.items()
    ),
    *(
        Fault(
            f"no zone is called {zone}",
            variables(WORK_TIME_ZONE=zone),
            [f"WORK_TIME_ZONE: there is no time zone '{zone}'", "expected an IANA name such as Europe/Berlin", near],
        )
        for zone, near in {
            "Mars/Olympus": "",
            "PST": "did you mean 'America/Los_Angeles'?",
            "Eastern Standard Time": "did you mean 'America/New_York'?",
            "Berlin": "did you mean 'Europe/Berlin'?",
        }.items()
    ),
    Fault("no minute", variables(WORK_HOURS="mon 08:00-08:00"), ["WORK_HOURS: ", "ends where it starts", "expected"]),
    Fault(
        "no open minute",
        document(tz="UTC", hours={}),
        ["ESCALATION_POLICY: calendars.default.hours", "no open minute", "expected at least one span"],
    ),
    Fault(
        "no such region", variables(WORK_HOLIDAYS="US-NX"), ["WORK_HOLIDAYS: 'US-NX' names no part of US", "expected"]
    ),
    Fault(
        "no such country", variables(WORK_HOLIDAYS="XX"), ["WORK_HOLIDAYS: 'XX' names no country", "expected a code"]
    ),
    Fault(
        "no such date", variables(WORK_HOLIDAYS="2026-02-30"), ["WORK_HOLIDAYS: '2026-02-30' is no date", "YYYY-MM-DD"]
    ),
]

SECRET_FILES = [
    Fault("not there", secret_file(lambda path: None), [f"{KEY} is not there", "make it, or correct its path"]),
    Fault("empty", secret_file(written(b"\n")), [f"{KEY} is empty", "write the secret into it"]),
    Fault(
        "several lines", secret_file(written(f"{SECRET}\nb\n".encode())), [f"{KEY} holds several lines", "nothing else"]
    ),
    Fault("a folder", secret_file(Path.mkdir), [f"{KEY} is a folder", "put one in its place"]),
    Fault("a pipe", secret_file(os.mkfifo), [f"{KEY} is a pipe", "put one in its place"]),
    Fault("huge", secret_file(written(SECRET.encode() * 10_000)), [f"{KEY} is larger than 64 KiB", "hardly the file"]),
    Fault("UTF-16", secret_file(written(SECRET.encode("utf-16"))), [f"{KEY} is no UTF-8 text", "save it as UTF-8"]),
    Fault(
        "beside the secret itself",
        variables(CONNECTWISE_PRIVATE_KEY_FILE="key"),
        ["CONNECTWISE_PRIVATE_KEY_FILE: must not be set together with CONNECTWISE_PRIVATE_KEY", "take one of them out"],
    ),
]


def a_database(folder: Path) -> Path:
    """One that is set up, by a command of its own."""
    assert told("migrate", {}).code == 0
    return folder / "escalator.db"


def damaged(folder: Path) -> Changes:
    (folder / "escalator.db").write_bytes(b"no database, and longer than what is looked at first\n" * 100)
    return {}


def damaged_within(folder: Path) -> Changes:
    path = a_database(folder)
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8000)
    return {}


DAMAGED = ["escalator.db)", "it is damaged, or no database of SQLite", "put the last backup back in its place"]
DATABASE = [
    Fault(
        "no folder",
        variables(DATABASE_URL="sqlite:///gone/escalator.db"),
        ["DATABASE_URL: names a file in a folder that does not exist", "/gone", "make it, or correct the address"],
        commands=("check", *STARTS),
    ),
    Fault(
        "a folder",
        variables(DATABASE_URL="sqlite:///../data"),
        ["DATABASE_URL: names a folder", "/data", "name a file in it, such as"],
        commands=("check", *STARTS),
    ),
    Fault(
        "no such kind", variables(DATABASE_URL=f"mysql://u:{SECRET}@h/d"), ["DATABASE_URL: ", "expected sqlite:///FILE"]
    ),
    Fault("no database", damaged, DAMAGED, code=1, commands=("check", *STARTS)),
    Fault("damaged within", damaged_within, DAMAGED, code=1, commands=("check", *STARTS)),
]


def told(command: str, changes: Changes) -> Told:
    """What a command tells in this process."""
    return told_of(command, {**ENVIRON, **changes})


def told_apart(command: str, changes: Changes, before: Sequence[str] = ()) -> Told:
    """What it tells in a process of its own. ``before``: what starts it there."""
    environ = {name: value for name, value in {**os.environ, **ENVIRON, **changes}.items() if value is not None}
    done = subprocess.run(
        [*before, sys.executable, "-m", "connector", *command.split()],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Told(done.returncode, done.stdout + done.stderr)


TIERS = [{"homes": {"connectwise": ENVIRON[f"TIER_{n}_HOME"]}} for n in (1, 2, 3)]
NO_FLAT: dict[str, str | None] = {name: None for name in ENVIRON if name.startswith(("TIER_", "WORK_"))}


def policy_of(text: str, **changes: str | None) -> Callable[[Path], Changes]:
    return variables(**{**NO_FLAT, **changes}, ESCALATION_POLICY=text)


def a_policy(*tiers: Mapping[str, object], **more: object) -> str:
    """A document with these on top of what each of the three tiers needs."""
    given = [{**tier, **changes} for tier, changes in zip(TIERS, [*tiers, {}, {}, {}], strict=False)]
    return json.dumps({"tiers": given, "calendars": {"default": {"tz": "UTC", "hours": "mon-fri 08:00-17:00"}}, **more})


def policy_file(content: bytes | None) -> Callable[[Path], Changes]:
    def make(folder: Path) -> Changes:
        if content is not None:
            (folder / "policy.json").write_bytes(content)
        return {**NO_FLAT, "ESCALATION_POLICY": "policy.json"}

    return make


ON_ALL = {"priorities": ["Low"]}
WHERE = "ESCALATION_POLICY: "
POLICY = [
    Fault(
        "no JSON",
        policy_of('{"tiers": [\n  {"name": }]}'),
        [f"{WHERE}is no JSON: Expecting value in line 2, column 12", "expected JSON or the path of a file with JSON"],
    ),
    Fault("an unknown key", policy_of('{"teirs": []}'), [f"{WHERE}teirs: unknown key; did you mean 'tiers'?"]),
    Fault(
        "an unknown key within",
        policy_of(a_policy({"fix_minuts": 3})),
        [f"{WHERE}tiers[0].fix_minuts: unknown key; did you mean 'fix_minutes'?"],
    ),
    Fault(
        "an unreachable tier",
        policy_of(a_policy({"next": 3})),
        [f"{WHERE}tiers[1]: tier 2", "is unreachable: no tier escalates to it"],
    ),
    Fault(
        "two ladders for one ticket",
        policy_of(a_policy(ladders=[{"name": name, "when": ON_ALL, "tiers": TIERS} for name in ("a", "b")])),
        [f"{WHERE}ladders[1]", "tell them apart by clients or priorities, or give them homes of their own"],
    ),
    Fault(
        "a limit that can never be met",
        policy_of(a_policy({"diagnosis_minutes": 60, "fix_minutes": 30}, fix_starts_at="stint")),
        [f"{WHERE}tiers[0].fix_minutes: the limit can never be met"],
    ),
    Fault(
        "with variables of tiers as well",
        policy_of(a_policy(), TIER_1_NAME="First"),
        ["TIER_1_NAME: must not be set together with ESCALATION_POLICY"],
    ),
    Fault("no file", policy_file(None), [f"{WHERE}the file 'policy.json' is not there: make it, or correct its path"]),
    Fault(
        "in another encoding",
        policy_file("{}".encode("utf-16")),
        [f"{WHERE}the file 'policy.json' is no UTF-8 text, but UTF-16", "save it as UTF-8"],
    ),
    Fault("empty", policy_file(b""), [f"{WHERE}", "policy.json"]),
]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=f"{row}: {fault.name}")
        for row, faults in {
            "variables": VARIABLES,
            "env": ENV_FILE,
            "time": TIME,
            "secret": SECRET_FILES,
            "database": DATABASE,
            "policy": POLICY,
        }.items()
        for fault in faults
    ],
)
def test_a_planted_fault_is_told_by_every_command_with_what_where_and_what_to_do(fault: Fault, folder: Path) -> None:
    changes = fault.make(folder)
    for command in fault.commands:
        assert_clear(told(command, changes), fault.says, fault.code)


# -- what is right ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written_", "file"),
    [
        ("DATABASE_URL=sqlite:///a b.db\r\nPORT=80\r\n", "a b.db"),
        ("\ufeffDATABASE_URL=sqlite:///a.db\n", "a.db"),
        ("export DATABASE_URL='sqlite:///a b.db' # beside us\n", "a b.db"),
        ('DATABASE_URL = "sqlite:///a.db"\n', "a.db"),
        ("DATABASE_URL=sqlite:///a.db # beside us\n", "a.db"),
        ("DATABASE_URL=sqlite:///a#b.db\n", "a#b.db"),
    ],
)
def test_a_file_as_people_write_it_works(written_: str, file: str, folder: Path) -> None:
    env_file(written_)(folder)
    assert told("migrate", {}).code == 0
    assert (folder / file).is_file()


def test_a_file_with_blanks_in_quotes_works_for_a_shell_that_reads_it_as_well(folder: Path) -> None:
    env_file("DATABASE_URL='sqlite:///a b.db'\nTIER_1_HOME=\"Service Desk > First Touch\"\n")(folder)
    found = told_apart("migrate", {}, ["sh", "-c", 'set -a; . ./.env; exec "$@"', "sh"])
    assert (found.code, (folder / "a b.db").is_file()) == (0, True), found.output


@pytest.mark.parametrize(
    "changes",
    [
        secret_file(written(f"{SECRET}\r\n".encode())),
        variables(CONNECTWISE_PRIVATE_KEY="a'b\"c #d$e\\f g\u00fc"),
        variables(WORK_HOURS="24/7"),
        variables(WORK_HOURS="mon-fri 17:00-08:00"),
        variables(WORK_HOURS="mon-fri 08:00-13:00 12:00-17:00"),
        variables(WORK_HOLIDAYS="2001-01-01"),
        variables(WORK_TIME_ZONE="UTC"),
        variables(DATABASE_URI="x", DATABASE_URL="sqlite:///escalator.db"),
    ],
)
def test_what_only_looks_odd_is_no_fault(changes: Callable[[Path], Changes], folder: Path) -> None:
    found = told("migrate", changes(folder))
    assert found.code == 0, found.output


# -- the database's file, and the system that refuses ----------------------------------------------------------


@pytest.fixture
def desk() -> Iterator[Mapping[str, str]]:
    """A ticket system that answers, so that ``check`` has nothing else to find."""
    simulator = Simulator(SystemClock(), callback_delivery="manual").standard_desk()
    with simulator.serve():
        yield simulator.environment()


@pytest.fixture
def powerless() -> Sequence[str]:
    """What starts a process to which the rights of files apply, also where the tests run as root."""
    if os.geteuid():
        return ()
    command = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("runs as root, and nothing here gives that up")
    return command


@pytest.fixture
def powerless_here() -> Iterator[None]:
    """The rights of files apply in this thread, and in what is forked from it, also where the tests run as root."""
    if os.geteuid():
        yield
        return
    system = ctypes.CDLL(None)
    if not hasattr(system, "capset"):
        pytest.skip("runs as root, and nothing here gives that up")
    # As linux/capability.h has them: the version and the thread; effective, permitted and inheritable, twice.
    header, powers = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert system.capget(header, powers) == 0
    # As linux/prctl.h and linux/securebits.h have them: without this bit, access(2) goes by what is permitted.
    bits_are, set_bits, no_fixup = system.prctl(27, 0, 0, 0, 0), 28, 4
    if system.prctl(set_bits, bits_are | no_fixup, 0, 0, 0):
        pytest.skip("runs as root, and may not give that up")
    assert system.capset(header, (ctypes.c_uint32 * 6)(0, *powers[1:3], 0, *powers[4:])) == 0
    yield
    assert system.capset(header, powers) == 0
    assert system.prctl(set_bits, bits_are, 0, 0, 0) == 0


@pytest.mark.parametrize("name", [".env", "key"])
@pytest.mark.usefixtures("powerless_here")
def test_a_file_that_may_not_be_read_is_told(name: str, folder: Path) -> None:
    changes = secret_file(written(b"x"))(folder) if name == "key" else env_file("PORT=80\n")(folder)
    (folder / name).chmod(0)
    where = f"{KEY} " if name == "key" else f".env in {folder} "
    says = [f"{where}may not be read by the account that runs escalator", "give it that right"]
    for command in ("check", "run"):
        assert_clear(told(command, changes), says, 2)


def read_only_file(path: Path) -> str:
    path.chmod(0o400)
    return f"the database {path} cannot be written: the file is read-only"


def read_only_folder(path: Path) -> str:
    path.parent.chmod(0o500)
    return f"the database {path} cannot be written: its folder is read-only"


@pytest.mark.parametrize("make", [read_only_file, read_only_folder])
@pytest.mark.usefixtures("powerless_here")
def test_a_database_that_may_not_be_written_is_told(
    make: Callable[[Path], str], folder: Path, desk: Mapping[str, str]
) -> None:
    data = folder.parent / "data" / "escalator.db"
    changes = {**desk, "DATABASE_URL": f"sqlite:///{data}"}
    assert told("migrate", changes).code == 0
    try:
        says = [make(data), "give the account that runs escalator the right to write the file and its folder"]
        for command in ("check", "run", "migrate"):
            assert_clear(told(command, changes), says, 1)
    finally:
        data.parent.chmod(0o700)


@pytest.mark.usefixtures("powerless_here")
def test_a_folder_in_which_no_database_can_be_made_is_told(folder: Path) -> None:
    data = folder.parent / "data"
    data.chmod(0o500)
    try:
        found = told("migrate", {"DATABASE_URL": f"sqlite:///{data}/new.db"})
    finally:
        data.chmod(0o700)
    assert_clear(found, [f"{data}/new.db cannot be written: its folder is read-only", "give the account"], 1)


@pytest.mark.parametrize("how", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_a_database_that_another_process_holds_is_told_and_not_waited_for(
    how: str, folder: Path, desk: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sqlite_file.PATIENCE_SECONDS < MOST_SECONDS
    monkeypatch.setattr(sqlite_file, "PATIENCE_SECONDS", 0.1)
    path = a_database(folder)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(how)
        for command in ("check", *STARTS):
            says = [
                "the database cannot be used: database is locked",
                f"({path})",
                "another process holds it: end that",
            ]
            assert_clear(told(command, desk), says, 1)


@pytest.mark.parametrize("command", ["migrate", pytest.param("run", marks=pytest.mark.soak)])
def test_a_full_disk_is_told(command: str, folder: Path) -> None:
    disk = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=64k none ../data && exec "$@"', "sh"]
    if shutil.which("unshare") is None or subprocess.run([*disk, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no disk can be made here")
    found = told_apart(command, {"DATABASE_URL": "sqlite:///../data/escalator.db"}, disk)
    assert_clear(found, ["database or disk is full", "/data/escalator.db)", "make room on its disk"], 1)


SERVER = "postgresql://desk:{secret}@{place}/desk?sslmode=disable&gssencmode=disable"
NO_PASSWORD = b'password authentication failed for user "desk"'
NO_DATABASE = b'database "desk" does not exist'


@contextlib.contextmanager
def refusing(code: bytes, message: bytes) -> Iterator[str]:
    """A PostgreSQL that refuses whoever comes, in its own form; gives its place."""
    fields = b"SFATAL\0VFATAL\0C" + code + b"\0M" + message + b"\0\0"
    answer = b"E" + (len(fields) + 4).to_bytes(4, "big") + fields

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@contextlib.contextmanager
def down() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
    yield place


@pytest.mark.parametrize(
    ("server", "says"),
    [
        (down, ["Connection refused", "start it, or correct host and port in DATABASE_URL"]),
        (
            partial(refusing, b"28P01", NO_PASSWORD),
            ["authentication failed", "correct user and password in DATABASE_URL"],
        ),
        (partial(refusing, b"3D000", NO_DATABASE), ["does not exist: create it, or correct its name in DATABASE_URL"]),
    ],
)
def test_a_database_server_that_lets_nobody_in_is_told_without_the_password(
    server: Callable[[], contextlib.AbstractContextManager[str]], says: Sequence[str], desk: Mapping[str, str]
) -> None:
    with server() as place:
        url = SERVER.format(secret=SECRET, place=place)
        for command in ("check", *STARTS):
            assert_clear(told(command, {**desk, "DATABASE_URL": url}), says, 1)
        checked = told("check", {**desk, "DATABASE_URL": url}).output
        assert [line.split("\t")[1] for line in checked.splitlines() if line.startswith("error")] == ["database"]
        assert '"event"' not in checked


def test_the_name_of_a_database_server_that_is_not_known_is_told(
    desk: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(*args: object, **more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    found = told("migrate", {"DATABASE_URL": SERVER.format(secret=SECRET, place="no-such-host.invalid")})
    assert_clear(found, ["failed to resolve host 'no-such-host.invalid'", "correct the host in DATABASE_URL"], 1)


@pytest.mark.parametrize(
    ("version", "says", "code"),
    [
        ("0005", "has an older schema", 2),
        ("9999", "was set up by a newer version of escalator: install that version", 2),
    ],
)
def test_an_older_or_newer_schema_is_told(
    version: str, says: str, code: int, folder: Path, desk: Mapping[str, str]
) -> None:
    with contextlib.closing(sqlite3.connect(a_database(folder))) as other:
        other.execute("UPDATE alembic_version SET version_num = ?", (version,))
        other.commit()
    assert_clear(told("check", desk), [f"error\tdatabase\t{says}"], 1)
    for command in ("web", "worker"):
        assert_clear(told(command, desk), [f"the database {says}"], code)
    if version == "9999":
        for command in ("run", "migrate"):
            assert_clear(told(command, desk), [f"the database {says}"], code)


def test_closed_days_that_are_past_are_told_by_check(folder: Path, desk: Mapping[str, str]) -> None:
    a_database(folder)
    found = told("check", {**desk, "WORK_HOLIDAYS": "2001-01-01"})
    assert "holidays of 'default'\tthe last one by date was 2001-01-01: say those that come" in found.output


@pytest.mark.parametrize("command", ["web", "worker"])
def test_a_database_without_its_tables_is_told(command: str) -> None:
    assert_clear(told(command, {}), ["the database is empty: run `escalator migrate` first"], 2)


def test_where_the_file_is_stands_in_what_check_and_run_say(
    folder: Path, desk: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_database(folder)
    path.chmod(0o600)
    assert f"answers, and its schema is up to date ({path})" in told("check", desk).output
    monkeypatch.setattr("connector.app.serve.serve", lambda make_site, listening: None)
    assert str(path) in told("run", {**desk, "LOG_FORMAT": "json"}).output


# -- the process -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "web"])
def test_a_port_that_is_in_use_is_told(command: str, folder: Path) -> None:
    a_database(folder)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        found = told_apart(command, {"PORT": port})
    says = [f"port {port} of 127.0.0.1 is in use by another process", "end it (`ss", "or take another PORT"]
    assert_clear(found, says, 1)


def test_a_port_that_only_root_may_take_is_told(folder: Path, powerless: Sequence[str]) -> None:
    a_database(folder)
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 80:
        pytest.skip("here everybody may take it")
    found = told_apart("run", {"PORT": "80"}, powerless)
    says = ["PORT: the account that runs escalator may not listen on 80", "take one from 1024 on, such as PORT=8000"]
    assert_clear(found, says, 2)


def test_an_address_that_is_none_of_this_machine_is_told(folder: Path) -> None:
    a_database(folder)
    found = told_apart("run", {"HOST": "192.0.2.1"})
    assert_clear(found, ["HOST: cannot listen on '192.0.2.1' (", "such as HOST=127.0.0.1"], 2)
