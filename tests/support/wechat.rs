//! An imitation of WeChat Pay's gateway, version 3: it answers over HTTP as the documents say, checks
//! what it is asked as strictly, and lies as real gateways do. Its keys are those of the vectors.

use crate::{http::client, time::TestTime};
use base64::{Engine, engine::general_purpose::STANDARD};
use qiangke::{
    server::payment::{
        Gateway, Payments,
        wechat::{
            NOTIFY, WechatKeys, WechatNames, WechatPay, WechatPlaces, WechatProduct,
            keys::{NoticeKey, OwnKey, PlatformKeys},
        },
    },
    types::time::{MINUTE_MS, Millis},
};
use reqwest::{Client, StatusCode};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub const MCH_ID: &str = "1230000109";
pub const APP_ID: &str = "wxd678efh567hg6787";
pub const KEY_ID: &str = "PUB_KEY_ID_0000000000002026112900000000000001";
const SHOP_SERIAL: &str = "0B0B000000002026112900000000000000000002";
const APIV3_KEY: &str = "qiangke-own-test-apiv3-key-00001";
const REFUNDS: &str = "/v3/refund/domestic/refunds";
const TRADES: &str = "/v3/pay/transactions/out-trade-no/";

/// What becomes of the answer to the next request. What is asked for is done all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WechatFault {
    /// Refused before anything is done, with a status and a code.
    Refused(u16, &'static str),
    /// A proxy's page in its place, with this status.
    Html(u16),
    Unsigned,
    BadSignature,
    /// WeChat Pay's own test of the check.
    Probe,
    /// Signed with a key of this name.
    NamedKey(&'static str),
    /// Signed so many seconds off the shop's clock.
    OffClock(i64),
    /// The head comes, and then nothing for longer than anybody waits.
    SlowBody,
    HugeBody,
    /// The connection ends within the body.
    Cut,
    /// The connection ends without an answer.
    HangUp,
    /// About another payment.
    OtherTrade,
    /// About this payment of another app.
    OtherApp,
    /// JSON with a state that nobody documents.
    OddState,
}

/// How a notice lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WechatNotice {
    Honest,
    /// Tells of so much money.
    Amount(i64),
    Currency(&'static str),
    State(&'static str),
    OtherApp,
    OtherMerchant,
    OtherTrade,
    BadSignature,
    Probe,
    NamedKey(&'static str),
    OffClock(i64),
    /// Sealed with another APIv3 key.
    OtherSeal,
    /// Of another event, as of a refund.
    Event(&'static str),
}

/// A running imitation; it ends with this value.
pub struct WechatGateway {
    pub address: SocketAddr,
    platform: Arc<Platform>,
    client: Client,
    /// Holds the keys' files.
    folder: TempDir,
    server: JoinHandle<()>,
}

struct Platform {
    time: TestTime,
    key: OwnKey,
    /// The shop's public key, by its serial number.
    shop: PlatformKeys,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    trades: BTreeMap<String, Trade>,
    faults: VecDeque<WechatFault>,
    /// Method and path of each request.
    asked: Vec<String>,
    payments: i64,
}

#[derive(Clone)]
struct Trade {
    total: i64,
    notify_url: String,
    state: &'static str,
    paid: Option<(String, Millis)>,
    refunds: BTreeMap<String, Refund>,
}

#[derive(Clone)]
struct Refund {
    amount: i64,
    status: &'static str,
}

/// How much of an answer is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Whole,
    Half,
    HeadThenNothing,
    Nothing,
}

struct Reply {
    status: u16,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
    sent: Sent,
}

struct Asked<'a> {
    method: &'a str,
    target: &'a str,
    head: &'a str,
    body: &'a [u8],
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/wechat.json")).expect("JSON")
}

fn pem(vectors: &Value, name: &str, kind: &str) -> String {
    let pem = vectors["keys"][name][kind].as_str();
    pem.expect("a key").to_owned()
}

impl WechatGateway {
    /// A gateway without payments, whose clock is the shop's.
    pub async fn start(time: TestTime) -> Self {
        let vectors = vectors();
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [
            ("shop.pem", pem(&vectors, "own-shop", "private_pem")),
            ("apiv3.key", APIV3_KEY.to_owned()),
            ("platform.pem", pem(&vectors, "own-platform", "public_pem")),
            (
                "certificate.pem",
                pem(&vectors, "own-platform", "certificate_pem"),
            ),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a key's file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
        }
        let key = pem(&vectors, "own-platform", "private_pem");
        let key = OwnKey::parse(&key, KEY_ID).expect("the platform's key");
        let mut shop = PlatformKeys::default();
        let public = pem(&vectors, "own-shop", "public_pem");
        shop.add_public_key(SHOP_SERIAL, &public, &key)
            .expect("the shop's public key");
        let platform = Arc::new(Platform {
            time,
            key,
            shop,
            book: Mutex::default(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let answering = Arc::clone(&platform);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answering)));
            }
        });
        Self {
            address,
            platform,
            client: client().build().expect("a client"),
            folder,
            server,
        }
    }

    /// The flags of a shop that is paid by it.
    pub fn flags(&self) -> Vec<String> {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        [
            ("--payment-prefix", "QTEST".to_owned()),
            ("--wechat-mch-id", MCH_ID.to_owned()),
            ("--wechat-app-id", APP_ID.to_owned()),
            ("--wechat-serial", SHOP_SERIAL.to_owned()),
            ("--wechat-private-key-file", file("shop.pem")),
            ("--wechat-apiv3-key-file", file("apiv3.key")),
            ("--wechat-public-key-id", KEY_ID.to_owned()),
            ("--wechat-public-key-file", file("platform.pem")),
            ("--wechat-gateway", format!("http://{}", self.address)),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect()
    }

    /// The provider of a shop that is paid by it, with both of its products.
    pub fn payments(&self) -> Payments {
        let vectors = vectors();
        let own = pem(&vectors, "own-shop", "private_pem");
        let own = OwnKey::parse(&own, SHOP_SERIAL).expect("the shop's key");
        let mut platform = PlatformKeys::default();
        let public = pem(&vectors, "own-platform", "public_pem");
        platform
            .add_public_key(KEY_ID, &public, &own)
            .expect("the platform's key");
        let wechat = WechatPay::new(
            WechatNames {
                mch_id: MCH_ID.into(),
                app_id: APP_ID.into(),
            },
            WechatPlaces {
                gateway: format!("http://{}", self.address),
                shop: "https://shop.example".into(),
            },
            vec![WechatProduct::Native, WechatProduct::H5],
            WechatKeys {
                own,
                platform,
                notice: NoticeKey::parse(APIV3_KEY).expect("a key"),
            },
        );
        Payments::new(vec![Gateway::Wechat(wechat.expect("a client"))])
    }

    /// The folder of the keys' files.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The next answers fail so, one each.
    pub fn fail(&self, faults: &[WechatFault]) {
        self.platform.book(|book| book.faults.extend(faults));
    }

    /// Moves its clock.
    pub fn pass(&self, ms: i64) {
        self.platform.time.pass(ms);
    }

    /// Whether every fault that was asked for has happened.
    pub fn is_calm(&self) -> bool {
        self.platform.book(|book| book.faults.is_empty())
    }

    /// Method and path of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.platform.book(|book| book.asked.clone())
    }

    /// The names of the payments that were made.
    pub fn trades(&self) -> Vec<String> {
        self.platform
            .book(|book| book.trades.keys().cloned().collect())
    }

    /// The state of a payment.
    pub fn state(&self, no: &str) -> &'static str {
        self.platform.book(|book| book.trades[no].state)
    }

    /// Money that went back of a payment, in fen.
    pub fn returned(&self, no: &str) -> i64 {
        self.platform.book(|book| {
            let refunds = book.trades[no].refunds.values();
            refunds
                .filter(|refund| refund.status == "SUCCESS")
                .map(|refund| refund.amount)
                .sum()
        })
    }

    /// A student pays, unless the payment is closed; whether money was taken.
    pub fn pay(&self, no: &str) -> bool {
        let now = self.platform.time.now();
        self.platform.book(|book| {
            book.payments += 1;
            let id = format!("42000000002026112{:011}", book.payments);
            let trade = book.trades.get_mut(no).expect("a payment");
            let takes = ["NOTPAY", "USERPAYING", "PAYERROR"].contains(&trade.state);
            if takes {
                trade.state = "SUCCESS";
                trade.paid = Some((id, now));
            }
            takes
        })
    }

    /// Puts a payment into a state.
    pub fn put(&self, no: &str, state: &'static str) {
        self.platform
            .book(|book| book.trades.get_mut(no).expect("a payment").state = state);
    }

    /// The shop of a payment has another origin from now on.
    pub fn move_to(&self, no: &str, shop: &str) {
        let url = format!("{shop}{NOTIFY}");
        self.platform
            .book(|book| book.trades.get_mut(no).expect("a payment").notify_url = url);
    }

    /// Ends the refunds of a payment so.
    pub fn end_refunds(&self, no: &str, status: &'static str) {
        self.platform.book(|book| {
            let trade = book.trades.get_mut(no).expect("a payment");
            for refund in trade.refunds.values_mut() {
                refund.status = status;
            }
        });
    }

    /// Tells the shop of a payment, and gives the shop's answer.
    pub async fn notify(&self, no: &str, notice: WechatNotice) -> StatusCode {
        let url = self
            .platform
            .book(|book| book.trades[no].notify_url.clone());
        assert!(url.ends_with(NOTIFY) && !url.contains('?'), "{url}");
        let (body, fields) = self.platform.notice(no, notice);
        let mut request = self.client.post(url).body(body);
        for (name, value) in fields {
            request = request.header(name, value);
        }
        let sent = request.header("content-type", "application/json").send();
        sent.await.expect("an answer").status()
    }
}

