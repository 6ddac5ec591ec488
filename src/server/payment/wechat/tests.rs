//! The vectors of `tests/vectors/wechat.json`: what must verify, what must fail, and what is signed
//! well and must be refused all the same. `QIANGKE_PAYMENT_VECTORS`, as this is compiled, names a
//! file of more.

use super::{
    answer::WechatNames,
    keys::{BadKey, BadSeal, NoticeKey, OwnKey, PlatformKeys},
    notice,
    sign::{BridgeFields, NotSigned, WechatRequest, verify},
};
use crate::{
    server::payment::terms::NoticeRefused,
    types::{hex::hex, time::Millis},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest::{SHA256, digest},
};
use serde_json::{Map, Value};

const SERIAL: &str = "0B0B000000002026112900000000000000000002";

fn files() -> Vec<Value> {
    let own = include_str!("../../../../tests/vectors/wechat.json").to_owned();
    let more = option_env!("QIANGKE_PAYMENT_VECTORS")
        .map(|path| std::fs::read_to_string(path).expect("a file"));
    std::iter::once(own)
        .chain(more)
        .map(|text| serde_json::from_str(&text).expect("JSON"))
        .collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{pointer} of {value}"))
}

fn number(value: &Value, pointer: &str) -> i64 {
    value
        .pointer(pointer)
        .and_then(Value::as_i64)
        .expect(pointer)
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

fn object(value: &Value, pointer: &str) -> Map<String, Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

fn pem<'a>(file: &'a Value, name: &str, kind: &str) -> &'a str {
    text(file, &format!("/keys/{name}/{kind}_pem"))
}

fn private(file: &Value, name: &str, serial: &str) -> OwnKey {
    OwnKey::parse(pem(file, name, "private"), serial).expect("a private key")
}

/// The shop whose keys these vectors are not about.
fn shop() -> OwnKey {
    private(&files()[0], "own-shop", SERIAL)
}

/// The keys that messages are checked with; a ring that holds the shop's own is refused at start.
fn ring_of(file: &Value, names: &Map<String, Value>) -> Result<PlatformKeys, BadKey> {
    let mut keys = PlatformKeys::default();
    for (serial, name) in names {
        let name = name.as_str().expect("a key's name");
        keys.add_public_key(serial, pem(file, name, "public"), &shop())?;
    }
    Ok(keys)
}

/// The input of a vector with the changes of a case.
fn changed(input: &Value, case: &Value) -> Value {
    let mut input = input.clone();
    let rule = |name: &str| object(case, &format!("/{name}"));
    for (at, value) in rule("set") {
        put(&mut input, &at, value);
    }
    let mut edit = |at: &str, change: &dyn Fn(&str) -> String| {
        let old = match input.pointer(at) {
            Some(Value::String(text)) => text.clone(),
            other => panic!("{at}: {other:?}"),
        };
        put(&mut input, at, change(&old).into());
    };
    for (at, pair) in rule("replace") {
        let (find, with) = (text(&pair, "/0").to_owned(), text(&pair, "/1").to_owned());
        edit(&at, &|old| old.replacen(&find, &with, 1));
    }
    for (at, end) in rule("append") {
        edit(&at, &|old| format!("{old}{}", end.as_str().expect("text")));
    }
    for (at, start) in rule("prepend") {
        edit(&at, &|old| {
            format!("{}{old}", start.as_str().expect("text"))
        });
    }
    for (at, length) in rule("cut") {
        let length = usize::try_from(length.as_u64().expect("a number")).expect("a length");
        edit(&at, &|old| old.chars().take(length).collect());
    }
    for (at, length) in rule("truncate") {
        let length = usize::try_from(length.as_u64().expect("a number")).expect("a length");
        edit(&at, &|old| {
            let bytes = STANDARD.decode(old).expect("base64");
            STANDARD.encode(&bytes[..length])
        });
    }
    for (at, index) in rule("flip") {
        let index = index.as_i64().expect("a number");
        edit(&at, &|old| {
            let mut bytes = STANDARD.decode(old).expect("base64");
            let end = i64::try_from(bytes.len()).expect("a length");
            let index = if index < 0 { end + index } else { index };
            bytes[usize::try_from(index).expect("an index")] ^= 1;
            STANDARD.encode(bytes)
        });
    }
    for (at, more) in rule("add") {
        let more = more.as_i64().expect("a number");
        let new = match input.pointer(&at).expect("a field") {
            Value::String(old) => (old.parse::<i64>().expect("digits") + more)
                .to_string()
                .into(),
            old => (old.as_i64().expect("a number") + more).into(),
        };
        put(&mut input, &at, new);
    }
    input
}

