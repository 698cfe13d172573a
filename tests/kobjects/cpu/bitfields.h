/* The processor's words a second time, as C bit-fields: what gcc makes of them is the oracle for the
 * schemas' shifts and masks. Written from the tables of the manuals, low bit first. A field in two
 * or three pieces is called name__0, name__1, name__2, the least significant piece first.
 */
#include <stdint.h>

typedef uint64_t u64;

struct __attribute__((packed)) SegmentSelector {
    uint16_t rpl : 2, table : 1, index : 13;
};

struct __attribute__((packed)) SegmentDescriptor {
    u64 limit__0 : 16, base__0 : 24;
    u64 accessed : 1, writable : 1, conforming : 1, executable : 1, not_system : 1;
    u64 dpl : 2, present : 1;
    u64 limit__1 : 4, available : 1, long_ : 1, default_size : 1, granularity : 1, base__1 : 8;
};

struct __attribute__((packed)) SystemDescriptor {
    u64 limit__0 : 16, base__0 : 24, type : 4, not_system : 1, dpl : 2, present : 1;
    u64 limit__1 : 4, available : 1, zero_53 : 2, granularity : 1, base__1 : 8;
    u64 base__2 : 32;
    u64 reserved_96 : 8, zero_104 : 5, reserved_109 : 19;
};

struct __attribute__((packed)) GateDescriptor {
    u64 offset__0 : 16, selector : 16;
    u64 ist : 3, zero_35 : 5, type : 4, zero_44 : 1, dpl : 2, present : 1, offset__1 : 16;
    u64 offset__2 : 32, reserved_96 : 32;
};

#define ENTRY_FLAGS \
    u64 present : 1, writable : 1, user : 1, write_through : 1, cache_disable : 1, accessed : 1

struct PageMapLevel4Entry {
    ENTRY_FLAGS, ignored_6 : 1, zero_7 : 1, ignored_8 : 1, available : 3;
    u64 address : 40, available_high : 11, no_execute : 1;
};

struct PageDirectoryPointerEntry {
    ENTRY_FLAGS, ignored_6 : 1, large : 1, ignored_8 : 1, available : 3;
    u64 address : 40, available_high : 11, no_execute : 1;
};

struct PageDirectoryPointerEntry1G {
    ENTRY_FLAGS, dirty : 1, large : 1, global_ : 1, available : 3;
    u64 pat : 1, zero_13 : 17, address : 22, available_high : 7, protection_key : 4, no_execute : 1;
};

struct PageDirectoryEntry {
    ENTRY_FLAGS, ignored_6 : 1, large : 1, ignored_8 : 1, available : 3;
    u64 address : 40, available_high : 11, no_execute : 1;
};

struct PageDirectoryEntry2M {
    ENTRY_FLAGS, dirty : 1, large : 1, global_ : 1, available : 3;
    u64 pat : 1, zero_13 : 8, address : 31, available_high : 7, protection_key : 4, no_execute : 1;
};

struct PageTableEntry {
    ENTRY_FLAGS, dirty : 1, pat : 1, global_ : 1, available : 3;
    u64 address : 40, available_high : 7, protection_key : 4, no_execute : 1;
};

struct LinearAddress {
    u64 offset : 12, pt : 9, pd : 9, pdpt : 9, pml4 : 9, sign_extension : 16;
};

struct Cr3 {
    u64 ignored_0 : 3, write_through : 1, cache_disable : 1, ignored_5 : 7, address : 40;
    u64 zero_52 : 9, lam_u57 : 1, lam_u48 : 1, zero_63 : 1;
};

struct Cr3Pcid {
    u64 pcid : 12, address : 40, zero_52 : 9, lam_u57 : 1, lam_u48 : 1, keep_translations : 1;
};

struct __attribute__((packed)) PageFaultError {
    uint32_t present : 1, write : 1, user : 1, reserved_bit : 1, instruction_fetch : 1;
    uint32_t protection_key : 1, shadow_stack : 1, hlat : 1, zero_8 : 7, sgx : 1, zero_16 : 15;
    uint32_t rmp : 1;
};

struct __attribute__((packed)) SelectorError {
    uint32_t external : 1, idt : 1, table : 1, index : 13, zero_16 : 16;
};

struct Star {
    u64 eip : 32, syscall_selector : 16, sysret_selector : 16;
};

struct ApicBase {
    u64 reserved_0 : 8, bootstrap : 1, reserved_9 : 1, x2apic : 1, enable : 1, address : 40;
    u64 zero_52 : 12;
};

struct Pat {
    u64 pa0 : 3, zero_3 : 5, pa1 : 3, zero_11 : 5, pa2 : 3, zero_19 : 5, pa3 : 3, zero_27 : 5;
    u64 pa4 : 3, zero_35 : 5, pa5 : 3, zero_43 : 5, pa6 : 3, zero_51 : 5, pa7 : 3, zero_59 : 5;
};

