"""What a command loads: no server to show help or to migrate, nothing that only draws tables at every start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from connector.cli.main import cli

SERVERS = {"flask", "werkzeug", "gunicorn", "prometheus_client", "connector.app", "connector.web", "connector.worker"}
TICKET_SYSTEMS = {"requests", "urllib3", "connector.turn", "apprise"}
DRAWING = {"rich", "pygments"}
RUN_AND_TELL = """
import sys
from connector.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def loaded_by(folder: Path, *arguments: str) -> set[str]:
    """The modules that a command loads in a process of its own."""
    command = [sys.executable, "-c", RUN_AND_TELL, *arguments]
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("command", ["--help", "migrate"])
def test_help_and_migrate_load_no_server_and_no_ticket_system(tmp_path, command):
    loaded = loaded_by(tmp_path, command)
    assert "connector.cli.main" in loaded
    assert loaded & (SERVERS | TICKET_SYSTEMS) == set()
    assert not {name for name in loaded if name.endswith(".system")}


def test_a_start_on_a_database_that_is_up_to_date_draws_nothing_and_knows_no_countries_holidays(tmp_path):
    loaded_by(tmp_path, "migrate")
    loaded = loaded_by(tmp_path, "migrate")
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
