//! What happens to Redis. It is a doorbell and a cache, never the record: whatever it forgets or says, no ticket is lost.

use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    proxy::Weather,
    redis::RedisServer,
    shop::Shop,
};
use std::time::Duration;

/// Strikes of an episode at most.
const STRIKES_MAX: usize = 6;
/// How long a network is bad.
const BAD_FOR: Duration = Duration::from_secs(3);

fn redis(shop: &mut Shop) -> &mut RedisServer {
    shop.redis.as_mut().expect("this pair has a Redis")
}

/// Strikes again and again while the crowd is there.
async fn again(shop: &mut Shop, scene: &Scene, dice: &mut Dice, mut strike: impl FnMut(&mut Shop)) -> Result<Strikes, String> {
    let mut count = 0;
    while count < STRIKES_MAX && !scene.is_over() {
        strike(shop);
        count += 1;
        tokio::time::sleep(dice.ms(100, 900)).await;
    }
    Ok(Strikes { count, ..Strikes::default() })
}

/// Everything that it knew is gone.
pub async fn flush(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    again(shop, scene, dice, |shop| redis(shop).command::<()>("FLUSHALL")).await
}

/// It dies, is away for a while, and comes back empty.
pub async fn kill(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let mut count = 0;
    while count < STRIKES_MAX / 2 && !scene.is_over() {
        redis(shop).stop();
        tokio::time::sleep(dice.ms(50, 3_000)).await;
        redis(shop).resume();
        count += 1;
        tokio::time::sleep(dice.ms(100, 1_500)).await;
    }
    Ok(Strikes { count, ..Strikes::default() })
}

/// It answers nobody for three seconds, and then everybody.
pub async fn pause(shop: &mut Shop) -> Result<Strikes, String> {
    redis(shop).command::<()>("CLIENT PAUSE 3000 ALL");
    tokio::time::sleep(BAD_FOR).await;
    Ok(Strikes { count: 1, ..Strikes::default() })
}

/// It takes no write: it uses more than that as soon as somebody is connected.
pub async fn out_of_memory(shop: &mut Shop) -> Result<Strikes, String> {
    redis(shop).command::<()>("CONFIG SET maxmemory 1mb");
    tokio::time::sleep(BAD_FOR).await;
    redis(shop).command::<()>("CONFIG SET maxmemory 0");
    Ok(Strikes { count: 1, ..Strikes::default() })
}

/// Entries on the bell that nobody understands.
pub async fn garbage(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    const ENTRIES: [&str; 5] = ["v 1 sales x,,-7", "sales 3", "v 99 sales 1", "v 1", "\u{1} \u{2}"];
    again(shop, scene, dice, |shop| {
        for entry in ENTRIES {
            redis(shop).command::<String>(&format!("XADD bell * {entry}"));
        }
    })
    .await
}

/// The workers' group is gone, and then the stream itself.
pub async fn no_group(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let mut is_stream = false;
    again(shop, scene, dice, |shop| {
        let words = if is_stream { "DEL bell" } else { "EVAL return{pcall(redis.call,'XGROUP','DESTROY','bell','workers')}and(1) 0" };
        redis(shop).command::<i64>(words);
        is_stream = !is_stream;
    })
    .await
}

/// The network between the instances and Redis is bad for a while.
pub async fn weather(shop: &mut Shop, weather: Weather) -> Result<Strikes, String> {
    let proxy = shop.redis_proxy.as_ref().expect("staged with a proxy");
    proxy.set(weather);
    tokio::time::sleep(BAD_FOR).await;
    proxy.set(Weather::Fair);
    Ok(Strikes { count: 1, ..Strikes::default() })
}
