"""The screens that are tested: a new one is a line here, for all the tests of this folder."""

from typing import NamedTuple


class Screen(NamedTuple):
    """An address, in which `{project}` is a project's id; what is true once its content is there."""

    address: str
    ready: str


SCREENS = [
    Screen("projects", "document.querySelector('main td')"),
    Screen("projects/{project}", "document.querySelector('main .facts')"),
    Screen("projects/{project}/content", "document.querySelector('main .cards .empty')"),
    Screen("jobs", "document.querySelectorAll('main tbody tr').length > 20"),
    Screen("overview", "document.querySelectorAll('main table').length >= 2"),
]
