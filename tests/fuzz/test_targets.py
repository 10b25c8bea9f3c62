"""No target is broken by what is kept, nor by a hundredth of what `make fuzz` tries; `make test`: a third of that."""

from __future__ import annotations

import zlib
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.frame import CORPUS, Fuzzed, targets
from tests.soak import examples

TARGETS = targets()
KEPT = [(name, file) for name, one in TARGETS.items() for file in one.kept()]
PART = 100


def mutated(kept: bytes, lots: Random) -> bytes:
    """A kept input with some of its bytes changed, cut out, doubled."""
    found = bytearray(kept)
    for _ in range(lots.randint(1, 8)):
        start = lots.randrange(len(found) + 1)
        end = min(len(found), start + lots.choice((0, 1, 1, 4, 32)))
        piece = bytes(found[start:end])
        found[start:end] = lots.choice((b"", piece * 2, lots.randbytes(len(piece) or 1), piece.swapcase()))
    return bytes(found)


def inputs_of(target: Fuzzed) -> st.SearchStrategy[bytes]:
    """Any bytes, any text, and what is kept, changed a little."""
    kinds = [st.binary(max_size=2048), st.text(max_size=2048).map(lambda text: text.encode("utf-8", "surrogatepass"))]
    kept = list(target.kept().values())
    if kept:
        kinds += 2 * [st.builds(mutated, st.sampled_from(kept), st.randoms(use_true_random=False))]
    return st.one_of(kinds)


@pytest.mark.examples
@pytest.mark.parametrize("name", TARGETS)
def test_no_target_is_broken_by_a_hundredth_of_its_inputs(name: str):
    target = TARGETS[name]

    @seed(zlib.crc32(name.encode()))
    @settings(
        max_examples=examples(target.runs // PART),
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs_of(target))
    def run(data: bytes) -> None:
        target.run(data)

    run()


@pytest.mark.parametrize(("name", "file"), KEPT)
def test_no_target_is_broken_by_what_is_kept(name: str, file: str):
    TARGETS[name].run(TARGETS[name].kept()[file])


def test_what_is_kept_belongs_to_a_target_and_has_a_name():
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} <= TARGETS.keys()
    assert [file for _, file in KEPT if file.startswith("found-")] == []
