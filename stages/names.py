"""Every constant that assembly may name.

No source spells an offset, a port, a vector or an address: they are all here, by the name that
their schema gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from functools import cache

from kobjects.cpu import apic, control, cpuid, debug, exceptions, msr, paging, segments, tss, xsave
from kobjects.devices import keyboard, pic, pit, rtc, serial, system, vga
from kobjects.emit.equates import equates
from kobjects.firmware import bios, e820, efi, efiservices, fwcfg, multiboot, multiboot2, pvh
from kobjects.kernel import (
    abi,
    addresses,
    bootinfo,
    frames,
    inspect,
    message,
    module,
    program,
    roster,
    services,
    slot,
    space,
    stack,
    symbols,
    thread,
    trap,
)
from kobjects.kernel import cpu as percpu
from kobjects.kernel import object as header
from stages.boot.segments import FlatSegment
from stages.model import Task
from stages.selectors import Selector
from stages.vectors import DebugExit, Irq, Ist, Slice


class Device(IntEnum):
    """Where devices lie that have no structure of their own."""

    LOCAL_APIC = apic.LOCAL_APIC_ADDRESS
    PIT_HZ = pit.PIT_HZ
    FW_CFG_SELECTOR = fwcfg.SELECTOR_PORT
    FW_CFG_DATA = fwcfg.DATA_PORT
    FW_CFG_SIGNATURE = int.from_bytes(fwcfg.SIGNATURE, "little")
    LEGACY = 0xA_0000
    """Video memory, ROMs of cards, and a copy of the firmware's end: up to Kernel.LOW_MEMORY."""
    FONT = 0xA_0000
    """The VGA's second memory plane, while the processor is let to it."""
    TEXT = vga.TEXT_ADDRESS
    TEXT_COLUMNS = vga.TEXT_COLUMNS
    TEXT_ROWS = vga.TEXT_ROWS
    INTERRUPT_CONTROLLERS = 0xFEC0_0000
    """I/O APICs and the local APIC: who has them can stop the clock or send an NMI."""
    INTERRUPT_CONTROLLERS_END = 0xFEF0_0000


class MultibootLoader(IntEnum):
    """What a loader has in EAX, by the version of its protocol."""

    VERSION_1 = multiboot.BOOTLOADER_MAGIC
    VERSION_2 = multiboot2.BOOTLOADER_MAGIC


INTERFACE = (
    *(abi.Call, abi.Kind, abi.FaultKind, abi.FaultReply, abi.Status, abi.Abi),
    *(abi.Receive, abi.ThreadPart, abi.ObjectType, abi.EndpointRights, abi.NotificationRights),
    *(abi.FrameRights, abi.SpaceRights, abi.ThreadRights, abi.IrqRights, abi.IoPortsRights),
    abi.HardwareRights,
    *(addresses.Kernel, addresses.User, addresses.Page, exceptions.Vector),
    *(exceptions.PageFaultError, Slice),
    *(bootinfo.BootInfo, bootinfo.BootPath, bootinfo.BootLimit, bootinfo.Features),
    bootinfo.Framebuffer,
    *(message.MessageBuffer, slot.Slot, e820.E820Type, e820.E820EntryExtended),
    *(services.Result, services.ConsoleRequest, services.KeyboardRequest),
    *(services.ClockRequest, services.NameRequest, services.FileRequest, services.FileLimit),
    services.SupervisorRequest,
    *(module.Module, module.ModuleDirectory, module.ModuleKind, module.ModuleLimit),
    *(roster.Roster, roster.RosterLimit, roster.Ward, roster.WardFlags, roster.WardState),
    *(roster.Restart, roster.Condition, roster.TaskSymbol, roster.Grant),
    *(program.Program, program.ProgramSegment, program.ProgramFlags, program.ProgramLimit),
    *(thread.ThreadState, thread.ThreadFlags, thread.ThreadLimit, thread.PortRange),
    *(inspect.Inspected, inspect.InspectedThread),
    *(inspect.InspectedSpace, inspect.InspectedFrame, inspect.InspectedIrq),
    *(inspect.InspectedEndpoint, inspect.InspectedSlot, inspect.InspectedIoPorts),
)
"""What a task may know of the kernel."""

