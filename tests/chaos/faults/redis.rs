//! What happens to Redis. It is a doorbell and a cache, never the database: whatever it forgets or
//! says, no ticket is lost.

use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    history::Answer,
    notes::Span,
    proxy::Weather,
    shop::Shop,
};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use support::{crowd::Student, redis::RedisServer};

/// Strikes of an episode at most.
const STRIKES_MAX: usize = 6;
/// How long a network is bad.
const BAD_FOR: Duration = Duration::from_secs(3);

fn redis(shop: &mut Shop) -> &mut RedisServer {
    shop.redis.as_mut().expect("this pair has a Redis")
}

/// Strikes again and again while the crowd is there.
async fn again(
    shop: &mut Shop,
    scene: &Scene,
    dice: &mut Dice,
    mut strike: impl FnMut(&mut Shop),
) -> Result<Strikes, String> {
    let mut count = 0;
    while count < STRIKES_MAX && !scene.is_over() {
        strike(shop);
        count += 1;
        tokio::time::sleep(dice.ms(100, 900)).await;
    }
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}

/// Everything that it knew is gone.
pub async fn flush(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    again(shop, scene, dice, |shop| {
        redis(shop).command::<()>("FLUSHALL");
    })
    .await
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
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}

/// It answers nobody for three seconds, and then everybody.
pub async fn pause(shop: &mut Shop) -> Result<Strikes, String> {
    redis(shop).command::<()>("CLIENT PAUSE 3000 ALL");
    tokio::time::sleep(BAD_FOR).await;
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}

/// It takes no write: it uses more than that as soon as somebody is connected.
pub async fn out_of_memory(shop: &mut Shop) -> Result<Strikes, String> {
    redis(shop).command::<()>("CONFIG SET maxmemory 1mb");
    tokio::time::sleep(BAD_FOR).await;
    redis(shop).command::<()>("CONFIG SET maxmemory 0");
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}

/// Entries on the bell that nobody understands.
pub async fn garbage(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    const ENTRIES: [&str; 5] = [
        "v 1 sales x,,-7",
        "sales 3",
        "v 99 sales 1",
        "v 1",
        "\u{1} \u{2}",
    ];
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
        let words = if is_stream {
            "DEL bell"
        } else {
            "EVAL return{pcall(redis.call,'XGROUP','DESTROY','bell','workers')}and(1) 0"
        };
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
    Ok(Strikes {
        count: 1,
        ..Strikes::default()
    })
}

/// How long Redis was behind.
const BEHIND_MS: (u64, u64) = (300, 2_000);
/// How long a sale may take to be sold out, and a restock to be known.
const SOLD_WITHIN: Duration = Duration::from_secs(15);
/// Seats that are added to a sale that was sold out.
const RESTOCKED: i64 = 30;
/// How long an older state is looked at: longer than a desk that was lost is doubted.
const LOOKED_AT_FOR: Duration = Duration::from_secs(6);

/// It comes back with an older state, as one does that keeps a log of each second, or a standby
/// that took over: in the middle of the rush, and once more with a desk of a sale that was sold out
/// and has seats again.
pub async fn older(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let mut count = 0;
    while count < 2 && !scene.is_over() {
        let state = State::of(redis(shop));
        tokio::time::sleep(dice.ms(BEHIND_MS.0, BEHIND_MS.1)).await;
        state.restore(redis(shop));
        count += 1;
    }
    let sale = scene.sales[0];
    // Only with a seat that Redis forgot is there anything to judge: without one this was no
    // strike.
    let is_judged = sold_out(shop, sale).await && restocked(shop, scene, sale, dice).await?;
    Ok(Strikes {
        count: if is_judged { count + 1 } else { 0 },
        ..Strikes::default()
    })
}

/// Seats are added to a sale that is sold out, somebody wins one, and Redis knows nothing of it
/// again. Whether there was a seat left.
async fn restocked(
    shop: &mut Shop,
    scene: &Scene,
    sale: i64,
    dice: &mut Dice,
) -> Result<bool, String> {
    // Refused clicks have the desk counted for good.
    let (winner, others) = (
        shop.students[dice.below(shop.students.len())].clone(),
        shop.students.clone(),
    );
    for _ in 0..4 {
        follow(
            scene,
            &others[dice.below(others.len())],
            sale,
            "after-the-last-seat",
        )
        .await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let is_dumped = dice.once_in(2);
    let state = if is_dumped {
        State::of(redis(shop))
    } else {
        State::saved(redis(shop))
    };
    shop.restock(sale, RESTOCKED).await?;
    let since = Instant::now();
    while !matches!(
        follow(scene, &winner, sale, "a-seat-came-back").await,
        Answer::Ticket(_)
    ) {
        if since.elapsed() > SOLD_WITHIN {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    state.restore(redis(shop));
    let (since, from_ms) = (Instant::now(), scene.clients.history.now_ms());
    while since.elapsed() < LOOKED_AT_FOR {
        follow(scene, &winner, sale, "a-seat-came-back").await;
        follow(
            scene,
            &others[dice.below(others.len())],
            sale,
            "is-there-a-seat",
        )
        .await;
        tokio::time::sleep(dice.ms(200, 600)).await;
    }
    let to_ms = scene.clients.history.now_ms();
    let is_free = free(shop, sale).await > 0;
    if is_free {
        scene.notebook.write(|notes| {
            notes.free.push(Span {
                sale,
                from_ms,
                to_ms,
            });
        });
    }
    Ok(is_free)
}

/// A click, and polls to the end of its ticket.
async fn follow(scene: &Scene, student: &Student, sale: i64, key: &str) -> Answer {
    let (since, answer) = (
        Instant::now(),
        scene.clients.click(student, sale, key).await,
    );
    if let Answer::Ticket(ticket) = answer {
        while !scene
            .clients
            .poll(student, sale, ticket)
            .await
            .0
            .is_terminal()
            && since.elapsed() < SOLD_WITHIN
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    answer
}

/// Seats that no ticket has or waits for.
async fn free(shop: &Shop, sale: i64) -> i64 {
    let waiting = format!("(select count(*) from ticket where sale_id = {sale} and state = 0)");
    shop.database
        .numbers(&format!(
            "select remaining - {waiting} from sale where id = {sale}"
        ))
        .await[0]
}

/// Waits until no seat of the sale is left, and nobody waits for one.
async fn sold_out(shop: &Shop, sale: i64) -> bool {
    let since = Instant::now();
    while since.elapsed() < SOLD_WITHIN {
        let left = format!(
            "select remaining + (select count(*) from ticket where sale_id = {sale} and state = 0) from sale where id = {sale}"
        );
        if shop.database.numbers(&left).await[0] == 0 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// What Redis knew.
enum State {
    /// Each key with its value, as DUMP gives it.
    Dumped(Vec<(String, Vec<u8>)>),
    /// The file that it wrote, to be read at its next start.
    Saved(PathBuf),
}

impl State {
    fn of(redis: &RedisServer) -> Self {
        Self::Dumped(redis.dump(""))
    }

    fn saved(redis: &RedisServer) -> Self {
        redis.command::<String>("SAVE");
        let folder: (String, String) = redis.command("CONFIG GET dir");
        Self::Saved(PathBuf::from(folder.1).join("dump.rdb"))
    }

    fn restore(self, redis: &mut RedisServer) {
        match self {
            Self::Dumped(keys) => redis.restore("", &keys),
            Self::Saved(file) => {
                redis.stop();
                redis.resume();
                // The next start is empty again.
                drop(std::fs::remove_file(file));
            }
        }
    }
}
