"""One of two builds: kpack in a process whose clock is wrong by a known time.

KPACK_CHECK has the seconds by which it is, and the umask. The clock is changed for all that asks
Python for it, before anything of ours is imported.
"""

from __future__ import annotations

import datetime
import os
import sys
import time


def disguise(shift: int) -> None:
    """Let time, time_ns, gmtime, localtime and datetime be wrong by `shift` seconds."""
    now, now_ns, gmtime, localtime = time.time, time.time_ns, time.gmtime, time.localtime

    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Shifted:
            return cls.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls) -> Shifted:
            return cls.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)

    time.time = lambda: now() + shift
    time.time_ns = lambda: now_ns() + shift * 10**9
    time.gmtime = lambda seconds=None: gmtime(time.time() if seconds is None else seconds)
    time.localtime = lambda seconds=None: localtime(time.time() if seconds is None else seconds)
    datetime.datetime = Shifted  # type: ignore[misc]


def main() -> None:
    """Run kpack with the arguments of this process."""
    shift, umask = (int(word) for word in os.environ.pop("KPACK_CHECK").split())
    os.umask(umask)
    if shift:
        disguise(shift)
    from packer.cli.main import status

    sys.exit(status(sys.argv[1:]))


if __name__ == "__main__":
    main()
