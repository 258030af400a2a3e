"""Patterns of LIKE over normalised text: what a text must contain to match one, and whether it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple, Union

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql import operators

from ..normalisers import SPACE, TEXT_NORMALISERS

FOLDING_OPERATORS = (operators.ilike_op, operators.istartswith_op, operators.icontains_op, operators.iendswith_op)
TEXT_OPERATORS = (operators.like_op, operators.startswith_op, operators.contains_op, operators.endswith_op, *FOLDING_OPERATORS)
STARTS = (operators.startswith_op, operators.istartswith_op)
ENDS = (operators.endswith_op, operators.iendswith_op)
#: Normalisers after which no white space ends a value.
TRIMMING = ("trim", "email")
CONTAINS = (operators.contains_op, operators.icontains_op)


class Wild(Enum):
    ANY = "%"
    ONE = "_"


Part = Union[str, Wild]


class Term(NamedTuple):
    """A text that a match contains: as a beginning of values that the service normalises, and normalised. `starts`: a match
    begins with it."""

    given: str
    text: str
    starts: bool


class TextPattern:
    def __init__(self, parts: list[Part], normaliser: str) -> None:
        self.terms: list[Term] = []
        segments: list[list[Part]] = [[]]
        for at, part in enumerate(parts):
            if isinstance(part, str):
                ends = at == len(parts) - 1
                term = Term(
                    part.rstrip(SPACE) if ends and normaliser in TRIMMING else part,
                    TEXT_NORMALISERS[normaliser](part, at == 0, ends),
                    at == 0,
                )
                self.terms.append(term)
                part = term.text
            if part is Wild.ANY:
                segments.append([])
            else:
                segments[-1].append(part)
        self._sizes = [sum(len(part) if isinstance(part, str) else 1 for part in segment) for segment in segments]
        self._segments = [re.compile("".join(map(_expression, segment)), re.DOTALL) for segment in segments]

    @classmethod
    def of(cls, operator: Any, text: str, normaliser: str, escape: str | None = None, autoescape: bool = False) -> TextPattern:
        """The pattern of a comparison of SQLAlchemy, with its options."""
        if autoescape:
            parts: list[Part] = [text] if text else []
        else:
            # PostgreSQL's own escape.
            parts = list(_parts(text, "\\" if escape is None else escape))
        before: list[Part] = [Wild.ANY] if operator in ENDS + CONTAINS else []
        after: list[Part] = [Wild.ANY] if operator in STARTS + CONTAINS else []
        return cls(before + parts + after, normaliser)

    def matches(self, text: str) -> bool:
        """Whether a normalised text matches. Each part between wildcards is taken where it comes first, which is enough."""
        first, *rest = self._segments
        if not rest:
            return first.fullmatch(text) is not None
        found = first.match(text)
        for segment in rest[:-1]:
            found = found and segment.search(text, found.end())
        start = len(text) - self._sizes[-1]
        return found is not None and start >= found.end() and rest[-1].match(text, start) is not None


def _expression(part: Part) -> str:
    return re.escape(part) if isinstance(part, str) else "."


def _parts(pattern: str, escape: str) -> Iterator[Part]:
    literal = ""
    signs = iter(pattern)
    for sign in signs:
        if sign == escape:
            following = next(signs, None)
            if following is None:
                raise InvalidRequestError("a LIKE pattern ends with its escape character")
            literal += following
        elif sign in "%_":
            if literal:
                yield literal
            literal = ""
            yield Wild(sign)
        else:
            literal += sign
    if literal:
        yield literal
