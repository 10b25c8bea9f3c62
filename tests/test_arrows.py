"""The shape of the house: what the declared arrows in ``pyproject.toml`` cannot say.

Which room may stand on which is a contract of import-linter's, which ``make check`` holds. Here: that no ticket system
is named outside its own folder, that only edges read the environment, that each name has one address and each word one
meaning, and that rooms stay of a size that one can look over.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parent.parent
EDGES = {"app", "config", "cli"}
VENDOR_WORDS = re.compile(r"connectwise|halo|request.?tracker|\bmyconnectwise\b", re.IGNORECASE)
MOST_MODULES_AT_THE_TOP = 10
MOST_MODULES_IN_A_ROOM = 14


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def trees(*folders: str) -> dict[str, ast.Module]:
    """Every module below some folders, by its dotted name."""
    paths = chain.from_iterable(map(python_files, folders))
    return {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


PUBLIC_CLASSES = re.compile(r"^[ \t]*class ([A-Za-z]\w*)\b", re.MULTILINE)
IMPORTS = re.compile(r"^[ \t]*(from (?:connector|adapters)\b[\w.]* import (?:\([^)]*\)|.+))", re.MULTILINE)


def imports_of_ours(path: Path) -> Iterator[ast.ImportFrom]:
    """What a module imports from ours, wherever it does: read by itself, for most of a module is something else."""
    for statement in IMPORTS.findall(path.read_text(encoding="utf-8")):
        yield from (node for node in ast.parse(statement).body if isinstance(node, ast.ImportFrom))


def defined_in(tree: ast.Module) -> Iterator[str]:
    """The names that a module defines itself, at its top."""
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))


def test_no_ticket_system_is_named_inside_the_connector():
    for path in python_files("connector"):
        found = VENDOR_WORDS.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.relative_to(ROOT)} names {found[0] if found else ''}"


def test_only_edges_read_the_environment():
    for path in python_files("connector") + python_files("adapters"):
        if re.search(r"\bos\.(environ|getenv)\b|import environ\b", path.read_text(encoding="utf-8")):
            assert path.relative_to(ROOT).parts[:1] == ("connector",), path
            assert path.relative_to(ROOT).parts[1] in EDGES, path


def test_each_name_is_imported_from_where_it_is_defined():
    own = {module: set(defined_in(tree)) for module, tree in trees("connector", "adapters").items()}
    looked_at = 0
    for path in chain.from_iterable(map(python_files, ("connector", "adapters", "tests", "bench"))):
        for node in imports_of_ours(path):
            if node.module in own and module_of(path) != "connector.cli":
                for alias in node.names:
                    is_module = f"{node.module}.{alias.name}" in own
                    is_main = (node.module, alias.name) == ("connector.cli", "main")
                    is_home = is_module or is_main or alias.name in own[node.module]
                    assert is_home, f"{path} imports {alias.name} from {node.module}, which only imports it"
                    looked_at += 1
    assert looked_at > 5000


def test_no_two_public_classes_of_the_connector_share_a_name():
    homes = defaultdict(list)
    for path in python_files("connector"):
        for name in PUBLIC_CLASSES.findall(path.read_text(encoding="utf-8")):
            homes[name].append(module_of(path))
    assert len(homes) > 300
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


def test_the_rooms_are_of_a_size_that_one_can_look_over():
    top = ROOT / "connector"
    assert len(list(top.glob("*.py"))) <= MOST_MODULES_AT_THE_TOP
    for folder in {path.parent for path in python_files("connector")} - {top}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= MOST_MODULES_IN_A_ROOM, folder
