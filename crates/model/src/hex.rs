//! Bytes as lower-case hex digits (RFC 4648, section 8).

/// Two digits for each byte.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(byte & 0xF)].map(char::from));
    }
    text
}

/// The digit of a nibble, 0 to 15.
#[must_use]
pub const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) }
}
