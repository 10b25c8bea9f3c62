"""What a connection to ConnectWise PSA needs to know. Only values: the environment is read elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ConnectWiseSettings:
    """The address and credentials of one ConnectWise site.

    ``url``: scheme and host, with or without ``api-`` on a cloud host; no path. ``webhook_token``: up to two
    accepted values of ``?token=``, the first is the one that is registered. ``callback_hosts``: further hosts
    that may serve signing keys. ``public_url``: where this connector is reached from outside, empty when it
    is not.
    The secrets never show in ``repr``.
    """

    url: str
    company: str
    public_key: str = field(repr=False)
    private_key: str = field(repr=False)
    client_id: str = field(repr=False)
    webhook_token: tuple[str, ...] = field(default=(), repr=False)
    callback_hosts: tuple[str, ...] = ()
    public_url: str = ""
