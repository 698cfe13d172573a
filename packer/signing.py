"""Secure Boot: PE files signed by sbsign, which Debian has in its package sbsigntool.

A signature has the time of signing in it, so two of them differ; nothing else in a file does.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from packer.machine.errors import MachineError

PROGRAM = "sbsign"
INSTALL = "sudo apt-get install --no-install-recommends sbsigntool"
UNSIGNED = b"Signing Unsigned original image"
"""What sbsign says in any case."""


@dataclass(frozen=True)
class Signer:
    """Signs with a private key, for firmware that trusts the certificate. Both are PEM files.

    A key with a pass phrase makes sbsign ask for it at the terminal.
    """

    key: Path
    certificate: Path

    def __call__(self, file: bytes) -> bytes:
        """The PE file with its signature. MachineError when sbsign is missing or refuses."""
        program = shutil.which(PROGRAM)
        if program is None:
            raise MachineError("KP4001", f"{PROGRAM} is not on the search path", INSTALL)
        with tempfile.TemporaryDirectory(prefix="kpack-") as folder:
            plain, signed = Path(folder, "plain.efi"), Path(folder, "signed.efi")
            plain.write_bytes(file)
            keys = ("--key", str(self.key), "--cert", str(self.certificate))
            command = [program, *keys, "--output", str(signed), str(plain)]
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode:
                said = [line for line in done.stderr.splitlines() if line != UNSIGNED]
                why = said[0].decode(errors="replace") if said else "it does not say why"
                text = f"{PROGRAM} does not sign: {why}"
                raise MachineError("KP4007", text, "both are PEM files", f"{self.key}")
            return signed.read_bytes()
