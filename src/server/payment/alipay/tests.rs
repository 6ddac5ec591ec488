//! The vectors of `tests/vectors/alipay.json`: what must verify, what must fail, and what is signed
//! well and must be refused all the same. `QIANGKE_PAYMENT_VECTORS`, as this is compiled, names a
//! file of more.

use super::{
    answer::{AlipayAnswer, read},
    envelope::cut,
    request::{self, AlipayParameters},
    *,
};
use crate::types::money::Fen;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// 2026-11-29 20:00:31 in China.
const PAID: Millis = Millis(1_795_953_631_000);

fn all() -> Vec<Value> {
    let own = include_str!("../../../../tests/vectors/alipay.json").to_owned();
    let more = option_env!("QIANGKE_PAYMENT_VECTORS")
        .map(|path| std::fs::read_to_string(path).expect("a file"));
    let read = |text: String| serde_json::from_str(&text).expect("JSON");
    std::iter::once(own).chain(more).map(read).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{pointer} of {value}"))
}

fn private(file: &Value, name: &str) -> AlipayAppKey {
    AlipayAppKey::parse(text(file, &format!("/keys/{name}/private_pem"))).expect("a key")
}

fn public(file: &Value, name: &str) -> AlipayPublicKey {
    AlipayPublicKey::read(text(file, &format!("/keys/{name}/public_pem"))).expect("a key")
}

fn hash(bytes: &[u8]) -> String {
    crate::types::hex::hex(&Sha256::digest(bytes))
}

fn each(value: &Value, pointer: &str) -> Vec<Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

/// The same input with the changes of a case.
fn changed(input: &Value, case: &Value) -> Value {
    let mut input = input.clone();
    let rule = |name: &str| case.get(name).and_then(Value::as_object).cloned();
    for (at, value) in rule("set").unwrap_or_default() {
        let (parent, name) = at.rsplit_once('/').expect("a pointer");
        let parent = input.pointer_mut(parent).and_then(Value::as_object_mut);
        let parent = parent.expect("an object");
        if value.is_null() {
            parent.remove(name);
        } else {
            parent.insert(name.into(), value);
        }
    }
    let mut change = |rules: Map<String, Value>, with: &dyn Fn(&str, &Value) -> String| {
        for (at, value) in rules {
            let found = input.pointer_mut(&at).expect("a place");
            *found = with(found.as_str().expect("a text"), &value).into();
        }
    };
    let pair = |value: &Value| (text(value, "/0").to_owned(), text(value, "/1").to_owned());
    change(rule("replace").unwrap_or_default(), &|found, value| {
        let (this, that) = pair(value);
        assert!(found.contains(&this), "{this}");
        found.replacen(&this, &that, 1)
    });
    change(rule("replace_all").unwrap_or_default(), &|found, value| {
        let (this, that) = pair(value);
        assert!(found.contains(&this), "{this}");
        found.replace(&this, &that)
    });
    change(rule("append").unwrap_or_default(), &|found, value| {
        format!("{found}{}", value.as_str().expect("a text"))
    });
    change(rule("cut").unwrap_or_default(), &|found, value| {
        let count = value.as_u64().and_then(|n| usize::try_from(n).ok());
        found.chars().take(count.expect("a number")).collect()
    });
    change(rule("truncate").unwrap_or_default(), &|found, value| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let count = value.as_u64().and_then(|n| usize::try_from(n).ok());
        let bytes = STANDARD.decode(found).expect("base64");
        STANDARD.encode(&bytes[..count.expect("a number")])
    });
    let known = [
        "name",
        "expect",
        "set",
        "replace",
        "replace_all",
        "append",
        "cut",
        "truncate",
    ];
    let known = [&known[..], &["resign", "message"]].concat();
    for name in case.as_object().expect("a case").keys() {
        assert!(known.contains(&name.as_str()), "{name}");
    }
    input
}

fn pairs(input: &Value) -> BTreeMap<String, String> {
    let pairs = input["params"].as_object().expect("parameters").iter();
    pairs
        .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
        .collect()
}

fn form(params: &BTreeMap<String, String>) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish()
}