fn put(input: &mut Value, at: &str, value: Value) {
    let (parent, name) = at.rsplit_once('/').expect("a pointer");
    let parent = input.pointer_mut(parent).and_then(Value::as_object_mut);
    let parent = parent.expect("an object");
    if value.is_null() {
        parent.remove(name);
    } else {
        parent.insert(name.to_owned(), value);
    }
}

/// The vectors of a kind, and of each whatever of it must fail.
fn vectors(file: &Value, kind: &str) -> Vec<(Value, Vec<Value>)> {
    let shared = list(file, &format!("/shared_must_fail/{kind}"));
    let vectors = list(file, "/vectors").into_iter();
    vectors
        .filter(|vector| text(vector, "/kind") == kind)
        .map(|vector| {
            let own = list(&vector, "/must_fail");
            (vector, own.into_iter().chain(shared.clone()).collect())
        })
        .collect()
}

fn expected(file: &Value, case: &Value) -> String {
    let default = text(file, "/default_expect_of_must_fail");
    case["expect"].as_str().unwrap_or(default).to_owned()
}

fn what(vector: &Value, case: &Value) -> String {
    format!("{}: {}", vector["id"], case["name"])
}

#[test]
fn a_text_is_signed_and_verified_by_the_key_of_its_name() {
    for file in files() {
        for (vector, cases) in vectors(&file, "rsa_sha256") {
            let verdict = |input: &Value| {
                let keys = ring_of(&file, &object(input, "/keyring")).expect("keys");
                let (serial, message) = (text(input, "/serial"), text(input, "/message"));
                keys.has_signed(serial, message.as_bytes(), text(input, "/signature"))
            };
            let input = &vector["input"];
            assert_eq!(verdict(input), Some(true), "{}", vector["id"]);
            let key = private(&file, text(&vector, "/expect/signed_by"), SERIAL);
            let signed = key.sign(text(input, "/message").as_bytes());
            assert_eq!(signed.as_deref(), Some(text(input, "/signature")));
            for case in cases {
                let is_unknown = expected(&file, &case) == "unknown_key";
                let verdict = verdict(&changed(input, &case));
                let wanted = if is_unknown { None } else { Some(false) };
                assert_eq!(verdict, wanted, "{}", what(&vector, &case));
            }
        }
    }
}

#[test]
fn a_request_is_signed_as_it_is_sent() {
    for file in files() {
        for (vector, cases) in vectors(&file, "wechat_request") {
            let message = |input: &Value| {
                let request = WechatRequest {
                    method: text(input, "/method"),
                    path: text(input, "/path_and_query"),
                    at_s: text(input, "/timestamp").parse().expect("seconds"),
                    nonce: text(input, "/nonce"),
                    body: text(input, "/body"),
                };
                let key = private(
                    &file,
                    text(&vector, "/input/key"),
                    text(input, "/serial_no"),
                );
                let field = request.authorization(text(input, "/mchid"), &key);
                (request.message(), field.expect("a field"))
            };
            let (input, expect) = (&vector["input"], &vector["expect"]);
            let (signed, field) = message(input);
            assert_eq!(sha256(signed.as_bytes()), text(expect, "/message_sha256"));
            assert_eq!(
                sha256(field.as_bytes()),
                text(expect, "/authorization_sha256")
            );
            let signature = text(expect, "/signature");
            assert!(
                field.ends_with(&format!("signature=\"{signature}\"")),
                "{field}"
            );
            for case in cases {
                let input = changed(input, &case);
                let message = match case["message"].as_str() {
                    None => message(&input).0,
                    Some("drop_last_lf") => signed[..signed.len() - 1].to_owned(),
                    Some("crlf") => signed.replace('\n', "\r\n"),
                    Some(other) => panic!("{other}"),
                };
                let public = pem(&file, text(&input, "/key"), "public");
                let mut keys = PlatformKeys::default();
                let other = private(&file, "own-platform", SERIAL);
                let stranger = if text(&input, "/key") == "own-platform" {
                    shop()
                } else {
                    other
                };
                keys.add_public_key("K", public, &stranger).expect("a key");
                let verdict = keys.has_signed("K", message.as_bytes(), signature);
                assert_eq!(verdict, Some(false), "{}", what(&vector, &case));
            }
            if let Some(bridge) = expect.get("jsapi") {
                let body: Value = serde_json::from_str(text(input, "/body")).expect("JSON");
                let (app, at_s) = (text(&body, "/appid"), text(input, "/timestamp"));
                let at_s = at_s.parse().expect("seconds");
                let prepay = text(bridge, "/message").lines().last().expect("a line");
                let prepay = prepay.strip_prefix("prepay_id=").expect("an id");
                let nonce = text(input, "/nonce");
                let message = BridgeFields::message(app, at_s, nonce, prepay);
                assert_eq!(message, text(bridge, "/message"));
                let key = private(&file, text(input, "/key"), SERIAL);
                let fields = BridgeFields::sign(app, at_s, nonce, prepay, &key).expect("fields");
                assert_eq!(fields.pay_sign, text(bridge, "/signature"));
                assert_eq!(fields.package, format!("prepay_id={prepay}"));
                assert_eq!(
                    (fields.sign_type, fields.timestamp),
                    ("RSA", at_s.to_string())
                );
            }
        }
    }
}

