//! The kernel's calls for tasks in Rust, and what every task begins with.
//!
//! `interface` is what `kpack export --lang rust interface` writes: numbers, statuses, rights,
//! layouts. A call takes a handle and a Message; what comes back is in the same Message. One that
//! returns AGAIN until it is done (create, revoke, destroy) is repeated here.

#![no_std]

#[path = "../build/interface.rs"]
pub mod interface;

use core::arch::{asm, global_asm};
use core::fmt;
use core::panic::PanicInfo;
use interface::{Abi, Call, Kind, MessageBuffer, ObjectType, Status, ThreadPart, User};

pub const REGISTER_WORDS: usize = Abi::REGISTER_WORDS as usize;

/// What goes into a call and what came back. The default is a message of no words that waits for
/// ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Message {
    /// Words 0 to 9; `word` and `set_word` also reach the others.
    pub register: [u64; REGISTER_WORDS],
    /// How many the message has: at most `Abi::MESSAGE_WORDS`.
    pub words: usize,
    /// Of the next call only: `Abi::DEADLINE`, `Abi::CAPABILITY`.
    pub flags: u64,
    /// With `Abi::DEADLINE`: ns since boot.
    pub deadline: u64,
    /// Received: whose capability it came by, or the signals' bits.
    pub badge: u64,
    /// Received: `Abi::RECEIVED`, `Abi::DROPPED`.
    pub received: u64,
    /// Received: what it is.
    pub kind: Option<Kind>,
}

impl Message {
    /// A message of these words, at most ten.
    pub fn of(words: &[u64]) -> Self {
        let mut message = Self { words: words.len(), ..Self::default() };
        message.register[..words.len()].copy_from_slice(words);
        message
    }

    /// Word n, wherever it travels: 0 to `Abi::MESSAGE_WORDS` - 1.
    pub fn word(&self, n: usize) -> u64 {
        match self.register.get(n) {
            Some(word) => *word,
            None => unsafe { long_word(n).read_volatile() },
        }
    }

    pub fn set_word(&mut self, n: usize, value: u64) {
        match self.register.get_mut(n) {
            Some(word) => *word = value,
            None => unsafe { long_word(n).write_volatile(value) },
        }
    }
}

/// Where the words that do not fit in registers lie: in this thread's message buffer.
fn long_word(n: usize) -> *mut u64 {
    assert!(n < Abi::MESSAGE_WORDS as usize);
    let buffer = User::BUFFER as usize as *mut MessageBuffer;
    unsafe { core::ptr::addr_of_mut!((*buffer).words).cast::<u64>().add(n) }
}

/// SYSCALL: only rsp survives it, the vector registers included. Rust names neither rbx nor rbp as
/// changed, so they are kept on the stack.
#[inline]
unsafe fn syscall(
    mut rax: u64,
    mut rdi: u64,
    deadline: u64,
    words: &mut [u64; REGISTER_WORDS],
) -> (u64, u64) {
    asm!(
        "push rbp",
        "push rbx",
        "push rcx",
        "mov rsi, [rcx + 0 * 8]",
        "mov rdx, [rcx + 1 * 8]",
        "mov r8, [rcx + 2 * 8]",
        "mov r9, [rcx + 3 * 8]",
        "mov r10, [rcx + 4 * 8]",
        "mov rbx, [rcx + 5 * 8]",
        "mov r12, [rcx + 6 * 8]",
        "mov r13, [rcx + 7 * 8]",
        "mov r14, [rcx + 8 * 8]",
        "mov rbp, [rcx + 9 * 8]",
        "syscall",
        "pop rcx",
        "mov [rcx + 0 * 8], rsi",
        "mov [rcx + 1 * 8], rdx",
        "mov [rcx + 2 * 8], r8",
        "mov [rcx + 3 * 8], r9",
        "mov [rcx + 4 * 8], r10",
        "mov [rcx + 5 * 8], rbx",
        "mov [rcx + 6 * 8], r12",
        "mov [rcx + 7 * 8], r13",
        "mov [rcx + 8 * 8], r14",
        "mov [rcx + 9 * 8], rbp",
        "pop rbx",
        "pop rbp",
        inout("rax") rax,
        inout("rdi") rdi,
        inout("rcx") words.as_mut_ptr() => _,
        inout("r15") deadline => _,
        out("r12") _,
        out("r13") _,
        out("r14") _,
        clobber_abi("sysv64"),
    );
    (rax, rdi)
}