struct Dr7 {
    u64 local_0 : 1, global_0 : 1, local_1 : 1, global_1 : 1;
    u64 local_2 : 1, global_2 : 1, local_3 : 1, global_3 : 1;
    u64 local_exact : 1, global_exact : 1, one_10 : 1, rtm : 1, zero_12 : 1, general_detect : 1;
    u64 zero_14 : 2;
    u64 on_0 : 2, length_0 : 2, on_1 : 2, length_1 : 2, on_2 : 2, length_2 : 2, on_3 : 2;
    u64 length_3 : 2, zero_32 : 32;
};

struct __attribute__((packed)) Mxcsr {
    uint32_t invalid : 1, denormal : 1, divide_by_zero : 1, overflow : 1, underflow : 1;
    uint32_t precision : 1, denormals_are_zeros : 1;
    uint32_t mask_invalid : 1, mask_denormal : 1, mask_divide_by_zero : 1, mask_overflow : 1;
    uint32_t mask_underflow : 1, mask_precision : 1, rounding : 2, flush_to_zero : 1, zero_16 : 16;
};

struct __attribute__((packed)) LvtEntry {
    uint32_t vector : 8, delivery_mode : 3, zero_11 : 1, pending : 1, active_low : 1;
    uint32_t remote_irr : 1, level_triggered : 1, masked : 1, timer_mode : 2, zero_19 : 13;
};

struct __attribute__((packed)) SpuriousVector {
    uint32_t vector : 8, enabled : 1, focus_disabled : 1, zero_10 : 2;
    uint32_t eoi_broadcast_suppressed : 1, zero_13 : 19;
};

struct __attribute__((packed)) ApicVersion {
    uint32_t version : 8, reserved_8 : 8, max_lvt : 8, can_suppress_eoi : 1, reserved_25 : 7;
};

struct InterruptCommand {
    u64 vector : 8, delivery_mode : 3, logical : 1, pending : 1, zero_13 : 1, assert_level : 1;
    u64 level_triggered : 1, zero_16 : 2, shorthand : 2, zero_20 : 36, destination : 8;
};

struct __attribute__((packed)) AddressSizes {
    uint32_t physical : 8, linear : 8, guest_physical : 8, reserved_24 : 8;
};

/* Devices. */

struct Icw1 {
    uint8_t needs_icw4 : 1, single : 1, interval_4 : 1, level_triggered : 1, initialise : 1;
    uint8_t vector_8080 : 3;
};

struct Icw2 {
    uint8_t input : 3, base : 5;
};

struct Icw4 {
    uint8_t mode_8086 : 1, automatic_eoi : 1, master : 1, buffered : 1, special_fully_nested : 1;
    uint8_t zero_5 : 3;
};

struct Ocw2 {
    uint8_t level : 3, zero_3 : 2, command : 3;
};

struct Ocw3 {
    uint8_t read_in_service : 1, read_register : 1, poll : 1, one_3 : 1, zero_4 : 1;
    uint8_t special_mask : 1, set_special_mask : 1, zero_7 : 1;
};

struct PitCommand {
    uint8_t bcd : 1, mode : 3, access : 2, select : 2;
};

struct InterruptEnable {
    uint8_t received : 1, transmitter_empty : 1, line_status : 1, modem_status : 1, zero_4 : 4;
};

struct FifoControl {
    uint8_t enable : 1, clear_receiver : 1, clear_transmitter : 1, dma_mode : 1, zero_4 : 2;
    uint8_t trigger : 2;
};

struct LineControl {
    uint8_t word_length : 2, two_stop_bits : 1, parity : 1, even_parity : 1, stick_parity : 1;
    uint8_t set_break : 1, divisor_latch : 1;
};

struct ModemControl {
    uint8_t dtr : 1, rts : 1, out1 : 1, out2 : 1, loopback : 1, zero_5 : 3;
};

struct LineStatus {
    uint8_t data_ready : 1, overrun : 1, parity_error : 1, framing_error : 1, break_received : 1;
    uint8_t transmit_ready : 1, transmit_idle : 1, fifo_error : 1;
};

struct __attribute__((packed)) VgaCell {
    uint16_t character : 8, foreground : 4, background : 3, blink : 1;
};

struct MiscOutput {
    uint8_t colour : 1, memory_enable : 1, clock : 2, ignored_4 : 1, high_page : 1;
    uint8_t hsync_negative : 1, vsync_negative : 1;
};

/* Firmware. In a partition entry the cylinder's two high bits lie above the sector. */

struct __attribute__((packed)) Chs {
    uint8_t head, sector : 6, cylinder__1 : 2, cylinder__0;
};

struct __attribute__((packed)) SegmentFlags {
    uint32_t execute : 1, write : 1, read : 1, zero_3 : 17, os : 8, processor : 4;
};

struct SymbolInfo {
    uint8_t type : 4, binding : 4;
};

struct SymbolOther {
    uint8_t visibility : 2, zero_2 : 6;
};

#include "bitfields_legacy.h"
#include "bitfields_registers.h"
