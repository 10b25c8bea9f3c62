"""What ``docs/adding-an-adapter.md`` says holds for every adapter that there is."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.systems.catalogue import CatalogueEntry, ticket_systems
from tests.contract import conftest as contract_worlds

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "adding-an-adapter.md").read_text(encoding="utf-8")
LONGEST_MODULE = 400

every_adapter = pytest.mark.parametrize("entry", ticket_systems().values(), ids=list(ticket_systems()))


def folder_of(entry: CatalogueEntry) -> Path:
    return ROOT / Path(*entry.package.split("."))


def rows_of(heading: str) -> list[tuple[str, ...]]:
    """The cells of the table in a section of the page, without its heading."""
    section = PAGE.partition(f"\n## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@every_adapter
def test_each_adapter_has_the_files_of_the_page_and_they_offer_what_it_says(entry):
    rows = rows_of("2.")
    assert len(rows) >= 10
    for file, offered, _ in rows:
        (name,) = quoted(file)
        assert (folder_of(entry) / name).is_file(), f"{entry.package} has no {name}"
        for attribute in quoted(offered):
            assert hasattr(import_module(f"{entry.package}.{name.removesuffix('.py')}"), attribute), attribute


@every_adapter
def test_each_adapters_modules_are_of_a_size_that_one_can_read(entry):
    for path in folder_of(entry).rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE, path


@every_adapter
def test_each_adapter_declares_its_name_in_the_form_that_the_page_shows(entry):
    line = f'NAME = "{entry.name}"'
    assert line in (folder_of(entry) / "__init__.py").read_text(encoding="utf-8").splitlines()
    assert line.replace(entry.name, "name") in PAGE


@every_adapter
def test_the_first_variable_is_the_address_and_the_settings_say_what_is_missing_beside_it(entry):
    address, *others = entry.variables
    assert entry.settings_from({}) is None
    with pytest.raises(ConfigError) as refused:
        entry.settings_from({address.name: address.example})
    missing = [
        one for one in others if any(told.startswith(f"{one.name}: is missing") for told in refused.value.problems)
    ]
    assert len(missing) == len(refused.value.problems) > 0
    for other in others:
        with pytest.raises(ConfigError, match=address.name):
            entry.settings_from({other.name: other.example})


@every_adapter
def test_each_adapters_readme_names_its_variables_and_its_sources(entry):
    readme = (folder_of(entry) / "README.md").read_text(encoding="utf-8")
    shortened = {ending for name in quoted(readme) for ending in [name] if name.startswith("_")}
    for variable in entry.variables:
        assert variable.name in readme or any(variable.name.endswith(ending) for ending in shortened), variable.name
    assert "https://" in readme


@every_adapter
def test_each_adapter_has_fixtures_and_tests_of_its_own(entry):
    package = entry.package.rpartition(".")[2]
    assert list((ROOT / "fixtures" / entry.name).glob("*.json"))
    assert list((ROOT / "tests" / "adapters" / package).glob("test_*.py"))


@every_adapter
def test_what_all_share_names_no_ticket_system(entry):
    names = {entry.name, entry.package, entry.package.rpartition(".")[2]}
    for path in (
        *(ROOT / "adapters").glob("*.py"),
        *(ROOT / "adapters" / "simulation").glob("*.py"),
        *(ROOT / "connector").rglob("*.py"),
    ):
        source = path.read_text(encoding="utf-8")
        if not any(name in source for name in names):
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in names, f"{path} names {node.value}"
            if isinstance(node, ast.ImportFrom) and node.module:
                assert not node.module.startswith(entry.package), f"{path} imports {node.module}"


def test_the_contract_suite_runs_for_every_registered_system():
    fixture = contract_worlds.world
    marker = getattr(fixture, "_fixture_function_marker", None) or fixture._pytestfixturefunction
    assert list(marker.params) == list(ticket_systems())


def test_every_place_that_the_page_names_is_there():
    for name in quoted(PAGE):
        if re.fullmatch(r"[\w./-]+\.(py|md|toml|lock|example)|[\w./-]+/", name) and "/" in name and "<" not in name:
            assert (ROOT / name).exists(), name
    for first, _ in rows_of("7."):
        for name in quoted(first):
            assert "<" in name or (ROOT / name).exists(), name


def test_every_python_module_that_the_page_runs_is_there():
    for module in re.findall(r"python -m ([\w.]+)", PAGE):
        assert (ROOT / Path(*module.split("."))).with_suffix(".py").is_file(), module


@every_adapter
def test_each_simulator_can_be_served_by_hand(entry):
    text = (folder_of(entry) / "simulator.py").read_text(encoding="utf-8")
    assert 'if __name__ == "__main__":' in text
