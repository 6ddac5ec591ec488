//! Sales and their settings.

use super::{Engine, setup::bump_catalog_version, ticket::ticket_id};
use crate::{
    rules::seckill::window::Window,
    server::store::sale::{DeskRow, ListedSale, NewSale, SaleCourse},
    types::{
        ids::{CourseId, SaleId, StudentId, TicketId},
        money::Fen,
        sale::Sale,
        time::Millis,
    },
};

#[derive(sqlx::FromRow)]
struct SaleRow {
    id: i64,
    course_id: i64,
    course_name: String,
    course_img: Option<String>,
    old_price: i64,
    price: i64,
    stock: i64,
    remaining: i64,
    opens_at: i64,
    closes_at: i64,
    paused: bool,
    version: i64,
    last_ticket: Option<Vec<u8>>,
}

/// The ticket that took the last seat of the sale `s`; null while a seat is unsold. Seats are given
/// from the lowest number, so that it is the greatest seat's, and one row is read whatever the
/// stock. Once an order was cancelled its seat went to somebody else later: then the newest ticket
/// of all live orders is looked for.
macro_rules! last_ticket {
    () => {
        "case
           when s.remaining > 0 then null
           when exists (select 1 from ticket where sale_id = s.id and released_at is not null) then (
             select ticket_id from orders where sale_id = s.id and ended_at is null order by ticket_id desc limit 1
           )
           else (select ticket_id from orders where sale_id = s.id and ended_at is null order by seat desc limit 1)
         end as last_ticket"
    };
}

/// The sales of courses that are shown; more conditions follow.
macro_rules! listed_sale {
    () => {
        concat!(
            "select s.id, s.course_id, c.name as course_name, c.course_img, c.price_fen as old_price, s.price_fen as price,
                    s.stock, s.remaining, s.opens_at, s.closes_at, s.paused, s.version, ",
            last_ticket!(),
            " from sale s
             join course c on c.id = s.course_id
             where c.is_show and not c.is_delete and c.status <> 1"
        )
    };
}

impl From<SaleRow> for Sale {
    fn from(row: SaleRow) -> Self {
        Self {
            id: SaleId(row.id),
            course_id: CourseId(row.course_id),
            course_name: row.course_name,
            course_img: row.course_img,
            old_price: Fen(row.old_price),
            price: Fen(row.price),
            stock: row.stock,
            opens_at: Millis(row.opens_at),
            closes_at: Millis(row.closes_at),
            paused: row.paused,
            sold_out_at: row
                .last_ticket
                .and_then(|id| ticket_id(&id).ok())
                .map(TicketId::moment),
        }
    }
}

