"""The command that starts QEMU: nothing is left to defaults, and what can't boot is refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from packer.machine import firmware
from packer.machine.errors import MachineError
from packer.machine.qemu import MICROVM, PC, PC_CD, PC_IDE, Q35_UEFI, Launch, command, program
from packer.machine.target import target_of
from tests.packer.machine import guests


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return guests.write(tmp_path, "guest.img", guests.sector(guests.HALT))


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    return guests.write(tmp_path, "guest.elf", guests.kernel(guests.HALT))


def test_a_command_can_be_typed_again(disk: Path) -> None:
    assert command(disk, PC)[1:] == [
        *("-accel", "tcg", "-cpu", "max", "-machine", "pc"),
        *("-m", "128M", "-nodefaults", "-no-user-config", "-net", "none"),
        *("-display", "none", "-monitor", "none", "-serial", "stdio", "-vga", "std"),
        *("-drive", f"if=none,id=disk,format=raw,readonly=on,file={disk}"),
        "-device",
        "virtio-blk-pci,drive=disk,bootindex=0,lcyls=1024,lheads=255,lsecs=63",
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=0x4", "-no-reboot"),
    ]


def test_a_kernel_needs_no_disk(kernel: Path) -> None:
    words = command(kernel, MICROVM)
    assert ("-kernel", str(kernel)) in pairwise(words)
    assert ("-machine", "microvm,acpi=off") in pairwise(words)
    assert not {"-drive", "-vga", "-icount"} & set(words)


def test_counting_instructions_runs_ahead_of_the_wall(kernel: Path) -> None:
    words = command(kernel, MICROVM, Launch(icount=True))
    assert ("-icount", "shift=0,sleep=off") in pairwise(words)


def test_a_person_ends_the_machine_at_another_port_than_the_guest(kernel: Path) -> None:
    words = command(kernel, MICROVM, Launch(person=True))
    exits = [word for word in words if word.startswith("isa-debug")]
    assert exits == [
        "isa-debugcon,iobase=0xf4,chardev=verdict",
        "isa-debug-exit,iobase=0xf8,iosize=0x4",
    ]


def test_a_monitor_keeps_the_machine_after_a_reset(disk: Path) -> None:
    words = command(disk, PC, Launch(monitor=Path("/tmp/a,b")))
    assert ("-qmp", "unix:/tmp/a,,b,server=on,wait=off") in pairwise(words)
    assert ("-action", "reboot=shutdown,shutdown=pause") in pairwise(words)
    assert "-no-reboot" not in words


def test_a_comma_in_a_path_is_doubled(tmp_path: Path) -> None:
    disk = guests.write(tmp_path, "a,b.img", guests.sector(guests.HALT))
    assert any(word.endswith("/a,,b.img") for word in command(disk, PC_IDE))


def test_an_image_is_known_by_its_first_bytes(disk: Path, kernel: Path) -> None:
    assert (target_of(disk), target_of(kernel)) == ("bios", "pvh")


def test_a_rom_takes_the_place_of_the_bios(tmp_path: Path) -> None:
    path = guests.write(tmp_path, "rom", b"kpackROM".ljust(0x10000, b"\0"))
    assert target_of(path) == "rom"
    assert ("-bios", str(path)) in pairwise(command(path, MICROVM))


def test_a_disk_with_a_volume_is_a_cd_too(tmp_path: Path) -> None:
    data = guests.sector(guests.HALT).ljust(0x8001, b"\0") + b"CD001"
    path = guests.write(tmp_path, "disc", data)
    assert target_of(path) == "iso"
    words = command(path, PC_CD)
    assert ("-device", "ide-cd,drive=disk,bootindex=0") in pairwise(words)
    assert f"if=none,id=disk,format=raw,media=cdrom,file={path}" in words


@pytest.mark.parametrize(
    ("place", "sum_", "target"), [(8, 0, "multiboot"), (6, 0, "bios"), (8, 1, "bios")]
)
def test_a_multiboot_header_counts_where_a_loader_looks_and_if_its_sum_is_right(
    place: int, sum_: int, target: str, tmp_path: Path
) -> None:
    words = (0x1BADB002, 3, -0x1BADB002 - 3 + sum_ & 0xFFFF_FFFF)
    data = bytearray(guests.sector(guests.HALT))
    data[place : place + 12] = b"".join(word.to_bytes(4, "little") for word in words)
    path = guests.write(tmp_path, "kernel", bytes(data))
    assert target_of(path) == target


def test_a_disk_boots_on_the_firmware_that_it_is_for(disk: Path, tmp_path: Path) -> None:
    guests.needs_uefi()
    other = guests.write(tmp_path, "uefi.img", guests.sector(guests.HALT) + b"EFI PART")
    assert target_of(other) == "uefi"
    words = command(other, Q35_UEFI)
    code, variables, *_ = (word for word in words if word.startswith("if="))
    assert code == ("if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd")
    assert "unit=1,snapshot=on" in variables
    with pytest.raises(MachineError) as caught:
        command(other, PC)
    assert str(caught.value) == (
        f"{other}: error[KP4003]: is an image for uefi, which pc does not boot\n"
        "help: boot it with --machine, one of q35-uefi, pc-uefi"
    )
    with pytest.raises(MachineError, match="is an image for bios, which q35-uefi does not boot"):
        command(disk, Q35_UEFI)


def test_missing_firmware_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firmware, "FOLDER", tmp_path)
    other = guests.write(tmp_path, "uefi.img", guests.sector(guests.HALT) + b"EFI PART")
    with pytest.raises(MachineError) as caught:
        command(other, Q35_UEFI)
    assert str(caught.value) == (
        f"error[KP4004]: the UEFI firmware {tmp_path}/OVMF_CODE_4M.fd is not there\n"
        "help: sudo apt-get install --no-install-recommends ovmf"
    )


@pytest.mark.parametrize("data", [b"", b"\x7fEL", bytes(512), b"\x55\xaa"])
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = guests.write(tmp_path, "other", data)
    with pytest.raises(MachineError, match=r"other: error\[KP4002\]: is none of these: an ISO"):
        target_of(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"absent: .* cannot be read: No such file"):
        target_of(tmp_path / "absent")


def test_a_disk_does_not_boot_on_a_machine_without_disks(disk: Path) -> None:
    with pytest.raises(MachineError) as caught:
        command(disk, MICROVM)
    assert str(caught.value) == (
        f"{disk}: error[KP4003]: is an image for bios, which microvm does not boot\n"
        "help: boot it with --machine, one of pc, pc-ide, q35"
    )


def test_a_disk_is_no_cd(disk: Path) -> None:
    with pytest.raises(MachineError, match="is an image for bios, which pc-cd does not boot"):
        command(disk, PC_CD)


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "sudo apt-get install --no-install-recommends qemu-system-x86"),
        ("dnf", "sudo dnf install qemu-system-x86-core"),
        ("pacman", "sudo pacman -S qemu-system-x86"),
        ("brew", "brew install qemu"),
        ("none", "https://www.qemu.org/download/ says how to install QEMU"),
    ],
)
def test_without_qemu_the_line_that_installs_it_is_given(
    manager: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / manager).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("KPACK_QEMU", raising=False)
    with pytest.raises(MachineError) as caught:
        program()
    assert caught.value.problem.text == "qemu-system-x86_64 is not on the search path"
    assert caught.value.problem.help == line


def test_another_qemu_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other-qemu"
    other.touch(mode=0o755)
    monkeypatch.setenv("KPACK_QEMU", str(other))
    assert program() == str(other)
