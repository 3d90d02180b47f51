"""Approved claims: sentences that the caller lets a piece say, each only as a whole."""

from collections.abc import Sequence

from generation.copy.claims import find_text_claims
from generation.copy.clauses import are_lines_alike
from generation.copy.speech import do_words_fit_language
from generation.seeds import seeded_pick
from generation.spec import ApprovedClaim, CopyEvidence, CopyIntent, CopyLine, PieceSpec

#: From this number of points on, a claim replaces the last one: a hook may name their number.
MIN_POINTS_TO_REPLACE = 2


def add_approved_claim(
    points: Sequence[CopyLine], spec: PieceSpec, hook: CopyLine, language: str, *, max_points: int
) -> list[CopyLine]:
    """Return a piece's points with one approved claim as the last, chosen by the seed among those in its language.

    The claim replaces a point like it, else the last one. Return the points unchanged if no claim fits: each is like
    the hook or several points.
    """
    fitting = [
        one
        for one in spec.claims
        if do_words_fit_language(one.text, language)
        and not are_lines_alike(one.text, hook.text)
        and sum(are_lines_alike(one.text, point.text) for point in points) <= 1
    ]
    if not fitting:
        return list(points)
    claim = approved_claim_line(seeded_pick(spec.seed, fitting, "claim"), language)
    kept = [point for point in points if not are_lines_alike(point.text, claim.text)]
    if len(kept) == len(points) >= min(MIN_POINTS_TO_REPLACE, max_points):
        kept = kept[:-1]
    return [*kept, claim]


def approved_claim_line(claim: ApprovedClaim, language: str) -> CopyLine:
    """Return the line that says a claim: a price is an offer, every other claim a proof."""
    intent: CopyIntent = "offer" if "price" in find_text_claims(claim.text, language) else "proof"
    evidence = [CopyEvidence(field="caller", quote=claim.text)]
    return CopyLine(text=claim.text, rule="claim", evidence=evidence, intent=intent, claim_id=claim.id)
