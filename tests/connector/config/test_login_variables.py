"""The identity provider of the console: what is read, what is refused, and what has to be said besides."""

from __future__ import annotations

import pytest

from connector.config.console_variables import SESSION_KEY, OidcLogin
from connector.config.login_variables import OIDC_VARIABLES
from connector.config.settings import load_settings
from connector.errors import ConfigError
from connector.systems.variables import Secret

WHOLE = {
    "OIDC_ISSUER": "https://idp.example.com/realms/desk/",
    "OIDC_CLIENT_ID": "console",
    "OIDC_CLIENT_SECRET": "a secret of the provider's",
    "OIDC_ROLES": "Service Desk:Technician, urn:desk:leads : manager, ,ruth@example.com:viewer",
    "PUBLIC_URL": "https://console.example.com",
    "SESSION_KEY": SESSION_KEY.example,
}


def problems(**changes):
    environ = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    with pytest.raises(ConfigError) as caught:
        load_settings(environ)
    return caught.value.problems


def test_a_provider_is_read_with_the_roles_of_its_groups():
    found = load_settings(WHOLE).console
    assert found.oidc == OidcLogin(
        "https://idp.example.com/realms/desk",
        "console",
        Secret("a secret of the provider's"),
        (("Service Desk", "technician"), ("urn:desk:leads", "manager"), ("ruth@example.com", "viewer")),
    )
    assert found.is_there
    assert not found.users
    assert "a secret" not in repr(found)


def test_the_secret_may_stand_in_a_file(tmp_path):
    (tmp_path / "secret").write_text("of a file\n")
    environ = {**WHOLE, "OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    del environ["OIDC_CLIENT_SECRET"]
    assert load_settings(environ).console.oidc.client_secret == Secret("of a file")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("OIDC_ISSUER", "http://idp.example.com", "must begin with https://"),
        ("OIDC_ISSUER", "idp.example.com", "is not an address"),
        ("OIDC_ISSUER", "https://idp.example.com/?x=1", "must not have a query"),
        (
            "OIDC_ISSUER",
            "https://idp.example.com/.well-known/openid-configuration",
            "leave out what begins with /.well",
        ),
        ("OIDC_ISSUER", "https://login.microsoftonline.com/common/v2.0", "names no tenant"),
        ("OIDC_ISSUER", "https://login.microsoftonline.com/Organizations/v2.0", "names no tenant"),
        ("OIDC_ISSUER", "https://login.microsoftonline.com", "names no tenant"),
        ("OIDC_ISSUER", "https://login.microsoftonline.com/1f4e", "write /v2.0 behind"),
        ("OIDC_CLIENT_ID", "two words", "is no client id"),
        ("OIDC_CLIENT_SECRET", "x" * 1001, "is no client secret"),
        ("OIDC_ROLES", "Service Desk", "entry 1 ('Service Desk') is not group:role"),
        ("OIDC_ROLES", ":viewer", "entry 1 (':viewer') is not group:role"),
        ("OIDC_ROLES", ",", "names no group"),
        ("OIDC_ROLES", "a:viewer, b:managr", "entry 2 has no role of viewer, technician, manager, administrator"),
        ("OIDC_ROLES", "a:viewer, a:manager", "entry 2 names the group of an entry before it"),
        ("OIDC_ROLES", f"{'x' * 201}:viewer", "entry 1 has no group of 1 to 200 characters"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(name, value, problem):
    told = [one for one in problems(**{name: value}) if one.startswith(f"{name}: ")]
    assert len(told) == 1
    assert problem in told[0]


@pytest.mark.parametrize("name", [one.name for one in OIDC_VARIABLES])
def test_all_of_a_provider_is_said_or_nothing(name):
    [told] = problems(**{name: None})
    assert told.startswith(f"{name}: is missing (")
    assert "are set: all of them, or none)" in told


@pytest.mark.parametrize("name", ["PUBLIC_URL", "SESSION_KEY"])
def test_a_provider_needs_an_address_to_send_people_back_to_and_a_key_for_sessions(name):
    [told] = problems(**{name: None})
    assert told.startswith(f"{name}: is missing (OIDC_ISSUER is set)")


def test_one_variable_alone_is_told_once():
    with pytest.raises(ConfigError) as caught:
        load_settings({"OIDC_ROLES": "a:viewer"})
    assert [one.partition(":")[0] for one in caught.value.problems] == [
        "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "PUBLIC_URL", "SESSION_KEY",
    ]  # fmt: skip
    assert "(OIDC_ROLES is set: all of them, or none)" in caught.value.problems[0]


def test_a_client_secret_is_told_in_no_problem():
    assert "hunter2hunter2" not in str(problems(OIDC_CLIENT_SECRET="hunter2hunter2" * 100, OIDC_ROLES="x"))
