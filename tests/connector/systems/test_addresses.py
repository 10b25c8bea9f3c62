from __future__ import annotations

import pytest

from connector.systems.addresses import host_of, is_among, networks, sender_of

OURS = networks(["10.0.0.7", "192.168.0.0/16", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("address", "among"),
    [
        ("10.0.0.7", True),
        ("10.0.0.8", False),
        ("192.168.3.4", True),
        ("::ffff:10.0.0.7", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_an_address_belongs_to_a_network_or_not(address: str, among: bool) -> None:
    assert is_among(address, OURS) is among


@pytest.mark.parametrize("text", ["10.0.0", "10.0.0.0/33", "localhost", "*"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear"):
        networks([text])


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_a_host_is_told_by_its_address_or_its_network(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("peer", "said", "sender"),
    [
        ("198.51.100.9", "203.0.113.1", "198.51.100.9"),
        ("10.0.0.7", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.7", "1.1.1.1, 203.0.113.1", "203.0.113.1"),
        ("10.0.0.7", "1.1.1.1, 203.0.113.1, 192.168.0.5", "203.0.113.1"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "203.0.113.1, <script>", "10.0.0.7"),
        ("10.0.0.7", "192.168.0.5", "192.168.0.5"),
    ],
)
def test_only_what_a_trusted_proxy_says_of_the_sender_is_believed(peer: str, said: str, sender: str) -> None:
    assert sender_of(peer, said, OURS) == sender
