"""Which host is called, which one people use, and whom a site is believed when it names itself."""

from __future__ import annotations

import pytest

from adapters.connectwise.hosts import api_url, is_shared, named_site, ui_url
from connector.errors import ConfigError

API_NA = "https://api-na.myconnectwise.net"


@pytest.mark.parametrize(
    ("given", "api", "ui"),
    [
        ("https://na.myconnectwise.net", API_NA, "https://na.myconnectwise.net"),
        ("https://api-eu.myconnectwise.net/", "https://api-eu.myconnectwise.net", "https://eu.myconnectwise.net"),
        ("https://NA.myconnectwise.net/v4_6", API_NA, "https://na.myconnectwise.net"),
        *(
            (f"https://{name}.myconnectwise.net", f"https://api-{name}.myconnectwise.net", None)
            for name in ("eu", "au", "aus", "za", "staging")
        ),
        ("https://staging.connectwisedev.com", "https://api-staging.connectwisedev.com", None),
        *(
            (f"https://{name}.myconnectwise.net", f"https://{name}.myconnectwise.net", None)
            for name in ("sandbox-na", "sandbox-eu", "sandbox-au", "api-sandbox-na", "test")
        ),
        ("https://na.example.com", "https://na.example.com", None),
        ("https://psa.example.com:8443", "https://psa.example.com:8443", "https://psa.example.com:8443"),
        ("http://127.0.0.1:8900", "http://127.0.0.1:8900", "http://127.0.0.1:8900"),
        ("http://[::1]:8900", "http://[::1]:8900", "http://[::1]:8900"),
    ],
)
def test_only_a_region_of_the_cloud_gets_the_api_prefix(given: str, api: str, ui: str | None) -> None:
    assert api_url(given) == api
    assert api_url(api) == api
    assert ui is None or ui_url(given) == ui


@pytest.mark.parametrize("url", ["http://psa.example.com", "ftp://psa.example.com", "psa.example.com", ""])
def test_an_address_that_is_not_https_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        api_url(url)


@pytest.mark.parametrize(
    ("said", "asked", "called"),
    [
        ("api-eu.myconnectwise.net", API_NA, "https://api-eu.myconnectwise.net"),
        ("https://api-eu.myconnectwise.net/", API_NA, "https://api-eu.myconnectwise.net"),
        ("eu.myconnectwise.net", API_NA, "https://api-eu.myconnectwise.net"),
        (
            "sandbox-na.myconnectwise.net",
            "https://sandbox-na.myconnectwise.net",
            "https://sandbox-na.myconnectwise.net",
        ),
        # Credentials go to the cloud's own hosts, and a site of one's own is called as it was configured.
        ("evil.example.com", API_NA, API_NA),
        ("myconnectwise.net.evil.example.com", API_NA, API_NA),
        ("evil.example.com/.myconnectwise.net", API_NA, API_NA),
        ("x@api-eu.myconnectwise.net", API_NA, API_NA),
        ("http://api-eu.myconnectwise.net", API_NA, API_NA),
        ("api-eu.myconnectwise.net:8443", API_NA, API_NA),
        ("cw-server", "https://psa.example.com", "https://psa.example.com"),
        ("api-na.myconnectwise.net", "https://psa.example.com", "https://psa.example.com"),
        ("", API_NA, API_NA),
        (None, API_NA, API_NA),
        (7, API_NA, API_NA),
    ],
)
def test_a_site_of_the_cloud_is_believed_where_it_is(said: object, asked: str, called: str) -> None:
    assert named_site({"SiteUrl": said}, asked) == called


def test_a_site_that_does_not_name_itself_is_called_as_configured() -> None:
    assert named_site({}, API_NA) == API_NA


def test_the_cloud_is_shared_by_many_companies() -> None:
    assert is_shared("staging.connectwisedev.com")
    assert not is_shared("psa.example.com")
