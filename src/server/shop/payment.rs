//! Payments: where a student pays, and what becomes of money that providers tell of.

use super::order::refused;
use crate::{
    server::{
        payment::{NewPayment, Notice, Queried, Receipt},
        shop::state::AppState,
        store::{MoneyTaken, NoticeKept, PaymentOpened, PaymentRow, StoreError, Taken},
    },
    types::{
        error::{AppError, Fault, Refusal},
        ids::{OrderId, StudentId},
        lang::Lang,
        order::{OrderDetail, Payable},
        payment::{PayKind, Provider},
    },
};
use std::net::IpAddr;

/// The verdict on a notice that tells of no money.
const NO_MONEY: &str = "no money";

impl AppState {
    /// Makes, or finds, the open payment of an order, and says where to pay it: on the phone at this
    /// address, or on a large screen.
    ///
    /// # Errors
    /// [`AppError::Refused`] when there is nothing to pay any more, or the provider does not answer.
    pub async fn pay(
        &self,
        student: StudentId,
        id: i64,
        (provider, way): (Provider, PayKind),
        lang: Lang,
        phone: Option<IpAddr>,
    ) -> Result<Payable, AppError> {
        if !self.payments.providers().contains(&provider) {
            return Err(AppError::field("provider", Fault::OutOfRange));
        }
        if !self.payments.takes(provider, way) {
            return Err(AppError::field("way", Fault::OutOfRange));
        }
        let now = self.clock.now();
        let opened = self
            .store
            .open_payment(
                OrderId(id),
                student,
                provider,
                self.config.payment.prefix(),
                now,
            )
            .await?;
        let payment = match opened {
            PaymentOpened::Payment(payment) => payment,
            PaymentOpened::Ended => return Err(refused(Refusal::OrderEnded)),
            PaymentOpened::NothingToPay => return Err(refused(Refusal::NothingToPay)),
            PaymentOpened::Unknown => return Err(AppError::NotFound),
        };
        let new = NewPayment {
            out_trade_no: payment.out_trade_no,
            amount: payment.amount,
            subject: payment.course_name,
            expires_at: payment.expires_at,
            lang,
            phone,
            return_path: lang.path(&format!("/orders/{id}?back=1")),
        };
        let way = self.payments.create(provider, way, &new, now).await;
        let way = way.map_err(|error| {
            tracing::warn!(%error, provider = provider.name(), "a provider did not take a payment");
            refused(Refusal::ProviderAway)
        })?;
        Ok(Payable {
            way,
            expires_at: payment.expires_at,
        })
    }

    /// One order of a student, after its open payments were asked about; somebody who asks too
    /// often gets what is known.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the student has no such order.
    pub async fn check_order(&self, student: StudentId, id: i64) -> Result<OrderDetail, AppError> {
        let detail = self.order(student, id).await?;
        let payments = if detail.order.state.is_live() && detail.order.paid_at.is_none() {
            self.store.open_payments(OrderId(id)).await?
        } else {
            Vec::new()
        };
        if payments.is_empty() || !self.rate_limit.admits(student).await {
            return Ok(detail);
        }
        for payment in &payments {
            self.ask_about(payment).await?;
        }
        self.order(student, id).await
    }

    /// Asks a provider about a payment, and answers money that it took for it. `None`: it did not
    /// say.
    ///
    /// # Errors
    /// The database can't be written.
    pub async fn ask_about(&self, payment: &PaymentRow) -> Result<Option<Queried>, StoreError> {
        let now = self.clock.now();
        match self
            .payments
            .query(payment.provider, &payment.out_trade_no, now)
            .await
        {
            Ok(Queried::Paid(receipt)) => {
                self.take_receipt(payment.provider, &receipt, None).await?;
                Ok(Some(Queried::Paid(receipt)))
            }
            Ok(queried @ (Queried::Unpaid | Queried::Closed | Queried::NeverMade)) => {
                Ok(Some(queried))
            }
            Err(error) => {
                tracing::warn!(%error, payment = %payment.id, "a provider did not say whether a payment was made");
                Ok(None)
            }
        }
    }

    /// Keeps a notice whose signature fits, and answers the money that it tells of, before the
    /// provider hears that it was understood.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database can't be written: the provider tells it again.
    pub async fn take_notice(
        &self,
        provider: Provider,
        notice: &Notice,
        sha256: &str,
    ) -> Result<(), AppError> {
        let kept = NoticeKept {
            notice_id: notice.notice_id.clone(),
            out_trade_no: notice.out_trade_no.clone(),
            sha256: sha256.to_owned(),
        };
        match &notice.receipt {
            Some(receipt) => {
                self.take_receipt(provider, receipt, Some(&kept)).await?;
            }
            None => {
                let now = self.clock.now();
                self.store
                    .keep_notice(provider, &kept, NO_MONEY, now)
                    .await?;
            }
        }
        Ok(())
    }

    /// Answers money that a provider says it took.
    ///
    /// # Errors
    /// The database can't be written.
    pub async fn take_receipt(
        &self,
        provider: Provider,
        receipt: &Receipt,
        notice: Option<&NoticeKept>,
    ) -> Result<Taken, StoreError> {
        let money = MoneyTaken {
            provider,
            out_trade_no: receipt.out_trade_no.clone(),
            gateway_no: receipt.gateway_no.clone(),
            amount: receipt.amount,
            paid_at: receipt.paid_at,
        };
        let taken = self
            .store
            .take_money(&money, notice, self.clock.now())
            .await?;
        let (outcome, sale) = match taken {
            Taken::Paid { revived, .. } => ("paid", revived),
            Taken::Returned { freed, cause, .. } => (cause.name(), freed),
            Taken::Known => ("known", None),
            Taken::Foreign => {
                tracing::error!(
                    provider = provider.name(),
                    out_trade_no = receipt.out_trade_no,
                    "money for a payment that this shop does not know: a person must look"
                );
                ("foreign", None)
            }
        };
        metrics::counter!("qiangke_money_total", "outcome" => outcome).increment(1);
        if let Some(sale) = sale {
            self.queue.recount(sale);
        }
        // Payments to be closed, money to be sent back.
        self.job_bell.notify_one();
        Ok(taken)
    }
}
