"""dlib's binary encoding of integers, floats, strings and tensors, read from memory."""

import math

import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.cli.models.graph import Floats

SIGN, LENGTH = 0x80, 0x0F
MAX_INTEGER = 8
TENSOR, ALIAS = 2, 1


class DlibReader:
    """A place in a .dat file; every method reads on from there.

    All methods raise InvalidInput, WEIGHTS_INVALID, with the place, when the bytes are something else.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def wrong(self, what: str) -> InvalidInput:
        """The error that says what is wrong here."""
        return InvalidInput("WEIGHTS_INVALID", f"dlib network, byte {self.at}: {what}; fetch the file again")

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if self.at + count > len(self._data):
            raise self.wrong(f"the file ends after {len(self._data)} bytes, {count} more are needed here")
        taken = self._data[self.at : self.at + count]
        self.at += count
        return taken

    def integer(self) -> int:
        """A control byte (sign, number of bytes), then the magnitude, little endian."""
        control = self.take(1)[0]
        length = control & LENGTH
        if control & ~(SIGN | LENGTH) or not 1 <= length <= MAX_INTEGER:
            raise self.wrong(f"{control:#04x} starts no integer")
        magnitude = int.from_bytes(self.take(length), "little")
        return -magnitude if control & SIGN else magnitude

    def integers(self, count: int) -> list[int]:
        """Several integers."""
        return [self.integer() for _ in range(count)]

    def floating(self) -> float:
        """A mantissa and an exponent of two."""
        mantissa, exponent = self.integers(2)
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError as error:
            raise self.wrong("a number that is not finite") from error

    def boolean(self) -> bool:
        """One digit, 0 or 1."""
        digit = self.take(1)
        if digit not in {b"0", b"1"}:
            raise self.wrong(f"{digit!r} is no boolean")
        return digit == b"1"

    def expect(self, value: int, what: str) -> None:
        """An integer that can only be this."""
        found = self.integer()
        if found != value:
            raise self.wrong(f"{what} is {found}, expected {value}")

    def expect_name(self, name: str) -> None:
        """A string that can only be this."""
        length = self.integer()
        found = self.take(length) if 0 <= length <= 2 * len(name) else b"something longer"
        if found != name.encode():
            raise self.wrong(f"found {found!r}, expected {name!r}")

    def tensor(self) -> Floats:
        """A version, four dimensions, then float32 values."""
        self.expect(TENSOR, "a tensor's version")
        shape = self._shape()
        data = self.take(4 * math.prod(shape))
        return np.frombuffer(data, "<f4").astype(np.float32).reshape(shape)

    def alias(self) -> list[int]:
        """The shape of a part of a tensor."""
        self.expect(ALIAS, "an alias tensor's version")
        return self._shape()

    def _shape(self) -> list[int]:
        shape = self.integers(4)
        if min(shape) < 0:
            raise self.wrong(f"a tensor of shape {shape}")
        return shape
