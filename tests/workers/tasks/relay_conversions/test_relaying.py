"""Each conversion is counted once, or its row has the reason why not, for any response of the destination."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.meta import answer_of
from tests.workers.tasks.relay_conversions.scene import (
    CONTEXT,
    EMAIL,
    PIXEL,
    TOKEN,
    DyingConnection,
    InterruptingConnection,
    RelayScene,
    encoded,
)
from workers.conversions.hashing import sha256_hex
from workers.tasks.relay_conversions import MAX_SAME_ERROR_REFUSED_CONVERSIONS

#: Responses of a destination, by their meaning.
THROTTLED = {"meta": answer_of(80004), "tiktok": {"status": 200, "body": {"code": 40100}}}
TOKEN_ENDED = {"meta": answer_of(190), "tiktok": {"status": 200, "body": {"code": 40105}}}
FORBIDDEN = {"meta": answer_of(200), "tiktok": {"status": 200, "body": {"code": 40001}}}
REFUSED = {"meta": answer_of(100, subcode=2804003), "tiktok": {"status": 200, "body": {"code": 40002}}}
FAILED = {"meta": answer_of(2, status=500), "tiktok": {"status": 500, "body": {"code": 50000}}}

#: Event ids with personal data in them.
ADDRESSES = (f"signup:{EMAIL}", "call:+4915112345678")

#: For tests of the outbox, which is the same for each destination.
ANY_DESTINATION = pytest.mark.parametrize("destination", ["meta"], indirect=True)

LOST = [SimFault.ACCEPT_THEN_DROP, SimFault.ACCEPT_THEN_500, SimFault.TRUNCATED_200, SimFault.DROP_BEFORE]


async def test_conversions_are_sent_with_their_own_ids_and_hashes(scene: RelayScene) -> None:
    """Personal data leaves only as a hash, with any other content of the event."""
    await scene.send([1, 2, 3])
    await scene.send([4], event_id="order 4")
    await scene.send([5], name="open")
    for number, event_id in enumerate(ADDRESSES, 6):
        await scene.send([number], event_id=event_id)
    for _ in range(3):
        await scene.submit()
    assert await scene.pool.fetchval("select count(*) from job where kind = 'relay_conversions'") == 1
    assert await scene.attempt() == "completed"
    assert await scene.attempt() is None
    counted = await scene.counted()
    assert counted.pop("order 4") == 1
    assert [counted.pop(sha256_hex(event_id)) for event_id in ADDRESSES] == [1, 1]
    assert sorted(counted.values()) == [1, 1, 1]
    assert await scene.states() == {"delivered": 6}
    shown = await scene.shown()
    assert (shown.last_error, shown.last_forward_at is not None) == (None, True)
    assert (await scene.told())["wrong"] == []


async def test_a_conversion_with_a_lost_response_is_sent_again_with_its_id(scene: RelayScene) -> None:
    for number, fault in enumerate(LOST):
        await scene.send(range(3 * number, 3 * number + 3))
        await scene.sim.fault("*", fault, times=2)
        await scene.finish()
        assert len(await scene.counted()) == 3 * number + 3
        assert await scene.states() == {"delivered": 3 * number + 3}
        assert (await scene.shown()).last_error is None


async def test_a_possibly_accepted_conversion_is_not_sent_after_47_hours(scene: RelayScene) -> None:
    """The destination would count it again: the id is outside its dedup window."""
    await scene.send([1])
    await scene.sim.fault("*", SimFault.ACCEPT_THEN_DROP)
    await scene.attempt()
    assert await scene.states() == {"pending": 1}
    await scene.hours_pass(47.1)
    await scene.finish()
    assert await scene.states() == {"outcome_unknown": 1}
    assert list((await scene.counted()).values()) == [1]


@pytest.mark.parametrize(
    ("later", "end"), [([THROTTLED], "hours"), ([TOKEN_ENDED], "archive"), ([REFUSED, FAILED], "hours")]
)
async def test_a_later_refusal_keeps_an_earlier_attempt_unknown(
    scene: RelayScene, later: list[dict[str, dict[str, Any]]], end: str
) -> None:
    """The refusal proves nothing about the call with the lost response."""
    await scene.send([1, 2])
    await scene.sim.fault("*", SimFault.ACCEPT_THEN_DROP)
    await scene.attempt()
    [first, _] = [row["first_try_at"] for row in await scene.rows()]
    for answers in later:
        await scene.answers(**answers[scene.destination])
    await scene.end_pauses()
    assert await scene.attempt() == "completed"
    assert all(abs(row["first_try_at"] - first) < timedelta(seconds=0.001) for row in await scene.rows())
    await (scene.hours_pass(48.1) if end == "hours" else scene.archive())
    await scene.finish()
    assert await scene.states() == {"outcome_unknown": 2}
    assert list((await scene.counted()).values()) == [1, 1]


@pytest.mark.parametrize("answers", [THROTTLED, TOKEN_ENDED, FORBIDDEN])
async def test_a_refusal_of_the_whole_call_proves_no_event_accepted(
    scene: RelayScene, answers: dict[str, dict[str, Any]]
) -> None:
    """So it counts as never sent, however late."""
    await scene.send([1, 2])
    await scene.answers(**answers[scene.destination])
    await scene.attempt()
    assert [row["first_try_at"] for row in await scene.rows()] == [None, None]
    assert (await scene.shown()).last_error is not None
    await scene.submit()
    assert await scene.attempt() is None, "in its pause"
    await scene.hours_pass(100)
    await scene.sim.advance(-100 * 3600)
    await scene.finish()
    assert list((await scene.counted()).values()) == [1, 1]


async def test_another_token_is_tried_at_once(scene: RelayScene, destination: str) -> None:
    await scene.sim.call("POST", "/pixels", pixel="1234567890", token=None)
    await scene.send([1])
    await scene.attempt()
    assert await scene.attempt() is None
    assert "token" in (await scene.shown()).last_error
    assert TOKEN not in str(await scene.rows()) + str(await scene.shown())
    await scene.sim.call("POST", "/pixels", pixel="1234567890", token="another-token")
    await scene.patch(accessToken="another-token")
    assert await scene.attempt() == "completed"
    assert await scene.states() == {"delivered": 1}


async def test_a_new_token_is_not_paused_by_the_old_ones_refusal(scene: RelayScene) -> None:
    """Its owner sets it while a call with the old token is under way."""
    await scene.send([1])
    await scene.sim.call("POST", "/pixels", pixel=PIXEL, token="another-token")
    patch = partial(scene.patch, accessToken="another-token")
    before_the_note = scene.store(lambda conn: InterruptingConnection(conn, 3, patch))
    assert await scene.attempt(event_store=before_the_note) == "completed"
    assert (await scene.told())["counted"] == []
    assert await scene.attempt() == "completed"
    assert await scene.states() == {"delivered": 1}


async def test_a_destination_that_refuses_all_is_paused(scene: RelayScene) -> None:
    """The cause is at the destination, so only a few events end with it."""
    await scene.send(range(60))
    await scene.answers(**REFUSED[scene.destination], times=100)
    assert await scene.attempt() == "completed"
    assert await scene.states() == {
        "failed": MAX_SAME_ERROR_REFUSED_CONVERSIONS,
        "pending": 60 - MAX_SAME_ERROR_REFUSED_CONVERSIONS,
    }
    assert len((await scene.told())["bodies"]) < 4 * MAX_SAME_ERROR_REFUSED_CONVERSIONS
    assert "like each one before" in (await scene.shown()).last_error
    assert await scene.attempt() is None, "in its pause"


async def test_a_bad_event_is_isolated_and_the_others_are_accepted(scene: RelayScene) -> None:
    await scene.patch(eventMap={"purchase_success": "Purchase", "sign_up": "Bad"})
    await scene.send(range(20))
    await scene.sim.call("POST", "/bad", name="Bad")
    await scene.send([20, 21], name="sign_up")
    assert await scene.attempt() == "completed"
    assert await scene.states() == {"delivered": 20, "failed": 2}
    assert set((await scene.counted()).values()) == {1}
    assert {row["error_code"] for row in await scene.rows()} == {"FIELDS_DROPPED", "EVENT_REFUSED"}


@ANY_DESTINATION
async def test_a_steady_flow_is_sent_in_batches(scene: RelayScene) -> None:
    """Conversions that arrive during a call wait for more."""
    await scene.send([1])
    [fresh] = await scene.send([2])
    await scene.pool.execute("update event_conversion set due_at = now() where id = $1", fresh)
    comes = partial(scene.send, [3])
    during_the_call = scene.store(lambda conn: InterruptingConnection(conn, 3, comes))
    assert await scene.attempt(event_store=during_the_call) == "completed"
    assert await scene.states() == {"delivered": 2, "pending": 1}
    await scene.pool.execute("update event_conversion set due_at = now()")
    assert await scene.attempt() is None, "in its batching window"


@ANY_DESTINATION
async def test_one_call_has_a_thousand_at_most(scene: RelayScene) -> None:
    await scene.send(range(1_001))
    assert await scene.attempt() == "completed"
    assert await scene.states() == {"delivered": 1_001}
    assert len((await scene.told())["bodies"]) == 2


UNSENDABLE: list[tuple[dict[str, Any], str]] = [
    ({"context": encoded(CONTEXT | {"consent": False})}, "NO_CONSENT"),
    ({"context": encoded(CONTEXT | {"consent": {"ad_user_data": "denied"}})}, "NO_CONSENT"),
    ({"context": encoded(CONTEXT | {"device": {"adTrackingEnabled": False}})}, "TRACKING_DENIED"),
    ({"context": encoded(CONTEXT | {"device": {"attStatus": "denied"}})}, "TRACKING_DENIED"),
    ({"context": encoded(CONTEXT | {"page": {}})}, "NO_PAGE"),
    ({"value_micros": None}, "NO_VALUE"),
    ({"context": encoded({"userAgent": "x", "page": CONTEXT["page"]}), "user_id": None}, "NO_IDENTIFIER"),
]


async def test_an_unsendable_conversion_has_its_reason(scene: RelayScene) -> None:
    for number, (fields, _) in enumerate(UNSENDABLE):
        await scene.send([number], **fields)
    await scene.send([len(UNSENDABLE)])
    await scene.attempt()
    *skipped, sent = await scene.rows()
    assert [(row["error_code"], row["first_try_at"]) for row in skipped] == [(code, None) for _, code in UNSENDABLE]
    assert {row["state"] for row in skipped} == {"skipped"}
    assert sent["state"] == "delivered"
    assert (await scene.told())["wrong"] == []


async def test_the_row_names_the_dropped_fields(scene: RelayScene) -> None:
    """Also for a conversion that can't be sent without them."""
    await scene.patch(testEventCode="TEST1")
    agent = encoded(CONTEXT | {"userAgent": "jane%40mail.example", "ip": "jane@mail.example", "page": {}})
    await scene.send([1])
    await scene.send([2], context=agent)
    await scene.send([3], properties="{}")
    await scene.attempt()
    rows = {row["event_key"].int: row for row in await scene.rows()}
    assert (rows[1]["state"], rows[1]["error_code"]) == ("delivered", "FIELDS_DROPPED")
    assert rows[1]["error_message"].startswith("sent without query: of another")
    assert (rows[2]["state"], "ip, query, userAgent" in rows[2]["error_message"]) == ("skipped", True)
    assert (rows[3]["state"], rows[3]["error_code"]) == ("delivered", None)
    assert ['"test_event_code":"TEST1"' in body for body in (await scene.told())["bodies"]] == [True]


