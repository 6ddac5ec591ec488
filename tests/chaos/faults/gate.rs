//! What happens to instances behind the proxy, one at a time, while strangers send heads that the
//! proxy must not take for an instance's failure.

use super::strangers::{HOSTILE_FOR, send_heads};
use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    shop::Shop,
};

/// Ends of an episode at most.
const ENDS_MAX: usize = 6;
/// The rest between two, in ms: a click may go on to the other instance, and is answered there
/// before that one ends, too.
const REST_MS: (u64, u64) = (1_200, 1_800);

/// An instance is killed and started again, and so on.
pub async fn kill(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let heads = send_heads(shop.doors(), HOSTILE_FOR);
    let kills = async {
        let mut kills = 0;
        while kills < ENDS_MAX && !scene.is_over() {
            let number = kills % shop.instances.len();
            shop.instances[number].kill();
            kills += 1;
            tokio::time::sleep(dice.ms(0, 400)).await;
            shop.revive().await?;
            tokio::time::sleep(dice.ms(REST_MS.0, REST_MS.1)).await;
        }
        Ok::<_, String>(kills)
    };
    let (_, kills) = tokio::join!(heads, kills);
    let kills = kills?;
    Ok(Strikes {
        count: kills,
        kills,
        is_exhausted: false,
    })
}

/// An instance is ended in order and started again, and so on.
pub async fn drain(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let heads = send_heads(shop.doors(), HOSTILE_FOR);
    let ends = async {
        let mut count = 0;
        while count < ENDS_MAX && !scene.is_over() {
            let number = count % shop.instances.len();
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
            tokio::time::sleep(dice.ms(0, 400)).await;
            shop.revive().await?;
            tokio::time::sleep(dice.ms(REST_MS.0, REST_MS.1)).await;
        }
        Ok(count)
    };
    let (_, count) = tokio::join!(heads, ends);
    Ok(Strikes {
        count: count?,
        ..Strikes::default()
    })
}
