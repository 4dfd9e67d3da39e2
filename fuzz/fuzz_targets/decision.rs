#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| construct_tests::outside::check("decision", data));