#[test]
fn what_is_sealed_is_opened_by_its_key_alone() {
    for file in files() {
        for (vector, cases) in vectors(&file, "aes_gcm") {
            let open = |input: &Value| {
                let key = NoticeKey::parse(text(input, "/key")).map_err(|_| "bad_key")?;
                let (nonce, aad) = (text(input, "/nonce"), text(input, "/aad"));
                key.open(nonce, aad, text(input, "/ciphertext"))
                    .map_err(|why| match why {
                        BadSeal::Malformed => "malformed",
                        BadSeal::Wrong => "decrypt",
                    })
            };
            let (input, expect) = (&vector["input"], &vector["expect"]);
            if number(expect, "/key_bytes") != 32 {
                assert_eq!(open(input), Err("bad_key"), "{}", vector["id"]);
                continue;
            }
            let opened = open(input).expect("opened");
            assert_eq!(sha256(&opened), text(expect, "/plaintext_sha256"));
            if expect["plaintext_is"] == "certificate PEM" {
                let mut keys = PlatformKeys::default();
                let pem = std::str::from_utf8(&opened).expect("text");
                keys.add_certificates(pem, &shop()).expect("a certificate");
                let serial = text(expect, "/certificate_serial");
                assert_eq!(keys.has_signed(serial, b"", ""), Some(false), "{keys:?}");
            }
            for case in cases {
                let opened = open(&changed(input, &case));
                let expected = expected(&file, &case);
                assert_eq!(opened, Err(expected.as_str()), "{}", what(&vector, &case));
            }
        }
    }
}

fn headers(input: &Value) -> HeaderMap {
    let fields = object(input, "/headers").into_iter();
    fields
        .map(|(name, value)| {
            (
                HeaderName::try_from(name).expect("a name"),
                HeaderValue::try_from(value.as_str().expect("text")).expect("a value"),
            )
        })
        .collect()
}

fn now(input: &Value) -> Millis {
    Millis(number(input, "/now") * 1_000)
}

/// The body with another plaintext, or other words around it, as a case says.
fn resealed(input: &Value, case: &Value) -> String {
    let mut body: Value = serde_json::from_str(text(input, "/body")).expect("JSON");
    let seal = || {
        let key = UnboundKey::new(&AES_256_GCM, text(input, "/apiv3_key").as_bytes());
        LessSafeKey::new(key.expect("a key"))
    };
    let nonce = text(&body, "/resource/nonce").to_owned();
    let nonce = || Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("a nonce");
    let aad = text(&body, "/resource/associated_data").to_owned();
    let sealed = STANDARD
        .decode(text(&body, "/resource/ciphertext"))
        .expect("base64");
    let plain = {
        let mut sealed = sealed;
        let plain = seal().open_in_place(nonce(), Aad::from(aad.as_bytes()), &mut sealed);
        String::from_utf8(plain.expect("opened").to_vec()).expect("text")
    };
    let plain = case["plain_text"].as_str().map_or_else(
        || {
            let mut trade: Value = serde_json::from_str(&plain).expect("JSON");
            for (at, value) in object(case, "/plain_set") {
                put(&mut trade, &at, value);
            }
            trade.to_string()
        },
        str::to_owned,
    );
    let mut sealed = plain.into_bytes();
    seal()
        .seal_in_place_append_tag(nonce(), Aad::from(aad.as_bytes()), &mut sealed)
        .expect("sealed");
    put(
        &mut body,
        "/resource/ciphertext",
        STANDARD.encode(sealed).into(),
    );
    for (at, value) in object(case, "/body_set") {
        put(&mut body, &at, value);
    }
    body.to_string()
}

