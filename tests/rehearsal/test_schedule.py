"""Schedule and load: pure functions of a seed; a longer rehearsal only appends."""

from itertools import islice, pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from rehearsal.load import MIX, errands
from rehearsal.schedule import CALM_S, LASTS_S, PAUSE_S, Fault, schedule

SEEDS = some.integers(0, 2**32)
TENANTS = [UUID(int=1), UUID(int=2)]


@given(seed=SEEDS, seconds=some.floats(0, 600), longer_s=some.floats(0, 600))
def test_the_same_seed_has_the_same_faults(seed: int, seconds: float, longer_s: float) -> None:
    blows, longer = schedule(seed, seconds), schedule(seed, seconds + longer_s)
    assert blows == schedule(seed, seconds) == longer[: len(blows)]
    assert all(blow.at_s < seconds for blow in blows)


@given(seed=SEEDS)
def test_faults_come_in_rounds_which_have_each_of_them(seed: int) -> None:
    blows = schedule(seed, 120)
    assert blows[0].at_s == CALM_S
    for first in range(0, len(blows) - len(Fault), len(Fault)):
        assert {blow.fault for blow in blows[first : first + len(Fault)]} == {*Fault}
    for one, next_one in pairwise(blows):
        assert PAUSE_S[0] - 0.01 <= next_one.at_s - one.at_s <= PAUSE_S[1] + 0.01
    for blow in blows:
        least, most = LASTS_S.get(blow.fault, (0, 0))
        assert least - 0.01 <= blow.lasts_s <= most + 0.01
        assert 0 <= blow.chance < 1


def test_a_minute_has_every_fault() -> None:
    assert all({blow.fault for blow in schedule(seed, 60)} == {*Fault} for seed in range(100))


@given(seed=SEEDS)
def test_the_same_seed_has_the_same_load(seed: int) -> None:
    first, again = ([*islice(errands(seed, TENANTS), 20)] for _ in range(2))
    assert first == again
    assert len({errand.key for errand in first}) == 20


def test_the_load_has_every_kind() -> None:
    assert sum(share.of_hundred for share in MIX) == 100
    kinds = {errand.kind for errand in islice(errands(1, TENANTS), 1000)}
    assert kinds == {share.kind for share in MIX}
