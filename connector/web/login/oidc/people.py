"""Who somebody is, of what the provider says of them: name, role and member of the ticket system. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from connector.web.console.gate import Role, Viewer
from connector.web.login.oidc.refusals import NotLetIn
from connector.web.login.outside import OutsidePerson

LONGEST_NAME, LONGEST_SUBJECT = 64, 255
MOST_GROUPS = 2000

GOOGLE = "https://accounts.google.com"
_OF_NAMES = " .,'’()@+-_"
_NAMES = ("name", "preferred_username", "email", "upn")

NO_GROUP = (
    "You are known to the identity provider, but in none of the groups that may see this console. Ask whoever runs it "
    "to add your group to OIDC_ROLES, or you to a group."
)
TOO_MANY_GROUPS = (
    "You are in more groups than the identity provider names at once, so it named none. Whoever runs the provider can "
    "have it name only the groups that are assigned to this application, or use app roles instead."
)


def person_of(
    claims: Mapping[str, Any], issuer: str, roles: Mapping[str, Role], managers: Collection[str], taken: Collection[str]
) -> OutsidePerson:
    """The person of proven claims. Raises NotLetIn for who has no role.

    ``roles``: by group, or by a person's e-mail address. ``managers``: identifiers that policies have. ``taken``: names
    of accounts of our own, case-folded.
    """
    subject = str(claims["sub"])
    if len(subject) > LONGEST_SUBJECT:
        raise NotLetIn("no role", NO_GROUP, detail="its subject is too long")
    email = verified_email(claims, issuer)
    groups = {*_texts(claims.get("groups")), *_texts(claims.get("roles"))}
    by_email = {group.casefold(): role for group, role in roles.items() if "@" in group}
    found = [roles[group] for group in groups & roles.keys()]
    if email.casefold() in by_email:
        found.append(by_email[email.casefold()])
    if not found:
        if _has_too_many_groups(claims):
            raise NotLetIn("no role", TOO_MANY_GROUPS, detail="more groups than are named at once")
        raise NotLetIn("no role", NO_GROUP, detail="none of its groups is in OIDC_ROLES")
    name, member = _name(claims, issuer, taken), _member(claims, email, managers)
    return OutsidePerson(subject, Viewer(name, max(found), member, subject=subject))


def verified_email(claims: Mapping[str, Any], issuer: str) -> str:
    """The e-mail address, where the provider says that it has verified it and may know; else empty.

    Google knows those of its own mail and of its customers' domains (``hd``); of others only what was once.
    """
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is not True or email.count("@") != 1:
        return ""
    domain = email.rpartition("@")[2].casefold()
    hosted = claims.get("hd")
    if issuer == GOOGLE and domain != "gmail.com" and not (isinstance(hosted, str) and hosted.casefold() == domain):
        return ""
    return email


def _member(claims: Mapping[str, Any], email: str, managers: Collection[str]) -> str:
    """Which of the managers that is, by a whole name, in any case; never by a part of an address. Empty for nobody."""
    by_name = {one.casefold(): one for one in managers}
    said = [claims.get("preferred_username"), claims.get("upn"), email]
    return next((by_name[one.casefold()] for one in said if isinstance(one, str) and one.casefold() in by_name), "")


def _name(claims: Mapping[str, Any], issuer: str, taken: Collection[str]) -> str:
    """What to call somebody: one line of letters, digits and what stands in names. No account's of our own."""
    said = (_as_name(claims.get(one)) for one in _NAMES)
    name = next(filter(None, said), "") or "somebody"
    return f"{name} ({issuer.partition('://')[2].partition('/')[0]})" if name.casefold() in taken else name


def _as_name(said: object) -> str:
    if not isinstance(said, str):
        return ""
    kept = "".join(
        one if one.isalnum() or one in _OF_NAMES or _is_mark(one) else " " for one in said[: 4 * LONGEST_NAME]
    )
    return " ".join(kept.split())[:LONGEST_NAME].strip()


def _is_mark(character: str) -> bool:
    """Whether it is put upon the letter before it."""
    return unicodedata.category(character) in ("Mn", "Mc")


def _texts(value: object) -> Iterator[str]:
    """The texts of a claim, be it a list or one of them."""
    values = value[:MOST_GROUPS] if isinstance(value, list) else [value]
    return (one for one in values if isinstance(one, str))


def _has_too_many_groups(claims: Mapping[str, Any]) -> bool:
    elsewhere = claims.get("_claim_names")
    return claims.get("hasgroups") is True or (isinstance(elsewhere, dict) and "groups" in elsewhere)
