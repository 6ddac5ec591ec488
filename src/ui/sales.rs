//! The sales that a page knows of, and where each stands when the page is rendered.

use crate::{
    api,
    seckill::sale::Window,
    types::{
        error::AppError,
        ids::{CourseId, SaleId},
        sale::{Phase, Sale},
        time::Millis,
        wire::Nothing,
    },
    ui::shell::RenderedAt,
};

/// All that are on, to come, or over not long ago.
pub struct Sales {
    list: Vec<Sale>,
    now: Millis,
}

/// One of them.
#[derive(Clone, Copy)]
pub struct OnSale<'a> {
    /// The sale.
    pub sale: &'a Sale,
    /// Where it stands.
    pub phase: Phase,
}

impl Sales {
    /// What the shop sells now.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when that can't be read.
    pub async fn load() -> Result<Self, AppError> {
        Ok(Self { list: api::seckill::sales(Nothing {}).await?.result, now: RenderedAt::here() })
    }

    /// Those of this list, as they stand at `now`.
    pub fn of(list: Vec<Sale>, now: Millis) -> Self {
        Self { list, now }
    }

    /// Those that are not over: the open ones first, then by their opening.
    pub fn coming(&self) -> Vec<OnSale<'_>> {
        let mut coming: Vec<_> = self.all().filter(OnSale::is_coming).collect();
        coming.sort_by_key(OnSale::order);
        coming
    }

    /// The sale of a course that is on, or else the next.
    pub fn of_course(&self, id: CourseId) -> Option<OnSale<'_>> {
        self.all().filter(OnSale::is_coming).filter(|on| on.sale.course_id == id).min_by_key(OnSale::order)
    }

    /// A sale by its number.
    pub fn get(&self, id: SaleId) -> Option<OnSale<'_>> {
        self.all().find(|on| on.sale.id == id)
    }

    fn all(&self) -> impl Iterator<Item = OnSale<'_>> {
        self.list.iter().map(|sale| OnSale { sale, phase: Window::of(sale).phase(self.now) })
    }
}

impl OnSale<'_> {
    /// The value of `data-state`, as the style sheet knows it.
    pub fn state(self) -> &'static str {
        match self.phase {
            Phase::Upcoming => "before",
            Phase::Open => "open",
            Phase::Paused => "paused",
            Phase::Ended => "ended",
        }
    }

    fn is_coming(&self) -> bool {
        self.phase != Phase::Ended
    }

    fn order(&self) -> (bool, Millis) {
        (self.phase != Phase::Open, self.sale.opens_at)
    }
}
