"""Ports and registers of the PC's devices against Linux's headers, and what drivers write."""

from __future__ import annotations

import re

from kobjects.devices.keyboard import (
    ControllerCommand,
    ControllerConfiguration,
    ControllerStatus,
    KeyboardAnswer,
    ScanCode,
)
from kobjects.devices.pic import Icw1, Icw2, Icw4, Ocw2, Ocw2Command, Ocw3, Pic, PicLine
from kobjects.devices.pit import PIT_HZ, Pit, PitAccess, PitCommand, PitMode, PitSelect
from kobjects.devices.rtc import (
    Cmos,
    CmosRegister,
    CmosStatusA,
    CmosStatusB,
    CmosStatusD,
)
from kobjects.devices.serial import Com1, FifoControl, FifoTrigger, LineControl, WordLength
from kobjects.devices.system import SystemControlA
from kobjects.devices.vga import Colour, Crtc, CrtcRegister, MiscOutput, Vga, VgaCell
from tests.kobjects.oracle import evaluate, linux_defines, linux_headers, pairs


def test_interrupt_controllers() -> None:
    text = linux_defines("arch/x86/include/asm/i8259.h", "(?:PIC|MASTER|SLAVE)_")
    found = evaluate(
        pairs(
            """master=PIC_MASTER_CMD master_mask=PIC_MASTER_IMR slave=PIC_SLAVE_CMD
            slave_mask=PIC_SLAVE_IMR edge1=PIC_ELCR1 edge2=PIC_ELCR2 cascade=PIC_CASCADE_IR
            icw4=MASTER_ICW4_DEFAULT aeoi=PIC_ICW4_AEOI"""
        ),
        declarations=text,
    )
    assert found == {
        "master": Pic.MASTER_COMMAND,
        "master_mask": Pic.MASTER_DATA,
        "slave": Pic.SLAVE_COMMAND,
        "slave_mask": Pic.SLAVE_DATA,
        "edge1": Pic.MASTER_EDGE_LEVEL,
        "edge2": Pic.SLAVE_EDGE_LEVEL,
        "cascade": PicLine.CASCADE,
        "icw4": Icw4(mode_8086=True),
        "aeoi": Icw4(automatic_eoi=True),
    }


def test_initialisation_words_are_what_linux_writes() -> None:
    """init_8259A in arch/x86/kernel/i8259.c writes 0x11, 0x30 and, to end interrupts, 0x60 + n."""
    assert Icw1(needs_icw4=True) == 0x11
    assert Icw2(base=0x30) == 0x30
    assert Ocw2(command=Ocw2Command.SPECIFIC_EOI, level=7) == 0x67
    assert Ocw2(command=Ocw2Command.NONSPECIFIC_EOI) == 0x20
    assert Ocw3(read_register=True, read_in_service=True) == 0x0B


def test_timer() -> None:
    text = linux_defines("include/linux/i8253.h", "PIT_(?:MODE|CH)")
    ports = evaluate(pairs("mode=PIT_MODE c0=PIT_CH0 c2=PIT_CH2"), declarations=text)
    assert ports == {"mode": Pit.COMMAND, "c0": Pit.CHANNEL_0, "c2": Pit.CHANNEL_2}
    timex = (linux_headers() / "include/linux/timex.h").read_text()
    rate = re.search(r"PIT_TICK_RATE (\d+)ul", timex)
    assert rate
    assert int(rate[1]) == PIT_HZ


def test_timer_commands_are_what_linux_writes() -> None:
    """drivers/clocksource/i8253.c: 0x34 periodic, 0x38 one-shot, both low byte then high."""
    both = PitAccess.LOW_THEN_HIGH
    assert PitCommand(mode=PitMode.RATE_GENERATOR, access=both) == 0x34
    assert PitCommand(mode=PitMode.SOFTWARE_STROBE, access=both) == 0x38
    assert (
        PitCommand(
            mode=PitMode.INTERRUPT_ON_TERMINAL_COUNT, access=both, select=PitSelect.CHANNEL_2
        )
        == 0xB0
    )


def test_serial_ports() -> None:
    registers = pairs(
        """DATA=RX INTERRUPT_ENABLE=IER FIFO_CONTROL=FCR LINE_CONTROL=LCR MODEM_CONTROL=MCR
        LINE_STATUS=LSR MODEM_STATUS=MSR SCRATCH=SCR DIVISOR_LOW=DLL DIVISOR_HIGH=DLM"""
    )
    assert registers.keys() == Com1.__members__.keys()
    found = evaluate(
        {name: f"0x3f8 + UART_{register}" for name, register in registers.items()},
        includes=["linux/serial_reg.h"],
    )
    assert found == {name: port.value for name, port in Com1.__members__.items()}


