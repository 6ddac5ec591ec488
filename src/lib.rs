//! qiangke (抢课): a shop for online courses whose heart is the flash sale. ARCHITECTURE.md is the map.

#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod api;
pub mod seckill;
#[cfg(feature = "ssr")]
pub mod server;
pub mod types;
pub mod ui;
