//! Requests and policies made of bytes, decided twice: by the evaluator, and by the plain one of its tests.

use construct_iam::access::{evaluate, outcome};

use super::access_support::world::{Choices, case, is_undocumented};
use super::access_support::{oracle, policies, request};

/// Both decide alike.
pub(super) fn check(data: &[u8]) {
    let case = case(&mut Choices::new(data), false);
    if is_undocumented(&case) {
        return;
    }
    let (request, policies) = (request(&case), policies(&case));
    let verdict = evaluate(&request, &policies);
    assert_eq!(verdict.outcome, oracle::decide(&case), "{verdict}\n{case}");
    assert_eq!(verdict.outcome, outcome(&request, &policies), "{case}");
}