impl Drop for WechatGateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Platform {
    fn book<T>(&self, read: impl FnOnce(&mut Book) -> T) -> T {
        read(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The answer to a request.
    fn answer(&self, asked: &Asked<'_>) -> Reply {
        let path = asked.target.split('?').next().unwrap_or_default();
        let fault = self.book(|book| {
            book.asked.push(format!("{} {path}", asked.method));
            book.faults.pop_front()
        });
        if !self.is_authorized(asked) {
            return self.reply(401, &refusal("SIGN_ERROR"), None);
        }
        if let Some(WechatFault::Refused(status, code)) = fault {
            return self.reply(status, &refusal(code), None);
        }
        let (status, body) = self.act(asked, path);
        self.reply(status, &body, fault)
    }

    /// Does what is asked for.
    fn act(&self, asked: &Asked<'_>, path: &str) -> (u16, Value) {
        let body: Value = serde_json::from_slice(asked.body).unwrap_or_default();
        match asked.method {
            "POST" if path == "/v3/pay/transactions/native" => self.make(&body, "native"),
            "POST" if path == "/v3/pay/transactions/h5" => self.make(&body, "h5"),
            "POST" if path == REFUNDS => self.refund(&body),
            "GET" if path.starts_with(REFUNDS) => self.refund_of(path),
            "GET" if path.starts_with(TRADES) => {
                let no = &path[TRADES.len()..];
                if !asked.target.ends_with(&format!("?mchid={MCH_ID}")) {
                    return (400, refusal("PARAM_ERROR"));
                }
                match self.book(|book| book.trades.get(no).cloned()) {
                    Some(trade) => (200, trade.words(no)),
                    None => (404, refusal("ORDER_NOT_EXIST")),
                }
            }
            "POST" if path.starts_with(TRADES) && path.ends_with("/close") => {
                let no = &path[TRADES.len()..path.len() - "/close".len()];
                if body["mchid"] != MCH_ID {
                    return (400, refusal("PARAM_ERROR"));
                }
                self.close(no)
            }
            _ => (
                404,
                json!({"code": "RESOURCE_NOT_FOUND", "message": "no such path"}),
            ),
        }
    }

    fn make(&self, body: &Value, product: &str) -> (u16, Value) {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let (no, notify_url) = (text("out_trade_no"), text("notify_url"));
        let is_ours = text("appid") == APP_ID && text("mchid") == MCH_ID;
        let is_name = (6..=32).contains(&no.len())
            && no
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte));
        let description = text("description").chars().count();
        let is_time = text("time_expire").len() == 25 && text("time_expire").ends_with("+08:00");
        let total = body["amount"]["total"].as_i64().unwrap_or_default();
        let is_amount = total > 0 && body["amount"]["currency"] == "CNY";
        let has_scene = body["scene_info"]["payer_client_ip"].is_string()
            && body["scene_info"]["h5_info"]["type"] == "Wap";
        let is_whole = is_ours
            && is_name
            && (1..=127).contains(&description)
            && is_time
            && is_amount
            && !notify_url.contains('?')
            && has_scene == (product == "h5");
        if !is_whole {
            return (400, refusal("PARAM_ERROR"));
        }
        let before = self.book(|book| book.trades.get(no).cloned());
        match before {
            Some(trade) if trade.total != total => return (400, refusal("INVALID_REQUEST")),
            Some(trade) if trade.state == "CLOSED" => return (400, refusal("ORDER_CLOSED")),
            Some(trade) if trade.paid.is_some() => return (400, refusal("ORDERPAID")),
            Some(_) => {}
            None => {
                let trade = Trade {
                    total,
                    notify_url: notify_url.to_owned(),
                    state: "NOTPAY",
                    paid: None,
                    refunds: BTreeMap::new(),
                };
                self.book(|book| book.trades.insert(no.to_owned(), trade));
            }
        }
        if product == "h5" {
            let url =
                format!("https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={no}");
            (200, json!({ "h5_url": url }))
        } else {
            (
                200,
                json!({"code_url": format!("weixin://wxpay/bizpayurl?pr={no}")}),
            )
        }
    }