/// The same input, signed again.
fn signed_again(file: &Value, input: &Value, signer: &str) -> Value {
    let mut input = input.clone();
    let message = format!(
        "{}\n{}\n{}\n",
        text(&input, "/headers/Wechatpay-Timestamp"),
        text(&input, "/headers/Wechatpay-Nonce"),
        text(&input, "/body")
    );
    let signature = private(file, signer, SERIAL).sign(message.as_bytes());
    put(
        &mut input,
        "/headers/Wechatpay-Signature",
        signature.expect("signed").into(),
    );
    input
}

/// What becomes of a notice, in the words of the vectors.
fn outcome(file: &Value, input: &Value) -> &'static str {
    let Ok(keys) = ring_of(file, &object(input, "/keyring")) else {
        return "bad_signature";
    };
    let (headers, body) = (headers(input), text(input, "/body").as_bytes());
    // The key of a vector that is about the signature alone may be too short to open anything.
    let Ok(key) = NoticeKey::parse(text(input, "/apiv3_key")) else {
        return match verify(&keys, &headers, body, now(input)) {
            Ok(()) => "bad_key",
            Err(NotSigned::Wrong) => "bad_signature",
            Err(NotSigned::Probe) => "malformed",
            Err(NotSigned::UnknownKey) => "unknown_key",
            Err(NotSigned::Stale) => "stale",
        };
    };
    let names = WechatNames {
        mch_id: text(input, "/order/mchid").to_owned(),
        app_id: text(input, "/order/appid").to_owned(),
    };
    match notice::read((&keys, &key), &names, &headers, body, now(input)) {
        Ok(notice) => match notice.receipt {
            None => "no money",
            Some(receipt) if receipt.out_trade_no != text(input, "/order/out_trade_no") => {
                "foreign"
            }
            Some(receipt) if receipt.amount.0 != number(input, "/order/total_fen") => "mismatch",
            Some(_) => "paid",
        },
        Err(NoticeRefused::BadSignature) => "bad_signature",
        Err(NoticeRefused::Probe | NoticeRefused::Malformed) => "malformed",
        Err(NoticeRefused::UnknownKey) => "unknown_key",
        Err(NoticeRefused::Stale) => "stale",
        Err(NoticeRefused::Sealed) => "decrypt",
        Err(NoticeRefused::Foreign) => "foreign",
        Err(NoticeRefused::Currency) => "mismatch",
    }
}

#[test]
fn a_notice_is_believed_as_it_was_signed_and_never_for_another_order() {
    for file in files() {
        for (vector, cases) in vectors(&file, "wechat_notify") {
            let input = &vector["input"];
            assert_eq!(input["body"].as_str().map(str::len), {
                usize::try_from(number(&vector, "/expect/body_bytes")).ok()
            });
            let good = if number(&vector, "/expect/apiv3_key_bytes") == 32 {
                text(&vector, "/expect/outcome")
            } else {
                "bad_key"
            };
            assert_eq!(outcome(&file, input), good, "{}", vector["id"]);
            for case in list(&vector, "/must_pass") {
                let outcome = outcome(&file, &changed(input, &case));
                assert_eq!(outcome, good, "{}", what(&vector, &case));
            }
            for case in cases {
                let mut input = changed(input, &case);
                if let Some(signer) = case["resign"].as_str() {
                    input = signed_again(&file, &input, signer);
                }
                let outcome = outcome(&file, &input);
                let what = what(&vector, &case);
                match expected(&file, &case).as_str() {
                    // A field that is missing is a wrong signature.
                    "malformed" => assert!(
                        ["malformed", "bad_signature"].contains(&outcome),
                        "{what}: {outcome}"
                    ),
                    // Its key is too short, whichever it is.
                    "decrypt" if good == "bad_key" => assert_eq!(outcome, "bad_key", "{what}"),
                    expected => assert_eq!(outcome, expected, "{what}"),
                }
            }
            for case in list(&vector, "/signed_but_refuse") {
                let mut input = input.clone();
                let body = resealed(&input, &case);
                put(&mut input, "/body", body.into());
                let input = signed_again(&file, &input, "own-platform");
                let expected = match text(&case, "/expect") {
                    "not_paid" | "not_a_payment" => "no money",
                    expected => expected,
                };
                assert_eq!(outcome(&file, &input), expected, "{}", what(&vector, &case));
            }
        }
    }
}

