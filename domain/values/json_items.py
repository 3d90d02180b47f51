"""Items of a long JSON list, split in steps without decoding them.

msgspec skips a value in C and reports the start of the next one in its error about trailing characters. So a
text of megabytes is split at a microsecond for each item.
"""

import re
from collections.abc import Container
from typing import NamedTuple

import msgspec

from domain.values.steps import STEP_BYTES, Steps
from schemas.errors import Invalid, Malformed, Oversized

#: Bytes of one value, which one step skips; bytes and number of the fields around the list.
MAX_VALUE_BYTES, MAX_BESIDE_BYTES, MAX_BESIDE = 500_000, 1 << 16, 100

#: A small item costs as much as one of this many bytes.
_ITEM_BYTES = 256

_SKIP = msgspec.json.Decoder(msgspec.Raw)
_NEXT = re.compile(r"trailing characters \(byte (\d+)\)")
_SPACE = re.compile(rb"[ \t\r\n]*")
_SPACES = b" \t\r\n"


class Items(NamedTuple):
    """Texts of a list's items, and the text of the object around it with `[0]` instead of the list.

    `items` is None if the object has no such list; then `beside` is the whole object.
    """

    beside: bytes
    items: list[bytes] | None


def split_json_list(text: bytes, names: Container[bytes], most: int) -> Steps[Items]:
    """Split the list of a field into its items; `names` are the field's possible names, in quotes.

    Raises `Oversized` for a value of more than `MAX_VALUE_BYTES`, and `Malformed`. Raises `Invalid` if the
    text is no object, has more items than `most`, or has too many fields around the list.
    """
    reader, fields, items = _Reader(text), list[bytes](), None
    if not reader.take(b"{"):
        yield from reader.value()
        raise reader.malformed() if reader.at < len(text) else Invalid("body", "must be an object")
    more = not reader.take(b"}")
    while more:
        name = yield from reader.value()
        if not name.startswith(b'"') or not reader.take(b":"):
            raise reader.malformed()
        if name in names and reader.take(b"["):
            items = yield from reader.items(name, most)
            value = b"[0]" if items else b"[]"
        else:
            value = yield from reader.value()
        fields.append(b"%b:%b" % (name, value))
        if len(fields) > MAX_BESIDE or sum(map(len, fields)) > MAX_BESIDE_BYTES:
            raise Invalid(
                "body", f"has more than {MAX_BESIDE} fields or {MAX_BESIDE_BYTES} bytes outside its list"
            )
        more = reader.is_followed_by(b"}")
    if reader.at < len(text):
        raise reader.malformed()
    return Items(b"{%b}" % b",".join(fields), items)


class _Reader:
    """Cursor in a text, always before a character that isn't white space."""

    def __init__(self, text: bytes) -> None:
        self.text, self.view = text, memoryview(text)
        self.at = self._behind_space(0)
        self._done = 0

    def take(self, mark: bytes) -> bool:
        """Skip a mark and return True if it is the next character."""
        if not self.text.startswith(mark, self.at):
            return False
        self.at = self._behind_space(self.at + 1)
        return True

    def is_followed_by(self, end: bytes) -> bool:
        """Skip a comma (True) or the end mark (False). Raises `Malformed`."""
        if self.take(b","):
            return True
        if self.take(end):
            return False
        raise self.malformed()

    def value(self) -> Steps[bytes]:
        """Skip a value, and return its text. Raises `Malformed`, `Oversized`."""
        begin = self.at
        self.at = self._end_of_value()
        self._done += self.at - begin + _ITEM_BYTES
        if self._done >= STEP_BYTES:
            self._done = 0
            yield
        return self.text[begin : self.at].rstrip(_SPACES)

    def items(self, name: bytes, most: int) -> Steps[list[bytes]]:
        """Skip a list, and return its items. Raises `Malformed`, `Oversized`, `Invalid`."""
        items = list[bytes]()
        more = not self.take(b"]")
        while more:
            items.append((yield from self.value()))
            if len(items) > most:
                raise Invalid(name.decode().strip('"'), f"Expected `array` of length <= {most}")
            more = self.is_followed_by(b"]")
        return items

    def malformed(self, error: Exception | None = None) -> Malformed:
        why = error or f"it is malformed at byte {self.at}"
        return Malformed(f"the body is not readable JSON: {why}")

    def _end_of_value(self) -> int:
        window = self.view[self.at : self.at + MAX_VALUE_BYTES]
        try:
            _SKIP.decode(window)
        except (msgspec.DecodeError, RecursionError) as error:
            if match := _NEXT.search(str(error)):
                return self.at + int(match[1]) - 1
            if self.at + len(window) < len(self.text) and "truncated" in str(error):
                raise Oversized(f"a value of the body has more than {MAX_VALUE_BYTES} bytes") from None
            raise self.malformed(error) from None
        return self.at + len(window)

    def _behind_space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at
