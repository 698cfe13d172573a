"""bzImage beside `file` and objdump, on kernels that others built."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from kobjects.firmware.bzimage import (
    SETUP_HEADER,
    BootParams,
    LoaderType,
    LoadFlags,
    SetupHeader,
    XLoadFlags,
)
from kobjects.firmware.e820 import E820Entry, E820Type
from tests.kobjects.firmware.tools import existing, run
from tests.kobjects.oracle import evaluate

KERNELS = ("/boot/memtest86+x64.bin", "/usr/lib/ipxe/ipxe.lkrn")


@pytest.mark.parametrize("path", KERNELS)
def test_file_reads_the_same_setup_header(path: str) -> None:
    kernel = existing(path)
    data = kernel.read_bytes()
    header = SetupHeader.parse(data[SETUP_HEADER:])
    assert header.header == b"HdrS"
    said = run("file", kernel)
    assert "Linux kernel x86 boot executable bzImage" in said
    text = data[0x200 + header.kernel_version :].split(b"\0")[0].decode()
    if header.kernel_version:
        assert f"version {text}" in said
    assert header.boot_flag == 0xAA55
    assert ("RO-rootFS" in said) == (header.root_flags != 0)
    assert header.end <= SetupHeader.size
    assert (header.setup_sects + 1) * 512 < len(data)


def test_the_header_of_a_64_bit_kernel() -> None:
    header = SetupHeader.parse(existing(KERNELS[0]).read_bytes()[SETUP_HEADER:])
    assert header.version >= 0x020C
    assert header.loadflags.loaded_high
    assert header.xloadflags.kernel_64


def test_file_reads_a_forged_header(tmp_path: Path) -> None:
    header = SetupHeader(
        setup_sects=4, root_flags=1, syssize=64, kernel_version=0x200, vid_mode=0xFFFF,
        loadflags=LoadFlags(loaded_high=True),
    )  # fmt: skip
    assert header.end == 0x202 + 0x6A - SETUP_HEADER
    image = bytearray(5 * 512 + 1024)
    image[SETUP_HEADER : SETUP_HEADER + SetupHeader.size] = header.build()
    image[0x400:0x40B] = b"9.9-kpack\0\0"
    file = tmp_path / "forged"
    file.write_bytes(image)
    said = run("file", file)
    assert "Linux kernel x86 boot executable bzImage, version 9.9-kpack, RO-rootFS" in said
    assert "Normal VGA" in said


def test_flags_equal_linux() -> None:
    found = evaluate(
        {
            "loaded_high": "LOADED_HIGH", "kaslr": "KASLR_FLAG", "quiet": "QUIET_FLAG",
            "keep_segments": "KEEP_SEGMENTS", "can_use_heap": "CAN_USE_HEAP",
        },
        includes=["asm/bootparam.h"],
    )  # fmt: skip
    assert found == {name: LoadFlags.fields[name].mask for name in found}
    found = evaluate(
        {
            "kernel_64": "XLF_KERNEL_64", "can_be_loaded_above_4g": "XLF_CAN_BE_LOADED_ABOVE_4G",
            "efi_handover_32": "XLF_EFI_HANDOVER_32", "efi_handover_64": "XLF_EFI_HANDOVER_64",
            "efi_kexec": "XLF_EFI_KEXEC", "five_level": "XLF_5LEVEL",
            "five_level_enabled": "XLF_5LEVEL_ENABLED",
        },
        includes=["asm/bootparam.h"],
    )  # fmt: skip
    assert found == {name: XLoadFlags.fields[name].mask for name in found}


def test_boot_parameters_hold_the_header_and_the_memory_map() -> None:
    entries = [E820Entry(base=1 << 20, length=1 << 27, type=E820Type.RAM)]
    page = BootParams(
        hdr=SetupHeader(type_of_loader=LoaderType(type=0xF)), e820_entries=1,
        e820_table=(*entries, *[E820Entry()] * 127),
    ).build()  # fmt: skip
    assert len(page) == 4096
    assert page[0x202:0x206] == b"HdrS"
    assert page[0x210] == 0xF0
    assert struct.unpack_from("<QQI", page, 0x2D0) == (1 << 20, 1 << 27, 1)
