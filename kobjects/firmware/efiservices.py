"""What an EFI application calls before it takes over: boot services, text output, graphics output.

Functions are members of structures, by address. They are called as Microsoft's x64 convention has
it: arguments in RCX, RDX, R8, R9, then on the stack behind 32 bytes for the callee; an EFI_STATUS
in RAX, 0 for success.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.firmware.efi import BOOT_SERVICES_SIGNATURE
from kobjects.record import Record, nested, octets, u32, u64
from kobjects.source import UEFI
from kobjects.text import Guid

GRAPHICS_OUTPUT_PROTOCOL = Guid("9042A9DE-23DC-4A38-96FB-7ADED080516A")


class EfiBootServices(Record, size=376, source=UEFI("EFI_BOOT_SERVICES")):
    """Functions that end with ExitBootServices. The first five fields are an `EfiTableHeader`."""

    signature: int = u64(must=BOOT_SERVICES_SIGNATURE)
    revision: int = u32()
    header_size: int = u32("bytes of this table")
    crc32: int = u32("of this table, with this field as zero")
    zero_20: bytes = octets(4)
    raise_tpl: int = u64()
    restore_tpl: int = u64()
    allocate_pages: int = u64("Type, MemoryType, Pages, *Memory")
    free_pages: int = u64("Memory, Pages")
    get_memory_map: int = u64("*Size, *Map, *MapKey, *DescriptorSize, *DescriptorVersion")
    allocate_pool: int = u64()
    free_pool: int = u64()
    create_event: int = u64()
    set_timer: int = u64()
    wait_for_event: int = u64()
    signal_event: int = u64()
    close_event: int = u64()
    check_event: int = u64()
    install_protocol_interface: int = u64()
    reinstall_protocol_interface: int = u64()
    uninstall_protocol_interface: int = u64()
    handle_protocol: int = u64()
    reserved: int = u64()
    register_protocol_notify: int = u64()
    locate_handle: int = u64()
    locate_device_path: int = u64()
    install_configuration_table: int = u64()
    load_image: int = u64()
    start_image: int = u64()
    exit: int = u64()
    unload_image: int = u64()
    exit_boot_services: int = u64("ImageHandle, MapKey")
    get_next_monotonic_count: int = u64()
    stall: int = u64()
    set_watchdog_timer: int = u64()
    connect_controller: int = u64()
    disconnect_controller: int = u64()
    open_protocol: int = u64()
    close_protocol: int = u64()
    open_protocol_information: int = u64()
    protocols_per_handle: int = u64()
    locate_handle_buffer: int = u64()
    locate_protocol: int = u64("*Protocol, Registration, **Interface")
    install_multiple_protocol_interfaces: int = u64()
    uninstall_multiple_protocol_interfaces: int = u64()
    calculate_crc32: int = u64()
    copy_mem: int = u64()
    set_mem: int = u64()
    create_event_ex: int = u64()


class EfiAllocateType(IntEnum):
    """Where AllocatePages is to find memory."""

    ANY_PAGES = 0
    MAX_ADDRESS = 1
    ADDRESS = 2
    """Exactly where *Memory says."""


class EfiSimpleTextOutput(Record, size=80, source=UEFI("EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL")):
    """A console to write on."""

    reset: int = u64()
    output_string: int = u64("This, *String: UTF-16 that ends in a zero")
    test_string: int = u64()
    query_mode: int = u64()
    set_mode: int = u64()
    set_attribute: int = u64()
    clear_screen: int = u64()
    set_cursor_position: int = u64()
    enable_cursor: int = u64()
    mode: int = u64("address of what it is set to")


class EfiGraphicsOutput(Record, size=32, source=UEFI("EFI_GRAPHICS_OUTPUT_PROTOCOL")):
    """A screen of pixels."""

    query_mode: int = u64()
    set_mode: int = u64()
    blt: int = u64()
    mode: int = u64("address of the EfiGraphicsOutputMode")


class EfiGraphicsOutputMode(Record, size=40, source=UEFI("EFI_GRAPHICS_OUTPUT_PROTOCOL")):
    """The mode that the screen is in."""

    max_mode: int = u32("modes that there are")
    mode: int = u32("the current one")
    info: int = u64("address of the EfiGraphicsOutputInformation")
    size_of_info: int = u64("bytes of it")
    frame_buffer_base: int = u64("physical address of the first pixel")
    frame_buffer_size: int = u64("in bytes")


class EfiPixelFormat(IntEnum):
    """What a pixel is. The first two have 4 bytes, of which the last is not shown."""

    RED_GREEN_BLUE_RESERVED = 0
    BLUE_GREEN_RED_RESERVED = 1
    BIT_MASK = 2
    BLT_ONLY = 3
    """There is no frame buffer."""


class EfiPixelBitmask(Record, size=16, source=UEFI("EFI_GRAPHICS_OUTPUT_PROTOCOL")):
    """Which bits of a pixel are which colour's, of BIT_MASK."""

    red: int = u32()
    green: int = u32()
    blue: int = u32()
    reserved: int = u32()


class EfiGraphicsOutputInformation(Record, size=36, source=UEFI("EFI_GRAPHICS_OUTPUT_PROTOCOL")):
    """What a mode looks like."""

    version: int = u32()
    horizontal_resolution: int = u32("pixels of a line that are shown")
    vertical_resolution: int = u32("lines")
    pixel_format: EfiPixelFormat = u32()
    pixel_information: EfiPixelBitmask = nested()
    pixels_per_scan_line: int = u32("pixels from one line to the next")
