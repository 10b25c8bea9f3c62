"""Who may log in to the console: the variables of an identity provider, and all of the login beside one another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.config.console_variables import (
    CONSOLE_USERS,
    ROLES,
    SESSION_KEY,
    TO_MAKE_A_KEY,
    ConsoleLogin,
    OidcLogin,
)
from connector.systems.variables import Secret, Variable, items, web_address
from connector.wording import did_you_mean

LONGEST_GROUP = 200
LONGEST_SECRET = 1000

_NO_TENANT = ("common", "organizations", "consumers")
"""Of Microsoft: whoever has any account there would be one of ours."""

_ENTRA = "login.microsoftonline.com"
_CLIENT_ID = re.compile(r"[!-~]{1,200}", re.ASCII)


def _issuer(text: str) -> str:
    address = web_address(text)
    if address.endswith("/.well-known/openid-configuration"):
        raise ValueError("is the address of the provider's document: leave out what begins with /.well-known")
    parts = urlsplit(address)
    tenant = parts.path.strip("/").partition("/")[0].lower()
    if parts.hostname == _ENTRA and tenant in ("", *_NO_TENANT):
        raise ValueError("names no tenant, so anybody's account would be taken: put your tenant's id into its place")
    if parts.hostname == _ENTRA and not parts.path.endswith("/v2.0"):
        raise ValueError("is that of the first version: write /v2.0 behind your tenant's id")
    return address


def _client_id(text: str) -> str:
    if not _CLIENT_ID.fullmatch(text):
        raise ValueError("is no client id: it has no blanks")
    return text


def _client_secret(text: str) -> Secret:
    if len(text) > LONGEST_SECRET or not text.isprintable():
        raise ValueError("is no client secret: it is one line of text")
    return Secret(text)


def _roles(text: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    problems: list[str] = []
    for place, entry in enumerate(items(text), 1):
        group, colon, role = (part.strip() for part in entry.rpartition(":"))
        if not colon or not group:
            problems.append(f"entry {place} ({entry[:40]!r}) is not group:role")
        elif role.lower() not in ROLES:
            problems.append(
                f"entry {place} has no role of {', '.join(ROLES)} behind its last colon{did_you_mean(role, ROLES)}"
            )
        elif len(group) > LONGEST_GROUP or not group.isprintable():
            problems.append(f"entry {place} has no group of 1 to {LONGEST_GROUP} characters")
        elif group in found:
            problems.append(f"entry {place} names the group of an entry before it: take one of the two out")
        else:
            found[group] = role.lower()
    if problems or not found:
        raise ValueError("; ".join(problems) or "names no group")
    return tuple(found.items())


OIDC_ISSUER = Variable(
    "OIDC_ISSUER",
    "the identity provider that people log in to the console with, by its issuer's address; beside `CONSOLE_USERS` or "
    "without; it needs `PUBLIC_URL`, and is told that address with `/login/oidc` behind it",
    "the issuer's address with https://",
    "https://login.microsoftonline.com/your-tenant-id/v2.0",
    parse=_issuer,
)
OIDC_CLIENT_ID = Variable(
    "OIDC_CLIENT_ID",
    "what the provider calls this connector",
    "the client id that the provider shows",
    "11111111-2222-3333-4444-555555555555",
    parse=_client_id,
)
OIDC_CLIENT_SECRET = Variable(
    "OIDC_CLIENT_SECRET",
    "what this connector proves itself with to the provider; a new one logs out who came by it",
    "the client secret that the provider shows once",
    "a-secret-of-the-provider",
    parse=_client_secret,
    is_secret=True,
)
OIDC_ROLES = Variable(
    "OIDC_ROLES",
    "which role each of the provider's groups has: `group:role`, several with a comma between them; a group of "
    "Microsoft Entra is named by its object id; one with an `@` may also be a person's e-mail address; whoever is in "
    "several has the highest role, in none is not let in",
    "entries as group:role, comma-separated",
    "Service Desk:technician, 1f4e8a70-0000-4000-8000-000000000000:administrator",
    parse=_roles,
)
OIDC_VARIABLES = (OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_ROLES)


LOGIN_VARIABLES = (CONSOLE_USERS, *OIDC_VARIABLES, SESSION_KEY)
LOGIN_NAMES = frozenset(one.name for one in LOGIN_VARIABLES)


def login_problems(values: Mapping[str, str], public_url: Variable) -> list[str]:
    """What is missing of the variables beside one another; ``public_url``: where people are sent back to."""
    said = [one.name for one in OIDC_VARIABLES if one.name in values]
    problems: list[str] = []
    if said:
        are = f"{' and '.join(said)} {'is' if len(said) == 1 else 'are'} set: all of them, or none"
        problems += [one.problem(f"is missing ({are})") for one in OIDC_VARIABLES if one.name not in values]
        if public_url.name not in values:
            problems.append(public_url.problem(f"is missing ({said[0]} is set): the provider sends people back to it"))
    needing = [CONSOLE_USERS.name] * (CONSOLE_USERS.name in values) + said
    if needing and SESSION_KEY.name not in values:
        problems.append(SESSION_KEY.problem(f"is missing ({needing[0]} is set): {TO_MAKE_A_KEY}"))
    return problems


def console_login(read: Mapping[str, Any]) -> ConsoleLogin:
    """The login of variables that were read and have no problems."""
    has_provider = all(one.name in read for one in OIDC_VARIABLES)
    provider = OidcLogin(*(read[one.name] for one in OIDC_VARIABLES)) if has_provider else None
    return ConsoleLogin(read.get(CONSOLE_USERS.name, ()), read.get(SESSION_KEY.name), provider)
