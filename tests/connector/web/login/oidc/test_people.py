"""Who somebody is, of what a provider says: the highest role, the member of the ticket system, a harmless name."""

from __future__ import annotations

import pytest

from connector.web.console.gate import Role
from connector.web.login.oidc.people import GOOGLE, NO_GROUP, TOO_MANY_GROUPS, person_of
from connector.web.login.oidc.refusals import NotLetIn

ISSUER = "https://idp.example.com/tenant"
ROLES = {
    "Service Desk": Role.TECHNICIAN,
    "leads": Role.MANAGER,
    "1f4e-admins": Role.ADMINISTRATOR,
    "Ruth@example.com": Role.VIEWER,
}
MANAGERS = ("okonjo", "Lead@Example.com")


def found(issuer=ISSUER, taken=(), **claims):
    claims.setdefault("groups", ["Service Desk"])
    return person_of({"sub": "4711", "name": "Ruth", **claims}, issuer, ROLES, MANAGERS, taken).viewer


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["Service Desk"]}, Role.TECHNICIAN),
        ({"groups": ["Service Desk", "1f4e-admins", "leads"]}, Role.ADMINISTRATOR),
        ({"groups": "leads"}, Role.MANAGER),
        ({"groups": [1, None, "leads"]}, Role.MANAGER),
        ({"groups": [], "roles": ["leads"]}, Role.MANAGER),
        ({"groups": None, "roles": ["leads"], "_claim_names": {"groups": "src1"}}, Role.MANAGER),
        ({"groups": [], "email": "ruth@EXAMPLE.com", "email_verified": True}, Role.VIEWER),
        ({"groups": ["leads"], "email": "ruth@example.com", "email_verified": True}, Role.MANAGER),
    ],
)
def test_the_highest_role_of_the_groups_counts(claims, role):
    assert found(**claims).role is role


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"groups": ["service desk", "Service Desk ", "Service"]}, NO_GROUP),
        ({"groups": {"Service Desk": 1}}, NO_GROUP),
        ({"groups": ["others"] * 2000 + ["leads"]}, NO_GROUP),
        ({"groups": [], "email": "ruth@example.com"}, NO_GROUP),
        ({"groups": [], "email": "ruth@example.com", "email_verified": "true"}, NO_GROUP),
        ({"groups": [], "email": "ruth@example.com", "email_verified": False}, NO_GROUP),
        ({"groups": [], "email": "ruth@example.com.evil.example", "email_verified": True}, NO_GROUP),
        ({"groups": [], "email": ["ruth@example.com"], "email_verified": True}, NO_GROUP),
        ({"groups": [], "preferred_username": "ruth@example.com"}, NO_GROUP),
        ({"groups": ["leads"], "sub": "x" * 256}, NO_GROUP),
        ({"groups": None, "hasgroups": True}, TOO_MANY_GROUPS),
        ({"groups": None, "_claim_names": {"groups": "src1"}}, TOO_MANY_GROUPS),
    ],
)
def test_nobody_is_let_in_without_a_group_that_counts(claims, words):
    with pytest.raises(NotLetIn) as caught:
        found(**claims)
    assert (caught.value.words, caught.value.status) == (words, 403)


@pytest.mark.parametrize(
    ("claims", "member"),
    [
        ({}, ""),
        ({"preferred_username": "OKONJO"}, "okonjo"),
        ({"upn": "lead@example.com"}, "Lead@Example.com"),
        ({"email": "LEAD@example.com", "email_verified": True}, "Lead@Example.com"),
        ({"email": "lead@example.com", "email_verified": False}, ""),
        ({"email": "lead@example.com"}, ""),
        ({"email": "okonjo@example.com", "email_verified": True}, ""),
        ({"preferred_username": "okonjo@evil.example"}, ""),
        ({"preferred_username": "okonj"}, ""),
        ({"preferred_username": ["okonjo"]}, ""),
        ({"name": "okonjo", "nickname": "okonjo"}, ""),
    ],
)
def test_a_manager_is_known_by_a_whole_name_and_by_no_part_of_one(claims, member):
    assert found(**claims).member == member


def test_google_is_believed_of_its_own_addresses_and_its_customers_and_of_no_others():
    said = {"groups": [], "email": "ruth@example.com", "email_verified": True}
    assert found(GOOGLE, **said, hd="example.com").role is Role.VIEWER
    for hd in ({}, {"hd": "other.example"}, {"hd": None}):
        with pytest.raises(NotLetIn):
            found(GOOGLE, **said, **hd)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "O’Brien, Pat-Ann (Desk)"}, "O’Brien, Pat-Ann (Desk)"),
        ({"name": "Andre\N{COMBINING ACUTE ACCENT}"}, "Andre\N{COMBINING ACUTE ACCENT}"),
        ({"name": "", "preferred_username": "ruth@example.com"}, "ruth@example.com"),
        ({"name": None, "email": "ruth@example.com"}, "ruth@example.com"),
        ({"name": 7, "upn": "ruth"}, "ruth"),
        ({"name": "\n/escalate\tnow <b>\N{RIGHT-TO-LEFT OVERRIDE}x"}, "escalate now b x"),
        ({"name": "***"}, "somebody"),
        ({"name": "x" * 1000}, "x" * 64),
        ({"name": "Bo"}, "Bo (idp.example.com)"),
    ],
)
def test_a_name_is_one_harmless_line_and_no_accounts_of_our_own(claims, name):
    assert found(taken={"bo"}, **claims).name == name