/// Any call.
#[inline]
pub fn perform(number: Call, handle: u64, message: &mut Message) -> Result<(), Status> {
    let octet = (1 << Abi::KIND_SHIFT as u64) - 1;
    let rax = message.words as u64 | (number as u64) << Abi::NUMBER_SHIFT as u64 | message.flags;
    let deadline = message.deadline;
    let (rax, rdi) = unsafe { syscall(rax, handle, deadline, &mut message.register) };
    message.words = (rax & octet) as usize;
    message.kind = Kind::from_raw(rax >> Abi::KIND_SHIFT as u64 & octet);
    message.badge = rdi;
    message.received = rax & (Abi::RECEIVED as u64 | Abi::DROPPED as u64);
    message.flags = 0;
    match Status::from_raw((rax & Abi::STATUS_MASK as u64) >> Abi::STATUS_SHIFT as u64) {
        Some(Status::OK) => Ok(()),
        Some(status) => Err(status),
        None => Err(Status::BAD_CALL), // of a kernel that is newer than the interface
    }
}

/// A call with a few arguments and no message.
#[inline]
fn plain(number: Call, handle: u64, words: &[u64]) -> Result<(), Status> {
    perform(number, handle, &mut Message::of(words))
}

/// As `plain`, repeated until it is done.
fn whole(number: Call, handle: u64, words: &[u64]) -> Result<(), Status> {
    loop {
        match plain(number, handle, words) {
            Err(Status::AGAIN) => continue,
            done => return done,
        }
    }
}

// Messages

/// Sends, waits for the reply.
#[inline]
pub fn call(endpoint: u64, message: &mut Message) -> Result<(), Status> {
    perform(Call::CALL, endpoint, message)
}

/// Sends without a reply; waits until it is received.
#[inline]
pub fn send(endpoint: u64, message: &mut Message) -> Result<(), Status> {
    perform(Call::SEND, endpoint, message)
}

/// Waits for what `accept` says: of `Receive` one, both, or 0: only the deadline.
#[inline]
pub fn recv(accept: u64, message: &mut Message) -> Result<(), Status> {
    message.words = 0;
    perform(Call::RECV, accept, message)
}

/// Replies to who called last, then waits for messages and signals.
#[inline]
pub fn reply_recv(message: &mut Message) -> Result<(), Status> {
    perform(Call::REPLY_RECV, 0, message)
}

/// Replies to who called last, or to the client whose right to reply is in a slot; never waits.
#[inline]
pub fn reply(slot: u64, message: &mut Message) -> Result<(), Status> {
    perform(Call::REPLY, slot, message)
}

/// Moves the right to reply to who called last into an empty slot, to answer it later.
pub fn reply_save(slot: u64) -> Result<(), Status> {
    plain(Call::REPLY_SAVE, slot, &[])
}

/// Sets the badge's bits of a Notification.
#[inline]
pub fn signal(notification: u64) -> Result<(), Status> {
    plain(Call::SIGNAL, notification, &[])
}

// Threads

#[inline]
pub fn yield_now() {
    let _ = plain(Call::YIELD, 0, &[]); // it has no error
}

/// Ends this thread; its supervisor is told the code.
pub fn exit(code: u64) -> ! {
    loop {
        let _ = plain(Call::EXIT, code, &[]); // a supervisor may resume even this
    }
}

/// Starts a thread that is stopped.
pub fn start(thread: u64, rip: u64, rsp: u64, rdi: u64) -> Result<(), Status> {
    plain(Call::START, thread, &[rip, rsp, rdi])
}

/// Lets a thread go on where it was stopped.
pub fn resume(thread: u64) -> Result<(), Status> {
    plain(Call::START, thread, &[])
}

pub fn stop(thread: u64) -> Result<(), Status> {
    plain(Call::STOP, thread, &[])
}

/// Reads a part of a thread's registers or settings: its words are the message's, from 0 on.
pub fn read_thread(thread: u64, part: ThreadPart) -> Result<Message, Status> {
    let mut message = Message::of(&[part as u64]);
    perform(Call::READ_THREAD, thread, &mut message).map(|()| message)
}

/// Changes a part; `words` are as many as the part has, at most 9.
pub fn write_thread(thread: u64, part: ThreadPart, words: &[u64]) -> Result<(), Status> {
    let mut message = Message::of(&[part as u64]);
    message.words += words.len();
    message.register[1..message.words].copy_from_slice(words);
    perform(Call::WRITE_THREAD, thread, &mut message)
}

// Memory

/// Maps a frame into a Space at a page; `rights` are bits of `FrameRights`.
pub fn map(frame: u64, space: u64, address: u64, rights: u8) -> Result<(), Status> {
    plain(Call::MAP, frame, &[space, address, rights.into()])
}

pub fn unmap(frame: u64) -> Result<(), Status> {
    plain(Call::UNMAP, frame, &[])
}

// Capabilities and objects. A Space of 0 is one's own.

/// Copies a capability into an empty slot, with those of its rights that `rights` names.
pub fn copy(source: u64, space: u64, slot: u64, rights: u8) -> Result<(), Status> {
    plain(Call::COPY, source, &[space, slot, rights.into()])
}

