"""What machines show on their panels, and bookkeeping programs in pairs: SC542, 49.4C02, -6000, -77. Pure."""

from __future__ import annotations

import re

from connector.reading.error_forms.words import ALONE, CLOSED, DASHED, DOTTED, END, LETTERED, numbered

_PANEL = re.compile(
    r"printer|copier|\bmfp\b|panel|display|laser|fuser|\bjam\b|drucker|imprim|impres|stampante", re.IGNORECASE
)


def _on_a_panel(line: str, found: re.Match[str]) -> bool:
    return _PANEL.search(line) is not None


FORMS = (
    numbered("-", rf"(?<![\w.,-])-\d{{3,5}}, ?-\d{{1,4}}{ALONE}"),
    numbered("-", rf"(?<![\w.,-])-\d{{4,5}}, ?\d{{1,4}}{ALONE}"),
    numbered("fault", rf"\bfault[ :]{{1,2}}(?:{DASHED}|{LETTERED})"),
    numbered(
        "printer|copier|mfp|panel|display|scanner|plotter|drucker|kopierer|anzeige|impri|impre|stampante|kopieer",
        r"\b(?:\w{0,12}printer|copier|mfp|panel|display|scanner|plotter|drucker|kopierer|anzeige|imprimante|impresora"
        r"|stampante|kopieerapparaat)\b[^\n\d]{0,40}?"
        r"\b(?:shows?|says?|displays?|reports?|stops? with|gives?|zeigt|meldet|affiche|muestra|mostra|toont)[ :]{1,2}"
        rf"(?:error |code |fault )?({LETTERED}|{DOTTED}|\d{{3}}-\d{{3}}{END}){CLOSED}",
    ),
    numbered(
        "printer|copier|mfp|panel|display|laser|fuser|jam|drucker|imprim|impres|stampante",
        rf"(?<![\w.])[3-9]\d\.\d{{2,4}}(?:\.[0-9A-F]{{2}})?{ALONE}{CLOSED}",
        _on_a_panel,
    ),
    numbered(
        "xerox|canon|kyocera|ricoh|konica|lexmark|oki|sharp|toshiba|epson",
        r"\b(?:xerox|canon|kyocera|ricoh|konica|lexmark|oki|sharp|toshiba|epson)\b"
        rf"[^\n\d]{{0,20}} (\d{{3}}-\d{{3}}{END})",
    ),
    numbered("-", r"(?-i:\bE\d{6}-\d{4}\b)"),
    numbered("unable", r"\b(?:print unable|unable to (?:print|scan|clean)) (?=[0-9A-F]?\d)[0-9A-F]{2}\b"),
)
