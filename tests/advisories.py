"""Asks for known faults of what is locked: `python -m tests.advisories`, which is `make audit`.

Exit 0: everything was looked up, and nothing is known of it. 1: there are faults. 2: some or all could not be looked
up, so that nothing is known either way. The tool's own answer is not enough: it is content with an index that knows
nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", *(f"requirements-{group}.lock" for group in ("dev", "audit", "fuzz", "web")))
TOOL = (sys.executable, "-m", "pip_audit")
HOW = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")


def main(tool: Sequence[str] = TOOL) -> int:
    """Print what is known of the locked packages; the exit code."""
    locks = [part for lock in LOCKS for part in ("--requirement", str(ROOT / lock))]
    done = subprocess.run([*tool, *HOW, *locks], capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:200]
        print(f"NO ADVISORIES COULD BE REACHED: nothing is known of the locked packages, good or bad ({why})")
        return 2
    return _judge(packages)


def _judge(packages: Sequence[dict[str, Any]]) -> int:
    unknown = [one["name"] for one in packages if "vulns" not in one]
    faulty = [one for one in packages if one.get("vulns")]
    for one in faulty:
        for fault in one["vulns"]:
            fixed = ", ".join(fault.get("fix_versions") or ()) or "no version yet"
            print(f"{one['name']} {one['version']}: {fault['id']}, mended in {fixed}")
    if len(unknown) == len(packages):
        print(f"NO ADVISORIES COULD BE REACHED: nothing is known of {len(packages)} locked packages, good or bad")
        return 2
    print(f"{len(packages)} locked packages: {len(faulty)} with known faults, {len(unknown)} could not be looked up")
    if unknown:
        print(f"not looked up: {', '.join(unknown)}")
    return 1 if faulty else 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
