"""`updatedAt` of a post: the time of its last change by any statement."""

import re

from tests.db.test_queries import STATEMENTS

_UPDATE = re.compile(r"update scheduled_post\b.*?(?=\n\s*where\b|\n\s*from\b)", re.DOTALL)
UPDATES = [(query.name, found[0]) for _, query in STATEMENTS for found in _UPDATE.finditer(query.sql)]


def test_statements_with_a_new_version_set_updated_at() -> None:
    assert len(UPDATES) >= 20
    wrong = [name for name, text in UPDATES if ("version + 1" in text) != ("updated_at = now()" in text)]
    assert wrong == []
