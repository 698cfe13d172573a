//! Calls the server with messages of every kind of length, and tries what the library brings. The
//! exit code is the line of the first thing that was wrong, or 42.

#![no_std]
#![no_main]

use core::fmt::Write;
use core::hint::black_box;
use handles::cap;
use kpack::interface::{Abi, FrameRights, Kind, Receive, Status, User};
use kpack::{call, clock, map, recv, reply_recv, unmap, yield_now, Console, Message};

#[path = "../build/client.rs"]
mod handles;

kpack::task!(main);

const SERVER: u64 = cap::server as u64;
const MOST: usize = Abi::MESSAGE_WORDS as usize;

static mut ZERO: [u32; 3000] = [0; 3000];

macro_rules! check {
    ($what:expr) => {
        if !($what) {
            return Err(line!());
        }
    };
}

fn memory() -> Result<(), u32> {
    let mut text = black_box(*b"0123456789");
    text.copy_within(black_box(0..5), 2);
    check!(&text == black_box(b"0101234789"));
    text.copy_within(black_box(2..7), 0);
    check!(&text == black_box(b"0123434789"));
    text[black_box(1)..black_box(4)].fill(b'x');
    check!(text[..black_box(10)] == b"0xxx434789"[..]);
    check!(black_box(&b"a"[..]) < black_box(&b"b"[..]));
    check!(black_box(&b"b\xff"[..]) > black_box(&b"b\x7f"[..]));
    let zero = core::ptr::addr_of_mut!(ZERO);
    for n in 0..3000 {
        check!(unsafe { (*zero)[n] } == 0);
    }
    unsafe { (*zero)[2999] = 7 };
    Ok(())
}

/// More values than there are registers, alive over a call that changes them all.
fn registers() -> Result<(), u32> {
    let a = black_box(3u64);
    let [b, c, d, e] = [a * 5, a * 25, a * 125, a * 625];
    let [f, g, h, i] = [e * 5, e * 25, e * 125, e * 625];
    let [j, k, l, m, n] = [i * 5, i * 25, i * 125, i * 625, i * 3125];
    let before = black_box(a + b + c + d + e + f + g + h + i + j + k + l + m + n);
    for _ in 0..3 {
        yield_now();
        check!(a + b + c + d + e + f + g + h + i + j + k + l + m + n == before);
    }
    check!(before == 4577636718); // 3 (5^14 - 1) / 4
    Ok(())
}

/// The same of vector registers.
fn vectors() -> Result<(), u32> {
    let [a, b, c, d] = [black_box(1.5f64), black_box(3.0), black_box(6.0), black_box(12.0)];
    let [e, f, g, h] = [black_box(24.0f64), black_box(48.0), black_box(96.0), black_box(192.0)];
    let before = a + b + c + d + e + f + g + h;
    yield_now();
    check!(before == 382.5);
    check!(h + g * 2.0 + f * 3.0 + e * 4.0 + d * 5.0 + c * 6.0 + b * 7.0 + a * 8.0 == 753.0);
    Ok(())
}

fn messages() -> Result<(), u32> {
    let value = |n: usize| n as u64 * 0x123456789 + 3;
    let mut message = Message::default();
    message.words = message.register.len();
    for n in 0..message.words {
        message.set_word(n, value(n));
    }
    check!(call(SERVER, &mut message) == Ok(()));
    check!((message.words, message.kind, message.badge) == (10, Some(Kind::CALL), 0));
    check!((0..10).all(|n| message.register[n] == value(n) + 1));

    message.words = MOST;
    for n in 0..MOST {
        message.set_word(n, (n * n) as u64 + 5);
    }
    check!(call(SERVER, &mut message) == Ok(()) && message.words == MOST);
    check!((0..MOST).all(|n| message.word(n) == (n * n) as u64 + 6));
    Ok(())
}

fn errors() -> Result<(), u32> {
    let mut message = Message { words: MOST + 1, ..Message::default() };
    check!(call(SERVER, &mut message) == Err(Status::BAD_ARGUMENT));
    message.words = 0;
    check!(call(SERVER + 1, &mut message) == Err(Status::BAD_HANDLE));
    check!(call(cap::nothing as u64, &mut message) == Err(Status::NO_RIGHT));
    check!(unmap(SERVER) == Err(Status::WRONG_TYPE));
    message.flags = Abi::DEADLINE as u64;
    check!(recv(Receive::MESSAGES as u64, &mut message) == Err(Status::WOULD_BLOCK));
    check!(message.flags == 0);
    check!(reply_recv(&mut message) == Err(Status::NO_CALLER));
    Ok(())
}

fn time_and_memory() -> Result<(), u32> {
    let start = clock();
    let flags = Abi::DEADLINE as u64;
    let mut message = Message { flags, deadline: start + 2_000_000, ..Message::default() };
    check!(recv(0, &mut message) == Err(Status::TIMED_OUT));
    check!(clock() - start >= 2_000_000);
    check!(kpack::version() == Abi::VERSION as u64);
    let rights = FrameRights::READ_MASK | FrameRights::WRITE_MASK;
    let address = User::DEVICES as u64;
    check!(map(cap::page as u64, cap::myself as u64, address, rights) == Ok(()));
    let page = address as usize as *mut u64;
    unsafe {
        page.add(1).write_volatile(99);
        check!((page.read_volatile(), page.add(1).read_volatile()) == (0, 99));
    }
    check!(unmap(cap::page as u64) == Ok(()));
    Ok(())
}

fn main() -> u64 {
    let mut console = Console(cap::console as u64);
    let _ = writeln!(console, "client      in Rust, {} {:x}", black_box(u64::MAX), black_box(0));
    for part in [memory, registers, vectors, messages, errors, time_and_memory] {
        if let Err(line) = part() {
            return line.into();
        }
    }
    match call(SERVER, &mut Message::default()) {
        Ok(()) => 42,
        Err(status) => status as u64,
    }
}
