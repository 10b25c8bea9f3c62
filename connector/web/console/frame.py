"""What all pages share: the frame around them, the words of templates, and what a page may load."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from connector.report.drawings import ladder_mark
from connector.terminal import shown
from connector.web.console.assets import address_of
from connector.web.console.forms import token_of_request
from connector.web.console.gate import Role, viewer_of_request
from connector.web.console.parts import ConsoleParts
from connector.web.console.words import Wall
from connector.web.deps import Deps
from connector.web.problems import HttpProblem

PAGES = (
    ("now", "Now", "/"),
    ("escalations", "Escalations", "/escalations"),
    ("insight", "Insight", "/insight"),
    ("health", "Health", "/health"),
    ("policy", "Policy", "/policy"),
)
"""The pages of the navigation: name, title, address. Only what is there stands here."""

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What a page may load, and from where: nothing of anybody else's, nothing that stands in the page itself."""

_LINKS = ("https://", "http://")


class Frame:
    """Draws the pages of one installation."""

    def __init__(self, deps: Deps, parts: ConsoleParts) -> None:
        self._facts = deps.facts
        self._is_writing = any(mode.written(parts.policy) != "observe" for mode in parts.modes.values())
        self._zone = zone_of(parts)

    def wall(self, now: datetime) -> Wall:
        """The clock on the wall of the desk."""
        return Wall(now, self._zone)

    def page(self, template: str, name: str, wall: Wall, **told: Any) -> Response:
        """A page of ours. ``name``: which of ``PAGES`` it belongs to; ``told``: what its template needs."""
        return self._drawn(template, {"page": name, "wall": wall, **told})

    def piece(self, template: str, wall: Wall, **told: Any) -> str:
        """A piece of a page that is the same for everybody who may see it."""
        return (
            templates().get_template(template).render(facts=self._facts, is_writing=self._is_writing, wall=wall, **told)
        )

    def apart(self, template: str, **told: Any) -> Response:
        """A page that belongs to none of ``PAGES``."""
        return self._drawn(template, {"page": "", "wall": None, **told})

    def refusal(self, problem: HttpProblem) -> Response:
        """A refusal or a failure, for people. Asks nobody anything."""
        answer = self._drawn("problem.html", {"page": "", "wall": None, "problem": problem})
        answer.status_code = problem.status
        answer.headers.update(problem.headers)
        return answer

    def _drawn(self, template: str, told: Mapping[str, Any]) -> Response:
        text = (
            templates()
            .get_template(template)
            .render(
                pages=PAGES,
                facts=self._facts,
                is_writing=self._is_writing,
                viewer=viewer_of_request(),
                csrf=token_of_request,
                Role=Role,
                **told,
            )
        )
        return as_page(text)


def as_page(text: str) -> Response:
    """An answer for a browser, with what it may load."""
    answer = Response(text, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Referrer-Policy"] = "same-origin"  # without one, a browser does not say whose form it sends
    return answer


def zone_of(parts: ConsoleParts) -> ZoneInfo:
    """The zone that moments are told in: that of the calendar of the first tier."""
    policy = parts.policy
    return policy.calendars[policy.tiers[0].calendar].zone


@cache
def templates() -> Environment:
    """The templates: everything is escaped, and what is not there is an error."""
    made = Environment(
        loader=ChoiceLoader(
            [PackageLoader("connector.web.console"), PrefixLoader({"report": PackageLoader("connector.report")})]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    made.globals.update(asset=address_of, ladder=ladder_mark)
    made.filters.update(number=lambda value: f"{value:,}", link=link)
    return made


def _harmless(value: Any) -> Any:
    """Without signs that turn text around, and without secrets; what is our own markup stays."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def link(address: str) -> str:
    """An address of a page; empty for whatever is none."""
    return address if address.startswith(_LINKS) else ""
