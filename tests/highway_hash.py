"""HighwayHash with 64 bits, the checksum of JetStream's block files (as in github.com/google/highwayhash)."""

from __future__ import annotations

import struct

_MASK = 2**64 - 1
_MUL0 = (0xDBE6D5D5FE4CCE2F, 0xA4093822299F31D0, 0x13198A2E03707344, 0x243F6A8885A308D3)
_MUL1 = (0x3BD39E10CB0EF593, 0xC0ACF169B5F18A8C, 0xBE5466CF34E90C6C, 0x452821E638D01377)
_PACKET = 32


def highway_hash(key: bytes, data: bytes) -> bytes:
    """The hash, 8 bytes, under a key of 32 bytes."""
    state = _State(struct.unpack("<4Q", key))
    whole = len(data) - len(data) % _PACKET
    for at in range(0, whole, _PACKET):
        state.update(struct.unpack("<4Q", data[at : at + _PACKET]))
    if whole < len(data):
        state.update_rest(data[whole:])
    return struct.pack("<Q", state.finish())


class _State:
    def __init__(self, key: tuple[int, ...]) -> None:
        self.mul0, self.mul1 = list(_MUL0), list(_MUL1)
        self.v0 = [mul ^ lane for mul, lane in zip(_MUL0, key, strict=True)]
        self.v1 = [mul ^ _halves(lane) for mul, lane in zip(_MUL1, key, strict=True)]

    def update(self, lanes: tuple[int, ...]) -> None:
        for i, lane in enumerate(lanes):
            self.v1[i] = (self.v1[i] + self.mul0[i] + lane) & _MASK
            self.mul0[i] ^= (self.v1[i] & 0xFFFFFFFF) * (self.v0[i] >> 32)
            self.v0[i] = (self.v0[i] + self.mul1[i]) & _MASK
            self.mul1[i] ^= (self.v0[i] & 0xFFFFFFFF) * (self.v1[i] >> 32)
        for source, target in ((self.v1, self.v0), (self.v0, self.v1)):
            for low in (0, 2):
                add1, add0 = _zipper(source[low + 1], source[low])
                target[low] = (target[low] + add0) & _MASK
                target[low + 1] = (target[low + 1] + add1) & _MASK

    def update_rest(self, rest: bytes) -> None:
        size, mod4 = len(rest), len(rest) & 3
        self.v0 = [(lane + (size << 32) + size) & _MASK for lane in self.v0]
        self.v1 = [_rotated(lane, size) for lane in self.v1]
        whole = size - mod4
        packet = bytearray(rest[:whole].ljust(_PACKET, b"\0"))
        if size & 16:
            packet[28:32] = rest[size - 4 :]
        elif mod4:
            left = rest[whole:]
            packet[16:19] = bytes((left[0], left[mod4 >> 1], left[mod4 - 1]))
        self.update(struct.unpack("<4Q", bytes(packet)))

    def finish(self) -> int:
        for _ in range(4):
            self.update(tuple(_halves(self.v0[i]) for i in (2, 3, 0, 1)))
        return (self.v0[0] + self.v1[0] + self.mul0[0] + self.mul1[0]) & _MASK


def _halves(lane: int) -> int:
    return (lane >> 32) | (lane << 32) & _MASK


def _rotated(lane: int, count: int) -> int:
    """Each half rotated left by itself."""
    low, high = (((half << count) | (half >> (32 - count))) & 0xFFFFFFFF for half in (lane & 0xFFFFFFFF, lane >> 32))
    return low | high << 32


def _zipper(v1: int, v0: int) -> tuple[int, int]:
    add0 = (
        ((v0 & 0xFF000000) | (v1 & 0xFF00000000)) >> 24
        | ((v0 & 0xFF0000000000) | (v1 & 0xFF000000000000)) >> 16
        | v0 & 0xFF0000
        | (v0 & 0xFF00) << 32
        | (v1 & 0xFF00000000000000) >> 8
        | (v0 << 56) & _MASK
    )
    add1 = (
        ((v1 & 0xFF000000) | (v0 & 0xFF00000000)) >> 24
        | v1 & 0xFF0000
        | (v1 & 0xFF0000000000) >> 16
        | (v1 & 0xFF00) << 24
        | (v0 & 0xFF000000000000) >> 8
        | (v1 & 0xFF) << 48
        | v0 & 0xFF00000000000000
    )
    return add1, add0