def test_serial_settings() -> None:
    table = {
        "UART_LCR_WLEN8": LineControl(word_length=WordLength.EIGHT),
        "UART_LCR_WLEN5": LineControl(word_length=WordLength.FIVE),
        **{
            f"UART_FCR_TRIGGER_{n}": FifoControl(trigger=FifoTrigger(i))
            for i, n in enumerate((1, 4, 8, 14))
        },
    }
    assert evaluate({n: n for n in table}, includes=["linux/serial_reg.h"]) == table


def test_display_ports_and_registers() -> None:
    ports = pairs(
        """ATTRIBUTE_WRITE=ATT_W ATTRIBUTE_READ=ATT_R MISC_WRITE=MIS_W SEQUENCER_INDEX=SEQ_I
        SEQUENCER_DATA=SEQ_D PALETTE_MASK=PEL_MSK PALETTE_READ_INDEX=PEL_IR
        PALETTE_WRITE_INDEX=PEL_IW PALETTE_DATA=PEL_D MISC_READ=MIS_R GRAPHICS_INDEX=GFX_I
        GRAPHICS_DATA=GFX_D INPUT_STATUS_1=IS1_RC"""
    )
    registers = pairs(
        """MAXIMUM_SCAN_LINE=MAX_SCAN CURSOR_START=CURSOR_START CURSOR_END=CURSOR_END
        START_HIGH=START_HI START_LOW=START_LO CURSOR_HIGH=CURSOR_HI CURSOR_LOW=CURSOR_LO
        RETRACE_END=V_SYNC_END"""
    )
    assert ports.keys() == Vga.__members__.keys()
    assert registers.keys() == CrtcRegister.__members__.keys()
    found = evaluate(
        {name: f"VGA_{port}" for name, port in ports.items()}
        | {name: f"VGA_CRTC_{register}" for name, register in registers.items()}
        | {"INDEX": "VGA_CRT_IC", "DATA": "VGA_CRT_DC"},
        declarations=linux_defines("include/video/vga.h", "VGA_"),
    )
    ours = {**Vga.__members__, **CrtcRegister.__members__, **Crtc.__members__}
    assert found == {name: member.value for name, member in ours.items()}


def test_miscellaneous_output() -> None:
    found = evaluate(
        pairs(
            """colour=VGA_MIS_COLOR memory_enable=VGA_MIS_ENB_MEM_ACCESS
            high_page=VGA_MIS_SEL_HIGH_PAGE"""
        ),
        declarations=linux_defines("include/video/vga.h", "VGA_"),
    )
    assert found == {name: MiscOutput(**{name: True}) for name in found}


def test_a_character_cell_is_character_then_attribute() -> None:
    """As every PC's screen memory has it: 0x1F is white on blue."""
    cell = VgaCell(character=ord("A"), foreground=Colour.WHITE, background=Colour.BLUE)
    assert cell.build() == b"A\x1f"


def test_colours_are_made_of_intensity_red_green_and_blue() -> None:
    """The bits of an attribute are the four wires of the first colour monitors."""
    assert Colour.CYAN == Colour.GREEN | Colour.BLUE
    assert Colour.MAGENTA == Colour.RED | Colour.BLUE
    assert Colour.BROWN == Colour.RED | Colour.GREEN
    assert Colour.LIGHT_GREY == Colour.RED | Colour.GREEN | Colour.BLUE
    assert Colour.YELLOW == Colour.BROWN | Colour.DARK_GREY
    assert Colour.WHITE == Colour.LIGHT_GREY | Colour.DARK_GREY
    assert (Colour.BLUE, Colour.GREEN, Colour.RED, Colour.DARK_GREY) == (1, 2, 4, 8)
    for name in ("BLUE", "GREEN", "CYAN", "RED", "MAGENTA"):
        assert Colour[f"LIGHT_{name}"] == Colour[name] | Colour.DARK_GREY


def test_fast_a20_is_bit_one() -> None:
    """arch/x86/boot/a20.c: `port_a |= 0x02; port_a &= ~0x01`."""
    assert SystemControlA(a20=True) == 2
    assert SystemControlA(fast_reset=True) == 1


