use proptest::prelude::*;

use super::*;
use crate::access::ContextValue;

const YES: Truth = Truth::Yes;
const NO: Truth = Truth::No;
const OPEN: Truth = Truth::Unknown;

fn role() -> Principal {
    Principal::role_session("arn:aws:iam::111111111111:role/path/act", "s").expect("a role ARN")
}

fn user() -> Principal {
    Principal::user("arn:aws:iam::111111111111:user/bob").expect("a user ARN")
}

fn root() -> Principal {
    Principal::root("aws", "111111111111")
}

fn check(entry: &Entry, principal: &Principal, [directly, as_role, by_account]: [Truth; 3]) {
    let named = entry.names(principal, &Context::closed());
    assert_eq!(named, Named { directly, as_role, by_account }, "{entry:?} on {principal:?}");
}

#[test]
fn arns_of_principals() {
    assert_eq!(role().arn(), Some("arn:aws:sts::111111111111:assumed-role/act/s"));
    assert_eq!(role().lasting_arn(), Some("arn:aws:iam::111111111111:role/path/act"));
    assert_eq!(role().account(), Some("111111111111"));
    assert_eq!(user().lasting_arn(), user().arn());
    assert_eq!(root().arn(), Some("arn:aws:iam::111111111111:root"));
    assert_eq!(root().account(), Some("111111111111"));
    let service = Principal::service("s3.amazonaws.com");
    assert_eq!((service.arn(), service.account(), service.label()), (None, None, "s3.amazonaws.com"));
    assert_eq!(Principal::Anonymous.label(), "an anonymous caller");
    assert_eq!(role().label(), "arn:aws:sts::111111111111:assumed-role/act/s");
    let federated = Principal::Federated { provider: "p".to_owned(), account: "1".to_owned() };
    assert_eq!((federated.label(), federated.account(), federated.arn()), ("p", Some("1"), None));
}

#[test]
fn arns_that_are_none() {
    for arn in [
        "",
        "arn:aws:iam::1:user/x",
        "arn:aws:iam::1:role/",
        "arn:aws:iam:eu:1:role/x",
        "arn:aws:sts::1:role/x",
        "role/x",
        "x:aws:iam::1:role/x",
    ] {
        assert_eq!(Principal::role_session(arn, "s"), None, "{arn}");
    }
    for arn in ["", "arn:aws:iam::1:role/x", "arn:aws:iam::1:user/", "arn:aws:sts::1:user/x"] {
        assert_eq!(Principal::user(arn), None, "{arn}");
    }
}

#[test]
fn everybody() {
    for principal in [role(), user(), root(), Principal::service("s"), Principal::Anonymous] {
        check(&Entry::aws("*"), &principal, [YES, NO, NO]);
        check(&Entry::Unknown, &principal, [OPEN, OPEN, OPEN]);
    }
}

#[test]
fn accounts() {
    for entry in ["111111111111", "arn:aws:iam::111111111111:root"] {
        check(&Entry::aws(entry), &role(), [NO, NO, YES]);
        check(&Entry::aws(entry), &user(), [NO, NO, YES]);
        check(&Entry::aws(entry), &root(), [YES, NO, NO]);
        check(&Entry::aws(entry), &Principal::service("s"), [NO, NO, NO]);
        check(&Entry::aws(entry), &Principal::Anonymous, [NO, NO, NO]);
        let federated = Principal::Federated { provider: entry.to_owned(), account: "111111111111".to_owned() };
        check(&Entry::aws(entry), &federated, [NO, NO, NO]);
    }
    for entry in [
        "222222222222",
        "arn:aws:iam::222222222222:root",
        "arn:aws-cn:iam::111111111111:root",
        "11111111111",
        "arn:aws:iam::111111111111:root/x",
    ] {
        check(&Entry::aws(entry), &role(), [NO, NO, NO]);
        check(&Entry::aws(entry), &root(), [NO, NO, NO]);
    }
}

#[test]
fn roles_and_sessions() {
    check(&Entry::aws("arn:aws:iam::111111111111:role/path/act"), &role(), [NO, YES, NO]);
    check(&Entry::aws("arn:aws:sts::111111111111:assumed-role/act/s"), &role(), [YES, NO, NO]);
    check(&Entry::aws("arn:aws:iam::111111111111:user/bob"), &user(), [YES, NO, NO]);
    for entry in [
        "arn:aws:iam::111111111111:role/act",
        "arn:aws:iam::111111111111:role/path/*",
        "arn:aws:iam::111111111111:role/path/ac?",
        "arn:aws:sts::111111111111:assumed-role/act/t",
        "arn:aws:sts::111111111111:assumed-role/act/*",
        "arn:aws:iam::111111111111:user/Bob",
        "arn:aws:iam::222222222222:role/path/act",
        "AROAEXAMPLE",
    ] {
        check(&Entry::aws(entry), &role(), [NO, NO, NO]);
        check(&Entry::aws(entry), &user(), [NO, NO, NO]);
    }
}

