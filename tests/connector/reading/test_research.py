"""What was looked up, in plain words and as links."""

from __future__ import annotations

import pytest

from connector.reading.research import is_only_links, research_at, sources_in


@pytest.mark.process("note-research")
@pytest.mark.parametrize(
    "text",
    [
        "Googled the message, first hit says clear the folder",
        "8:41 googled it, nothing",
        "Checked the vendor's knowledge base, article 000417 - no luck",
        "Read up on beacon servers in the product's documentation",
        "Looked in the documentation, nothing",
        "Looked the code up, it is a licence fault",
        "Followed KB article 000123, no change",
        "Checked the vendor docs, nothing",
        "Searched the forum for it",
        "Searched for the error message, no hits",
        "Searched online, nothing",
        "Found a thread on Reddit, same fault",
        "Went through the release notes of version 4",
        "Checked the manual, page 12",
        "Asked ChatGPT, nothing useful",
        "KB5005463 says nothing of it",
        "KB ARTICLES USED: KB-0044 handset reset",
        "Per KB0044 the handset must be reset",
        "According to the vendor it is known",
        "Nothing in the release notes",
        "Knowledge base: no hits",
        "Docs say it needs version 4",
        "Known issues of 4.2 read",
        "Fehler gegoogelt, erster Treffer hilft nicht",
        "Im Internet gesucht, nichts gefunden",
        "Herstellerdoku gelesen, nichts dazu",
        "In der Wissensdatenbank gesucht: kein Treffer",
        "Laut Hersteller bekannt",
        "Cherché sur Google, rien d'utile",
        "Consulté la documentation de l'éditeur, rien",
        "Selon la base de connaissances, article 4711",
        "Busqué en Google el mensaje, nada",
        "Leí la documentación del fabricante",
        "Según el fabricante es conocido",
        "Melding gegoogeld, niets",
        "Kennisbank doorzocht",
        "Documentatie van de leverancier gelezen",
    ],
)
def test_what_was_looked_up(text):
    assert research_at(text) == 0


@pytest.mark.process("note-research")
@pytest.mark.parametrize(
    "text",
    [
        "Installed KB5041585 by hand",
        "Uninstalled KB5041585 and rebooted",
        "Read the event log",
        "Searched the registry for the old key",
        "Checked the documentation share, permissions fine",
        "Restarted the wiki server",
        "Updated the documentation",
        "Wrote a KB article about it",
        "Sent her the documentation",
        "Used the manual switch",
        "Checked the article number of the toner",
        "Opened the article in the CMS with her",
        "Will google it tomorrow",
        "Checked the network",
        "KB5041585 fails at 20 %",
        "Research department has no network",
        "Wiki is down, checked the service",
        "Documentation of one more new site printed",
        "Dokumentation ergänzt",
        "Mise à jour de la documentation",
        "Documentación actualizada",
        "Documentatie bijgewerkt",
        "",
    ],
)
def test_what_is_work(text):
    assert research_at(text) is None


def test_where_the_look_up_begins_in_a_sentence_about_work():
    assert research_at("Reset it, googled the message, nothing") == len("Reset it, ")


def test_the_source_of_work_in_the_middle_of_its_sentence():
    assert research_at("Rebuilt it as per the vendor's documentation") == len("Rebuilt it ")
    assert research_at("Pro Site neu gebaut laut Handbuch") == len("Pro Site neu gebaut ")
    assert research_at("Restarted it as per her wish") is None


def test_a_link_alone():
    assert is_only_links("→ https://docs.example.com/kb/2290")
    assert not is_only_links("see https://docs.example.com/kb/2290")
    assert not is_only_links("...")


@pytest.mark.process("note-research")
@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Applied the fix from https://kb.example.com/fix-123, it starts", ["https://kb.example.com/fix-123"]),
        ("Did the steps in https://www.example.com/x.", ["https://www.example.com/x"]),
        ("Rebooted it (docs.example.com/lockout)", ["docs.example.com/lockout"]),
        ("Uninstalled KB5041585 per KB article 000123", ["KB article 000123"]),
        ("Opened https://docs.vendor.example/kb/12 and followed it", ["https://docs.vendor.example/kb/12"]),
        ("Opened https://portal.acme.example/orders with her, stays white", []),
        ("Opened https://support.acme.example/orders with her, stays white", []),
        ("Logged in at https://help.acme.example/", []),
        ("Uploaded it to https://files.example.com/in", []),
        ("Page https://wiki.acme.example/x is white", []),
        ("Installed KB5041585", []),
    ],
)
def test_the_sources_that_a_sentence_about_work_names(text, sources):
    assert list(sources_in(text, "Acme Corp")) == sources