async def test_a_too_old_event_expires_and_one_ahead_of_its_time_waits(scene: RelayScene) -> None:
    """One of them would fail the call for all others."""
    now = datetime.now(UTC)
    await scene.send([1], occurred_at=now - timedelta(days=6, hours=23, minutes=1))
    await scene.send([2], occurred_at=now - timedelta(days=6, hours=22))
    await scene.send([3], occurred_at=now + timedelta(minutes=30))
    await scene.attempt()
    assert await scene.states() == {"expired": 1, "delivered": 1, "pending": 1}
    assert await scene.attempt() is None


@ANY_DESTINATION
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_death_at_any_statement_is_followed_by_a_finishing_attempt(scene: RelayScene, after: bool) -> None:
    """The statements: list due ones, mark, end."""
    for nth in (1, 2, 3):
        await scene.send(range(3 * nth, 3 * nth + 3))
        dying = scene.store(partial(DyingConnection, nth=nth, after=after))
        assert await scene.attempt(event_store=dying) == "died"
        await scene.finish()
        assert len(await scene.counted()) == 3 * nth
        assert await scene.states() == {"delivered": 3 * nth}


@ANY_DESTINATION
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


@ANY_DESTINATION
@pytest.mark.parametrize("how", ["archived", "disabled"])
async def test_a_destination_that_ends_before_the_call_is_not_called(scene: RelayScene, how: str) -> None:
    await scene.send([1, 2])
    ended = scene.store(lambda conn: InterruptingConnection(conn, 2, partial(END_BY[how], scene)))
    assert await scene.attempt(event_store=ended) == "completed"
    assert (await scene.told())["bodies"] == []
    assert await scene.states() == {"canceled": 2}
    assert {(row["tries"], row["first_try_at"]) for row in await scene.rows()} == {(0, None)}


END_BY: dict[str, Any] = {
    "archived": RelayScene.archive,
    "disabled": lambda scene: scene.patch(enabled=False),
    "forgotten": lambda scene: scene.patch_capi({scene.destination: None}),
    "deleted": RelayScene.delete_app,
}
