//! A second server on a database that takes one only: PostgreSQL without Redis, where servers would
//! not know each other's tickets.

use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    notes::{Rival, Succession},
    process::Instance,
    shop::Shop,
};
use std::time::{Duration, Instant};

/// How long a second server gets to refuse: it may wait a while for the end of one that was just
/// replaced.
const REFUSES_WITHIN: Duration = Duration::from_secs(30);

/// A second server is started beside the first; then the first is killed, and another takes its
/// place.
pub async fn try_second(
    shop: &mut Shop,
    scene: &Scene,
    dice: &mut Dice,
) -> Result<Strikes, String> {
    let mut rival = Instance::new(shop.recipe(1));
    rival.launch();
    let note = refusal(&mut rival).await;
    drop(rival);
    scene.notebook.write(|notes| notes.rivals.push(note));
    if !shop.instances[0].is_alive() {
        return Err(format!(
            "the second server ended the first: {}",
            shop.instances[0].last_words()
        ));
    }
    tokio::time::sleep(dice.ms(100, 500)).await;
    shop.instances[0].kill();
    let mut successor = Instance::new(shop.recipe(2));
    scene.notebook.write({
        let note = start(&mut successor).await;
        |notes| notes.successions.push(note)
    });
    // Its crowd comes to the first one's address.
    successor.kill();
    scene.notebook.write({
        let note = start(&mut shop.instances[0]).await;
        |notes| notes.successions.push(note)
    });
    shop.revive().await?;
    Ok(Strikes {
        count: 2,
        kills: 2,
        is_exhausted: false,
    })
}

/// Waits until it ends by itself, or serves, which it must not.
async fn refusal(rival: &mut Instance) -> Rival {
    let since = Instant::now();
    let client = support::http::client()
        .timeout(Duration::from_secs(1))
        .build()
        .expect("client");
    let url = format!("http://{}/readyz", rival.recipe.address);
    while since.elapsed() < REFUSES_WITHIN {
        if let Some(status) = rival.exited() {
            return Rival {
                refused: !status.success(),
                last_words: rival.last_words(),
            };
        }
        if client
            .get(&url)
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
        {
            return Rival {
                refused: false,
                last_words: format!("it serves; {}", rival.last_words()),
            };
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Rival {
        refused: false,
        last_words: format!("it neither serves nor ends; {}", rival.last_words()),
    }
}

async fn start(instance: &mut Instance) -> Succession {
    let since = Instant::now();
    match instance.start().await {
        Ok(()) => Succession {
            took_ms: u64::try_from(since.elapsed().as_millis()).ok(),
            last_words: String::new(),
        },
        Err(last_words) => Succession {
            took_ms: None,
            last_words,
        },
    }
}
