"""fw_cfg and EFI tables: their numbers beside headers, and fw_cfg beside QEMU's own answers."""

from __future__ import annotations

import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from kobjects.firmware import efi, fwcfg
from kobjects.firmware.e820 import E820Entry
from kobjects.firmware.efi import EfiMemoryType, EfiSystemTable
from kobjects.firmware.fwcfg import (
    FwCfgDirectory,
    FwCfgDmaAccess,
    FwCfgDmaControl,
    FwCfgFile,
    FwCfgId,
    FwCfgKey,
    FwCfgSelector,
)
from kobjects.firmware.madt import MadtType
from kobjects.text import Ascii
from tests.kobjects.oracle import evaluate, linux_headers

FW_CFG_H = ["linux/qemu_fw_cfg.h"]
EFI_H = ("efi/x86_64/efibind.h", "efi/efidef.h", "efi/efi.h")


def test_fw_cfg_keys_equal_the_header() -> None:
    names = {f"FW_CFG_{key.name}": int(key) for key in FwCfgKey}
    assert evaluate({name: name for name in names}, includes=FW_CFG_H) == names


def test_fw_cfg_bits_equal_the_header() -> None:
    wanted = {
        "FW_CFG_VERSION": FwCfgId.fields["traditional"].mask,
        "FW_CFG_VERSION_DMA": FwCfgId.fields["dma"].mask,
        "FW_CFG_WRITE_CHANNEL": FwCfgSelector.fields["write"].mask,
        "FW_CFG_ARCH_LOCAL": FwCfgSelector.fields["arch_local"].mask,
        "FW_CFG_DMA_SIGNATURE": fwcfg.DMA_SIGNATURE,
    }
    for name in ("error", "read", "skip", "select", "write"):
        wanted[f"FW_CFG_DMA_CTL_{name.upper()}"] = FwCfgDmaControl.fields[name].mask
    assert evaluate({name: name for name in wanted}, includes=FW_CFG_H) == wanted


def test_a_directory_of_files_is_big_endian() -> None:
    file = FwCfgFile(file_size=0x01020304, select=0x20, name=Ascii("etc/e820"))
    directory = FwCfgDirectory(files=(file, file))
    data = directory.build()
    assert data[:10] == bytes([0, 0, 0, 2, 1, 2, 3, 4, 0, 0x20])
    assert data[12:20] == b"etc/e820"
    assert FwCfgDirectory.parse(data) == directory
    access = FwCfgDmaAccess(control=FwCfgDmaControl(read=True, select=True, item=0x19), length=4)
    assert access.build()[:8] == bytes([0, 0x19, 0, 0x0A, 0, 0, 0, 4])


