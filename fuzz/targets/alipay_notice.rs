#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| qiangke_fuzz::alipay_notice(data));
