//! A desk in memory: the copy of a sale that clicks are judged by.

use crate::{
    rules::seckill::{
        admission::{Admission, Verdict, is_final},
        window::Window,
    },
    server::store::{DeskRow, Store},
    types::{
        error::AppError,
        ids::{SaleId, StudentId, TicketId},
        time::Millis,
    },
};

pub(super) struct Desk {
    pub(super) window: Window,
    pub(super) admission: Admission,
}

impl Desk {
    /// As the database has it now.
    pub(super) async fn read(store: &Store, sale: SaleId) -> Result<Self, AppError> {
        Ok(Self::look_up(store, sale).await?.0)
    }

    /// The same where others record tickets too; and whether it is final.
    pub(super) async fn read_among_others(
        store: &Store,
        sale: SaleId,
    ) -> Result<(Self, bool), AppError> {
        let (desk, remaining) = Self::look_up(store, sale).await?;
        let is_final = is_final(remaining);
        Ok((
            if is_final {
                desk
            } else {
                Self {
                    admission: desk.admission.doubted(),
                    ..desk
                }
            },
            is_final,
        ))
    }

    /// The copy, and the seats that are not sold.
    async fn look_up(store: &Store, sale: SaleId) -> Result<(Self, i64), AppError> {
        let DeskRow {
            window,
            remaining,
            free,
            holders,
            // What only a desk in Redis needs.
            epoch: _,
            released: _,
        } = store.desk(sale).await?.ok_or(AppError::NotFound)?;
        let admission = Admission::new(free, holders.into_iter().collect());
        Ok((Self { window, admission }, remaining))
    }

    /// Judges a click at `now`; `ticket` is the one to be recorded if it is admitted.
    pub(super) fn judge(&mut self, student: StudentId, ticket: TicketId, now: Millis) -> Verdict {
        self.admission.click(student, ticket, self.window, now)
    }
}
