"""Ids: sortable by creation, parsed strictly."""

from uuid import UUID

import pytest

from schemas import ids

#: Fixed, since each xdist worker must collect the same tests.
SOME = UUID("01a20e5c-d515-7963-b8e4-9a68bd47955b")


def test_ids_sort_as_they_were_made() -> None:
    made = [ids.new() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


def test_each_kind_has_the_prefix_of_the_contract() -> None:
    contract = "prj job org key cnt ast sa sp lreq inf app evt we dlv req aud wrk"
    ours = {value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)}
    assert ours >= set(contract.split())


def test_an_id_is_read_with_its_own_prefix_or_none() -> None:
    one = ids.new()
    assert ids.read(ids.JOB, ids.show(ids.JOB, one)) == one
    assert ids.read(ids.JOB, str(one)) == one
    assert ids.read(ids.JOB, ids.show(ids.PROJECT, one)) is None


@pytest.mark.parametrize("text", ["", "job_", "job_x", f"job_{SOME.hex}", f"job__{SOME}", f"{{{SOME}}}"])
def test_what_is_no_id_is_none(text: str) -> None:
    assert ids.read(ids.JOB, text) is None
