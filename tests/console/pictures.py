"""Make PNG files small: the browser writes them fast, with far more colours than a page has."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_COLOURS = 256
ALIKE = 60

Colour = tuple[int, ...]


def shrink(png: bytes) -> bytes:
    """Return the picture with 256 of its colours, frequent ones; others become the nearest of them.

    :param png: 8 bits a channel, not interlaced, as browsers take pictures of themselves.
    """
    chunks = dict[bytes, bytes]()
    for kind, content in _chunks(png):
        chunks[kind] = chunks.get(kind, b"") + content
    width, height, depth, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth != 8 or colour_type not in (2, 6) or interlace:
        raise ValueError("not a PNG that a browser takes")
    size = 3 if colour_type == 2 else 4
    pixels = [
        tuple(line[at : at + 3])
        for line in _lines(zlib.decompress(chunks[b"IDAT"]), width * size, size)
        for at in range(0, len(line), size)
    ]
    palette, places = _palette(pixels)
    rows = (pixels[at : at + width] for at in range(0, width * height, width))
    # Neighbours among colours mean nothing: no filter is best.
    raw = b"".join(b"\x00" + bytes(places[pixel] for pixel in row) for row in rows)
    return SIGNATURE + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(bytes(colour) for colour in palette)),
            _chunk(b"IDAT", zlib.compress(raw, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _palette(pixels: list[Colour]) -> tuple[list[Colour], dict[Colour, int]]:
    """Return the colours kept, and for every colour there is the place of its stand-in."""
    counts = Counter(pixels)
    palette: list[Colour] = []
    for colour, _ in counts.most_common():
        # What differs too little to be seen would take the place of what does.
        if len(palette) < MOST_COLOURS and all(_distance(colour, k) > ALIKE for k in palette):
            palette.append(colour)
    places = {colour: at for at, colour in enumerate(palette)}
    for colour in counts:
        if colour not in places:
            places[colour] = min(range(len(palette)), key=lambda at: _distance(palette[at], colour))
    return palette, places


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, content: bytes) -> bytes:
    sum_ = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", sum_)


def _lines(raw: bytes, width: int, size: int) -> Iterator[bytearray]:
    """Yield the lines of a picture without their filters."""
    above = bytearray(width)
    for start in range(0, len(raw), width + 1):
        line = bytearray(raw[start + 1 : start + 1 + width])
        _unfilter(raw[start], line, above, size)
        yield line
        above = line


def _unfilter(kind: int, line: bytearray, above: bytearray, size: int) -> None:
    for at in range(len(line)):
        left = line[at - size] if at >= size else 0
        if kind == 1:
            line[at] = (line[at] + left) & 255
        elif kind == 2:
            line[at] = (line[at] + above[at]) & 255
        elif kind == 3:
            line[at] = (line[at] + (left + above[at]) // 2) & 255
        elif kind == 4:
            corner = above[at - size] if at >= size else 0
            line[at] = (line[at] + _paeth(left, above[at], corner)) & 255


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))
