//! Programs that do not compile, and what the compiler says: its message is part of the interface.
//!
//! `TRYBUILD=overwrite cargo test --package construct-tests --test compile_fail` writes the messages anew. What fails while
//! constants are evaluated is shown in the documentation of this package's library instead, because those messages
//! change with the compiler.

#[test]
fn wrong_types_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
