//! Sales, and what admission must know of them.

use crate::{
    rules::seckill::window::Window,
    types::{
        ids::{CourseId, SaleId, StudentId, TicketId},
        money::Fen,
        sale::Sale,
        time::Millis,
    },
};

store! {
    /// Sales of courses that are shown, those that ended before `since` left out, by opening.
    Job fn sales(since: Millis) -> Vec<ListedSale>;
    /// A sale of a course that is shown, however long ago it ended.
    Asked fn sale(id: SaleId) -> Option<Sale>;
    /// Every sale with its remaining seats, by number.
    Command fn all_sales() -> Vec<(Sale, i64)>;
    /// What an operator must know of a course to sell it; `None` when it is not there.
    Command fn sale_course(id: CourseId) -> Option<SaleCourse>;
    /// Creates a sale; `None` when its course is not there.
    Command fn create_sale(sale: &NewSale, now: Millis) -> Option<SaleId>;
    /// Halts a sale, or lets it go on; `false` when there is none of this number.
    Command fn pause_sale(id: SaleId, paused: bool, now: Millis) -> bool;
    /// Adds seats; `false` when there is no sale of this number.
    Command fn restock_sale(id: SaleId, seats: i64, now: Millis) -> bool;
    /// What admission needs to know of a sale; `None` when there is none.
    Job fn desk(id: SaleId) -> Option<DeskRow>;
    /// The number of the last desk of a sale that was put into Redis; 0 before the first.
    Job fn desk_epoch(id: SaleId) -> i64;
    /// Notes that the desk of this number was put into Redis; a greater one stays.
    Job fn note_desk(id: SaleId, epoch: i64) -> ();
    /// Remaining seats less waiting tickets; `None` when there is no such sale.
    Job fn seats_free(id: SaleId) -> Option<i64>;
}

/// A sale to be created.
#[derive(Clone, Debug)]
pub struct NewSale {
    pub course: CourseId,
    pub price: Fen,
    pub stock: i64,
    pub opens_at: Millis,
    pub closes_at: Millis,
    /// Seconds for which a seat is held until it is paid; of no meaning without a price.
    pub hold_s: i64,
}

/// A course as an operator must know it to sell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleCourse {
    pub name: String,
    /// What it costs without a sale.
    pub price: Fen,
    /// Whether students see its sales.
    pub is_shown: bool,
}

/// A sale as the catalogue has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSale {
    pub sale: Sale,
    /// Moves with each change of its settings or seats from outside.
    pub version: i64,
}

/// What admission needs to know of a sale.
#[derive(Clone, Debug)]
pub struct DeskRow {
    /// The number of the last desk of this sale that was put into Redis; 0 before the first.
    pub epoch: i64,
    pub window: Window,
    /// Seats that are not sold.
    pub remaining: i64,
    /// Those less waiting tickets.
    pub free: i64,
    /// Who holds a live ticket.
    pub holders: Vec<(StudentId, TicketId)>,
    /// Whose order ended, and its ticket.
    pub released: Vec<(StudentId, TicketId)>,
}
