"""Ids: sortable by creation, parsed strictly."""

from uuid import UUID

import pytest

from schemas import ids

#: Fixed, since each xdist worker must collect the same tests.
FIXED_ID = UUID("01a20e5c-d515-7963-b8e4-9a68bd47955b")


def test_ids_sort_by_creation() -> None:
    created = [ids.new_uuid7() for _ in range(10_000)]
    assert created == sorted(created)
    assert len(set(created)) == len(created)
    assert {(new_id.version, new_id.variant) for new_id in created} == {(7, "specified in RFC 4122")}


def test_each_kind_has_the_prefix_of_the_contract() -> None:
    contract = "prj job org key cnt ast sa sp lreq inf app evt we dlv req aud wrk"
    ours = {value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)}
    assert ours >= set(contract.split())


def test_an_id_is_read_with_its_own_prefix_or_none() -> None:
    job_id = ids.new_uuid7()
    assert ids.parse_prefixed_id(ids.JOB_ID_PREFIX, ids.format_prefixed_id(ids.JOB_ID_PREFIX, job_id)) == job_id
    assert ids.parse_prefixed_id(ids.JOB_ID_PREFIX, str(job_id)) == job_id
    assert ids.parse_prefixed_id(ids.JOB_ID_PREFIX, ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, job_id)) is None


@pytest.mark.parametrize("text", ["", "job_", "job_x", f"job_{FIXED_ID.hex}", f"job__{FIXED_ID}", f"{{{FIXED_ID}}}"])
def test_invalid_ids_are_none(text: str) -> None:
    assert ids.parse_prefixed_id(ids.JOB_ID_PREFIX, text) is None
