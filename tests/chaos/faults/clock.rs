//! A clock that jumps, forth or back, and is set right again: libfaketime reads the offset from a
//! file at every look at the clock.

use crate::{
    bystanders::Sms,
    episode::{Scene, Strikes},
    notes::Again,
    shop::Shop,
};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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
    Ok(Strikes {
        count: usize::from(jumped),
        ..Strikes::default()
    })
}

/// What the shop says the time is.
async fn now(shop: &Shop, sale: i64) -> Result<i64, String> {
    let url = format!(
        "http://{}/api/v1/sale/now/?id={sale}",
        shop.instances[0].recipe.address
    );
    let client = support::http::client()
        .timeout(Duration::from_secs(5))
        .build()
        .expect("client");
    let answer = client
        .get(url)
        .send()
        .await
        .map_err(|error| error.to_string())?
        .text()
        .await
        .map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
    answer["result"]["now"]
        .as_i64()
        .ok_or_else(|| format!("no time in {answer}"))
}

/// How long a clock is wrong by weeks: each sweep has its turn meanwhile, and each reader of what
/// expires.
const FAR_WRONG_FOR: Duration = Duration::from_secs(72);
/// Beyond the end of any session and of any limit of a mobile.
const FAR: &str = "+40d";
/// Guests who are signed in meanwhile.
const GUESTS: usize = 4;
/// How long a guest looks for a code.
const CODE_WITHIN: Duration = Duration::from_secs(20);

/// Jumps by weeks, and is right again: whoever was signed in still is, and a mobile that asked for
/// a code meanwhile can ask again.
pub async fn far(shop: &mut Shop, scene: &Scene) -> Result<Strikes, String> {
    let mut guests = Vec::new();
    for number in 0..GUESTS {
        let guest = Guest::new(
            shop,
            &format!(
                "136{:08}",
                scene.sales[0] * 10 + i64::try_from(number).unwrap_or_default()
            ),
        );
        guest.sign_in(shop).await?;
        guests.push(guest);
    }
    now(shop, scene.sales[0]).await?;
    shop.set_clock(FAR);
    tokio::time::sleep(FAR_WRONG_FOR / 2).await;
    // The sale ended weeks ago by then, and is not shown any more.
    let jumped = now(shop, scene.sales[0]).await.is_err();
    let asker = Guest::new(shop, &format!("135{:08}", scene.sales[0]));
    asker.ask().await;
    tokio::time::sleep(FAR_WRONG_FOR / 2).await;
    shop.set_clock("+0s");
    for guest in guests {
        let status = guest
            .client
            .get(format!("{}user/me/", guest.api))
            .send()
            .await
            .ok()
            .map(|answer| answer.status().as_u16());
        scene.notebook.write(|notes| notes.sessions.push(status));
    }
    let again = asker.ask().await;
    scene.notebook.write(|notes| notes.mobiles.push(again));
    Ok(Strikes {
        count: usize::from(jumped),
        ..Strikes::default()
    })
}

/// A browser at the first instance.
struct Guest {
    client: Client,
    api: String,
    mobile: String,
}

impl Guest {
    fn new(shop: &Shop, mobile: &str) -> Self {
        let client = support::http::client()
            .timeout(Duration::from_secs(5))
            .cookie_store(true)
            .build()
            .expect("client");
        Self {
            client,
            api: format!("http://{}/api/v1/", shop.instances[0].recipe.address),
            mobile: mobile.to_owned(),
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Option<Response> {
        self.client
            .post(format!("{}{path}", self.api))
            .json(body)
            .send()
            .await
            .ok()
    }

    async fn ask(&self) -> Again {
        let answer = self
            .post("user/send_sms/", &json!({"mobile": self.mobile}))
            .await;
        let retry_s = |answer: &Response| {
            answer
                .headers()
                .get("retry-after")?
                .to_str()
                .ok()?
                .parse()
                .ok()
        };
        Again {
            status: answer.as_ref().map(|answer| answer.status().as_u16()),
            retry_s: answer.as_ref().and_then(retry_s),
        }
    }

    async fn sign_in(&self, shop: &Shop) -> Result<(), String> {
        let since = Instant::now();
        while self.ask().await.status != Some(200) {
            if since.elapsed() > CODE_WITHIN {
                return Err(format!("{} gets no code", self.mobile));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        while since.elapsed() < CODE_WITHIN {
            let sent = std::fs::read_to_string(shop.outbox()).unwrap_or_default();
            let code = sent.lines().rev().find_map(|line| {
                let sms: Sms = serde_json::from_str(line).ok()?;
                (sms.mobile == self.mobile).then_some(sms.code)
            });
            if let Some(code) = code {
                let answer = self
                    .post(
                        "user/login_sms/",
                        &json!({"mobile": self.mobile, "code": code}),
                    )
                    .await;
                return match answer {
                    Some(answer) if answer.status() == 200 => Ok(()),
                    other => Err(format!(
                        "a guest can't sign in: {:?}",
                        other.map(|answer| answer.status())
                    )),
                };
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("no code for {}", self.mobile))
    }
}
