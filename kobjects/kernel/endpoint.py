"""Where messages are sent."""

from __future__ import annotations

from kobjects.kernel.abi import ObjectType
from kobjects.kernel.object import ObjectHeader, key
from kobjects.source import KERNEL


class Endpoint(ObjectHeader, size=64, source=KERNEL("Objects")):
    """An object header that takes calls for one server thread.

    There is no record beside it: callers queue on the thread itself, and the thread needs no handle
    to receive, so an Endpoint is a name and nothing else.
    """

    @staticmethod
    def serving(thread: int, *, generation: int, account: int) -> Endpoint:
        """The Endpoint of the thread whose T is given, paid for by the Space with that header."""
        return Endpoint(
            generation=generation,
            call_key=key(generation, fast=True),
            target=thread,
            type=ObjectType.ENDPOINT,
            account=account,
        )

    @property
    def server(self) -> int:
        """T of the thread that every call through this Endpoint reaches."""
        return self.target
