"""Linux's bzImage: the setup header at 1F1h, and the page of boot parameters that it is a part of.

The names are those of Linux's `struct setup_header` and `struct boot_params`.
"""

from __future__ import annotations

from kobjects.firmware.e820 import E820Entry
from kobjects.record import Record, array, nested, octets, reserved_bytes, u8, u16, u32, u64
from kobjects.source import LINUX_BOOT
from kobjects.word import Word, bit, bits, reserved

SETUP_HEADER = 0x1F1
"""Offset of the setup header in the file and in the boot parameters."""

HEADER_MAGIC = b"HdrS"


class LoadFlags(Word, bits=8, source=LINUX_BOOT("loadflags")):
    """How the kernel was loaded."""

    loaded_high: bool = bit(0, "the protected-mode code is at 100000h, not 10000h")
    kaslr: bool = bit(1, "the kernel's own: it chose its address")
    zero_2: int = reserved("4:2", must=0)
    quiet: bool = bit(5, "no messages of early code")
    keep_segments: bool = bit(6, "(obsolete)")
    can_use_heap: bool = bit(7, "heap_end_ptr is valid")


class XLoadFlags(Word, bits=16, source=LINUX_BOOT("xloadflags")):
    """How the kernel may be loaded."""

    kernel_64: bool = bit(0, "there is a 64-bit entry at 200h")
    can_be_loaded_above_4g: bool = bit(1, "and the command line and initrd too")
    efi_handover_32: bool = bit(2)
    efi_handover_64: bool = bit(3)
    efi_kexec: bool = bit(4)
    five_level: bool = bit(5, "it can handle 5-level paging")
    five_level_enabled: bool = bit(6)
    zero_7: int = reserved("15:7", must=0)


class LoaderType(Word, bits=8, source=LINUX_BOOT("type_of_loader")):
    """Who loaded the kernel."""

    version: int = bits("3:0")
    type: int = bits("7:4", "3: SYSLINUX, 7: GRUB, Bh: QEMU, Fh: none; Eh: see ext_loader_type")


class SetupHeader(Record, size=123, source=LINUX_BOOT("The Real-Mode Kernel Header")):
    """What a loader reads and writes. It ends where `jump` says, at 202h and the byte at 201h;
    the fields past that are not there.
    """

    setup_sects: int = u8("sectors of setup code; 0: 4")
    root_flags: int = u16("not 0: the root file system is read-only")
    syssize: int = u32("of the protected-mode code, in paragraphs of 16 bytes")
    ram_size: int = u16("(obsolete)")
    vid_mode: int = u16("video mode; FFFFh: normal")
    root_dev: int = u16("device number of the root file system")
    boot_flag: int = u16("the end of a boot sector", must=0xAA55)
    jump: bytes = octets(2, "a short jump over this header", default=b"\xeb\x6a")
    header: bytes = octets(4, "protocol 2.00 or later", must=HEADER_MAGIC)
    version: int = u16("of the protocol: major in the upper byte", default=0x020F)
    realmode_swtch: int = u32("hook of the loader; 0: none")
    start_sys_seg: int = u16("(obsolete)")
    kernel_version: int = u16("offset of a text, less 200h; 0: none")
    type_of_loader: LoaderType = u8("who loads it")
    loadflags: LoadFlags = u8("how it was loaded")
    setup_move_size: int = u16("for protocols before 2.02")
    code32_start: int = u32("address of the protected-mode code", default=0x100000)
    ramdisk_image: int = u32("address of the initial ramdisk; 0: none")
    ramdisk_size: int = u32("in bytes")
    bootsect_kludge: int = u32("(obsolete)")
    heap_end_ptr: int = u16("end of the setup's heap, less 200h")
    ext_loader_ver: int = u8("more bits of the loader's version")
    ext_loader_type: int = u8("loader type, less 10h, if type_of_loader has Eh")
    cmd_line_ptr: int = u32("address of the command line")
    initrd_addr_max: int = u32("highest address that the ramdisk may occupy")
    kernel_alignment: int = u32("that its address needs, if it can be relocated")
    relocatable_kernel: bool = u8("it may be loaded elsewhere")
    min_alignment: int = u8("as a power of two, with which it can still run")
    xloadflags: XLoadFlags = u16("how it may be loaded")
    cmdline_size: int = u32("most characters of the command line, without the zero byte")
    hardware_subarch: int = u32("0: a PC")
    hardware_subarch_data: int = u64()
    payload_offset: int = u32("of the compressed kernel in the protected-mode code")
    payload_length: int = u32("in bytes")
    setup_data: int = u64("address of the first of a list; 0: none")
    pref_address: int = u64("address where the kernel would like to be")
    init_size: int = u32("bytes of memory that it needs there before it knows the memory map")
    handover_offset: int = u32("of the EFI handover entry in the protected-mode code")
    kernel_info_offset: int = u32("of `kernel_info` in the protected-mode code")

    @property
    def end(self) -> int:
        """How many bytes of this header its own jump says that there are."""
        return 0x202 + self.jump[1] - SETUP_HEADER


