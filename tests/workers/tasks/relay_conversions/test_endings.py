"""Waiting conversions are canceled with their app, destination or project, and note a possible delivery."""

from functools import partial

import pytest
from prometheus_client import REGISTRY

from tests.peers.simulators.faults import SimFault
from tests.workers.tasks.relay_conversions.scene import InterruptingConnection, RelayScene


@pytest.mark.parametrize("how", ["archived", "disabled", "forgotten", "deleted"])
async def test_waiting_conversions_are_canceled_with_their_reason(scene: RelayScene, how: str) -> None:
    """A conversion that may have been accepted has that reason instead."""
    await scene.send([1])
    await scene.sim.fault("*", SimFault.ACCEPT_THEN_DROP)
    await scene.attempt()
    await scene.send([2])
    ends = ("canceled", "outcome_unknown")
    before = [counted_ends(scene, end) for end in ends]
    await END_BY[how](scene)
    await scene.finish()
    assert await scene.states() == dict.fromkeys(ends, 1)
    assert [counted_ends(scene, end) for end in ends] == [one + 1 for one in before]
    assert list((await scene.counted()).values()) == [1]


def counted_ends(scene: RelayScene, end: str) -> float:
    labels = {"destination": scene.destination, "outcome": end}
    return REGISTRY.get_sample_value("conversions_total", labels) or 0


@pytest.mark.parametrize("how", ["archived", "disabled"])
async def test_a_destination_that_ends_before_the_call_is_not_called(scene: RelayScene, how: str) -> None:
    await scene.send([1, 2])
    ended = scene.store(lambda conn: InterruptingConnection(conn, 2, partial(END_BY[how], scene)))
    assert await scene.attempt(event_store=ended) == "completed"
    assert (await scene.told())["bodies"] == []
    assert await scene.states() == {"canceled": 2}
    assert {(row["tries"], row["first_try_at"]) for row in await scene.rows()} == {(0, None)}


async def archive(scene: RelayScene) -> None:
    await scene.archive()


async def disable(scene: RelayScene) -> None:
    await scene.patch(enabled=False)


async def forget(scene: RelayScene) -> None:
    await scene.patch_capi({scene.destination: None})


async def delete(scene: RelayScene) -> None:
    await scene.delete_app()


END_BY = {"archived": archive, "disabled": disable, "forgotten": forget, "deleted": delete}
