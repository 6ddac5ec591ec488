#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| qiangke_fuzz::list_query(data));
