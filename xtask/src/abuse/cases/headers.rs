//! The headers that repeat what the body says (2026-07-28, SEP-2243).

use serde_json::json;

use crate::abuse::arena::{Arena, ensure};
use crate::abuse::wire::{code, modern_call};
use crate::failure::Failure;

pub(super) fn smuggled(arena: &Arena) -> Result<(), Failure> {
    let good = modern_call("/servers/ill/mcp", 1, "ill", &json!({ "arguments": { "text": "a" } }));
    let text = String::from_utf8_lossy(&good).into_owned();
    let with = |from: &str, to: &str| text.replacen(from, to, 1);
    let (method, name) = ("Mcp-Method: tools/call", "Mcp-Name: ill");
    let all = [
        ("a name twice", with(name, "Mcp-Name: ill\r\nMcp-Name: ill")),
        ("two names", with(name, "Mcp-Name: ill\r\nMcp-Name: echo")),
        ("two names in one", with(name, "Mcp-Name: ill, echo")),
        ("no name", with("Mcp-Name: ill\r\n", "")),
        ("another name", with(name, "Mcp-Name: echo")),
        ("a name in another case", with(name, "Mcp-Name: ILL")),
        ("another name in base64", with(name, "Mcp-Name: =?base64?ZWNobw==?=")),
        ("a name in broken base64", with(name, "Mcp-Name: =?base64?aWxs!?=")),
        ("a name in base64 without padding", with(name, "Mcp-Name: =?base64?ZWNobw?=")),
        ("a name that is not text", with(name, "Mcp-Name: =?base64?//79?=")),
        ("a method twice", with(method, "Mcp-Method: tools/call\r\nMcp-Method: tools/list")),
        ("no method", with("Mcp-Method: tools/call\r\n", "")),
        ("another method", with(method, "Mcp-Method: tools/list")),
        ("a method in another case", with(method, "Mcp-Method: Tools/Call")),
        (
            "two versions",
            with(
                "MCP-Protocol-Version: 2026-07-28",
                "MCP-Protocol-Version: 2026-07-28\r\nMCP-Protocol-Version: 2025-11-25",
            ),
        ),
        ("another version", with("MCP-Protocol-Version: 2026-07-28", "MCP-Protocol-Version: 2025-11-25")),
    ];
    let before = arena.hostile.count();
    for (what, bytes) in &all {
        let answer = arena.say(bytes.as_bytes())?;
        let refused = answer.as_ref().is_some_and(|a| a.status == 400 && code(&a.message()) == Some(-32_020));
        ensure(refused, || format!("{what}: {answer:?}"))?;
    }
    ensure(arena.hostile.count() == before, || "a refused call reached the server".to_owned())?;
    // The name in base64, its header in another case: the same call as the plain one.
    let plain = with(name, "mcp-NAME:   =?base64?aWxs?=  ");
    let answer = arena.say(plain.as_bytes())?;
    ensure(answer.as_ref().is_some_and(|answer| answer.text() == "a"), || {
        format!("the right name in base64: {answer:?}")
    })
}
