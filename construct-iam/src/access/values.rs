//! Numbers, dates, addresses and bytes, as condition values write them.
//!
//! What does not parse here has no documented meaning to IAM: in a policy it is an error, in a request it makes the
//! answer unknown. See [condition
//! operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).

use std::cmp::Ordering;
use std::net::IpAddr;

/// A decimal number of any length; `10` and `10.0` are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (digits, ""),
        };
        if !is_digits(whole) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !is_zero, whole: whole.to_owned(), fraction: fraction.to_owned() })
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = || {
            let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(&other.whole));
            whole.then_with(|| self.fraction.cmp(&other.fraction))
        };
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(),
            (true, true) => size().reverse(),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    seconds: i64,
    nanoseconds: u32,
}

impl Moment {
    /// Reads `YYYY-MM-DD`, `YYYY-MM-DDThh:mm[:ss[.f]]` with `Z` or an offset, or seconds since 1970. Four digits alone
    /// could be a year or seconds, and are refused.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if is_digits(text) {
            let seconds = text.parse().ok().filter(|_| text.len() != 4)?;
            return Some(Self { seconds, nanoseconds: 0 });
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut fields = date.split('-');
        let (year, month, day) = (number(fields.next()?, 4)?, number(fields.next()?, 2)?, number(fields.next()?, 2)?);
        if fields.next().is_some() || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
            return None;
        }
        let midnight = days_since_1970(year, month, day) * 86_400;
        let (second, nanoseconds) = time.map_or(Some((0, 0)), time_of_day)?;
        Some(Self { seconds: midnight + second, nanoseconds })
    }
}

/// Seconds since midnight UTC, which may lie on the day before or after, and nanoseconds.
fn time_of_day(text: &str) -> Option<(i64, u32)> {
    let zone = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at(zone);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut fields = clock.split(':');
    let (hour, minute) = (number(fields.next()?, 2)?, number(fields.next()?, 2)?);
    let second = fields.next();
    if fields.next().is_some() || (second.is_none() && fraction.is_some()) {
        return None;
    }
    let second = second.map_or(Some(0), |second| number(second, 2))?;
    let nanoseconds = match fraction {
        Some(fraction) if is_digits(fraction) && fraction.len() <= 9 => format!("{fraction:0<9}").parse().ok()?,
        Some(_) => return None,
        None => 0,
    };
    let offset = match zone.split_at(1) {
        ("Z", "") => 0,
        (sign @ ("+" | "-"), offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            if sign == "-" { -seconds } else { seconds }
        }
        _ => return None,
    };
    let in_range = hour <= 23 && minute <= 59 && second <= 59;
    in_range.then_some((hour * 3600 + minute * 60 + second - offset, nanoseconds))
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400;
    let this_year: i64 = (1..month).map(|month| days_in(year, month)).sum();
    (year * 365 + leap_days + this_year + day - 1) - (1970 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400)
}

/// A range of addresses in CIDR notation; without a prefix length, one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cidr {
    address: IpAddr,
    prefix: u32,
}

impl Cidr {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) if is_digits(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= bits)?,
            Some(_) => return None,
            None => bits,
        };
        Some(Self { address, prefix })
    }

    /// Whether the range contains the address; never, across the two versions of IP. `None` for IPv4 addresses written
    /// as IPv6, of which no page speaks.
    pub(crate) fn contains(&self, address: IpAddr) -> Option<bool> {
        match (self.address, address) {
            (IpAddr::V4(range), IpAddr::V4(address)) => {
                Some(u32::from(range).checked_shr(32 - self.prefix) == u32::from(address).checked_shr(32 - self.prefix))
            }
            (IpAddr::V6(range), IpAddr::V6(address)) => Some(
                u128::from(range).checked_shr(128 - self.prefix) == u128::from(address).checked_shr(128 - self.prefix),
            ),
            (IpAddr::V6(mapped), _) | (_, IpAddr::V6(mapped)) if mapped.to_ipv4_mapped().is_some() => None,
            _ => Some(false),
        }
    }
}

/// The bytes that base64 text stands for, padding required.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut pending, mut n_bits) = (0_u32, 0);
    for c in digits.bytes() {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        pending = pending << 6 | u32::from(digit);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push((pending >> n_bits) as u8);
            pending &= (1 << n_bits) - 1;
        }
    }
    // Left-over bits that are not zero belong to no encoder.
    (pending == 0).then_some(bytes)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

fn number(text: &str, width: usize) -> Option<i64> {
    if text.len() == width && is_digits(text) { text.parse().ok() } else { None }
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
