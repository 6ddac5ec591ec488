//! One row under the reader's eye: takes column after column, and notes what is wrong with each.

use super::{fault::Why, literal::Literal, value::Clocks};
use crate::types::{lang::Lang, link, typed};
use std::ops::RangeInclusive;

/// The largest number that a JSON client keeps exactly.
const ID_MAX: i64 = (1 << 53) - 1;

/// A row's values by column. A value that can't be used is noted, and something harmless is handed
/// out in its place, so that the next column is looked at too; whoever reads the row throws it away
/// when anything was noted.
pub(super) struct Fields<'a> {
    columns: &'a [String],
    values: &'a [Literal],
    clocks: &'a Clocks,
    faults: Vec<(&'static str, Why)>,
    absent: Vec<Absent>,
}

/// A column that the row does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Absent {
    /// Its name in the original.
    pub column: &'static str,
    /// Whether a new row gets a value there all the same.
    pub has_default: bool,
}

impl<'a> Fields<'a> {
    pub fn new(columns: &'a [String], values: &'a [Literal], clocks: &'a Clocks) -> Self {
        Self {
            columns,
            values,
            clocks,
            faults: Vec::new(),
            absent: Vec::new(),
        }
    }

    /// The columns that were asked for and are not named.
    pub fn absent(&self) -> &[Absent] {
        &self.absent
    }

    /// Notes what is wrong beyond a single value.
    pub fn note(&mut self, column: &'static str, why: Why) {
        self.faults.push((column, why));
    }

    /// What was noted.
    pub fn into_faults(self) -> Vec<(&'static str, Why)> {
        self.faults
    }

    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The row's own number, without which it is no row.
    pub fn id(&mut self) -> i64 {
        let named = self.value("id").map_or(Err(Why::Missing), |value| {
            within(value.number()?, 1..=ID_MAX)
        });
        self.read("id", named)
    }

    /// The number of the row that this one belongs to.
    pub fn parent(&mut self, column: &'static str) -> i64 {
        self.take(column, None, |value| within(value.number()?, 1..=ID_MAX))
    }

    pub fn optional_id(&mut self, column: &'static str) -> Option<i64> {
        self.take(column, Some(None), |value| {
            optional(value, |value| within(value.number()?, 1..=ID_MAX))
        })
    }

    pub fn number(
        &mut self,
        column: &'static str,
        default: Option<i64>,
        range: RangeInclusive<i64>,
    ) -> i64 {
        self.take(column, default, |value| within(value.number()?, range))
    }

    /// A number of at least 0.
    pub fn count(&mut self, column: &'static str, default: i64) -> i64 {
        self.number(column, Some(default), 0..=i64::from(i32::MAX))
    }

    /// One of an enumeration's numbers. A course of a kind that the shop does not know could not be
    /// shown as what it is.
    pub fn choice<T>(
        &mut self,
        column: &'static str,
        default: T,
        all: &[T],
        name: fn(T, Lang) -> &'static str,
    ) -> i64
    where
        T: Copy + Into<i64>,
    {
        let known = |given: i64| all.iter().any(|choice| (*choice).into() == given);
        let named = |choice: &T| format!("{} {}", (*choice).into(), name(*choice, Lang::En));
        self.take(column, Some(default.into()), |value| {
            let given = value.number()?;
            let choices = || all.iter().map(named).collect::<Vec<_>>().join(", ");
            if known(given) {
                Ok(given)
            } else {
                Err(Why::NotAChoice {
                    given,
                    choices: choices(),
                })
            }
        })
    }

    pub fn flag(&mut self, column: &'static str, default: bool) -> bool {
        self.take(column, Some(default), Literal::flag)
    }

    /// A name: a text of one line that says something.
    pub fn text(&mut self, column: &'static str, most: usize) -> String {
        self.take(column, None, |value| line(&value.text(most)?))
    }

