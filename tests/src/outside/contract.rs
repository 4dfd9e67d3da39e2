//! `contract.json` of an assembly.

use construct_pipeline::access::Outside;
use construct_pipeline::access::template::Templates;
use construct_pipeline::contract::Contract;

use super::tell;

/// Reads a contract; what was read is the same when it is written and read again.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match Contract::parse(text) {
        Err(what) => assert!(!what.is_empty()),
        Ok(contract) => {
            let written = contract.to_json();
            let read = Contract::parse(&written.to_string()).expect("what was written can be read");
            assert_eq!(read.to_json(), written);
            tell(&Templates::new(), &Outside::from(&contract));
        }
    }
}
