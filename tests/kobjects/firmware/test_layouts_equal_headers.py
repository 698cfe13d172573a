"""The layout of every structure that some C header on the machine has too, member by member."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kobjects.firmware import (
    acpi,
    acpitable,
    bzimage,
    efi,
    efiservices,
    fadt,
    fat,
    fwcfg,
    gpt,
    iso9660,
    madt,
    pe,
)
from kobjects.firmware.elf32 import (
    Elf32Header,
    Elf32ProgramHeader,
    Elf32SectionHeader,
    Elf32Symbol,
)
from tests.kobjects.oracle import evaluate, linux_struct, pairs

PACKED = """
#pragma pack(1)
typedef uint8_t __u8; typedef uint16_t __u16; typedef uint32_t __u32; typedef uint64_t __u64;
typedef uint16_t __le16, __be16; typedef uint32_t __le32, __be32; typedef uint64_t __be64;
#define ACPI_NAMESEG_SIZE 4
#define ACPI_OEM_ID_SIZE 6
#define ACPI_OEM_TABLE_ID_SIZE 8
"""


class Twin(NamedTuple):
    """A structure of C that is to be the same.

    renamed  our field -> C's member, where the names differ
    skip     fields that C has no member for
    bytes    C has arrays of bytes where we have numbers or parts: compare offsets only
    aligned  bytes by which C fills its structure up
    struct   the C type; begins with "struct " unless it is a typedef
    """

    record: Any
    struct: str
    includes: tuple[str, ...] = ()
    linux: tuple[tuple[str, str], ...] = ()
    renamed: str = ""
    skip: str = ""
    bytes: bool = False
    aligned: int = 0


ACTBL, ACTBL1, ACTBL2 = (f"include/acpi/actbl{n}.h" for n in ("", "1", "2"))
TABLE = (ACTBL, "acpi_table_header")
GAS = (ACTBL, "acpi_generic_address")
HEADER = (
    "signature=header.signature length=header.length revision=header.revision "
    "checksum=header.checksum oem_id=header.oem_id oem_table_id=header.oem_table_id "
    "oem_revision=header.oem_revision creator_id=header.asl_compiler_id "
    "creator_revision=header.asl_compiler_revision "
)
FADT = HEADER + (
    "profile=preferred_profile pm1a_event=pm1a_event_block pm1b_event=pm1b_event_block "
    "pm1a_control=pm1a_control_block pm1b_control=pm1b_control_block "
    "pm2_control=pm2_control_block pm_timer=pm_timer_block gpe0=gpe0_block gpe1=gpe1_block "
    "gpe0_length=gpe0_block_length gpe1_length=gpe1_block_length cstate_control=cst_control "
    "boot_architecture=boot_flags zero_111=reserved features=flags x_facs=Xfacs x_dsdt=Xdsdt "
    "arm_boot_architecture=arm_boot_flags "
    "x_pm1a_event=xpm1a_event_block x_pm1b_event=xpm1b_event_block "
    "x_pm1a_control=xpm1a_control_block x_pm1b_control=xpm1b_control_block "
    "x_pm2_control=xpm2_control_block x_pm_timer=xpm_timer_block x_gpe0=xgpe0_block "
    "x_gpe1=xgpe1_block hypervisor=hypervisor_id"
)
SUB = (ACTBL1, "acpi_subtable_header")
MSDOS, ISO, FWCFG = ("linux/msdos_fs.h",), ("linux/iso_fs.h",), ("linux/qemu_fw_cfg.h",)
BOOTPARAM = ("asm/bootparam.h",)
PE_H = "include/linux/pe.h"
EFI = ("efi/x86_64/efibind.h", "efi/efidef.h", "efi/efi.h", "efi/efigpt.h")


def madt_twin(record: Any, name: str, renamed: str) -> Twin:
    headers = "type=header.type length=header.length "
    return Twin(record, f"struct {name}", linux=(SUB, (ACTBL2, name)), renamed=headers + renamed)


OPTIONAL = (
    "linker_major=ld_major linker_minor=ld_minor code_size=text_size initialized_size=data_size "
    "uninitialized_size=bss_size entry=entry_point stack_reserve=stack_size_req "
    "stack_commit=stack_size heap_reserve=heap_size_req heap_commit=heap_size "
    "directory_count=data_dirs image=section_align"
)
VOLUME = (
    "identifier=id root=root_directory_record structure_version=file_structure_version "
    "zero_72=unused2 zero_882=unused4 reserved_1395=unused5 application_use=application_data "
    "volume_size=volume_space_size layout=volume_set_size layout.block_size=logical_block_size "
    "layout.path_table_size=path_table_size layout.path_table=type_l_path_table "
    "layout.path_table_big=type_m_path_table times=creation_date "
)
PRIMARY = VOLUME + (
    "set_id=volume_set_id copyright_file=copyright_file_id abstract_file=abstract_file_id "
    "bibliographic_file=bibliographic_file_id publisher=publisher_id preparer=preparer_id "
    "application=application_id zero_7=unused1 zero_88=unused3 times.effective=effective_date"
)
BOOT = (
    "jump=ignored oem_name=system_id bpb=sector_size bpb.sectors_per_cluster=sec_per_clus "
    "bpb.reserved_sectors=reserved bpb.fats=fats bpb.root_entries=dir_entries "
    "bpb.total_sectors_16=sectors bpb.media=media bpb.fat_size_16=fat_length "
    "bpb.sectors_per_track=secs_track bpb.heads=heads bpb.hidden_sectors=hidden "
    "bpb.total_sectors_32=total_sect "
)

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
    Twin(acpitable.GenericAddress, "struct acpi_generic_address", linux=(GAS,),
         renamed="space=space_id access_size=access_width"),
    Twin(acpitable.Rsdp, "struct acpi_table_rsdp", linux=((ACTBL, "acpi_table_rsdp"),),
         renamed="rsdt=rsdt_physical_address xsdt=xsdt_physical_address reserved_33=reserved"),
    Twin(acpitable.AcpiTable, "struct acpi_table_header", linux=(TABLE,),
         renamed="creator_id=asl_compiler_id creator_revision=asl_compiler_revision",
         skip="content"),
    Twin(acpi.Rsdt, "struct acpi_table_rsdt", linux=(TABLE, (ACTBL, "acpi_table_rsdt")),
         renamed=HEADER, skip="tables"),
    Twin(acpi.Mcfg, "struct acpi_table_mcfg", linux=(TABLE, (ACTBL2, "acpi_table_mcfg")),
         renamed=HEADER + "reserved_36=reserved", skip="allocations"),
    Twin(acpi.McfgAllocation, "struct acpi_mcfg_allocation",
         linux=((ACTBL2, "acpi_mcfg_allocation"),),
         renamed="base=address segment=pci_segment first_bus=start_bus_number "
                 "last_bus=end_bus_number reserved_12=reserved"),
    Twin(acpi.Hpet, "struct acpi_table_hpet", linux=(TABLE, GAS, (ACTBL1, "acpi_table_hpet")),
         renamed=HEADER + "hardware=id number=sequence attributes=flags"),
    Twin(fadt.Fadt, "struct acpi_table_fadt", linux=(TABLE, GAS, (ACTBL, "acpi_table_fadt")),
         renamed=FADT),
    Twin(madt.Madt, "struct acpi_table_madt", linux=(TABLE, (ACTBL2, "acpi_table_madt")),
         renamed=HEADER + "local_apic=address", skip="entries"),
    madt_twin(madt.LocalApicEntry, "acpi_madt_local_apic",
              "processor_uid=processor_id apic_id=id flags=lapic_flags"),
    madt_twin(madt.IoApicEntry, "acpi_madt_io_apic",
              "apic_id=id zero_3=reserved first_interrupt=global_irq_base"),
    madt_twin(madt.InterruptOverrideEntry, "acpi_madt_interrupt_override",
              "interrupt=global_irq flags=inti_flags"),
    madt_twin(madt.NmiSourceEntry, "acpi_madt_nmi_source",
              "interrupt=global_irq flags=inti_flags"),
    madt_twin(madt.LocalApicNmiEntry, "acpi_madt_local_apic_nmi",
              "processor_uid=processor_id flags=inti_flags"),
    madt_twin(madt.LocalApicOverrideEntry, "acpi_madt_local_apic_override", "zero_2=reserved"),
    madt_twin(madt.LocalX2ApicEntry, "acpi_madt_local_x2apic",
              "zero_2=reserved x2apic_id=local_apic_id flags=lapic_flags processor_uid=uid"),
    madt_twin(madt.LocalX2ApicNmiEntry, "acpi_madt_local_x2apic_nmi",
              "flags=inti_flags processor_uid=uid reserved_9=reserved"),
    madt_twin(madt.MultiprocWakeupEntry, "acpi_madt_multiproc_wakeup",
              "reserved_4=reserved mailbox=base_address"),
    Twin(fat.Fat16BootSector, "struct fat_boot_sector", MSDOS,
         renamed=BOOT + "extended=fat16.drive_number extended.volume_id=fat16.vol_id "
                 "extended.volume_label=fat16.vol_label extended.filesystem_type=fat16.fs_type "
                 "extended.extended_signature=fat16.signature", skip="code signature", bytes=True),
    Twin(fat.Fat32BootSector, "struct fat_boot_sector", MSDOS,
         renamed=BOOT + "fat_size=fat32.length fat_flags=fat32.flags version=fat32.version "
                 "root_cluster=fat32.root_cluster fs_info_sector=fat32.info_sector "
                 "backup_boot_sector=fat32.backup_boot zero_52=fat32.reserved2 "
                 "extended=fat32.drive_number", skip="code signature", bytes=True),
    Twin(fat.FsInfo, "struct fat_boot_fsinfo", MSDOS,
         renamed="lead_signature=signature1 reserved_4=reserved1 signature=signature2 "
                 "next_free=next_cluster reserved_496=reserved2", skip="trail_signature",
         bytes=True),
    Twin(fat.DirectoryEntry, "struct msdos_dir_entry", MSDOS,
         renamed="attributes=attr case=lcase created_tenths=ctime_cs created_time=ctime "
                 "created_date=cdate accessed_date=adate cluster_high=starthi modified_time=time "
                 "modified_date=date cluster_low=start file_size=size"),
    Twin(fat.LongNameEntry, "struct msdos_dir_slot", MSDOS,
         renamed="order=id first=name0_4 attributes=attr type=reserved checksum=alias_checksum "
                 "second=name5_10 cluster=start third=name11_12"),
    Twin(iso9660.PrimaryDescriptor, "struct iso_primary_descriptor", ISO, renamed=PRIMARY,
         skip="volume_size_big", bytes=True),
    Twin(iso9660.SupplementaryDescriptor, "struct iso_supplementary_descriptor", ISO,
         renamed=VOLUME + "escapes=escape names=volume_set_id", skip="volume_size_big",
         bytes=True),
    Twin(iso9660.IsoDirectoryRecord, "struct iso_directory_record", ISO,
         renamed="extended_length=ext_attr_length data_length=size recorded=date "
                 "unit_size=file_unit_size gap_size=interleave volume=volume_sequence_number "
                 "name_length=name_len",
         skip="extent_big data_length_big volume_big name name_padding system_use", bytes=True),
    Twin(fwcfg.FwCfgFile, "struct fw_cfg_file", FWCFG,
         renamed="file_size=size reserved_6=reserved"),
    Twin(fwcfg.FwCfgDmaAccess, "struct fw_cfg_dma_access", FWCFG),
    Twin(bzimage.SetupHeader, "struct setup_header", BOOTPARAM),
    Twin(bzimage.EfiInfo, "struct efi_info", BOOTPARAM,
         renamed="loader_signature=efi_loader_signature systab=efi_systab "
                 "memdesc_size=efi_memdesc_size memdesc_version=efi_memdesc_version "
                 "memmap=efi_memmap memmap_size=efi_memmap_size systab_hi=efi_systab_hi "
                 "memmap_hi=efi_memmap_hi"),
    Twin(bzimage.ScreenInfo, "struct screen_info", BOOTPARAM,
         renamed="orig_video_is_vga=orig_video_isVGA colours=red_size reserved_62=_reserved",
         bytes=True),
    Twin(bzimage.BootParams, "struct boot_params", BOOTPARAM,
         renamed=" ".join(f"pad{n}=_pad{n}" for n in range(2, 10))),
    Twin(pe.DosHeader, "struct mz_hdr", linux=((PE_H, "mz_hdr"),),
         renamed="e_magic=magic e_cblp=lbsize e_cp=blocks e_crlc=relocs e_cparhdr=hdrsize "
                 "e_minalloc=min_extra_pps e_maxalloc=max_extra_pps e_ss=ss e_sp=sp "
                 "e_csum=checksum e_ip=ip e_cs=cs e_lfarlc=reloc_table_offset e_ovno=overlay_num "
                 "e_res=reserved0 e_oemid=oem_id e_oeminfo=oem_info e_res2=reserved1 "
                 "e_lfanew=peaddr"),
    Twin(pe.OptionalHeader32, "struct pe32_opt_hdr", linux=((PE_H, "pe32_opt_hdr"),),
         renamed=OPTIONAL, skip="directories", bytes=True),
    Twin(pe.OptionalHeader64, "struct pe32plus_opt_hdr", linux=((PE_H, "pe32plus_opt_hdr"),),
         renamed=OPTIONAL, skip="directories", bytes=True),
    Twin(pe.DataDirectory, "struct data_dirent", linux=((PE_H, "data_dirent"),),
         renamed="length=size"),
    Twin(pe.PeSectionHeader, "struct section_header", linux=((PE_H, "section_header"),),
         renamed="raw_size=raw_data_size raw_offset=data_addr relocations_offset=relocs "
                 "line_numbers_offset=line_numbers relocations=num_relocs "
                 "line_numbers=num_lin_numbers characteristics=flags"),
    Twin(Elf32Header, "Elf32_Ehdr", ("elf.h",)),
    Twin(Elf32ProgramHeader, "Elf32_Phdr", ("elf.h",)),
    Twin(Elf32SectionHeader, "Elf32_Shdr", ("elf.h",)),
    Twin(Elf32Symbol, "Elf32_Sym", ("elf.h",)),
    Twin(gpt.GptHeader, "EFI_PARTITION_TABLE_HEADER", EFI,
         renamed="signature=Header.Signature revision=Header.Revision "
                 "header_size=Header.HeaderSize header_crc32=Header.CRC32 zero_20=Header.Reserved "
                 "my_lba=MyLBA alternate_lba=AlternateLBA first_usable_lba=FirstUsableLBA "
                 "last_usable_lba=LastUsableLBA disk_guid=DiskGUID "
                 "partition_entry_lba=PartitionEntryLBA number_of_entries=NumberOfPartitionEntries "
                 "size_of_entry=SizeOfPartitionEntry entries_crc32=PartitionEntryArrayCRC32",
         aligned=4),
    Twin(gpt.GptEntry, "EFI_PARTITION_ENTRY", EFI,
         renamed="type=PartitionTypeGUID unique=UniquePartitionGUID first_lba=StartingLBA "
                 "last_lba=EndingLBA attributes=Attributes name=PartitionName"),
    Twin(efi.EfiTableHeader, "EFI_TABLE_HEADER", EFI,
         renamed="signature=Signature revision=Revision header_size=HeaderSize crc32=CRC32 "
                 "zero_20=Reserved"),
    Twin(efi.EfiSystemTable, "EFI_SYSTEM_TABLE", EFI,
         renamed="signature=Hdr.Signature revision=Hdr.Revision header_size=Hdr.HeaderSize "
                 "crc32=Hdr.CRC32 zero_20=Hdr.Reserved firmware_vendor=FirmwareVendor "
                 "firmware_revision=FirmwareRevision console_in_handle=ConsoleInHandle "
                 "con_in=ConIn console_out_handle=ConsoleOutHandle con_out=ConOut "
                 "standard_error_handle=StandardErrorHandle std_err=StdErr "
                 "runtime_services=RuntimeServices boot_services=BootServices "
                 "number_of_table_entries=NumberOfTableEntries "
                 "configuration_table=ConfigurationTable", skip="padding_36"),
    Twin(efi.EfiConfigurationTable, "EFI_CONFIGURATION_TABLE", EFI,
         renamed="vendor_guid=VendorGuid vendor_table=VendorTable"),
    Twin(efi.EfiMemoryDescriptor, "EFI_MEMORY_DESCRIPTOR", EFI,
         renamed="type=Type physical_start=PhysicalStart virtual_start=VirtualStart "
                 "number_of_pages=NumberOfPages attribute=Attribute padding_4=Pad"),
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
    Twin(pe.WinCertificate, "struct win_certificate", linux=((PE_H, "win_certificate"),),
         renamed="type=cert_type"),
]  # fmt: skip


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.record.__name__)
def test_every_member_is_where_the_header_has_it(twin: Twin) -> None:
    if twin.includes == EFI and not Path("/usr/include/efi/efi.h").is_file():
        pytest.skip("gnu-efi's headers are missing: apt-get install gnu-efi")
    renamed, skip = pairs(twin.renamed), twin.skip.split()
    members = {name: name for name in twin.record.fields if name not in skip} | renamed
    wanted = {"whole": f"sizeof({twin.struct})"}
    for name, member in members.items():
        wanted[f"{name}@"] = f"offsetof({twin.struct}, {member})"
        if not twin.bytes:
            wanted[f"{name}#"] = f"sizeof((({twin.struct} *)0)->{member})"
    texts = [linux_struct(header, name) for header, name in twin.linux]
    declarations = "\n".join([PACKED, *texts]) if texts else ""
    found = evaluate(wanted, includes=twin.includes, declarations=declarations)
    if not twin.bytes and not twin.skip:
        assert found["whole"] == twin.record.size + twin.aligned
    for name in members:
        assert found[f"{name}@"] == twin.record.offset(name), name
        assert twin.bytes or found[f"{name}#"] == twin.record.fields[name].size, name
