"""What goes over the wire after DATA: no line of a mail ends it early, and none is left without its end."""

from __future__ import annotations

import pytest

from shared.delivery.smtp_post import as_data


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b".\r\n..\r\na.b\r\n.c\r\n", b"..\r\n...\r\na.b\r\n..c\r\n.\r\n"),
        (b"a\n.\nMAIL\r.\rb\r\n.\n", b"a\r\n..\r\nMAIL\r\n..\r\nb\r\n..\r\n.\r\n"),
        (b"a\r\r\n.\r\n", b"a\r\n\r\n..\r\n.\r\n"),
    ],
)
def test_points_are_doubled_and_line_ends_are_made_one_kind(content: bytes, expected: bytes) -> None:
    """RFC 5321, section 4.5.2; a bare line end before a point would let a mail say commands to some servers."""
    assert as_data(content) == expected
