//! An imitation of Alipay's gateway on a port of its own: it checks the shop's signature, answers as
//! the documents say, and lies as real gateways do when a test tells it to.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{StreamExt, stream};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// The shop's app, and its seller.
pub const APP: &str = "2021000000000001";
pub const SELLER: &str = "2088000000000001";
/// What the names of its payments begin with.
pub const PREFIX: &str = "QT";
/// Bytes of the head of a public key: what follows is the key of PKCS#1.
const SPKI_HEAD: usize = 24;
/// The moment that every payment is made at.
const PAID: &str = "2026-11-22 20:00:31";

type Fields = BTreeMap<String, String>;

/// What is wrong with its answers; what was asked for is done all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// A status of 500.
    Broken,
    /// A page of a proxy, with a status of 200.
    Page,
    /// The answer, in an array of a megabyte.
    Huge,
    /// A body that begins and never ends.
    Slow,
    /// A connection that breaks in the middle of the body.
    HangUp,
    /// The answer, signed with another key.
    OtherKey,
    /// The answer without a signature.
    Unsigned,
    /// The answer about another trade, signed.
    OtherTrade,
    /// It is out of order, and says so, signed.
    OutOfOrder,
    /// The seller has no money, and nothing was done.
    NoMoney,
}

#[derive(Clone, Debug)]
struct TestTrade {
    /// Empty until somebody opened it.
    status: &'static str,
    total: String,
    number: String,
    notify_url: String,
    content: Value,
}

#[derive(Default)]
struct Book {
    trades: BTreeMap<String, TestTrade>,
    /// Amounts by trade and request.
    refunds: BTreeMap<(String, String), String>,
    asked: Vec<String>,
    lie: Option<Lie>,
}

/// A running gateway; it ends with this value.
pub struct TestAlipay {
    pub address: SocketAddr,
    book: Arc<Mutex<Book>>,
    /// Holds the files of the keys.
    folder: TempDir,
    server: JoinHandle<()>,
}

impl TestAlipay {
    /// A gateway without trades.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(&folder.path().join("own"), &key("own-shop", "private"));
        write(
            &folder.path().join("public"),
            &key("own-platform", "public"),
        );
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        let book = Arc::new(Mutex::new(Book::default()));
        let router = Router::new()
            .route("/gateway.do", get(open).post(answer))
            .with_state(Arc::clone(&book));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self {
            address,
            book,
            folder,
            server,
        }
    }

    /// The flags of a shop that is paid by it.
    pub fn flags(&self) -> Vec<String> {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let flags = [
            ("--payment-prefix", PREFIX.to_owned()),
            ("--alipay-app-id", APP.to_owned()),
            ("--alipay-seller-id", SELLER.to_owned()),
            ("--alipay-private-key-file", file("own")),
            ("--alipay-public-key-file", file("public")),
            (
                "--alipay-gateway",
                format!("http://{}/gateway.do", self.address),
            ),
        ];
        let words = flags
            .into_iter()
            .flat_map(|(flag, value)| [flag.to_owned(), value]);
        words.collect()
    }

    /// From now on its answers are so.
    pub fn lie(&self, lie: Option<Lie>) {
        self.book().lie = lie;
    }

    /// The methods that it was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.book().asked.clone()
    }

    /// What a payment's `biz_content` said.
    pub fn content(&self, name: &str) -> Value {
        self.book().trades[name].content.clone()
    }

    /// A student scans a QR code, or signs in on the page.
    pub fn scan(&self, name: &str) {
        self.with(name, |trade| trade.status = "WAIT_BUYER_PAY");
    }

    /// A student pays.
    pub fn pay(&self, name: &str) {
        self.with(name, |trade| {
            assert_eq!(
                trade.status, "WAIT_BUYER_PAY",
                "it was opened and not closed"
            );
            trade.status = "TRADE_SUCCESS";
        });
    }

    /// A student pays another amount, which no gateway lets anybody do.
    pub fn pay_other(&self, name: &str, total: &str) {
        self.pay(name);
        self.with(name, |trade| total.clone_into(&mut trade.total));
    }

    /// Alipay's own clock closes a payment.
    pub fn expire(&self, name: &str) {
        self.with(name, |trade| trade.status = "TRADE_CLOSED");
    }

    pub fn status(&self, name: &str) -> &'static str {
        self.book().trades[name].status
    }

    /// How much went back, each time that money did.
    pub fn refunds(&self) -> Vec<String> {
        self.book().refunds.values().cloned().collect()
    }

    /// A notice about a payment with some fields changed, signed with this key.
    pub fn notice(&self, name: &str, changes: &[(&str, &str)], signer: &str) -> String {
        let trade = self.book().trades[name].clone();
        let mut fields: Fields = [
            ("app_id", APP),
            ("auth_app_id", APP),
            ("buyer_id", "2088000000000002"),
            ("charset", "utf-8"),
            ("gmt_create", "2026-11-22 20:00:21"),
            ("gmt_payment", PAID),
            ("notify_id", &format!("2026112200222{}", trade.number)),
            ("notify_time", "2026-11-22 20:00:32"),
            ("notify_type", "trade_status_sync"),
            ("out_trade_no", name),
            ("seller_id", SELLER),
            ("subject", "100% 抢课 A+B&C=D"),
            ("total_amount", &trade.total),
            ("trade_no", &trade.number),
            ("trade_status", trade.status),
            ("version", "1.0"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        for (name, value) in changes {
            fields.insert((*name).to_owned(), (*value).to_owned());
        }
        let sign = sign(signer, &message(&fields));
        fields.insert("sign".into(), sign);
        fields.insert("sign_type".into(), "RSA2".into());
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&fields)
            .finish()
    }

    /// Tells the shop of a payment: the status and the text of its answer.
    pub async fn notify(&self, name: &str) -> (u16, String) {
        let notice = self.notice(name, &[], "own-platform");
        self.post(name, notice).await
    }

    /// Sends a notice to where the payment says.
    pub async fn post(&self, name: &str, notice: String) -> (u16, String) {
        let url = self.book().trades[name].notify_url.clone();
        let client = crate::http::client().build().expect("a client");
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let sent = client.post(url).header("content-type", form).body(notice);
        let answer = sent.send().await.expect("an answer");
        (
            answer.status().as_u16(),
            answer.text().await.expect("a text"),
        )
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().expect("no test panicked")
    }

    fn with(&self, name: &str, change: impl FnOnce(&mut TestTrade)) {
        change(self.book().trades.get_mut(name).expect("a trade"));
    }
}

