"""The ways through the connector stay as short as they were made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_no_way_leads_through_more_files_than_it_may():
    counted = subprocess.run(
        [sys.executable, "-m", "tests.routes"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert counted.returncode == 0, counted.stdout[-2000:] + counted.stderr[-2000:]
