"""What a command loads: no server to show help or to migrate, nothing that only draws tables at every start."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from connector import cli as cli_package
from connector.cli import common
from connector.cli.main import cli, loading
from connector.config.console_variables import CONSOLE_USERS, SESSION_KEY
from tests.crash.services import a_free_port

SERVERS = {"flask", "werkzeug", "gunicorn", "prometheus_client", "connector.app", "connector.web", "connector.worker"}
TICKET_SYSTEMS = {"requests", "urllib3", "connector.turn", "apprise"}
DRAWING = {"rich", "pygments"}
LOGIN = {"connector.web.login", "argon2", "_cffi_backend"}
RUN_AND_TELL = """
import sys
from connector.cli import main
{first}
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
SERVES_NOTHING = "import connector.app.serve as side; side.serve = lambda make_site, listening: make_site()"
"""What makes it end: the site of a web process is made in the command's own, and that is all."""
WATCHES = "import connector.app.serve as side; side.serve = lambda make_site, listening: None"
"""What makes it end: the master is about to fork its web process, and that is all."""
WORKS_NOT = "import connector.worker.worker as side; side.Worker.run_forever = lambda *arguments: None"
"""What makes it end: a worker is made, and that is all."""
FAILS_UNSETTLED = """
import gc
import connector.worker.worker as side
side.Worker.run_forever = lambda *arguments: sys.exit(len(gc.get_objects()) > 1_000)
"""
"""A worker that ends well only where the collector leaves alone what is there when it begins."""
LEAVES_ITS_FILES = """
import os
import connector.store.database.engine as side
side.Store.close = lambda self: None
os.umask(0)
from connector.cli import main
try:
    main()
except SystemExit:
    os.system('stat -c "%a %n" *')
    os._exit(0)
"""
"""A command whose database stays open at its end, and what it left; the shell that starts it lets everybody read."""
CONNECTED = {
    "CONNECTWISE_URL": "http://127.0.0.1:9",
    "CONNECTWISE_COMPANY": "acme",
    "CONNECTWISE_PUBLIC_KEY": "public-1234",
    "CONNECTWISE_PRIVATE_KEY": "private-1234",
    "CONNECTWISE_CLIENT_ID": "client-1234",
    "TIER_1_HOME": "Service Desk",
    "TIER_2_HOME": "Tier 3",
    "TIER_3_HOME": "Sr IT",
    "WORK_TIME_ZONE": "UTC",
}


