"""Verdicts on Meta's responses: its codes for one event, and those for the whole destination."""

import httpx
import pytest

from tests.peers.simulators.meta import denied
from workers.conversions import meta
from workers.conversions.verdict import ConversionVerdictKind
from workers.platforms.http import PlatformResponse


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ([4, 17, 613, 80000, 80003, 80004, 80014, 80099], (ConversionVerdictKind.CLOSED, "THROTTLED")),
        ([3, 10, 200, 299, 803, 2500, 2635], (ConversionVerdictKind.CLOSED, "PIXEL_FORBIDDEN")),
        ([100, 80100], (ConversionVerdictKind.BAD, "EVENT_REFUSED")),
        ([0, 1, 2, 5000], (ConversionVerdictKind.UNCLEAR, "ANSWER_UNCLEAR")),
    ],
)
def test_a_code_has_its_verdict(codes: list[int], said: tuple[ConversionVerdictKind, str]) -> None:
    for code in codes:
        body = denied(code).body
        answer = PlatformResponse(status=400, headers=httpx.Headers(), body=body, irreversible=True)
        assert meta.classify_meta_response(answer, 1)[:2] == said, code