#[test]
fn a_probe_is_told_apart_from_a_forgery() {
    let file = &files()[0];
    let (vector, _) = vectors(file, "wechat_notify").remove(0);
    let mut input = vector["input"].clone();
    let good = text(&input, "/headers/Wechatpay-Signature").to_owned();
    for (signature, why) in [
        (format!("WECHATPAY/SIGNTEST/{good}"), NotSigned::Probe),
        (good.replace('a', "b"), NotSigned::Wrong),
        (good[..340].to_owned(), NotSigned::Wrong),
        ("a".repeat(5_000), NotSigned::Wrong),
    ] {
        put(&mut input, "/headers/Wechatpay-Signature", signature.into());
        let keys = ring_of(file, &object(&input, "/keyring")).expect("keys");
        let body = text(&input, "/body").as_bytes();
        assert_eq!(verify(&keys, &headers(&input), body, now(&input)), Err(why));
    }
}

#[test]
fn a_field_that_is_there_twice_is_not_believed() {
    let file = &files()[0];
    let (vector, _) = vectors(file, "wechat_notify").remove(0);
    let input = &vector["input"];
    let keys = ring_of(file, &object(input, "/keyring")).expect("keys");
    let body = text(input, "/body").as_bytes();
    let once = headers(input);
    assert_eq!(verify(&keys, &once, body, now(input)), Ok(()));
    for (name, value) in &once {
        let mut twice = once.clone();
        twice.append(name.clone(), value.clone());
        let verdict = verify(&keys, &twice, body, now(input));
        assert_eq!(verdict, Err(NotSigned::Wrong), "{name}");
    }
}

#[test]
fn keys_are_read_in_every_form_that_consoles_hand_out() {
    let file = &files()[0];
    let (private, public) = (
        pem(file, "own-shop", "private"),
        pem(file, "own-platform", "public"),
    );
    let bare = |pem: &str| {
        let lines = pem.lines().filter(|line| !line.starts_with('-'));
        lines.collect::<String>()
    };
    for text in [
        private.to_owned(),
        bare(private),
        private.replace('\n', "\r\n"),
        format!("\u{feff}{private}\n\n"),
    ] {
        assert!(OwnKey::parse(&text, SERIAL).is_ok(), "{text}");
    }
    for text in [
        public.to_owned(),
        bare(public),
        public.replace('\n', "\r\n"),
    ] {
        let mut keys = PlatformKeys::default();
        assert_eq!(keys.add_public_key("K", &text, &shop()), Ok(()));
        assert_eq!(keys.public(), Some("K"));
    }
    let mut keys = PlatformKeys::default();
    let certificate = pem(file, "own-platform", "certificate");
    let both = format!("{certificate}{certificate}");
    assert_eq!(keys.add_certificates(&both, &shop()), Ok(()));
    assert_eq!(keys.public(), None);
    let serial = text(file, "/keys/own-platform/serials/certificate");
    assert_eq!(keys.has_signed(serial, b"", ""), Some(false));
}

