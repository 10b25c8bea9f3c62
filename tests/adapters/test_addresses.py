"""What is told from addresses of registrations: whose they look like, and nothing that may be a secret."""

from __future__ import annotations

import pytest

from adapters.payloads import address_alone, is_at, looks_at

OURS = "https://desk.example.com/webhooks/psa"


@pytest.mark.parametrize(
    ("url", "looks", "is_ours"),
    [
        ("https://desk.example.com/webhooks/psa?token=x", True, True),
        ("https://old.example.com/webhooks/psa?recordId=7", True, False),
        ("https://old.example.com/below/webhooks/psa/", True, False),
        ("https://desk.example.com/webhooks/other", False, False),
        ("https://desk.example.com/psa", False, False),
        ("https://[/webhooks/psa", False, False),
        ("", False, False),
    ],
)
def test_what_ends_in_the_path_of_our_webhooks_looks_like_ours(url: str, looks: bool, is_ours: bool) -> None:
    assert (looks_at(url, OURS), is_at(url, OURS)) == (looks, is_ours)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:geheim@old.example.com/webhooks/psa?token=geheim#x", "https://old.example.com/webhooks/psa"),
        ("http://127.0.0.1:8000/x", "http://127.0.0.1:8000/x"),
        ("nonsense", "an address that is none"),
    ],
)
def test_an_address_is_shown_without_user_and_query(url: str, shown: str) -> None:
    assert address_alone(url) == shown
