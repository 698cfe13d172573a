"""Programs of others that the tests ask; a test skips where its program is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGES = {
    "sfdisk": "fdisk",
    "sgdisk": "gdisk",
    "parted": "parted",
    "mkfs.fat": "dosfstools",
    "fsck.fat": "dosfstools",
    "mcopy": "mtools",
    "mmd": "mtools",
    "mdir": "mtools",
    "minfo": "mtools",
    "mattrib": "mtools",
    "xorriso": "xorriso",
    "iasl": "acpica-tools",
    "readelf": "binutils",
    "objdump": "binutils",
    "as": "binutils",
    "ld": "binutils",
    "file": "file",
    "grub-file": "grub-common",
}
"""Which Debian package has which program."""

FILES = {
    "/boot/memtest86+x64.bin": "memtest86+",
    "/boot/memtest86+x64.efi": "memtest86+",
    "/usr/lib/ipxe/ipxe.efi": "ipxe",
    "/usr/lib/ipxe/ipxe.lkrn": "ipxe",
    "/usr/lib/ipxe/ipxe.iso": "ipxe",
    "/usr/lib/python3/dist-packages/pefile.py": "python3-pefile",
}
"""Which Debian package has which file."""


def run(
    program: str,
    *arguments: object,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """What a program prints; it has to succeed."""
    done = attempt(program, *arguments, stdin=stdin, env=env, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def attempt(
    program: str,
    *arguments: object,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """How a program ends."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/sbin:/usr/sbin")
    if found is None:
        pytest.skip(f"{program} is missing: apt-get install {PACKAGES[program]}")
    return subprocess.run(
        [found, *map(str, arguments)],
        input=stdin, capture_output=True, text=True, check=False, cwd=cwd,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC", **(env or {})},
    )  # fmt: skip


def existing(path: str) -> Path:
    """A file of another package."""
    if not Path(path).is_file():
        pytest.skip(f"{path} is missing: apt-get install {FILES[path]}")
    return Path(path).resolve()


def sparse(path: Path, size: int) -> Path:
    """A file of zeros."""
    with path.open("wb") as file:
        file.truncate(size)
    return path
