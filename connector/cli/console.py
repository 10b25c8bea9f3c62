"""``console``: what is needed to let people log in there, and programs use the API."""

from __future__ import annotations

import secrets
import sys

import click

from connector.cli import common
from connector.cli.tokens import token
from connector.config.console_variables import CONSOLE_USERS, ROLES, SESSION_KEY
from connector.config.secret_values import FILE
from connector.web.login import passwords

_MOST_CHARACTERS = 4 * passwords.MOST_BYTES
_KEY_BYTES = 36


@click.group()
def console() -> None:
    """Let people log in to the console, and programs use the API."""


console.add_command(token)


@console.command()
@click.option("--name", default="NAME", show_default=True, help="Who logs in with it.")
@click.option("--role", type=click.Choice(ROLES), default=ROLES[0], show_default=True, help="What that person may do.")
@click.option("--member", default="", help="Who that is in the ticket system, for overrides.")
@common.as_json
def password(name: str, role: str, member: str, is_json: bool) -> None:
    """Make the hash of a password, and the account for CONSOLE_USERS with it; the password is kept nowhere.

    It is asked for twice and not seen; where nobody can be asked, it is one line of standard input.
    """
    if {":", ";"} & set(name):
        raise click.UsageError("--name: a name holds no : and no ;")
    if "'" in member:
        raise click.UsageError("a quote mark in the member ends a value too early: take the member's id or address")
    typed = _asked() if _is_asked() else _read()
    try:
        passwords.require_good(typed)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    hashed = passwords.hash_of(typed)
    account = ":".join([name, role, hashed, *([member] if member else [])])
    try:
        CONSOLE_USERS.parse(account)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    line = f"{CONSOLE_USERS.name}='{account}'"
    key = "" if _has_key() else f"{SESSION_KEY.name}={secrets.token_urlsafe(_KEY_BYTES)}"
    if is_json:
        common.answer({"hash": hashed, "account": account, "line": line, **({"session_key_line": key} if key else {})})
        return
    for one in (hashed, line, *([key] if key else [])):
        common.to_copy(one)
    common.say(f"Several accounts stand in one {CONSOLE_USERS.name}, with ; between them.", is_error=True)
    if key:
        common.say(f"{SESSION_KEY.name} is made once, and is the same for all web processes.", is_error=True)


def _is_asked() -> bool:
    """Whether there is a person to ask, wherever the answer goes."""
    return sys.stdin.isatty()


def _asked() -> str:
    """The password as it was typed twice. Raises UsageError where the two differ, click.Abort where they leave."""
    first = common.ask_secret(f"Password (at least {passwords.SHORTEST} characters)")
    if len(first) >= passwords.SHORTEST and common.ask_secret("The same again") != first:
        raise click.UsageError("the two are not the same: nothing was made, try again")
    return first


def _read() -> str:
    """The password as standard input has it, without the line's end. Raises UsageError for more than one line."""
    try:
        text = sys.stdin.read(_MOST_CHARACTERS)
    except UnicodeDecodeError:
        raise click.UsageError("the password on standard input is no UTF-8 text") from None
    lines = text.splitlines()
    if len(lines) > 1:
        raise click.UsageError("standard input holds several lines: one is expected, the password")
    return lines[0] if lines else ""


def _has_key() -> bool:
    environ = common.environment()
    return any(environ.get(name, "").strip() for name in (SESSION_KEY.name, SESSION_KEY.name + FILE))
