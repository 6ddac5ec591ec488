//! What happens to a process from outside.

use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    shop::Shop,
};
use std::time::Duration;

/// Kills of an episode at most.
const KILLS_MAX: usize = 24;
/// Orderly ends of an episode.
const ENDS_MAX: usize = 4;
/// How long a process stands still.
const STANDS_STILL: Duration = Duration::from_secs(30);

/// Kills an instance, starts it again, and so on as long as the crowd is there.
pub async fn kill(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let mut kills = 0;
    while kills < KILLS_MAX && !scene.is_over() {
        let number = dice.below(shop.instances.len());
        shop.instances[number].kill();
        kills += 1;
        // Now and then all of them at once.
        if shop.instances.len() > 1 && dice.once_in(4) {
            kills += shop.instances.len() - 1;
            shop.instances
                .iter_mut()
                .for_each(crate::process::Instance::kill);
        }
        tokio::time::sleep(dice.ms(0, 150)).await;
        shop.revive().await?;
        tokio::time::sleep(dice.ms(20, 500)).await;
    }
    Ok(Strikes {
        count: kills,
        kills,
        is_exhausted: false,
    })
}

/// Asks an instance to end in order, and starts it again.
pub async fn terminate(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let mut count = 0;
    while count < ENDS_MAX && !scene.is_over() {
        let number = dice.below(shop.instances.len());
        shop.instances[number].signal("TERM");
        count += 1;
        match shop.instances[number].ended().await {
            Some(status) if status.success() => {}
            other => {
                return Err(format!(
                    "SIGTERM was followed by {other:?}; {}",
                    shop.instances[number].last_words()
                ));
            }
        }
        shop.revive().await?;
        tokio::time::sleep(dice.ms(100, 1_000)).await;
    }
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}

/// Stops an instance where it is, and lets it go on.
pub async fn stop(shop: &mut Shop, dice: &mut Dice) -> Result<Strikes, String> {
    let number = dice.below(shop.instances.len());
    shop.instances[number].signal("STOP");
    tokio::time::sleep(STANDS_STILL).await;
    shop.instances[number].signal("CONT");
    shop.revive().await?;
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}
