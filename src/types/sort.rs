//! Sort order of a list, as `?ordering=-price` says it.

use super::error::Fault;
use std::str::FromStr;

/// What a list is sorted by; equal ones by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// The course's number.
    Id,
    Price,
    /// How many study it.
    Students,
    /// When it was published.
    PubDate,
    /// The shop's own order.
    Orders,
}

/// A key and a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ordering {
    pub key: SortKey,
    pub descending: bool,
}

impl Default for Ordering {
    fn default() -> Self {
        Self {
            key: SortKey::Orders,
            descending: false,
        }
    }
}

/// The order of a list: by the first key, equal ones by the next, and those that are equal by all
/// by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SortOrder(Vec<Ordering>);

impl SortOrder {
    /// Its keys; at least one, and each once.
    pub fn keys(&self) -> &[Ordering] {
        &self.0
    }

    /// The names on the wire, with commas between them.
    pub fn name(&self) -> String {
        self.0
            .iter()
            .map(|ordering| ordering.name())
            .collect::<Vec<_>>()
            .join(",")
    }
}

impl Default for SortOrder {
    fn default() -> Self {
        Ordering::default().into()
    }
}

impl From<Ordering> for SortOrder {
    fn from(ordering: Ordering) -> Self {
        Self(vec![ordering])
    }
}

impl FromStr for SortOrder {
    type Err = Fault;

    /// What follows the number, which is nobody else's, or a key that was named before changes
    /// nothing, and is left out.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let mut keys: Vec<Ordering> = Vec::new();
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let ordering: Ordering = name.parse()?;
            if keys
                .iter()
                .all(|before| before.key != ordering.key && before.key != SortKey::Id)
            {
                keys.push(ordering);
            }
        }
        Ok(if keys.is_empty() {
            Self::default()
        } else {
            Self(keys)
        })
    }
}

impl Ordering {
    /// The name on the wire: `-` in front reverses.
    pub fn name(self) -> &'static str {
        match (self.key, self.descending) {
            (SortKey::Id, false) => "id",
            (SortKey::Id, true) => "-id",
            (SortKey::Price, false) => "price",
            (SortKey::Price, true) => "-price",
            (SortKey::Students, false) => "students",
            (SortKey::Students, true) => "-students",
            (SortKey::PubDate, false) => "pub_date",
            (SortKey::PubDate, true) => "-pub_date",
            (SortKey::Orders, false) => "orders",
            (SortKey::Orders, true) => "-orders",
        }
    }
}

impl FromStr for Ordering {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let (descending, name) = text
            .strip_prefix('-')
            .map_or((false, text), |name| (true, name));
        let key = match name {
            "id" => SortKey::Id,
            "price" => SortKey::Price,
            "students" => SortKey::Students,
            "pub_date" => SortKey::PubDate,
            "orders" => SortKey::Orders,
            _ => return Err(Fault::OutOfRange),
        };
        Ok(Self { key, descending })
    }
}
