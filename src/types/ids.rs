//! Identifiers: a number each, never mixed up, since each has a type of its own.

use crate::types::time::Millis;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A category of courses.
    CategoryId
    CourseId
    /// A chapter of a course.
    ChapterId
    /// A section of a chapter.
    SectionId
    TeacherId
    /// A picture of the home page's carousel.
    BannerId
    SaleId
    /// Someone who signed in.
    StudentId
    /// A seat that was won, or a course that was bought.
    OrderId
    /// A payment of an order.
    PaymentId
    /// Money that goes back.
    RefundId
}

/// A ticket's identity in the database: a UUID v7. The wire carries it inside a signed `task_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketId(pub [u8; 16]);

impl TicketId {
    /// The moment inside a UUID v7, when the click was heard: its first 48 bits (RFC 9562, section
    /// 5.7).
    #[must_use]
    pub fn moment(self) -> Millis {
        Millis(
            self.0[..6]
                .iter()
                .fold(0, |ms, byte| ms << 8 | i64::from(*byte)),
        )
    }
}
