//! stub
pub async fn run_file(_: &crate::server::store::Store, _: &std::path::Path, _: bool, _: crate::types::time::Millis) -> anyhow::Result<String> { Ok(String::new()) }