#[test]
fn other_kinds() {
    let federated = Principal::Federated { provider: "example.com".to_owned(), account: "111111111111".to_owned() };
    let named = |entry: fn(Box<str>) -> Entry, text: &str| entry(text.into());
    check(&named(Entry::Service, "s3.amazonaws.com"), &Principal::service("s3.amazonaws.com"), [YES, NO, NO]);
    check(&named(Entry::Service, "s3.amazonaws.com"), &Principal::service("sns.amazonaws.com"), [NO, NO, NO]);
    check(&named(Entry::Service, "s3.amazonaws.com"), &role(), [NO, NO, NO]);
    check(&named(Entry::Service, "example.com"), &federated, [NO, NO, NO]);
    check(&named(Entry::Federated, "example.com"), &federated, [YES, NO, NO]);
    check(&named(Entry::Federated, "example.com.evil.net"), &federated, [NO, NO, NO]);
    check(&named(Entry::Federated, "example.com"), &user(), [NO, NO, NO]);
    // An account, which lets nobody in by itself.
    check(&named(Entry::CanonicalUser, "abc"), &user(), [NO, NO, OPEN]);
    check(&named(Entry::CanonicalUser, "abc"), &role(), [NO, NO, OPEN]);
    check(&named(Entry::CanonicalUser, "abc"), &Principal::root("aws", "111111111111"), [OPEN, NO, NO]);
    check(&named(Entry::CanonicalUser, "abc"), &federated, [NO, NO, NO]);
}

#[test]
fn symbols_in_entries() {
    check(&Entry::aws("\u{F0000}"), &role(), [OPEN, OPEN, OPEN]);
    check(&Entry::aws("\u{F0000}"), &user(), [OPEN, NO, OPEN]);
    check(&Entry::aws("arn:aws:iam::\u{E000}:root"), &role(), [NO, NO, OPEN]);
    check(&Entry::aws("arn:\u{E000}:iam::111111111111:root"), &role(), [NO, NO, OPEN]);
    check(&Entry::aws("arn:aws:iam::111111111111:role/\u{E000}"), &role(), [NO, OPEN, NO]);
    check(&Entry::aws("arn:aws:iam::222222222222:role/\u{E000}"), &role(), [NO, NO, NO]);
    check(&Entry::aws("arn:aws:iam::\u{F0000}:root"), &role(), [NO, NO, OPEN]);
    let named = Principal::role_session("arn:aws:iam::111111111111:role/\u{E000}", "s").expect("a role ARN");
    check(&Entry::aws("arn:aws:iam::111111111111:role/\u{E000}"), &named, [NO, YES, NO]);
    check(&Entry::aws("arn:aws:sts::111111111111:assumed-role/\u{E000}/s"), &named, [YES, NO, NO]);
    check(&Entry::aws("arn:aws:iam::111111111111:role/x"), &named, [NO, OPEN, NO]);
}

#[test]
fn twelve_digits_are_an_account() {
    assert!(matches!(Entry::aws("111111111111"), Entry::Account { partition: None, .. }));
    for text in ["AROAEXAMPLE1", "11111111111", "1111111111111"] {
        assert_eq!(Entry::aws(text), Entry::UniqueId(text.into()));
    }
}

#[test]
fn unique_ids_need_the_user_id() {
    let named = |context: &Context| {
        let named = Entry::aws("AROAEXAMPLE").names(&role(), context);
        [named.directly, named.as_role, named.by_account]
    };
    assert_eq!(named(&Context::closed()), [NO, NO, NO]);
    assert_eq!(named(&Context::open()), [OPEN, OPEN, OPEN]);
    assert_eq!(named(&Context::open().with("aws:userid", "AROAEXAMPLE:s")), [NO, YES, NO]);
    assert_eq!(named(&Context::open().with("aws:userid", "AROAOTHER:s")), [NO, NO, NO]);
    assert_eq!(named(&Context::open().with("aws:userid", "AROAEXAMPLE")), [YES, NO, NO]);
    assert_eq!(named(&Context::open().with("aws:userid", "\u{E000}:s")), [OPEN, OPEN, OPEN]);
}

