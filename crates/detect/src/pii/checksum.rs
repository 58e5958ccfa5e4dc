//! Check digits of identifiers. Must never allocate for a value of digits, nor panic on what is none.

use sha2::{Digest as _, Sha256};

/// The digits of `text`, separators left out; `None` beyond 40.
pub(crate) fn digits(text: &str) -> Option<Digits> {
    let mut digits = Digits { values: [0; 40], count: 0 };
    for byte in text.bytes().filter(u8::is_ascii_digit) {
        *digits.values.get_mut(digits.count)? = byte - b'0';
        digits.count += 1;
    }
    Some(digits)
}

/// At most forty digits.
pub(crate) struct Digits {
    values: [u8; 40],
    count: usize,
}

impl Digits {
    pub(crate) fn all(&self) -> &[u8] {
        self.values.get(..self.count).unwrap_or_default()
    }

    /// The number that digits `from..to` write.
    pub(crate) fn number(&self, from: usize, to: usize) -> u64 {
        let part = self.all().get(from..to).unwrap_or_default();
        part.iter().fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(*digit)))
    }

    /// The digit at `at`.
    pub(crate) fn at(&self, at: usize) -> u8 {
        self.all().get(at).copied().unwrap_or(u8::MAX)
    }

    /// Digits times weights, summed.
    pub(crate) fn weighted(&self, weights: &[u64]) -> u64 {
        self.all().iter().zip(weights).map(|(digit, weight)| u64::from(*digit) * weight).sum()
    }
}

/// ISO/IEC 7812-1 annex B (Luhn).
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match u32::from(*digit) * (1 + u32::from(at % 2 == 1)) {
            doubled if doubled > 9 => doubled - 9,
            plain => plain,
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// Verhoeff, "Error detecting decimal codes" (1969).
pub(crate) fn verhoeff(digits: &[u8]) -> bool {
    const TIMES: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const TURNS: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let cell = |table: &[[u8; 10]], row: usize, column: u8| {
        table.get(row).and_then(|row| row.get(usize::from(column))).copied().unwrap_or_default()
    };
    let check = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |sum, (at, digit)| cell(&TIMES, usize::from(sum), cell(&TURNS, at % 8, *digit)));
    check == 0
}

/// ISO 7064 MOD 97-10 over letters and digits, the first four characters moved to the end (ISO 13616, IBAN).
pub(crate) fn iban(text: &str) -> bool {
    let compact: Vec<u8> =
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
    let Some((head, tail)) = compact.split_at_checked(4) else { return false };
    let rest = tail.iter().chain(head).fold(0_u32, |rest, byte| {
        if byte.is_ascii_digit() {
            (rest * 10 + u32::from(byte - b'0')) % 97
        } else {
            (rest * 100 + u32::from(byte - b'A') + 10) % 97
        }
    });
    rest == 1
}

/// ISO 7064 MOD 11-10 over digits.
pub(crate) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((last, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10_u32, |product, digit| {
        let sum = match (product + u32::from(*digit)) % 10 {
            0 => 10,
            sum => sum,
        };
        sum * 2 % 11
    });
    (product + u32::from(*last)) % 10 == 1
}

/// The alphabet of Bitcoin.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Base58 whose last four bytes are the head of the double SHA-256 of the others; the others.
pub(crate) fn base58check(text: &str) -> Option<Vec<u8>> {
    if text.len() < 20 || text.len() > 120 {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::with_capacity(96);
    for byte in text.bytes() {
        let mut carry = BASE58.iter().position(|own| *own == byte)?;
        for low in &mut bytes {
            carry += usize::from(*low) * 58;
            *low = u8::try_from(carry & 0xFF).ok()?;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(u8::try_from(carry & 0xFF).ok()?);
            carry >>= 8;
        }
    }
    bytes.extend(text.bytes().take_while(|byte| *byte == b'1').map(|_| 0));
    bytes.reverse();
    let (body, check) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let twice = Sha256::digest(Sha256::digest(body));
    (twice.get(..4)? == check).then(|| body.to_vec())
}

/// BIP 173 and BIP 350: the polynomial over the human-readable part and the data.
pub(crate) fn bech32(text: &str) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    if text.len() > 120
        || text.bytes().any(|byte| byte.is_ascii_uppercase())
            && text.bytes().any(|byte| byte.is_ascii_lowercase())
    {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let Some((human, data)) = lower.rsplit_once('1') else { return false };
    let step = |check: u32, value: u32| {
        let top = check >> 25;
        GENERATOR.iter().enumerate().fold((check & 0x1ff_ffff) << 5 ^ value, |sum, (bit, term)| {
            if top >> bit & 1 == 1 { sum ^ term } else { sum }
        })
    };
    let mut check = human.bytes().fold(1, |check, byte| step(check, u32::from(byte) >> 5));
    check = step(check, 0);
    check = human.bytes().fold(check, |check, byte| step(check, u32::from(byte) & 31));
    for byte in data.bytes() {
        let Some(value) = ALPHABET.iter().position(|own| *own == byte) else { return false };
        check = step(check, u32::try_from(value).unwrap_or_default());
    }
    data.len() >= 6 && !human.is_empty() && (check == 1 || check == 0x2bc8_30a3)
}

#[cfg(test)]
mod tests;
