//! The pictures of the home page's carousel.

use crate::types::ids::BannerId;
use serde::{Deserialize, Serialize};

/// One slide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Banner {
    /// Its number.
    pub id: BannerId,
    /// What it is about, in a few words.
    pub title: String,
    /// The picture: a path below `/media/` in the record, an absolute URL on the wire.
    pub image: String,
    /// Where it leads.
    pub link: String,
    /// One sentence.
    pub info: String,
    /// Its place, ascending.
    pub orders: i64,
}
