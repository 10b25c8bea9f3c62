"""`make fuzz`: has atheris look for inputs that break a target. `python -m tests.fuzz [NAME …]` takes some of them.

Each target has a process of its own; what it reaches is measured, so each run begins where the inputs of the kept
corpus and of earlier runs (`.fuzz/`, not committed) lead. An input that breaks a target, takes more than 20 seconds or
more than a gigabyte, is put into the kept corpus, where the suite finds it from then on: give it a name that says what
it is.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from connector import logs
from tests.fuzz.frame import Fuzzed, targets

FOUND = Path(".fuzz")
LONGEST_SECONDS, MOST_MEGABYTES, MOST_BYTES = 20, 1024, 65_536
DICTIONARY = FOUND / "words"
WORDS = (
    *(
        "/escalate",
        "/override",
        "/plan",
        "Plan:",
        "knowledge",
        "until tomorrow 10:00",
        "<blockquote>",
        "</p>",
        "<![x]>",
    ),
    *("-----Original Message-----", "From:", "wrote:", "&#x0;", "\\u202e", "\\ud800", "\\u0000", "Metadata", "key_url"),
)
"""What is put together at random never comes upon these."""


def main(names: list[str]) -> int:
    """Fuzz these targets, or all of them; how many were broken."""
    known = targets()
    if unknown := set(names) - known.keys():
        print(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return 2
    FOUND.mkdir(exist_ok=True)
    quoted = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in WORDS)
    DICTIONARY.write_text("".join(f'"{word}"\n' for word in quoted), encoding="ascii")
    broken = [one.name for one in known.values() if not names or one.name in names if not _holds(one)]
    print(f"{len(names or known)} targets, {len(broken)} broken{': ' if broken else ''}{', '.join(broken)}")
    return len(broken)


def _holds(target: Fuzzed) -> bool:
    print(f"{target.name}: {target.runs} inputs, {len(target.kept())} kept", flush=True)
    found = FOUND / target.name
    for folder in (found, target.corpus):
        folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", f"from tests.fuzz.__main__ import guided; guided({target.name!r})"]
    limits = [f"-runs={target.runs}", f"-timeout={LONGEST_SECONDS}", f"-rss_limit_mb={MOST_MEGABYTES}"]
    sizes = [f"-max_len={MOST_BYTES}", "-len_control=20", f"-dict={DICTIONARY}", "-print_final_stats=1"]
    artifacts = f"-artifact_prefix={target.corpus}/found-"
    done = subprocess.run([*command, *limits, *sizes, artifacts, str(found), str(target.corpus)], check=False)
    return done.returncode == 0


def guided(name: str) -> None:
    """Fuzz one target in this process, with the arguments of the fuzzer; never returns."""
    import atheris  # of an environment of its own

    logs.configure("critical")
    with atheris.instrument_imports(include=["connector", "adapters"]):  # what is imported already is not measured
        target = targets()[name]
    target.run(b"")  # what is made once is made before the time is taken
    atheris.Setup(sys.argv, target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 2))
