"""What the documents say about the environment is what the program reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connector.config.policy_variables import PLAIN_VARIABLES, TIER_VARIABLES
from connector.config.reference import env_example, main, readme_table, settings_tables
from connector.config.service_variables import ESCALATION_POLICY, SERVICE_VARIABLES, TIER_NOTIFY_URLS
from connector.config.settings import load_settings, policy_names
from connector.store.database.tables import metadata
from connector.systems.catalogue import ticket_systems

ROOT = Path(__file__).parent.parent
ASSIGNMENT = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=(.+)$", re.MULTILINE)


def tables_of(page: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    return text.partition("<!-- environment: start -->\n")[2].partition("<!-- environment: end -->")[0]


def rows_of(page: str) -> list[str]:
    return re.findall(r"^\| `([A-Za-z0-9_]+)` \|", tables_of(page), re.MULTILINE)


def example() -> str:
    return (ROOT / ".env.example").read_text(encoding="utf-8")


def names_of_the_program() -> set[str]:
    names = {variable.name for variable in (*SERVICE_VARIABLES, ESCALATION_POLICY)}
    names |= {entry.variable.name for entry in (*TIER_VARIABLES, *PLAIN_VARIABLES)}
    names |= {variable.name for system in ticket_systems().values() for variable in system.variables}
    ends = [system.upper() for system in ticket_systems()]
    return names | {f"{name}_{end}" for name in ("TIER_n_HOME", "ESCALATION_MODE") for end in ends}


def test_the_reference_has_a_row_for_each_variable_and_no_other():
    rows = rows_of("docs/settings.md")
    assert len(rows) == len(set(rows))
    assert set(rows) == names_of_the_program()


def test_the_readme_has_the_twenty_that_matter():
    rows = rows_of("README.md")
    assert len(rows) == len(set(rows)) == 20
    assert set(rows) < names_of_the_program()


def test_the_pages_have_the_generated_tables():
    assert tables_of("README.md").strip() == readme_table().strip()
    assert tables_of("docs/settings.md").strip() == settings_tables().strip()


def test_the_example_holds_each_variable_and_no_other():
    names = {re.sub(r"^TIER_\d_", "TIER_n_", name) for name, _ in ASSIGNMENT.findall(example())}
    assert names == names_of_the_program()


def test_the_example_is_the_generated_one():
    assert example() == env_example()


def test_the_example_as_it_stands_is_a_valid_environment():
    active = dict(ASSIGNMENT.findall("\n".join(line for line in example().splitlines() if not line.startswith("#"))))
    assert active
    assert load_settings(active).mode == "observe"


def test_every_value_of_the_example_is_valid():
    alternatives = {one.name for system in ticket_systems().values() for one in system.variables if one.instead_of}
    values = {name: value for name, value in ASSIGNMENT.findall(example()) if name not in alternatives}
    document = values.pop("ESCALATION_POLICY")
    settings = load_settings(values)
    assert list(settings.connections) == list(ticket_systems())
    assert len(settings.policy.tiers) == 3
    assert document.endswith(".json")


def test_every_flat_name_of_the_policy_is_replaced_by_the_document():
    flat = {re.sub(r"^TIER_\d_", "TIER_n_", name) for name in policy_names(tuple(ticket_systems()))}
    of_tiers = {name for name in names_of_the_program() if name.startswith("TIER_")} - {TIER_NOTIFY_URLS.name}
    assert flat == of_tiers | {entry.variable.name for entry in PLAIN_VARIABLES}


def test_the_table_and_the_example_are_printed_on_demand(capsys):
    assert main(["readme"]) == 0
    assert capsys.readouterr().out == readme_table()
    assert main(["settings"]) == 0
    assert capsys.readouterr().out == settings_tables()
    assert main(["example"]) == 0
    assert capsys.readouterr().out == env_example()
    assert main(["poem"]) == 2
    assert "usage" in capsys.readouterr().err


PAGES = [path for place in ("*.md", "docs/**/*.md", "adapters/*/*.md", "contrib/**/*.md") for path in ROOT.glob(place)]


@pytest.mark.parametrize("page", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_file_that_a_page_names_or_links_is_there(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:adapters|bench|connector|contrib|docs|fixtures|tests)/[\w./-]+)`", text)
    linked = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert [link for link in linked if not is_there(page, *link.partition("#")[::2])] == []


def is_there(page: Path, path: str, heading: str) -> bool:
    """Whether a link's file is there, and the heading in it that the link names, if it does."""
    target = page.parent / path if path else page
    return target.exists() and (not heading or heading in headings_of(target))


def headings_of(page: Path) -> set[str]:
    """The headings of a page as a link names them: small letters, blanks as hyphens, without punctuation."""
    named = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in named}


def test_the_readmes_list_of_pages_names_each_once():
    listed = re.findall(r"\]\(([^)#\s]+)\)", (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## More")[2])
    assert len(listed) > 5
    assert sorted(listed) == sorted(set(listed))


def test_the_growth_of_every_table_is_a_line_of_the_page():
    text = (ROOT / "docs" / "growth.md").read_text(encoding="utf-8")
    told = {name for line in text.splitlines() for name in re.findall(r"`(\w+)`", line.split(" | ")[0])}
    assert set(metadata.tables) - told == set()