DEVICES = (
    Device,
    *(serial.Com1, serial.FifoControl, serial.LineControl, serial.LineStatus, serial.WordLength),
    *(serial.InterruptEnable, serial.ModemControl),
    *(vga.Vga, vga.Crtc, vga.CrtcRegister, vga.VgaCell, vga.AttributeIndex),
    *(keyboard.Keyboard, keyboard.ControllerCommand, keyboard.ControllerAnswer),
    *(keyboard.ControllerStatus, keyboard.ControllerConfiguration, keyboard.KeyboardCommand),
    *(keyboard.KeyboardAnswer, keyboard.ScanCode),
    *(rtc.Cmos, rtc.CmosRegister, rtc.CmosStatusA, rtc.CmosStatusB, rtc.CmosStatusD),
    DebugExit,
)
"""What a driver needs, in the kernel or in a task."""

KERNEL = (
    *(frames.Frames, frames.Block, percpu.Cpu),
    *(header.HeaderNumber, header.Key, header.ObjectHeader, header.ObjectState),
    *(
        percpu.Armed,
        percpu.FpuMode,
        percpu.IrqLine,
        percpu.ReadyQueue,
        slot.SlotNumber,
        space.Space,
        space.SpaceLimit,
        stack.KernelStack,
        symbols.KernelSymbol,
    ),
    thread.Thread,
    *(trap.TrapFrame, Selector, Irq, Ist, FlatSegment),
    *(control.Cr0, control.Cr4, control.Efer, control.Rflags, control.Xcr0, msr.Msr, segments.Rpl),
    *(msr.ApicBase, debug.Dr7, debug.BreakOn, debug.BreakLength),
    *(cpuid.CpuidLeaf, cpuid.Leaf1Ecx, cpuid.Leaf1Edx, cpuid.Leaf7Ebx, cpuid.Leaf7Ecx),
    cpuid.Leaf80000001Edx,
    *(
        paging.PageTableEntry,
        paging.PageDirectoryEntry2M,
        tss.TaskStateSegment,
        xsave.XsaveArea,
        xsave.XsaveHeader,
    ),
    cpuid.AddressSizes,
    *(apic.LocalApic, apic.LvtEntry, apic.SpuriousVector, apic.DeliveryMode, apic.TimerDivide),
    *(pic.Pic, pic.Icw1, pic.Icw4, pic.Ocw2, pic.Ocw2Command, pic.Ocw3),
    *(pit.Pit, pit.PitCommand, pit.PitAccess, system.System, system.SystemControlA),
    *(bios.DiskAddressPacket, e820.E820Entry, e820.E820Attributes, pvh.HvmStartInfo),
    *(fwcfg.FwCfgKey, fwcfg.FwCfgFile),
    *(MultibootLoader, multiboot.MultibootInfo, multiboot.MultibootInfoFlags),
    multiboot.MultibootMmapEntry,
    *(multiboot2.Multiboot2Info, multiboot2.InfoTag, multiboot2.InfoTagType, multiboot2.MmapTag),
    *(efi.EfiSystemTable, efi.EfiMemoryDescriptor, efi.EfiMemoryType),
    *(efiservices.EfiBootServices, efiservices.EfiAllocateType, efiservices.EfiSimpleTextOutput),
    *(efiservices.EfiGraphicsOutput, efiservices.EfiGraphicsOutputMode),
    *(efiservices.EfiGraphicsOutputInformation, efiservices.EfiPixelFormat),
)
"""What only the kernel and its boot code name."""


@cache
def kernel_names() -> Mapping[str, int]:
    """The constants of kernel and boot code."""
    origin = {"Thread.origin": thread.Thread.origin}
    return equates(*INTERFACE, *DEVICES, *KERNEL) | origin


@cache
def interface_names() -> Mapping[str, int]:
    """The constants that every task may name."""
    return equates(*INTERFACE, *DEVICES)


def task_names(task: Task) -> Mapping[str, int]:
    """The constants of one task: the interface, and `cap.NAME`, the handle of each capability."""
    handles = {
        f"cap.{capability.name}": handle_of(index)
        for index, capability in enumerate(task.capabilities)
    }
    return dict(interface_names()) | handles


def handle_of(index: int) -> int:
    """The handle of a task's capability: slot 0 is always empty."""
    return (index + 1) * slot.Slot.size
