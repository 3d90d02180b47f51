"""Items of a long JSON list, split in steps without decoding them.

msgspec skips a value in C and reports the start of the next one in its error about trailing characters. So a
text of megabytes is split at a microsecond for each item.
"""

import re
from collections.abc import Container
from typing import NamedTuple

import msgspec

from domain.values.steps import JSON_STEP_BYTES, CooperativeSteps
from schemas.errors import BodyOversized, InvalidValue, MalformedBody

#: Bytes of one value, which one step skips; bytes and number of the fields around the list.
MAX_JSON_VALUE_BYTES, MAX_JSON_BYTES_AROUND_LIST, MAX_JSON_FIELDS_AROUND_LIST = 500_000, 1 << 16, 100

#: A small item costs as much as one of this many bytes.
_JSON_VALUE_STEP_COST_BYTES = 256

_RAW_JSON_DECODER = msgspec.json.Decoder(msgspec.Raw)
_TRAILING_CHARACTERS_ERROR_PATTERN = re.compile(r"trailing characters \(byte (\d+)\)")
_JSON_SPACE_PATTERN = re.compile(rb"[ \t\r\n]*")
_JSON_SPACE_BYTES = b" \t\r\n"


class SplitJsonBody(NamedTuple):
    """Texts of a list's items, and of the object around it with `[0]` instead of the list, `[]` if it is empty.

    `items` is None if the object has no such list; then `beside` is the whole object.
    """

    beside: bytes
    items: list[bytes] | None


def split_json_body_list(text: bytes, names: Container[bytes], most: int) -> CooperativeSteps[SplitJsonBody]:
    """Return the texts of the items in a JSON object's list, and the rest of the object, in cooperative steps.

    The list is the value of a field with one of `names`, in quotes. Raises `BodyOversized` for a value of more
    than `MAX_JSON_VALUE_BYTES`, and `MalformedBody`. Raises `InvalidValue` if the text is no object, has more items
    than `most`, or has too many fields or bytes around the list.
    """
    reader, fields, items = _JsonTextCursor(text), list[bytes](), None
    if not reader.skip_mark_if_next(b"{"):
        yield from reader.take_value_text()
        raise reader.malformed_body_error() if reader.at < len(text) else InvalidValue("body", "must be an object")
    more = not reader.skip_mark_if_next(b"}")
    while more:
        name = yield from reader.take_value_text()
        if not name.startswith(b'"') or not reader.skip_mark_if_next(b":"):
            raise reader.malformed_body_error()
        if name in names and reader.skip_mark_if_next(b"["):
            items = yield from reader.take_list_item_texts(name, most)
            value = b"[0]" if items else b"[]"
        else:
            value = yield from reader.take_value_text()
        fields.append(b"%b:%b" % (name, value))
        if len(fields) > MAX_JSON_FIELDS_AROUND_LIST or sum(map(len, fields)) > MAX_JSON_BYTES_AROUND_LIST:
            raise InvalidValue(
                "body",
                f"has more than {MAX_JSON_FIELDS_AROUND_LIST} fields or {MAX_JSON_BYTES_AROUND_LIST} bytes"
                " outside its list",
            )
        more = reader.skip_separator_and_check_for_more(b"}")
    if reader.at < len(text):
        raise reader.malformed_body_error()
    return SplitJsonBody(b"{%b}" % b",".join(fields), items)


class _JsonTextCursor:
    """Cursor in a text, always before a character that isn't white space."""

    def __init__(self, text: bytes) -> None:
        self.text, self.view = text, memoryview(text)
        self.at = self._skip_space(0)
        self._done = 0

    def skip_mark_if_next(self, mark: bytes) -> bool:
        """Skip the one-character `mark` if it is next in the text; return whether it was."""
        if not self.text.startswith(mark, self.at):
            return False
        self.at = self._skip_space(self.at + 1)
        return True

    def skip_separator_and_check_for_more(self, end: bytes) -> bool:
        """Skip a comma and return True, or a JSON list's or object's `end` and return False. Raises `MalformedBody`."""
        if self.skip_mark_if_next(b","):
            return True
        if self.skip_mark_if_next(end):
            return False
        raise self.malformed_body_error()

    def take_value_text(self) -> CooperativeSteps[bytes]:
        """Skip a JSON value and return its text. Raises `MalformedBody`, `BodyOversized` for a large one."""
        begin = self.at
        self.at = self._find_value_end()
        self._done += self.at - begin + _JSON_VALUE_STEP_COST_BYTES
        if self._done >= JSON_STEP_BYTES:
            self._done = 0
            yield
        return self.text[begin : self.at].rstrip(_JSON_SPACE_BYTES)

    def take_list_item_texts(self, name: bytes, most: int) -> CooperativeSteps[list[bytes]]:
        """Skip a JSON list after its opening bracket, and return its items' texts.

        Raises `MalformedBody`, `BodyOversized`, and `InvalidValue` for more than `most` items.
        """
        items = list[bytes]()
        more = not self.skip_mark_if_next(b"]")
        while more:
            items.append((yield from self.take_value_text()))
            if len(items) > most:
                raise InvalidValue(name.decode().strip('"'), f"Expected `array` of length <= {most}")
            more = self.skip_separator_and_check_for_more(b"]")
        return items

    def malformed_body_error(self, error: Exception | None = None) -> MalformedBody:
        why = error or f"it is malformed at byte {self.at}"
        return MalformedBody(f"the body is not readable JSON: {why}")

    def _find_value_end(self) -> int:
        window = self.view[self.at : self.at + MAX_JSON_VALUE_BYTES]
        try:
            _RAW_JSON_DECODER.decode(window)
        except (msgspec.DecodeError, RecursionError) as error:
            if match := _TRAILING_CHARACTERS_ERROR_PATTERN.search(str(error)):
                return self.at + int(match[1]) - 1
            if self.at + len(window) < len(self.text) and "truncated" in str(error):
                raise BodyOversized(f"a value of the body has more than {MAX_JSON_VALUE_BYTES} bytes") from None
            raise self.malformed_body_error(error) from None
        return self.at + len(window)

    def _skip_space(self, at: int) -> int:
        match = _JSON_SPACE_PATTERN.match(self.text, at)
        return match.end() if match else at
