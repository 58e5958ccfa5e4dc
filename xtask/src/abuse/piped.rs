//! A server on pipes that does what a call's argument `fault` says: `cargo xtask abuse --upstream`.
//!
//! Its own process, since it stops reading and does not come back.

use std::io::{BufRead as _, StdoutLock, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use crate::failure::{Context as _, Failure};

/// Notices of a flood between two calls.
const FLOOD: usize = 20_000;

/// Serves until stdin ends.
pub(super) fn serve() -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut held: Option<Value> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.context("stdin")?;
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        let id = message.get("id").cloned();
        let method = message.get("method").and_then(Value::as_str);
        let (Some(id), Some(method)) = (id, method) else { continue };
        let result = match method {
            "initialize" => {
                json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": { "listChanged": true } },
                "serverInfo": { "name": "hostile", "version": "1" } })
            }
            "tools/list" => json!({ "tools": [{ "name": "ill", "description": "Does what its argument says",
                "inputSchema": { "type": "object" } }] }),
            "tools/call" => {
                call(&message, &mut held, &mut out)?;
                continue;
            }
            "ping" => json!({}),
            _ => {
                say(
                    &mut out,
                    &json!({ "jsonrpc": "2.0", "id": id,
                    "error": { "code": -32601, "message": "no such method" } }),
                )?;
                continue;
            }
        };
        say(&mut out, &json!({ "jsonrpc": "2.0", "id": id, "result": result }))?;
    }
    Ok(())
}

fn call(message: &Value, held: &mut Option<Value>, out: &mut StdoutLock<'_>) -> Result<(), Failure> {
    let argument = |message: &Value, name: &str| {
        let found = message.pointer("/params/arguments").and_then(|arguments| arguments.get(name));
        found.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let answer = |message: &Value| {
        json!({ "jsonrpc": "2.0", "id": message.get("id"),
            "result": { "content": [{ "type": "text", "text": argument(message, "text") }] } })
    };
    match argument(message, "fault").as_str() {
        // The second call is answered before the first, and each of them twice.
        "reverse" => match held.take() {
            None => *held = Some(message.clone()),
            Some(first) => {
                for message in [message, &first, message, &first] {
                    say(out, &answer(message))?;
                }
            }
        },
        "flood" => {
            for number in 0..FLOOD {
                say(
                    out,
                    &json!({ "jsonrpc": "2.0", "method": "notifications/message",
                    "params": { "level": "error", "data": format!("line {number}") } }),
                )?;
                say(out, &json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }))?;
            }
            say(out, &answer(message))?;
        }
        // Writes for ever and never reads again.
        "deaf" => loop {
            say(
                out,
                &json!({ "jsonrpc": "2.0", "method": "notifications/message",
                "params": { "level": "error", "data": "x".repeat(1_000) } }),
            )?;
            std::thread::sleep(Duration::from_micros(100));
        },
        _ => say(out, &answer(message))?,
    }
    Ok(())
}

fn say(out: &mut StdoutLock<'_>, message: &Value) -> Result<(), Failure> {
    out.write_all(format!("{message}\n").as_bytes()).context("stdout")?;
    out.flush().context("stdout")
}