    /// A text that may be empty, as Django's forms allow it.
    pub fn any_text(&mut self, column: &'static str, most: usize) -> String {
        self.take(column, None, |value| value.text(most))
    }

    pub fn optional_text(&mut self, column: &'static str, most: usize) -> Option<String> {
        self.take(column, Some(None), |value| {
            optional(value, |value| value.text(most))
        })
    }

    /// A path below `/media/`.
    pub fn media(&mut self, column: &'static str, most: usize) -> String {
        self.take(column, None, |value| below(full(value.text(most)?)?))
    }

    /// A path below `/media/`; the original writes none as an empty text or as NULL.
    pub fn optional_media(&mut self, column: &'static str, most: usize) -> Option<String> {
        self.take(column, Some(None), |value| {
            let path = optional(value, |value| value.text(most))?;
            path.filter(|path| !path.is_empty()).map(below).transpose()
        })
    }

    /// A path of this shop, or an address of the web: a slide must not run a script.
    pub fn link(&mut self, column: &'static str, most: usize) -> String {
        self.take(column, None, |value| {
            let written = full(value.text(most)?)?;
            let link = link::in_ascii(&written);
            if link.chars().count() > most {
                let length = link.chars().count();
                return Err(Why::TooLong { length, most });
            }
            if link::is_of_banner(&link) {
                Ok(link)
            } else {
                Err(Why::BadLink(written))
            }
        })
    }

    pub fn price(&mut self, column: &'static str) -> i64 {
        self.take(column, Some(0), Literal::price)
    }

    pub fn moment(&mut self, column: &'static str, default: Option<i64>) -> i64 {
        let clock = self.clocks.of(column);
        self.take(column, default, |value| value.moment(clock))
    }

    pub fn date(&mut self, column: &'static str, default: Option<String>) -> String {
        self.take(column, default, Literal::date)
    }

    fn take<T: Default>(
        &mut self,
        column: &'static str,
        default: Option<T>,
        read: impl FnOnce(&Literal) -> Result<T, Why>,
    ) -> T {
        match self.value(column) {
            Some(value) => {
                let value = read(value);
                self.read(column, value)
            }
            None => {
                self.absent.push(Absent {
                    column,
                    has_default: default.is_some(),
                });
                default.unwrap_or_default()
            }
        }
    }

    fn value(&self, column: &str) -> Option<&'a Literal> {
        let named = self
            .columns
            .iter()
            .zip(self.values)
            .find(|(name, _)| *name == column)
            .map(|(_, value)| value);
        named.filter(|value| **value != Literal::Default)
    }

    fn read<T: Default>(&mut self, column: &'static str, value: Result<T, Why>) -> T {
        value.unwrap_or_else(|why| {
            self.note(column, why);
            T::default()
        })
    }
}

fn optional<T>(
    value: &Literal,
    read: impl FnOnce(&Literal) -> Result<T, Why>,
) -> Result<Option<T>, Why> {
    if *value == Literal::Null {
        Ok(None)
    } else {
        read(value).map(Some)
    }
}

fn within(given: i64, range: RangeInclusive<i64>) -> Result<i64, Why> {
    let (least, most) = (*range.start(), *range.end());
    if range.contains(&given) {
        Ok(given)
    } else {
        Err(Why::OutOfRange { given, least, most })
    }
}

/// A text of one line, as pages and lists show it: without signs that show nothing.
fn line(text: &str) -> Result<String, Why> {
    if text.chars().any(char::is_control) {
        return Err(Why::Control);
    }
    full(text.chars().filter(|c| typed::shows(*c)).collect())
}

fn full(text: String) -> Result<String, Why> {
    if text.trim().is_empty() {
        Err(Why::Blank)
    } else {
        Ok(text)
    }
}

fn below(path: String) -> Result<String, Why> {
    if link::is_media(&path) {
        Ok(path)
    } else {
        Err(Why::BadPath(path))
    }
}
