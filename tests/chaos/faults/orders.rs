//! Orders that end: an operator cancels them while the rush goes on, and their seats are clicked
//! again.

use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    shop::Shop,
};
use std::time::Duration;

/// Orders of an episode that are cancelled at most.
const CANCELS_MAX: usize = 12;
/// How long somebody looks for orders.
const ORDERS_WITHIN: Duration = Duration::from_secs(10);

/// Cancels live orders, one after the other; a second time it must be refused.
pub async fn cancel(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let (since, live) = (
        std::time::Instant::now(),
        format!(
            "select id from orders where ended_at is null and sale_id >= {}",
            scene.sales[0]
        ),
    );
    let mut count = 0;
    while count < CANCELS_MAX && since.elapsed() < ORDERS_WITHIN {
        let orders = shop.database.numbers(&live).await;
        if orders.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        }
        let order = orders[dice.below(orders.len())];
        let number = order.to_string();
        let words = [
            "order",
            "cancel",
            &number,
            "--reason",
            "the student asked for it",
        ];
        shop.command(&words)?;
        scene.notebook.write(|notes| notes.cancelled.push(order));
        count += 1;
        if dice.once_in(3) && shop.command(&words).is_ok() {
            return Err(format!("order {order} was cancelled twice"));
        }
        tokio::time::sleep(dice.ms(10, 250)).await;
    }
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}
