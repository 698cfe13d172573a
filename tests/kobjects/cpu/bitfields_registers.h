/* MSRs, both APICs and floating point, as C bit-fields: part of bitfields.h. */

struct Cr8 {
    u64 priority : 4, zero_4 : 60;
};

struct ControlProtectionError {
    uint32_t cause : 15, enclave : 1, zero_16 : 16;
};

struct FeatureControl {
    u64 locked : 1, vmx_inside_smx : 1, vmx_outside_smx : 1, reserved_3 : 5, senter_local : 7;
    u64 senter_global : 1, reserved_16 : 1, sgx_launch_control : 1, sgx_enable : 1;
    u64 reserved_19 : 1, lmce : 1, reserved_21 : 43;
};

struct LinearBase {
    u64 address;
};

struct MtrrCapabilities {
    u64 variable_ranges : 8, fixed_ranges : 1, reserved_9 : 1, write_combining : 1, smrr : 1;
    u64 reserved_12 : 52;
};

struct MtrrDefaultType {
    u64 type : 8, zero_8 : 2, fixed_enable : 1, enable : 1, zero_12 : 52;
};

struct MtrrPhysicalBase {
    u64 type : 8, zero_8 : 4, address : 40, zero_52 : 12;
};

struct MtrrPhysicalMask {
    u64 zero_0 : 11, valid : 1, mask : 40, zero_52 : 12;
};

struct MtrrFixed {
    uint8_t type_0, type_1, type_2, type_3, type_4, type_5, type_6, type_7;
};

struct IoApicId {
    uint32_t reserved_0 : 24, id : 4, reserved_28 : 4;
};

struct IoApicVersion {
    uint32_t version : 8, reserved_8 : 8, max_redirection : 8, reserved_24 : 8;
};

struct IoApicArbitration {
    uint32_t reserved_0 : 24, id : 4, reserved_28 : 4;
};

struct RedirectionEntry {
    u64 vector : 8, delivery_mode : 3, logical : 1, pending : 1, active_low : 1, remote_irr : 1;
    u64 level_triggered : 1, masked : 1, reserved_17 : 39, destination : 8;
};

struct LocalApicId {
    uint32_t reserved_0 : 24, id : 8;
};

struct ProcessorPriority {
    uint32_t sub_class : 4, priority_class : 4, reserved_8 : 24;
};

struct DestinationFormat {
    uint32_t one_0 : 28, model : 4;
};

struct LogicalDestination {
    uint32_t reserved_0 : 24, id : 8;
};

struct ApicError {
    uint32_t send_checksum : 1, receive_checksum : 1, send_accept : 1, receive_accept : 1;
    uint32_t redirectable_ipi : 1, send_illegal_vector : 1, receive_illegal_vector : 1;
    uint32_t illegal_register : 1, reserved_8 : 24;
};

struct TimerDivideRegister {
    uint32_t divide__0 : 2, zero_2 : 1, divide__1 : 1, reserved_4 : 28;
};

struct X87Control {
    uint16_t mask_invalid : 1, mask_denormal : 1, mask_divide_by_zero : 1, mask_overflow : 1;
    uint16_t mask_underflow : 1, mask_precision : 1, reserved_6 : 2, precision : 2, rounding : 2;
    uint16_t infinity : 1, reserved_13 : 3;
};

struct X87Status {
    uint16_t invalid : 1, denormal : 1, divide_by_zero : 1, overflow : 1, underflow : 1;
    uint16_t precision : 1, stack_fault : 1, error_summary : 1;
    uint16_t condition__0 : 3, top : 3, condition__1 : 1, busy : 1;
};

struct XcompBv {
    u64 components : 63, compacted : 1;
};

struct BoundConfiguration {
    u64 enable : 1, preserve : 1, zero_2 : 10, directory : 52;
};

struct Pkru {
    uint32_t rights;
};
