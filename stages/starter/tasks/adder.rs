//! Adds the two words of whoever calls.

#![no_std]
#![no_main]

use core::fmt::Write;
use handles::cap;
use kpack::interface::{FaultReply, Kind, Receive, Status};
use kpack::{recv, reply_recv, Console, Message};

#[path = "../build/adder.rs"]
mod handles;

kpack::task!(main);

fn main() -> u64 {
    let mut message = Message::default();
    match serve(&mut message) {
        Ok(()) => 0,
        Err(status) => status as u64,
    }
}

fn serve(message: &mut Message) -> Result<(), Status> {
    let mut console = Console(cap::console as u64);
    recv(Receive::MESSAGES as u64, message)?;
    loop {
        match message.kind {
            Some(Kind::CALL) => {}
            Some(Kind::FAULT) => {
                *message = Message::of(&[FaultReply::STOP as u64]); // to who made us its supervisor
                reply_recv(message)?;
                continue;
            }
            _ => {
                recv(Receive::MESSAGES as u64, message)?; // nobody waits for an answer
                continue;
            }
        }
        let [a, b, ..] = message.register;
        let _ = writeln!(console, "adder       {a} + {b}, in Rust"); // without a console, silently
        *message = Message::of(&[a.wrapping_add(b)]);
        reply_recv(message)?;
    }
}
