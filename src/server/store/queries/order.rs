//! Orders as an operator works on them.

use super::{Connection, Engine, setup::bump_version, ticket::ticket_id};
use crate::{
    server::store::{
        error::expect_rows,
        order::{Cancelled, OrderQuery, OrderRow},
    },
    types::{
        account::Mobile,
        ids::{CourseId, OrderId, SaleId, StudentId},
        money::Fen,
        sale::Order,
        time::Millis,
    },
};

type OrderTuple = (
    i64,
    i64,
    i64,
    String,
    Option<String>,
    i64,
    i64,
    Vec<u8>,
    i64,
    bool,
);

impl Engine {
    pub async fn orders(
        &self,
        query: &OrderQuery,
        limit: i64,
    ) -> Result<Vec<OrderRow>, sqlx::Error> {
        sqlx::query_as(
            "select o.id, o.sale_id, o.seat, coalesce(u.mobile, '') as mobile, coalesce(c.name, '') as course,
                    o.created_at, o.ended_at, o.end_reason
             from orders o
             left join student u on u.id = o.student_id
             left join course c on c.id = o.course_id
             where ($1 is null or u.mobile = $1) and ($2 is null or o.sale_id = $2)
             order by o.id
             limit $3 + 0",
        )
        .bind(query.mobile.as_ref().map(Mobile::digits))
        .bind(query.sale.map(|sale| sale.0))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
    }

    pub async fn cancel_order(
        &self,
        id: OrderId,
        reason: &str,
        now: Millis,
    ) -> Result<Cancelled, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        // A settlement takes the sale's row first, then orders and tickets: so does this.
        let sale: Option<i64> = sqlx::query_scalar("select sale_id from orders where id = $1")
            .bind(id.0)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(sale) = sale else {
            return Ok(Cancelled::Unknown);
        };
        let freed = Self::free_seat(&mut tx, sale, now).await?;
        let order: (Vec<u8>, i64, Option<i64>) =
            sqlx::query_as("select ticket_id, seat, ended_at from orders where id = $1")
                .bind(id.0)
                .fetch_one(&mut *tx)
                .await?;
        let (ticket, seat, ended_at) = order;
        if let Some(ended_at) = ended_at {
            // Nothing is committed.
            return Ok(Cancelled::Before(Millis(ended_at)));
        }
        expect_rows("sale", 1, freed)?;
        let ended = sqlx::query(
            "update orders set ended_at = $2, end_reason = $3 where id = $1 and ended_at is null",
        )
        .bind(id.0)
        .bind(now.0)
        .bind(reason)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        expect_rows("orders", 1, ended)?;
        let released = sqlx::query("update ticket set released_at = $2 where id = $1 and state = 1 and released_at is null")
            .bind(&ticket)
            .bind(now.0)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        expect_rows("ticket", 1, released)?;
        bump_version(&mut tx).await?;
        tx.commit().await?;
        Ok(Cancelled::Ended {
            sale: SaleId(sale),
            seat,
        })
    }

    /// One more seat remains, and desks of the sale are counted anew.
    async fn free_seat(tx: &mut Connection, sale: i64, now: Millis) -> Result<u64, sqlx::Error> {
        let sql = "update sale set remaining = remaining + 1, updated_time = $2, version = version + 1 where id = $1";
        Ok(sqlx::query(sql)
            .bind(sale)
            .bind(now.0)
            .execute(tx)
            .await?
            .rows_affected())
    }

    pub async fn orders_of(
        &self,
        student: StudentId,
        limit: i64,
    ) -> Result<Vec<Order>, sqlx::Error> {
        let rows: Vec<OrderTuple> = sqlx::query_as(
            "select o.id, o.sale_id, o.course_id, c.name, c.course_img, o.price_fen, o.seat, o.ticket_id, o.created_at,
                    c.is_show and not c.is_delete and c.status <> 1
             from orders o
             join course c on c.id = o.course_id
             where o.student_id = $1 and o.ended_at is null
             order by o.created_at desc, o.id desc
             limit $2 + 0",
        )
        .bind(student.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let order = |(
            id,
            sale,
            course,
            course_name,
            course_img,
            price,
            seat,
            ticket,
            at,
            is_shown,
        ): OrderTuple| {
            Ok(Order {
                id: OrderId(id),
                sale_id: SaleId(sale),
                course_id: CourseId(course),
                course_name,
                course_img,
                course_is_shown: is_shown,
                price: Fen(price),
                seat,
                clicked_at: ticket_id(&ticket)?.moment(),
                created_at: Millis(at),
            })
        };
        rows.into_iter().map(order).collect()
    }
}