impl Engine {
    pub async fn sales(&self, since: Millis) -> Result<Vec<ListedSale>, sqlx::Error> {
        let rows: Vec<SaleRow> = sqlx::query_as(concat!(
            listed_sale!(),
            " and s.closes_at > $1 order by s.opens_at, s.id"
        ))
        .bind(since.0)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| ListedSale {
                version: row.version,
                sale: row.into(),
            })
            .collect())
    }

    pub async fn sale(&self, id: SaleId) -> Result<Option<Sale>, sqlx::Error> {
        let row: Option<SaleRow> = sqlx::query_as(concat!(listed_sale!(), " and s.id = $1"))
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.map(Sale::from))
    }

    pub async fn all_sales(&self) -> Result<Vec<(Sale, i64)>, sqlx::Error> {
        let rows: Vec<SaleRow> = sqlx::query_as(concat!(
            "select s.id, s.course_id, coalesce(c.name, '') as course_name, c.course_img, coalesce(c.price_fen, 0) as old_price,
                    s.price_fen as price, s.stock, s.remaining, s.opens_at, s.closes_at, s.paused, s.version, ",
            last_ticket!(),
            " from sale s
             left join course c on c.id = s.course_id
             order by s.id",
        ))
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.remaining, row))
            .map(|(remaining, row)| (Sale::from(row), remaining))
            .collect())
    }

    pub async fn sale_course(&self, id: CourseId) -> Result<Option<SaleCourse>, sqlx::Error> {
        let row: Option<(String, i64, bool)> =
            sqlx::query_as("select name, price_fen, is_show and status <> 1 from course where id = $1 and not is_delete")
                .bind(id.0)
                .fetch_optional(&self.readers)
                .await?;
        Ok(row.map(|(name, price, is_shown)| SaleCourse {
            name,
            price: Fen(price),
            is_shown,
        }))
    }

    pub async fn create_sale(
        &self,
        sale: &NewSale,
        now: Millis,
    ) -> Result<Option<SaleId>, sqlx::Error> {
        let mut tx = self.begin().await?;
        let id: Option<i64> = sqlx::query_scalar(
            "insert into sale (course_id, price_fen, stock, remaining, opens_at, closes_at, paused, created_time, updated_time, hold_s)
             select id, $2, $3, $3, $4, $5, false, $6, $6, $7 from course where id = $1 and not is_delete
             returning id",
        )
        .bind(sale.course.0)
        .bind(sale.price.0)
        .bind(sale.stock)
        .bind(sale.opens_at.0)
        .bind(sale.closes_at.0)
        .bind(now.0)
        .bind(sale.hold_s)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = id else { return Ok(None) };
        sqlx::query("insert into stock_ledger (sale_id, delta, reason, created_at) values ($1, $2, 'initial', $3)")
            .bind(id)
            .bind(sale.stock)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        bump_catalog_version(&mut tx).await?;
        tx.commit().await?;
        Ok(Some(SaleId(id)))
    }

    pub async fn pause_sale(
        &self,
        id: SaleId,
        paused: bool,
        now: Millis,
    ) -> Result<bool, sqlx::Error> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query(
            "update sale set paused = $2, updated_time = $3, version = version + 1 where id = $1",
        )
        .bind(id.0)
        .bind(paused)
        .bind(now.0)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        bump_catalog_version(&mut tx).await?;
        tx.commit().await?;
        Ok(rows == 1)
    }

    pub async fn restock_sale(
        &self,
        id: SaleId,
        seats: i64,
        now: Millis,
    ) -> Result<bool, sqlx::Error> {
        let mut tx = self.begin().await?;
        let sql = "update sale set stock = stock + $2, remaining = remaining + $2, updated_time = $3, version = version + 1 where id = $1";
        let rows = sqlx::query(sql)
            .bind(id.0)
            .bind(seats)
            .bind(now.0)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if rows == 0 {
            return Ok(false);
        }
        sqlx::query("insert into stock_ledger (sale_id, delta, reason, created_at) values ($1, $2, 'restock', $3)")
            .bind(id.0)
            .bind(seats)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        bump_catalog_version(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub async fn seats_free(&self, id: SaleId) -> Result<Option<i64>, sqlx::Error> {
        sqlx::query_scalar(
            "select s.remaining - (select count(*) from ticket t where t.sale_id = s.id and t.state = 0) from sale s where s.id = $1",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await
    }

    pub async fn desk(&self, id: SaleId) -> Result<Option<DeskRow>, sqlx::Error> {
        // One snapshot, so that seats and tickets fit together.
        let mut tx = self.view_long().await?;
        let sale: Option<(i64, i64, bool, i64, i64)> = sqlx::query_as(
            "select opens_at, closes_at, paused, remaining, coalesce((select epoch from desk where sale_id = sale.id), 0)
             from sale where id = $1",
        )
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((opens_at, closes_at, paused, remaining, epoch)) = sale else {
            return Ok(None);
        };
        let sql = concat!(
            "select student_id, id, state from ticket where sale_id = $1 and ",
            live_ticket!()
        );
        let rows: Vec<(i64, Vec<u8>, i64)> =
            sqlx::query_as(sql).bind(id.0).fetch_all(&mut *tx).await?;
        let waiting: i64 = rows
            .iter()
            .map(|(_, _, state)| i64::from(*state == 0))
            .sum();
        let holder = |(student, id, _): (i64, Vec<u8>, i64)| {
            ticket_id(&id).map(|id| (StudentId(student), id))
        };
        let holders = rows.into_iter().map(holder).collect::<Result<_, _>>()?;
        let released: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "select student_id, id from ticket where sale_id = $1 and released_at is not null",
        )
        .bind(id.0)
        .fetch_all(&mut *tx)
        .await?;
        let released = released
            .into_iter()
            .map(|(student, id)| Ok((StudentId(student), ticket_id(&id)?)));
        let released = released.collect::<Result<_, sqlx::Error>>()?;
        let window = Window {
            opens_at: Millis(opens_at),
            closes_at: Millis(closes_at),
            paused,
        };
        Ok(Some(DeskRow {
            epoch,
            window,
            remaining,
            free: remaining - waiting,
            holders,
            released,
        }))
    }

    pub async fn desk_epoch(&self, id: SaleId) -> Result<i64, sqlx::Error> {
        let epoch: Option<i64> = sqlx::query_scalar("select epoch from desk where sale_id = $1")
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await?;
        Ok(epoch.unwrap_or(0))
    }

    pub async fn note_desk(&self, id: SaleId, epoch: i64) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into desk (sale_id, epoch) values ($1, $2)
             on conflict (sale_id) do update set epoch = excluded.epoch where desk.epoch < excluded.epoch",
        )
        .bind(id.0)
        .bind(epoch)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
