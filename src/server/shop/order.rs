//! Orders as their students see them: to be paid, paid, given back.

use crate::{
    rules::hold::is_payable,
    server::{
        shop::state::AppState,
        store::{GivenBack, OrderParts, Purchase},
    },
    types::{
        account::{Asker, Me},
        error::{AppError, Refusal},
        ids::{CourseId, OrderId, SaleId, StudentId},
        order::{Bought, ORDERS_MAX, Order, OrderDetail, OrderState, SeatOrder},
        sale::HOLD_S,
    },
};

impl AppState {
    /// A student's orders, live and ended, the newest first.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database can't be read.
    pub async fn orders(&self, student: StudentId) -> Result<Vec<Order>, AppError> {
        let orders = self.store.orders_of(student, ORDERS_MAX).await?;
        Ok(orders
            .into_iter()
            .map(|order| self.with_media(order))
            .collect())
    }

    /// A student with the hold that is to be paid next. While that can't be read there is none: who
    /// asks is known all the same.
    pub async fn asker(&self, me: Me) -> Asker {
        let hold = self.store.next_hold(me.id, self.clock.now()).await;
        Asker {
            id: me.id,
            mobile: me.mobile,
            hold: hold.unwrap_or_else(|error| {
                tracing::warn!(%error, "a student is not told of their holds");
                None
            }),
        }
    }

    /// A student's newest order of a sale, if there is one.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database can't be read.
    pub async fn order_of_sale(
        &self,
        student: StudentId,
        sale: i64,
    ) -> Result<Option<SeatOrder>, AppError> {
        let now = self.clock.now();
        Ok(self.store.order_of_sale(student, SaleId(sale), now).await?)
    }

    fn with_media(&self, order: Order) -> Order {
        Order {
            course_img: order.course_img.as_deref().map(|path| self.media(path)),
            ..order
        }
    }

    /// One order of a student.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the student has no such order.
    pub async fn order(&self, student: StudentId, id: i64) -> Result<OrderDetail, AppError> {
        let parts = self
            .store
            .order_of(student, OrderId(id))
            .await?
            .ok_or(AppError::NotFound)?;
        Ok(self.detail(parts))
    }

    fn detail(&self, parts: OrderParts) -> OrderDetail {
        let OrderParts {
            order,
            payment,
            refund,
            last_provider,
        } = parts;
        let now = self.clock.now();
        let mut providers = if is_payable(order.state, order.expires_at, now) {
            self.payments.providers()
        } else {
            Vec::new()
        };
        // Whom the student chose last stands first.
        providers.sort_by_key(|provider| Some(*provider) != last_provider);
        OrderDetail {
            order: self.with_media(order),
            now,
            providers,
            payment,
            refund,
        }
    }

    /// Makes an order of a course without a sale, or gives the student's live one.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the student has the course, or may not have it;
    /// [`AppError::NotFound`] when it is not shown.
    pub async fn buy(&self, student: StudentId, course: i64) -> Result<Bought, AppError> {
        let now = self.clock.now();
        match self
            .store
            .buy(CourseId(course), student, HOLD_S * 1_000, now)
            .await?
        {
            Purchase::Order {
                id,
                state,
                expires_at,
            } => Ok(Bought {
                order: id,
                state,
                expires_at,
            }),
            Purchase::Owned => Err(refused(Refusal::AlreadyYours)),
            Purchase::MembersOnly => Err(refused(Refusal::MembersOnly)),
            Purchase::Unknown => Err(AppError::NotFound),
        }
    }

    /// Gives a hold back.
    ///
    /// # Errors
    /// [`AppError::Refused`] when it is paid; one that has ended is no error.
    pub async fn cancel_hold(&self, student: StudentId, id: i64) -> Result<OrderDetail, AppError> {
        let now = self.clock.now();
        match self.store.give_hold_back(OrderId(id), student, now).await? {
            GivenBack::Ended(sale) => {
                if let Some(sale) = sale {
                    self.queue.recount(sale);
                }
            }
            GivenBack::Closing => self.job_bell.notify_one(),
            GivenBack::Not(OrderState::Paid) => return Err(refused(Refusal::NothingToPay)),
            // A second click of the same wish.
            GivenBack::Not(
                OrderState::Held
                | OrderState::Closing
                | OrderState::Expired
                | OrderState::Cancelled
                | OrderState::Refunding
                | OrderState::Refunded,
            ) => {}
            GivenBack::Unknown => return Err(AppError::NotFound),
        }
        self.order(student, id).await
    }
}

/// The same, said of an order or a course.
pub(super) fn refused(why: Refusal) -> AppError {
    AppError::Refused { why }
}
