//! Banners of the home page.

use crate::types::{banner::Banner, ids::BannerId, time::Millis};

store! {
    /// Banners that are shown, in their order, at most `limit`.
    Job fn banners(limit: i64) -> Vec<Banner>;
    /// Adds a banner at the end.
    Command fn add_banner(title: &str, image: &str, link: &str, info: &str, now: Millis) -> BannerId;
    /// Shows or hides a banner; `false` when there is none of this number.
    Command fn show_banner(id: BannerId, shown: bool, now: Millis) -> bool;
    /// Gives a banner another place; `false` when there is none of this number.
    Command fn order_banner(id: BannerId, orders: i64, now: Millis) -> bool;
    /// Every banner that is not deleted, and whether it is shown.
    Command fn all_banners() -> Vec<(Banner, bool)>;
}
