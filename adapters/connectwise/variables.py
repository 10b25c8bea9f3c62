"""The environment variables of a ConnectWise connection. ``CONNECTWISE_URL`` set means: connected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.systems.variables import Variable, connected, hosts, rotating_secret, web_address, whole_number

USUAL_VERSION = "2025.1"
"""The version of the API that the adapter was built for."""

DEFAULT_CALLS = 600
"""In any minute. The vendor speaks of about 1,000, of all integrations together."""


@dataclass(frozen=True, slots=True)
class ConnectWiseSettings:
    """The address and credentials of one ConnectWise site.

    ``url``: scheme and host, with or without ``api-`` on a cloud host; no path. ``webhook_token``: up to two
    accepted values of ``?token=``, the first is the one that is registered. ``callback_hosts``: further hosts
    that may serve signing keys. ``api_version``: of the API's model, as the Accept header pins it.
    ``calls_per_minute``: at most so many calls in any minute. The secrets never show in ``repr``.
    """

    url: str
    company: str
    public_key: str = field(repr=False)
    private_key: str = field(repr=False)
    client_id: str = field(repr=False)
    webhook_token: tuple[str, ...] = field(default=(), repr=False)
    callback_hosts: tuple[str, ...] = ()
    api_version: str = USUAL_VERSION
    calls_per_minute: int = DEFAULT_CALLS


def _site(text: str) -> str:
    address = web_address(text)
    if address.count("/") > 2:
        raise ValueError("must not have a path")
    return address


def _version(text: str) -> str:
    if not re.fullmatch(r"20\d\d\.\d{1,2}", text, re.ASCII):
        raise ValueError("is no version of the API")
    return text


URL = Variable(
    "CONNECTWISE_URL",
    "the site, with or without `api-`; a sandbox as it is; plain http only to a loopback address. Set means: connected",
    "an https address without a path",
    "https://api-na.myconnectwise.net",
    parse=_site,
)
COMPANY = Variable("CONNECTWISE_COMPANY", "the company id of the login page", "the company id", "yourcompany")
PUBLIC_KEY = Variable(
    "CONNECTWISE_PUBLIC_KEY", "the API member's public key", "the public key", "your-public-key", is_secret=True
)
PRIVATE_KEY = Variable(
    "CONNECTWISE_PRIVATE_KEY",
    "the API member's private key",
    "the private key",
    "your-private-key",
    is_secret=True,
)
CLIENT_ID = Variable(
    "CONNECTWISE_CLIENT_ID",
    "the clientId of the integration, from the vendor's developer site",
    "the clientId",
    "00000000-0000-0000-0000-000000000000",
    is_secret=True,
)
WEBHOOK_TOKEN = rotating_secret(
    "CONNECTWISE_WEBHOOK_TOKEN",
    "optional second factor: `?token=` of the registered URL, of 16 characters or more; two values, comma-separated, "
    "while rotating (the first one is registered)",
)
CALLBACK_HOSTS = Variable(
    "CONNECTWISE_CALLBACK_HOSTS",
    "further hosts that a callback's `key_url` may point to, comma-separated",
    "host names, comma-separated",
    "keys.example.com",
    parse=hosts,
)
API_VERSION = Variable(
    "CONNECTWISE_API_VERSION",
    "the version of the API's model that the Accept header pins",
    "year and release of a version",
    USUAL_VERSION,
    shown_default=USUAL_VERSION,
    parse=_version,
)
CALLS = Variable(
    "CONNECTWISE_CALLS_PER_MINUTE",
    "the whole budget of calls in any minute, shared by all workers; the site's limit, about 1,000, is shared with "
    "every other integration",
    "a whole number from 20 to 100000",
    "600",
    shown_default="600",
    parse=whole_number(20, 100_000),
)

REQUIRED = (COMPANY, PUBLIC_KEY, PRIVATE_KEY, CLIENT_ID)
VARIABLES: tuple[Variable, ...] = (URL, *REQUIRED, WEBHOOK_TOKEN, CALLBACK_HOSTS, API_VERSION, CALLS)


def settings_from(values: Mapping[str, str]) -> ConnectWiseSettings | None:
    """The settings from the variables that are set, or None when ``CONNECTWISE_URL`` is not among them.

    Raises ConfigError with every problem.
    """
    read = connected(URL, REQUIRED, VARIABLES, values)
    if read is None:
        return None
    return ConnectWiseSettings(
        url=read[URL.name],
        company=read[COMPANY.name],
        public_key=read[PUBLIC_KEY.name],
        private_key=read[PRIVATE_KEY.name],
        client_id=read[CLIENT_ID.name],
        webhook_token=read.get(WEBHOOK_TOKEN.name, ()),
        callback_hosts=read.get(CALLBACK_HOSTS.name, ()),
        api_version=read.get(API_VERSION.name, USUAL_VERSION),
        calls_per_minute=read.get(CALLS.name, DEFAULT_CALLS),
    )
