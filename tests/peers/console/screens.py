"""The screens that are tested: a new one is a line here, for all the tests of this folder."""

from typing import NamedTuple


class Screen(NamedTuple):
    """An address, in which `{project}` and `{job}` are ids; what is true once its content is there."""

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