impl Drop for TestAlipay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A key of the vectors, as PEM: test keys, which nobody may configure.
pub fn key(name: &str, half: &str) -> String {
    let file: Value = serde_json::from_str(include_str!("../vectors/alipay.json")).expect("JSON");
    let pem = file["keys"][name][format!("{half}_pem")].as_str();
    pem.expect("a key").to_owned()
}

/// Writes a file of a key, which other users may not read.
pub fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
    let owner_only = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, owner_only).expect("its rights");
}

fn der(pem: &str) -> Vec<u8> {
    let digits: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(digits).expect("base64")
}

fn sign(signer: &str, message: &str) -> String {
    let pair = RsaKeyPair::from_pkcs8(&der(&key(signer, "private"))).expect("a key");
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .expect("signed");
    STANDARD.encode(signature)
}

fn message(fields: &Fields) -> String {
    let pairs = fields
        .iter()
        .filter(|(name, value)| *name != "sign" && !value.is_empty());
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// The parameters of a request, when the shop signed them.
fn signed_fields(query: &str, body: &[u8]) -> Option<Fields> {
    let pairs = [query.as_bytes(), body].map(|text| form_urlencoded::parse(text).into_owned());
    let fields: Fields = pairs.into_iter().flatten().collect();
    let signature = STANDARD.decode(fields.get("sign")?).ok()?;
    let public = der(&key("own-shop", "public"));
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public[SPKI_HEAD..])
        .verify(message(&fields).as_bytes(), &signature)
        .ok()?;
    let is_ours = fields.get("app_id")? == APP
        && fields.get("sign_type")? == "RSA2"
        && fields.get("charset")? == "utf-8"
        && fields.get("timestamp")?.len() == PAID.len();
    is_ours.then_some(fields)
}

/// What a browser gets for a link: the trade is there from now on.
async fn open(State(book): State<Arc<Mutex<Book>>>, RawQuery(query): RawQuery) -> Response {
    let Some(fields) = signed_fields(&query.unwrap_or_default(), b"") else {
        return (StatusCode::FORBIDDEN, "验签出错").into_response();
    };
    let mut book = book.lock().expect("no test panicked");
    let name = make(&mut book, &fields);
    let trade = book.trades.get_mut(&name).expect("a trade");
    if trade.status.is_empty() {
        trade.status = "WAIT_BUYER_PAY";
    }
    Html("<!DOCTYPE html><title>支付宝</title>").into_response()
}

/// Makes a trade that is there once somebody opened it.
fn make(book: &mut Book, fields: &Fields) -> String {
    let content: Value = serde_json::from_str(&fields["biz_content"]).expect("JSON");
    let text = |name: &str| content[name].as_str().expect("a text").to_owned();
    let name = text("out_trade_no");
    let number = format!("20261122220014{:014}", book.trades.len() + 1);
    let trade = TestTrade {
        status: "",
        total: text("total_amount"),
        number,
        notify_url: fields["notify_url"].clone(),
        content: content.clone(),
    };
    book.asked.push(fields["method"].clone());
    book.trades.entry(name.clone()).or_insert(trade);
    name
}

