"""The command ``init``: what its options say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from connector.cli.setup import dialogue
from connector.cli.setup.desk import TIERS
from connector.config.secret_values import secret_of_file
from connector.systems.catalogue import ticket_systems


def _pairs(kind: str) -> Callable[[click.Context, click.Parameter, Sequence[str]], dict[str, str]]:
    def pairs(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for one in given:
            name, sign, value = one.partition("=")
            if not sign or not name:
                # Not told: it may be a secret that was pasted in the wrong place.
                raise click.BadParameter(f"expected NAME={kind}")
            found[name.strip()] = value.strip()
        return found

    return pairs


@click.command()
@click.argument("system", required=False, metavar="[SYSTEM]")
@click.option(
    "--set",
    "said",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_pairs("VALUE"),
    help="The answer for a variable; without a value: nothing is to stand there. Not for secrets.",
)
@click.option(
    "--secret-file",
    "files",
    multiple=True,
    metavar="NAME=PATH",
    callback=_pairs("PATH"),
    help="The file in which a secret stands, and stays: .env names it. Else secrets are taken from the environment.",
)
@click.option("--tiers", metavar="N", help="How many tiers the ladder has; else as many as are set, or 3.")
@click.option("--yes", "takes_proposals", is_flag=True, help="Take what is proposed, where the proposal is no guess.")
@click.option("--register/--no-register", "registers", default=None, help="Register the webhook in the ticket system.")
def init(
    system: str | None,
    said: dict[str, str],
    files: dict[str, str],
    tiers: str | None,
    takes_proposals: bool,
    registers: bool | None,
) -> None:
    """Connect a ticket system: asks, tries, proposes, and writes .env.

    On a terminal it asks for what is not said; elsewhere it names all that is missing. Run it again to change an
    answer, or to connect another system beside the first. In the ticket system it writes nothing, but for the webhook
    with --register.
    """
    known = list(ticket_systems())
    if system and system not in known:
        raise click.UsageError(f"there is no ticket system {system!r}; there are {', '.join(known)}")
    secrets = {name: _secret(name, path) for name, path in files.items()}
    wish = dialogue.Wish(
        system or "",
        {**said, **secrets, **({TIERS: tiers} if tiers else {})},
        {name: str(Path(path).absolute()) for name, path in files.items()},
        takes_proposals,
        registers,
    )
    dialogue.set_up(wish)


def _secret(name: str, path: str) -> str:
    try:
        return secret_of_file(path)
    except ValueError as error:
        raise click.BadParameter(f"{name}: the file {error}", param_hint="--secret-file") from None
