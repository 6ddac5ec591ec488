//! Faults while holds are paid, and end: instances killed until the last hold has ended, and a
//! gateway that is slow, wrong, silent or gone.

use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    notes::Span,
    process::Instance,
    proxy::Weather,
    shop::Shop,
};
use std::time::{Duration, Instant};

/// Kills of an episode at most.
const KILLS_MAX: usize = 60;
/// Starts of an instance after a kill.
const STARTS_MAX: usize = 5;
/// How long a gateway is not itself, at least: longer than a hold of the long form, so that holds end
/// meanwhile.
const AWAY_HOLDS: u32 = 2;

/// Kills instances at random moments: while seats are clicked, paid, closed and given again.
pub async fn kill(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let (since, mut kills) = (Instant::now(), 0);
    // The first holds end meanwhile, and what was freed is clicked again.
    let lasts = 2 * shop.staging.hold() + Duration::from_secs(2);
    while kills < KILLS_MAX && (since.elapsed() < lasts || !scene.is_over()) {
        let number = dice.below(shop.instances.len());
        shop.instances[number].kill();
        kills += 1;
        // Now and then all of them at once.
        if shop.instances.len() > 1 && dice.once_in(4) {
            kills += shop.instances.len() - 1;
            shop.instances.iter_mut().for_each(Instance::kill);
        }
        tokio::time::sleep(dice.ms(0, 150)).await;
        revive(shop).await?;
        tokio::time::sleep(dice.ms(100, 1_500)).await;
    }
    Ok(Strikes {
        count: kills,
        kills,
        is_exhausted: false,
    })
}

/// Starts what was killed, as a service manager does: once more when the database, which recovers
/// from as many clients at once, did not answer in time.
async fn revive(shop: &mut Shop) -> Result<(), String> {
    for _ in 1..STARTS_MAX {
        if shop.revive().await.is_ok() {
            return Ok(());
        }
    }
    shop.revive().await
}

/// Lets the network between the shop and the gateway be bad for a while.
pub async fn weather(shop: &mut Shop, scene: &Scene, weather: Weather) -> Result<Strikes, String> {
    let proxy = shop
        .gateway_proxy
        .as_ref()
        .ok_or("there is no proxy before the gateway")?;
    let from_ms = scene.clients.history.now_ms();
    proxy.set(weather);
    tokio::time::sleep(AWAY_HOLDS * shop.staging.hold()).await;
    proxy.set(Weather::Fair);
    let to_ms = scene.clients.history.now_ms();
    scene.notebook.write(|notes| {
        notes.provider_away.push(Span {
            sale: scene.sales[0],
            from_ms,
            to_ms,
        });
    });
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}
