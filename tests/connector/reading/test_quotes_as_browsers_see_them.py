"""What a browser shows inside a block quote commands and plans nothing, however the page is put together.

Random pages out of what breaks readers of HTML, judged by html5lib, which takes pages apart as browsers do.
"""

from __future__ import annotations

import random
from xml.etree.ElementTree import Element

import html5lib
import pytest

from connector.reading.command_words import spoken_in
from connector.reading.html import to_lines
from connector.reading.plans import plan_in

WRITTEN = """
<p> </p> <br> ⏎ <div> </div> <li> <ul> </ul> <q> </q> text_ &nbsp; <custom> <span⏎> <b_<i> a_<_b_ x<y_ " ' =
<blockquote> </blockquote> </BLOCKQUOTE_> </blockquote⏎> <w:blockquote> </w:blockquote> &lt;/blockquote&gt;
<blockquote_title="<"> <blockquote_cite="a>b"> <blockquote_x='>'> <blockquote_a="> <blockquote_a=""_</blockquote>
<p_title="a_>_b"> <p_title="</blockquote>"> <p_a=</blockquote> <p_="><blockquote>"> <p_a="x"b='>'> <p_</blockquote>
<p_a_=_"</blockquote>"_> <p/a="</blockquote>"/> </p_x="</blockquote>"> </blockquote_x=">"> <img_alt="<">
<a_href="</blockquote>"> </a> <x-a_b="</blockquote>"> <!--_</blockquote>_--> <!--> <!--_x_--!> <!x_"</blockquote>">
<?x_</blockquote> <!DOCTYPE_</blockquote> </_blockquote> <//blockquote> </_x="</blockquote>">
<style> </style> <style></style><blockquote>"></style> <script> </script>
"""
"""Parts of pages, between blanks; within one a blank is an underscore."""

PIECES = [piece.replace("_", " ").replace("⏎", "\n") for piece in WRITTEN.split()]
COMMAND, PLAN = "/escalate urgency", "Plan: theirs"
HIDDEN = ("style", "script")


def shown_free(page: str) -> set[str]:
    """Which of the client's two lines a browser shows outside of any quote."""
    free: set[str] = set()

    def see(text: str | None, *, is_apart: bool) -> None:
        free.update(line for line in (COMMAND, PLAN) if not is_apart and line in (text or ""))

    def walk(element: Element, *, is_apart: bool) -> None:
        within = is_apart or element.tag == "blockquote" or element.tag in HIDDEN or not isinstance(element.tag, str)
        see(element.text, is_apart=within)
        for child in element:
            walk(child, is_apart=within)
            see(child.tail, is_apart=within)

    walk(html5lib.parseFragment(page, container="div", namespaceHTMLElements=False), is_apart=False)
    return free


@pytest.mark.process("commands-quoted")
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (1, 2, 3))])
@pytest.mark.untraced
def test_no_page_lets_a_clients_words_out_of_their_quote(seed):
    chance = random.Random(seed)
    heard = 0
    for _ in range(750):
        inner = "".join(chance.choices(PIECES, k=chance.randint(1, 6)))
        page = f"<p>see below</p><blockquote>{inner}<p>{COMMAND}</p><p>{PLAN}</p></blockquote>"
        lines, free = to_lines(page), shown_free(page)
        found = ({COMMAND} if spoken_in(lines) else set()) | ({PLAN} if plan_in(lines) else set())
        assert found <= free, page
        heard += len(found)
    assert heard, "where a page does end the quote, what follows is heard"