#[test]
fn a_text_that_is_not_the_key_is_refused_with_what_it_is() {
    let file = &files()[0];
    let (private, public, certificate) = (
        pem(file, "own-platform", "private"),
        pem(file, "own-platform", "public"),
        pem(file, "own-platform", "certificate"),
    );
    let bare = |pem: &str| {
        let lines = pem.lines().filter(|line| !line.starts_with('-'));
        lines.collect::<String>()
    };
    let short = include_str!("../../../../tests/vectors/rsa-1024.pem");
    for (text, why) in [
        ("", BadKey::Empty),
        ("\n ", BadKey::Empty),
        ("secret", BadKey::NotPem),
        (&private[..private.len() - 40], BadKey::NotPem),
        (&private.replace('a', "*"), BadKey::NotPem),
        (certificate, BadKey::CertificateForPrivate),
        (&bare(certificate), BadKey::CertificateForPrivate),
        (public, BadKey::PublicForPrivate),
        (&bare(public), BadKey::PublicForPrivate),
        (
            &private.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
            BadKey::Encrypted,
        ),
        (
            &private.replace("PRIVATE KEY", "EC PRIVATE KEY"),
            BadKey::NotRsa,
        ),
        (&format!("{private}{private}"), BadKey::NotPem),
        ("AAAA", BadKey::NotRsa),
        (short, BadKey::Modulus(1_024)),
    ] {
        assert_eq!(OwnKey::parse(text, SERIAL).err(), Some(why), "{text}");
    }
    let short_public = include_str!("../../../../tests/vectors/rsa-1024-public.pem");
    let own_public = pem(file, "own-shop", "public");
    for (text, why) in [
        ("", BadKey::Empty),
        ("PUB_KEY_ID_1", BadKey::NotPem),
        (certificate, BadKey::CertificateForPublic),
        (&bare(certificate), BadKey::CertificateForPublic),
        (private, BadKey::PrivateForPublic),
        (&bare(private), BadKey::PrivateForPublic),
        (own_public, BadKey::OwnKey),
        (&bare(own_public), BadKey::OwnKey),
        (short_public, BadKey::Modulus(1_024)),
        ("AAAA", BadKey::NotRsa),
    ] {
        let added = PlatformKeys::default().add_public_key("K", text, &shop());
        assert_eq!(added, Err(why), "{text}");
    }
    for (text, why) in [
        ("", BadKey::Empty),
        (public, BadKey::KeyForCertificate),
        (private, BadKey::KeyForCertificate),
        (&bare(public), BadKey::NotRsa),
    ] {
        let added = PlatformKeys::default().add_certificates(text, &shop());
        assert_eq!(added, Err(why), "{text}");
    }
    // The shop's own certificate (apiclient_cert.pem) holds the shop's own key.
    let platform = OwnKey::parse(private, SERIAL).expect("a key");
    let own_certificate = PlatformKeys::default().add_certificates(certificate, &platform);
    assert_eq!(own_certificate, Err(BadKey::OwnKey));
    let mut keys = PlatformKeys::default();
    keys.add_certificates(certificate, &shop()).expect("a key");
    let serial = text(file, "/keys/own-platform/serials/certificate");
    assert_eq!(
        keys.add_public_key(serial, public, &shop()),
        Ok(()),
        "the same key"
    );
    for (text, why) in [
        ("", BadKey::Empty),
        ("qiangke-own-test-apiv3-key-0001", BadKey::Apiv3Length(31)),
        ("0123456789abcdef", BadKey::Apiv3Length(16)),
        (&"ab".repeat(32), BadKey::Apiv3Length(64)),
        (&"密".repeat(32), BadKey::Apiv3Length(96)),
    ] {
        assert_eq!(NoticeKey::parse(text).err(), Some(why), "{text}");
    }
    assert!(NoticeKey::parse("qiangke-own-test-apiv3-key-00001\n").is_ok());
}

#[test]
fn no_more_keys_are_taken_than_a_change_over_needs() {
    let public = pem(&files()[0], "own-platform", "public").to_owned();
    let mut keys = PlatformKeys::default();
    for number in 0..8 {
        let added = keys.add_public_key(&format!("K{number}"), &public, &shop());
        assert_eq!(added, Ok(()), "{number}");
    }
    assert_eq!(
        keys.add_public_key("K8", &public, &shop()),
        Err(BadKey::TooMany)
    );
}

#[test]
fn no_debug_form_shows_a_key() {
    let file = &files()[0];
    let key = NoticeKey::parse("qiangke-own-test-apiv3-key-00001").expect("a key");
    let mut keys = PlatformKeys::default();
    keys.add_public_key("K", pem(file, "own-platform", "public"), &shop())
        .expect("a key");
    let shown = format!("{:?} {key:?} {keys:?}", shop());
    assert_eq!(
        shown,
        format!("OwnKey({SERIAL}, ******) NoticeKey(******) [\"K\"]")
    );
}

#[test]
fn each_code_is_explained_where_operators_look() {
    for page in [
        include_str!("../../../../docs/payments.md"),
        include_str!("../../../../docs/payments.zh-CN.md"),
    ] {
        for (code, meaning) in super::MEANINGS {
            assert!(meaning.starts_with(&format!("{code}: ")), "{meaning}");
            assert!(page.contains(&format!("\n| `{code}`")), "{code}");
        }
    }
}
