"""Looks for secrets in what is committed: `python -m tests.secrets_scan [FOLDER]`, a step of `make check`.

It finds the forms that providers give their keys, passwords in addresses, and random-looking values: wherever they are
given to a name that speaks of a secret, and on their own where they are long. What tests and examples make up is
readable, or stands in ``MADE_UP``. Exit 1, with the places and never the value, where something is found.
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent

FORMS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\S",
    "a cloud account's key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}\b|\bya29\.[\w-]{20,}",
    "a code host's token": r"\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{20,})\b|\bpypi-AgE[\w-]{50,}",
    "a chat's token": r"\bxox[abeoprs]-[\w-]{10,}|\b\d{8,10}:AA[\w-]{33}\b",
    "a chat's hook": r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{20,}|webhook\.office\.com/webhookb2/[0-9a-f-]{36}"
    r"|discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{50,}",
    "a payment key": r"\b[rs]k_live_\w{20,}",
    "a signed token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "a token of Request Tracker": r"\b\d{1,4}-\d{1,9}-[0-9a-f]{32}\b",
}
_FORMS = {kind: re.compile(form) for kind, form in FORMS.items()}
_IN_ADDRESS = re.compile(r"\w://[^\s/:@\"'`{}<>]{1,100}:([^\s/@\"'`{}<>]{8,200})@")
_NAMED = re.compile(
    r"(?:secret|token|passw(?:or)?d|pass|pwd|key|credential|client_?id)\w{0,40}[\"']?\s{0,4}(?:[:=]|=>)\s{0,4}[\"']?([\w+/=.~!#$%^&*-]{16,200}+)(?![\w(])",
    re.IGNORECASE,
)
_ALONE = re.compile(r"(?<![\w+/=.-])[A-Za-z0-9+/_-]{32,200}={0,2}(?![\w+/=.-])")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HASHED = re.compile(r"requirements[\w-]*\.lock|[\w-]+\.sha256")
"""Files of nothing but names and hashes: read for the providers' forms alone."""

MADE_UP = frozenset(
    {
        "1-40-0123456789abcdef0123456789abcdef",
        "geheim-42",
        "t0%2Fken&recordId",
        "pa%40ss-word",
        "xoxb-1234-1234-abc124",
        "4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    }
)
"""Values that look random and open nothing."""


def committed(root: Path) -> list[Path]:
    """The files that are committed, or would be by adding everything; all files where there is no repository."""
    listing = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, capture_output=True, check=False)
    if done.returncode == 0:
        found = [root / name for name in done.stdout.decode().split("\0") if name]
    else:
        found = [path for path in root.rglob("*") if not any(part.startswith(".venv") for part in path.parts)]
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def secrets_in(text: str, *, is_hashes: bool = False) -> Iterator[tuple[int, str]]:
    """What looks like a secret in a text: the line's number, and its kind."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) >= 16:
            for kind in sorted(_kinds_in(line, is_hashes=is_hashes)):
                yield number, kind


def _kinds_in(line: str, *, is_hashes: bool) -> set[str]:
    found = {kind for kind, form in _FORMS.items() for one in form.finditer(line) if not _is_made_up(one[0])}
    if is_hashes:
        return found
    if any(_is_random(one[1], 8) for one in _IN_ADDRESS.finditer(line)):
        found.add("a password in an address")
    if any(_is_random(one[1], 16) for one in _NAMED.finditer(line)):
        found.add("a random value of a secret's name")
    if any(_is_random(one[0], 32) and not _GUID.fullmatch(one[0]) for one in _ALONE.finditer(line)):
        found.add("a random value")
    return found


def _is_made_up(value: str) -> bool:
    return value in MADE_UP or re.search(r"(.)\1{7}", value) is not None


def _is_random(value: str, least: int) -> bool:
    """Whether nobody would write that by hand: digits among letters, no word or sequence, hardly a character twice."""
    value = value.strip("=.-_/")
    if len(value) < least or _is_made_up(value) or not re.search(r"\d", value) or not re.search(r"[A-Za-z]", value):
        return False
    if re.search(r"0123|1234|abcd|(.)\1{3}|[a-z]{10}|[A-Z]{10}", value) or re.fullmatch(r"[\d.T:Z+-]+", value):
        return False
    most = math.log2(min(len(value), 16 if re.fullmatch(r"[0-9a-fA-F-]+", value) else 64))
    return _entropy(value) >= 0.8 * most


def _entropy(value: str) -> float:
    """Bits a character."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def main(root: Path = ROOT) -> int:
    """Print where secrets are; how many there are."""
    found = 0
    for path in committed(root):
        for number, kind in secrets_in(
            path.read_text("utf-8", "replace"), is_hashes=bool(_HASHED.fullmatch(path.name))
        ):
            print(f"{path.relative_to(root)}:{number}: {kind}")
            found += 1
    if found:
        print(f"{found} places look like secrets. Take them out, and change what they open; what a test makes up is")
        print("written readably, or stands in MADE_UP of tests/secrets_scan.py.")
    return found


if __name__ == "__main__":
    sys.exit(bool(main(*map(Path, sys.argv[1:]))))
