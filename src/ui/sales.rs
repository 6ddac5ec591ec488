//! The sales that a page knows of, and the state of each when the page is rendered.

use crate::{
    api,
    rules::seckill::window::Window,
    types::{
        error::AppError,
        ids::{CourseId, SaleId},
        sale::{Sale, SaleArgs, SaleState},
        time::Millis,
        wire::Nothing,
    },
    ui::context::RenderedAt,
};

/// All that are on, to come, or over not long ago.
pub struct Sales {
    list: Vec<Sale>,
    now: Millis,
}

#[derive(Clone, Copy)]
pub struct OnSale<'a> {
    pub sale: &'a Sale,
    pub state: SaleState,
    /// When that was its state.
    pub now: Millis,
}

impl Sales {
    /// What the shop sells now.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when that can't be read.
    pub async fn load() -> Result<Self, AppError> {
        Ok(Self {
            list: api::seckill::list_sales(Nothing {}).await?.result,
            now: RenderedAt::here(),
        })
    }

    /// The same, and this sale, however long ago it ended.
    ///
    /// # Errors
    /// [`AppError::NotFound`], or [`AppError::Unavailable`] when that can't be read.
    pub async fn load_with(id: SaleId) -> Result<Self, AppError> {
        let mut sales = Self::load().await?;
        if sales.get(id).is_none() {
            sales.list.push(
                api::seckill::read_sale(SaleArgs {
                    id: Some(id.into()),
                })
                .await?
                .result,
            );
        }
        Ok(sales)
    }

    /// Those of this list, as they stand at `now`.
    pub fn of(list: Vec<Sale>, now: Millis) -> Self {
        Self { list, now }
    }

    /// Those that are not over, by their worth to a student: the open ones first, each kind by its
    /// opening.
    pub fn coming(&self) -> Vec<OnSale<'_>> {
        let mut coming: Vec<_> = self.all().filter(OnSale::is_coming).collect();
        coming.sort_by_key(OnSale::order);
        coming
    }

    /// The sale of a course that is on, or else the next.
    pub fn of_course(&self, id: CourseId) -> Option<OnSale<'_>> {
        self.all()
            .filter(OnSale::is_coming)
            .filter(|on| on.sale.course_id == id)
            .min_by_key(OnSale::order)
    }

    /// Where somebody goes on who gets no seat of this sale: to one that is open or to come, of the
    /// same course if there is one.
    pub fn instead_of(&self, sale: &Sale) -> Option<OnSale<'_>> {
        let has_seats = |on: &OnSale<'_>| matches!(on.state, SaleState::Open | SaleState::Coming);
        let others = self
            .all()
            .filter(has_seats)
            .filter(|on| on.sale.id != sale.id);
        others.min_by_key(|on| (on.sale.course_id != sale.course_id, on.order()))
    }

    /// A sale by its number.
    pub fn get(&self, id: SaleId) -> Option<OnSale<'_>> {
        self.all().find(|on| on.sale.id == id)
    }

    fn all(&self) -> impl Iterator<Item = OnSale<'_>> {
        self.list.iter().map(|sale| OnSale {
            sale,
            state: Window::of(sale).state(sale.sold_out_at.is_some(), self.now),
            now: self.now,
        })
    }
}

impl OnSale<'_> {
    /// The states that time alone brings after this one, in their order.
    pub fn next_states(self) -> &'static [SaleState] {
        match self.state {
            SaleState::Coming if self.sale.sold_out_at.is_some() => {
                &[SaleState::SoldOut, SaleState::Ended]
            }
            SaleState::Coming if self.sale.paused => &[SaleState::Paused, SaleState::Ended],
            SaleState::Coming => &[SaleState::Open, SaleState::Ended],
            SaleState::Open | SaleState::SoldOut | SaleState::Paused => &[SaleState::Ended],
            SaleState::Ended => &[],
        }
    }

    fn is_coming(&self) -> bool {
        self.state != SaleState::Ended
    }

    fn order(&self) -> (u8, Millis) {
        let worth = match self.state {
            SaleState::Open => 0,
            SaleState::Coming => 1,
            SaleState::Paused => 2,
            SaleState::SoldOut => 3,
            SaleState::Ended => 4,
        };
        (worth, self.sale.opens_at)
    }
}
