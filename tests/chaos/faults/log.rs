//! A log that nobody takes: its reader stops, or closes the pipe, or its disk is full; wrong codes
//! flood beside it, since each once was a line. The log is for the operator: the shop serves
//! without it.

use super::strangers;
use crate::{dice::Dice, episode::Strikes, outlet::Manner, process::Instance, shop::Shop};

/// Its reader holds the pipe, and reads nothing for a while.
pub async fn rests(shop: &mut Shop, dice: &mut Dice) -> Result<Strikes, String> {
    shop.instances
        .iter()
        .for_each(|instance| instance.set_reader(Manner::Rests));
    let strikes = strangers::wrong_codes(shop, dice).await;
    shop.instances
        .iter()
        .for_each(|instance| instance.set_reader(Manner::Reads));
    Ok(strikes)
}

/// Its reader is gone; afterwards the instances are ended in order, and get a new one.
pub async fn closed(shop: &mut Shop, dice: &mut Dice) -> Result<Strikes, String> {
    shop.instances
        .iter()
        .for_each(|instance| instance.set_reader(Manner::Gone));
    let strikes = strangers::wrong_codes(shop, dice).await;
    alive(shop)?;
    for instance in &mut shop.instances {
        instance.signal("TERM");
        match instance.ended().await {
            Some(status) if status.success() => {}
            other => {
                return Err(format!(
                    "SIGTERM was followed by {other:?}; {}",
                    instance.last_words()
                ));
            }
        }
    }
    shop.revive().await?;
    Ok(strikes)
}

/// Its disk is full.
pub async fn full(shop: &mut Shop, dice: &mut Dice) -> Result<Strikes, String> {
    let strikes = strangers::wrong_codes(shop, dice).await;
    alive(shop)?;
    Ok(strikes)
}

fn alive(shop: &mut Shop) -> Result<(), String> {
    if shop.instances.iter_mut().all(Instance::is_alive) {
        Ok(())
    } else {
        Err("a log that nobody takes ended the process".into())
    }
}
