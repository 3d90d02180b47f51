"""Report of an attack: counts of each check, and its findings."""

from collections import Counter

from schemas.base import ResponseStruct

#: The checks, in order.
ATTACK_CHECK_NAMES = ("tenancy", "scopes", "costs")


class AttackFinding(ResponseStruct, frozen=True, kw_only=True):
    """A response that should have been a refusal, or that cost too much."""

    check: str
    method: str
    path: str
    detail: str


class AttackCheckRow(ResponseStruct, frozen=True, kw_only=True):
    """One check: `judged` routes, and `found` routes with a finding.

    `unjudged` routes had no id, no time, or only rate limited responses.
    """

    check: str
    judged: int
    unjudged: int
    requests: int
    found: int


class AttackReport(ResponseStruct, frozen=True, kw_only=True):
    """The outcome of an attack."""

    api: str
    organizations: int
    seconds: float
    passed: bool
    rows: list[AttackCheckRow]
    findings: list[AttackFinding]


class AttackTally:
    """Collector of judgements."""

    def __init__(self) -> None:
        self.findings: list[AttackFinding] = []
        self.requests: Counter[str] = Counter()
        self._judged: set[tuple[str, str, str]] = set()
        self._routes: set[tuple[str, str, str]] = set()

    def add_covered_route(self, check: str, method: str, path: str) -> None:
        """Record that a check covers a route; without a judgement the route counts as unjudged."""
        self._routes.add((check, method, path))

    def record_judgement(self, check: str, method: str, path: str, fault: str | None) -> None:
        """Record a check's judgement of a route: a text as `fault` is a finding, None is a pass."""
        self.add_covered_route(check, method, path)
        self._judged.add((check, method, path))
        if fault:
            self.findings.append(AttackFinding(check=check, method=method, path=path, detail=fault))

    def build_report(self, api: str, organizations: int, seconds: float) -> AttackReport:
        return AttackReport(
            api=api,
            organizations=organizations,
            seconds=round(seconds, 1),
            passed=not self.findings,
            rows=[self._build_check_row(check) for check in ATTACK_CHECK_NAMES],
            findings=self.findings,
        )

    def _build_check_row(self, check: str) -> AttackCheckRow:
        routes = {route for route in self._routes if route[0] == check}
        return AttackCheckRow(
            check=check,
            judged=len(routes & self._judged),
            unjudged=len(routes - self._judged),
            requests=self.requests[check],
            found=len({(finding.method, finding.path) for finding in self.findings if finding.check == check}),
        )