class EfiInfo(Record, size=32, source=LINUX_BOOT("The zero page")):
    """What a loader that EFI started hands on."""

    loader_signature: bytes = octets(4, "EL32 or EL64; zeros: no EFI")
    systab: int = u32("address of the system table, lower half")
    memdesc_size: int = u32("bytes from one memory descriptor to the next")
    memdesc_version: int = u32()
    memmap: int = u32("address of the memory map, lower half")
    memmap_size: int = u32("in bytes")
    systab_hi: int = u32("upper half")
    memmap_hi: int = u32("upper half")


class ScreenInfo(Record, size=64, source=LINUX_BOOT("The zero page")):
    """What is on the screen."""

    orig_x: int = u8("cursor's column")
    orig_y: int = u8("cursor's line")
    ext_mem_k: int = u16("KiB above 1 MiB, as int 15h, AH = 88h, says")
    orig_video_page: int = u16()
    orig_video_mode: int = u8()
    orig_video_cols: int = u8("columns")
    flags: int = u8()
    unused2: bytes = reserved_bytes(1)
    orig_video_ega_bx: int = u16()
    unused3: bytes = reserved_bytes(2)
    orig_video_lines: int = u8("lines")
    orig_video_is_vga: int = u8("1: VGA text, 23h: VESA, 70h: EFI framebuffer")
    orig_video_points: int = u16("lines of a character")
    lfb_width: int = u16("pixels", at=0x12)
    lfb_height: int = u16("pixels")
    lfb_depth: int = u16("bits per pixel")
    lfb_base: int = u32("physical address, lower half")
    lfb_size: int = u32("64 KiB units, or bytes for an EFI framebuffer")
    cl_magic: int = u16("A33Fh: cl_offset is valid")
    cl_offset: int = u16("of the command line, for protocols before 2.02")
    lfb_linelength: int = u16("bytes of a line", at=0x24)
    colours: bytes = octets(8, "bits and place of red, green, blue, reserved")
    vesapm_seg: int = u16("of the VESA protected-mode interface")
    vesapm_off: int = u16()
    pages: int = u16()
    vesa_attributes: int = u16()
    capabilities: int = u32("bit 1: ext_lfb_base is valid")
    ext_lfb_base: int = u32("upper half of lfb_base")
    reserved_62: bytes = reserved_bytes(2)


class BootParams(Record, size=4096, source=LINUX_BOOT("The zero page")):
    """What RSI points to when a 64-bit kernel is entered: zeros, but for what is known."""

    screen_info: ScreenInfo = nested("what is on the screen")
    apm_bios_info: bytes = octets(20)
    pad2: bytes = reserved_bytes(4)
    tboot_addr: int = u64("of tboot's shared page", at=0x58)
    ist_info: bytes = octets(16)
    acpi_rsdp_addr: int = u64("physical address of ACPI's root pointer; 0: look for it", at=0x70)
    pad3: bytes = reserved_bytes(8)
    hd0_info: bytes = octets(16, "(obsolete)")
    hd1_info: bytes = octets(16, "(obsolete)")
    sys_desc_table: bytes = octets(16, "(obsolete)")
    olpc_ofw_header: bytes = octets(16)
    ext_ramdisk_image: int = u32("upper half", at=0xC0)
    ext_ramdisk_size: int = u32("upper half")
    ext_cmd_line_ptr: int = u32("upper half")
    pad4: bytes = reserved_bytes(112)
    cc_blob_address: int = u32("of confidential computing", at=0x13C)
    edid_info: bytes = octets(128)
    efi_info: EfiInfo = nested("what EFI handed on", at=0x1C0)
    alt_mem_k: int = u32("KiB above 1 MiB, as int 15h, AX = E801h, says")
    scratch: int = u32()
    e820_entries: int = u8("used entries of e820_table", at=0x1E8)
    eddbuf_entries: int = u8()
    edd_mbr_sig_buf_entries: int = u8()
    kbd_status: int = u8()
    secure_boot: int = u8()
    pad5: bytes = reserved_bytes(2)
    sentinel: int = u8("not 0: the loader copied too much, and what it could not know is ignored")
    pad6: bytes = reserved_bytes(1)
    hdr: SetupHeader = nested("from the kernel's file, with the loader's changes", at=SETUP_HEADER)
    pad7: bytes = reserved_bytes(36)
    edd_mbr_sig_buffer: tuple[int, ...] = array("u32", 16, at=0x290)
    e820_table: tuple[E820Entry, ...] = array(E820Entry, 128, "memory", at=0x2D0)
    pad8: bytes = reserved_bytes(48)
    eddbuf: bytes = octets(492, at=0xD00)
    pad9: bytes = reserved_bytes(276)
