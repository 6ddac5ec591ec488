//! Every setting of `qiangke serve`: a flag and an environment variable, with its unit and default.
//! Nothing else reads the environment. Arguments of one command stand beside its run.

mod describe;
mod legal;
mod lessons;
mod origin;
mod payment;
mod sms;
mod source;
mod values;
mod wechat;

pub use describe::Description;
pub use legal::LegalSettings;
pub use lessons::LessonSettings;
pub use payment::{ALIPAY_GATEWAY, ALIPAY_SANDBOX, AlipayWay, PaymentSettings};
pub use sms::{SMS_CODES_MAX, SMS_SHOP_DAY, SmsProvider, SmsSettings};
pub use source::{Given, parse, secret_warning};
pub use wechat::{WECHAT_GATEWAY, WECHAT_SPARE, WechatSettings, WechatWay};

use crate::types::host::is_loopback_authority;
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use std::{net::SocketAddr, path::PathBuf};

/// Where the database is.
#[derive(Clone, Debug, Args)]
pub struct Database {
    /// The database: sqlite://PATH, or postgres://USER:PASSWORD@HOST:5432/DATABASE with
    /// ?sslmode=verify-full and the like; the one setting that every command reads
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite://data/qiangke.db"
    )]
    pub database_url: String,
}

/// Banners of the home page, unless a setting says otherwise.
pub const BANNER_COUNT: i64 = 5;

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Pretty,
    /// One JSON object a line
    Json,
}