/// As `copy`, with a badge of one's own; needs the right to control the source.
pub fn mint(source: u64, space: u64, slot: u64, rights: u8, badge: u64) -> Result<(), Status> {
    plain(Call::COPY, source, &[space, slot, rights.into(), badge])
}

/// Empties a slot.
pub fn delete(space: u64, slot: u64) -> Result<(), Status> {
    plain(Call::DELETE, space, &[slot])
}

/// Takes an object away from all others who name it.
pub fn revoke(handle: u64) -> Result<(), Status> {
    whole(Call::REVOKE, handle, &[])
}

pub fn destroy(handle: u64) -> Result<(), Status> {
    whole(Call::DESTROY, handle, &[])
}

/// Makes an object, paid for by `space`; at most 8 arguments.
pub fn create(space: u64, kind: ObjectType, slot: u64, arguments: &[u64]) -> Result<(), Status> {
    let mut words = [0; REGISTER_WORDS];
    words[0] = kind as u64;
    words[1] = slot;
    words[2..2 + arguments.len()].copy_from_slice(arguments);
    whole(Call::CREATE, space, &words[..2 + arguments.len()])
}

/// What an object is and uses: the message's words, from 0 on.
pub fn inspect(handle: u64) -> Result<Message, Status> {
    let mut message = Message::default();
    perform(Call::INSPECT, handle, &mut message).map(|()| message)
}

// Time and devices

/// ns since boot.
pub fn clock() -> u64 {
    let mut message = Message::default();
    let _ = perform(Call::CLOCK, 0, &mut message); // it has no error
    message.register[0]
}

/// The ABI's version: `Abi::VERSION` when the interface is the kernel's.
pub fn version() -> u64 {
    let number = (Call::NULL as u64) << Abi::NUMBER_SHIFT as u64;
    unsafe { syscall(number, 0, 0, &mut [0; REGISTER_WORDS]).0 }
}

/// Lets a device interrupt come again.
pub fn irq_ack(irq: u64) -> Result<(), Status> {
    plain(Call::IRQ_ACK, irq, &[])
}

// The console server

/// Prints through the console server whose Endpoint it has: `write!(Console(handle), …)`.
#[derive(Clone, Copy)]
pub struct Console(pub u64);

impl Console {
    /// Prints text, 80 bytes a call.
    pub fn print(self, text: &str) -> Result<(), Status> {
        for part in text.as_bytes().chunks(8 * REGISTER_WORDS) {
            let mut message = Message { words: REGISTER_WORDS, ..Message::default() };
            for (word, octets) in message.register.iter_mut().zip(part.chunks(8)) {
                let mut padded = [0; 8];
                padded[..octets.len()].copy_from_slice(octets);
                *word = u64::from_le_bytes(padded); // a zero byte ends what is shorter
            }
            call(self.0, &mut message)?;
        }
        Ok(())
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.print(text).map_err(|_| fmt::Error)
    }
}

// What every task begins with

/// Names the function that a task runs, `fn() -> u64`: what it returns is the exit code.
#[macro_export]
macro_rules! task {
    ($function:path) => {
        #[no_mangle]
        extern "C" fn kpack_begin() -> ! {
            let function: fn() -> u64 = $function;
            $crate::exit(function())
        }
    };
}

// The first instruction. rsp is the stack's end, a multiple of 16, as a call wants it.
global_asm!(
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "xor ebp, ebp",
    "call kpack_begin",
    ".size _start, . - _start",
);

/// The exit code of a task that panicked.
pub const PANICKED: u64 = 101;

#[panic_handler]
fn panicked(_: &PanicInfo) -> ! {
    exit(PANICKED)
}

/// What the compiler expects even where there is no library: string instructions, since a loop
/// could be compiled to a call of the very function.
mod memory {
    use core::arch::asm;

    #[no_mangle]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
        asm!("rep movsb", inout("rdi") to => _, inout("rsi") from => _, inout("rcx") size => _);
        to
    }

    #[no_mangle]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
        if (to as usize).wrapping_sub(from as usize) >= size {
            return memcpy(to, from, size);
        }
        let (last_to, last_from) = (to.add(size - 1), from.add(size - 1));
        asm!(
            "std", "rep movsb", "cld",
            inout("rdi") last_to => _, inout("rsi") last_from => _, inout("rcx") size => _,
        );
        to
    }

    #[no_mangle]
    unsafe extern "C" fn memset(to: *mut u8, octet: i32, size: usize) -> *mut u8 {
        asm!("rep stosb", inout("rdi") to => _, inout("rcx") size => _, in("al") octet as u8);
        to
    }

    #[no_mangle]
    unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, size: usize) -> i32 {
        for n in 0..size {
            let (a, b) = (left.add(n).read_volatile(), right.add(n).read_volatile());
            if a != b {
                return i32::from(a) - i32::from(b);
            }
        }
        0
    }

    #[no_mangle]
    unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, size: usize) -> i32 {
        memcmp(left, right, size)
    }
}