    fn close(&self, no: &str) -> (u16, Value) {
        self.book(|book| match book.trades.get_mut(no) {
            None => (404, refusal("ORDER_NOT_EXIST")),
            Some(trade) if trade.paid.is_some() => (400, refusal("INVALID_REQUEST")),
            Some(trade) if trade.state == "CLOSED" => (400, refusal("ORDER_CLOSED")),
            Some(trade) if trade.state == "USERPAYING" => (202, refusal("USER_PAYING")),
            Some(trade) => {
                trade.state = "CLOSED";
                (204, Value::Null)
            }
        })
    }

    fn refund(&self, body: &Value) -> (u16, Value) {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (no, refund_no) = (text("out_trade_no"), text("out_refund_no"));
        let amount = body["amount"]["refund"].as_i64().unwrap_or_default();
        let is_cny = body["amount"]["currency"] == "CNY";
        self.book(|book| {
            let Some(trade) = book
                .trades
                .get_mut(&no)
                .filter(|trade| trade.paid.is_some())
            else {
                return (404, refusal("RESOURCE_NOT_EXISTS"));
            };
            if body["amount"]["total"] != trade.total || !is_cny || amount <= 0 {
                return (400, refusal("PARAM_ERROR"));
            }
            if !trade.refunds.contains_key(&refund_no) {
                let before: i64 = trade.refunds.values().map(|refund| refund.amount).sum();
                if before + amount > trade.total {
                    return (400, refusal("INVALID_REQUEST"));
                }
                let status = "PROCESSING";
                trade
                    .refunds
                    .insert(refund_no.clone(), Refund { amount, status });
                trade.state = "REFUND";
            }
            let refund = &trade.refunds[&refund_no];
            (200, refund.words(&no, &refund_no, trade.total))
        })
    }

