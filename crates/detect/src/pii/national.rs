//! Check digits and structure of numbers that states give out, by the rules that each state publishes.
//! Must never accept a number whose rule it does not know.

use super::checksum::{Digits, digits, luhn, mod_11_10, verhoeff};
use super::rule::Check;

/// True when `value`, of a shape of its rule, holds.
pub(super) fn holds(check: Check, value: &str) -> bool {
    let upper: String =
        value.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let Some(d) = digits(&upper) else { return false };
    if check != Check::Shape && d.all().windows(2).all(|pair| pair.first() == pair.last()) {
        // 000000000 and 111111111 hold under many rules and are nobody's.
        return false;
    }
    match check {
        Check::Shape => true,
        Check::Luhn => luhn(d.all()),
        Check::Verhoeff => verhoeff(d.all()),
        Check::Mod1110 => mod_11_10(d.all()),
        Check::UsSsn
        | Check::UsItin
        | Check::UsNpi
        | Check::UsAba
        | Check::UsMbi
        | Check::CaSin
        | Check::BrCpf
        | Check::BrCnpj
        | Check::ArCuit
        | Check::ClRut
        | Check::MxCurp
        | Check::EcCedula
        | Check::UyCi
        | Check::CoNit
        | Check::Vin => american(check, &upper, &d),
        Check::UkNhs
        | Check::UkNino
        | Check::IePps
        | Check::FrNir
        | Check::DeDocument
        | Check::DePassport
        | Check::NlBsn
        | Check::BeNn
        | Check::AtSvnr
        | Check::ChAhv
        | Check::EsNif
        | Check::ItCf
        | Check::PtNif => western(check, &upper, &d),
        Check::SePersonnummer
        | Check::SeCompany
        | Check::NoFnr
        | Check::DkCpr
        | Check::FiHetu
        | Check::IsKt
        | Check::PlPesel
        | Check::CzRc
        | Check::RoCnp
        | Check::BgEgn
        | Check::Jmbg
        | Check::EeIk
        | Check::TrKimlik
        | Check::RuSnils
        | Check::RuInn => northern(check, &upper, &d),
        Check::InAadhaar
        | Check::InPan
        | Check::CnId
        | Check::HkId
        | Check::TwId
        | Check::SgNric
        | Check::KrRrn
        | Check::KrLicence
        | Check::JpMyNumber
        | Check::ThId
        | Check::ZaId
        | Check::AuTfn
        | Check::AuMedicare
        | Check::AuAbn
        | Check::AuAcn
        | Check::NzIrd => southern(check, &upper, &d),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`holds` sends each check to the group that knows it")]
fn american(check: Check, upper: &str, d: &Digits) -> bool {
    let n = |from, to| d.number(from, to);
    let last = u64::from(d.all().last().copied().unwrap_or_default());
    match check {
        // SSA: no area 000, 666, 900 to 999, no group 00, no serial 0000; two that advertisements used up.
        Check::UsSsn => {
            let area = n(0, 3);
            area != 0
                && area != 666
                && area < 900
                && n(3, 5) != 0
                && n(5, 9) != 0
                && !matches!(n(0, 9), 78_051_120 | 219_099_999)
        }
        Check::UsItin => d.at(0) == 9 && matches!(n(3, 5), 50..=65 | 70..=88 | 90..=92 | 94..=99),
        Check::UsNpi => {
            let prefixed: Vec<u8> = [8, 0, 8, 4, 0].into_iter().chain(d.all().iter().copied()).collect();
            matches!(d.at(0), 1 | 2) && luhn(&prefixed)
        }
        Check::UsAba => {
            matches!(n(0, 2), 0..=12 | 21..=32 | 61..=72 | 80)
                && d.weighted(&[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
        }
        Check::UsMbi => d.at(0) != 0 && !upper.contains(['S', 'L', 'O', 'I', 'B', 'Z']),
        // Numbers from 0 are examples, numbers from 8 are not given out.
        Check::CaSin => !matches!(d.at(0), 0 | 8) && luhn(d.all()),
        Check::BrCpf => {
            let digit = |weights: &[u64], count: usize| match d
                .weighted(weights.get(..count).unwrap_or_default())
                * 10
                % 11
            {
                10 => 0,
                digit => digit,
            };
            digit(&[10, 9, 8, 7, 6, 5, 4, 3, 2], 9) == n(9, 10)
                && digit(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2], 10) == n(10, 11)
        }
        Check::BrCnpj => {
            let digit = |weights: &[u64]| match d.weighted(weights) % 11 {
                0 | 1 => 0,
                rest => 11 - rest,
            };
            digit(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == n(12, 13)
                && digit(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == n(13, 14)
        }
        Check::ArCuit => {
            let digit = match 11 - d.weighted(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
                11 => 0,
                10 => 9,
                digit => digit,
            };
            matches!(n(0, 2), 20 | 23 | 24 | 25 | 26 | 27 | 30 | 33 | 34) && digit == last
        }
        Check::ClRut => {
            let (body, check) = upper.split_at(upper.len().saturating_sub(1));
            let sum: u32 = body
                .bytes()
                .rev()
                .zip([2, 3, 4, 5, 6, 7].into_iter().cycle())
                .map(|(byte, weight)| u32::from(byte - b'0') * weight)
                .sum();
            let expected = match 11 - sum % 11 {
                11 => '0',
                10 => 'K',
                digit => char::from_digit(digit, 10).unwrap_or('?'),
            };
            body.bytes().all(|byte| byte.is_ascii_digit()) && check.starts_with(expected)
        }
        Check::MxCurp => {
            const ORDER: &str = "0123456789ABCDEFGHIJKLMN?OPQRSTUVWXYZ";
            let sum: usize = upper
                .chars()
                .take(17)
                .enumerate()
                .filter_map(|(at, c)| Some(ORDER.find(c)? * (18 - at)))
                .sum();
            is_date(n(2, 4), n(4, 6)) && u64::try_from((10 - sum % 10) % 10).is_ok_and(|digit| digit == last)
        }
        Check::EcCedula => matches!(n(0, 2), 1..=24 | 30) && d.at(2) < 6 && luhn(d.all()),
        Check::UyCi => {
            let padded = d.all().len();
            let weights: &[u64] = if padded == 8 { &[2, 9, 8, 7, 6, 3, 4] } else { &[9, 8, 7, 6, 3, 4] };
            (10 - d.weighted(weights) % 10) % 10 == last
        }
        Check::CoNit => {
            let body = d.all().split_last().map_or(&[][..], |(_, body)| body);
            let sum: u64 = body
                .iter()
                .rev()
                .zip([3, 7, 13, 17, 19, 23, 29, 37, 41])
                .map(|(digit, weight)| u64::from(*digit) * weight)
                .sum();
            (match sum % 11 {
                0 | 1 => sum % 11,
                rest => 11 - rest,
            }) == last
        }
        Check::Vin => vin(upper),
        _ => false,
    }
}

/// ISO 3779 with the check digit of 49 CFR 565.15.
fn vin(upper: &str) -> bool {
    const VALUES: &str = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ";
    const WEIGHTS: [usize; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let mut sum = 0;
    for (c, weight) in upper.chars().zip(WEIGHTS) {
        let Some(value) = VALUES.find(c) else { return false };
        sum += value % 10 * weight;
    }
    let expected = if sum % 11 == 10 {
        Some('X')
    } else {
        u32::try_from(sum % 11).ok().and_then(|d| char::from_digit(d, 10))
    };
    upper.len() == 17
        && upper.chars().nth(8) == expected
        && upper.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`holds` sends each check to the group that knows it")]
fn western(check: Check, upper: &str, d: &Digits) -> bool {
    let n = |from, to| d.number(from, to);
    let last = u64::from(d.all().last().copied().unwrap_or_default());
    match check {
        Check::UkNhs => match 11 - d.weighted(&[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
            11 => last == 0,
            10 => false,
            digit => digit == last,
        },
        // HMRC, NIM39110: prefixes that are never given out.
        Check::UkNino => {
            let prefix = upper.get(..2).unwrap_or_default();
            let mut letters = prefix.chars();
            letters.next().is_some_and(|c| !"DFIQUV".contains(c))
                && letters.next().is_some_and(|c| !"DFIOQUV".contains(c))
                && !matches!(prefix, "BG" | "GB" | "KN" | "NK" | "NT" | "TN" | "ZZ")
                && upper.get(8..).is_some_and(|suffix| matches!(suffix, "" | "A" | "B" | "C" | "D"))
        }
        Check::IePps => {
            let second = upper
                .get(8..9)
                .and_then(|c| c.chars().next())
                .map_or(0, |c| u64::from(u32::from(c) - u32::from('A') + 1));
            let sum = (d.weighted(&[8, 7, 6, 5, 4, 3, 2]) + second % 23 * 9) % 23;
            let expected = if sum == 0 {
                Some('W')
            } else {
                u8::try_from(sum).ok().map(|sum| char::from(b'A' + sum - 1))
            };
            upper.chars().nth(7) == expected
        }
        Check::FrNir => matches!(d.at(0), 1..=4 | 7 | 8) && 97 - n(0, 13) % 97 == n(13, 15),
        Check::DeDocument => german_document(upper, d) && is_mrz_checked(upper) || old_german_card(upper),
        Check::DePassport => german_document(upper, d) && is_mrz_checked(upper),
        Check::NlBsn => {
            let sum = d.weighted(&[9, 8, 7, 6, 5, 4, 3, 2]);
            sum % 11 == last && n(0, 9) > 1_000_000
        }
        Check::BeNn => {
            let check = n(9, 11);
            (97 - n(0, 9) % 97 == check || 97 - (2_000_000_000 + n(0, 9)) % 97 == check)
                && n(2, 4) <= 12
                && n(4, 6) <= 31
        }
        Check::AtSvnr => {
            let sum = d.weighted(&[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
            d.at(0) != 0 && sum % 11 == u64::from(d.at(3)) && is_date(n(6, 8), n(4, 6))
        }
        Check::ChAhv => {
            n(0, 3) == 756 && d.weighted(&[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
        }
        Check::EsNif => {
            const LETTERS: &str = "TRWAGMYFPDXBNJZSQVHLCKE";
            let number = match upper.bytes().next() {
                Some(b'X') => n(0, 7),
                Some(b'Y') => 10_000_000 + n(0, 7),
                Some(b'Z') => 20_000_000 + n(0, 7),
                Some(byte) if byte.is_ascii_digit() => n(0, 8),
                Some(_) | None => return false,
            };
            usize::try_from(number % 23).ok().and_then(|at| LETTERS.chars().nth(at)) == upper.chars().last()
        }
        Check::ItCf => italian(upper),
        Check::PtNif => {
            let digit = match 11 - d.weighted(&[9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
                10 | 11 => 0,
                digit => digit,
            };
            matches!(d.at(0), 1..=3 | 5 | 6 | 8 | 9) && digit == last
        }
        _ => false,
    }
}

/// The letters that German documents use, and enough digits.
fn german_document(upper: &str, d: &Digits) -> bool {
    const LETTERS: &str = "CFGHJKLMNPRTVWXYZ";
    let alphabet = upper.chars().all(|c| c.is_ascii_digit() || LETTERS.contains(c));
    upper.starts_with(|c: char| LETTERS.contains(c)) && alphabet && d.all().len() >= 4
}

/// The older series of identity cards: `T` and eight digits, without a check digit.
fn old_german_card(upper: &str) -> bool {
    upper.len() == 9
        && upper.strip_prefix('T').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// ICAO 9303 part 3, weights 7, 3, 1: the last character is the check digit of the others.
fn is_mrz_checked(upper: &str) -> bool {
    let (body, check) = upper.split_at(upper.len().saturating_sub(1));
    let value = |c: char| c.to_digit(36).unwrap_or_default();
    let sum: u32 = body.chars().zip([7, 3, 1].into_iter().cycle()).map(|(c, weight)| value(c) * weight).sum();
    check.chars().next().and_then(|c| c.to_digit(10)) == Some(sum % 10)
}

/// Decree of 12 March 1974: odd places by a table, even ones by rank.
fn italian(upper: &str) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let sum: u32 = upper
        .bytes()
        .take(15)
        .enumerate()
        .map(|(at, byte)| {
            let rank = if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' };
            if at % 2 == 0 {
                ODD.get(usize::from(rank)).copied().unwrap_or_default()
            } else {
                u32::from(rank)
            }
        })
        .sum();
    upper.as_bytes().get(15).copied().map(u32::from) == Some(u32::from(b'A') + sum % 26)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`holds` sends each check to the group that knows it")]
fn northern(check: Check, upper: &str, d: &Digits) -> bool {
    let n = |from, to| d.number(from, to);
    let count = d.all().len();
    let last = u64::from(d.all().last().copied().unwrap_or_default());
    match check {
        Check::SePersonnummer => {
            let ten = d.all().get(count.saturating_sub(10)..).unwrap_or_default();
            let at = count.saturating_sub(10);
            // A coordination number has 60 added to the day. A company's month is at least 20: that is no person.
            let day = n(at + 4, at + 6) % 60;
            luhn(ten) && is_date(n(at + 2, at + 4), day)
        }
        Check::SeCompany => luhn(d.all()) && n(2, 4) >= 20,
        Check::NoFnr => {
            let day = n(0, 2) % 40;
            is_date(n(2, 4) % 40, day)
                && d.weighted(&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
                && d.weighted(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
        }
        // No check digit since 2007: only the date is left.
        Check::DkCpr => is_date(n(2, 4), n(0, 2)),
        Check::FiHetu => {
            const LETTERS: &str = "0123456789ABCDEFHJKLMNPRSTUVWXY";
            let number = n(0, 9);
            is_date(n(2, 4), n(0, 2))
                && usize::try_from(number % 31).ok().and_then(|at| LETTERS.chars().nth(at))
                    == upper.chars().last()
        }
        Check::IsKt => {
            is_date(n(2, 4), n(0, 2) % 40)
                && (11 - d.weighted(&[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == u64::from(d.at(8))
                && matches!(d.at(9), 0 | 8 | 9)
        }
        Check::PlPesel => {
            is_date(n(2, 4) % 20, n(4, 6))
                && d.weighted(&[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
        }
        Check::CzRc => {
            let month = n(2, 4) % 50 % 20;
            is_date(if month == 0 { 20 } else { month }, n(4, 6))
                && (n(0, 10) % 11 == 0 || n(0, 9) % 11 == 10 && last == 0)
        }
        Check::RoCnp => {
            let rest = d.weighted(&[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
            d.at(0) != 0 && is_date(n(3, 5), n(5, 7)) && (if rest == 10 { 1 } else { rest }) == last
        }
        Check::BgEgn => {
            is_date(n(2, 4) % 20, n(4, 6)) && d.weighted(&[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == last
        }
        Check::Jmbg => {
            let rest = d.weighted(&[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
            is_date(n(2, 4), n(0, 2))
                && matches!(d.at(4), 0 | 9)
                && (if rest == 0 { 0 } else { 11 - rest }) == last
        }
        Check::EeIk => {
            let first = d.weighted(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
            let second = d.weighted(&[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
            matches!(d.at(0), 1..=6)
                && is_date(n(3, 5), n(5, 7))
                && (if first < 10 { first } else { second % 10 }) == last
        }
        Check::TrKimlik => {
            let at = |place: usize| u64::from(d.at(place));
            let odd: u64 = (0..9).step_by(2).map(at).sum();
            let even: u64 = (1..8).step_by(2).map(at).sum();
            d.at(0) != 0
                && (odd * 7 + 100 - even) % 10 == at(9)
                && d.all().iter().take(10).map(|digit| u64::from(*digit)).sum::<u64>() % 10 == at(10)
        }
        Check::RuSnils => {
            let sum = d.weighted(&[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101;
            sum % 100 == n(9, 11)
        }
        Check::RuInn => match count {
            10 => d.weighted(&[2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == last,
            12 => {
                d.weighted(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == n(10, 11)
                    && d.weighted(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == last
            }
            _ => false,
        },
        _ => false,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`holds` sends each check to the group that knows it")]
fn southern(check: Check, upper: &str, d: &Digits) -> bool {
    let n = |from, to| d.number(from, to);
    let last = u64::from(d.all().last().copied().unwrap_or_default());
    match check {
        Check::InAadhaar => d.at(0) >= 2 && verhoeff(d.all()),
        // The fourth letter is the kind of holder.
        Check::InPan => upper.chars().nth(3).is_some_and(|c| "ABCFGHJLPT".contains(c)),
        Check::CnId => {
            let sum = d.weighted(&[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
            matches!(n(6, 8), 18..=20)
                && is_date(n(10, 12), n(12, 14))
                && usize::try_from(sum).ok().and_then(|at| "10X98765432".chars().nth(at))
                    == upper.chars().last()
        }
        Check::HkId => {
            let letters: Vec<char> = upper.chars().take_while(char::is_ascii_alphabetic).collect();
            let rank = |c: &char| c.to_digit(36).unwrap_or_default();
            let head = match letters.as_slice() {
                [only] => 36 * 9 + rank(only) * 8,
                [first, second] => rank(first) * 9 + rank(second) * 8,
                _ => return false,
            };
            let body: u32 = d
                .all()
                .iter()
                .take(6)
                .zip([7, 6, 5, 4, 3, 2])
                .map(|(digit, weight)| u32::from(*digit) * weight)
                .sum();
            let check =
                upper.chars().last().map_or(0, |c| if c == 'A' { 10 } else { c.to_digit(10).unwrap_or(11) });
            (head + body + check).is_multiple_of(11)
        }
        Check::TwId => {
            const RANKS: &str = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
            let Some(rank) = upper.chars().next().and_then(|c| RANKS.find(c)) else { return false };
            let rank = u64::try_from(rank).unwrap_or_default() + 10;
            matches!(d.at(0), 1 | 2 | 8 | 9)
                && (rank / 10 + rank % 10 * 9 + d.weighted(&[8, 7, 6, 5, 4, 3, 2, 1, 1])).is_multiple_of(10)
        }
        Check::SgNric => {
            let first = upper.chars().next().unwrap_or(' ');
            let offset = match first {
                'S' | 'F' => 0,
                'T' | 'G' => 4,
                'M' => 3,
                _ => return false,
            };
            let rest = (d.weighted(&[2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
            let letters = match first {
                'S' | 'T' => "JZIHGFEDCBA",
                'M' => "XWUTRQPNJLK",
                _ => "XWUTRQPNMLK",
            };
            let rest = if first == 'M' { 10 - rest } else { rest };
            usize::try_from(rest).ok().and_then(|at| letters.chars().nth(at)) == upper.chars().last()
        }
        // The check digit is gone since October 2020.
        Check::KrRrn => is_date(n(2, 4), n(4, 6)) && matches!(d.at(6), 1..=8),
        Check::KrLicence => matches!(n(0, 2), 11..=26 | 28),
        Check::JpMyNumber => {
            let rest = d.weighted(&[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
            (if rest <= 1 { 0 } else { 11 - rest }) == last
        }
        Check::ThId => {
            (11 - d.weighted(&[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == last && d.at(0) != 0
        }
        Check::ZaId => is_date(n(2, 4), n(4, 6)) && matches!(d.at(10), 0..=2) && luhn(d.all()),
        Check::AuTfn => d.weighted(&[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11),
        Check::AuMedicare => {
            matches!(d.at(0), 2..=6) && d.weighted(&[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == u64::from(d.at(8))
        }
        Check::AuAbn => {
            let sum = d.weighted(&[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
            d.at(0) >= 1 && (sum - 10).is_multiple_of(89)
        }
        Check::AuAcn => (10 - d.weighted(&[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == last,
        Check::NzIrd => {
            let padded: Vec<u8> = std::iter::repeat_n(0, 9_usize.saturating_sub(d.all().len()))
                .chain(d.all().iter().copied())
                .collect();
            let sum = |weights: [u64; 8]| {
                padded.iter().zip(weights).map(|(digit, weight)| u64::from(*digit) * weight).sum::<u64>() % 11
            };
            let first = (11 - sum([3, 2, 7, 6, 5, 4, 3, 2])) % 11;
            let second = (11 - sum([7, 4, 3, 2, 5, 2, 7, 6])) % 11;
            (if first == 10 { second } else { first }) == last && n(0, d.all().len()) >= 10_000_000
        }
        _ => false,
    }
}

/// A day that the calendar may have: the century is not known.
fn is_date(month: u64, day: u64) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