def loaded_by(folder: Path, *arguments: str, first: str = "", **environ: str) -> set[str]:
    """The modules that a command loads in a process of its own. ``first``: what to do before it there."""
    command = [sys.executable, "-c", RUN_AND_TELL.format(first=first), *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


@pytest.fixture
def migrated(tmp_path: Path, sqlite_template: Path) -> Path:
    """A folder whose database is up to date."""
    shutil.copyfile(sqlite_template, tmp_path / "escalator.db")
    return tmp_path


@pytest.mark.parametrize("command", ["--help", "migrate"])
def test_help_and_migrate_load_no_server_and_no_ticket_system(tmp_path, command):
    loaded = loaded_by(tmp_path, command)
    assert "connector.cli.main" in loaded
    assert loaded & (SERVERS | TICKET_SYSTEMS) == set()
    assert not {name for name in loaded if name.endswith(".system")}


def test_a_start_on_a_database_that_is_up_to_date_draws_nothing_and_knows_no_countries_holidays(migrated):
    loaded = loaded_by(migrated, "migrate")
    assert "structlog" in loaded
    assert loaded & {*DRAWING, "holidays"} == set()


def test_the_help_says_of_each_command_what_the_command_says_of_itself():
    context = click.Context(cli, terminal_width=200)
    help_text = cli.get_help(context)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert f"  {name:12}  {command.get_short_help_str(200)}\n" in f"{help_text}\n"


WORK = {"connector.turn", "connector.worker", "connector.rules", "connector.notes"}
POSTGRESQL = {"psycopg", "psycopg_binary"}


def test_a_web_process_loads_nothing_of_the_work_and_no_driver_of_another_database(migrated):
    """Nor anything of a log-in, where nobody may."""
    loaded = loaded_by(migrated, "web", first=SERVES_NOTHING, **CONNECTED)
    assert {"connector.web.webhooks", "gunicorn"} <= loaded
    assert loaded & (WORK | POSTGRESQL | DRAWING | LOGIN | {"alembic", "apprise", "holidays"}) == set()


@pytest.mark.parametrize("command", ["run", "web"])
def test_the_master_of_one_web_process_loads_nothing_of_what_that_does(migrated, command):
    loaded = loaded_by(migrated, command, first=WATCHES, **CONNECTED)
    assert "gunicorn" in loaded
    assert loaded & (WORK | {"sqlalchemy", "flask", "requests", "connector.web"}) == set()


def test_the_master_of_several_web_processes_loads_what_they_share(migrated):
    loaded = loaded_by(migrated, "web", first=WATCHES, **CONNECTED, WEB_CONCURRENCY="2")
    assert {"sqlalchemy", "flask", "connector.web.webhooks"} <= loaded


def test_a_worker_that_nobody_watches_loads_no_server(migrated):
    """And it begins with memory that the collector leaves alone."""
    loaded = loaded_by(migrated, "worker", first=FAILS_UNSETTLED, **CONNECTED)
    assert loaded >= WORK
    assert loaded & ({"flask", "werkzeug", "jinja2", "gunicorn"} | POSTGRESQL | DRAWING) == set()
    watched = loaded_by(migrated, "worker", first=WORKS_NOT, **CONNECTED, WORKER_METRICS_PORT=str(a_free_port()))
    assert "flask" in watched


def test_a_web_process_that_lets_people_log_in_loads_what_that_takes(migrated):
    accounts = {"CONSOLE_USERS": CONSOLE_USERS.example, "SESSION_KEY": SESSION_KEY.example}
    assert loaded_by(migrated, "web", first=SERVES_NOTHING, **CONNECTED, **accounts) >= LOGIN


@pytest.mark.parametrize("command", ["check", pytest.param("audit", marks=pytest.mark.soak)])
def test_a_command_loads_nothing_of_the_servers_and_of_a_tickets_turn(tmp_path, command):
    loaded = loaded_by(tmp_path, command, "--help")
    assert "sqlalchemy" in loaded
    assert (
        loaded & {"flask", "connector.app.worker_side", "connector.turn.turn", "connector.notes.escalation_note"}
        == set()
    )


def test_modules_are_loaded_without_a_look_for_garbage_and_none_goes_through_them_later():
    before = gc.get_freeze_count()
    try:
        with loading():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() == before  # nothing was loaded
        with loading():
            sys.modules["nothing_of_ours"] = ModuleType("nothing_of_ours")
        assert gc.get_freeze_count() > before
    finally:
        sys.modules.pop("nothing_of_ours", None)


def test_web_and_worker_in_one_load_both_sides_and_keep_nothing_of_the_migration_that_they_begin_with(tmp_path):
    loaded = loaded_by(tmp_path, "run", first=SERVES_NOTHING, **CONNECTED)
    assert {"connector.web.webhooks", "gunicorn"} | WORK <= loaded
    assert loaded & (POSTGRESQL | DRAWING | {"alembic"}) == set()


def test_what_a_command_writes_is_for_the_owner_alone(tmp_path: Path) -> None:
    """Whatever the shell that starts it leaves open to others."""
    done = subprocess.run(
        [sys.executable, "-c", LEAVES_ITS_FILES, "migrate"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    modes = dict(reversed(line.split()) for line in done.stdout.splitlines() if line[0].isdigit())
    assert {"escalator.db", "escalator.db-wal", "escalator.db-shm"} <= set(modes), done.stdout
    assert set(modes.values()) == {"600"}


def test_every_command_says_what_it_says_through_one_door() -> None:
    """``common`` and the errors of ``main``: there it is without secrets, and without what a terminal would obey."""
    says = re.compile(r"click\.s?echo|print\(|sys\.std(?!in)")
    lines = {
        path.name: [line for line in path.read_text().splitlines() if says.search(line) and "isatty" not in line]
        for path in Path(cli_package.__file__).parent.glob("*.py")
    }
    assert {name for name, found in lines.items() if found} == {"common.py", "main.py"}
    assert all("terminal.shown(" in line for line in lines["main.py"])
    harmless = ("shown(", "shown_json(", "map(cell", "print(drawn)")
    assert all(any(one in line for one in harmless) for line in lines["common.py"])


def test_on_a_terminal_a_long_line_is_broken_between_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "get_terminal_size", lambda: os.terminal_size((20, 9)))
    assert common._broken("short\n  one two three four five") == "short\n  one two three four\n    five"
    assert common._broken("https://a.very.long.example.com/webhooks") == "https://a.very.long.example.com/webhooks"
