"""Prometheus' XOR chunks and frames written as its format says, for tests of what reads them."""

import struct


class Bits:
    """Bits one after another, the highest first."""

    def __init__(self):
        self.text = ""

    def add(self, value, count):
        self.text += format(value & (1 << count) - 1, f"0{count}b") if count else ""

    def bytes(self):
        padded = self.text + "0" * (-len(self.text) % 8)
        return bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))


def varint(value):
    text = bytearray()
    while value > 127:
        text.append(value & 127 | 128)
        value >>= 7
    return bytes([*text, value])


def chunk(samples):
    """Of (ms, bits of a double)."""
    bits, before, distance, leading, trailing = Bits(), None, 0, None, None
    for number, (moment, word) in enumerate(samples):
        if number == 0:
            head = varint(moment * 2 if moment >= 0 else -moment * 2 - 1) + struct.pack(">Q", word)
        elif number == 1:
            distance = moment - before[0]
            head += varint(distance)
        else:
            _change(bits, moment - before[0] - distance)
            distance = moment - before[0]
        if number:
            leading, trailing = _differing(bits, word ^ before[1], leading, trailing)
        before = (moment, word)
    return struct.pack(">H", len(samples)) + (head if samples else b"") + bits.bytes()


def _change(bits, change):
    for prefix, size, width in ((0b10, 2, 14), (0b110, 3, 17), (0b1110, 4, 20)):
        if change and -(1 << width - 1) < change <= 1 << width - 1:
            bits.add(prefix, size)
            bits.add(change, width)
            return
    bits.add(0b1111 if change else 0, 4 if change else 1)
    bits.add(change, 64 if change else 0)


def _differing(bits, word, leading, trailing):
    if not word:
        bits.add(0, 1)
        return leading, trailing
    zeros, low = min(64 - word.bit_length(), 31), (word & -word).bit_length() - 1
    bits.add(1, 1)
    if leading is not None and zeros >= leading and low >= trailing:
        bits.add(0, 1)
        bits.add(word >> trailing, 64 - leading - trailing)
        return leading, trailing
    width = 64 - zeros - low
    bits.add(1, 1)
    bits.add(zeros, 5)
    bits.add(width & 63, 6)
    bits.add(word >> low, width)
    return zeros, low


def field(number, value):
    """A protobuf field: of an int or of bytes."""
    if isinstance(value, int):
        return varint(number * 8) + varint(value)
    return varint(number * 8 + 2) + varint(len(value)) + value


def series(labels, chunks, encoding=1):
    """A frame's series: its labels and the chunks as bytes."""
    told = b"".join(field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in labels.items())
    return field(1, told + b"".join(field(2, field(1, 1) + field(2, 2) + field(3, encoding) + field(4, one)) for one in chunks))


def crc32c(message):
    """Bit by bit, unlike what is tested."""
    rest = 0xFFFFFFFF
    for byte in message:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


def frame(message):
    return varint(len(message)) + struct.pack(">I", crc32c(message)) + message
