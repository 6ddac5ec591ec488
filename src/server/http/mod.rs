//! The shop on the wire.

mod activity;
mod address;
mod api;
mod assets;
mod body;
mod canonical;
mod compress;
mod finished;
mod forwarded;
mod gate;
mod guard;
mod health;
mod host;
mod lane;
mod listen;
mod metrics;
mod multipart;
mod openapi;
mod pages;
mod render;
mod router;
mod seo;
mod session_ends;
mod session_reader;
mod sessions;
mod stream;

pub use assets::Assets;
pub use lane::Shop;
pub use listen::{Answer, Limits, Listener, connections_allowed};
pub use metrics::install as install_metrics;
pub use router::{ops, shop, worker};
pub use sessions::session_of;
