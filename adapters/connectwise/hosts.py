"""Which hosts a ConnectWise site has: to call, for people to use, and to fetch signing keys from. Pure."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from adapters.connectwise.variables import ConnectWiseSettings
from adapters.http import origin_of
from adapters.payloads import text
from connector.errors import ConfigError
from connector.systems.variables import is_loopback

_CLOUDS = (".myconnectwise.net", ".connectwisedev.com")
_PREFIXED = frozenset({"na", "eu", "au", "aus", "za", "staging"})
"""The regions of the vendor's cloud whose API has a host of its own; sandboxes, for one, have not."""

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def api_url(url: str) -> str:
    """The address to call: ``api-`` put before a region of the cloud that lacks it; every other host as it is."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigError([f"CONNECTWISE_URL must be like https://api-na.myconnectwise.net, not {url!r}"])
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigError(["CONNECTWISE_URL must be https; plain http only to a loopback address"])
    if is_shared(host) and host.partition(".")[0] in _PREFIXED:
        host = "api-" + host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def ui_url(url: str) -> str:
    """The address that people use: the same without ``api-`` on a cloud host."""
    api = api_url(url)
    return api.replace("://api-", "://", 1) if is_shared(urlsplit(api).hostname or "") else api


def origins_of(settings: ConnectWiseSettings) -> frozenset[str]:
    """The origins that may serve signing keys: the site with and without ``api-``, and what is configured besides."""
    scheme, host = origin_of(api_url(settings.url)).split("://", 1)
    bare = host.removeprefix("api-")
    further = (other if "://" in other else f"{scheme}://{other}" for other in settings.callback_hosts)
    return frozenset((f"{scheme}://{bare}", f"{scheme}://api-{bare}", *map(origin_of, further)))


def is_shared(host: str) -> bool:
    """Whether a host is the vendor's cloud, where many companies are."""
    return host.endswith(_CLOUDS)


def named_site(info: dict[str, Any], asked: str) -> str:
    """The address to call by what the site that was ``asked`` says of itself (``SiteUrl``).

    Credentials go there: believed of a host of the cloud that names another host of the cloud, and of nobody else. A
    site of one's own often names itself as only its own network knows it.
    """
    said = text(info.get("SiteUrl")).strip().lower().removeprefix("https://").rstrip("/")
    is_believed = _HOST.fullmatch(said) and is_shared(said) and is_shared(urlsplit(asked).hostname or "")
    return api_url(f"https://{said}") if is_believed else asked
