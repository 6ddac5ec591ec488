//! Opens the mock gateway, which takes no money: a shop to try out has it.

use crate::{
    server::{
        config::{Role, Serve},
        payment::{
            Gateway, Payments,
            mock::{
                client::{MockClient, MockPlaces},
                server::MockGateway,
                signature::{KEY_BYTES, MockKey},
            },
        },
        signer::Signer,
    },
    types::{hex::unhex, host::is_loopback_authority},
};
use anyhow::{Context, ensure};
use hmac::Mac;
use std::{fmt, fs::File, io::Read, path::Path};

/// Keeps this use of the signing key apart from all others.
const PURPOSE: &[u8] = b"mock-gateway\0";
/// Bytes of the key's file at most: its digits, and the end of a line.
const KEY_FILE_MAX: u64 = 2 * KEY_BYTES as u64 + 2;

/// Why a client can't be made.
const NO_CLIENT: &str = "HTTPS can't be set up";

/// Which mock gateway takes payments.
#[derive(Clone, Debug)]
pub enum MockChoice {
    /// None: nothing can be paid.
    None,
    /// One that the server runs itself.
    Own,
    /// One that runs elsewhere.
    Outside {
        /// Its origin, like `http://127.0.0.1:4000`.
        url: String,
        key: MockKey,
    },
}

impl fmt::Display for MockChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no mock gateway"),
            Self::Own => f.write_str("the mock gateway of this server: no money moves"),
            Self::Outside { url, .. } => write!(f, "the mock gateway at {url}: no money moves"),
        }
    }
}

/// Checks the settings of the mock gateway.
///
/// # Errors
/// It is asked for without DEMO, or is not of this machine, or has no key.
pub fn check(config: &Serve) -> anyhow::Result<()> {
    let settings = &config.payment;
    let Some(url) = &settings.mock_gateway_url else {
        ensure!(
            settings.mock_gateway_key_file.is_none(),
            "MOCK_GATEWAY_KEY_FILE is the key of a gateway: set MOCK_GATEWAY_URL, too"
        );
        return Ok(());
    };
    ensure!(
        config.demo,
        "MOCK_GATEWAY_URL is for a shop to try out, since no money moves: set DEMO, or leave it out"
    );
    let is_own = url
        .strip_prefix("http://")
        .is_some_and(is_loopback_authority);
    ensure!(
        is_own,
        "MOCK_GATEWAY_URL={url} is not this machine's: a mock gateway is at an address like http://127.0.0.1:4000"
    );
    ensure!(
        settings.mock_gateway_key_file.is_some(),
        "MOCK_GATEWAY_URL needs MOCK_GATEWAY_KEY_FILE"
    );
    Ok(())
}

/// The mock gateway of these settings.
///
/// # Errors
/// The file of its key can't be read, or holds none.
pub fn choice(config: &Serve) -> anyhow::Result<MockChoice> {
    let settings = &config.payment;
    match (&settings.mock_gateway_url, &settings.mock_gateway_key_file) {
        _ if !config.demo => Ok(MockChoice::None),
        (Some(url), Some(file)) => Ok(MockChoice::Outside {
            url: url.clone(),
            key: key_of(file)?,
        }),
        (Some(_), None) | (None, _) => Ok(MockChoice::Own),
    }
}

/// The gateway as the only provider of a shop whose address is known. Only a server that serves can
/// run it; one that works finds it at the shop's public address. The key comes from the signing key,
/// so that a form of before a start is good after it.
///
/// # Errors
/// No client can be made.
pub fn open(
    choice: MockChoice,
    config: &Serve,
    role: Role,
    signer: &Signer,
) -> anyhow::Result<Payments> {
    let (shop, here) = (config.base_url(), format!("http://{}", config.listen));
    match choice {
        MockChoice::None => Ok(Payments::default()),
        MockChoice::Outside { url, key } => {
            let places = MockPlaces {
                gateway: url.clone(),
                page: url,
                shop,
                notified: here,
            };
            Ok(Payments::new(vec![mock(places, key)?]))
        }
        MockChoice::Own => {
            let secret: [u8; KEY_BYTES] = signer.mac(PURPOSE).finalize().into_bytes().into();
            let key = MockKey::new(&secret);
            let places = MockPlaces {
                gateway: if role.serves() { &here } else { &shop }.clone(),
                page: shop.clone(),
                shop,
                notified: here,
            };
            let payments = Payments::new(vec![mock(places, key.clone())?]);
            if !role.serves() {
                return Ok(payments);
            }
            Ok(payments.hosting(MockGateway::new(key).context(NO_CLIENT)?))
        }
    }
}

fn mock(places: MockPlaces, key: MockKey) -> anyhow::Result<Gateway> {
    let mock = MockClient::new(places, key).context(NO_CLIENT)?;
    Ok(Gateway::Mock(mock))
}

fn key_of(file: &Path) -> anyhow::Result<MockKey> {
    let read = || -> anyhow::Result<MockKey> {
        let mut text = String::new();
        File::open(file)?
            .take(KEY_FILE_MAX)
            .read_to_string(&mut text)?;
        let bytes = unhex(text.trim()).and_then(|bytes| bytes.try_into().ok());
        let bytes: [u8; KEY_BYTES] = bytes.context("it does not hold 64 hexadecimal digits")?;
        Ok(MockKey::new(&bytes))
    };
    read().with_context(|| format!("MOCK_GATEWAY_KEY_FILE: {} can't be used", file.display()))
}
