"""Addresses of senders and proxies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks, such as 10.0.0.7 or 10.0.0.0/24. Raises ValueError for what is neither."""
    return tuple(ip_network(text, strict=False) for text in texts)


def plain(address: str) -> IPv4Address | IPv6Address | None:
    """An address, an IPv4 one that is written as IPv6 as what it is; None for what is no address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_among(address: str, known: Iterable[Network]) -> bool:
    """Whether an address belongs to one of the networks."""
    found = plain(address)
    return found is not None and any(found in one for one in known)


def host_of(address: str) -> str:
    """By what a sender is told from others: an IPv4 address, or the /64 of an IPv6 one, all of which one host has."""
    found = plain(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found) if found else address


def sender_of(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Who sent a request: the peer; where that is one of our own proxies, the last address before ours that it names.

    ``forwarded_for``: the header X-Forwarded-For. What stands left of the first foreign address anybody can write.
    """
    found = peer
    for named in reversed(forwarded_for.split(",")):
        address = plain(named.strip())
        if not is_among(found, trusted) or address is None:
            return found
        found = str(address)
    return found
