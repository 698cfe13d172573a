"""kpack build --sign: firmware with Debian's snakeoil key starts what it signed, nothing else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kobjects.identify import find, identify
from packer.build import artifacts, build
from packer.cli.exits import Exit
from packer.machine.firmware import SECURE
from packer.manifest import DEMONSTRATION, load
from packer.signing import Signer
from tests.packer.cli.conftest import Kpack
from tests.packer.machine import guests

SNAKEOIL = Path("/usr/share/ovmf/PkKek-1-snakeoil")
CERTIFICATE = SNAKEOIL.with_suffix(".pem")
IMAGE = "build/demonstration.uefi.img"
MIB = 1 << 20


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Debian's key without its pass phrase, which is its name."""
    guests.needs_uefi(SECURE)
    if shutil.which("sbsign") is None or shutil.which("openssl") is None:
        pytest.skip("this system has no sbsigntool or no openssl")
    path = tmp_path / "snakeoil.key"
    command = ["openssl", "pkey", "-in", f"{SNAKEOIL}.key", "-passin", "pass:snakeoil"]
    subprocess.run([*command, "-out", path], check=True, capture_output=True)
    return path


@pytest.mark.boot
def test_secure_boot_starts_the_signed_image_and_refuses_the_other(kpack: Kpack, key: Path) -> None:
    said = kpack("build", "-t", "uefi", "--sign", key, "--cert", CERTIFICATE)
    assert said.status == 0, said.err
    said = kpack("run", IMAGE, "--machine", "q35-secure")
    assert said.status == 0, said.err
    assert guests.MARKER in said.out.splitlines()

    assert kpack("build", "-t", "uefi").status == 0
    said = kpack("run", IMAGE, "--machine", "q35-secure", "--timeout", "20")
    assert said.status == Exit.TIME_OUT
    assert "Access Denied" in said.out
    assert "kpack: loading" not in said.out
    said = kpack("run", IMAGE)
    assert said.status == 0, said.err


def test_the_signature_is_ours_and_every_byte_of_it_has_an_owner(
    kpack: Kpack, key: Path, tmp_path: Path
) -> None:
    image = build(load(DEMONSTRATION).system)
    (file, _) = artifacts(image, ["uefi"], Signer(key, CERTIFICATE))
    tree = identify(file.data)
    assert tree.all_findings() == []
    pe, _ = find(tree, "gpt.partitions[0].fat[EFI/BOOT/BOOTX64.EFI].pe")
    (tmp_path / "signed.efi").write_bytes(pe.area.read(0, pe.size))
    done = subprocess.run(
        ["sbverify", "--cert", str(CERTIFICATE), "signed.efi"], check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    reached, parts = 0, set()
    for owner in file.owners:
        assert owner.start == reached
        reached = owner.end
        parts.add(owner.part)
    assert reached == len(file.data)
    assert {"certificate", "signature"} <= parts
    (plain, _) = artifacts(image, ["uefi"])
    assert file.data.count(image.load) == plain.data.count(image.load) == 1


def test_a_key_of_the_wrong_kind_is_refused(kpack: Kpack, key: Path) -> None:
    Path("wrong.key").write_text("no key at all\n", encoding="utf-8")
    said = kpack("build", "-t", "uefi", "--sign", "wrong.key", "--cert", CERTIFICATE)
    assert said.status == Exit.TOOL
    assert said.err == (
        "wrong.key: error[KP4007]: sbsign does not sign: Can't load key from file 'wrong.key'\n"
        "help: both are PEM files\n"
    )
    assert not Path(IMAGE).exists()


def test_a_missing_sbsign_is_named_with_the_line_that_installs_it(
    kpack: Kpack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    said = kpack("build", "-t", "uefi", "--sign", "a.key", "--cert", "a.pem")
    assert said.status == Exit.TOOL
    assert said.err == (
        "error[KP4001]: sbsign is not on the search path\n"
        "help: sudo apt-get install --no-install-recommends sbsigntool\n"
    )
    assert not Path(IMAGE).exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--sign", "a.key"), "--sign and --cert belong together: a key and its certificate"),
        (("--cert", "a.pem"), "--sign and --cert belong together: a key and its certificate"),
        (
            ("--sign", "a.key", "--cert", "a.pem", "-t", "pvh"),
            "nothing here can be signed; targets that can: uefi",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(kpack: Kpack, words: tuple[str, ...], text: str) -> None:
    said = kpack("build", *words)
    assert said.status == Exit.USAGE
    assert text in said.err
