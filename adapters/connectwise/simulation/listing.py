"""Lists as the API answers them: conditions, order, pages by number or forward-only, partial records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.connectwise.simulation.conditions import Query, parse, reader
from adapters.connectwise.simulation.refusal import bad_condition, bad_request
from adapters.connectwise.simulation.vocabulary import Vocabulary
from adapters.simulation.refusal import Json

DEFAULT_SIZE = 25
LARGEST_SIZE = 1000

Source = Callable[[Query], Iterable[Json]]
"""Records in ascending order of their ids; may use the query's pinned names to hold back what can't match."""


def answer_list(
    vocabulary: Vocabulary,
    source: Source,
    args: Mapping[str, str],
    is_forward_only: bool,
    address: str,
    size_cut: int | None = None,
) -> tuple[list[Json], dict[str, str]]:
    """The records of one page and the ``Link`` header. Raises Refusal for what the query may not ask."""
    query = parse(vocabulary, args.get("conditions", ""))
    for name in ("childConditions", "customFieldConditions"):
        if args.get(name):
            raise bad_condition(f"{name} is not simulated.")
    size = min(_whole(args, "pageSize", DEFAULT_SIZE), LARGEST_SIZE, size_cut or LARGEST_SIZE)
    chosen = [record for record in source(query) if query.matches(record)]
    if is_forward_only:
        found, link = _forward(chosen, args, size, address)
    else:
        found, link = _numbered(_ordered(vocabulary, chosen, args.get("orderBy", "")), args, size, address)
    return [partial(vocabulary, record, args.get("fields", "")) for record in found], link


def count(vocabulary: Vocabulary, source: Source, args: Mapping[str, str]) -> Json:
    """The answer of a ``count`` call."""
    query = parse(vocabulary, args.get("conditions", ""))
    return {"count": sum(1 for record in source(query) if query.matches(record))}


def partial(vocabulary: Vocabulary, record: Json, fields: str) -> Json:
    """The record cut down to what ``fields=`` names; whole without it."""
    if not fields:
        return record
    wanted: Json = {}
    for name in (part.strip() for part in fields.split(",")):
        outer, _, inner = name.partition("/")
        if outer not in vocabulary.fields and outer not in ("_info", "customFields"):
            raise bad_condition(f"{name} is not a recognized name.")
        found = record.get(outer)
        if found is None:
            continue
        if inner and isinstance(found, dict):
            if inner in found:
                wanted.setdefault(outer, {})[inner] = found[inner]
        else:
            wanted[outer] = found
    return wanted


def _whole(args: Mapping[str, str], name: str, default: int) -> int:
    text = args.get(name, "")
    if not text:
        return default
    if not text.isdigit() or (name != "pageId" and int(text) < 1):
        raise bad_request("InvalidParameter", f"{name} must be a positive whole number.")
    return int(text)


def _forward(
    records: list[Json], args: Mapping[str, str], size: int, address: str
) -> tuple[list[Json], dict[str, str]]:
    if args.get("orderBy"):
        raise bad_request("InvalidParameter", "orderBy is not allowed with forward-only pagination.")
    after = _whole(args, "pageId", 0)
    found = [record for record in records if record["id"] > after][:size]
    # Always there; an empty value says that nothing more follows.
    link = _link(address, args, "next", pageId=str(found[-1]["id"])) if found else ""
    return found, {"Link": link}


def _numbered(
    records: list[Json], args: Mapping[str, str], size: int, address: str
) -> tuple[list[Json], dict[str, str]]:
    page = _whole(args, "page", 1)
    last = max(1, -(-len(records) // size))
    links = []
    if page > 1:
        links += [_link(address, args, "first", page="1"), _link(address, args, "prev", page=str(page - 1))]
    if page < last:
        links += [
            _link(address, args, "next", page=str(page + 1)),
            _link(address, args, "last", page=str(last)),
        ]
    return records[(page - 1) * size : page * size], ({"Link": ", ".join(links)} if links else {})


def _link(address: str, args: Mapping[str, str], relation: str, **changed: str) -> str:
    return f'<{address}?{urlencode({**args, **changed})}>; rel="{relation}"'


def _ordered(vocabulary: Vocabulary, records: list[Json], order: str) -> list[Json]:
    # The last criterion first: sorting is stable.
    for part in reversed([part.strip() for part in order.split(",") if part.strip()]):
        name, _, direction = part.partition(" ")
        if name not in vocabulary.paths or direction.strip().lower() not in ("", "asc", "desc"):
            raise bad_condition(f"{part} is not a recognized name.")
        read = reader(vocabulary.paths[name][0])
        records = sorted(
            records, key=lambda record: _sortable(read(record)), reverse=direction.strip().lower() == "desc"
        )
    return records


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def listed(table: Mapping[int, Json]) -> Source:
    """The source of a table that is filled in the order of its ids."""
    return lambda query: list(table.values())
