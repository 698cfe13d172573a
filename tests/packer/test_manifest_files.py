"""Manifests that are no text."""

from __future__ import annotations

from pathlib import Path

import pytest

from packer.manifest import ManifestError, load


def test_a_manifest_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"absent\.toml:1:1: error\[KP3001\]: cannot be read"):
        load(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(ManifestError, match="is not UTF-8 text: the byte at 5"):
        load(tmp_path / "binary.toml")
