"""The layout of what an EFI application calls, against gnu-efi's headers, member by member."""

from __future__ import annotations

import pytest

from kobjects.firmware import efiservices
from tests.kobjects.firmware.test_layouts_equal_headers import EFI, Twin, compare

BOOT_SERVICES = (
    "allocate_pages free_pages get_memory_map allocate_pool free_pool create_event set_timer "
    "wait_for_event signal_event close_event check_event install_protocol_interface "
    "reinstall_protocol_interface uninstall_protocol_interface handle_protocol "
    "register_protocol_notify locate_handle locate_device_path install_configuration_table "
    "load_image start_image exit unload_image exit_boot_services get_next_monotonic_count stall "
    "set_watchdog_timer connect_controller disconnect_controller open_protocol close_protocol "
    "open_protocol_information protocols_per_handle locate_handle_buffer locate_protocol "
    "install_multiple_protocol_interfaces uninstall_multiple_protocol_interfaces calculate_crc32 "
    "copy_mem set_mem create_event_ex"
)


def camel(names: str) -> str:
    """Our names, each with EFI's own beside it."""
    return " ".join(f"{name}={name.title().replace('_', '')}" for name in names.split()) + " "


TWINS = [
    Twin(efiservices.EfiBootServices, "EFI_BOOT_SERVICES", EFI, renamed=camel(BOOT_SERVICES)
         + "signature=Hdr.Signature revision=Hdr.Revision header_size=Hdr.HeaderSize "
           "crc32=Hdr.CRC32 zero_20=Hdr.Reserved raise_tpl=RaiseTPL restore_tpl=RestoreTPL "
           "reserved=PCHandleProtocol"),
    Twin(efiservices.EfiSimpleTextOutput, "SIMPLE_TEXT_OUTPUT_INTERFACE", EFI,
         renamed=camel("reset output_string test_string query_mode set_mode set_attribute "
                       "clear_screen set_cursor_position enable_cursor mode")),
    Twin(efiservices.EfiGraphicsOutput, "EFI_GRAPHICS_OUTPUT_PROTOCOL", EFI,
         renamed=camel("query_mode set_mode blt mode")),
    Twin(efiservices.EfiGraphicsOutputMode, "EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE", EFI,
         renamed=camel("max_mode mode info size_of_info frame_buffer_base frame_buffer_size")),
    Twin(efiservices.EfiGraphicsOutputInformation, "EFI_GRAPHICS_OUTPUT_MODE_INFORMATION", EFI,
         renamed=camel("version horizontal_resolution vertical_resolution pixel_format "
                       "pixel_information pixels_per_scan_line")),
    Twin(efiservices.EfiPixelBitmask, "EFI_PIXEL_BITMASK", EFI,
         renamed="red=RedMask green=GreenMask blue=BlueMask reserved=ReservedMask"),
]  # fmt: skip


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.record.__name__)
def test_every_function_is_where_the_header_has_it(twin: Twin) -> None:
    compare(twin)