/// The text that a signer signs, who may be wrong.
fn signed_text(params: &BTreeMap<String, String>, without: &[&str], how: &str) -> String {
    let encode = |value: &str| match how {
        "url_encoded" => form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        _ => value.to_owned(),
    };
    let mut pairs: Vec<_> = params
        .iter()
        .filter(|(name, value)| !without.contains(&name.as_str()) && !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if how == "reversed" {
        pairs.reverse();
    }
    pairs.join("&")
}

fn account(params: &BTreeMap<String, String>) -> AlipayAccount {
    AlipayAccount {
        app_id: params["app_id"].clone(),
        seller_id: params.get("seller_id").cloned().unwrap_or_default(),
        gateway: "http://127.0.0.1:1/gateway.do".into(),
        products: vec![AlipayProduct::Page, AlipayProduct::Wap],
        shop: "https://shop.example".into(),
    }
}

/// The input of a notice with its form decoded, and its account.
fn notice_input(vector: &Value) -> (Value, AlipayAccount) {
    let mut input = vector["input"].clone();
    if let Some(body) = input["form_body"].as_str() {
        let params: BTreeMap<_, _> = form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        input["params"] = json!(params);
    }
    let account = account(&pairs(&input));
    (input, account)
}

#[test]
fn every_notice_of_the_vectors_is_taken_or_refused_as_it_says() {
    let mut count = 0;
    for file in all() {
        for vector in each(&file, "/vectors") {
            if vector["kind"] == "alipay_notify" {
                count += 1;
                judge_notice(&file, &vector);
            }
        }
    }
    assert!(count > 0);
}

fn judge_notice(file: &Value, vector: &Value) {
    let (input, account) = notice_input(vector);
    let read = |input: &Value, body: &str| {
        let key = public(file, text(input, "/key"));
        notice::read(&account, &key, body.as_bytes())
    };
    let good = text(&input, "/params/out_trade_no");
    let params = pairs(&input);
    let message = signed_text(&params, &["sign", "sign_type"], "");
    assert_eq!(
        hash(message.as_bytes()),
        text(vector, "/expect/message_sha256")
    );
    let body = input["form_body"].as_str().map(str::to_owned);
    let taken = read(&input, &body.unwrap_or_else(|| form(&params))).expect("a notice");
    let receipt = taken.receipt.expect("money");
    assert_eq!(
        (taken.out_trade_no.as_str(), receipt.out_trade_no.as_str()),
        (good, good)
    );
    assert_eq!(
        receipt.amount,
        Fen::parse(&params["total_amount"]).expect("an amount")
    );

    for case in each(vector, "/must_pass") {
        let changed = changed(&input, &case);
        let of_form = case.pointer("/replace_all/~1form_body").is_some();
        let body = match changed["form_body"].as_str() {
            Some(body) if of_form => body.to_owned(),
            Some(_) | None => form(&pairs(&changed)),
        };
        let taken = read(&changed, &body);
        assert!(taken.is_ok_and(|taken| taken.receipt.is_some()), "{case}");
    }
    let shared = each(file, "/shared_must_fail/alipay_notify");
    for case in each(vector, "/must_fail").into_iter().chain(shared) {
        let changed = changed(&input, &case);
        let mut params = pairs(&changed);
        let how = case["message"].as_str().unwrap_or_default();
        if changed["sign_type_in_string"] == true || !how.is_empty() {
            let without = if how.is_empty() {
                &["sign"][..]
            } else {
                &["sign", "sign_type"]
            };
            let wrong = signed_text(&params, without, how);
            let key = public(file, text(&changed, "/key"));
            assert!(!key.has_signed(wrong.as_bytes(), &params["sign"]), "{case}");
            // And the wrong text, signed well.
            let Some(pem) = file.pointer(&format!("/keys/{}/private_pem", text(&changed, "/key")))
            else {
                continue;
            };
            let signer = AlipayAppKey::parse(pem.as_str().expect("a key")).expect("a key");
            let sign = signer.sign(wrong.as_bytes()).expect("signed");
            params.insert("sign".into(), sign);
        }
        if let Some(signer) = case["resign"].as_str() {
            let text = signed_text(&params, &["sign", "sign_type"], "");
            let sign = private(file, signer).sign(text.as_bytes());
            params.insert("sign".into(), sign.expect("signed"));
        }
        let taken = read(&changed, &form(&params));
        assert_eq!(taken, Err(NoticeRefused::BadSignature), "{case}");
    }
    for case in each(vector, "/signed_but_refuse") {
        let changed = changed(&input, &case);
        let mut params = pairs(&changed);
        let message = signed_text(&params, &["sign", "sign_type"], "");
        let sign = private(file, "own-platform").sign(message.as_bytes());
        params.insert("sign".into(), sign.expect("signed"));
        let taken = read(&changed, &form(&params));
        match text(&case, "/expect") {
            "currency" => assert_eq!(taken, Err(NoticeRefused::Currency), "{case}"),
            "malformed" => assert_eq!(taken, Err(NoticeRefused::Malformed), "{case}"),
            "not_paid" | "not_a_payment" => {
                assert_eq!(taken.expect("a notice").receipt, None, "{case}");
            }
            "mismatch" => {
                let other = taken.expect("a notice").receipt.expect("money").amount;
                assert_ne!(other, receipt.amount, "{case}");
            }
            // A payment that the shop does not have is found by its number, in the database.
            "foreign" if params["out_trade_no"] != good => {
                assert_ne!(taken.expect("a notice").out_trade_no, good, "{case}");
            }
            "foreign" => assert_eq!(taken, Err(NoticeRefused::Foreign), "{case}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_notice_says_what_alipay_wrote() {
    let file = &all()[0];
    let vector = &file["vectors"][0];
    let (input, account) = notice_input(vector);
    let key = public(file, "own-platform");
    let body = text(&input, "/form_body");
    assert_eq!(
        notice::read(&account, &key, body.as_bytes()),
        Ok(Notice {
            notice_id: "2026112900222200032000000000000001".into(),
            out_trade_no: "QK7-20261129-000812".into(),
            receipt: Some(super::super::terms::Receipt {
                out_trade_no: "QK7-20261129-000812".into(),
                gateway_no: "2026112922001400000000000001".into(),
                amount: Fen(990),
                paid_at: PAID,
            }),
        })
    );
}

#[test]
fn a_notice_with_any_changed_byte_says_the_same_or_nothing() {
    let file = &all()[0];
    let (input, account) = notice_input(&file["vectors"][0]);
    let key = public(file, "own-platform");
    let body = text(&input, "/form_body").as_bytes();
    let honest = notice::read(&account, &key, body);
    assert!(honest.is_ok());
    for at in 0..body.len() {
        for bit in [1, 32, 128] {
            let mut changed = body.to_vec();
            changed[at] ^= bit;
            let read = notice::read(&account, &key, &changed);
            // `%2B` and `%2b` are one byte.
            assert!(
                read == honest || read == Err(NoticeRefused::BadSignature),
                "{at} {bit}"
            );
        }
        // The kind stands last, and may be missing.
        let cut = notice::read(&account, &key, &body[..at]);
        assert!(
            cut.is_err() || body[at..].starts_with(b"&sign_type="),
            "cut at {at}"
        );
    }
    for extra in [
        "&total_amount=0.01",
        "&zzz=",
        "&",
        "&sign=AAAA",
        "&sign_type=RSA2",
    ] {
        let body = [body, extra.as_bytes()].concat();
        let read = notice::read(&account, &key, &body);
        assert_eq!(read, Err(NoticeRefused::BadSignature), "{extra}");
    }
    let huge = [body, &vec![b'&'; 20_000]].concat();
    assert_eq!(
        notice::read(&account, &key, &huge),
        Err(NoticeRefused::BadSignature)
    );
    assert_eq!(
        notice::read(&account, &key, b""),
        Err(NoticeRefused::BadSignature)
    );
}

#[test]
fn a_notice_has_a_bounded_number_of_fields() {
    let file = &all()[0];
    let (input, account) = notice_input(&file["vectors"][0]);
    let with = |fields: usize| {
        let mut params = pairs(&input);
        let extra = fields - params.len();
        params.extend((0..extra).map(|number| (format!("x{number}"), "1".to_owned())));
        let message = signed_text(&params, &["sign", "sign_type"], "");
        let sign = private(file, "own-platform").sign(message.as_bytes());
        params.insert("sign".into(), sign.expect("signed"));
        notice::read(
            &account,
            &public(file, "own-platform"),
            form(&params).as_bytes(),
        )
    };
    assert!(with(notice::FIELDS_MAX).is_ok());
    assert_eq!(
        with(notice::FIELDS_MAX + 1),
        Err(NoticeRefused::BadSignature)
    );
}

/// Whoever signs with the shop's prefix may ask for more than any price: the money is there, and is
/// answered as another amount.
#[test]
fn more_than_any_price_is_money_too() {
    let file = &all()[0];
    let (input, account) = notice_input(&file["vectors"][0]);
    let mut params = pairs(&input);
    params.insert("total_amount".into(), "10000.00".into());
    let message = signed_text(&params, &["sign", "sign_type"], "");
    let sign = private(file, "own-platform").sign(message.as_bytes());
    params.insert("sign".into(), sign.expect("signed"));
    let key = public(file, "own-platform");
    let notice = notice::read(&account, &key, form(&params).as_bytes()).expect("a notice");
    assert_eq!(notice.receipt.expect("money").amount, Fen(1_000_000));
}

/// What older accounts are told in: the signature is over bytes that are no UTF-8.
#[test]
fn a_notice_in_gbk_is_told_from_a_forged_one() {
    let file = &all()[0];
    let (input, account) = notice_input(&file["vectors"][0]);
    let mut params = pairs(&input);
    params.remove("sign");
    params.remove("sign_type");
    params.insert("subject".into(), "?".into());
    let text = signed_text(&params, &[], "");
    let gbk = |text: &[u8]| {
        let at = text.iter().position(|byte| *byte == b'?').expect("a mark");
        [&text[..at], b"\xc7\xc0\xbf\xce", &text[at + 1..]].concat()
    };
    let sign = private(file, "own-platform").sign(&gbk(text.as_bytes()));
    let sign =
        form_urlencoded::byte_serialize(sign.expect("signed").as_bytes()).collect::<String>();
    let body = form(&params).replace("subject=%3F", "subject=%C7%C0%BF%CE");
    let key = public(file, "own-platform");
    let read = |body: &str| notice::read(&account, &key, format!("{body}&sign={sign}").as_bytes());
    // A text that is not looked at may be anything.
    assert!(read(&body).is_ok());
    let forged = body.replace("%CE", "%CF");
    assert_eq!(read(&forged), Err(NoticeRefused::BadSignature));
}

#[test]
fn every_answer_of_the_vectors_is_believed_or_not_as_it_says() {
    let mut count = 0;
    for file in all() {
        for vector in each(&file, "/vectors") {
            if vector["kind"] != "alipay_answer" {
                continue;
            }
            count += 1;
            let believed = |input: &Value| {
                let key = public(&file, text(input, "/key"));
                let raw = text(input, "/raw").as_bytes();
                cut(raw, text(input, "/node"))
                    .and_then(|parts| parts.signed(&key).map(<[u8]>::to_vec))
            };
            let input = &vector["input"];
            let node = believed(input).expect("signed");
            assert_eq!(hash(&node), text(&vector, "/expect/node_sha256"));
            for case in each(&vector, "/must_pass") {
                assert_eq!(
                    believed(&changed(input, &case)).as_ref(),
                    Some(&node),
                    "{case}"
                );
            }
            for case in each(&vector, "/must_fail") {
                assert_eq!(believed(&changed(input, &case)), None, "{case}");
            }
            for case in each(&vector, "/extract_only") {
                let parts = cut(text(&case, "/raw").as_bytes(), text(&case, "/node"));
                let node = parts.and_then(|parts| parts.node).map(<[u8]>::to_vec);
                assert_eq!(node, Some(text(&case, "/node_text").as_bytes().to_vec()));
            }
        }
    }
    assert!(count > 0);
}

#[test]
fn an_answer_with_any_changed_byte_says_the_same_or_nothing() {
    let file = &all()[0];
    let key = public(file, "own-platform");
    let vector = &file["vectors"][1];
    let raw = text(vector, "/input/raw").as_bytes();
    let believed = |raw: &[u8]| {
        cut(raw, AlipayCall::Query.node()).and_then(|parts| parts.signed(&key).map(<[u8]>::to_vec))
    };
    let node = believed(raw).expect("signed");
    for at in 0..raw.len() {
        assert_eq!(believed(&raw[..at]), None, "cut at {at}");
        for bit in [1, 2, 128] {
            let mut changed = raw.to_vec();
            changed[at] ^= bit;
            let read = believed(&changed);
            assert!(read.is_none() || read.as_ref() == Some(&node), "{at} {bit}");
        }
    }
}

#[test]
fn every_request_of_the_vectors_is_signed_as_it_says() {
    let parameters = |input: &Value| -> AlipayParameters {
        let named = |(name, value): (String, String)| (&*name.leak(), value);
        pairs(input).into_iter().map(named).collect()
    };
    let mut count = 0;
    for file in all() {
        for vector in each(&file, "/vectors") {
            if vector["kind"] != "alipay_request" {
                continue;
            }
            count += 1;
            let (input, expected) = (&vector["input"], &vector["expect"]);
            let key = private(&file, text(input, "/key"));
            let signed = request::sign(&key, parameters(input)).expect("signed");
            assert_eq!(signed["sign"], text(expected, "/signature"));
            let message = request::message(&signed);
            assert_eq!(hash(message.as_bytes()), text(expected, "/message_sha256"));
            assert_eq!(
                hash(encode(&signed).as_bytes()),
                text(expected, "/query_sha256")
            );
            for case in each(&vector, "/must_pass") {
                let parameters = parameters(&changed(input, &case));
                let again = request::sign(&key, parameters).expect("signed");
                assert_eq!(again["sign"], signed["sign"], "{case}");
            }
            for case in each(&vector, "/must_fail") {
                let changed = changed(input, &case);
                let how = case["message"].as_str().unwrap_or_default();
                let text = signed_text(&pairs(&changed), &[], how);
                let key = public(&file, self::text(&changed, "/key"));
                assert!(!key.has_signed(text.as_bytes(), &signed["sign"]), "{case}");
            }
        }
    }
    assert!(count > 0);
}

/// The answer to a call as Alipay would sign it.
fn answered(call: AlipayCall, node: &Value) -> Result<AlipayAnswer, PaymentError> {
    let file = &all()[0];
    let node = node.to_string();
    let sign = private(file, "own-platform").sign(node.as_bytes());
    let body = format!(
        "{{\"{}\":{node},\"sign\":\"{}\"}}",
        call.node(),
        sign.expect("signed")
    );
    read(&public(file, "own-platform"), call, body.as_bytes())
}

/// The same fields but for these.
fn with(node: &Value, fields: &Value) -> Value {
    let mut node = node.clone();
    for (name, value) in fields.as_object().expect("fields") {
        node[name] = value.clone();
    }
    node
}

const UNREADABLE: PaymentError = PaymentError(UnknownAnswer::Unreadable);

fn is_refused<T>(answer: &Result<T, PaymentError>) -> bool {
    matches!(answer, Err(PaymentError(UnknownAnswer::Refused(_))))
}

fn failed(code: &str, sub_code: &str) -> Value {
    json!({"code": code, "msg": "m", "sub_code": sub_code, "sub_msg": "交易不存在"})
}

#[test]
fn a_query_says_what_was_paid_and_never_more_than_is_known() {
    let asked = |node: &Value| answered(AlipayCall::Query, node)?.queried("QA");
    let paid = json!({
        "code": "10000", "msg": "Success", "out_trade_no": "QA", "trade_no": "2026112922",
        "trade_status": "TRADE_SUCCESS", "total_amount": "9.90", "send_pay_date": "2026-11-29 20:00:31",
        "fund_bill_list": [{"amount": "9.90"}], "buyer_user_id": "2088",
    });
    let receipt = super::super::terms::Receipt {
        out_trade_no: "QA".into(),
        gateway_no: "2026112922".into(),
        amount: Fen(990),
        paid_at: PAID,
    };
    for status in ["TRADE_SUCCESS", "TRADE_FINISHED"] {
        let node = with(&paid, &json!({"trade_status": status}));
        assert_eq!(asked(&node), Ok(Queried::Paid(receipt.clone())), "{status}");
    }
    for (status, what) in [
        ("WAIT_BUYER_PAY", Queried::Unpaid),
        ("TRADE_CLOSED", Queried::Closed),
    ] {
        let node = with(&paid, &json!({"trade_status": status}));
        assert_eq!(asked(&node), Ok(what));
    }
    let absent = failed("40004", "ACQ.TRADE_NOT_EXIST");
    assert_eq!(asked(&absent), Ok(Queried::NeverMade));
    for fields in [
        json!({"out_trade_no": "QB"}),
        json!({"out_trade_no": ""}),
        json!({"trade_status": "TRADE_PENDING"}),
        json!({"trade_status": ""}),
        json!({"trade_no": ""}),
        json!({"total_amount": "9.999"}),
        json!({"total_amount": "0.00"}),
        json!({"total_amount": ""}),
        json!({"total_amount": 9.9}),
        json!({"send_pay_date": "2026-11-29T20:00:31Z"}),
        json!({"send_pay_date": "2026-02-30 20:00:31"}),
        json!({"trans_currency": "USD"}),
    ] {
        assert_eq!(asked(&with(&paid, &fields)), Err(UNREADABLE), "{fields}");
    }
    for (code, sub_code) in [
        ("20000", "aop.unknow-error"),
        ("20000", "isp.unknow-error"),
        ("40004", "ACQ.SYSTEM_ERROR"),
        ("40004", "aop.ACQ.SYSTEM_ERROR"),
        ("40004", "ACQ.INVALID_PARAMETER"),
        ("40002", "isv.invalid-app-id"),
        ("40006", "isv.insufficient-isv-permissions"),
        ("40005", "isv.app-call-limited"),
        ("10003", ""),
        ("", ""),
        ("20000", "ACQ.TRADE_NOT_EXIST"),
    ] {
        assert!(
            is_refused(&asked(&failed(code, sub_code))),
            "{code} {sub_code}"
        );
    }
}

#[test]
fn a_close_after_a_payment_is_no_close() {
    let asked = |node: &Value| answered(AlipayCall::Close, node)?.closed("QA");
    let done = json!({"code": "10000", "out_trade_no": "QA", "trade_no": "2026112922"});
    assert_eq!(asked(&done), Ok(Closed::Closed));
    assert_eq!(
        asked(&with(&done, &json!({"out_trade_no": "QB"}))),
        Err(UNREADABLE)
    );
    for (sub_code, what) in [
        ("ACQ.TRADE_NOT_EXIST", Closed::NeverMade),
        ("ACQ.TRADE_HAS_SUCCESS", Closed::AlreadyPaid),
        ("ACQ.TRADE_STATUS_ERROR", Closed::AlreadyPaid),
        ("ACQ.REASON_TRADE_STATUS_INVALID", Closed::AlreadyPaid),
        ("ACQ.TRADE_HAS_CLOSE", Closed::Closed),
    ] {
        assert_eq!(asked(&failed("40004", sub_code)), Ok(what), "{sub_code}");
    }
    assert!(is_refused(&asked(&failed("40004", "ACQ.SYSTEM_ERROR"))));
    assert!(is_refused(&asked(&failed("20000", "ACQ.TRADE_NOT_EXIST"))));
}

#[test]
fn money_went_back_when_it_moved_and_not_when_the_refund_was_taken() {
    let refund = RefundOrder {
        out_trade_no: "QA".into(),
        refund_no: "RQA".into(),
        amount: Fen(990),
        total: Fen(990),
    };
    let asked = |node: &Value| answered(AlipayCall::Refund, node)?.refunded(&refund);
    let done = json!({
        "code": "10000", "out_trade_no": "QA", "fund_change": "Y", "refund_fee": "9.90",
    });
    assert_eq!(asked(&done), Ok(RefundAnswer::Done));
    for change in ["N", "", "y"] {
        let node = with(&done, &json!({"fund_change": change}));
        assert_eq!(asked(&node), Ok(RefundAnswer::Accepted), "{change}");
    }
    assert_eq!(
        asked(&with(&done, &json!({"out_trade_no": "QB"}))),
        Err(UNREADABLE)
    );
    for (code, sub_code) in [
        ("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH"),
        ("40004", "ACQ.TRADE_HAS_FINISHED"),
        ("40004", "ACQ.TRADE_NOT_EXIST"),
        ("40006", "isv.insufficient-isv-permissions"),
    ] {
        let why = RefundAnswer::Failed(sub_code.into());
        assert_eq!(asked(&failed(code, sub_code)), Ok(why));
    }
    let odd = failed("40004", "ACQ.<b>\n抢\u{7}X");
    assert_eq!(asked(&odd), Ok(RefundAnswer::Failed("ACQ.bX".into())));
    for (code, sub_code) in [
        ("20000", "aop.unknow-error"),
        ("40004", "ACQ.SYSTEM_ERROR"),
        ("40005", "isv.app-call-limited"),
        ("20001", "aop.invalid-auth-token"),
    ] {
        assert!(is_refused(&asked(&failed(code, sub_code))), "{sub_code}");
    }

    let asked = |node: &Value| answered(AlipayCall::QueryRefund, node)?.refund_queried(&refund);
    let done = json!({
        "code": "10000", "out_trade_no": "QA", "out_request_no": "RQA", "refund_amount": "9.90",
        "total_amount": "9.90", "refund_status": "REFUND_SUCCESS",
    });
    assert_eq!(asked(&done), Ok(RefundAnswer::Done));
    for (status, what) in [
        ("", RefundAnswer::NeverMade),
        ("REFUND_PROCESSING", RefundAnswer::Accepted),
    ] {
        let node = with(&done, &json!({"refund_status": status}));
        assert_eq!(asked(&node), Ok(what));
    }
    let absent = failed("40004", "ACQ.TRADE_NOT_EXIST");
    assert_eq!(asked(&absent), Ok(RefundAnswer::NeverMade));
    let unknown = json!({"code": "10000", "msg": "Success"});
    assert_eq!(asked(&unknown), Ok(RefundAnswer::NeverMade));
    let other = json!({"code": "10000", "out_trade_no": "QB"});
    assert_eq!(asked(&other), Err(UNREADABLE));
    for fields in [
        json!({"refund_amount": "9.89"}),
        json!({"out_request_no": "RQB"}),
        json!({"out_trade_no": "QB"}),
        json!({"refund_status": "REFUND_FAIL"}),
    ] {
        assert_eq!(asked(&with(&done, &fields)), Err(UNREADABLE), "{fields}");
    }
    assert!(is_refused(&asked(&failed("40004", "ACQ.SYSTEM_ERROR"))));
}

#[test]
fn a_qr_code_is_one_of_this_payment() {
    let asked = |node: &Value| answered(AlipayCall::Precreate, node)?.qr("QA");
    let done = json!({
        "code": "10000", "out_trade_no": "QA", "qr_code": "https://qr.alipay.com/bax03431ljhokirwl38f00a7",
    });
    assert_eq!(
        asked(&done).as_deref(),
        Ok("https://qr.alipay.com/bax03431ljhokirwl38f00a7")
    );
    for fields in [
        json!({"out_trade_no": "QB"}),
        json!({"qr_code": ""}),
        json!({"qr_code": "javascript:alert(1)"}),
        json!({"qr_code": "https://qr.alipay.com/a b"}),
        json!({"qr_code": format!("https://qr.alipay.com/{}", "a".repeat(600))}),
    ] {
        assert_eq!(asked(&with(&done, &fields)), Err(UNREADABLE), "{fields}");
    }
    assert!(is_refused(&asked(&failed(
        "40004",
        "ACQ.TRADE_HAS_SUCCESS"
    ))));
}

#[test]
fn an_answer_that_is_not_signed_is_not_believed() {
    let key = public(&all()[0], "own-platform");
    let read = |body: &str| read(&key, AlipayCall::Query, body.as_bytes()).map(drop);
    let unsigned = Err(PaymentError(UnknownAnswer::Unsigned));
    for (body, what) in [
        ("{}", unsigned),
        ("{\"sign\":\"AAAA\"}", unsigned),
        (
            "{\"error_response\":{\"code\":\"40002\",\"sub_code\":\"isv.invalid-app-id\"}}",
            unsigned,
        ),
        (
            "{\"alipay_trade_query_response\":{\"code\":\"10000\"}}",
            unsigned,
        ),
        (
            "{\"alipay_trade_query_response\":{\"code\":\"10000\"},\"sign\":\"\"}",
            unsigned,
        ),
        (
            "{\"alipay_trade_query_response\":{\"code\":\"10000\"},\"sign\":1}",
            Err(UNREADABLE),
        ),
        ("<html>", Err(UNREADABLE)),
        ("", Err(UNREADABLE)),
        ("[]", Err(UNREADABLE)),
        ("{\"a\"}", Err(UNREADABLE)),
        ("{\"a\":1,}", Err(UNREADABLE)),
    ] {
        assert_eq!(read(body), what, "{body}");
    }
}

#[test]
fn a_subject_has_no_character_of_alipay_s_own() {
    assert_eq!(subject("100% 抢课 A+B&C=D/E\n"), "100% 抢课 A+B C D E ");
    assert_eq!(subject(&"从".repeat(300)).chars().count(), SUBJECT_MAX);
}

#[test]
fn a_way_to_pay_is_one_that_the_shop_has_a_contract_for() {
    let (page, wap, qr) = (AlipayProduct::Page, AlipayProduct::Wap, AlipayProduct::Qr);
    for (products, desktop, phone, has_code) in [
        (&[page, wap][..], page, wap, false),
        (&[wap, page], page, wap, false),
        (&[qr, page, wap], qr, wap, true),
        (&[page, qr], page, page, true),
        (&[qr], qr, qr, true),
        (&[wap], wap, wap, false),
    ] {
        let (input, account) = notice_input(&all()[0]["vectors"][0]);
        let account = AlipayAccount {
            products: products.to_vec(),
            ..account
        };
        assert_eq!(account.product(PayKind::Link, false), desktop);
        assert_eq!(account.product(PayKind::Link, true), phone);
        assert_eq!(account.product(PayKind::Qr, true), qr);
        for (gateway, origin) in [
            (
                "https://openapi.alipay.com/gateway.do",
                "https://*.alipay.com",
            ),
            (
                "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
                "https://*.alipaydev.com",
            ),
            ("http://127.0.0.1:1/gateway.do", "http://127.0.0.1:1"),
        ] {
            let account = AlipayAccount {
                gateway: gateway.into(),
                ..account.clone()
            };
            let file = &all()[0];
            let own = private(file, "own-shop");
            let public = public(file, text(&input, "/key"));
            let alipay = Alipay::new(account, own, public).expect("a client");
            assert_eq!(alipay.origin(), origin);
            assert!(alipay.takes(PayKind::Link));
            assert_eq!(alipay.takes(PayKind::Qr), has_code, "{products:?}");
        }
    }
}

#[test]
fn times_are_those_of_china() {
    assert_eq!(time_of("2026-11-29 20:00:31"), Some(PAID));
    assert_eq!(time_of("2026-11-29 20:00:31.500"), Some(PAID.plus(500)));
    assert_eq!(on_clock(PAID.plus(999)), "2026-11-29 20:00:31");
    for text in [
        "",
        "2026-11-29",
        "2026-11-29 24:00:00",
        "2026-11-29 20:00:31Z",
    ] {
        assert_eq!(time_of(text), None, "{text}");
    }
}

mod keys {
    use super::*;

    fn pem(name: &str, half: &str) -> String {
        text(&all()[0], &format!("/keys/{name}/{half}_pem")).to_owned()
    }

    /// The one line that Alipay's tool and console give.
    fn bare(pem: &str) -> String {
        pem.lines().filter(|line| !line.starts_with('-')).collect()
    }

    fn own() -> AlipayAppKey {
        AlipayAppKey::parse(&pem("own-shop", "private")).expect("a key")
    }

    #[test]
    fn a_key_may_be_pem_or_one_line() {
        let (private, public) = (pem("own-shop", "private"), pem("own-platform", "public"));
        for text in [
            private.clone(),
            bare(&private),
            format!("\u{feff}{}\r\n", bare(&private)),
            private.replace('\n', "\r\n"),
            PKCS1.to_owned(),
            bare(PKCS1),
        ] {
            assert!(AlipayAppKey::parse(&text).is_ok(), "{text}");
        }
        for text in [
            public.clone(),
            bare(&public),
            format!("  {}\n\n", bare(&public)),
        ] {
            assert!(AlipayPublicKey::parse(&text, &own()).is_ok(), "{text}");
        }
        let message = b"a";
        let signature = AlipayAppKey::parse(PKCS1).expect("a key").sign(message);
        let half = AlipayPublicKey::read(PKCS1_PUBLIC).expect("a key");
        assert!(half.has_signed(message, &signature.expect("signed")));
    }

    #[test]
    fn what_was_pasted_by_mistake_is_named() {
        use AlipayKeyError as Bad;
        let (private, public) = (pem("own-shop", "private"), pem("own-platform", "public"));
        let relabel = |pem: &str, from: &str, to: &str| pem.replace(from, to);
        let wrong = |says: &str, holds| Bad::WrongLabel {
            says: says.into(),
            holds,
        };
        for (text, why) in [
            (String::new(), Bad::Empty),
            (" \n".into(), Bad::Empty),
            (public.clone(), Bad::PublicKey),
            (bare(&public), Bad::PublicKey),
            (
                relabel(&private, "PRIVATE KEY", "RSA PRIVATE KEY"),
                wrong("RSA PRIVATE KEY", "a PRIVATE KEY (PKCS#8)"),
            ),
            (
                relabel(PKCS1, "RSA PRIVATE KEY", "PRIVATE KEY"),
                wrong("PRIVATE KEY", "an RSA PRIVATE KEY (PKCS#1)"),
            ),
            (
                relabel(&private, "PRIVATE KEY", "EC PRIVATE KEY"),
                Bad::OtherLabel("EC PRIVATE KEY".into()),
            ),
            (
                relabel(&private, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
                Bad::Encrypted,
            ),
            (
                relabel(&private, "PRIVATE KEY", "CERTIFICATE"),
                Bad::Certificate,
            ),
            (private[..900].to_owned(), Bad::NoEnd("PRIVATE KEY".into())),
            (bare(&private)[..400].to_owned(), Bad::NotRsa),
            ("应用私钥".into(), Bad::NotBase64),
            ("2021000000000001".into(), Bad::NotRsa),
            (SMALL.into(), Bad::Size(1024)),
            (PKCS1.replacen("MIIE", "MIID", 1), Bad::NotRsa),
            (broken(), Bad::Broken),
        ] {
            let read = AlipayAppKey::parse(&text).map(drop);
            assert_eq!(read, Err(why), "{text}");
        }
        let own_half = pem("own-shop", "public");
        for (text, why) in [
            (own_half.clone(), Bad::OwnKey),
            (bare(&own_half), Bad::OwnKey),
            (private.clone(), Bad::PrivateKey),
            (bare(&private), Bad::PrivateKey),
            (PKCS1.to_owned(), Bad::PrivateKey),
            (SMALL_PUBLIC.into(), Bad::Size(1024)),
            (
                relabel(&public, "PUBLIC KEY", "RSA PUBLIC KEY"),
                wrong("RSA PUBLIC KEY", "a PUBLIC KEY"),
            ),
            (
                relabel(&public, "PUBLIC KEY", "CERTIFICATE"),
                Bad::Certificate,
            ),
            (bare(&public)[..200].to_owned(), Bad::NotRsa),
            (String::new(), Bad::Empty),
        ] {
            let read = AlipayPublicKey::parse(&text, &own()).map(drop);
            assert_eq!(read, Err(why), "{text}");
        }
    }

    /// A key with one digit of a prime changed.
    fn broken() -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let mut der = STANDARD
            .decode(bare(&pem("own-shop", "private")))
            .expect("base64");
        let at = der.len() / 2;
        der[at] ^= 2;
        STANDARD.encode(der)
    }

    #[test]
    fn no_text_makes_a_panic_and_no_error_holds_a_key() {
        let private = pem("own-shop", "private");
        for end in 0..private.len() {
            if let Err(why) = AlipayAppKey::parse(&private[..end]) {
                assert!(!why.to_string().contains("MII"), "{why}");
            }
        }
        assert_eq!(format!("{:?}", own()), "AlipayAppKey(..)");
    }

    // Test keys of this project: never configure one.
    const PKCS1: &str = include_str!("../../../../tests/vectors/alipay-pkcs1.pem");
    const PKCS1_PUBLIC: &str = include_str!("../../../../tests/vectors/alipay-pkcs1-public.pem");
    const SMALL: &str = include_str!("../../../../tests/vectors/alipay-1024.pem");
    const SMALL_PUBLIC: &str = include_str!("../../../../tests/vectors/alipay-1024-public.pem");
}