def test_keyboard_controller() -> None:
    """Linux's command words have the count of their parameters and answers in bits 15:8."""
    text = linux_defines("include/linux/i8042.h", "I8042_")
    commands = pairs(
        """READ_CONFIGURATION=I8042_CMD_CTL_RCTR WRITE_CONFIGURATION=I8042_CMD_CTL_WCTR
        DISABLE_SECOND=I8042_CMD_AUX_DISABLE TEST=I8042_CMD_CTL_TEST
        DISABLE_FIRST=I8042_CMD_KBD_DISABLE ENABLE_FIRST=I8042_CMD_KBD_ENABLE"""
    )
    found = evaluate({name: f"{word} & 0xff" for name, word in commands.items()}, declarations=text)
    assert found == dict(ControllerCommand.__members__)
    status = pairs(
        """output_full=I8042_STR_OBF input_full=I8042_STR_IBF command=I8042_STR_CMDDAT
        unlocked=I8042_STR_KEYLOCK second=I8042_STR_AUXDATA timeout=I8042_STR_TIMEOUT
        parity_error=I8042_STR_PARITY"""
    )
    found = evaluate(status, declarations=text)
    assert found == {name: ControllerStatus(**{name: True}) for name in status}
    configuration = pairs(
        """interrupt_first=I8042_CTR_KBDINT interrupt_second=I8042_CTR_AUXINT
        disable_first=I8042_CTR_KBDDIS disable_second=I8042_CTR_AUXDIS
        translate=I8042_CTR_XLATE"""
    )
    found = evaluate(configuration, declarations=text)
    assert found == {name: ControllerConfiguration(**{name: True}) for name in configuration}


def test_keyboard_answers() -> None:
    text = linux_defines("include/linux/libps2.h", "PS2_RET_")
    found = evaluate(pairs("ACKNOWLEDGE=PS2_RET_ACK RESEND=PS2_RET_NAK"), declarations=text)
    assert found == dict(KeyboardAnswer.__members__)


def test_scan_codes_are_linuxs_key_codes() -> None:
    """Up to 88 Linux numbers keys by their scan codes of set 1."""
    keys = pairs(
        """ENTER=KEY_ENTER CONTROL=KEY_LEFTCTRL LEFT_SHIFT=KEY_LEFTSHIFT SLASH=KEY_SLASH
        RIGHT_SHIFT=KEY_RIGHTSHIFT CAPS_LOCK=KEY_CAPSLOCK LAST=KEY_F12"""
    )
    found = evaluate(keys, includes=["linux/input-event-codes.h"])
    assert found == {name: ScanCode[name] for name in keys}


def rtc_defines() -> str:
    """Linux's header of the CMOS clock, which indents the names of bits behind the #."""
    text = (linux_headers() / "include/linux/mc146818rtc.h").read_text()
    found = re.findall(r"^# *define (RTC_\w+\s+[0-9xA-FRTCEG_]+)", text, re.MULTILINE)
    return "\n".join(f"#define {line}" for line in found)


def test_cmos_clock() -> None:
    registers = pairs(
        """SECONDS=RTC_SECONDS MINUTES=RTC_MINUTES HOURS=RTC_HOURS WEEKDAY=RTC_DAY_OF_WEEK
        DAY=RTC_DAY_OF_MONTH MONTH=RTC_MONTH YEAR=RTC_YEAR STATUS_A=RTC_REG_A STATUS_B=RTC_REG_B
        STATUS_C=RTC_REG_C STATUS_D=RTC_REG_D"""
    )
    found = evaluate(registers, declarations=rtc_defines())
    assert found == {name: CmosRegister[name] for name in registers}
    text = (linux_headers() / "arch/x86/include/asm/mc146818rtc.h").read_text()
    port = re.search(r"RTC_PORT\(x\)\s+\((0x\w+) \+ \(x\)\)", text)
    assert port
    assert int(port[1], 16) == Cmos.INDEX == Cmos.DATA - 1


def test_cmos_status() -> None:
    control = pairs(
        """halted=RTC_SET periodic_interrupt=RTC_PIE alarm_interrupt=RTC_AIE
        update_interrupt=RTC_UIE square_wave=RTC_SQWE binary=RTC_DM_BINARY hours_24=RTC_24H
        daylight=RTC_DST_EN"""
    )
    others = pairs("update=RTC_UIP divider=RTC_DIV_CTL rate=RTC_RATE_SELECT valid=RTC_VRT")
    found = evaluate({**control, **others}, declarations=rtc_defines())
    assert {name: found[name] for name in control} == {
        name: CmosStatusB(**{name: True}) for name in control
    }
    assert found["update"] == CmosStatusA(update=True)
    assert found["divider"] == CmosStatusA(divider=7)
    assert found["rate"] == CmosStatusA(rate=15)
    assert found["valid"] == CmosStatusD(valid=True)
