//! Adds 1 to every word and sends it back; a message of no words is the last. The exit code is 43 when
//! the client had its badge and all else was right.

#![no_std]
#![no_main]

use handles::cap;
use kpack::interface::{Kind, Receive, Status};
use kpack::{recv, reply, reply_recv, Console, Message};

#[path = "../build/server.rs"]
mod handles;

kpack::task!(main);

fn main() -> u64 {
    let mut message = Message::default();
    match serve(&mut message) {
        Ok(code) => code,
        Err(status) => status as u64,
    }
}

fn serve(message: &mut Message) -> Result<u64, Status> {
    Console(cap::console as u64).print("server      in Rust\n")?;
    recv(Receive::MESSAGES as u64, message)?;
    while message.kind == Some(Kind::CALL) && message.badge == 7 {
        if message.words == 0 {
            reply(0, message)?;
            return Ok(43);
        }
        for n in 0..message.words {
            message.set_word(n, message.word(n) + 1);
        }
        reply_recv(message)?;
    }
    Ok(1)
}
