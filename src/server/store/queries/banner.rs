//! Banners.

use super::{Engine, setup::bump_catalog_version};
use crate::types::{banner::Banner, ids::BannerId, time::Millis};

#[derive(sqlx::FromRow)]
struct BannerRow {
    id: i64,
    title: String,
    image: String,
    link: String,
    info: String,
    orders: i64,
    is_show: bool,
}

impl From<BannerRow> for Banner {
    fn from(row: BannerRow) -> Self {
        Self {
            id: BannerId(row.id),
            title: row.title,
            image: row.image,
            link: row.link,
            info: row.info,
            orders: row.orders,
        }
    }
}

impl Engine {
    pub async fn banners(&self, limit: i64) -> Result<Vec<Banner>, sqlx::Error> {
        let rows: Vec<BannerRow> = sqlx::query_as(
            "select id, title, image, link, info, orders, is_show from banner
             where is_show and not is_delete
             order by orders, id
             limit $1 + 0",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(Banner::from).collect())
    }

    pub async fn all_banners(&self) -> Result<Vec<(Banner, bool)>, sqlx::Error> {
        let rows: Vec<BannerRow> = sqlx::query_as(
            "select id, title, image, link, info, orders, is_show from banner
             where not is_delete
             order by orders, id",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let shown = row.is_show;
                (Banner::from(row), shown)
            })
            .collect())
    }

    pub async fn add_banner(
        &self,
        title: &str,
        image: &str,
        link: &str,
        info: &str,
        now: Millis,
    ) -> Result<BannerId, sqlx::Error> {
        let mut tx = self.begin().await?;
        let id: i64 = sqlx::query_scalar(
            "insert into banner (orders, is_show, is_delete, created_time, updated_time, title, image, link, info)
             select coalesce(max(orders), 0) + 1, true, false, $1, $1, $2, $3, $4, $5 from banner
             returning id",
        )
        .bind(now.0)
        .bind(title)
        .bind(image)
        .bind(link)
        .bind(info)
        .fetch_one(&mut *tx)
        .await?;
        bump_catalog_version(&mut tx).await?;
        tx.commit().await?;
        Ok(BannerId(id))
    }

    pub async fn show_banner(
        &self,
        id: BannerId,
        shown: bool,
        now: Millis,
    ) -> Result<bool, sqlx::Error> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query(
            "update banner set is_show = $2, updated_time = $3 where id = $1 and not is_delete",
        )
        .bind(id.0)
        .bind(shown)
        .bind(now.0)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        bump_catalog_version(&mut tx).await?;
        tx.commit().await?;
        Ok(rows == 1)
    }

    pub async fn order_banner(
        &self,
        id: BannerId,
        orders: i64,
        now: Millis,
    ) -> Result<bool, sqlx::Error> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query(
            "update banner set orders = $2, updated_time = $3 where id = $1 and not is_delete",
        )
        .bind(id.0)
        .bind(orders)
        .bind(now.0)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        bump_catalog_version(&mut tx).await?;
        tx.commit().await?;
        Ok(rows == 1)
    }
}