/// `qiangke serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Where the database is.
    #[command(flatten)]
    pub database: Database,
    /// What several servers share: redis://:PASSWORD@HOST:6379/0, Redis 6.2 or later with
    /// maxmemory-policy noeviction. Left out, this is the only server; refused with an SQLite file,
    /// and so is rediss://
    #[arg(
        long,
        env = "REDIS_URL",
        help_heading = "Several servers",
        hide_env_values = true
    )]
    pub redis_url: Option<String>,
    /// Only serve the shop: other servers settle tickets, end holds, send SMS and ask after payments;
    /// needs REDIS_URL
    #[arg(long, env = "NO_WORKER", help_heading = "Several servers")]
    pub no_worker: bool,
    /// Address to serve on
    #[arg(
        long,
        env = "LISTEN",
        help_heading = "Addresses",
        default_value = "127.0.0.1:3000"
    )]
    pub listen: SocketAddr,
    /// Address of /metrics, and of a /healthz with version and durability; for operators only: keep
    /// it on loopback
    #[arg(
        long,
        env = "METRICS_LISTEN",
        help_heading = "Addresses",
        default_value = "127.0.0.1:9100"
    )]
    pub metrics_listen: SocketAddr,
    /// The address that students type, scheme, host and port alone: https://shop.example. Needed
    /// unless LISTEN is on loopback, and https unless its host is loopback: cookies come back by
    /// TLS only [default: http://LISTEN]
    #[arg(long, env = "PUBLIC_URL", help_heading = "Addresses", value_parser = origin::parse)]
    pub public_url: Option<String>,
    /// Proxies whose X-Forwarded-For is believed: addresses or networks like 10.0.0.0/8, with
    /// commas between them
    #[arg(long, env = "TRUSTED_PROXIES", help_heading = "Addresses", value_delimiter = ',', value_parser = values::network)]
    pub trusted_proxies: Vec<IpNet>,
    /// Folder of the built site: pkg/ and the files of public/
    #[arg(
        long,
        env = "LEPTOS_SITE_ROOT",
        help_heading = "Addresses",
        default_value = "target/site",
        value_parser = values::path
    )]
    pub site_root: PathBuf,
    /// On loopback and with SMS_PROVIDER=file only: the sign-in page shows a browser of this
    /// machine its own code, there is always a sale that is open and one that comes, and a mock
    /// gateway takes payments: no money moves
    #[arg(long, env = "DEMO", help_heading = "A shop to try out")]
    pub demo: bool,
    /// The providers that take payments.
    #[command(flatten)]
    pub payment: PaymentSettings,
    /// Banners on the home page at most, 1 to 20
    #[arg(long, env = "BANNER_COUNT", help_heading = "Banners", default_value_t = BANNER_COUNT, value_parser = clap::value_parser!(i64).range(1..=20))]
    pub banner_count: i64,
    /// Seconds between two refreshes of the banners, 1 to 3600
    #[arg(long, env = "BANNER_REFRESH_S", help_heading = "Banners", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub banner_refresh_s: u64,
    /// Limits of SMS codes and who sends them.
    #[command(flatten)]
    pub sms: SmsSettings,
    /// The operator's own documents.
    #[command(flatten)]
    pub legal: LegalSettings,
    /// Where videos, documents and exercises come from.
    #[command(flatten)]
    pub lessons: LessonSettings,
    /// Days that a student stays signed in, counted from signing in, 1 to 365
    #[arg(long, env = "SESSION_DAYS", help_heading = "Students", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=365))]
    pub session_days: i64,
    /// Clicks for a seat per second and student, the double in a burst, 1 to 1000
    #[arg(long, env = "CLICKS_PER_S", help_heading = "Students", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub clicks_per_s: u32,
    /// Connections at a time, 1 to 1000000; when all are in use, a new one takes the place of an
    /// idle or stalled one
    #[arg(long, env = "CONNECTIONS_MAX", help_heading = "Limits", default_value_t = 16_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections_max: u32,
    /// Connections of one address (of IPv6: one /56) at a time, 1 to 1000000; loose, since a campus
    /// shares one. Fewer where the limit of open files leaves less room; trusted proxies are not
    /// counted [default: an eighth of CONNECTIONS_MAX]
    #[arg(long, env = "CONNECTIONS_PER_ADDRESS", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections_per_address: Option<u32>,
    /// Bytes of a request's head at most, its target included, 8192 to 1048576
    #[arg(long, env = "HEAD_MAX", help_heading = "Limits", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(8_192..=1_048_576))]
    pub head_max: u32,
    /// Header fields of a request at most, 16 to 1000
    #[arg(long, env = "HEAD_FIELDS_MAX", help_heading = "Limits", default_value_t = 64, value_parser = clap::value_parser!(u32).range(16..=1_000))]
    pub head_fields_max: u32,
    /// Seconds for which browsers are to come by TLS only (Strict-Transport-Security), 0 to
    /// 63072000; needs an https PUBLIC_URL, and 0 leaves the field out
    #[arg(long, env = "HSTS_S", help_heading = "Limits", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=63_072_000))]
    pub hsts_s: u32,
    /// Seconds that a client may take to send a request's head, or to stay silent between two
    /// requests, 1 to 300
    #[arg(long, env = "HEAD_TIMEOUT_S", help_heading = "Limits", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub head_timeout_s: u64,
    /// Seconds for which a client may read nothing of an answer, 1 to 300; the system drops what it
    /// holds of it 2 s later
    #[arg(long, env = "UNREAD_TIMEOUT_S", help_heading = "Limits", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub unread_timeout_s: u64,
    /// Seconds that a request may take in all, 1 to 300
    #[arg(long, env = "REQUEST_TIMEOUT_S", help_heading = "Limits", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub request_timeout_s: u64,
    /// MB that the cache of rendered pages and lists may take, its keys included, 0 to 65536; 0
    /// turns it off
    #[arg(long, env = "PAGE_CACHE_MB", help_heading = "Limits", default_value_t = 64, value_parser = clap::value_parser!(u32).range(0..=65_536))]
    pub page_cache_mb: u32,
    /// Whether files, cached pages, clicks and polls are answered before the router, true or false.
    /// The answers are the same either way; false costs up to twice the time for each, and is for
    /// finding a fault
    #[arg(long, env = "FAST_PATH", help_heading = "Limits", default_value_t = true, action = clap::ArgAction::Set)]
    pub fast_path: bool,
    /// Bytes of a request's body at most, 256 to 1048576
    #[arg(long, env = "BODY_MAX", help_heading = "Limits", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(256..=1_048_576))]
    pub body_max: u32,
    /// Seconds that open requests get to end after SIGTERM, 0 to 300
    #[arg(long, env = "DRAIN_S", help_heading = "Limits", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=300))]
    pub drain_s: u64,
    /// pretty or json, to standard error
    #[arg(long, env = "LOG_FORMAT", help_heading = "Log", value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,
    /// A level, or levels by module: warn,qiangke=debug
    #[arg(long, env = "LOG", help_heading = "Log", default_value = "info", value_parser = values::log_filter)]
    pub log: String,
    /// Set by `cargo leptos watch`: pages reload themselves, and the content security policy lets
    /// them
    #[arg(long, env = "LEPTOS_WATCH", hide = true)]
    pub watch: Option<String>,
    /// The port of the reloading, of `cargo leptos watch`
    #[arg(long, env = "LEPTOS_RELOAD_PORT", hide = true, default_value_t = 3001)]
    pub reload_port: u16,
    /// Which of these were given, and how.
    #[arg(skip)]
    given: Given,
}

/// What an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It serves the shop, and works.
    Both,
    /// It serves the shop.
    Web,
    /// It settles tickets, ends holds, sends SMS and asks after payments.
    Worker,
}

impl Role {
    /// Whether it serves the shop.
    pub fn serves(self) -> bool {
        matches!(self, Self::Both | Self::Web)
    }

    /// Whether it settles tickets and runs durable jobs.
    pub fn works(self) -> bool {
        matches!(self, Self::Both | Self::Worker)
    }
}

impl Serve {
    /// What `serve` does with these settings.
    pub fn role(&self) -> Role {
        if self.no_worker {
            Role::Web
        } else {
            Role::Both
        }
    }

    /// The base of absolute links.
    pub fn base_url(&self) -> String {
        self.public_url.as_deref().map_or_else(
            || format!("http://{}", self.listen),
            |url| url.trim_end_matches('/').to_owned(),
        )
    }

    /// Whether students come by loopback, where cookies need no TLS.
    pub fn is_loopback(&self) -> bool {
        let url = self.base_url();
        url.split_once("://")
            .is_some_and(|(_, authority)| is_loopback_authority(authority))
    }
}