#[test]
fn sparing() {
    let spared = |entries: &[&str], principal: &Principal, boundary: bool| {
        let entries: Vec<Entry> = entries.iter().map(|entry| Entry::aws(entry)).collect();
        spared_by(&entries, principal, &Context::closed(), boundary)
    };
    let (session, role_arn) =
        ("arn:aws:sts::111111111111:assumed-role/act/s", "arn:aws:iam::111111111111:role/path/act");
    let (account, bob) = ("111111111111", "arn:aws:iam::111111111111:user/bob");
    assert_eq!(spared(&[session, role_arn, account], &role(), false), YES);
    assert_eq!(spared(&[session, role_arn, account], &role(), true), NO);
    assert_eq!(spared(&[role_arn, account], &role(), false), NO);
    assert_eq!(spared(&[account], &role(), false), NO);
    assert_eq!(spared(&[session, role_arn], &role(), false), OPEN);
    assert_eq!(spared(&[session, account], &role(), false), OPEN);
    assert_eq!(spared(&["\u{F0000}", role_arn, account], &role(), false), OPEN);
    assert_eq!(spared(&[bob, account], &user(), false), YES);
    assert_eq!(spared(&[bob], &user(), false), OPEN);
    assert_eq!(spared(&[account], &user(), false), NO);
    assert_eq!(spared(&[account], &root(), false), YES);
    assert_eq!(spared(&["*"], &role(), false), YES);
    assert_eq!(spared(&[account], &Principal::service("s3.amazonaws.com"), false), NO);
    let service = [Entry::Service("s3.amazonaws.com".into())];
    assert_eq!(spared_by(&service, &Principal::service("s3.amazonaws.com"), &Context::closed(), false), YES);
}

#[test]
fn keys_of_each_principal() {
    let get = |principal: &Principal, key: &str| match Context::open().of_principal(principal).get(key) {
        ContextValue::One(value) => value,
        other => format!("{other:?}"),
    };
    let role = Principal::role_session("arn:aws:iam::111111111111:role/path/build", "s").expect("a role ARN");
    let user = Principal::user("arn:aws:iam::111111111111:user/team/ann").expect("a user ARN");
    let root = Principal::root("aws", "111111111111");
    let service = Principal::service("events.amazonaws.com");
    let arn = "aws:PrincipalArn";
    assert_eq!(get(&role, arn), "arn:aws:iam::111111111111:role/path/build");
    assert_eq!(get(&role, "aws:PrincipalType"), "AssumedRole");
    assert_eq!(get(&role, "aws:username"), "Absent");
    assert_eq!(get(&user, arn), "arn:aws:iam::111111111111:user/team/ann");
    assert_eq!(get(&user, "aws:username"), "ann");
    assert_eq!(get(&user, "aws:PrincipalAccount"), "111111111111");
    assert_eq!(get(&root, arn), "arn:aws:iam::111111111111:root");
    assert_eq!(get(&root, "aws:PrincipalType"), "Account");
    assert_eq!(get(&service, "aws:PrincipalServiceName"), "events.amazonaws.com");
    assert_eq!(get(&service, "aws:PrincipalIsAWSService"), "true");
    assert_eq!(get(&Principal::Anonymous, "aws:PrincipalIsAWSService"), "Absent");
    let unnamed = Principal::user("arn:aws:iam::111111111111:user/\u{E000}").expect("a user ARN");
    assert_eq!(get(&unnamed, "aws:username"), "Unknown");
    assert_eq!(get(&Principal::Anonymous, "aws:SourceIp"), "Unknown");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Other accounts are passed over by their numbers, and that changes nothing.
    #[test]
    fn the_short_way_agrees_with_the_long_one(
        texts in prop::collection::vec("(arn:a(ws|!):iam::)?[12]{0,2}1{9}[12!#]{1,2}(:root|:role/act)?|#|[*]|A1", 0..6),
        own in "1{10}[12!]{2}|1{11}|#",
    ) {
        let text = |text: &str| text.replace('!', "\u{E000}").replace('#', "\u{F0000}");
        let entries: Vec<Entry> = texts.iter().map(|one| Entry::aws(&text(one))).collect();
        let own = text(&own);
        let (arn, role_arn) = (format!("arn:aws:sts::{own}:assumed-role/act/s"), format!("arn:aws:iam::{own}:role/act"));
        for principal in [Principal::RoleSession { arn, role_arn, account: own.clone() }, Principal::root("aws", &own)] {
            let context = Context::open();
            let one_by_one = entries.iter().map(|entry| entry.names(&principal, &context));
            prop_assert_eq!(named_by(&entries, &principal, &context), one_by_one.fold(Named::NOT, Named::or));
        }
    }
}
