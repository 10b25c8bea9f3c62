"""The addresses of a ConnectWise site: the API's, the people's, and those that may serve signing keys."""

from __future__ import annotations

from urllib.parse import urlsplit

from adapters.connectwise.settings import ConnectWiseSettings
from adapters.http import origin_of
from connector.errors import ConfigError
from connector.systems.variables import is_loopback

CLOUD_SUFFIX = ".myconnectwise.net"


def api_url(url: str) -> str:
    """The address to call: ``api-`` put before a cloud host that lacks it; every other host as it is."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigError([f"CONNECTWISE_URL must be like https://api-na.myconnectwise.net, not {url!r}"])
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigError(["CONNECTWISE_URL must be https; plain http only to a loopback address"])
    if host.endswith(CLOUD_SUFFIX) and not host.startswith("api-"):
        host = "api-" + host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def ui_url(url: str) -> str:
    """The address that people use: the same without ``api-`` on a cloud host."""
    api = api_url(url)
    host = urlsplit(api).hostname or ""
    return api.replace("://api-", "://", 1) if host.endswith(CLOUD_SUFFIX) else api


def own_origins(url: str) -> tuple[str, ...]:
    """The configured site with and without ``api-``."""
    origin = origin_of(api_url(url))
    scheme, host = origin.split("://", 1)
    bare = host.removeprefix("api-")
    return (f"{scheme}://{bare}", f"{scheme}://api-{bare}")


def callback_origins(settings: ConnectWiseSettings) -> tuple[str, ...]:
    """The further hosts that may serve signing keys, under the scheme of the site."""
    scheme = urlsplit(settings.url).scheme
    return tuple(origin_of(host if "://" in host else f"{scheme}://{host}") for host in settings.callback_hosts)
