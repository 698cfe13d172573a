"""ACPI's fixed hardware, signature `FACP`. Its length tells the revisions apart: each adds fields
to the one before, and `AcpiTable.parse` chooses by the length.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.firmware.acpitable import AcpiTable, GenericAddress
from kobjects.record import nested, reserved_bytes, u8, u16, u32, u64
from kobjects.source import ACPI
from kobjects.word import Word, bit, reserved

_SECTION = ACPI("Fixed ACPI Description Table (FADT)")


class PowerProfile(IntEnum):
    """What kind of machine it is."""

    UNSPECIFIED = 0
    DESKTOP = 1
    MOBILE = 2
    WORKSTATION = 3
    ENTERPRISE_SERVER = 4
    SOHO_SERVER = 5
    APPLIANCE_PC = 6
    PERFORMANCE_SERVER = 7
    TABLET = 8


class BootArchitecture(Word, bits=16, source=ACPI("IA-PC Boot Architecture Flags")):
    """Which old devices there are."""

    legacy_devices: bool = bit(0, "devices on an LPC or ISA bus")
    keyboard_8042: bool = bit(1, "a keyboard controller at ports 60h and 64h")
    no_vga: bool = bit(2, "don't look for VGA hardware")
    no_msi: bool = bit(3, "don't enable message-signalled interrupts")
    no_aspm: bool = bit(4, "don't enable PCI Express power management")
    no_rtc: bool = bit(5, "no clock in the CMOS")
    zero_6: int = reserved("15:6", must=0)


class FixedFeatures(Word, bits=32, source=ACPI("Fixed ACPI Description Table Fixed Feature Flags")):
    """What the fixed hardware can do."""

    wbinvd: bool = bit(0, "WBINVD works as it should")
    wbinvd_flush: bool = bit(1, "WBINVD flushes, but does not invalidate")
    c1: bool = bit(2, "processor power state C1")
    c2_mp: bool = bit(3, "C2 also with several processors")
    power_button: bool = bit(4, "set: an AML device; clear: fixed hardware")
    sleep_button: bool = bit(5, "set: an AML device; clear: fixed hardware")
    fixed_rtc: bool = bit(6, "set: the RTC's wake status is not fixed hardware")
    s4_rtc_wake: bool = bit(7, "the RTC wakes from S4")
    timer_32bit: bool = bit(8, "the PM timer has 32 bits, not 24")
    docking: bool = bit(9)
    reset_register: bool = bit(10, "the reset register works")
    sealed_case: bool = bit(11)
    headless: bool = bit(12)
    sleep_type: bool = bit(13, "a special instruction follows a write to SLP_TYPx")
    pcie_wake: bool = bit(14)
    platform_clock: bool = bit(15, "use the platform's timer, not the processor's")
    s4_rtc_valid: bool = bit(16)
    remote_power_on: bool = bit(17)
    apic_cluster: bool = bit(18, "logical destinations are clusters")
    apic_physical: bool = bit(19, "physical destinations only")
    hardware_reduced: bool = bit(20, "no fixed hardware at all")
    low_power_s0: bool = bit(21, "S0 saves as much as S3")
    persistent_cpu_caches: int = reserved("23:22", "two bits: persistent caches", must=None)
    zero_24: int = reserved("31:24", must=0)


class Fadt1(AcpiTable, tag=b"FACP", size=116, source=_SECTION):
    """Of ACPI 1.0."""

    facs: int = u32("physical address of the FACS", at=36)
    dsdt: int = u32("physical address of the DSDT")
    model: int = u8("of interrupts, in ACPI 1.0 only")
    profile: PowerProfile = u8("what kind of machine it is")
    sci_interrupt: int = u16("of the fixed hardware")
    smi_command: int = u32("port through which ACPI is enabled; 0: none")
    acpi_enable: int = u8("for smi_command: enables ACPI")
    acpi_disable: int = u8("for smi_command: disables ACPI")
    s4_bios_request: int = u8("for smi_command: enters S4; 0: none")
    pstate_control: int = u8("for smi_command: takes over performance states; 0: none")
    pm1a_event: int = u32("port of the PM1a event registers")
    pm1b_event: int = u32("port of the PM1b event registers; 0: none")
    pm1a_control: int = u32("port of the PM1a control register")
    pm1b_control: int = u32("port of the PM1b control register; 0: none")
    pm2_control: int = u32("port of the PM2 control register; 0: none")
    pm_timer: int = u32("port of the PM timer; 0: none")
    gpe0: int = u32("port of the general-purpose events 0; 0: none")
    gpe1: int = u32("port of the general-purpose events 1; 0: none")
    pm1_event_length: int = u8("bytes", at=88)
    pm1_control_length: int = u8("bytes")
    pm2_control_length: int = u8("bytes; 0: none")
    pm_timer_length: int = u8("4; 0: none")
    gpe0_length: int = u8("bytes; 0: none")
    gpe1_length: int = u8("bytes; 0: none")
    gpe1_base: int = u8("number of the first event of gpe1")
    cstate_control: int = u8("for smi_command: takes over power states; 0: none")
    c2_latency: int = u16("microseconds; above 100: there is no C2")
    c3_latency: int = u16("microseconds; above 1000: there is no C3")
    flush_size: int = u16("without WBINVD: bytes to read to flush the caches, in strides")
    flush_stride: int = u16("bytes")
    duty_offset: int = u8("of the duty cycle in the P_CNT register")
    duty_width: int = u8("bits of the duty cycle; 0: none")
    day_alarm: int = u8("place in the CMOS; 0: none")
    month_alarm: int = u8("place in the CMOS; 0: none")
    century: int = u8("place in the CMOS; 0: none")
    boot_architecture: BootArchitecture = u16("which old devices there are", at=109)
    zero_111: bytes = reserved_bytes(1, must=0)
    features: FixedFeatures = u32("what the fixed hardware can do", at=112)


class Fadt2(Fadt1, tag=b"FACP", size=132, source=_SECTION):
    """Of some machines between ACPI 1.0 and 2.0."""

    reset_register: GenericAddress = nested("a write of reset_value resets the machine", at=116)
    reset_value: int = u8()
    arm_boot_architecture: int = u16("for ARM")
    minor_revision: int = u8("bits 3:0, of the table; its revision is the major one")


class Fadt3(Fadt2, tag=b"FACP", size=244, source=_SECTION):
    """Of ACPI 2.0 to 4.0."""

    x_facs: int = u64("physical address of the FACS; if it is not 0, facs is ignored", at=132)
    x_dsdt: int = u64("physical address of the DSDT; if it is not 0, dsdt is ignored")
    x_pm1a_event: GenericAddress = nested()
    x_pm1b_event: GenericAddress = nested()
    x_pm1a_control: GenericAddress = nested()
    x_pm1b_control: GenericAddress = nested()
    x_pm2_control: GenericAddress = nested()
    x_pm_timer: GenericAddress = nested()
    x_gpe0: GenericAddress = nested()
    x_gpe1: GenericAddress = nested()


class Fadt5(Fadt3, tag=b"FACP", size=268, source=_SECTION):
    """Of ACPI 5.0 and 5.1."""

    sleep_control: GenericAddress = nested("for hardware_reduced", at=244)
    sleep_status: GenericAddress = nested("for hardware_reduced")


class Fadt(Fadt5, tag=b"FACP", size=276, source=_SECTION):
    """Of ACPI 6.0 and later."""

    hypervisor: int = u64("who it is; 0: none", at=268)
