"""The environment variables of an Acme desk."""

from __future__ import annotations

from collections.abc import Mapping

from connector.systems.variables import Variable

URL = Variable("ACME_URL", "where the desk is", "an address", "https://desk.example.com")
VARIABLES = (URL,)


def settings_from(values: Mapping[str, str]) -> str | None:
    """The address, None where there is none."""
    return values.get(URL.name)
