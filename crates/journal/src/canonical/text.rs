//! Text in quotes (RFC 8785 section 3.2.2.2).

use ringfence_model::hex;

/// Bytes that are looked at together.
const WORD: usize = 8;

/// Writes `text` in quotes to the end of `out`.
pub(super) fn write(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    if is_plain(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        escape(out, text.as_bytes());
    }
    out.push(b'"');
}

/// Puts what stands in `out` from `from` on, and was not written by [`write`], in quotes.
pub(super) fn quote(out: &mut Vec<u8>, from: usize) {
    let written = out.get(from..).unwrap_or_default();
    if is_plain(written) {
        out.insert(from, b'"');
    } else {
        let written = out.split_off(from);
        out.push(b'"');
        escape(out, &written);
    }
    out.push(b'"');
}

fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<WORD>();
    words.iter().all(|word| !has_special(u64::from_ne_bytes(*word)))
        && !rest.iter().any(|byte| is_special(*byte))
}

/// True where a byte of `word` is special, and for some words with bytes that are not ASCII.
const fn has_special(word: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; WORD]);
    const HIGHS: u64 = ONES << 7;
    // A byte below `least` borrows from its high bit ("Bit Twiddling Hacks", hasless).
    const fn below(word: u64, least: u64) -> u64 {
        word.wrapping_sub(ONES * least) & !word & HIGHS
    }
    let quote = word ^ (ONES * b'"' as u64);
    let escape = word ^ (ONES * b'\\' as u64);
    below(word, 0x20) | below(quote, 1) | below(escape, 1) != 0
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escape(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        let short = match byte {
            b'"' | b'\\' => *byte,
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0C => b'f',
            b'\r' => b'r',
            0..0x20 => {
                out.extend_from_slice(&[
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    hex::digit(byte >> 4),
                    hex::digit(byte & 0xF),
                ]);
                continue;
            }
            _ => {
                out.push(*byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}
