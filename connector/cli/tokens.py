"""``console token``: tokens of the API, for programs: made, listed, revoked."""

from __future__ import annotations

from datetime import timedelta

import click

from connector.cli import common
from connector.store.logins.tokens import ApiTokens, TokenRow
from connector.web.api.scopes import ApiScope
from connector.web.api.tokens import LASTS, LONGEST, new_token
from connector.wording import in_utc

_LONGEST_NAME = 60
_SCOPES = "  ".join(f"{scope.value}: {scope.words}." for scope in ApiScope)


@click.group(invoke_without_command=True, epilog=f"Scopes: {_SCOPES}")
@click.option("--name", default="", help="What it is for, as lists and the audit trail call it. [default: its id]")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in ApiScope]),
    default=[ApiScope.READ.value],
    show_default=True,
    help="What it lets a program do; may be given several times.",
)
@click.option(
    "--days",
    type=click.IntRange(1, LONGEST.days),
    default=LASTS.days,
    show_default=True,
    help="For how many days it is good.",
)
@common.as_json
@click.pass_context
def token(context: click.Context, name: str, scopes: tuple[str, ...], days: int, is_json: bool) -> None:
    """Make a token with which a program may use the API; it is shown once, and kept nowhere.

    A token never acts on a ticket. It works at once, in all web processes, until it expires or is revoked.
    """
    if context.invoked_subcommand is not None:
        return
    made = new_token()
    name = name.strip() or made.id
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise click.UsageError(f"--name: at most {_LONGEST_NAME} characters that can be seen")
    wanted = [scope.value for scope in ApiScope if scope.value in scopes]
    with common.wired() as parts:
        row = ApiTokens(parts.store).add(made.id, name, made.hash, wanted, timedelta(days=days), common.whoever())
    if is_json:
        common.answer({"token": made.text, **_document(row)})
        return
    common.to_copy(made.text)
    common.say(
        f"{row.name}: good until {_day(row)}, for {', '.join(row.scopes)}. It is not shown again.", is_error=True
    )


@token.command("list")
@common.as_json
def list_(is_json: bool) -> None:
    """List the tokens: what each may do, until when, and when it was used last, to the hour."""
    with common.wired() as parts:
        found, now = ApiTokens(parts.store).every(), parts.store.now()
    if is_json:
        common.answer([_document(one) for one in found])
        return
    rows = [
        (
            one.name,
            one.id,
            ", ".join(one.scopes),
            f"{'expired ' if one.expires_at <= now else ''}{_day(one)}",
            in_utc(one.used_at) if one.used_at else "never",
        )
        for one in found
    ]
    common.table(("name", "id", "may", "until", "last used"), rows)


@token.command()
@click.argument("named", metavar="NAME")
@common.as_json
def revoke(named: str, is_json: bool) -> None:
    """Take the token of that name, or id, away, at once and for good."""
    with common.wired() as parts:
        gone = ApiTokens(parts.store).revoke(named, common.whoever())
    if gone is None:
        common.say(
            f"there is no token {named!r}; `escalator console token list` shows those that there are", is_error=True
        )
        raise SystemExit(1)
    if is_json:
        common.answer({"revoked": _document(gone)})
    else:
        common.say(f"{gone.name}: revoked")


def _day(one: TokenRow) -> str:
    """Until when it is good, with the year: that may be the next one."""
    return f"{one.expires_at:%Y-%m-%d %H:%M} UTC"


def _document(one: TokenRow) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "scopes": list(one.scopes),
        "made_at": one.made_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "used_at": one.used_at.isoformat() if one.used_at else None,
    }
