"""The time until leases may be judged: after a whole lease of uptime, by the database's own time."""

from datetime import UTC, datetime, timedelta

from workers.dispatcher.uptime import PostgresUptimeTracker

LEASE_S = 10.0
START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def reach(uptime: PostgresUptimeTracker, *, first: float, last: float, every: float = 1.0) -> None:
    at = first
    while at <= last:
        uptime.note_response(START + timedelta(seconds=at))
        at += every


def test_it_is_steady_after_a_whole_lease_without_a_gap_or_failure() -> None:
    uptime = PostgresUptimeTracker(LEASE_S)
    assert not uptime.was_up_for_whole_lease
    for begins in (0, 36, 72):
        reach(uptime, first=begins, last=begins + 9)
        assert not uptime.was_up_for_whole_lease
        reach(uptime, first=begins + 10, last=begins + 30)
        assert uptime.was_up_for_whole_lease
    uptime.reset_uptime()
    assert not uptime.was_up_for_whole_lease
    reach(uptime, first=103, last=112)
    assert not uptime.was_up_for_whole_lease
    reach(uptime, first=113, last=113)
    assert uptime.was_up_for_whole_lease


def test_a_pause_shorter_than_any_lease_is_no_gap() -> None:
    uptime = PostgresUptimeTracker(LEASE_S)
    reach(uptime, first=0, last=30, every=5)
    assert uptime.was_up_for_whole_lease


def test_a_late_judgement_follows_a_gap() -> None:
    uptime = PostgresUptimeTracker(LEASE_S)
    reach(uptime, first=0, last=30)
    assert uptime.deadline_to_declare_workers_dead == START + timedelta(seconds=35)
