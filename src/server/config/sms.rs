//! Settings of SMS codes: who sends them, and how many there are.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Who sends SMS codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SmsProvider {
    /// Nobody: codes go to a file
    File,
    /// Tencent Cloud SMS
    Tencent,
}

/// The greatest limit of SMS codes; the least is one, since none would let nobody in.
pub const SMS_CODES_MAX: i64 = 100_000_000;
/// Codes of the whole shop in a day, unless a setting or an operator says otherwise: at ¥0.045 each
/// they cost ¥900.
pub const SMS_SHOP_DAY: i64 = 20_000;

/// SMS codes.
#[derive(Clone, Debug, Args)]
pub struct SmsSettings {
    /// Who sends them: file (nobody; they go to SMS_OUTBOX) or tencent
    #[arg(long = "sms-provider", env = "SMS_PROVIDER", help_heading = "SMS codes", value_enum, default_value_t = SmsProvider::File)]
    pub provider: SmsProvider,
    /// The file that gets the codes, with the provider file; its folder is made
    #[arg(
        long = "sms-outbox",
        env = "SMS_OUTBOX",
        help_heading = "SMS codes",
        default_value = "data/sms-outbox.jsonl",
        value_parser = super::values::path
    )]
    pub outbox: PathBuf,
    /// Seconds between two codes for a mobile from one network (/24 of IPv4, /48 of IPv6), 0 to
    /// 3600
    #[arg(long = "sms-gap-s", env = "SMS_GAP_S", help_heading = "SMS codes", default_value_t = 60, value_parser = clap::value_parser!(i64).range(0..=3_600))]
    pub gap_s: i64,
    /// Codes for a mobile from one network in an hour
    #[arg(long = "sms-mobile-hour", env = "SMS_MOBILE_HOUR", help_heading = "SMS codes", default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..=SMS_CODES_MAX))]
    pub mobile_hour: i64,
    /// Codes for a mobile from one network in a day
    #[arg(long = "sms-mobile-day", env = "SMS_MOBILE_DAY", help_heading = "SMS codes", default_value_t = 8, value_parser = clap::value_parser!(i64).range(1..=SMS_CODES_MAX))]
    pub mobile_day: i64,
    /// Codes for a mobile in a day from all networks that it never signed in from
    #[arg(long = "sms-mobile-away-day", env = "SMS_MOBILE_AWAY_DAY", help_heading = "SMS codes", default_value_t = 24, value_parser = clap::value_parser!(i64).range(1..=SMS_CODES_MAX))]
    pub mobile_away_day: i64,
    /// Codes asked for from an address in an hour, by strangers; students have as many of their own
    /// in a network that they signed in from. A campus often is one address: when more of its
    /// students than that sign in for the first time within an hour, set it higher
    #[arg(long = "sms-address-hour", env = "SMS_ADDRESS_HOUR", help_heading = "SMS codes", default_value_t = 300, value_parser = clap::value_parser!(i64).range(1..=SMS_CODES_MAX))]
    pub address_hour: i64,
    /// Codes asked for from a network (/24 of IPv4, /56 of IPv6) in a day, for mobiles that never
    /// signed in from it; the same holds of a campus
    #[arg(long = "sms-network-day", env = "SMS_NETWORK_DAY", help_heading = "SMS codes", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=SMS_CODES_MAX))]
    pub network_day: i64,
    /// The same from a site of IPv6 (/48)
    #[arg(long = "sms-site-day", env = "SMS_SITE_DAY", help_heading = "SMS codes", default_value_t = 2_000, value_parser = clap::value_parser!(i64).range(1..=SMS_CODES_MAX))]
    pub site_day: i64,
    /// Codes of the whole shop in a day: the budget, unless `qiangke sms budget` set another
    #[arg(long = "sms-shop-day", env = "SMS_SHOP_DAY", help_heading = "SMS codes", default_value_t = SMS_SHOP_DAY, value_parser = clap::value_parser!(i64).range(1..=SMS_CODES_MAX))]
    pub shop_day: i64,
    /// Percent of the budget that is kept for mobiles of students, 0 to 90; half of that for
    /// networks that they signed in from before
    #[arg(long = "sms-reserve-percent", env = "SMS_RESERVE_PERCENT", help_heading = "SMS codes", default_value_t = 50, value_parser = clap::value_parser!(i64).range(0..=90))]
    pub reserve_percent: i64,
    /// Codes of the whole shop in a minute up to which the load asks for no proof of work, 0 to
    /// 1000000
    #[arg(long = "sms-calm-minute", env = "SMS_CALM_MINUTE", help_heading = "SMS codes", default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub calm_minute: i64,
    /// Tencent Cloud: secret id. All of Tencent's but the region have no default, and are needed
    /// with SMS_PROVIDER=tencent
    #[arg(
        long,
        env = "TENCENT_SECRET_ID",
        help_heading = "SMS codes",
        hide_env_values = true
    )]
    pub tencent_secret_id: Option<String>,
    /// Tencent Cloud: secret key
    #[arg(
        long,
        env = "TENCENT_SECRET_KEY",
        help_heading = "SMS codes",
        hide_env_values = true
    )]
    pub tencent_secret_key: Option<String>,
    /// Tencent Cloud: region
    #[arg(
        long,
        env = "TENCENT_REGION",
        help_heading = "SMS codes",
        default_value = "ap-guangzhou"
    )]
    pub tencent_region: String,
    /// Tencent Cloud: SmsSdkAppId
    #[arg(long, env = "TENCENT_SMS_APP_ID", help_heading = "SMS codes")]
    pub tencent_app_id: Option<String>,
    /// Tencent Cloud: SignName
    #[arg(long, env = "TENCENT_SMS_SIGN_NAME", help_heading = "SMS codes")]
    pub tencent_sign_name: Option<String>,
    /// Tencent Cloud: TemplateId; the template takes the code and its minutes
    #[arg(long, env = "TENCENT_SMS_TEMPLATE_ID", help_heading = "SMS codes")]
    pub tencent_template_id: Option<String>,
}
