/* What lies outside 4-level paging and 64-bit mode, as C bit-fields: part of bitfields.h. */

struct __attribute__((packed)) SystemDescriptor32 {
    u64 limit__0 : 16, base__0 : 24, type : 4, not_system : 1, dpl : 2, present : 1;
    u64 limit__1 : 4, available : 1, zero_53 : 2, granularity : 1, base__1 : 8;
};

struct __attribute__((packed)) GateDescriptor32 {
    u64 offset__0 : 16, selector : 16, reserved_32 : 5, zero_37 : 3, type : 4, not_system : 1;
    u64 dpl : 2, present : 1, offset__1 : 16;
};

struct __attribute__((packed)) TaskGate {
    u64 reserved_0 : 16, selector : 16, reserved_32 : 8, type : 4, not_system : 1, dpl : 2;
    u64 present : 1, reserved_48 : 16;
};

struct __attribute__((packed)) CallGate32 {
    u64 offset__0 : 16, selector : 16, parameters : 5, zero_37 : 3, type : 4, not_system : 1;
    u64 dpl : 2, present : 1, offset__1 : 16;
};

struct __attribute__((packed)) CallGate {
    u64 offset__0 : 16, selector : 16, reserved_32 : 8, type : 4, not_system : 1, dpl : 2;
    u64 present : 1, offset__1 : 16;
    u64 offset__2 : 32, reserved_96 : 8, zero_104 : 5, reserved_109 : 19;
};

struct TaskTrap {
    uint16_t trap : 1, reserved_1 : 15;
};

struct PageMapLevel5Entry {
    ENTRY_FLAGS, ignored_6 : 1, zero_7 : 1, ignored_8 : 1, available : 3;
    u64 address : 40, available_high : 11, no_execute : 1;
};

struct LinearAddress57 {
    u64 offset : 12, pt : 9, pd : 9, pdpt : 9, pml4 : 9, pml5 : 9, sign_extension : 7;
};

#define ENTRY_FLAGS_32 \
    uint32_t present : 1, writable : 1, user : 1, write_through : 1, cache_disable : 1, accessed : 1

struct PageDirectoryEntry32 {
    ENTRY_FLAGS_32, ignored_6 : 1, large : 1, available : 4, address : 20;
};

struct PageDirectoryEntry4M {
    ENTRY_FLAGS_32, dirty : 1, large : 1, global_ : 1, available : 3, pat : 1;
    uint32_t address__1 : 8, zero_21 : 1, address__0 : 10;
};

struct PageTableEntry32 {
    ENTRY_FLAGS_32, dirty : 1, pat : 1, global_ : 1, available : 3, address : 20;
};

struct LinearAddress32 {
    uint32_t offset : 12, pt : 10, pd : 10;
};

struct PageDirectoryPointerEntryPae {
    u64 present : 1, zero_1 : 2, write_through : 1, cache_disable : 1, zero_5 : 4, available : 3;
    u64 address : 40, zero_52 : 12;
};

struct PageDirectoryEntryPae {
    ENTRY_FLAGS, ignored_6 : 1, large : 1, available : 4, address : 40, zero_52 : 11;
    u64 no_execute : 1;
};

struct PageDirectoryEntry2MPae {
    ENTRY_FLAGS, dirty : 1, large : 1, global_ : 1, available : 3;
    u64 pat : 1, zero_13 : 8, address : 31, zero_52 : 11, no_execute : 1;
};

struct PageTableEntryPae {
    ENTRY_FLAGS, dirty : 1, pat : 1, global_ : 1, available : 3;
    u64 address : 40, zero_52 : 11, no_execute : 1;
};

struct LinearAddressPae {
    uint32_t offset : 12, pt : 9, pd : 9, pdpt : 2;
};

struct Cr3Legacy {
    uint32_t ignored_0 : 3, write_through : 1, cache_disable : 1, ignored_5 : 7, address : 20;
};

struct Cr3Pae {
    uint32_t ignored_0 : 5, address : 27;
};
