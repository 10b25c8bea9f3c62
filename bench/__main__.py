"""``python -m bench [NAME ...] [--json]``: every figure beside its reference point, measured in the same run."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

NAMES = (
    "working_time",
    "evaluator",
    "timers",
    "claims",
    "accepts",
    "escalations",
    "workers",
    "calls",
    "lanes",
    "hostile_client",
    "neighbours",
    "doors",
    "footprint",
    "tickets",
    "console",
    "growth",
    "backtest",
)

Row = dict[str, Any]


def measured(name: str) -> list[Row]:
    """The rows of one benchmark."""
    rows: list[Row] = import_module(f"bench.{name}").results()
    return rows


def number(value: Any) -> str:
    """A figure with as many digits as it deserves; ``-`` where there is none."""
    if value is None:
        return "-"
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def aim(row: Row) -> str:
    """The aim and, where it was judged, whether it was met."""
    wanted = row.get("aim")
    text = f">= {wanted:g} x" if isinstance(wanted, int | float) else wanted or "-"
    met = row.get("met")
    return text if met is None else f"{text}  {'met' if met else 'MISSED'}"


def table(rows: Sequence[Row]) -> str:
    """A plain table: figure, ours, reference, ratio, aim."""
    heads = ("figure", "ours", "reference", "ratio", "aim")
    lines = [heads, *((r["name"], *map(number, (r["ours"], r["reference"], r["ratio"])), aim(r)) for r in rows)]
    width = max(len(line[0]) for line in lines)
    return "\n".join(f"{a:<{width}}{b:>11}{c:>11}{d:>9}  {e}".rstrip() for a, b, c, d, e in lines)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--json", "is_json", is_flag=True, help="One JSON list instead of a table.")
def main(names: tuple[str, ...], is_json: bool) -> None:
    """Measure what is named, everything by default. The exit code says nothing about the aims."""
    rows: list[Row] = []
    for name in names or NAMES:
        begin = time.monotonic()
        found = measured(name)
        rows += found
        click.echo(f"{name}: {len(found)} figures in {time.monotonic() - begin:.0f} s", err=True)
    click.echo(json.dumps(rows, indent=1) if is_json else table(rows))


if __name__ == "__main__":
    sys.exit(main())
