//! The SMS providers: what is sent, and what becomes of every kind of answer.

use hmac::{Hmac, KeyInit, Mac};
use qiangke::{
    server::sms::{
        Code, Garbled, Sms, SmsError, file, memory,
        tencent::{ENDPOINT, REGION, TIMEOUT, Tencent, TencentConfig, TencentError},
    },
    types::{account::Mobile, time::Millis},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::Instant,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// 2026-11-22T17:53:11.999Z.
const NOW: Millis = Millis(1_795_369_991_999);

fn mobile() -> Mobile {
    Mobile::parse("13812345678").expect("valid")
}

fn code() -> Code {
    Code::parse("098765").expect("valid")
}

fn config(endpoint: &str) -> TencentConfig {
    TencentConfig {
        secret_id: "example-id".into(),
        secret_key: "example-key".into(),
        region: REGION.into(),
        sdk_app_id: "1400006666".into(),
        sign_name: "抢课".into(),
        template_id: "1110".into(),
        endpoint: endpoint.into(),
        timeout: Duration::from_secs(5),
    }
}

fn tencent(config: TencentConfig) -> Sms {
    Sms::Tencent(Tencent::new(config).expect("the settings are whole"))
}

/// What becomes of an SMS when the provider answers like this; it is asked exactly once.
async fn answered(template: ResponseTemplate) -> Result<(), SmsError> {
    let provider = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(template)
        .expect(1)
        .mount(&provider)
        .await;
    tencent(config(&provider.uri()))
        .send(&mobile(), &code(), NOW)
        .await
}

fn status(code: &str) -> ResponseTemplate {
    let status = json!({
        "SerialNo": "5000:1045710669157053657849499619", "PhoneNumber": "+8613812345678", "Fee": 1, "SessionContext": "",
        "Code": code, "Message": "to +8613812345678: 098765", "IsoCode": "CN"
    });
    ResponseTemplate::new(200)
        .set_body_json(json!({"Response": {"SendStatusSet": [status], "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}}))
}

fn error(code: &str) -> ResponseTemplate {
    let error = json!({"Code": code, "Message": "+8613812345678 098765"});
    ResponseTemplate::new(200).set_body_json(
        json!({"Response": {"Error": error, "RequestId": "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6"}}),
    )
}

fn refused(code: &str) -> Result<(), SmsError> {
    Err(SmsError::Refused { code: code.into() })
}

fn limited(code: &str) -> Result<(), SmsError> {
    Err(SmsError::Limited { code: code.into() })
}

fn garbled(why: Garbled) -> Result<(), SmsError> {
    Err(SmsError::Garbled(why))
}

/// The signature once more, written down from the provider's documentation.
fn authorization(host: &str, payload: &[u8]) -> String {
    fn hex(bytes: impl AsRef<[u8]>) -> String {
        bytes
            .as_ref()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }
    fn hmac(key: &[u8], message: &str) -> Vec<u8> {
        Hmac::<Sha256>::new_from_slice(key)
            .expect("any length")
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec()
    }
    let canonical = format!(
        "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:{host}\nx-tc-action:sendsms\n\ncontent-type;host;x-tc-action\n{}",
        hex(Sha256::digest(payload))
    );
    let text = format!(
        "TC3-HMAC-SHA256\n1795369991\n2026-11-22/sms/tc3_request\n{}",
        hex(Sha256::digest(canonical))
    );
    let key = hmac(
        &hmac(&hmac(b"TC3example-key", "2026-11-22"), "sms"),
        "tc3_request",
    );
    format!(
        "TC3-HMAC-SHA256 Credential=example-id/2026-11-22/sms/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature={}",
        hex(hmac(&key, &text))
    )
}

#[tokio::test]
async fn an_sms_is_sent_as_the_provider_documents_it() {
    let provider = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(status("Ok"))
        .mount(&provider)
        .await;
    assert_eq!(
        tencent(config(&provider.uri()))
            .send(&mobile(), &code(), NOW)
            .await,
        Ok(())
    );

    let requests = provider.received_requests().await.expect("recorded");
    let [request] = requests.as_slice() else {
        panic!("{} requests", requests.len())
    };
    let header = |name: &str| {
        request
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let host = provider.address().to_string();
    assert_eq!(
        (
            request.method.as_str(),
            request.url.path(),
            request.url.query()
        ),
        ("POST", "/", None)
    );
    assert_eq!(header("host"), host);
    assert_eq!(header("content-type"), "application/json; charset=utf-8");
    assert_eq!(header("x-tc-action"), "SendSms");
    assert_eq!(header("x-tc-version"), "2021-01-11");
    assert_eq!(header("x-tc-region"), "ap-guangzhou");
    assert_eq!(header("x-tc-timestamp"), "1795369991");
    assert_eq!(header("authorization"), authorization(&host, &request.body));
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).expect("JSON"),
        json!({
            "PhoneNumberSet": ["+8613812345678"], "SmsSdkAppId": "1400006666", "SignName": "抢课", "TemplateId": "1110",
            "TemplateParamSet": ["098765", "5"]
        })
    );
}

#[tokio::test]
async fn a_status_other_than_ok_is_a_refusal_or_a_limit() {
    assert_eq!(
        answered(status("FailedOperation.PhoneNumberInBlacklist")).await,
        refused("FailedOperation.PhoneNumberInBlacklist")
    );
    assert_eq!(
        answered(status("InvalidParameterValue.IncorrectPhoneNumber")).await,
        refused("InvalidParameterValue.IncorrectPhoneNumber")
    );
    assert_eq!(
        answered(status("LimitExceeded.PhoneNumberDailyLimit")).await,
        limited("LimitExceeded.PhoneNumberDailyLimit")
    );
}

#[tokio::test]
async fn an_error_of_the_whole_request_is_a_refusal_or_a_limit() {
    assert_eq!(
        answered(error("AuthFailure.SignatureFailure")).await,
        refused("AuthFailure.SignatureFailure")
    );
    assert_eq!(
        answered(error("FailedOperation")).await,
        refused("FailedOperation")
    );
    assert_eq!(
        answered(error("LimitExceeded")).await,
        limited("LimitExceeded")
    );
    assert_eq!(
        answered(error("RequestLimitExceeded.IPLimitExceeded")).await,
        limited("RequestLimitExceeded.IPLimitExceeded")
    );
    // The family counts, not how the word begins; and an error counts, whatever stands beside it.
    assert_eq!(
        answered(error("LimitExceededNot.Really")).await,
        refused("LimitExceededNot.Really")
    );
    let both = json!({"Response": {"Error": {"Code": "InternalError"}, "SendStatusSet": [{"Code": "Ok"}]}});
    assert_eq!(
        answered(ResponseTemplate::new(200).set_body_json(both)).await,
        refused("InternalError")
    );
}

#[tokio::test]
async fn a_code_that_could_carry_a_mobile_into_a_log_is_not_believed() {
    for code in [
        "13812345678",
        "FailedOperation 098765",
        "Failed\nOperation",
        "",
        "失败",
        &"A".repeat(129),
    ] {
        assert_eq!(
            answered(error(code)).await,
            garbled(Garbled::Unreadable),
            "{code}"
        );
    }
}

#[tokio::test]
async fn an_http_status_other_than_200_is_no_success() {
    for status in [201, 204, 400, 403, 429, 500, 502, 503] {
        let body = json!({"Response": {"SendStatusSet": [{"Code": "Ok"}]}});
        let answer = answered(ResponseTemplate::new(status).set_body_json(body)).await;
        assert_eq!(answer, garbled(Garbled::Status(status)));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = MockServer::start().await;
        Mock::given(matchers::any())
            .respond_with(self::status("Ok"))
            .expect(0)
            .mount(&elsewhere)
            .await;
        let answer =
            answered(ResponseTemplate::new(status).insert_header("location", elsewhere.uri()))
                .await;
        assert_eq!(answer, garbled(Garbled::Status(status)));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_documented_json_is_unreadable() {
    for body in [
        "",
        "<html>Bad Gateway</html>",
        "{",
        "null",
        "{}",
        r#"{"Response":{}}"#,
        r#"{"Response":{"SendStatusSet":[]}}"#,
        r#"{"Response":{"SendStatusSet":[{"Code":"Ok"},{"Code":"Ok"}]}}"#,
        r#"{"Response":{"SendStatusSet":[{"Code":200}]}}"#,
        r#"{"Response":{"SendStatusSet":"Ok"}}"#,
        r#"{"Response":{"SendStatusSet":[{"Code":"Ok"}]}} and more"#,
    ] {
        let answer = answered(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(answer, garbled(Garbled::Unreadable), "{body}");
    }
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(
        answered(ResponseTemplate::new(200).set_body_bytes(bytes)).await,
        garbled(Garbled::Unreadable)
    );
    let deep = "[".repeat(60_000);
    assert_eq!(
        answered(ResponseTemplate::new(200).set_body_string(deep)).await,
        garbled(Garbled::Unreadable)
    );
}

#[tokio::test]
async fn a_large_answer_is_refused_at_its_limit() {
    let padded = |len: usize| {
        let body = r#"{"Response":{"SendStatusSet":[{"Code":"Ok"}]}}"#;
        ResponseTemplate::new(200)
            .set_body_string(format!("{body}{}", " ".repeat(len - body.len())))
    };
    assert_eq!(answered(padded(64 * 1024)).await, Ok(()));
    assert_eq!(
        answered(padded(64 * 1024 + 1)).await,
        garbled(Garbled::TooLarge)
    );
}

/// A provider that reads a request, answers with `head` and then repeats `rest`, with a pause
/// before each, until nobody listens. Gives its address, and how many bytes went out once that is
/// known.
async fn dripping(
    head: &'static str,
    rest: Vec<u8>,
    pause: Duration,
) -> (String, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let sent = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        assert!(socket.read(&mut [0; 4096]).await.expect("a request") > 0);
        let mut sent = 0;
        if socket.write_all(head.as_bytes()).await.is_ok() {
            while socket.write_all(&rest).await.is_ok() {
                sent += rest.len();
                tokio::time::sleep(pause).await;
            }
        }
        sent
    });
    (address, sent)
}

const ENDLESS: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

#[tokio::test]
async fn an_endless_answer_is_read_no_further_than_its_limit() {
    let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
    let (address, sent) = dripping(ENDLESS, chunk, Duration::ZERO).await;
    assert_eq!(
        tencent(config(&address))
            .send(&mobile(), &code(), NOW)
            .await,
        garbled(Garbled::TooLarge)
    );
    // What the kernel's buffers hold comes on top of the limit.
    assert!(sent.await.expect("the provider ends") < 16 * 1024 * 1024);
}

#[tokio::test]
async fn a_late_answer_is_a_timeout() {
    let provider = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(status("Ok").set_delay(Duration::from_secs(30)))
        .mount(&provider)
        .await;
    let started = Instant::now();
    let sms = tencent(TencentConfig {
        timeout: Duration::from_millis(200),
        ..config(&provider.uri())
    });
    assert_eq!(
        sms.send(&mobile(), &code(), NOW).await,
        Err(SmsError::Timeout)
    );
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_that_drips_is_a_timeout() {
    let (address, _) = dripping(ENDLESS, b"1\r\n \r\n".to_vec(), Duration::from_millis(20)).await;
    let sms = tencent(TencentConfig {
        timeout: Duration::from_millis(300),
        ..config(&address)
    });
    let answer =
        tokio::time::timeout(Duration::from_secs(5), sms.send(&mobile(), &code(), NOW)).await;
    assert_eq!(
        answer.expect("the limit is for the whole answer"),
        Err(SmsError::Timeout)
    );
}

#[tokio::test]
async fn a_provider_that_is_away_or_hangs_up_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let sms = tencent(config(&address));
    let connections = tokio::spawn(async move {
        let mut connections = 0;
        while let Ok(Ok((mut socket, _))) =
            tokio::time::timeout(Duration::from_millis(500), listener.accept()).await
        {
            connections += 1;
            let _ = socket.read(&mut [0; 4096]).await;
        }
        connections
    });
    assert_eq!(
        sms.send(&mobile(), &code(), NOW).await,
        Err(SmsError::Unreachable)
    );
    assert_eq!(
        connections.await.expect("ends"),
        1,
        "a request that was lost is not sent again"
    );
    assert_eq!(
        sms.send(&mobile(), &code(), NOW).await,
        Err(SmsError::Unreachable)
    );
}

#[test]
fn settings_that_cannot_work_are_refused_at_start() {
    assert_eq!(TIMEOUT, Duration::from_secs(5));
    assert!(Tencent::new(config(ENDPOINT)).is_ok());
    for endpoint in [
        "",
        "sms.tencentcloudapi.com",
        "http://sms.tencentcloudapi.com",
        "http://10.0.0.1",
        "ftp://localhost",
        "https://user@host",
        "https://:word@host",
        "https://host/path",
        "https://host/?query",
        "https://host/#here",
    ] {
        assert!(
            matches!(Tencent::new(config(endpoint)), Err(TencentError::Endpoint)),
            "{endpoint}"
        );
    }
    for endpoint in [
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://[::1]:8080/",
        "https://10.0.0.1",
    ] {
        assert!(Tencent::new(config(endpoint)).is_ok(), "{endpoint}");
    }
    let whole = || config(ENDPOINT);
    for (config, name) in [
        (
            TencentConfig {
                secret_id: String::new(),
                ..whole()
            },
            "TENCENT_SECRET_ID",
        ),
        (
            TencentConfig {
                secret_id: "a\nb".into(),
                ..whole()
            },
            "TENCENT_SECRET_ID",
        ),
        (
            TencentConfig {
                secret_key: String::new(),
                ..whole()
            },
            "TENCENT_SECRET_KEY",
        ),
        (
            TencentConfig {
                secret_key: "key ".into(),
                ..whole()
            },
            "TENCENT_SECRET_KEY",
        ),
        (
            TencentConfig {
                region: "广州".into(),
                ..whole()
            },
            "TENCENT_REGION",
        ),
        (
            TencentConfig {
                sdk_app_id: String::new(),
                ..whole()
            },
            "TENCENT_SMS_APP_ID",
        ),
        (
            TencentConfig {
                sign_name: String::new(),
                ..whole()
            },
            "TENCENT_SMS_SIGN_NAME",
        ),
        (
            TencentConfig {
                sign_name: "抢课\r".into(),
                ..whole()
            },
            "TENCENT_SMS_SIGN_NAME",
        ),
        (
            TencentConfig {
                sign_name: " 抢课".into(),
                ..whole()
            },
            "TENCENT_SMS_SIGN_NAME",
        ),
        (
            TencentConfig {
                template_id: String::new(),
                ..whole()
            },
            "TENCENT_SMS_TEMPLATE_ID",
        ),
    ] {
        match Tencent::new(config) {
            Err(TencentError::Setting(named)) => assert_eq!(named, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn nothing_that_is_shown_holds_a_secret() {
    let shown = format!("{:?} {:?}", config(ENDPOINT), tencent(config(ENDPOINT)));
    assert!(!shown.contains("example-key"), "{shown}");
    let outbox = memory::MemoryOutbox::default();
    let sms = Sms::Memory(outbox.clone());
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(sms.send(&mobile(), &code(), NOW))
        .expect("sent");
    let shown = format!("{sms:?} {:?}", outbox.sent());
    assert!(
        !shown.contains("13812345678") && !shown.contains("098765"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_outbox_file_gets_a_line_for_each_sms() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.jsonl");
    let sms = Sms::File(file::FileOutbox::open(path.clone()).expect("opens"));
    assert_eq!(
        std::fs::metadata(&path)
            .expect("made at once")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    sms.send(&mobile(), &code(), NOW).await.expect("sent");
    sms.send(
        &Mobile::parse("13900000000").expect("valid"),
        &Code::parse("000001").expect("valid"),
        NOW.plus(1),
    )
    .await
    .expect("sent");
    assert_eq!(
        std::fs::read_to_string(&path).expect("readable"),
        "{\"at_ms\":1795369991999,\"mobile\":\"13812345678\",\"code\":\"098765\"}\n\
         {\"at_ms\":1795369992000,\"mobile\":\"13900000000\",\"code\":\"000001\"}\n"
    );

    assert_eq!(recent(&sms, None, 10), ["000001", "098765"], "newest first");
    assert_eq!(recent(&sms, None, 1), ["000001"]);
    assert_eq!(recent(&sms, Some(&mobile()), 10), ["098765"]);
    // A second opening keeps what is there; a file that was deleted is made again.
    assert_eq!(
        recent(
            &Sms::File(file::FileOutbox::open(path.clone()).expect("opens")),
            None,
            10
        )
        .len(),
        2
    );
    std::fs::remove_file(&path).expect("deleted");
    assert!(recent(&sms, None, 10).is_empty());
    sms.send(&mobile(), &code(), NOW).await.expect("sent");
    assert_eq!(recent(&sms, None, 10), ["098765"]);
}

fn recent(sms: &Sms, mobile: Option<&Mobile>, limit: usize) -> Vec<String> {
    sms.recent(mobile, limit)
        .expect("readable")
        .iter()
        .map(|sent| sent.code.digits().to_owned())
        .collect()
}

#[tokio::test]
async fn a_long_or_damaged_outbox_is_read_from_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.jsonl");
    let line =
        |n: u32| format!("{{\"at_ms\":{n},\"mobile\":\"13812345678\",\"code\":\"{n:06}\"}}\n");
    let mut text: Vec<u8> = (100_000..110_000)
        .flat_map(|n| line(n).into_bytes())
        .collect();
    text.extend_from_slice(
        b"{\"at_ms\":1,\"mobile\":\"1381234567\",\"code\":\"000001\"}\n\n\xff\xfe\n{\"at_ms\":1}\n",
    );
    text.extend_from_slice(line(110_000).as_bytes());
    text.extend_from_slice(b"{\"at_ms\":2,\"mob");
    std::fs::write(&path, text).expect("written");
    let outbox = Sms::File(file::FileOutbox::open(path).expect("opens"));
    let codes = recent(&outbox, None, 100_000);
    assert_eq!(codes[..2], ["110000", "109999"]);
    assert!(
        (1_000..1_200).contains(&codes.len()),
        "{} lines",
        codes.len()
    );
    assert!(codes.windows(2).all(|pair| pair[0] > pair[1]));
}

#[tokio::test]
async fn lines_of_many_writers_do_not_mix() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.jsonl");
    let tasks: Vec<_> = (0..200_u32)
        .map(|n| {
            let sms = Sms::File(file::FileOutbox::open(path.clone()).expect("opens"));
            tokio::spawn(async move {
                sms.send(
                    &mobile(),
                    &Code::parse(&format!("{n:06}")).expect("valid"),
                    NOW,
                )
                .await
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic").expect("sent");
    }
    let mut codes = recent(
        &Sms::File(file::FileOutbox::open(path).expect("opens")),
        None,
        1_000,
    );
    codes.sort();
    assert_eq!(
        codes,
        (0..200).map(|n| format!("{n:06}")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn an_outbox_that_cannot_be_written_is_an_error() {
    assert!(file::FileOutbox::open("/nowhere/outbox.jsonl".into()).is_err());
    let folder = tempfile::tempdir().expect("a folder");
    let sms = Sms::File(file::FileOutbox::open(folder.path().join("outbox.jsonl")).expect("opens"));
    folder.close().expect("deleted");
    assert_eq!(
        sms.send(&mobile(), &code(), NOW).await,
        Err(SmsError::Unwritten(std::io::ErrorKind::NotFound))
    );
    if Path::new("/dev/full").exists() {
        let full = Sms::File(file::FileOutbox::open("/dev/full".into()).expect("opens"));
        assert_eq!(
            full.send(&mobile(), &code(), NOW).await,
            Err(SmsError::Unwritten(std::io::ErrorKind::StorageFull))
        );
    }
}

#[tokio::test]
async fn the_memory_outbox_keeps_and_fails_as_told() {
    let outbox = memory::MemoryOutbox::default();
    let sms = Sms::Memory(outbox.clone());
    outbox.fail_next(SmsError::Timeout);
    outbox.fail_next(SmsError::Limited {
        code: "LimitExceeded".into(),
    });
    assert_eq!(
        sms.send(&mobile(), &code(), NOW).await,
        Err(SmsError::Timeout)
    );
    assert_eq!(
        sms.send(&mobile(), &code(), NOW).await,
        limited("LimitExceeded")
    );
    assert_eq!(sms.send(&mobile(), &code(), NOW).await, Ok(()));
    let sent = outbox.sent();
    assert_eq!(
        (sent.len(), sent[0].at, sent[0].mobile.clone()),
        (1, NOW, mobile())
    );
    assert!(sent[0].code.matches(&code()));
    assert_eq!(recent(&sms, Some(&mobile()), 10), ["098765"]);
    assert!(recent(&sms, None, 0).is_empty());
}

#[test]
fn no_error_names_a_mobile_or_a_code() {
    for error in [
        SmsError::Refused {
            code: "FailedOperation".into(),
        },
        SmsError::Unreachable,
        SmsError::Timeout,
        SmsError::Garbled(Garbled::Status(500)),
        SmsError::Unwritten(std::io::ErrorKind::StorageFull),
    ] {
        assert!(
            !error.to_string().is_empty() && !error.to_string().contains("138"),
            "{error}"
        );
    }
}
