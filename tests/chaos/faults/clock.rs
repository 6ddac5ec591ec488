//! A clock that jumps, forth or back, and is set right again: libfaketime reads the offset from a file at every look at the clock.

use crate::{episode::Strikes, shop::Shop};
use serde_json::Value;
use std::time::Duration;

/// How long it is wrong.
const WRONG_FOR: Duration = Duration::from_secs(4);
/// Less than any jump, and more than anything else moves a clock: half an hour.
const JUMP_MS: i64 = 30 * 60 * 1_000;

/// Jumps by an offset as libfaketime writes it.
pub async fn jump(shop: &mut Shop, offset: &str, sale: i64) -> Result<Strikes, String> {
    let before = now(shop, sale).await?;
    shop.set_clock(offset);
    tokio::time::sleep(WRONG_FOR / 2).await;
    let jumped = (now(shop, sale).await? - before).abs() > JUMP_MS;
    tokio::time::sleep(WRONG_FOR / 2).await;
    shop.set_clock("+0s");
    Ok(Strikes { count: usize::from(jumped), ..Strikes::default() })
}

/// What the shop says the time is.
async fn now(shop: &Shop, sale: i64) -> Result<i64, String> {
    let url = format!("http://{}/api/v1/sale/now/?id={sale}", shop.instances[0].recipe.address);
    let client = crate::app::client().timeout(Duration::from_secs(5)).build().expect("client");
    let answer = client.get(url).send().await.map_err(|error| error.to_string())?.text().await.map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
    answer["result"]["now"].as_i64().ok_or_else(|| format!("no time in {answer}"))
}
