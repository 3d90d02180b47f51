"""When leases may be judged: after one lease of unbroken contact, by the database's own time."""

from datetime import UTC, datetime, timedelta

from workers.dispatcher.contact import Contact

LEASE_S = 10.0
START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def reach(contact: Contact, *, first: float, last: float, every: float = 1.0) -> None:
    at = first
    while at <= last:
        contact.reached(START + timedelta(seconds=at))
        at += every


def test_not_before_a_whole_lease() -> None:
    contact = Contact(LEASE_S)
    assert not contact.steady
    reach(contact, first=0, last=9)
    assert not contact.steady
    reach(contact, first=10, last=10)
    assert contact.steady


def test_a_gap_starts_it_over() -> None:
    contact = Contact(LEASE_S)
    reach(contact, first=0, last=30)
    reach(contact, first=36, last=45)
    assert not contact.steady
    reach(contact, first=46, last=46)
    assert contact.steady


def test_a_pause_in_which_no_lease_can_run_out_is_no_gap() -> None:
    contact = Contact(LEASE_S)
    reach(contact, first=0, last=30, every=5)
    assert contact.steady


def test_a_judgement_that_comes_late_comes_after_a_gap() -> None:
    contact = Contact(LEASE_S)
    reach(contact, first=0, last=30)
    assert contact.judges_before == START + timedelta(seconds=35)