def asked(commands: list[str]) -> list[int]:
    """What QEMU's test protocol answers to reads of ports of a machine that does not run."""
    qemu = shutil.which("qemu-system-x86_64")
    if qemu is None:
        pytest.skip("QEMU is missing: apt-get install qemu-system-x86")
    options = ["-M", "q35,accel=tcg", "-m", "128", "-smp", "3", "-display", "none", "-nodefaults"]
    word = "name=opt/kpack/word,string=hello"
    machine = subprocess.Popen(
        [qemu, *options, "-S", "-qtest", "stdio", "-fw_cfg", word],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert machine.stdin
    assert machine.stdout
    try:
        machine.stdin.write("".join(f"{command}\n" for command in commands))
        machine.stdin.flush()
        answers = [machine.stdout.readline().split() for _ in commands]
    finally:
        machine.kill()
        machine.wait()
    return [int(answer[1], 16) for answer in answers if len(answer) == 2]


def item(select: int, size: int) -> bytes:
    """The first bytes of an item of fw_cfg."""
    port = f"outw {fwcfg.SELECTOR_PORT:#x} {FwCfgSelector(item=select) + 0:#x}"
    return bytes(asked([port, *[f"inb {fwcfg.DATA_PORT:#x}"] * size]))


def test_qemu_answers_as_the_schemas_say() -> None:
    assert item(FwCfgKey.SIGNATURE, 4) == fwcfg.SIGNATURE
    assert FwCfgId.parse(item(FwCfgKey.ID, 4)) == FwCfgId(traditional=True, dma=True)
    assert int.from_bytes(item(FwCfgKey.RAM_SIZE, 8), "little") == 128 << 20
    assert item(FwCfgKey.NB_CPUS, 2) == b"\3\0"
    count = int.from_bytes(item(FwCfgKey.FILE_DIR, 4), "big")
    directory = FwCfgDirectory.parse(item(FwCfgKey.FILE_DIR, 4 + count * FwCfgFile.size))
    files = {str(file.name): file for file in directory.files}
    assert {"etc/e820", "bootorder", "opt/kpack/word"} <= files.keys()
    word = files["opt/kpack/word"]
    assert item(word.select, word.file_size) == b"hello"
    e820 = files["etc/e820"]
    ranges = E820Entry[e820.file_size // E820Entry.size].parse(item(e820.select, e820.file_size))
    assert any(one.length == 128 << 20 for one in ranges)


def test_madt_types_equal_linux() -> None:
    text = (linux_headers() / "include/acpi/actbl2.h").read_text()
    start = text.index("enum acpi_madt_type")
    declaration = text[start : text.index("};", start) + 2]
    names = {f"ACPI_MADT_TYPE_{kind.name}": int(kind) for kind in MadtType}
    assert evaluate({name: name for name in names}, declarations=declaration) == names


def test_memory_types_equal_gnu_efi() -> None:
    if not Path("/usr/include/efi/efi.h").is_file():
        pytest.skip("gnu-efi's headers are missing: apt-get install gnu-efi")
    theirs = {
        "RESERVED": "EfiReservedMemoryType", "LOADER_CODE": "EfiLoaderCode",
        "LOADER_DATA": "EfiLoaderData", "BOOT_SERVICES_CODE": "EfiBootServicesCode",
        "BOOT_SERVICES_DATA": "EfiBootServicesData",
        "RUNTIME_SERVICES_CODE": "EfiRuntimeServicesCode",
        "RUNTIME_SERVICES_DATA": "EfiRuntimeServicesData", "CONVENTIONAL": "EfiConventionalMemory",
        "UNUSABLE": "EfiUnusableMemory", "ACPI_RECLAIM": "EfiACPIReclaimMemory",
        "ACPI_NVS": "EfiACPIMemoryNVS", "MEMORY_MAPPED_IO": "EfiMemoryMappedIO",
        "MEMORY_MAPPED_IO_PORT_SPACE": "EfiMemoryMappedIOPortSpace", "PAL_CODE": "EfiPalCode",
    }  # fmt: skip
    assert evaluate(theirs, includes=EFI_H) == {name: EfiMemoryType[name] for name in theirs}
    signatures = {
        "EFI_SYSTEM_TABLE_SIGNATURE": efi.SYSTEM_TABLE_SIGNATURE,
        "EFI_BOOT_SERVICES_SIGNATURE": efi.BOOT_SERVICES_SIGNATURE,
        "EFI_RUNTIME_SERVICES_SIGNATURE": efi.RUNTIME_SERVICES_SIGNATURE,
    }
    assert evaluate({name: name for name in signatures}, includes=EFI_H) == signatures


def test_memory_attributes_equal_gnu_efi() -> None:
    if not Path("/usr/include/efi/efi.h").is_file():
        pytest.skip("gnu-efi's headers are missing: apt-get install gnu-efi")
    theirs = {
        "uncacheable": "UC", "write_combining": "WC", "write_through": "WT", "write_back": "WB",
        "uncacheable_exported": "UCE", "write_protected": "WP", "read_protected": "RP",
        "execute_protected": "XP", "runtime": "RUNTIME",
    }  # fmt: skip
    found = evaluate({n: f"EFI_MEMORY_{v}" for n, v in theirs.items()}, includes=EFI_H)
    assert found == {name: efi.EfiMemoryAttributes.fields[name].mask for name in theirs}


def test_a_system_table_has_its_crc() -> None:
    table = EfiSystemTable(boot_services=0x1000, number_of_table_entries=3)
    data = table.build()
    assert data[:8] == b"IBI SYST"
    assert table.crc32 == zlib.crc32(data[:16] + bytes(4) + data[20:])
    assert table.check() == []
    assert efi.ACPI_20_TABLE.hex() == "71e86888f1e4d311bc220080c73c8881"