async fn answer(
    State(book): State<Arc<Mutex<Book>>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let Some(fields) = signed_fields(&query.unwrap_or_default(), &body) else {
        let error = json!({"error_response": {
            "code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature",
        }});
        return error.to_string().into_response();
    };
    let mut book = book.lock().expect("no test panicked");
    let lie = book.lie;
    let method = fields["method"].clone();
    let node = match lie {
        Some(Lie::NoMoney) if method == "alipay.trade.refund" => {
            failed("ACQ.SELLER_BALANCE_NOT_ENOUGH")
        }
        Some(_) | None => judge(&mut book, &method, &fields),
    };
    drop(book);
    said(&method, node, lie)
}

fn failed(sub_code: &str) -> Value {
    json!({"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "业务处理失败"})
}

/// The signed part of an answer, as the documents have it.
fn judge(book: &mut Book, method: &str, fields: &Fields) -> Value {
    if method == "alipay.trade.precreate" {
        let name = make(book, fields);
        let code = format!("https://qr.alipay.com/bax{name}");
        return json!({"code": "10000", "msg": "Success", "out_trade_no": name, "qr_code": code});
    }
    book.asked.push(method.to_owned());
    let content: Value = serde_json::from_str(&fields["biz_content"]).expect("JSON");
    let text = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
    let name = text("out_trade_no");
    let request = (name.clone(), text("out_request_no"));
    let Some(trade) = book
        .trades
        .get_mut(&name)
        .filter(|trade| !trade.status.is_empty())
    else {
        return failed("ACQ.TRADE_NOT_EXIST");
    };
    let mut node = json!({
        "code": "10000", "msg": "Success", "out_trade_no": name, "trade_no": trade.number,
    });
    match (method, trade.status) {
        ("alipay.trade.query", status) => {
            node["trade_status"] = status.into();
            node["total_amount"] = trade.total.clone().into();
            node["fund_bill_list"] =
                json!([{"amount": trade.total, "fund_channel": "ALIPAYACCOUNT"}]);
            if status == "TRADE_SUCCESS" || status == "TRADE_FINISHED" {
                node["send_pay_date"] = PAID.into();
            }
        }
        ("alipay.trade.close", "WAIT_BUYER_PAY") => trade.status = "TRADE_CLOSED",
        ("alipay.trade.close", "TRADE_SUCCESS") => return failed("ACQ.TRADE_HAS_SUCCESS"),
        ("alipay.trade.close", _) => return failed("ACQ.REASON_TRADE_STATUS_INVALID"),
        ("alipay.trade.refund", status) => {
            let is_known = book.refunds.contains_key(&request);
            if !is_known && status != "TRADE_SUCCESS" {
                return failed("ACQ.TRADE_STATUS_ERROR");
            }
            node["fund_change"] = if is_known { "N" } else { "Y" }.into();
            node["refund_fee"] = text("refund_amount").into();
            trade.status = "TRADE_CLOSED";
            book.refunds.insert(request, text("refund_amount"));
        }
        ("alipay.trade.fastpay.refund.query", _) => {
            if let Some(amount) = book.refunds.get(&request) {
                node["out_request_no"] = request.1.into();
                node["refund_amount"] = amount.clone().into();
                node["refund_status"] = "REFUND_SUCCESS".into();
            }
        }
        (other, _) => panic!("{other}"),
    }
    node
}

/// The answer as it goes out, true or not.
fn said(method: &str, mut node: Value, lie: Option<Lie>) -> Response {
    match lie {
        Some(Lie::OutOfOrder) => {
            node = json!({"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "aop.unknow-error"});
        }
        Some(Lie::OtherTrade) => node["out_trade_no"] = "QT9999x1".into(),
        Some(_) | None => {}
    }
    let name = format!("{}_response", method.replace('.', "_"));
    let node = node.to_string();
    let signer = if lie == Some(Lie::OtherKey) {
        "own-shop"
    } else {
        "own-platform"
    };
    let sign = sign(signer, &node);
    let whole = format!("{{\"{name}\":{node},\"sign\":\"{sign}\"}}");
    let half: Result<_, io::Error> = Ok(whole[..whole.len() / 2].to_owned());
    match lie {
        Some(Lie::Broken) => (StatusCode::INTERNAL_SERVER_ERROR, whole).into_response(),
        Some(Lie::Page) => Html("<html><body>502 Bad Gateway</body></html>").into_response(),
        Some(Lie::Huge) => format!("[{whole},\"{}\"]", " ".repeat(1 << 20)).into_response(),
        Some(Lie::Unsigned) => format!("{{\"{name}\":{node}}}").into_response(),
        Some(Lie::Slow) => {
            Body::from_stream(stream::iter([half]).chain(stream::pending())).into_response()
        }
        Some(Lie::HangUp) => {
            let breaks = Err(io::Error::from(io::ErrorKind::ConnectionReset));
            Body::from_stream(stream::iter([half, breaks])).into_response()
        }
        Some(Lie::OtherKey | Lie::OtherTrade | Lie::OutOfOrder | Lie::NoMoney) | None => {
            whole.into_response()
        }
    }
}
