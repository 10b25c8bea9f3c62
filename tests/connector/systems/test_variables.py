"""How the text of a variable becomes a value."""

from __future__ import annotations

import pytest

from connector.systems.variables import (
    Variable,
    as_number,
    given,
    hosts,
    missing,
    read_all,
    rotating_secret,
    web_address,
)

SITE = Variable("SITE", "the site", "an https address", "https://x.example", parse=web_address)
KEYS = rotating_secret("KEYS", "keys")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://x.example/", "https://x.example"),
        ("https://x.example:8443/a/", "https://x.example:8443/a"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_an_address_comes_back_without_a_slash_at_its_end(text, expected):
    assert web_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x.example",
        "ftp://x.example",
        "https://",
        "https://u:p@x.example",
        "https://u@x.example",
        "https://x.example?a=1",
        "https://x.example#a",
        "https://x.example:port",
        "https://x.example:0",
        "https://[::1",
        "https://x .example",
        "http://x.example",
    ],
)
def test_what_is_no_safe_address_is_refused(text):
    with pytest.raises(ValueError, match=r"^(is|must)"):
        web_address(text)


def test_the_message_names_the_variable_what_is_wrong_and_what_is_expected():
    with pytest.raises(ValueError) as caught:
        SITE.read("ftp://x")
    assert str(caught.value) == (
        "SITE: is not an address that begins with https:// (or with http://, on this very machine) (got 'ftp://x'); "
        "expected an https address, for example SITE=https://x.example"
    )


def test_the_text_of_a_secret_is_not_in_its_message():
    with pytest.raises(ValueError) as caught:
        KEYS.read("hunter1,hunter2,hunter3")
    assert (
        str(caught.value)
        == "KEYS: holds 3 values; expected one or two values of at least 16 characters, comma-separated, for example "
        "KEYS=a-long-random-text"
    )
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("fifteen-letters", "KEYS: is shorter than 16 characters"),
        # A comma inside of one: the parts would both be accepted, the short one for the guessing.
        ("a-secret-that-is-long,enough", "KEYS: holds 2 values, as a comma separates them: one is shorter than 16 "),
    ],
)
def test_a_secret_of_webhooks_that_can_be_guessed_is_refused_each_of_several(text, problem):
    with pytest.raises(ValueError) as caught:
        KEYS.read(text)
    assert str(caught.value).startswith(problem)
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://user:hunter2hunter2@x.example", "https://***@x.example"),
        ("https://user:hunter2/hunter2@x.example", "https://***@x.example"),
        ("user:hunter2hunter2@x.example", "***@x.example"),
        (f"https://{'user' * 20}:hunter2hunter2@x.example", "https://***@x.example"),
        ("https://x.example/?token=hunter2hunter2", "https://x.example/?***"),
        ("https://x.example/#hunter2hunter2", "https://x.example/?***"),
    ],
)
def test_a_refused_address_is_told_without_what_may_be_secret_in_it(text, told):
    with pytest.raises(ValueError) as caught:
        SITE.read(text)
    assert f"(got '{told}')" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_every_variable_is_read_and_every_problem_kept():
    read, problems = read_all((SITE, KEYS), {"SITE": "nowhere", "KEYS": f"{'a' * 16}, {'b' * 16}", "OTHER": "x"})
    assert read == {"KEYS": ("a" * 16, "b" * 16)}
    assert len(problems) == 1


def test_a_text_of_blanks_is_not_given():
    assert given({"A": " ", "B": "", "C": " c "}) == {"C": "c"}


def test_what_is_missing_says_why_it_is_asked_for():
    assert missing((SITE, KEYS), {"KEYS": "a"}, "KEYS is set") == [
        "SITE: is missing (KEYS is set); expected an https address, for example SITE=https://x.example"
    ]


def test_hosts_are_names_with_a_port_where_wanted():
    assert hosts("a.example, b:80,") == ("a.example", "b:80")
    with pytest.raises(ValueError, match="host names"):
        hosts("https://a.example")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5", 5), ("-5", -5), ("0.05", 0.05), (".5", 0.5), ("1e5", "1e5"), ("inf", "inf"), ("٣", "٣"), ("5 ", "5 ")],
)
def test_a_number_is_written_plainly_or_it_is_none(text, expected):
    assert as_number(text) == expected
