"""``.env`` with names set anew: read back as meant by whoever reads it, and nothing else of it changed."""

from __future__ import annotations

import subprocess
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.cli.setup.env_lines import Setting, quoted, rewritten
from connector.config.dotenv_readers import _foreman, _honcho, as_we_read_it
from connector.config.env_file import env_file_of

HARD = "'\"#$\\`! ~=&|;<>*?(){}[]%:,@é日🛠nt"
VALUES = st.text(
    st.one_of(st.sampled_from(HARD), st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))), min_size=1
)


def written(value: str) -> str | None:
    """How a value is written, None where it is refused."""
    try:
        return quoted(value)
    except ValueError:
        return None


@given(VALUES.map(str.strip).filter(bool))
def test_what_is_written_is_what_we_read(value: str) -> None:
    text = written(value)
    if text is None:
        assert set("'\\") & set(value)
        assert set("$`") & set(value)
        return
    kept = env_file_of(".env", f"A_SECRET={text}\n")
    assert dict(kept.values) == {"A_SECRET": value}
    for reader in (_honcho, _foreman):
        for name, theirs in reader(f"A_SECRET={text}"):
            assert as_we_read_it({name: theirs}, kept) == {"A_SECRET": value}


@given(VALUES.map(str.strip).filter(lambda value: value and "'" not in value and "\\" not in value))
def test_what_needs_no_escape_is_read_by_everybody_alike(value: str) -> None:
    line = f"A_SECRET={quoted(value)}"
    assert dict(_honcho(line)) == dict(_foreman(line)) == {"A_SECRET": value}


def test_a_shell_reads_the_same() -> None:
    values = ["".join(signs) for signs in product("a'\"\\$`# é", repeat=3)]
    can = [(value.strip(), text) for value in values if value.strip() and (text := written(value.strip()))]
    assert len(can) > 400
    lines = "".join(f"V{n}={text}\n" for n, (_, text) in enumerate(can))
    asked = "printf '%s\\0' " + " ".join(f'"$V{n}"' for n in range(len(can)))
    told = subprocess.run(["sh", "-c", f"{lines}{asked}"], capture_output=True, check=True).stdout
    assert told.decode().split("\0")[:-1] == [value for value, _ in can]


@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", "a\0b", "\x1b[31m", "a\u2028b", "\ud800", "", "  ", " a", "it's $5", "`\\\\`"]
)
def test_what_nobody_could_read_alike_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"holds|is empty"):
        quoted(value)


FILE = """\
# our desk
ESCALATION_MODE=enforce   # since May
export RT_URL = "https://old.example"  # the old one

TIER_1_HOME='Service Desk'
EMPTY=
LONG="two
lines"
# TIER_2_HOME=Tier 3
LAST=x"""


def set_in(text: str, **values: str | None) -> str:
    return rewritten(text, [Setting(name, value) for name, value in values.items()])


def test_a_name_is_set_where_it_stands() -> None:
    assert (
        set_in(FILE, RT_URL="https://new.example", EMPTY="no more", LONG="one", LAST="it's")
        == """\
# our desk
ESCALATION_MODE=enforce   # since May
export RT_URL=https://new.example  # the old one

TIER_1_HOME='Service Desk'
EMPTY='no more'
LONG=one
# TIER_2_HOME=Tier 3
LAST="it's\""""
    )


def test_what_has_its_value_already_is_left_as_it_is_written() -> None:
    assert set_in(FILE, ESCALATION_MODE="enforce", RT_URL="https://old.example", LONG="two\nlines") == FILE


def test_what_is_to_count_no_more_becomes_a_comment() -> None:
    changed = set_in(FILE, LONG=None, TIER_1_HOME=None, NEVER_THERE=None)
    assert changed == FILE.replace('LONG="two\nlines"', '# LONG="two\n# lines"').replace("TIER_1", "# TIER_1")


def test_a_new_name_comes_behind_under_its_heading() -> None:
    added = rewritten(
        FILE,
        [
            Setting("RT_TOKEN", "1-2-3", "the token", "Ticket system: rt"),
            Setting("RT_X", "y z", "", "Ticket system: rt"),
            Setting("WORK_HOURS", "24x7", "when", "Policy"),
        ],
    )
    assert (
        added
        == FILE
        + """

# --- Ticket system: rt ---
# the token
RT_TOKEN=1-2-3
RT_X='y z'

# --- Policy ---
# when
WORK_HOURS=24x7
"""
    )


def test_a_new_name_comes_to_the_others_under_its_heading() -> None:
    before = "# --- Policy ---\n# when\nWORK_HOURS=24x7\n\n# --- Ladder ---\nTIER_1_HOME=One\n"
    wanted = [
        Setting("WORK_TIME_ZONE", "Europe/London", "where", "Policy"),
        Setting("RT_X", "y", "", "Ticket system: rt"),
    ]
    assert rewritten(before, wanted) == (
        "# --- Policy ---\n# when\nWORK_HOURS=24x7\n# where\nWORK_TIME_ZONE=Europe/London\n"
        "\n# --- Ladder ---\nTIER_1_HOME=One\n\n# --- Ticket system: rt ---\nRT_X=y\n"
    )
    ended = rewritten("# --- Policy ---\r\nA=1", [Setting("B", "2", heading="Policy")])
    assert ended == "# --- Policy ---\r\nA=1\r\nB=2\r\n"


@pytest.mark.parametrize("text", ["", "A=1\n", "A=1", "A=1\r\nB=2\r\n", "\n\n# only a comment"])
def test_a_new_name_is_set_in_whatever_file(text: str) -> None:
    changed = set_in(text, NEW="a b")
    before, after = env_file_of(".env", text).values, env_file_of(".env", changed).values
    assert dict(after) == {**before, "NEW": "a b"}
    assert changed.startswith(text)


def test_a_comment_that_is_glued_to_a_quote_stays_one() -> None:
    changed = set_in("A='old'#rotated\nB=\"x\"# y\n", A="new", B="z")
    assert changed == "A=new #rotated\nB=z # y\n"
    assert dict(env_file_of(".env", changed).values) == {"A": "new", "B": "z"}


def test_line_ends_stay_what_they_are() -> None:
    changed = set_in("A=1\r\n# x\r\nB=2\r\n", A="one two", NEW="3", B=None)
    assert changed == "A='one two'\r\n# x\r\n# B=2\r\n\r\nNEW=3\r\n"


LINES = st.sampled_from(
    ["# a comment", "", "A=1", "export B='x y' # why", 'C="a \\" b"', "D=", "E = spaced", "F=it's", "G=a#b", "  H=in"]
)


@given(
    st.lists(LINES, unique=True),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.dictionaries(st.sampled_from("ABCDEFGHXY"), st.one_of(st.none(), VALUES.map(str.strip)), max_size=4),
)
def test_whatever_is_set_all_else_stays(
    lines: list[str], line_end: str, is_ended: bool, wanted: dict[str, str | None]
) -> None:
    wanted = {name: value for name, value in wanted.items() if value is None or written(value)}
    text = line_end.join(lines) + (line_end if is_ended else "")
    before = env_file_of(".env", text).values
    changed = set_in(text, **wanted)
    after = env_file_of(".env", changed).values
    assert dict(after) == {name: value for name, value in {**before, **wanted}.items() if value is not None}
    for line in lines:
        name = line.removeprefix("export ").strip()[:1]
        if name not in wanted:
            assert line in changed.splitlines() or not line
    assert set_in(changed, **wanted) == changed
