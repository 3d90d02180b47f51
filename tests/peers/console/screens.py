"""Tested screens of operators: a new screen is a line here, for all tests of this folder."""

from typing import NamedTuple


class Screen(NamedTuple):
    """An address with ids as `{project}` and `{job}`, and an expression that is true once its content is
    loaded.
    """

    address: str
    ready: str


SCREENS = [
    Screen("projects", "document.querySelector('main td')"),
    Screen("projects/{project}", "document.querySelector('main .brand')"),
    Screen("projects/{project}/content", "document.querySelector('main .nothing')"),
    Screen("jobs", "document.querySelectorAll('main tbody tr').length > 20"),
    Screen("jobs?phase=failed&kind=publish_post", "document.querySelector('main tbody tr')"),
    Screen("jobs/{job}", "document.querySelector('main .timeline')"),
    Screen("ops-jobs/{job}", "document.querySelector('main .timeline')"),
    Screen("overview", "document.querySelector('main .chart') && document.querySelector('main .listing')"),
    Screen("overview?window=day&pool=publish", "document.querySelector('main .chart')"),
    Screen("ops-jobs", "document.querySelectorAll('main tbody tr').length > 20"),
    Screen("workers", "document.querySelector('main tbody tr')"),
    Screen("organizations", "document.querySelector('main tbody tr')"),
    Screen("leases", "document.querySelectorAll('main tbody tr').length === 3"),
    Screen("leases?part=offers", "document.querySelectorAll('main tbody tr').length === 2"),
    Screen("audit", "document.querySelector('main tbody tr')"),
    Screen("nowhere", "document.querySelector('main .nothing')"),
]
