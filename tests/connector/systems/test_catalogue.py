"""Ticket systems are found: the folders of our own, and what other distributions offer."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.systems import catalogue
from connector.systems.catalogue import CatalogueEntry, ticket_systems

ROOT = Path(__file__).parents[3]


def test_an_adapter_declares_its_variables_and_reads_its_settings_from_them() -> None:
    entry = ticket_systems()["connectwise"]
    values = {variable.name: variable.example for variable in entry.variables}
    settings = entry.settings_from(values)
    assert settings.url == values["CONNECTWISE_URL"]
    with pytest.raises(ConfigError, match="CONNECTWISE_COMPANY"):
        entry.settings_from({"CONNECTWISE_URL": values["CONNECTWISE_URL"]})


def test_every_folder_that_declares_a_name_is_a_ticket_system() -> None:
    folders = [path.parent for path in (ROOT / "adapters").glob("*/variables.py")]
    assert sorted(entry.package for entry in ticket_systems().values()) == sorted(f"adapters.{f.name}" for f in folders)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([CatalogueEntry("rt", "theirs")], "two ticket systems are named 'rt': adapters.request_tracker and theirs"),
        ([CatalogueEntry("my-desk", "theirs")], "'my-desk' cannot name a ticket system"),
    ],
)
def test_a_name_that_is_taken_or_no_name_is_refused(found, message, monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "_installed", lambda: iter(found))
    with pytest.raises(ConfigError, match=message):
        ticket_systems.__wrapped__()


def test_a_package_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(ConfigError, match=r"'theirs' \(not_there\) cannot be loaded: .*No module named 'not_there'"):
        _ = CatalogueEntry("theirs", "not_there").variables


def test_a_package_that_fails_while_it_is_loaded_is_named(tmp_path, monkeypatch) -> None:
    (tmp_path / "their_package").mkdir()
    (tmp_path / "their_package" / "variables.py").write_text("VARIABLES = (", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"'theirs' \(their_package\) cannot be loaded: SyntaxError"):
        _ = CatalogueEntry("theirs", "their_package").variables