    fn refund_of(&self, path: &str) -> (u16, Value) {
        let refund_no = path.rsplit('/').next().unwrap_or_default();
        self.book(|book| {
            let found = book.trades.iter().find_map(|(no, trade)| {
                let refund = trade.refunds.get(refund_no)?;
                Some(refund.words(no, refund_no, trade.total))
            });
            found.map_or_else(
                || (404, refusal("RESOURCE_NOT_EXISTS")),
                |words| (200, words),
            )
        })
    }

    /// An answer, signed but where a fault says otherwise.
    fn reply(&self, status: u16, body: &Value, fault: Option<WechatFault>) -> Reply {
        let body = match fault {
            Some(WechatFault::OtherTrade) => with(body, "/out_trade_no", "QOTHER1x1".into()),
            Some(WechatFault::OtherApp) => with(body, "/appid", "wx0000000000000000".into()),
            Some(WechatFault::OddState) => {
                let odd = with(body, "/trade_state", "LIMBO".into());
                with(&odd, "/status", "LIMBO".into())
            }
            _ => body.clone(),
        };
        let mut body = if status == 204 {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let mut fields = self.signed(&body, fault);
        let mut status = status;
        match fault {
            Some(WechatFault::Html(code)) => {
                status = code;
                body = b"<html><body>502 Bad Gateway</body></html>".to_vec();
                fields.clear();
            }
            Some(WechatFault::Unsigned) => fields.clear(),
            Some(WechatFault::HugeBody) => body = vec![b' '; 4 * 1024 * 1024],
            _ => {}
        }
        let sent = match fault {
            Some(WechatFault::SlowBody) => Sent::HeadThenNothing,
            Some(WechatFault::Cut) => Sent::Half,
            Some(WechatFault::HangUp) => Sent::Nothing,
            _ => Sent::Whole,
        };
        Reply {
            status,
            fields,
            body,
            sent,
        }
    }

    fn signed(&self, body: &[u8], fault: Option<WechatFault>) -> Vec<(&'static str, String)> {
        let (off_s, serial) = match fault {
            Some(WechatFault::OffClock(off_s)) => (off_s, KEY_ID),
            Some(WechatFault::NamedKey(name)) => (0, name),
            _ => (0, KEY_ID),
        };
        let mut fields = self.sign(body, off_s, serial);
        let signature = &mut fields[3].1;
        match fault {
            Some(WechatFault::BadSignature) => *signature = spoiled(signature),
            Some(WechatFault::Probe) => *signature = format!("WECHATPAY/SIGNTEST/{signature}"),
            _ => {}
        }
        fields
    }

    /// The fields that sign a body so many seconds from now.
    fn sign(&self, body: &[u8], off_s: i64, serial: &str) -> Vec<(&'static str, String)> {
        let at_s = self.time.now().0.div_euclid(1_000) + off_s;
        let nonce = "imitation0123456789abcdefghijklm";
        let message = [format!("{at_s}\n{nonce}\n").as_bytes(), body, b"\n"].concat();
        vec![
            ("Wechatpay-Timestamp", at_s.to_string()),
            ("Wechatpay-Nonce", nonce.to_owned()),
            ("Wechatpay-Serial", serial.to_owned()),
            (
                "Wechatpay-Signature",
                self.key.sign(&message).expect("signed"),
            ),
        ]
    }

    /// Body and fields of a notice.
    fn notice(&self, no: &str, lie: WechatNotice) -> (String, Vec<(&'static str, String)>) {
        let trade = self.book(|book| book.trades[no].clone());
        let words = trade.words(no);
        let plain = match lie {
            WechatNotice::Amount(fen) => with(&words, "/amount/total", fen.into()),
            WechatNotice::Currency(name) => with(&words, "/amount/currency", name.into()),
            WechatNotice::State(state) => with(&words, "/trade_state", state.into()),
            WechatNotice::OtherApp => with(&words, "/appid", "wx0000000000000000".into()),
            WechatNotice::OtherMerchant => with(&words, "/mchid", "1230000110".into()),
            WechatNotice::OtherTrade => with(&words, "/out_trade_no", "QOTHER1x1".into()),
            _ => words,
        };
        let key = if lie == WechatNotice::OtherSeal {
            "qiangke-own-test-apiv3-key-00002"
        } else {
            APIV3_KEY
        };
        let event = match lie {
            WechatNotice::Event(event) => event,
            _ => "TRANSACTION.SUCCESS",
        };
        let body = json!({
            // The same in repeats.
            "id": format!("notice-of-{no}"),
            "create_time": trade.paid.map_or(Millis(0), |(_, at)| at).in_shop().rfc3339(),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": "支付成功",
            "resource": {
                "original_type": "transaction",
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": seal(key, &plain),
                "associated_data": "transaction",
                "nonce": "imitation012",
            },
        });
        let body = body.to_string();
        let (off_s, serial) = match lie {
            WechatNotice::OffClock(off_s) => (off_s, KEY_ID),
            WechatNotice::NamedKey(name) => (0, name),
            _ => (0, KEY_ID),
        };
        let mut fields = self.sign(body.as_bytes(), off_s, serial);
        let signature = &mut fields[3].1;
        match lie {
            WechatNotice::BadSignature => *signature = spoiled(signature),
            WechatNotice::Probe => *signature = format!("WECHATPAY/SIGNTEST/{signature}"),
            _ => {}
        }
        (body, fields)
    }

    /// Whether the shop signed a request for this merchant, now.
    fn is_authorized(&self, asked: &Asked<'_>) -> bool {
        let field = crate::http::field(asked.head, "authorization").unwrap_or_default();
        let Some(parts) = field.strip_prefix("WECHATPAY2-SHA256-RSA2048 ") else {
            return false;
        };
        let parts: BTreeMap<_, _> = parts
            .split("\",")
            .filter_map(|part| part.trim_end_matches('"').split_once("=\""))
            .collect();
        let part = |name: &str| parts.get(name).copied().unwrap_or_default();
        let (at_s, nonce) = (part("timestamp"), part("nonce_str"));
        let start = format!("{}\n{}\n{at_s}\n{nonce}\n", asked.method, asked.target);
        let message = [start.as_bytes(), asked.body, b"\n"].concat();
        let is_now = at_s
            .parse::<i64>()
            .is_ok_and(|at_s| (self.time.now().0 - at_s * 1_000).abs() < 5 * MINUTE_MS);
        let names_key = crate::http::field(asked.head, "wechatpay-serial") == Some(KEY_ID);
        let signed = self
            .shop
            .has_signed(part("serial_no"), &message, part("signature"));
        part("mchid") == MCH_ID && nonce.len() == 32 && is_now && names_key && signed == Some(true)
    }
}

impl Trade {
    /// The payment as answers and notices say it.
    fn words(&self, no: &str) -> Value {
        let mut words = json!({
            "appid": APP_ID, "mchid": MCH_ID, "out_trade_no": no, "trade_state": self.state,
            "trade_state_desc": "状态", "amount": {"total": self.total, "currency": "CNY"},
        });
        if let Some((id, at)) = &self.paid {
            words["transaction_id"] = id.as_str().into();
            words["success_time"] = at.in_shop().rfc3339().into();
            words["trade_type"] = "NATIVE".into();
            words["payer"] = json!({"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"});
            words["amount"]["payer_total"] = self.total.into();
            words["amount"]["payer_currency"] = "CNY".into();
        }
        words
    }
}

impl Refund {
    fn words(&self, no: &str, refund_no: &str, total: i64) -> Value {
        json!({
            "refund_id": "50000000382019052709732678859", "out_refund_no": refund_no,
            "out_trade_no": no, "channel": "ORIGINAL", "status": self.status,
            "amount": {"total": total, "refund": self.amount, "currency": "CNY"},
        })
    }
}

fn refusal(code: &str) -> Value {
    json!({"code": code, "message": "拒绝的原因"})
}

/// The same with another value, where it has one.
fn with(words: &Value, pointer: &str, value: Value) -> Value {
    let mut words = words.clone();
    if let Some(old) = words.pointer_mut(pointer) {
        *old = value;
    }
    words
}

fn seal(key: &str, plain: &Value) -> String {
    let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).expect("a key");
    let nonce = Nonce::assume_unique_for_key(*b"imitation012");
    let mut sealed = plain.to_string().into_bytes();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, Aad::from(b"transaction"), &mut sealed)
        .expect("sealed");
    STANDARD.encode(sealed)
}

