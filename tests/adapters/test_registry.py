from __future__ import annotations

import pytest

from adapters.registry import SYSTEMS
from connector.errors import ConfigError


def test_an_adapter_declares_its_variables_and_reads_its_settings_from_them() -> None:
    entry = SYSTEMS["connectwise"]
    values = {variable.name: variable.example for variable in entry.variables}
    settings = entry.settings_from({**values, "PUBLIC_URL": "https://escalator.example.com"})
    assert settings.url == values["CONNECTWISE_URL"]
    assert settings.public_url == "https://escalator.example.com"
    with pytest.raises(ConfigError, match="CONNECTWISE_COMPANY"):
        entry.settings_from({"CONNECTWISE_URL": values["CONNECTWISE_URL"]})
