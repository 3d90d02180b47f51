"""Verdicts on Meta's responses: its codes for one event, and those for the whole destination."""

import httpx
import pytest

from tests.peers.simulators.meta import denied
from workers.conversions import meta
from workers.conversions.verdict import Word
from workers.platforms.http import Answer


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ([4, 17, 613, 80000, 80003, 80004, 80014, 80099], (Word.CLOSED, "THROTTLED")),
        ([3, 10, 200, 299, 803, 2500, 2635], (Word.CLOSED, "PIXEL_FORBIDDEN")),
        ([100, 80100], (Word.BAD, "EVENT_REFUSED")),
        ([0, 1, 2, 5000], (Word.UNCLEAR, "ANSWER_UNCLEAR")),
    ],
)
def test_a_code_means_what_it_says_of(codes: list[int], said: tuple[Word, str]) -> None:
    for code in codes:
        body = denied(code).body
        answer = Answer(status=400, headers=httpx.Headers(), body=body, irreversible=True)
        assert meta.verdict_of(answer, 1)[:2] == said, code