fn spoiled(signature: &str) -> String {
    let mut bytes = STANDARD.decode(signature).expect("base64");
    bytes[0] ^= 1;
    STANDARD.encode(bytes)
}

/// Reads one request, and sends as much of the answer as there is to be.
async fn serve(mut stream: TcpStream, platform: Arc<Platform>) {
    const STALL: Duration = Duration::from_secs(30);
    let mut bytes = Vec::new();
    let (head_end, length) = loop {
        let mut part = [0; 4_096];
        let Ok(read @ 1..) = stream.read(&mut part).await else {
            return;
        };
        bytes.extend_from_slice(&part[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]);
        let length = crate::http::field(&head, "content-length")
            .map_or(0, |length| length.parse().expect("a length"));
        break (end, length);
    };
    while bytes.len() < head_end + 4 + length {
        let mut part = [0; 4_096];
        let Ok(read @ 1..) = stream.read(&mut part).await else {
            return;
        };
        bytes.extend_from_slice(&part[..read]);
    }
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut words = head.split(' ');
    let asked = Asked {
        method: words.next().unwrap_or_default(),
        target: words.next().unwrap_or_default(),
        head: &head,
        body: &bytes[head_end + 4..],
    };
    let reply = platform.answer(&asked);
    if reply.sent == Sent::Nothing {
        return;
    }
    let length = (reply.status != 204).then(|| ("Content-Length", reply.body.len().to_string()));
    let json = ("Content-Type", "application/json; charset=utf-8".to_owned());
    let fields = reply.fields.iter().cloned().chain(length).chain([json]);
    let fields: String = fields
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let status = reply.status;
    let answer = format!("HTTP/1.1 {status} x\r\nConnection: close\r\n{fields}\r\n");
    // A shop that hung up hears nothing.
    drop(stream.write_all(answer.as_bytes()).await);
    let body = match reply.sent {
        Sent::Whole => &reply.body[..],
        Sent::Half => &reply.body[..reply.body.len() / 2],
        Sent::HeadThenNothing | Sent::Nothing => &[],
    };
    drop(stream.write_all(body).await);
    drop(stream.flush().await);
    if reply.sent == Sent::HeadThenNothing {
        tokio::time::sleep(STALL).await;
    }
}
