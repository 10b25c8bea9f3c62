"""Which texts of the environment are masked wherever they come back."""

from __future__ import annotations

import pytest

from connector.config.secret_values import secret_texts
from connector.config.settings import load_settings, secrets_of
from connector.errors import ConfigError
from connector.redaction import MASK, Redactor


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("plain-secret-1", "plain-secret-1"),
        ("first-of-two-secrets, second-of-two-secrets", "second-of-two-secrets"),
        ("postgresql://me:pass-word@db.example/escalator", "pass-word"),
        ("postgresql://me:password%40ssword@db.example/escalator", "password@ssword"),
        ("postgresql://me:p@ss/w:rd?x@db.example/escalator", "p@ss/w:rd?x"),
        ("mailtos://me:pass-word@mail.example.com?to=a@example.com", "pass-word"),
        ("slack://T0A1B2C3D4/B1C2D3E4F5/secretsecretsecretsecret", "secretsecretsecretsecret"),
        ("slack://T0A1B2C3D4/B1C2D3E4F5/secretsecretsecretsecret", "T0A1B2C3D4"),
        ("tgram://123456789:AAF-abcdefghij1/42", "AAF-abcdefghij1"),
        ("matrixs://t0kent0kent0ken@matrix.example.com/#room", "t0kent0kent0ken"),
        ("json://a, msteams://team/abcdef0123456789/x/y", "abcdef0123456789"),
        ("https://watcher.example.com/ping/5a1b-77c2", "5a1b-77c2"),
        ("https://watcher.example.com/ping?key=5a1b77c2", "5a1b77c2"),
    ],
)
def test_a_secret_is_found_in_what_holds_it(value, secret):
    assert MASK in Redactor(secret_texts([value]))(f"refused: {secret}!")


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("sqlite:////data/escalator.db", "/data/escalator.db"),
        ("postgresql://postgres:postgres@localhost/postgres", "postgresql and postgres"),
        ("postgresql://escalator:geheimnis@db.example/escalator", "escalator"),
        ("mailto://servicedesk:pass-word@example.com?to=anna@example.com", "servicedesk at example.com"),
        ("slack://escalator@tokenA/tokenB/tokenC", "escalator"),
        ("https://watcher.example.com/services/token-1", "watcher.example.com has services"),
    ],
)
def test_words_names_and_hosts_are_none(value, word):
    assert Redactor(secret_texts([value]))(word) == word


def test_the_values_of_files_and_of_refused_variables_are_secret_too(tmp_path):
    (tmp_path / "key").write_text("key-of-a-file\n")
    wrong = {"RT_TOKEN": "no-token-at-all", "TIER_2_NOTIFY_URLS": "?"}
    found = secrets_of({"CONNECTWISE_PRIVATE_KEY_FILE": str(tmp_path / "key"), **wrong})
    assert {"key-of-a-file", "no-token-at-all", "?"} <= set(found)


def test_a_secret_that_stands_in_another_variable_is_not_told_by_its_problem(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_settings({"HALOPSA_CLIENT_SECRET": "geheim-geheim", "PORT": "geheim-geheim", "HOST": "x/geheim-geheim"})
    assert len(caught.value.problems) >= 3
    assert "geheim" not in str(caught.value)
    assert "geheim" not in repr(caught.value)


def test_a_secret_in_place_of_its_files_name_is_not_told():
    with pytest.raises(ConfigError) as caught:
        load_settings({"RT_TOKEN_FILE": "1-14-0123456789abcdef"})
    assert "0123456789abcdef" not in str(caught.value)


def test_into_how_many_values_a_secret_was_split_is_known_by_its_name():
    settings = load_settings({"NOTIFY_URLS": "json://a,json://b", "TIER_1_NOTIFY_URLS": "json://c"})
    assert settings.counts == {"NOTIFY_URLS": 2, "TIER_1_NOTIFY_URLS": 1}
