"""Statement of one file on one field: a candidate without the file's address."""

from typing import NamedTuple

from schemas.brand import BrandFieldName, BrandFieldValue


class RepositoryFileFieldCandidate(NamedTuple):
    """Value of a field; `rule` names its place in the file, such as `readme.h1`."""

    field: BrandFieldName
    value: BrandFieldValue
    confidence: float
    rule: str
