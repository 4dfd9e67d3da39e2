//! Accounts, regions and ARNs as text: a line each.

use construct_iam::Arn;
use construct_pipeline::prelude::*;

/// Reads each line as everything that a line can be.
pub(super) fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for line in text.lines().take(50) {
        if let Ok(account) = AccountId::parse(line) {
            assert_eq!(account.as_str(), line);
        }
        match Region::parse(line) {
            Ok(region) => assert_eq!(region.as_str(), line),
            Err(error) => assert!(!error.help().is_empty() && !error.to_string().is_empty()),
        }
        if let Ok(arn) = Arn::parse(line) {
            assert_eq!(arn.to_string(), line);
            let env = Env::new("111111111111", "us-east-1");
            assert!(arn.resource().contains(arn.resource_name()));
            assert!(arn.env(Some(env)).is_some_and(|env| env.problems().next().is_none()) || arn.env(None).is_none());
        }
        let (account, region) = line.split_once(' ').unwrap_or((line, ""));
        let env = Env::new(account, region);
        assert_eq!(env.problems().next().is_none(), Env::parse(account, region).is_ok(), "{line}");
    }
}
