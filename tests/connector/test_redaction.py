"""A secret that is known is masked in every form in which others repeat it."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import redaction
from connector.redaction import MASK, SHORTEST, Redactor, forget, know, may_hold, redacted, redacted_all, redacted_bytes

SECRET = "S3cr3t+of/the=Connection&more"
ODD = "pä\"ss\\wörd<'x>\n7"


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FORMS = [
    lambda one: one,
    str.upper,
    lambda one: quote(one, safe=""),
    lambda one: quote(one, safe="").lower(),
    quote,
    quote_plus,
    html.escape,
    lambda one: json.dumps(one)[1:-1],
    lambda one: json.dumps(one, ensure_ascii=False)[1:-1],
    lambda one: json.dumps(one)[1:-1].replace("/", "\\/"),
    lambda one: one.replace("+", "\\u002B").replace("/", "\\u002F").replace("&", "\\u0026"),
    repr,
    lambda secret: secret.encode().hex(),
    lambda secret: secret.encode().hex().upper(),
    lambda secret: "".join(f"&#{ord(sign)};" for sign in secret),
    lambda secret: "".join(f"&#x{ord(sign):X};" for sign in secret),
]


@pytest.mark.parametrize("secret", [SECRET, ODD])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_secret_is_masked_and_what_stands_around_it_stays(form, secret):
    hide = Redactor([secret])
    text = f"told: {form(secret)} by them"
    found = hide(text)
    assert MASK in found
    assert found.replace("'", "").replace('"', "") == f"told: {MASK} by them"


@pytest.mark.parametrize("secret", [SECRET, ODD])
@pytest.mark.parametrize("user", ["", "u:", "us:", "use:", "company+publickey:"])
@pytest.mark.parametrize("alphabet", [("+", "/"), ("-", "_")])
def test_a_secret_in_base64_is_masked_alone_and_joined(secret, user, alphabet):
    written = in_base64(f"{user}{secret}").replace("+", alphabet[0]).replace("/", alphabet[1])
    for one in (written, quote(written, safe=""), json.dumps(f"Basic {written}"), written.replace("+", "\\u002b")):
        found = Redactor([secret])(one)
        assert MASK in found
        # What is left are its edges: no six signs in a row of what only the secret wrote.
        certain = written[len(in_base64(user).rstrip("=")) + 2 : -4]
        assert not any(certain[n : n + 6] in found for n in range(len(certain) - 5))


def test_one_that_is_configured_in_percents_is_known_decoded():
    assert Redactor(["p%40ss%2Fword"])("p@ss/word p%40ss%2fword") == f"{MASK} {MASK}"


def test_several_side_by_side_and_one_inside_another_are_masked_once():
    hide = Redactor(["first-secret", "second-secret", "second-secret-that-is-longer"])
    assert hide("first-secretsecond-secret first-secret") == f"{MASK} {MASK}"
    assert "second" not in hide("second-secret-that-is-longer")


def test_a_short_value_is_no_secret_to_mask_everywhere():
    assert Redactor(["a" * (SHORTEST - 1)])("a" * 40) == "a" * 40


def test_capitals_that_lower_to_two_letters_move_nothing():
    assert Redactor([SECRET])(f"İİİ {SECRET} İ") == f"İİİ {MASK} İ"


@given(st.text(), st.text(min_size=SHORTEST), st.text())
def test_any_secret_is_masked_in_any_text(before, secret, behind):
    found = Redactor([secret])(before + secret + behind)
    assert MASK in found
    assert secret not in found or secret in MASK * len(found) or secret in (before + MASK, MASK + behind)


@given(st.text())
def test_a_text_without_any_stays_as_it_is(text):
    assert Redactor(["unheard-of-secret"])(text) == text


def test_the_process_knows_what_it_is_told_until_that_is_replaced():
    know("settings", ["first-secret"])
    know("a token", ["token-number-1"])
    assert redacted("first-secret token-number-1") == f"{MASK} {MASK}"
    know("a token", ["token-number-2"])
    assert redacted("token-number-1 token-number-2") == f"token-number-1 {MASK}"
    forget()
    assert redacted("first-secret") == "first-secret"
    assert not may_hold("first-secret")


def test_a_structure_is_masked_at_any_depth_its_names_too():
    know("settings", [SECRET])
    assert redacted_all({"a": [1, None, (SECRET, True)], SECRET: {"b": f"x {SECRET}"}}) == {
        "a": [1, None, [MASK, True]],
        MASK: {"b": f"x {MASK}"},
    }


def test_bytes_are_masked_and_what_is_no_text_stays():
    know("settings", [ODD])
    assert redacted_bytes(b"\xff\xfe" + ODD.encode() + b"\x80") == b"\xff\xfe***\x80"
    assert redacted_bytes(b"\xff\xfe") == b"\xff\xfe"


@pytest.mark.parametrize("unit", ["a", "ab", "aaaaaaaaaaaac", "abababab-"])
def test_work_grows_with_the_text_and_no_faster(unit, monkeypatch):
    """Each form is searched for once, and each place of it looked at once."""
    looked: list[int] = []

    def places(form, text):
        for place in search(form, text):
            looked[-1] += 1
            yield place

    search = redaction._places
    monkeypatch.setattr(redaction, "_places", places)
    hide = Redactor(["ab" * 8, "a" * 12, "aaaaaaaaaaaab"])
    for size in (10_000, 40_000, 160_000):
        looked.append(0)
        hide((unit * size)[:size])
        assert looked[-1] <= len(hide._forms) * size / SHORTEST
