use super::*;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
}

fn moment(text: &str) -> (i64, u32) {
    let moment = Moment::parse(text).unwrap_or_else(|| panic!("{text} is a date"));
    (moment.seconds, moment.nanoseconds)
}

#[test]
fn decimals_compare_by_value() {
    let ordered =
        ["-100", "-10.5", "-10", "-9", "-0.5", "0", "0.05", "0.5", "1", "9", "9.99", "10", "10.01", "10.1", "100"];
    for (i, a) in ordered.iter().enumerate() {
        for (j, b) in ordered.iter().enumerate() {
            assert_eq!(decimal(a).cmp(&decimal(b)), i.cmp(&j), "{a} and {b}");
        }
    }
    for (a, b) in [("10", "10.0"), ("007", "7"), ("-0", "0"), ("-0.0", "0"), ("1.50", "1.5")] {
        assert_eq!(decimal(a), decimal(b));
    }
    // Beyond what a float can hold.
    assert!(decimal("9007199254740993") > decimal("9007199254740992"));
    assert!(decimal("1").partial_cmp(&decimal("2")) == Some(Ordering::Less));
}

#[test]
fn what_is_no_decimal() {
    for text in ["", "-", "+1", "1e3", ".5", "5.", "1,0", "0x1", " 1", "--1", "1.2.3", "1.-2", "∞"] {
        assert_eq!(Decimal::parse(text), None, "{text:?}");
    }
}

#[test]
fn moments() {
    for (text, seconds) in [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:01Z", 60),
        ("1970-01-01T01:00:01Z", 3601),
        ("1970-01-02", 86_400),
        ("1969-12-31", -86_400),
        ("1972-02-29", 68_169_600),
        ("1972-03-01", 68_256_000),
        ("2000-02-29", 951_782_400),
        ("2000-03-01", 951_868_800),
        ("2026-05-05T10:00:00Z", 1_777_975_200),
        ("2100-03-01", 4_107_542_400),
        ("2026-05-05T10:00:00+02:30", 1_777_975_200 - 9000),
        ("2026-05-05T10:00:00-01:00", 1_777_975_200 + 3600),
        ("1777975200", 1_777_975_200),
        ("0", 0),
        ("12345", 12_345),
    ] {
        assert_eq!(moment(text), (seconds, 0), "{text}");
    }
    // The largest offsets that a time zone could have.
    assert_eq!(moment("1970-01-02T00:00+23:59"), (60, 0));
    assert_eq!(moment("1970-01-01T00:00-23:59"), (86_340, 0));
    assert_eq!(moment("1970-01-01T00:00:00.5Z"), (0, 500_000_000));
    assert_eq!(moment("1970-01-01T00:00:00.000000001Z"), (0, 1));
    assert!(Moment::parse("1970-01-01T00:00:00.5Z") > Moment::parse("1970-01-01T00:00:00.49Z"));
    assert!(Moment::parse("1970-01-01T00:00:01Z") > Moment::parse("1970-01-01T00:00:00.9Z"));
}

#[test]
fn what_is_no_moment() {
    for text in [
        "",
        "2026",
        "2026-05",
        "2026-5-5",
        "2026-00-01",
        "2026-13-01",
        "2026-02-29",
        "2100-02-29",
        "2026-04-31",
        "2026-01-00",
        "2026-01-32",
        "2026-01-01-01",
        "2026-01-01T",
        "2026-01-01T10",
        "2026-01-01T10Z",
        "2026-01-01T10:00",
        "2026-01-01T24:00Z",
        "2026-01-01T10:60Z",
        "2026-01-01T10:00:60Z",
        "2026-01-01T10:00:00:00Z",
        "2026-01-01T10:00.5Z",
        "2026-01-01T10:00:00.Z",
        "2026-01-01T10:00:00.1234567890Z",
        "2026-01-01T10:00Zx",
        "2026-01-01T10:00+0200",
        "2026-01-01T10:00+24:00",
        "2026-01-01T10:00+02:60",
        "2026-01-01t10:00z",
        "20260101T100000Z",
        "-5",
        "1.5",
        "99999999999999999999",
        "tomorrow",
    ] {
        assert_eq!(Moment::parse(text), None, "{text:?}");
    }
}

#[test]
fn ranges_of_addresses() {
    for (range, address, expected) in [
        ("203.0.113.0/24", "203.0.113.9", Some(true)),
        ("203.0.113.0/24", "203.0.114.9", Some(false)),
        ("203.0.113.9", "203.0.113.9", Some(true)),
        ("203.0.113.9", "203.0.113.8", Some(false)),
        ("0.0.0.0/0", "198.51.100.7", Some(true)),
        ("10.0.0.0/31", "10.0.0.1", Some(true)),
        ("10.0.0.0/31", "10.0.0.2", Some(false)),
        ("10.0.0.0/32", "10.0.0.0", Some(true)),
        ("2001:db8::/32", "2001:DB8:1::1", Some(true)),
        ("2001:db8::/32", "2001:db9::1", Some(false)),
        ("::/0", "2001:db9::1", Some(true)),
        ("::1", "::1", Some(true)),
        ("::1", "::2", Some(false)),
        ("::/0", "10.0.0.1", Some(false)),
        ("0.0.0.0/0", "2001:db9::1", Some(false)),
        ("0.0.0.0/0", "::ffff:10.0.0.1", None),
        ("::ffff:10.0.0.1", "10.0.0.1", None),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1", Some(true)),
    ] {
        let range = Cidr::parse(range).unwrap_or_else(|| panic!("{range} is a range"));
        assert_eq!(range.contains(address.parse().expect("an address")), expected, "{address} in {range:?}");
    }
}

#[test]
fn what_is_no_range() {
    for text in [
        "",
        "10.0.0",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/",
        "::/129",
        "10.0.0.0/8/8",
        "010.0.0.1",
        "*",
    ] {
        assert_eq!(Cidr::parse(text), None, "{text:?}");
    }
}

#[test]
fn bytes() {
    assert_eq!(base64(""), Some(vec![]));
    assert_eq!(base64("QmluYXJ5"), Some(b"Binary".to_vec()));
    assert_eq!(base64("Zm9vYg=="), Some(b"foob".to_vec()));
    assert_eq!(base64("Zm9vYmE="), Some(b"fooba".to_vec()));
    assert_eq!(base64("+/+/"), Some(vec![0xFB, 0xFF, 0xBF]));
    assert_eq!(base64("09az"), Some(vec![0xD3, 0xD6, 0xB3]));
    for text in ["Z", "Zm9", "Zm9v=", "====", "Z===", "Zm9_", "Zm9vYh==", "Zm=v", "Zm9 "] {
        assert_eq!(base64(text), None, "{text:?}");
    }
}
